"""Signing in, working in one of several organisations, and who may do what with accounts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.urls import reverse

from laras.core import clock, queries, services
from laras.core.actor import actor_of, system_actor
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.journal import open_sealed, verify
from laras.core.models import ApiToken, JournalEntry, RoleAssignment, StaffPerson, User
from laras.core.scope import Scope

pytestmark = pytest.mark.django_db
LOGIN = "/akun/login/"
PASSWORD = "kata sandi uji 1"


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A", name="Labkesda Melati")


@pytest.fixture
def other(make_owner):
    return make_owner("LAB-B", name="Labkesda Kenanga")


@pytest.fixture
def admin(make_user, lab):
    return make_user("agus", lab, "administrator")


@pytest.fixture
def boss(admin):
    return actor_of(admin, "web")


def enter(client, username, password=PASSWORD, **more):
    return client.post(LOGIN, {"login": username, "password": password, **more})


def totp_code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


# --- Signing in ---------------------------------------------------------------------------------------------------------


def test_sign_in_leads_to_the_page_that_was_asked_for(client, make_user, lab):
    make_user("rina", lab, "receptionist")
    asked = client.get("/profil/")
    assert asked.status_code == 302
    assert asked["Location"] == f"{LOGIN}?next=/profil/"
    assert "Nama pengguna" in client.get(asked["Location"]).content.decode()
    answer = enter(client, "rina", next="/profil/")
    assert answer.status_code == 302
    assert answer["Location"] == "/profil/"
    assert "Labkesda Melati" in client.get("/profil/").content.decode()


def test_sign_in_never_leads_elsewhere(client, make_user, lab):
    make_user("rina", lab, "receptionist")
    answer = enter(client, "rina", next="https://example.com/")
    assert answer["Location"] == "/"


def test_wrong_password_says_so_and_keeps_the_name(client, make_user, lab):
    make_user("rina", lab, "receptionist")
    answer = enter(client, "rina", "salah sekali")
    html = answer.content.decode()
    assert "error-summary" in html
    assert 'value="rina"' in html
    assert "_auth_user_id" not in client.session


def test_five_failures_lock_the_account_even_for_the_right_password(client, make_user, lab):
    make_user("rina", lab, "receptionist")
    answers = [enter(client, "rina", "salah sekali").status_code for _attempt in range(5)]
    assert answers[:4] == [200] * 4
    locked = enter(client, "rina")
    assert locked.status_code == 429
    assert "Terlalu banyak percobaan" in locked.content.decode()
    assert "_auth_user_id" not in client.session
    make_user("budi", lab, "receptionist")
    assert enter(client, "budi").status_code == 302


def test_closed_account_cannot_sign_in_and_open_sessions_end(client, make_user, lab, boss, sign_in):
    user = make_user("rina", lab, "receptionist")
    sign_in(user)
    assert client.get("/profil/").status_code == 200
    services.deactivate_user(boss, owner_id=lab.id, user_id=user.pk, reason="Pindah tugas")
    assert client.get("/profil/").status_code == 302
    enter(client, "rina")
    assert client.get("/profil/").status_code == 302


def test_account_without_a_role_is_told_whom_to_ask(client, make_user, sign_in):
    sign_in(make_user("rina"))
    answer = client.get("/profil/")
    assert answer.status_code == 403
    assert "administrator" in answer.content.decode()


def test_expired_session_keeps_the_page_for_htmx_and_says_so_for_forms(client):
    part = client.get("/profil/", headers={"HX-Request": "true"})
    assert part.status_code == 401
    assert "<html" not in part.content.decode()
    form = client.post("/profil/", {"label": "x"})
    assert form.status_code == 401
    assert "data-refusal" in form.content.decode()


@pytest.mark.parametrize(
    "path", ["signup/", "password/reset/", "email/", "password/set/", "confirm-email/x/", "login/code/confirm/"]
)
def test_ways_of_the_library_that_are_not_offered_are_closed(client, path):
    assert client.get(f"/akun/{path}").status_code == 404
    assert client.post(f"/akun/{path}", {"email": "a@example.org"}).status_code == 404


def test_sign_out_needs_a_post(client, make_user, lab, sign_in):
    sign_in(make_user("rina", lab, "receptionist"))
    assert client.get("/akun/logout/").status_code == 200
    assert client.get("/profil/").status_code == 200
    client.post("/akun/logout/")
    assert client.get("/profil/").status_code == 302


def test_language_is_switched_by_a_cookie(client):
    client.post("/bahasa/setlang/", {"language": "en", "next": LOGIN})
    assert client.cookies["laras_language"].value == "en"
    assert 'lang="en"' in client.get(LOGIN).content.decode()


# --- Temporary password and second factor ----------------------------------------------------------------------------------


def test_temporary_password_must_be_changed_first(client, make_user, lab, boss):
    user = make_user("rina", lab, "receptionist")
    secret = services.reset_password(boss, owner_id=lab.id, user_id=user.pk, reason="Lupa kata sandi")
    assert enter(client, "rina").status_code == 200  # the old one is gone
    assert enter(client, "rina", secret).status_code == 302
    assert client.get("/profil/")["Location"] == "/akun/password/change/"
    assert "sementara" in client.get("/akun/password/change/").content.decode()
    new = "empat kata yang panjang"
    answer = client.post("/akun/password/change/", {"oldpassword": secret, "password1": new, "password2": new})
    assert answer["Location"] == "/"
    assert client.get("/profil/").status_code == 200
    user.refresh_from_db()
    assert not user.must_change_password


def test_short_password_is_refused(client, make_user, lab, sign_in):
    sign_in(make_user("rina", lab, "receptionist"))
    answer = client.post(
        "/akun/password/change/", {"oldpassword": PASSWORD, "password1": "pendek1", "password2": "pendek1"}
    )
    assert "error-summary" in answer.content.decode()


def test_validator_must_set_up_a_second_factor_and_then_use_it(client, make_user, lab):
    user = make_user("sinta", lab, "validator")
    enter(client, "sinta")
    assert client.get("/profil/")["Location"] == reverse("mfa_activate_totp")
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    secret = re.search(r'data-copy="([A-Z2-7]+)"', page.content.decode())[1]
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000" if totp_code(secret) != "000000" else "111111"})
    assert "error-summary" in wrong.content.decode()
    done = client.post(reverse("mfa_activate_totp"), {"code": totp_code(secret)})
    assert done.status_code == 302
    assert Authenticator.objects.filter(user=user, type="totp").exists()
    assert secret not in str(Authenticator.objects.get(user=user, type="totp").data)  # rests encrypted
    assert client.get("/profil/").status_code == 200
    codes = client.get(reverse("mfa_view_recovery_codes"))
    assert codes.status_code == 200
    assert 'class="codes"' in codes.content.decode()

    client.post("/akun/logout/")
    answer = enter(client, "sinta")
    assert answer["Location"].startswith("/akun/dua-langkah/")
    assert client.get("/profil/").status_code == 302  # the password alone opens nothing
    assert "Kode autentikator" in client.get(reverse("mfa_authenticate")).content.decode()
    assert "error-summary" in client.post(reverse("mfa_authenticate"), {"code": "123"}).content.decode()
    # The code of the activation is used up; a recovery code works once.
    code = RecoveryCodes(Authenticator.objects.get(user=user, type="recovery_codes")).get_unused_codes()[0]
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert client.get("/profil/").status_code == 200


def test_analyst_may_work_without_second_factor(client, make_user, lab):
    make_user("dewi", lab, "analyst")
    enter(client, "dewi")
    assert client.get("/profil/").status_code == 200


@pytest.mark.parametrize(
    "name",
    ["mfa_index", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"],
)
def test_pages_of_the_second_factor_are_ours(client, make_user, lab, name):
    user = make_user("dewi", lab, "analyst")
    if name != "mfa_activate_totp":
        TOTP.activate(
            user,
            get_adapter().generate_totp_secret()
            if hasattr(get_adapter(), "generate_totp_secret")
            else "JBSWY3DPEHPK3PXP",
        )
        RecoveryCodes.activate(user)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(reverse(name), follow=True)
    assert page.status_code == 200
    html = page.content.decode()
    assert 'id="isi"' in html
    assert "laras.css" in html


# --- Working in one of several organisations ---------------------------------------------------------------------------------


def test_switching_is_possible_only_where_a_role_is_held(client, make_user, lab, other, make_owner, sign_in):
    foreign = make_owner("LAB-C", name="Labkesda Asing")
    user = make_user("dewi", lab, "analyst")
    RoleAssignment.objects.create(user=user, owner=other, role="receptionist")
    sign_in(user)
    assert client.post("/pindah-lembaga/", {"owner": str(other.id)}).status_code == 303
    page = client.get("/profil/").content.decode()
    assert '<span class="where-name">Labkesda Kenanga</span>' in page
    assert "Labkesda Asing" not in page
    for wanted in (str(foreign.id), "x", ""):
        assert client.post("/pindah-lembaga/", {"owner": wanted}).status_code == 404
    assert '<span class="where-name">Labkesda Kenanga</span>' in client.get("/profil/").content.decode()
    assert client.get("/pindah-lembaga/").status_code == 405


def test_a_role_that_ended_takes_the_organisation_away(client, make_user, lab, other, sign_in):
    user = make_user("dewi", lab, "analyst")
    row = RoleAssignment.objects.create(user=user, owner=other, role="receptionist")
    sign_in(user)
    client.post("/pindah-lembaga/", {"owner": str(other.id)})
    row.valid_until = clock.now()
    row.save()
    page = client.get("/profil/").content.decode()
    assert "Labkesda Melati" in page
    assert "Labkesda Kenanga" not in page


# --- Accounts: use cases ---------------------------------------------------------------------------------------------------------


def test_new_account_gets_person_roles_and_a_sealed_trail(boss, lab):
    made = services.create_user(
        boss,
        owner_id=lab.id,
        username=" Rina.L ",
        name="Rina  Lestari",
        title="S.Tr.Kes",
        roles=["receptionist", "analyst"],
    )
    user = User.objects.get(pk=made.user_id)
    assert (user.username, user.person.name, user.must_change_password) == ("rina.l", "Rina Lestari", True)
    assert user.check_password(made.password)
    assert [h.role for h in queries.account(Scope.of(lab.id), user.pk).current_roles] == ["receptionist", "analyst"]
    entries = list(JournalEntry.objects.within(Scope.of(lab.id)).order_by("sequence"))
    assert [e.event for e in entries] == ["core.user_created", "core.role_assigned", "core.role_assigned"]
    everything = b"".join(bytes(e.payload) for e in entries)
    assert b"Rina" not in everything
    assert b"rina.l" not in everything
    assert open_sealed(entries[0].id)["name"] == "Rina Lestari"
    assert verify(lab).whole


def test_account_problems_name_their_fields_and_nothing_is_saved(boss, lab, make_user):
    make_user("rina")
    before = StaffPerson.objects.count()
    for wrong, field in [
        ({"username": "rina"}, "username"),
        ({"username": "x"}, "username"),
        ({"username": "a b c"}, "username"),
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"roles": []}, "roles"),
        ({"roles": ["network_manager"]}, "roles"),
        ({"roles": ["king"]}, "roles"),
        ({"email": "tanpa-at"}, "email"),
        ({"title": "x" * 81}, "title"),
    ]:
        given = {"username": "baru", "name": "Orang Baru", "roles": ["analyst"], **wrong}
        with pytest.raises(Refused) as refusal:
            services.create_user(boss, owner_id=lab.id, **given)
        assert field in {p.field for p in refusal.value.problems}
    assert StaffPerson.objects.count() == before
    assert not JournalEntry.objects.within(Scope.of(lab.id)).exists()


def test_two_accounts_of_one_human_are_one_person(boss, lab, other, make_user):
    first = services.create_user(boss, owner_id=lab.id, username="bayu", name="Bayu Pratama", roles=["analyst"])
    person = User.objects.get(pk=first.user_id).person
    assert queries.persons_like(Scope.of(lab.id), "dr. bayu pratama, Sp.PK") == [person]
    assert queries.persons_like(Scope.of(lab.id), "Siti") == []
    assert queries.persons_like(Scope.of(other.id), "Bayu Pratama") == []
    second = services.create_user(boss, owner_id=lab.id, username="bayu2", person_id=person.pk, roles=["verifier"])
    assert User.objects.get(pk=second.user_id).person_id == person.pk
    stranger = make_user("luar", other, "analyst").person
    with pytest.raises(NotFound):
        services.create_user(boss, owner_id=lab.id, username="luar2", person_id=stranger.pk, roles=["analyst"])


def test_nobody_gives_a_role_to_themselves(boss, admin, lab, make_user):
    with pytest.raises(Forbidden):
        services.assign_role(boss, owner_id=lab.id, user_id=admin.pk, role="validator")
    with pytest.raises(Forbidden):
        services.create_user(boss, owner_id=lab.id, username="agus2", person_id=admin.person_id, roles=["validator"])
    twin = make_user("agus3", lab, "analyst", person=admin.person)
    with pytest.raises(Forbidden):
        services.assign_role(boss, owner_id=lab.id, user_id=twin.pk, role="validator")
    with pytest.raises(Forbidden):
        services.invite_account(boss, owner_id=lab.id, username="agus3", role="validator")
    with pytest.raises(Forbidden):
        services.reset_second_factor(boss, owner_id=lab.id, user_id=admin.pk, reason="ponsel baru")
    assert not RoleAssignment.objects.filter(role="validator").exists()


def test_administrator_reaches_no_other_organisation(boss, lab, other, make_user):
    stranger = make_user("luar", other, "analyst")
    for work, more in [
        (services.assign_role, {"user_id": stranger.pk, "role": "administrator"}),
        (services.reset_password, {"user_id": stranger.pk, "reason": "ingin tahu"}),
        (services.reset_second_factor, {"user_id": stranger.pk, "reason": "ingin tahu"}),
        (services.deactivate_user, {"user_id": stranger.pk, "reason": "ingin tahu"}),
        (services.reactivate_user, {"user_id": stranger.pk, "reason": "ingin tahu"}),
        (services.change_person, {"user_id": stranger.pk, "name": "Lain"}),
        (services.end_role, {"assignment_id": stranger.assignments.get().pk, "reason": "ingin tahu"}),
    ]:
        with pytest.raises(NotFound):
            work(boss, owner_id=lab.id, **more)
        with pytest.raises(Forbidden):
            work(boss, owner_id=other.id, **more)
    with pytest.raises(Forbidden):
        services.create_user(boss, owner_id=other.id, username="mata", name="Mata", roles=["administrator"])
    stranger.refresh_from_db()
    assert stranger.is_active
    assert stranger.check_password(PASSWORD)


def test_giving_a_role_here_gives_no_power_over_an_account_kept_elsewhere(boss, lab, other, make_user):
    stranger = make_user("luar", other, "validator")
    services.invite_account(boss, owner_id=lab.id, username="LUAR", role="analyst")
    for work, more in [
        (services.reset_password, {"reason": "lupa"}),
        (services.reset_second_factor, {"reason": "hilang"}),
        (services.deactivate_user, {"reason": "pindah"}),
        (services.change_person, {"name": "Nama Palsu"}),
    ]:
        with pytest.raises(Forbidden):
            work(boss, owner_id=lab.id, user_id=stranger.pk, **more)
    stranger.refresh_from_db()
    assert stranger.check_password(PASSWORD)
    here = queries.account(Scope.of(lab.id), stranger.pk)
    assert {h.role for h in here.roles} == {"analyst"}  # what the account may do elsewhere is not shown
    # An office's role is not a laboratory's to give.
    with pytest.raises(Refused):
        services.invite_account(boss, owner_id=lab.id, username="luar", role="network_manager")


def test_analyst_manages_nobody(make_actor, make_user, lab):
    analyst = make_actor("dewi", lab, "analyst")
    user = make_user("rina", lab, "receptionist")
    with pytest.raises(Forbidden):
        services.assign_role(analyst, owner_id=lab.id, user_id=user.pk, role="validator")
    with pytest.raises(Forbidden):
        services.create_user(analyst, owner_id=lab.id, username="baru", name="Baru", roles=["analyst"])


def test_role_is_given_once_and_ended_with_a_reason(boss, lab, make_user):
    user = make_user("rina", lab, "receptionist")
    first = services.assign_role(boss, owner_id=lab.id, user_id=user.pk, role="analyst")
    assert services.assign_role(boss, owner_id=lab.id, user_id=user.pk, role="analyst").pk == first.pk
    with pytest.raises(Refused):
        services.end_role(boss, owner_id=lab.id, assignment_id=first.pk, reason=" ")
    services.end_role(boss, owner_id=lab.id, assignment_id=first.pk, reason="Selesai menggantikan")
    services.end_role(boss, owner_id=lab.id, assignment_id=first.pk, reason="Selesai menggantikan")
    assert "analyst" not in actor_of(user, "web").roles[lab.id]
    again = services.assign_role(boss, owner_id=lab.id, user_id=user.pk, role="analyst")
    assert again.pk != first.pk
    events = JournalEntry.objects.within(Scope.of(lab.id)).values_list("event", flat=True)
    assert list(events).count("core.role_ended") == 1


def test_the_last_administrator_stays(boss, admin, lab, make_user):
    system = system_actor("job:test")
    with pytest.raises(Refused):
        services.end_role(system, owner_id=lab.id, assignment_id=admin.assignments.get().pk, reason="pensiun")
    with pytest.raises(Refused):
        services.deactivate_user(system, owner_id=lab.id, user_id=admin.pk, reason="pensiun")
    with pytest.raises(Refused):
        services.deactivate_user(boss, owner_id=lab.id, user_id=admin.pk, reason="pensiun")
    make_user("wati", lab, "administrator")
    services.end_role(system, owner_id=lab.id, assignment_id=admin.assignments.get().pk, reason="pensiun")


def test_second_factor_is_forgotten_and_asked_for_again(boss, lab, make_user, client):
    user = make_user("sinta", lab, "validator")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(user)
    services.reset_second_factor(boss, owner_id=lab.id, user_id=user.pk, reason="Ponsel hilang")
    assert not Authenticator.objects.filter(user=user).exists()
    enter(client, "sinta")
    assert client.get("/profil/")["Location"] == reverse("mfa_activate_totp")


# --- Tokens -----------------------------------------------------------------------------------------------------------------------


def soon(days=30):
    return clock.now() + timedelta(days=days)


def test_token_hands_on_only_what_is_held(make_actor, lab, other):
    analyst = make_actor("dewi", lab, "analyst")
    token_id, key = services.create_token(
        analyst, owner_id=lab.id, label="Analyzer", rights=["bench.enter"], expires_at=soon()
    )
    row = ApiToken.objects.get(pk=token_id)
    assert key not in row.digest
    assert row.rights == ["bench.enter"]
    for wrong in (
        {"rights": ["bench.validate"]},
        {"rights": ["bench"]},
        {"rights": []},
        {"expires_at": soon(800)},
        {"expires_at": soon(-1)},
        {"expires_at": None},
        {"label": ""},
    ):
        with pytest.raises(Refused):
            services.create_token(
                analyst, owner_id=lab.id, **{"label": "x", "rights": ["bench.enter"], "expires_at": soon(), **wrong}
            )
    with pytest.raises(NotFound):
        services.create_token(analyst, owner_id=other.id, label="x", rights=["bench.enter"], expires_at=soon())


def test_token_is_revoked_by_its_owner_or_administrator_only(boss, make_actor, lab, other, make_user):
    analyst = make_actor("dewi", lab, "analyst")
    nosy = make_actor("rina", lab, "receptionist")
    outsider = actor_of(make_user("luar", other, "administrator"), "web")
    token_id, _key = services.create_token(
        analyst, owner_id=lab.id, label="A", rights=["bench.enter"], expires_at=soon()
    )
    for actor, owner in [(nosy, lab), (outsider, lab), (outsider, other)]:
        with pytest.raises(NotFound):
            services.revoke_token(actor, owner_id=owner.id, token_id=token_id)
    services.revoke_token(boss, owner_id=lab.id, token_id=token_id)
    assert ApiToken.objects.get(pk=token_id).revoked_at


# --- Accounts: pages ----------------------------------------------------------------------------------------------------------------


def test_pages_refuse_who_may_not(client, make_user, lab, sign_in):
    sign_in(make_user("dewi", lab, "analyst"))
    for path in ("/pengguna/", "/pengguna/baru/", "/pengguna/beri-peran/", "/jejak-audit/"):
        assert client.get(path).status_code == 403


def test_account_of_another_organisation_is_not_found(client, admin, other, make_user, sign_in):
    stranger = make_user("orang.asing", other, "analyst")
    sign_in(admin)
    base = f"/pengguna/{stranger.pk}/"
    assert client.get(base).status_code == 404
    assert client.get(base + "petugas/").status_code == 404
    for path, data in [
        ("peran/", {"role": "analyst"}),
        (f"peran/{stranger.assignments.get().pk}/akhiri/", {"reason": "ingin tahu"}),
        ("kata-sandi/", {"reason": "ingin tahu"}),
        ("dua-langkah/", {"reason": "ingin tahu"}),
        ("aktif/", {"reason": "ingin tahu", "to": "off"}),
    ]:
        assert client.post(base + path, data).status_code == 404
    assert "orang.asing" not in client.get("/pengguna/").content.decode()


def test_new_account_page_shows_the_password_once(client, admin, lab, sign_in):
    sign_in(admin)
    data = {"name": "<b>Rina</b> Lestari", "username": "rina", "roles": ["receptionist"], "form_key": "k1"}
    answer = client.post("/pengguna/baru/", data)
    assert answer.status_code == 303
    first = client.get(answer["Location"]).content.decode()
    assert "&lt;b&gt;Rina" in first
    assert "<b>Rina" not in first
    secret = re.search(r'class="once"><span class="code">([a-z0-9-]{19})<', first)[1]
    assert User.objects.get(username="rina").check_password(secret)
    assert secret not in client.get(answer["Location"]).content.decode()
    again = client.post("/pengguna/baru/", data)  # the button pressed twice
    assert again["Location"] == answer["Location"]
    assert User.objects.filter(person__name__contains="Rina").count() == 1


def test_new_account_page_asks_whether_it_is_the_same_person(client, admin, lab, sign_in):
    sign_in(admin)
    data = {"name": "Bayu Pratama", "username": "bayu", "roles": ["analyst"]}
    assert client.post("/pengguna/baru/", data).status_code == 303
    person = User.objects.get(username="bayu").person
    data["username"] = "bayu.v"
    question = client.post("/pengguna/baru/", data)
    assert question.status_code == 200
    assert "orang yang sama" in question.content.decode()
    assert not User.objects.filter(username="bayu.v").exists()
    assert client.post("/pengguna/baru/", {**data, "person_id": ""}).status_code == 422
    assert client.post("/pengguna/baru/", {**data, "person_id": str(person.pk)}).status_code == 303
    assert User.objects.get(username="bayu.v").person_id == person.pk
    assert client.post("/pengguna/baru/", {**data, "username": "bayu.lain", "person_id": "new"}).status_code == 303
    assert User.objects.get(username="bayu.lain").person_id != person.pk


def test_actions_on_the_page_and_their_errors(client, admin, lab, make_user, sign_in):
    user = make_user("rina", lab, "receptionist")
    sign_in(admin)
    base = f"/pengguna/{user.pk}/"
    wrong = client.post(base + "aktif/", {"to": "off", "reason": ""})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.content.decode()
    assert client.post(base + "peran/", {"role": "analyst"}).status_code == 303
    assert client.post(base + "peran/", {"role": "officer"}).status_code == 422
    held = RoleAssignment.objects.get(user=user, role="analyst")
    assert client.post(f"{base}peran/{held.pk}/akhiri/", {"reason": "x"}).status_code == 422
    assert client.post(f"{base}peran/{held.pk}/akhiri/", {"reason": "Selesai"}).status_code == 303
    assert client.post(base + "petugas/", {"name": "Rina Baru", "title": "A.Md"}).status_code == 303
    assert client.post(base + "aktif/", {"to": "off", "reason": "Cuti panjang"}).status_code == 303
    page = client.get(base).content.decode()
    for words in (
        "Rina Baru, A.Md",
        "Nonaktif",
        "Cuti panjang",
        "Peran diakhiri: Analis (ATLM)",
        "Data petugas diubah",
    ):
        assert words in page
    assert client.post(base + "aktif/", {"to": "on", "reason": "Kembali"}).status_code == 303
    user.refresh_from_db()
    assert user.is_active
    own = f"/pengguna/{admin.pk}/"
    assert client.post(own + "peran/", {"role": "validator"}).status_code == 403
    assert "data-dialog" not in client.get(own).content.decode()


def test_list_is_filtered(client, admin, lab, make_user, sign_in):
    make_user("rina", lab, "receptionist")
    make_user("dewi", lab, "analyst")
    sign_in(admin)
    page = client.get("/pengguna/", {"q": "dew"}).content.decode()
    assert "Dewi" in page
    assert "Rina" not in page
    page = client.get("/pengguna/", {"role": "receptionist"}).content.decode()
    assert "Rina" in page
    assert ">Dewi" not in page
    assert client.get("/pengguna/", {"role": "x'; drop table"}).status_code == 200


def test_profile_makes_a_token_and_shows_it_once(client, make_user, lab, sign_in):
    sign_in(make_user("dewi", lab, "analyst"))
    day = (clock.today() + timedelta(days=30)).isoformat()
    data = {"label": "Analyzer", "rights": ["bench.enter"], "expires_on": day, "form_key": "k"}
    assert client.post("/profil/", {**data, "rights": ["bench.validate"]}).status_code == 422
    assert client.post("/profil/", {**data, "expires_on": "2001-01-01"}).status_code == 422
    assert client.post("/profil/", data).status_code == 303
    page = client.get("/profil/").content.decode()
    key = re.search(r"laras_[A-Za-z0-9_-]{43}", page)[0]
    assert key not in client.get("/profil/").content.decode()
    token = ApiToken.objects.get()
    assert client.post(f"/profil/token/{token.pk}/cabut/").status_code == 303
    assert "Dicabut" in client.get("/profil/").content.decode()


# --- Audit trail -----------------------------------------------------------------------------------------------------------------------


def test_audit_shows_this_organisation_only_and_pages(client, admin, boss, lab, other, make_user, sign_in):
    make_user("wati", other, "administrator")
    there = actor_of(User.objects.get(username="wati"), "web")
    services.create_user(there, owner_id=other.id, username="luar", name="Luar", roles=["courier"])
    for number in range(30):
        services.create_user(
            boss, owner_id=lab.id, username=f"orang{number}", name=f"Orang {number}", roles=["analyst"]
        )
    sign_in(admin)
    page = client.get("/jejak-audit/").content.decode()
    assert "Akun dibuat" in page
    assert "Kurir" not in page
    assert "Orang 1" not in re.sub(r"<option.*?</option>", "", page)  # names are sealed
    cursor = re.search(r"after=(\d+)", page)[1]
    assert ">1</td>" in client.get("/jejak-audit/", {"after": cursor}).content.decode()
    only = client.get("/jejak-audit/", {"event": "core.role_assigned"}).content.decode()
    assert "<b>Peran diberikan" in only
    assert "<b>Akun dibuat" not in only
    empty = client.get("/jejak-audit/", {"since": "2199-01-01"}).content.decode()
    assert "Tidak ada kejadian" in empty
    for odd in ({"after": "x"}, {"after": "9" * 30}, {"person": "x"}, {"since": "kemarin"}, {"event": "' or 1=1"}):
        assert client.get("/jejak-audit/", odd).status_code == 200


def test_components_page_is_for_anyone_signed_in(client, make_user, lab, sign_in):
    assert client.get("/komponen/").status_code == 302
    sign_in(make_user("dewi", lab, "analyst"))
    page = client.get("/komponen/")
    assert page.status_code == 200
    policy = page["Content-Security-Policy"]
    assert "'unsafe" not in policy
    assert " style=" not in page.content.decode()
