from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from laras.core import clock, journal
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.models import JournalEntry
from laras.core.numbering import is_whole
from laras.core.scope import Scope
from laras.orders import queries, services
from laras.orders.models import Custody, Order, OrderLine, RequestedTest, Sample, Site
from laras.orders.types import GivenSample, SiteInput
from laras.people.models import Patient
from laras.people.services import SamePerson
from tests.orders.conftest import NEW

SPACE = Scope.everything()


def fields(refusal) -> set[str]:
    return {problem.field for problem in refusal.value.problems}


def nothing_saved() -> bool:
    return not any(
        model.objects.within(SPACE).exists() for model in (Order, OrderLine, Sample, RequestedTest, Custody, Patient)
    )


# --- Registering ----------------------------------------------------------------------------------------------------


def test_one_tube_for_tests_of_one_specimen(order):
    assert len({(s.specimen, s.container) for s in order.samples}) == len(order.samples) == 3
    by_sample = {
        sample.id: [r.test_code for r in order.requested if r.sample_id == sample.id] for sample in order.samples
    }
    assert ["HB", "PLT"] in by_sample.values()
    assert order.order.status == "registered"
    assert {sample.status for sample in order.samples} == {"expected"}


def test_numbers_carry_a_letter_and_a_right_check_character(order, lab):
    assert order.number.startswith("NTB-01-")
    assert is_whole(order.number)
    body = order.number.rpartition("-")[0]
    assert [sample.number.rpartition("-")[0] for sample in order.samples] == [f"{body}{x}" for x in "ABC"]
    assert all(is_whole(sample.number) for sample in order.samples)


def test_price_is_kept_as_it_was(order):
    assert {line.code: line.price for line in order.lines} == {"HB": 15000, "PLT": 0, "GDP": 20000, "UL": 30000}
    assert order.total == 65000
    kept = OrderLine.objects.within(SPACE).get(code="HB")
    assert kept.price_parts == {"consumables": 1000, "service": 14000}


def test_a_panel_is_taken_apart_and_its_tests_are_not_charged_twice(counter, lab, patient):
    made = services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB", "dl", "HB", "DL", "CHOL"])
    assert [(line.code, line.is_panel, line.price) for line in made.lines] == [
        ("DL", True, 60000),
        ("CHOL", False, 25000),
    ]
    codes = [row.test_code for row in made.requested]
    assert sorted(codes) == sorted({"HB", "HCT", "RBC", "WBC", "PLT", "MCV", "MCH", "MCHC", "CHOL"})


def test_a_panel_without_a_price_costs_its_tests(counter, lab, patient, settings):
    made = services.register_order(counter, owner=lab, patient_id=patient.id, codes=["DLDIFF"])
    assert made.lines[0].price == 15000  # of its members only HB has a price here


def test_new_patient_and_order_are_one_unit(counter, lab):
    made = services.register_order(counter, owner=lab, new_patient=NEW, codes=["HB"])
    assert made.order.patient.full_name == "Siti Aminah"
    events = list(JournalEntry.objects.within(SPACE).order_by("sequence").values_list("event", flat=True))
    assert events == ["people.patient_registered", "orders.order_registered"]
    assert b"Siti" not in b"".join(bytes(e.payload) for e in JournalEntry.objects.within(SPACE))
    assert journal.verify(lab).whole


def test_collected_at_the_counter(counter, lab, patient):
    at = clock.now() - timedelta(minutes=20)
    made = services.register_order(
        counter, owner=lab, patient_id=patient.id, codes=["HB", "UL"], collected_at=at, collector="Perawat Ida"
    )
    assert {(s.status, s.collected_at, s.collector) for s in made.samples} == {("collected", at, "Perawat Ida")}
    links = list(Custody.objects.within(SPACE).values_list("action", "at", "person_name"))
    assert links == [("collected", at, "Perawat Ida")] * 2


def test_samples_that_exist_already_keep_their_own_numbers(counter, lab, patient):
    origin, remote = uuid4(), uuid4()
    made = services.register_order(
        counter,
        owner=lab,
        patient_id=patient.id,
        given_samples=[
            GivenSample(("HB", "PLT"), "Darah EDTA", external_number="pkm-1-0001a-x"),
            GivenSample(("GDP",), "Serum", external_number="PKM-1-0001B-Y"),
        ],
        origins={"GDP": remote},
        source="import",
        origin=origin,
    )
    assert [s.external_number for s in made.samples] == ["PKM-1-0001A-X", "PKM-1-0001B-Y"]
    assert {r.test_code: r.origin for r in made.requested} == {"HB": None, "PLT": None, "GDP": remote}
    assert made.order.origin == origin
    found = queries.find_by_number(Scope.of(lab.id), "PKM-1-0001B-y")
    assert [(f.kind, f.number) for f in found] == [("sample", made.samples[1].number)]


