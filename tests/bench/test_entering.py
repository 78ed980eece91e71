"""Entering values: kept to the letter, read without guessing, judged for the person, never zero when missing."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from laras.bench import queries, services
from laras.bench.models import CriticalCall, Result, ResultValue
from laras.bench.types import Entry
from laras.bench.words import words
from laras.catalogue.types import unpack
from laras.core import journal
from laras.core.actor import system_actor
from laras.core.errors import Conflict, Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry, Owner, Sealed
from laras.core.scope import Scope

from .conftest import MONDAY


def said(stored):
    return words(unpack(stored))


def enter(actor, lab, result, raw, **more):
    return services.enter_result(actor, owner_id=lab.id, result_id=result.id, raw=raw, **more)


def test_a_received_sample_stands_on_the_worklist_with_its_clock(make_results, able, lab):
    able("HB")
    rows = make_results("HB", "HBA1C", can=False)
    assert (rows["HB"].status, rows["HBA1C"].status) == ("waiting", "to_refer")
    assert rows["HB"].due_at == MONDAY + timedelta(hours=4)
    assert rows["HB"].discipline == "hematologi"
    opened = [e.event for e in JournalEntry.rows.filter(owner=lab).order_by("sequence")]
    assert opened.count("bench.results_opened") == 1


def test_urgent_work_has_half_the_time(make_results):
    row = make_results("HB", urgency="urgent")["HB"]
    assert (row.urgency, row.due_at) == ("urgent", MONDAY + timedelta(hours=2))


def test_opening_twice_changes_nothing(make_results, counter, lab):
    row = make_results("HB")["HB"]
    again = services.open_results(
        counter,
        owner_id=lab.id,
        order_id=row.order_id,
        sample_id=row.sample_id,
        urgency="urgent",
        tests=[(row.requested_id, "HB")],
    )
    assert again == []
    row.refresh_from_db()
    assert row.urgency == "routine"
    assert Result.rows.count() == 1


def test_a_value_is_judged_and_every_part_of_it_kept(make_results, analyst, lab, scope):
    row = make_results("HB")["HB"]
    enter(analyst, lab, row, " 10,4 ", instrument="Alat A", reagent_lot="L1", comment="diulang dua kali")
    shown = queries.view(scope, row.id)
    assert shown.raw == " 10,4 "
    assert (shown.operator, shown.number, shown.unit, shown.kind) == ("", Decimal("10.4"), "g/dL", "number")
    assert (shown.flag, shown.critical, shown.attention) == ("L", False, True)
    assert shown.reference == "11,7 - 15,5"
    assert shown.basis.startswith("range:HB")
    assert (shown.shown, shown.status, shown.entries) == ("10,4", "entered", 1)
    assert (shown.entered_by_id, shown.entered_by, shown.entered_at) == (analyst.person_id, "Made", MONDAY)
    assert (shown.instrument, shown.reagent_lot, shown.comment) == ("Alat A", "L1", "diulang dua kali")
    value = ResultValue.rows.get()
    assert (value.sequence, value.reason, value.raw, value.number) == (1, "first", " 10,4 ", Decimal("10.4"))


def test_the_range_is_that_of_sex_and_age_on_the_day_of_collection(make_results, make_patient, analyst, lab):
    man = make_patient("Budi Santoso", "L", date(1980, 1, 1))
    row = enter(analyst, lab, make_results("HB", who=man)["HB"], "12,5")
    assert (row.flag, row.reference) == ("L", "13,2 - 17,3")
    woman = make_patient("Ani Lestari", "P", date(1980, 1, 1))
    assert enter(analyst, lab, make_results("HB", who=woman)["HB"], "12,5").flag == "N"


def test_a_value_within_the_range_is_normal(make_results, analyst, lab):
    row = enter(analyst, lab, make_results("HB")["HB"], "13")
    assert (row.flag, row.abnormal, row.critical) == ("N", False, False)


def test_operator_and_raw_text_survive(make_results, analyst, lab):
    row = enter(analyst, lab, make_results("HB")["HB"], "<5")
    row.refresh_from_db()
    assert (row.raw, row.operator, row.number) == ("<5", "<", Decimal("5"))
    # Everything below 5 is below 7.
    assert (row.flag, row.critical) == ("LL", True)


def test_a_value_beyond_the_scale_is_not_called_normal(make_results, analyst, lab):
    row = enter(analyst, lab, make_results("HB")["HB"], ">14")
    assert (row.flag, row.abnormal) == ("", True)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "missing"),
        ("   ", "missing"),
        ("12.345", "ambiguous"),
        ("1.234", "ambiguous"),
        ("12 g/dL", "unreadable"),
        ("-3", "negative"),
        ("1/160", "not_a_titre"),
        ("12" * 20, "too_long"),
        ("1,1234567891234", "too_long"),
        ("9" * 3000, "too_long"),
        ("1\x002", "unreadable"),
    ],
)
def test_what_cannot_be_read_in_one_way_is_refused_and_nothing_changes(make_results, analyst, lab, raw, code):
    row = make_results("HB")["HB"]
    before = JournalEntry.rows.count()
    with pytest.raises(Refused) as refused:
        enter(analyst, lab, row, raw)
    assert refused.value.code in (code, "unreadable" if code == "too_long" else code)
    assert refused.value.problems[0].field == "raw"
    row.refresh_from_db()
    assert (row.status, row.raw, row.number, row.entries) == ("waiting", "", None, 0)
    assert (ResultValue.rows.count(), JournalEntry.rows.count()) == (0, before)


def test_a_declared_decimal_mark_makes_one_reading(make_results, analyst, lab):
    row = enter(analyst, lab, make_results("PLT")["PLT"], "150.000", decimal_mark=",")
    assert row.number == 150000


def test_a_missing_value_is_no_zero(make_results, analyst, lab, scope):
    row = make_results("HB", "PLT")["PLT"]
    report = services.enter_many(analyst, owner_id=lab.id, entries=[Entry(row.id, "  ")])
    assert [problem.code for problem in report.problems] == ["missing"]
    shown = queries.view(scope, row.id)
    assert (shown.number, shown.shown, shown.has_value) == (None, "", False)


def test_zero_is_a_value(make_results, analyst, lab):
    row = enter(analyst, lab, make_results("BASO")["BASO"], "0")
    assert (row.number, row.kind, row.status) == (Decimal(0), "number", "entered")


def test_coded_answers_by_code_or_word_and_no_others(make_results, analyst, lab, scope):
    rows = make_results("HBSAG", "ABO")
    hbsag = enter(analyst, lab, rows["HBSAG"], "reaktif")
    assert hbsag.kind == "coded"
    assert (hbsag.flag, hbsag.abnormal) == ("A", True)
    assert queries.view(scope, hbsag.id).shown == "Reaktif"
    with pytest.raises(Refused, match="pilih") as refused:
        enter(analyst, lab, rows["ABO"], "C")
    assert refused.value.code == "not_an_answer"


def test_water_is_judged_by_the_standard_of_its_order(counter, lab, able, analyst, scope):
    from laras.orders import services as orders
    from laras.orders.types import SiteInput

    able("ECOLI", "PH", "SUHU")
    order = orders.register_site_order(
        counter,
        owner=lab,
        codes=["ECOLI", "PH", "SUHU"],
        new_site=SiteInput(name="Depot Air Mandiri"),
        standard="AM-PMK2-2023",
        matrix="air_minum",
        in_situ={"air_temperature": "28"},
    )
    orders.receive_samples(counter, owner_id=lab.id, sample_ids=[row.id for row in order.samples])
    rows = {row.test_code: row for row in Result.rows.filter(order_id=order.id)}
    bad = enter(analyst, lab, rows["ECOLI"], "4")
    good = enter(analyst, lab, rows["PH"], "7,2")
    warm = enter(analyst, lab, rows["SUHU"], "33")
    assert (bad.meets_limit, bad.abnormal, bad.flag) == (False, True, "A")
    assert bad.limit_basis.startswith("limit:")
    assert (good.meets_limit, good.abnormal, good.limit_text) == (True, False, "6,5 - 8,5")
    assert warm.meets_limit is False


def test_without_air_temperature_nothing_passes(counter, lab, able, analyst):
    from laras.orders import services as orders
    from laras.orders.types import SiteInput

    able("SUHU")
    order = orders.register_site_order(
        counter, owner=lab, codes=["SUHU"], new_site=SiteInput(name="Depot"), standard="AM-PMK2-2023"
    )
    orders.receive_samples(counter, owner_id=lab.id, sample_ids=[row.id for row in order.samples])
    row = enter(analyst, lab, Result.rows.get(order_id=order.id), "27")
    assert (row.meets_limit, row.abnormal) == (None, True)
    assert "suhu udara" in said(row.judgement)


def test_values_stay_out_of_the_payload_and_in_the_seal(make_results, analyst, lab):
    row = make_results("HB")["HB"]
    enter(analyst, lab, row, "10,37", comment="Ny. Siti minta diulang")
    entry = JournalEntry.rows.get(event="bench.result_entered")
    payload = bytes(entry.payload).decode()
    assert "10" not in json.loads(payload).get("raw", "")
    for secret in ("10,37", "10.37", "Siti", '"L"'):
        assert secret not in payload
    body = journal.open_sealed(entry.id)
    assert (body["raw"], body["number"], body["flag"]) == ("10,37", "10.37", "L")
    assert entry.subject == row.order_id
    assert journal.verify(Owner.objects.get(id=lab.id)).whole
    assert Sealed.objects.filter(entry=entry).exists()


# --- Who, where, when ---------------------------------------------------------------------------------------------------


def test_another_laboratorys_result_is_not_found(make_results, make_actor, other, lab):
    row = make_results("HB")["HB"]
    stranger = make_actor("orang", other, "analyst")
    with pytest.raises(NotFound):
        enter(stranger, other, row, "13")
    with pytest.raises(Forbidden):
        enter(stranger, lab, row, "13")
    row.refresh_from_db()
    assert row.status == "waiting"


def test_one_foreign_row_refuses_the_whole_grid(make_results, make_actor, analyst, lab, other, make_owner):
    row = make_results("HB")["HB"]
    with pytest.raises(NotFound):
        services.enter_many(analyst, owner_id=lab.id, entries=[Entry(row.id, "13"), Entry(other.id, "13")])
    row.refresh_from_db()
    assert row.status == "waiting"


def test_without_the_right_nothing_happens(make_results, counter, lab):
    row = make_results("HB")["HB"]
    with pytest.raises(Forbidden):
        enter(counter, lab, row, "13")
    assert ResultValue.rows.count() == 0


def test_the_system_has_no_hands(make_results, lab):
    with pytest.raises(Forbidden):
        enter(system_actor("job:x"), lab, make_results("HB")["HB"], "13")


def test_a_verified_result_is_not_overwritten(make_results, analyst, second, lab):
    row = make_results("HB")["HB"]
    enter(analyst, lab, row, "13")
    services.verify_result(second, owner_id=lab.id, result_id=row.id)
    with pytest.raises(MoveRefused):
        enter(analyst, lab, row, "14")


# --- Again --------------------------------------------------------------------------------------------------------------


def test_the_same_value_sent_twice_is_one_value(make_results, analyst, lab):
    row = make_results("HB")["HB"]
    enter(analyst, lab, row, "13", seen=0)
    enter(analyst, lab, row, "13", seen=0)
    assert ResultValue.rows.count() == 1
    assert JournalEntry.rows.filter(event="bench.result_entered").count() == 1


def test_a_correction_keeps_what_was_there(make_results, analyst, lab, scope):
    row = make_results("HB")["HB"]
    enter(analyst, lab, row, "31")
    enter(analyst, lab, row, "13", note="terbalik")
    values = queries.values_of(scope, row.id)
    assert [(v.sequence, v.reason, v.raw, v.note) for v in values] == [
        (1, "first", "31", ""),
        (2, "correction", "13", "terbalik"),
    ]


def test_somebody_elses_value_is_not_overwritten_unseen(make_results, analyst, second, lab):
    row = make_results("HB")["HB"]
    enter(second, lab, row, "12", seen=0)
    with pytest.raises(Conflict):
        enter(analyst, lab, row, "13", seen=0)
    row.refresh_from_db()
    assert row.raw == "12"


def test_first_is_only_first(make_results, analyst, lab):
    row = make_results("HB")["HB"]
    with pytest.raises(Refused, match="belum pernah"):
        enter(analyst, lab, row, "13", reason="repeat")
    enter(analyst, lab, row, "13")
    with pytest.raises(Refused, match="sudah punya nilai"):
        enter(analyst, lab, row, "14", reason="first")
    assert enter(analyst, lab, row, "14", reason="dilution").entries == 2


def test_a_comment_can_be_put_beside_a_value(make_results, analyst, doctor, second, lab):
    row = make_results("HB")["HB"]
    enter(analyst, lab, row, "13")
    assert enter(analyst, lab, row, "13", comment="sampel lisis ringan").comment == "sampel lisis ringan"
    assert ResultValue.rows.count() == 1
    services.verify_result(second, owner_id=lab.id, result_id=row.id)
    with pytest.raises(Refused):
        services.comment_result(analyst, owner_id=lab.id, result_id=row.id, comment="terlambat")
    assert services.comment_result(doctor, owner_id=lab.id, result_id=row.id, comment="anjuran").comment == "anjuran"


# --- The grid -----------------------------------------------------------------------------------------------------------


def test_a_grid_saves_what_it_can_and_names_the_rest(make_results, analyst, lab):
    rows = make_results("HB", "PLT", "WBC", "HCT")
    report = services.enter_many(
        analyst,
        owner_id=lab.id,
        entries=[
            Entry(rows["HB"].id, "13"),
            Entry(rows["PLT"].id, "1.234"),
            Entry(rows["WBC"].id, "tujuh ribu"),
            Entry(rows["HCT"].id, "40"),
            Entry(rows["HCT"].id, "41"),
        ],
    )
    assert set(report.done) == {rows["HB"].id, rows["HCT"].id, rows["WBC"].id}
    assert [(p.row, p.result_id, p.code) for p in report.problems] == [
        (2, rows["PLT"].id, "ambiguous"),
        (5, rows["HCT"].id, "refused"),
    ]
    saved = {row.test_code: row for row in Result.rows.all()}
    assert (saved["HB"].status, saved["PLT"].status, saved["HCT"].raw) == ("entered", "waiting", "40")
    # Words where a number belongs are kept as words and never judged normal.
    assert (saved["WBC"].kind, saved["WBC"].flag, saved["WBC"].abnormal) == ("text", "", True)


def test_a_grid_of_a_hundred_costs_as_many_queries_as_one_of_ten(
    make_results, make_patient, analyst, lab, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    codes = ["HB", "HCT", "RBC", "WBC", "PLT", "MCV", "MCH", "MCHC", "RDW", "LED"]
    people = [make_patient(f"Pasien {chr(65 + i)}{chr(97 + i)}") for i in range(11)]
    results = [list(make_results(*codes, who=person).values()) for person in people]

    def cost(rows):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            report = services.enter_many(analyst, owner_id=lab.id, entries=[Entry(row.id, "10") for row in rows])
        assert len(report.done) == len(rows)
        return [q["sql"] for q in captured if "INSERT" not in q["sql"] and "UPDATE" not in q["sql"]]

    ten = cost(results[0])
    hundred = cost([row for rows in results[1:] for row in rows])
    assert len(ten) == len(hundred), "\n".join(hundred)


# --- Change -------------------------------------------------------------------------------------------------------------


def finish(lab, analyst, second, doctor, row, raw):
    enter(analyst, lab, row, raw)
    services.verify_result(second, owner_id=lab.id, result_id=row.id)
    for call in CriticalCall.rows.filter(result=row, called_at=None, withdrawn_at=None):
        services.call_critical(analyst, owner_id=lab.id, call_id=call.id, receiver="dr. Jaga", read_back=True)
    services.validate_result(doctor, owner_id=lab.id, result_id=row.id)


def test_a_jump_since_the_last_result_asks_for_a_look(
    make_results, analyst, second, doctor, lab, later, scope, patient
):
    finish(lab, analyst, second, doctor, make_results("HB")["HB"], "14")
    with later(days=3):
        row = enter(analyst, lab, make_results("HB")["HB"], "11,9")
    assert row.flag == "N"
    assert row.abnormal
    assert said(row.delta) == "Sebelumnya 14,0 (3 hari lalu); -15 %; melampaui batas delta 2 g/dL dalam 7 hari"
    past = queries.history_of(scope, patient.id, ["HB"])["HB"]
    assert [(line.shown, line.flag) for line in past] == [("14,0", "N")]


def test_a_change_within_the_bound_is_only_told(make_results, analyst, second, doctor, lab, later):
    finish(lab, analyst, second, doctor, make_results("HB")["HB"], "14")
    with later(days=3):
        row = enter(analyst, lab, make_results("HB")["HB"], "13")
    assert (row.abnormal, said(row.delta)) == (False, "Sebelumnya 14,0 (3 hari lalu); -7 %")


def test_nothing_to_compare_with(make_results, analyst, lab, later):
    # Entered but never validated: no basis of comparison.
    enter(analyst, lab, make_results("HB")["HB"], "14")
    with later(days=3):
        assert enter(analyst, lab, make_results("HB")["HB"], "8").delta == ""


def test_another_persons_result_is_no_comparison(make_results, make_patient, analyst, second, doctor, lab, later):
    finish(lab, analyst, second, doctor, make_results("HB")["HB"], "14")
    with later(days=1):
        row = enter(analyst, lab, make_results("HB", who=make_patient("Orang Lain"))["HB"], "12")
    assert row.delta == ""


def test_a_merged_persons_results_are_one_history(
    make_results, make_patient, make_actor, analyst, second, doctor, lab, later
):
    twin = make_patient("Siti Aminah S")
    kept = make_patient("Siti Aminah Sari")
    finish(lab, analyst, second, doctor, make_results("HB", who=twin)["HB"], "14")
    from laras.people import services as people

    head = make_actor("kepala", lab, "head")
    people.merge_patients(head, owner_id=lab.id, kept_id=kept.id, other_id=twin.id, reason="orang yang sama")
    with later(days=2):
        row = enter(analyst, lab, make_results("HB", who=kept)["HB"], "13,5")
    assert "Sebelumnya 14,0 (2 hari lalu)" in said(row.delta)


def test_a_blood_group_does_not_change(make_results, analyst, second, doctor, lab, later):
    finish(lab, analyst, second, doctor, make_results("ABO")["ABO"], "A")
    with later(days=400):
        row = enter(analyst, lab, make_results("ABO")["ABO"], "B")
    assert row.abnormal
    assert "berubah" in said(row.delta)


def test_scope_is_needed(make_results):
    make_results("HB")
    from laras.core.errors import ScopeMissing

    with pytest.raises(ScopeMissing):
        list(Result.objects.filter(status="waiting"))
    assert Result.objects.within(Scope.of()).count() == 0
