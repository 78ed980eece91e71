"""What ends with an organisation, what follows a merged area, and that both happen wholly or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from laras.core import clock, journal
from laras.core import services as accounts
from laras.core.actor import actor_of
from laras.core.errors import Forbidden, Refused
from laras.core.models import ApiToken, Owner, RoleAssignment, User
from laras.core.scope import Scope
from laras.network import queries, rules, services
from tests.network.conftest import SYSTEM

pytestmark = pytest.mark.usefixtures("with_context")

HERE = "/jejaring/"


def held(owner_id):
    rows = RoleAssignment.objects.filter(owner_id=owner_id, valid_until__isnull=True)
    return sorted(rows.values_list("user__username", "role"))


@pytest.fixture
def staffed(network, make_actor):
    """A puskesmas with people, one of whom works elsewhere too; answers its organisation and their actors."""
    here, there = network["tier1"].owner, network["tier2"].owner
    made = {
        "kepala": make_actor("kepala.sini", here, "head"),
        "admin": make_actor("admin.sini", here, "administrator"),
        "analis": make_actor("analis.sini", here, "analyst"),
    }
    accounts.assign_role(SYSTEM, owner_id=here.id, user_id=made["analis"].user_id, role="verifier")
    accounts.invite_account(SYSTEM, owner_id=there.id, username="analis.sini", role="analyst")
    return here, there, made


def test_nobody_works_in_the_name_of_a_closed_organisation(staffed):
    here, there, made = staffed
    head = actor_of(User.objects.get(username="kepala.sini"), "web")
    token, _key = accounts.create_token(
        head, owner_id=here.id, label="mesin", rights=["orders.read"], expires_at=clock.now() + timedelta(days=9)
    )
    services.close_organisation(SYSTEM, organisation_id=here.id, reason="SK 4/2026")
    assert held(here.id) == []
    assert held(there.id) == [("analis.sini", "analyst")]
    assert ApiToken.objects.get(pk=token).revoked_at is not None
    for username in ("kepala.sini", "admin.sini", "analis.sini"):
        assert here.id not in actor_of(User.objects.get(username=username), "web").grants
    with pytest.raises(Forbidden):
        actor_of(User.objects.get(username="admin.sini"), "web").require("core.manage_users", here.id)
    lines = journal.history(Scope.of(here.id), made["analis"].user_id)
    ends = [line.payload for line in lines if line.event == "core.role_ended"]
    assert sorted(one["role"] for one in ends) == ["analyst", "verifier"]
    assert all("SK 4/2026" in one["reason"] for one in ends)
    assert journal.verify(Owner.objects.get(pk=here.id)).whole


def test_taking_a_closing_back_gives_back_what_it_ended_and_no_more(staffed):
    here, _there, made = staffed
    verifier = RoleAssignment.objects.get(owner=here, role="verifier")
    accounts.end_role(SYSTEM, owner_id=here.id, assignment_id=verifier.pk, reason="Pindah tugas")
    services.close_organisation(SYSTEM, organisation_id=here.id, reason="SK 4/2026")
    User.objects.filter(pk=made["kepala"].user_id).update(is_active=False)
    services.reopen_organisation(SYSTEM, organisation_id=here.id, reason="Salah lembaga")
    assert held(here.id) == [("admin.sini", "administrator"), ("analis.sini", "analyst")]
    # Once more, with what is held now.
    services.close_organisation(SYSTEM, organisation_id=here.id, reason="SK 5/2026")
    services.reopen_organisation(SYSTEM, organisation_id=here.id, reason="Salah lagi")
    assert held(here.id) == [("admin.sini", "administrator"), ("analis.sini", "analyst")]
    assert journal.verify(Owner.objects.get(pk=here.id)).whole


def test_a_refused_closing_leaves_everybody_under_their_supervisor(staffed, network, make_organisation):
    """The handing over would succeed, the closing does not: neither happened."""
    heir = make_organisation("LAB-2B", area="73.72", supervisor=network["tier3"])
    gone = network["tier2"].pk
    wrong = {"reason": "SK", "successor_id": heir.pk, "closed_on": clock.today() + timedelta(days=3)}
    with pytest.raises(Refused):
        services.close_handing_over(SYSTEM, organisation_id=gone, hand_over=True, **wrong)
    assert queries.organisation_row(network["tier1"].pk).supervisor == "LAB-2"
    assert not queries.organisation_row(gone).closed
    assert held(gone) == [("analis.sini", "analyst")]


def test_the_page_says_what_ends_before_it_ends(visit, staffed):
    here, _there, _made = staffed
    client = visit("province_office", "network_manager")
    address = f"{HERE}lembaga/{here.id}/tutup/"
    shown = client.get(address).content.decode()
    assert "4 peran dari 3 akun berakhir" in shown
    assert client.post(address, {"reason": ""}).status_code == 422
    assert len(held(here.id)) == 4
    assert client.post(address, {"reason": "SK uji", "form_key": "t"}).status_code == 303
    # A second press finds it done.
    assert client.post(address, {"reason": "SK uji", "form_key": "t"}).status_code == 303
    assert held(here.id) == []
    lines = journal.history(Scope.of(here.id), here.id)
    assert [line.event for line in lines].count("network.organisation_closed") == 1


# --- Areas that merge -----------------------------------------------------------------------------------
def merge(client, code, into, on):
    values = {"on": on, "source": "UU uji", "successors_id": into}
    address = f"{HERE}wilayah/{code}/perubahan/?kind=merge"
    shown = client.post(address, {**values, "step": "preview"}).content.decode()
    return shown, client.post(address, {**values, "step": "accept", "form_key": "m"})


def test_who_stands_in_a_merged_area_stands_in_its_successor(visit, network, areas):
    client, lab = visit("province_office", "network_manager"), network["tier1"].pk
    into, today = areas("73.71.01"), clock.today()
    shown, accepted = merge(client, "73.71.11", "73.71.01", today.isoformat())
    assert "Lembaga yang ikut pindah" in shown
    assert accepted.status_code == 303
    before, after = sorted(queries.organisation_history(lab), key=lambda version: version.valid_from)
    assert (before.valid_until, after.valid_from, after.area_id) == (today, today, into)
    assert (before.supervisor_id, before.name) == (after.supervisor_id, after.name)
    told = [line for line in journal.history(Scope.of(lab), lab) if line.event == "network.organisation_altered"]
    assert told[-1].payload["changes"] == {"area_id": str(into)}
    assert told[-1].payload["reason"] == "UU uji"
    assert journal.verify(Owner.objects.get(pk=lab)).whole


def test_a_merge_of_a_later_day_moves_them_on_that_day(visit, network, areas):
    client, lab = visit("province_office", "network_manager"), network["tier1"].pk
    was, day = areas("73.71.11"), clock.today() + timedelta(days=30)
    assert merge(client, "73.71.11", "73.71.01", day.isoformat())[1].status_code == 303
    assert queries.organisation_at(lab).area_id == was
    assert queries.organisation_at(lab, day).area_id == areas("73.71.01")


def test_an_area_that_cannot_merge_moves_nobody(visit, network, areas, monkeypatch):
    """Something fails while they move: the area goes on as well."""
    from laras.network.services import succession

    client, lab = visit("province_office", "network_manager"), network["tier1"].pk

    def fails(*given, **named):
        raise Refused("tidak bisa")

    monkeypatch.setattr(succession, "move_quietly", fails)
    was = areas("73.71.11")
    assert merge(client, "73.71.11", "73.71.01", clock.today().isoformat())[1].status_code == 422
    assert queries.version_at(was, clock.today()) is not None
    assert queries.organisation_at(lab).area_id == was


def test_after_a_split_people_decide_where_they_stand(visit, network, areas):
    """Nothing is guessed: who stood there is named, and stays until somebody says where."""
    client, was = visit("province_office", "network_manager"), areas("73.71.11")
    values = {
        "on": clock.today().isoformat(), "source": "UU uji", "ends": "on", "moved": "",
        "successors_text": "73.71.77\tUji Barat\n73.71.78\tUji Timur",
    }  # fmt: skip
    shown = client.post(f"{HERE}wilayah/73.71.11/perubahan/?kind=split", {**values, "step": "preview"}).content.decode()
    assert "Lembaga yang ikut pindah" not in shown
    assert queries.organisation_at(network["tier1"].pk).area_id == was


def test_the_interface_moves_them_too(network, areas, make_actor, client):
    office = network["province_office"].owner
    manager = make_actor("jejaring.api", office, "network_manager")
    _token, key = accounts.create_token(
        manager, owner_id=office.id, label="uji", rights=["network.manage_network", "network.manage_organisation"],
        expires_at=clock.now() + timedelta(days=9),
    )  # fmt: skip
    body = {
        "kind": "merge", "on": clock.today().isoformat(), "source": "UU uji",
        "successors": [{"area": "73.71.01", "code": "", "name": ""}], "moved": [],
    }  # fmt: skip

    def send():
        return client.post(
            "/api/v1/areas/73.71.11/successions", body, content_type="application/json",
            headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "satu"},
        )  # fmt: skip

    first = send()
    assert first.status_code == 201, first.content
    assert send().content == first.content
    assert queries.organisation_at(network["tier1"].pk).area_id == areas("73.71.01")
    assert len(queries.organisation_history(network["tier1"].pk)) == 2


def test_who_decides_over_one_of_the_two_areas_moves_nobody(network, areas, make_actor):
    city = network["city_office"]
    actor = make_actor("kota.uji", city.owner, "network_manager")
    with pytest.raises(Forbidden):
        services.succeed_area(
            actor, office_id=city.pk, predecessor_id=areas("73.71.11"), kind="merge", on=clock.today(), source="UU",
            successors=[services.Successor("", "", areas("73.06.01"))],
        )  # fmt: skip
    assert queries.organisation_at(network["tier1"].pk).area_id == areas("73.71.11")
    assert rules.level_of_code("73.71.11") == 3