def test_who_may_take_referrals_in_may_register_them_with_their_patient(receiver, lab):
    with pytest.raises(Forbidden):
        services.register_order(receiver, owner=lab, new_patient=NEW, codes=["HB"])
    made = services.register_order(receiver, owner=lab, new_patient=NEW, codes=["HB"], source="referral")
    assert made.order.source == "referral"
    with pytest.raises(Forbidden):
        services.add_tests(receiver, owner_id=lab.id, order_id=made.id, codes=["PLT"])


def test_a_control_needs_no_person(counter, lab):
    made = services.register_order(
        counter, owner=lab, subject_kind="control", subject_label="Kontrol normal lot 12", codes=["HB", "ECOLI"]
    )
    assert made.order.patient_id is None
    with pytest.raises(Refused) as refusal:
        services.register_order(counter, owner=lab, subject_kind="control", codes=["HB"])
    assert fields(refusal) == {"subject_label"}


def test_registering_costs_few_statements(counter, lab, clinic):
    def register(name, codes):
        with CaptureQueriesContext(
            connection,
        ) as caught:
            services.register_order(
                counter, owner=lab, new_patient={**NEW, "full_name": name, "duplicates_checked": True}, codes=codes
            )
        return [q["sql"] for q in caught if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]

    register("Ayu Lestari", ["HB"])
    few, many = (
        register("Budi Santoso", ["HB", "PLT", "GDP", "UL"]),
        register("Citra Dewi", ["DL", "GDP", "UL", "CHOL"]),
    )
    assert len(few) == len(many) <= 14, "\n".join(few)


# --- Refusals -------------------------------------------------------------------------------------------------------


def test_no_right(receiver, lab, patient):
    with pytest.raises(Forbidden):
        services.register_order(receiver, owner=lab, patient_id=patient.id, codes=["HB"])
    assert not Order.objects.within(SPACE).exists()


def test_another_organisation_and_its_patient(stranger, counter, lab, other, patient):
    with pytest.raises(Forbidden):
        services.register_order(stranger, owner=lab, patient_id=patient.id, codes=["HB"])
    with pytest.raises(NotFound):
        services.register_order(stranger, owner=other, patient_id=patient.id, codes=["HB"])
    assert not Order.objects.within(SPACE).exists()


def test_every_unknown_code_is_named(counter, lab):
    with pytest.raises(Refused) as refusal:
        services.register_order(
            counter, owner=lab, new_patient=NEW, codes=["HB", "XYZ", "'; DROP TABLE orders_order;--", "ECOLI"]
        )
    assert [(p.field, p.row) for p in refusal.value.problems] == [("codes", 2), ("codes", 3), ("codes", 4)]
    assert "XYZ" in str(refusal.value.problems[0].message)
    assert nothing_saved()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"codes": []}, "codes"),
        ({"codes": ["HB"] * 121}, "codes"),
        ({"payer": "siapa"}, "payer"),
        ({"payer": "institution"}, "client"),
        ({"purpose": "x"}, "purpose"),
        ({"urgency": "sekarang"}, "urgency"),
        ({"source": "magic"}, "source"),
        ({"client_id": uuid4()}, "client"),
        ({"requester": "d" * 121}, "requester"),
        ({"note": "n" * 501}, "note"),
        ({"note": "nul\x00l"}, "note"),
        ({"collector": "c" * 121}, "collector"),
        ({"collected_at": datetime(2200, 1, 1, tzinfo=UTC)}, "collected_at"),
        ({"collected_at": datetime(1999, 1, 1, tzinfo=UTC)}, "collected_at"),
        ({"collected_at": datetime(2200, 1, 1)}, "collected_at"),
        ({"standard": "TIDAK-ADA"}, "standard"),
        ({"subject_kind": "environment"}, "subject_kind"),
        ({"new_patient": {**NEW, "full_name": ""}}, "patient.full_name"),
        ({"new_patient": {**NEW, "sex": "?"}}, "patient.sex"),
        ({"new_patient": {**NEW, "nik": "123"}}, "patient.nik"),
        ({"new_patient": None}, "patient"),
    ],
)
def test_bad_input_names_its_field_and_saves_nothing(counter, lab, given, field):
    with pytest.raises(Refused) as refusal:
        services.register_order(counter, owner=lab, **{"new_patient": NEW, "codes": ["HB"], **given})
    assert field in fields(refusal)
    assert nothing_saved()


def test_problems_of_order_and_patient_come_together(counter, lab):
    with pytest.raises(Refused) as refusal:
        services.register_order(counter, owner=lab, new_patient={**NEW, "full_name": ""}, codes=["XYZ"], payer="?")
    assert {"codes", "payer", "patient.full_name"} <= fields(refusal)


