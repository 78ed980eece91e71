"""Senders and clients, their doctors and agreements, through the services."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.core import journal
from laras.core.errors import Conflict, Forbidden, MoveRefused, NotFound, Refused
from laras.core.ids import new_id
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.partners import queries, services
from laras.partners.rules import check_client, clean_client, in_force
from laras.partners.types import ClientInput

texts = st.text(max_size=40)


@given(
    st.builds(
        ClientInput,
        name=texts,
        kind=texts | st.just("facility"),
        code=texts,
        address=texts,
        contact_name=texts,
        phone=texts,
        email=texts,
        note=texts,
    )
)
def test_any_input_gets_an_answer_and_cleaning_is_stable(given_input):
    cleaned = clean_client(given_input)
    assert clean_client(cleaned) == cleaned
    if not check_client(cleaned):
        assert cleaned.name
        assert cleaned.kind == "facility"


@given(st.dates(), st.dates() | st.none(), st.dates())
def test_an_agreement_covers_its_days_when_signed(start, end, day):
    covered = in_force("signed", start, end, day)
    assert covered == (start <= day and (end is None or day <= end))
    assert not in_force("draft", start, end, day)


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A")


@pytest.fixture
def puskesmas(make_owner):
    return make_owner("PKM-B", tier=1, name="Puskesmas Melati")


@pytest.fixture
def clerk(make_actor, lab):
    return make_actor("clerk", lab, "receptionist")


@pytest.fixture
def register(clerk, lab):
    def make(**more):
        values = {"name": "Klinik Melati", "kind": "facility"} | more
        return services.register_client(clerk, owner_id=lab.id, **values)

    return make


def fields_of(error):
    return [problem.field for problem in error.value.problems]


pytestmark = pytest.mark.django_db


def test_a_client_is_stored_and_found(register, lab, puskesmas):
    client = register(
        name="  Puskesmas   Melati ",
        phone="024 555 1234",
        email="melati@contoh.id",
        organisation_id=puskesmas.id,
        identifiers=[("pcare", "0001")],
    )
    scope = Scope.of(lab.id)
    assert (client.name, client.code, client.phone) == ("Puskesmas Melati", "P-0001", "+62245551234")
    assert queries.search(scope, "puskesmas m").clients == [client]
    assert queries.search(scope, client.code.lower()).clients == [client]
    assert queries.client_of_organisation(scope, puskesmas.id) == client
    assert [row.value for row in queries.identifiers_of(client)] == ["0001"]
    entry = JournalEntry.objects.within(scope).get(subject=client.id)
    assert b"Melati" not in bytes(entry.payload)
    assert journal.open_sealed(entry.id)["name"] == "Puskesmas Melati"


def test_a_list_pages_in_order_of_name(register, lab):
    for name in ("Citra", "Anggrek", "Bougenvil"):
        register(name=f"Klinik {name}")
    scope = Scope.of(lab.id)
    first = queries.search(scope, limit=2)
    assert [row.name for row in first.clients] == ["Klinik Anggrek", "Klinik Bougenvil"]
    second = queries.search(scope, limit=2, after=first.after)
    assert [row.name for row in second.clients] == ["Klinik Citra"]
    assert second.after == ""
    for wrong in ("garbage", str(new_id())):
        with pytest.raises(NotFound):
            queries.search(scope, after=wrong)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "Kli\x00nik"}, "name"),
        ({"kind": "friend"}, "kind"),
        ({"code": "a b"}, "code"),
        ({"phone": "telepon"}, "phone"),
        ({"email": "melati@"}, "email"),
        ({"note": "x" * 501}, "note"),
        ({"area_id": new_id()}, "area_id"),
        ({"organisation_id": new_id()}, "organisation_id"),
    ],
)
def test_bad_input_is_refused_at_its_field_and_nothing_is_saved(register, lab, more, field):
    with pytest.raises(Refused) as error:
        register(**more)
    assert fields_of(error) == [field]
    assert not queries.all_clients(Scope.of(lab.id), status="").exists()


@pytest.mark.parametrize("name", ["Klinik'); DROP TABLE partners_client;--", "<b>Klinik</b>", "PT. Söhne & Co"])
def test_odd_names_are_names(register, lab, name):
    register(name=name)
    assert [row.name for row in queries.search(Scope.of(lab.id), name).clients] == [name]


def test_codes_and_organisations_are_there_once(register, lab, puskesmas):
    register(code="KM", organisation_id=puskesmas.id)
    for more, field in (
        ({"code": "km"}, "code"),
        ({"organisation_id": puskesmas.id}, "organisation_id"),
        ({"organisation_id": lab.id}, "organisation_id"),
    ):
        with pytest.raises(Refused) as error:
            register(**more)
        assert fields_of(error) == [field]


def test_rights_and_other_laboratories(register, make_actor, lab, puskesmas):
    client = register()
    analyst = make_actor("analyst", lab, "analyst")
    with pytest.raises(Forbidden):
        services.register_client(analyst, owner_id=lab.id, name="X", kind="facility")
    stranger = make_actor("stranger", puskesmas, "receptionist")
    with pytest.raises(Forbidden):
        services.update_client(stranger, owner_id=lab.id, client_id=client.id, changes={"name": "X"})
    for work in (
        lambda: services.update_client(stranger, owner_id=puskesmas.id, client_id=client.id, changes={"name": "X"}),
        lambda: services.close_client(stranger, owner_id=puskesmas.id, client_id=client.id),
        lambda: services.add_practitioner(stranger, owner_id=puskesmas.id, client_id=client.id, name="dr. X"),
        lambda: queries.get_client(Scope.of(puskesmas.id), client.id),
    ):
        with pytest.raises(NotFound):
            work()
    assert not queries.search(Scope.of(puskesmas.id), "klinik").clients


def test_correcting(register, clerk, lab):
    client = register(code="KM")
    other = register(code="KX", name="Klinik Lain")
    correct = {"owner_id": lab.id, "client_id": client.id}
    changed = services.update_client(clerk, changes={"name": "Klinik Mawar", "code": ""}, version=1, **correct)
    assert (changed.name, changed.code, changed.version) == ("Klinik Mawar", "KM", 2)
    assert queries.search(Scope.of(lab.id), "klinik maw").clients == [client]
    with pytest.raises(Conflict):
        services.update_client(clerk, changes={"name": "Klinik Melur"}, version=1, **correct)
    with pytest.raises(Refused):
        services.update_client(clerk, changes={"status": "closed"}, **correct)
    with pytest.raises(Refused) as error:
        services.update_client(clerk, changes={"code": other.code}, **correct)
    assert fields_of(error) == ["code"]


def test_closing_and_reopening(register, clerk, lab, puskesmas):
    client = register(organisation_id=puskesmas.id)
    which = {"owner_id": lab.id, "client_id": client.id}
    services.close_client(clerk, **which)
    assert not queries.search(Scope.of(lab.id)).clients
    with pytest.raises(MoveRefused):
        services.close_client(clerk, **which)
    register(organisation_id=puskesmas.id)
    with pytest.raises(Refused):
        services.reopen_client(clerk, **which)


def test_doctors_of_a_client(register, clerk, lab):
    client = register()
    scope = Scope.of(lab.id)
    add = {"owner_id": lab.id, "client_id": client.id}
    doctor = services.add_practitioner(clerk, name="dr. Budi Santoso, Sp.PD", **add)
    assert services.add_practitioner(clerk, name="Budi Santoso", **add).id == doctor.id
    assert queries.search_practitioners(scope, "budi") == [doctor]
    for name in ("", "x" * 151, "12"):
        with pytest.raises(Refused):
            services.add_practitioner(clerk, name=name, **add)
    services.update_practitioner(clerk, owner_id=lab.id, practitioner_id=doctor.id, name=doctor.name, active=False)
    assert queries.practitioners_of(scope, client.id) == []
    assert [row.active for row in queries.practitioners_of(scope, client.id, active_only=False)] == [False]


def test_agreements_from_draft_to_end(register, clerk, lab):
    client = register()
    scope = Scope.of(lab.id)
    draft = {
        "owner_id": lab.id,
        "client_id": client.id,
        "number": "PKS/01/2026",
        "title": "Pemeriksaan rujukan",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
    }
    agreement = services.draft_agreement(clerk, **draft)
    day = date(2026, 11, 22)
    assert queries.agreement_on(scope, client.id, day) is None
    services.correct_agreement(clerk, owner_id=lab.id, agreement_id=agreement.id, changes={"title": "Rujukan"})
    services.sign_agreement(clerk, owner_id=lab.id, agreement_id=agreement.id)
    assert queries.agreement_on(scope, client.id, day).title == "Rujukan"
    assert queries.agreement_on(scope, client.id, date(2027, 1, 1)) is None
    assert queries.agreements_ending(scope, day) == [agreement]
    with pytest.raises(Conflict):
        services.correct_agreement(clerk, owner_id=lab.id, agreement_id=agreement.id, changes={"title": "X"})
    with pytest.raises(Refused):
        services.end_agreement(clerk, owner_id=lab.id, agreement_id=agreement.id, reason="")
    services.end_agreement(clerk, owner_id=lab.id, agreement_id=agreement.id, reason="sepakat")
    assert queries.agreement_on(scope, client.id, day) is None
    for change, field in (
        ({"number": "PKS/01/2026"}, "number"),
        ({"number": ""}, "number"),
        ({"number": "2", "valid_from": None}, "valid_from"),
        ({"number": "2", "valid_until": date(2025, 1, 1)}, "valid_until"),
        ({"number": "2", "title": ""}, "title"),
    ):
        with pytest.raises(Refused) as error:
            services.draft_agreement(clerk, **(draft | change))
        assert fields_of(error) == [field]
    assert journal.verify(lab).whole
