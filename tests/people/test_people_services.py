"""Registering, correcting, merging, consent and erasure, through the services."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from laras.basics.nik import build_nik
from laras.core import clock, journal
from laras.core.errors import Conflict, Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import ExternalIdentifier, JournalEntry, Sealed
from laras.core.scope import Scope
from laras.people import matching, queries, services
from laras.people.models import Patient

pytestmark = pytest.mark.django_db

BORN = date(1985, 1, 12)


def nik_of(born=BORN, sex="P", serial=1, district="33.22.01"):
    return build_nik(district=district, birth_date=born, sex=sex, serial=serial)


def sulastri(**more):
    return {"full_name": "Ny. Sulastri Wahyuni", "sex": "P", "birth_date": BORN, "nik": nik_of()} | more


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A")


@pytest.fixture
def other_lab(make_owner):
    return make_owner("LAB-B")


@pytest.fixture
def clerk(make_actor, lab):
    return make_actor("clerk", lab, "receptionist", "head", "administrator")


@pytest.fixture
def register(clerk, lab):
    def make(**more):
        return services.register_patient(clerk, owner_id=lab.id, **sulastri(**more))

    return make


def problem_fields(error):
    return [problem.field for problem in error.value.problems]


# --- Registering ----------------------------------------------------------------------------------------------------


def test_a_registered_patient_is_stored_as_typed_and_found(register, lab):
    patient = register(full_name="  Ny. Sulastri   Wahyuni, S.Pd. ", phone="0812-3456-7890")
    stored = Patient.objects.within(Scope.of(lab.id)).get(id=patient.id)
    assert stored.full_name == "Ny. Sulastri Wahyuni, S.Pd."
    assert stored.search_name == "sulastri wahyuni"
    assert stored.phone == "+6281234567890"
    assert stored.mrn.startswith("RM-")
    assert stored.token_nik
    assert stored.token_name
    assert [row.id for row in queries.search(Scope.of(lab.id), "wahyuni").patients] == [patient.id]


def test_medical_record_numbers_follow_each_other(register):
    first = register()
    second = register(nik=nik_of(serial=2), full_name="Orang Lain")
    assert int(second.mrn[-6:]) == int(first.mrn[-6:]) + 1


def test_personal_values_are_sealed_and_not_in_the_payload(register, lab):
    patient = register(address="Jalan Mawar 7")
    entry = JournalEntry.objects.within(Scope.of(lab.id)).get(subject=patient.id)
    payload = bytes(entry.payload).decode()
    for value in ("Sulastri", patient.nik, patient.mrn, "1985", "Mawar"):
        assert value not in payload
    sealed = journal.open_sealed(entry.id)
    assert sealed["nik"] == patient.nik
    assert sealed["address"] == "Jalan Mawar 7"
    assert journal.verify(lab).whole


def test_registering_costs_few_statements(register, clerk, lab, statements_in_full):
    register()  # the journal's head and the day's counter exist from now on
    more = sulastri(nik=nik_of(serial=2), full_name="Kartini Rahayu")
    with CaptureQueriesContext(
        connection,
    ) as seen:
        services.register_patient(clerk, owner_id=lab.id, **more)
    statements = [q["sql"] for q in seen if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    reads = [sql for sql in statements if sql.startswith("SELECT")]
    # One look for the same person, one for the head of the journal.
    assert len(reads) == 2, reads
    # PostgreSQL takes rows of several tables in one message.
    assert sum(sql.count("INSERT INTO ") for sql in statements) == 4  # counter, patient, entry, sealed
    assert len(statements) <= 7


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"full_name": " "}, ["full_name"]),
        ({"full_name": "12345"}, ["full_name"]),
        ({"full_name": "a" * 151}, ["full_name"]),
        ({"full_name": "Su\x00lastri"}, ["full_name"]),
        ({"full_name": "Sulastri \u202egnol"}, ["full_name"]),
        ({"sex": "X"}, ["sex"]),
        ({"sex": ""}, ["sex"]),
        ({"birth_date": date(2030, 1, 1), "nik": "", "no_nik_reason": "absent"}, ["birth_date"]),
        ({"birth_date": date(1850, 1, 1), "nik": "", "no_nik_reason": "absent"}, ["birth_date"]),
        ({"birth_date": None}, ["birth_date"]),
        ({"nik": "12"}, ["nik"]),
        ({"nik": "", "no_nik_reason": ""}, ["nik"]),
        ({"nik": "", "no_nik_reason": "lazy"}, ["no_nik_reason"]),
        ({"nik": "", "no_nik_reason": "foreign"}, ["passport_number"]),
        ({"nik": "", "no_nik_reason": "unidentified"}, ["description"]),
        ({"nik": "", "no_nik_reason": "newborn"}, ["mother_nik", "no_nik_reason"]),
        ({"phone": "telepon"}, ["phone"]),
        ({"mother_nik": "123"}, ["mother_nik"]),
        ({"address": "x" * 301, "mrn": "y" * 33}, ["mrn", "address"]),
        ({"birth_date": date(1985, 1, 13)}, ["birth_date"]),
        ({"sex": "L"}, ["sex"]),
    ],
)
def test_bad_input_is_refused_at_its_field_and_nothing_is_saved(register, lab, more, fields):
    with clock.at(datetime(2026, 11, 22, tzinfo=UTC)), pytest.raises(Refused) as error:
        register(**more)
    assert problem_fields(error) == fields
    assert all(str(problem.message) for problem in error.value.problems)
    assert not queries.all_patients(Scope.of(lab.id), status="").exists()
    assert not JournalEntry.objects.within(Scope.of(lab.id)).exists()


def test_numbers_of_the_automatic_form_are_not_typed_in(register, clerk, lab):
    patient = register()
    with pytest.raises(Refused) as error:
        register(nik=nik_of(serial=2), full_name="Orang Lain", mrn="rm-26-000002")
    assert problem_fields(error) == ["mrn"]
    correct = {"owner_id": lab.id, "patient_id": patient.id}
    services.update_patient(clerk, changes={"mrn": patient.mrn, "address": "Jalan Mawar"}, **correct)
    with pytest.raises(Refused):
        services.update_patient(clerk, changes={"mrn": "RM-26-000009"}, **correct)


@pytest.mark.parametrize(
    "name", ["Robert'); DROP TABLE people_patient;--", "<script>alert(1)</script>", "O'Brien & Söhne", "李小龍"]
)
def test_odd_names_are_names(register, lab, name):
    patient = register(full_name=name)
    found = queries.search(Scope.of(lab.id), name).patients
    assert [row.full_name for row in found] == [name]
    assert patient.search_name


@pytest.mark.parametrize(
    "more",
    [
        {"no_nik_reason": "absent"},
        {"no_nik_reason": "foreign", "passport_number": "c 123-4567"},
        {"no_nik_reason": "newborn", "mother_nik": nik_of(), "birth_date": date(2026, 11, 20)},
        {"no_nik_reason": "newborn", "mother_name": "Sulastri", "birth_date": date(2026, 11, 22)},
        {
            "no_nik_reason": "unidentified",
            "description": "Laki-laki, tato jangkar",
            "full_name": "",
            "birth_date": None,
            "sex": "U",
        },
        {"no_nik_reason": "absent", "birth_date": date(1960, 7, 1), "birth_date_estimated": True},
    ],
)
def test_people_without_a_nik_are_normal(register, more):
    with clock.at(datetime(2026, 11, 22, tzinfo=UTC)):
        patient = register(**({"nik": ""} | more))
    assert patient.nik == ""
    assert patient.full_name


def test_a_child_born_today_in_the_east_is_not_from_the_future(register):
    # 22 November 15.30 UTC is already the 23rd in Jayapura.
    with clock.at(datetime(2026, 11, 22, 15, 30, tzinfo=UTC)):
        patient = register(nik="", no_nik_reason="newborn", mother_nik=nik_of(), birth_date=date(2026, 11, 23))
    assert patient.birth_date == date(2026, 11, 23)


def test_a_difference_from_the_nik_passes_once_it_was_checked(register):
    patient = register(birth_date=date(1985, 1, 13), nik_checked=True)
    assert patient.nik_differs
    assert not register(nik=nik_of(serial=9), full_name="Lain Orang").nik_differs


def test_the_nik_of_another_is_refused_and_points_to_them(register, lab):
    first = register()
    with pytest.raises(services.SamePerson) as error:
        register(full_name="Orang Lain")
    assert error.value.patient_id == first.id
    assert error.value.certain
    assert problem_fields(error) == ["nik"]
    assert first.mrn in str(error.value)
    assert queries.all_patients(Scope.of(lab.id)).count() == 1


def test_the_number_of_another_is_refused(register):
    register(nik="", no_nik_reason="foreign", passport_number="C1234567", mrn="LAMA-7")
    for more, field in (
        ({"nik": "", "no_nik_reason": "foreign", "passport_number": "c-1234567"}, "passport_number"),
        ({"mrn": "LAMA-7"}, "mrn"),
    ):
        with pytest.raises(services.SamePerson) as error:
            register(full_name="Orang Lain", **more)
        assert problem_fields(error) == [field]


def test_the_same_name_and_birth_date_asks_for_a_look(register):
    first = register(nik="", no_nik_reason="absent")
    again = {"full_name": "SULASTRI WAHJOENI", "nik": "", "no_nik_reason": "absent"}
    with pytest.raises(services.SamePerson) as error:
        register(**again)
    assert error.value.patient_id == first.id
    assert not error.value.certain
    assert problem_fields(error) == ["duplicates_checked"]
    assert register(duplicates_checked=True, **again).id != first.id


def test_namesakes_with_niks_of_their_own_are_two_people(register):
    register()
    assert register(nik=nik_of(serial=77)).id


def test_the_database_holds_one_nik_once_per_laboratory(register, lab, other_lab, make_actor):
    register()
    clerk_b = make_actor("clerk-b", other_lab, "receptionist")
    services.register_patient(clerk_b, owner_id=other_lab.id, **sulastri())
    with pytest.raises(IntegrityError), transaction.atomic():
        Patient.rows.create(
            owner=lab, full_name="X", sex="P", birth_date=BORN, nik=nik_of(), mrn="1", search_name="x",
            search_tail="x", sound_key="x",
        )  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        {"sex": "X"},
        {"nik": "123"},
        {"nik": "", "no_nik_reason": ""},
        {"no_nik_reason": "absent"},
        {"status": "gone"},
        {"status": "merged"},
        {"birth_date": None, "birth_date_estimated": True},
    ],
)
def test_the_database_refuses_rows_without_sense(register, lab, values):
    patient = register()
    with pytest.raises(IntegrityError), transaction.atomic():
        Patient.rows.filter(id=patient.id).update(**values)


def test_who_may_not_write_changes_nothing(make_actor, lab):
    analyst = make_actor("analyst", lab, "analyst")
    with pytest.raises(Forbidden):
        services.register_patient(analyst, owner_id=lab.id, **sulastri())
    assert not queries.all_patients(Scope.of(lab.id)).exists()


def test_another_laboratory_is_forbidden_and_its_patients_are_not_found(register, make_actor, lab, other_lab):
    patient = register()
    stranger = make_actor("stranger", other_lab, "receptionist", "head", "administrator")
    with pytest.raises(Forbidden):
        services.register_patient(stranger, owner_id=lab.id, **sulastri(nik=nik_of(serial=5)))
    with pytest.raises(Forbidden):
        services.update_patient(stranger, owner_id=lab.id, patient_id=patient.id, changes={"address": "x"})
    for work in (
        lambda: services.update_patient(
            stranger, owner_id=other_lab.id, patient_id=patient.id, changes={"address": "x"}
        ),
        lambda: services.give_consent(stranger, owner_id=other_lab.id, patient_id=patient.id, purpose="examination"),
        lambda: services.erase_patient(stranger, owner_id=other_lab.id, patient_id=patient.id, reason="x"),
        lambda: queries.get_patient(Scope.of(other_lab.id), patient.id),
    ):
        with pytest.raises(NotFound):
            work()
    assert not queries.search(Scope.of(other_lab.id), "sulastri").patients
    assert not queries.search(Scope.of(other_lab.id), patient.nik).patients


def test_identifiers_of_other_systems_are_kept(register, clerk, lab):
    patient = register(identifiers=[("https://fhir.kemkes.go.id/id/ihs-number", "P0123")])
    services.add_identifier(clerk, owner_id=lab.id, patient_id=patient.id, system="bpjs", value="0001")
    services.add_identifier(clerk, owner_id=lab.id, patient_id=patient.id, system="bpjs", value="0001")
    assert [row.value for row in queries.identifiers_of(patient)] == ["0001", "P0123"]
    with pytest.raises(Refused):
        services.add_identifier(clerk, owner_id=lab.id, patient_id=patient.id, system="", value="1")


# --- Correcting -----------------------------------------------------------------------------------------------------


def test_correcting_keeps_what_was_before_sealed(register, clerk, lab):
    patient = register()
    changed = services.update_patient(
        clerk, owner_id=lab.id, patient_id=patient.id, changes={"full_name": "Sulastri W.", "phone": ""}
    )
    assert (changed.full_name, changed.search_name, changed.version) == ("Sulastri W.", "sulastri w", 2)
    entry = JournalEntry.objects.within(Scope.of(lab.id)).get(event="people.patient_updated")
    assert journal.open_sealed(entry.id) == {"full_name": ["Ny. Sulastri Wahyuni", "Sulastri W."]}
    assert b"Sulastri" not in bytes(entry.payload)


def test_correcting_nothing_writes_nothing(register, clerk, lab):
    patient = register()
    services.update_patient(clerk, owner_id=lab.id, patient_id=patient.id, changes={"sex": "P"}, version=1)
    assert Patient.objects.within(Scope.of(lab.id)).get().version == 1
    assert JournalEntry.objects.within(Scope.of(lab.id)).count() == 1


def test_a_change_by_somebody_else_is_not_overwritten(register, clerk, lab):
    patient = register()
    correct = {"owner_id": lab.id, "patient_id": patient.id, "version": 1}
    services.update_patient(clerk, changes={"address": "Jalan Mawar"}, **correct)
    with pytest.raises(Conflict):
        services.update_patient(clerk, changes={"address": "Jalan Melati"}, **correct)
    assert Patient.objects.within(Scope.of(lab.id)).get().address == "Jalan Mawar"


def test_correcting_into_the_nik_of_another_is_refused(register, clerk, lab):
    first = register()
    second = register(nik=nik_of(serial=2), full_name="Orang Lain")
    with pytest.raises(services.SamePerson) as error:
        services.update_patient(clerk, owner_id=lab.id, patient_id=second.id, changes={"nik": first.nik})
    assert error.value.patient_id == first.id


def test_what_was_checked_against_the_document_needs_no_second_look(register, clerk, lab):
    patient = register(birth_date=date(1985, 1, 13), nik_checked=True)
    correct = {"owner_id": lab.id, "patient_id": patient.id}
    assert services.update_patient(clerk, changes={"address": "Jalan Mawar"}, **correct).nik_differs
    with pytest.raises(Refused):
        services.update_patient(clerk, changes={"birth_date": date(1985, 1, 14)}, **correct)


def test_unknown_fields_are_refused(register, clerk, lab):
    patient = register()
    with pytest.raises(Refused):
        services.update_patient(clerk, owner_id=lab.id, patient_id=patient.id, changes={"status": "erased"})


def test_an_area_must_be_known(register):
    from laras.core.ids import new_id

    with pytest.raises(Refused) as error:
        register(residence_id=new_id())
    assert problem_fields(error) == ["residence_id"]


# --- Merging --------------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(register):
    kept = register(nik="", no_nik_reason="absent", phone="081234567890")
    other = register(full_name="Sulastri Wahjuni", address="Jalan Mawar 7", duplicates_checked=True)
    return kept, other


def snapshot(lab):
    ignored = {"version", "updated_at"}
    return {
        row.id: {f.attname: getattr(row, f.attname) for f in Patient._meta.concrete_fields if f.name not in ignored}
        for row in Patient.objects.within(Scope.of(lab.id))
    }


@pytest.mark.parametrize("take", [[], ["nik"], ["nik", "address", "full_name"], list(services.MERGE_GROUPS)])
def test_undoing_a_merge_restores_both_exactly(pair, clerk, lab, take):
    kept, other = pair
    before = snapshot(lab)
    merge = services.merge_patients(
        clerk, owner_id=lab.id, kept_id=kept.id, other_id=other.id, take=take, reason="orang yang sama"
    )
    assert snapshot(lab) != before
    services.undo_merge(clerk, owner_id=lab.id, merge_id=merge.id, reason="ternyata dua orang")
    assert snapshot(lab) == before
    assert journal.verify(lab).whole


def test_a_merge_takes_over_what_was_chosen_and_points_to_the_kept(pair, clerk, lab):
    kept, other = pair
    services.merge_patients(
        clerk, owner_id=lab.id, kept_id=kept.id, other_id=other.id, take=["nik"], reason="orang yang sama"
    )
    scope = Scope.of(lab.id)
    resolved = queries.resolve(scope, other.id)
    assert (resolved.id, resolved.nik, resolved.no_nik_reason) == (kept.id, other.nik, "")
    assert resolved.address == ""
    assert set(queries.identity_ids(scope, kept.id)) == {kept.id, other.id}
    assert queries.resolve_many(scope, [kept.id, other.id])[other.id].id == kept.id
    assert [row.id for row in queries.search(scope, "sulastri").patients] == [kept.id]
    # The old card leads somewhere.
    assert [row.id for row in queries.search(scope, other.mrn).patients] == [other.id]


def test_merges_in_a_row_resolve_to_the_last_and_undo_last_first(pair, register, clerk, lab):
    first, second = pair
    third = register(full_name="Sulastri", nik="", no_nik_reason="absent")
    common = {"owner_id": lab.id, "reason": "sama"}
    one = services.merge_patients(clerk, kept_id=second.id, other_id=first.id, **common)
    two = services.merge_patients(clerk, kept_id=third.id, other_id=second.id, **common)
    scope = Scope.of(lab.id)
    assert queries.resolve(scope, first.id).id == third.id
    assert queries.resolve_many(scope, [first.id])[first.id].id == third.id
    assert set(queries.identity_ids(scope, third.id)) == {first.id, second.id, third.id}
    with pytest.raises(Refused):
        services.undo_merge(clerk, merge_id=one.id, **common)
    services.undo_merge(clerk, merge_id=two.id, **common)
    services.undo_merge(clerk, merge_id=one.id, **common)
    assert queries.all_patients(scope).count() == 3


def test_a_correction_after_the_merge_survives_its_undoing(pair, clerk, lab):
    kept, other = pair
    merge = services.merge_patients(
        clerk, owner_id=lab.id, kept_id=kept.id, other_id=other.id, take=["address", "phone"], reason="sama"
    )
    services.update_patient(clerk, owner_id=lab.id, patient_id=kept.id, changes={"address": "Jalan Baru 1"})
    services.undo_merge(clerk, owner_id=lab.id, merge_id=merge.id, reason="beda")
    again = queries.get_patient(Scope.of(lab.id), kept.id)
    assert (again.address, again.phone) == ("Jalan Baru 1", "+6281234567890")


def test_merges_without_sense_are_refused(pair, clerk, lab, make_actor):
    kept, other = pair
    merge = {"owner_id": lab.id, "kept_id": kept.id, "other_id": other.id, "reason": "sama"}
    for change, kind in (
        ({"other_id": kept.id}, Refused),
        ({"reason": "  "}, Refused),
        ({"take": ["mrn"]}, Refused),
    ):
        with pytest.raises(kind):
            services.merge_patients(clerk, **(merge | change))
    with pytest.raises(Forbidden):
        services.merge_patients(make_actor("desk", lab, "receptionist"), **merge)
    done = services.merge_patients(clerk, **merge)
    with pytest.raises(Conflict):
        services.merge_patients(clerk, **merge)
    with pytest.raises(Conflict):
        services.update_patient(clerk, owner_id=lab.id, patient_id=other.id, changes={"address": "x"})
    services.undo_merge(clerk, owner_id=lab.id, merge_id=done.id, reason="beda")
    with pytest.raises(Conflict):
        services.undo_merge(clerk, owner_id=lab.id, merge_id=done.id, reason="beda")


# --- Consent --------------------------------------------------------------------------------------------------------


def test_consent_is_given_and_withdrawn_with_the_words_it_was_given_to(register, clerk, lab):
    patient = register()
    scope = Scope.of(lab.id)
    consent = services.give_consent(clerk, owner_id=lab.id, patient_id=patient.id, purpose="examination")
    assert (consent.given_by, consent.recorded_by) == (patient.full_name, clerk.person_id)
    assert len(consent.text_digest) == 64
    again = services.give_consent(clerk, owner_id=lab.id, patient_id=patient.id, purpose="examination")
    assert again.id == consent.id
    assert queries.has_consent(scope, patient.id, "examination")
    assert not queries.has_consent(scope, patient.id, "national_exchange")
    services.withdraw_consent(clerk, owner_id=lab.id, consent_id=consent.id, reason="berubah pikiran")
    assert not queries.has_consent(scope, patient.id, "examination")
    with pytest.raises(MoveRefused):
        services.withdraw_consent(clerk, owner_id=lab.id, consent_id=consent.id)
    events = [line.event for line in journal.history(scope, patient.id)]
    assert events == ["people.patient_registered", "people.consent_given", "people.consent_withdrawn"]


def test_consent_follows_the_merged_person(pair, clerk, lab):
    kept, other = pair
    services.give_consent(clerk, owner_id=lab.id, patient_id=other.id, purpose="examination")
    services.merge_patients(clerk, owner_id=lab.id, kept_id=kept.id, other_id=other.id, reason="sama")
    assert queries.has_consent(Scope.of(lab.id), kept.id, "examination")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"purpose": "anything"}, "purpose"),
        ({"relation": "neighbour", "given_by": "Budi"}, "relation"),
        ({"relation": "parent"}, "given_by"),
        ({"given_at": datetime.now(UTC) + timedelta(days=2)}, "given_at"),
    ],
)
def test_consent_needs_who_and_what(register, clerk, lab, more, field):
    patient = register()
    with pytest.raises(Refused) as error:
        services.give_consent(clerk, owner_id=lab.id, patient_id=patient.id, **({"purpose": "examination"} | more))
    assert problem_fields(error) == [field]


# --- Erasure --------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(monkeypatch):
    """Says when a person was last served, as the orders do in the whole system."""
    moments = {}
    monkeypatch.setattr(services.erasing, "RETENTION_SOURCES", [lambda owner, ids: moments.get("last")])
    return moments


def test_erasure_waits_for_the_law_which_is_named(pair, clerk, lab, served):
    kept, _other = pair
    served["last"] = clock.now() - timedelta(days=24 * 365)
    with pytest.raises(Refused) as error:
        services.erase_patient(clerk, owner_id=lab.id, patient_id=kept.id, reason="diminta pasien")
    assert "Permenkes 24/2022" in str(error.value)
    assert queries.get_patient(Scope.of(lab.id), kept.id).full_name == kept.full_name


def test_the_years_are_set_by_the_installation(pair, clerk, lab, served, settings):
    settings.LARAS_PATIENT_RETENTION_YEARS = 5
    served["last"] = clock.now() - timedelta(days=6 * 365)
    assert services.erase_patient(clerk, owner_id=lab.id, patient_id=pair[0].id, reason="x").status == "erased"


def test_without_anybody_who_knows_of_services_the_law_stands(register, clerk, lab, monkeypatch):
    monkeypatch.setattr(services.erasing, "RETENTION_SOURCES", [])
    patient = register()
    with pytest.raises(Refused):
        services.erase_patient(clerk, owner_id=lab.id, patient_id=patient.id, reason="diminta pasien")


def test_erasure_leaves_no_personal_value_and_a_whole_chain(pair, clerk, lab, served):
    kept, other = pair
    services.add_identifier(clerk, owner_id=lab.id, patient_id=other.id, system="bpjs", value="0001")
    services.give_consent(clerk, owner_id=lab.id, patient_id=other.id, purpose="examination")
    services.merge_patients(
        clerk, owner_id=lab.id, kept_id=kept.id, other_id=other.id, take=["nik"], reason="Sulastri dobel"
    )
    services.erase_patient(clerk, owner_id=lab.id, patient_id=kept.id, reason="tidak pernah diperiksa")
    secrets = ("ulastri", "ulastri".upper(), other.nik, kept.mrn, other.mrn, "+6281234567890", "Mawar", "1985")
    for row in Patient.objects.within(Scope.of(lab.id)):
        assert row.status == "erased"
        text = " ".join(str(getattr(row, f.attname)) for f in Patient._meta.concrete_fields)
        assert not [secret for secret in secrets if secret in text]
    merges = queries.merges_of(Scope.of(lab.id), kept.id)
    assert [(row.changed, row.reason) for row in merges] == [({}, "")]
    assert not ExternalIdentifier.objects.filter(entity=queries.ENTITY).exists()
    bodies = b" ".join(bytes(row.body) for row in Sealed.objects.exclude(body=None))
    payloads = b" ".join(bytes(row.payload) for row in JournalEntry.objects.within(Scope.of(lab.id)))
    assert not [secret for secret in secrets if secret.encode() in bodies + payloads]
    verdict = journal.verify(lab)
    assert verdict.whole
    assert verdict.erased
    assert not queries.search(Scope.of(lab.id), "sulastri").patients


def test_erasure_needs_the_right(pair, lab, make_actor, served):
    with pytest.raises(Forbidden):
        services.erase_patient(
            make_actor("desk", lab, "receptionist"), owner_id=lab.id, patient_id=pair[0].id, reason="x"
        )


# --- Matching across laboratories -----------------------------------------------------------------------------------


def test_two_laboratories_find_one_person_by_token_only(register, lab, other_lab, make_actor):
    mine = register()
    clerk_b = make_actor("clerk-b", other_lab, "receptionist")
    theirs = services.register_patient(clerk_b, owner_id=other_lab.id, **sulastri(full_name="Sulastri Wahjuni"))
    services.register_patient(clerk_b, owner_id=other_lab.id, **sulastri(full_name="Lain", nik=nik_of(serial=8)))
    scope = Scope.of(lab.id, other_lab.id)
    assert queries.same_people(scope, mine) == [theirs]
    assert list(queries.find_by_nik_token(scope, mine.nik, matching.current_key()[1])) != []
    assert mine.nik not in mine.token_nik


def test_a_new_key_makes_new_tokens_that_match_again(register, clerk, lab, other_lab, make_actor):
    from laras.core.actor import system_actor

    mine = register()
    theirs = services.register_patient(
        make_actor("clerk-b", other_lab, "receptionist"), owner_id=other_lab.id, **sulastri()
    )
    with pytest.raises(Forbidden):
        services.rotate_matching_key(make_actor("desk", lab, "receptionist"))
    assert services.rotate_matching_key(system_actor("cli")) == 2
    scope = Scope.of(lab.id, other_lab.id)
    again = queries.get_patient(scope, mine.id)
    assert again.token_nik != mine.token_nik
    assert again.token_generation == mine.token_generation + 1
    assert queries.same_people(scope, again) == [theirs]
    assert services.renew_tokens(system_actor("cli"), owner_id=lab.id) == 0