def test_html_and_sql_in_texts_are_only_text(counter, lab):
    nasty = "<script>alert('x')</script> \"; DROP TABLE orders_order; --"
    made = services.register_order(
        counter, owner=lab, new_patient={**NEW, "full_name": nasty}, codes=["HB"], requester=nasty, note=nasty
    )
    again = queries.get_order(Scope.of(lab.id), made.id)
    assert (again.order.requester, again.order.note, again.subject) == (nasty, nasty, nasty)


def test_somebody_on_file_is_shown_before_a_second_record_is_made(counter, lab, patient):
    with pytest.raises(SamePerson) as refusal:
        services.register_order(counter, owner=lab, new_patient=NEW, codes=["HB"])
    assert refusal.value.patient_id == patient.id
    assert fields(refusal) == {"patient.duplicates_checked"}
    made = services.register_order(counter, owner=lab, new_patient={**NEW, "duplicates_checked": True}, codes=["HB"])
    assert made.order.patient_id != patient.id


def test_a_closed_client_is_refused(counter, lab, patient, clinic):
    from laras.partners import services as partners

    partners.close_client(counter, owner_id=lab.id, client_id=clinic.id)
    with pytest.raises(Refused) as refusal:
        services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB"], client_id=clinic.id)
    assert fields(refusal) == {"client"}


def test_another_laboratorys_client_is_refused(stranger, other, counter, lab, clinic):
    with pytest.raises(Refused) as refusal:
        services.register_order(stranger, owner=other, new_patient=NEW, codes=["HB"], client_id=clinic.id)
    assert fields(refusal) == {"client"}


# --- Numbers --------------------------------------------------------------------------------------------------------


def test_the_day_of_a_number_is_the_laboratorys(make_owner, make_actor):
    """At 16.30 UTC it is still the 13th in Jakarta (23.30) and already the 14th in Jayapura (01.30)."""
    with clock.at(datetime(2026, 12, 13, 16, 30, tzinfo=UTC)):
        for code, zone, day in (("JKT-1", "Asia/Jakarta", "261213"), ("JYP-1", "Asia/Jayapura", "261214")):
            owner = make_owner(code, zone=zone)
            actor = make_actor(code.lower(), owner, "receptionist")
            made = services.register_order(actor, owner=owner, new_patient=NEW, codes=["HB"])
            assert made.number.startswith(f"{code}-{day}-0001-")
            assert f"{made.order.day:%y%m%d}" == day


def test_serials_begin_anew_each_day_and_pass_beyond_four_digits(counter, lab, patient):
    from laras.core.models import Counter

    def number_at(moment):
        with clock.at(moment):
            return services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB"]).number

    start = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    numbers = [number_at(start + timedelta(days=days)) for days in range(15) for _ in range(2)]
    assert len(set(numbers)) == 30
    assert all(is_whole(number) for number in numbers)
    assert [n.split("-")[2:4] for n in numbers[-2:]] == [["261206", "0001"], ["261206", "0002"]]
    Counter.objects.filter(owner=lab).update(value=9999)
    last = number_at(start + timedelta(days=14))
    assert "-10000-" in last
    with clock.at(start + timedelta(days=14)):
        assert queries.find_by_number(Scope.of(lab.id), last.lower().replace("-", ""))[0].number == last


@pytest.mark.parametrize(
    "change", [str, str.lower, lambda n: n.replace("-", ""), lambda n: n[:-2], lambda n: n.replace("-", " ")]
)
def test_a_number_is_found_however_it_is_typed(order, lab, change):
    scope = Scope.of(lab.id)
    assert [f.id for f in queries.find_by_number(scope, change(order.number))] == [order.id]
    sample = order.samples[1]
    assert [f.id for f in queries.find_by_number(scope, change(sample.number))] == [sample.id]


def test_todays_serial_is_enough(order, lab):
    scope = Scope.of(lab.id)
    assert [f.id for f in queries.find_by_number(scope, "1")] == [order.id]
    assert [f.id for f in queries.find_by_number(scope, "1b")] == [order.samples[1].id]


def test_a_misread_digit_and_another_laboratory_find_nothing(order, lab, other):
    wrong = order.number.replace("0001", "0007")
    assert queries.find_by_number(Scope.of(lab.id), wrong) == []
    assert queries.find_by_number(Scope.of(other.id), order.number) == []
    for text in ("", "-", "x" * 500, "%", "' OR 1=1 --", "\x00"):
        assert queries.find_by_number(Scope.of(lab.id), text) == []


# --- Sites ----------------------------------------------------------------------------------------------------------

WELL = SiteInput("Sumur warga RT 2", kind="sumur", latitude=Decimal("-8.583069"), longitude=Decimal("116.320251"))


def place(counter, lab, **more):
    given = {"codes": ["ECOLI", "PH", "FEAIR"], "new_site": WELL, "standard": "AM-PMK2-2023", **more}
    return services.register_site_order(counter, owner=lab, **given)


def test_water_of_a_new_site(counter, lab):
    made = place(
        counter, lab, in_situ={"ph": "7,2", "temperature": "27.5", "residual_chlorine": ""}, collector="Sanitarian"
    )
    assert made.order.matrix == "air_minum"
    assert made.order.in_situ == {"ph": "7.2", "temperature": "27.5"}
    assert Site.objects.within(SPACE).get().name == "Sumur warga RT 2"
    # pH is measured at the well: it needs no bottle of its own.
    assert [sample.specimen for sample in made.samples] == ["Air (mikrobiologi)", "Air"]
    again = place(counter, lab, new_site=None, site_id=made.order.site_id)
    assert again.order.site_id == made.order.site_id
    assert Site.objects.within(SPACE).count() == 1


def test_each_point_has_its_own_samples_and_price(counter, lab):
    made = place(counter, lab, points=["Titik 1, kran", "Titik 2, tandon"], codes=["ECOLI"])
    assert [(s.description, s.specimen) for s in made.samples] == [
        ("Titik 1, kran", "Air (mikrobiologi)"),
        ("Titik 2, tandon", "Air (mikrobiologi)"),
    ]
    assert made.total == 100000
    assert [r.test_code for r in made.requested] == ["ECOLI", "ECOLI"]


@pytest.mark.parametrize(
    ("latitude", "longitude", "word"),
    [("116.32", "-8.58", "tertukar"), ("52.5", "13.4", "di luar Indonesia"), ("-8.58", None, "keduanya")],
)
def test_coordinates_outside_indonesia_say_what_is_wrong(counter, lab, latitude, longitude, word):
    site = SiteInput("Sumur", latitude=Decimal(latitude), longitude=Decimal(longitude) if longitude else None)
    with pytest.raises(Refused) as refusal:
        place(counter, lab, new_site=site)
    (problem,) = refusal.value.problems
    assert problem.field == "site.latitude"
    assert word in problem.message
    assert not Site.objects.within(SPACE).exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "person"}, "kind"),
        ({"codes": ["HB"]}, "codes"),
        ({"standard": "BUKAN"}, "standard"),
        ({"matrix": "tanah"}, "standard"),
        ({"in_situ": {"ph": "tujuh"}}, "in_situ.ph"),
        ({"in_situ": {"ph": "72"}}, "in_situ.ph"),
        ({"in_situ": {"rasa": "1"}}, "in_situ.rasa"),
        ({"points": ["a", "a"]}, "points"),
        ({"points": [f"titik {n}" for n in range(21)]}, "points"),
        ({"new_site": SiteInput("")}, "site.name"),
        ({"new_site": SiteInput("x" * 161)}, "site.name"),
        ({"new_site": SiteInput("x", area_id=uuid4())}, "site.area"),
        ({"new_site": None}, "site"),
    ],
)
def test_bad_site_input_names_its_field(counter, lab, given, field):
    with pytest.raises(Refused) as refusal:
        place(counter, lab, **given)
    assert field in fields(refusal)
    assert not Site.objects.within(SPACE).exists()


def test_another_laboratorys_site_is_not_found(counter, lab, stranger, other):
    made = place(counter, lab)
    with pytest.raises(NotFound):
        services.register_site_order(stranger, owner=other, codes=["ECOLI"], site_id=made.order.site_id)


# --- What the database itself refuses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"status": "entah"},
        {"urgency": "entah"},
        {"payer": "entah"},
        {"purpose": "entah"},
        {"source": "entah"},
        {"patient_id": None},
        {"subject_kind": "environment"},
        {"status": "cancelled"},
    ],
)
def test_the_database_refuses_impossible_orders(order, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.within(SPACE).filter(id=order.id).update(**change)


@pytest.mark.parametrize(
    "change", [{"status": "entah"}, {"status": "received"}, {"status": "refused"}, {"status": "collected"}]
)
def test_the_database_refuses_impossible_samples(order, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Sample.objects.within(SPACE).filter(id=order.samples[0].id).update(**change)


def test_the_database_refuses_a_number_twice_and_a_test_twice(order, lab):
    with pytest.raises(IntegrityError), transaction.atomic():
        Sample.objects.within(SPACE).filter(id=order.samples[0].id).update(number=order.samples[1].number)
    row = order.requested[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        RequestedTest.rows.create(
            owner_id=lab.id, order_id=row.order_id, line_id=row.line_id, sample_id=row.sample_id,
            test_code=row.test_code, position=99,
        )  # fmt: skip


def test_the_database_keeps_sites_in_indonesia(counter, lab):
    made = place(counter, lab)
    with pytest.raises(IntegrityError), transaction.atomic():
        Site.objects.within(SPACE).filter(id=made.order.site_id).update(latitude=Decimal("52.5"))
