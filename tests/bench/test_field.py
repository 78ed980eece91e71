"""A reading taken at the site is the result of the test that the order asked for, and two others look at it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from laras.bench import services
from laras.bench.models import Result, ResultValue
from laras.bench.words import basis_in_words
from laras.core import journal
from laras.core.actor import system_actor
from laras.core.errors import Refused
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.core.words import sentence
from laras.orders import services as orders
from laras.orders.models import Order
from laras.orders.types import SiteInput


@pytest.fixture
def water(counter, lab, frozen):
    """``water("PH", "ECOLI", ph="7,2")`` -> the order of a depot and test code -> its results, samples received."""

    def make(*codes, points=(), receive=True, **readings):
        made = orders.register_site_order(
            counter,
            owner=lab,
            codes=list(codes),
            new_site=SiteInput(name="Depot Air Mandiri"),
            points=points,
            standard="AM-PMK2-2023",
            in_situ=readings,
            collected_at=frozen - timedelta(hours=2),
            collector="Komang Sanitarian",
        )
        if receive:
            orders.receive_samples(counter, owner_id=lab.id, sample_ids=[row.id for row in made.samples])
        return made.order, results_of(made.order.id)

    return make


def results_of(order_id):
    return {row.test_code: row for row in Result.rows.filter(order_id=order_id).order_by("sample__position")}


def test_a_reading_is_the_result_though_the_laboratory_has_no_such_instrument(water, counter, lab, able, scope):
    able("ECOLI")
    order, rows = water("ECOLI", "PH", "SUHU", "CL2", ph="7,2", temperature="27,5")
    assert {code: row.status for code, row in rows.items()} == {
        "ECOLI": "waiting", "PH": "entered", "SUHU": "entered", "CL2": "to_refer",
    }  # fmt: skip
    ph = rows["PH"]
    assert (ph.raw, str(ph.number.normalize()), ph.unit, ph.meets_limit) == ("7,2", "7.2", "pH", True)
    assert (ph.entered_by, ph.entries) == (counter.person_id, 1)
    assert ph.comment == ("Diukur di lapangan oleh Komang Sanitarian · 16 Nov 2026 07.00 WITA · Depot Air Mandiri")
    kept = ResultValue.rows.get(result_id=ph.id)
    assert (kept.sequence, kept.reason, kept.note, kept.entered_by) == (1, "first", ph.comment, counter.person_id)
    said = [sentence(line.event, line.payload) for line in journal.history(scope, order.id)]
    assert "PH: nilai diisi (pengukuran lapangan)" in said


def test_its_value_is_sealed_and_not_in_the_payload(water):
    water("PH", ph="7,2")
    entry = JournalEntry.rows.get(event="bench.result_entered")
    payload = bytes(entry.payload).decode()
    assert '"why":"field"' in payload.replace(" ", "")
    for secret in ("7,2", "7.2", "Komang"):
        assert secret not in payload
    assert journal.open_sealed(entry.id)["raw"] == "7,2"


def test_two_others_look_at_it_and_never_who_wrote_it_down(water, counter, lab, second, doctor):
    _order, rows = water("PH", ph="7,2")
    both = {right for who in (second, doctor) for right in who.grants[lab.id]}
    writer = replace(counter, grants={lab.id: counter.grants[lab.id] | both})
    with pytest.raises(Refused, match="Anda yang mengisi"):
        services.verify_result(writer, owner_id=lab.id, result_id=rows["PH"].id)
    services.verify_result(second, owner_id=lab.id, result_id=rows["PH"].id)
    done = services.validate_result(doctor, owner_id=lab.id, result_id=rows["PH"].id)
    assert done.status == "validated"


def test_the_bench_may_measure_again(water, able, analyst, lab):
    able("PH")
    _order, rows = water("PH", ph="7,2")
    services.repeat_result(analyst, owner_id=lab.id, result_id=rows["PH"].id, reason="Alat lapangan belum dikalibrasi")
    told = rows["PH"].comment
    # The page sends back the comment that it showed: it spoke of the other measurement.
    again = services.enter_result(analyst, owner_id=lab.id, result_id=rows["PH"].id, raw="6,9", comment=told)
    assert (told[:18], again.comment) == ("Diukur di lapangan", "")
    assert (again.raw, again.entries, again.entered_by) == ("6,9", 2, analyst.person_id)
    assert [row.raw for row in ResultValue.rows.filter(result_id=again.id).order_by("sequence")] == ["7,2", "6,9"]


def test_of_several_points_nobody_knows_which(water):
    order, _rows = water("PH", points=["Kran 1", "Kran 2"], ph="7,2")
    assert set(Result.rows.filter(order_id=order.id).values_list("status", flat=True)) == {"to_refer"}
    order, rows = water("PH", points=["Kran 1"], ph="7,2")
    assert rows["PH"].status == "entered"
    assert rows["PH"].comment.endswith("Depot Air Mandiri, Kran 1")


def test_a_sample_taken_again_has_no_reading(water, counter, lab):
    order, _none = water("PH", receive=False, ph="7,2")
    sample = order.samples.within(Scope.of(lab.id)).get()
    _refused, new = orders.refuse_sample(
        counter, owner_id=lab.id, sample_id=sample.id, reason="identity", replacement=True
    )
    orders.receive_samples(counter, owner_id=lab.id, sample_ids=[new.id])
    assert results_of(order.id)["PH"].status == "to_refer"


def test_a_test_added_later_takes_its_reading_too(water, counter, lab, able):
    able("ECOLI")
    order, rows = water("ECOLI", ph="7,2")
    assert set(rows) == {"ECOLI"}
    orders.add_tests(counter, owner_id=lab.id, order_id=order.id, codes=["PH"])
    rows = results_of(order.id)
    if "PH" not in rows:  # its own container was planned: it comes to the counter first
        waiting = order.samples.within(Scope.of(lab.id)).get(status="expected")
        orders.receive_samples(counter, owner_id=lab.id, sample_ids=[waiting.id])
    assert results_of(order.id)["PH"].status == "entered"


@pytest.mark.parametrize("change", [{"source": "referral"}, {"registered_by": None}])
def test_only_our_own_reading_that_somebody_signed(water, counter, lab, change):
    order, _none = water("PH", receive=False, ph="7,2")
    Order.rows.filter(id=order.id).update(**change)
    sample = order.samples.within(Scope.of(lab.id)).get()
    orders.receive_samples(counter, owner_id=lab.id, sample_ids=[sample.id])
    assert results_of(order.id)["PH"].status == "to_refer"


def test_told_twice_enters_once(water, lab):
    order, rows = water("PH", ph="7,2")
    row = rows["PH"]
    services.open_results(
        system_actor("job:bench"), owner_id=lab.id, order_id=order.id, sample_id=row.sample_id, urgency="routine",
        tests=[(row.requested_id, "PH")],
    )  # fmt: skip
    assert ResultValue.rows.filter(result_id=row.id).count() == 1


def test_what_judged_is_said_in_words():
    standards = {"AM-PMK2-2023": "Air minum, 19 parameter wajib"}
    assert basis_in_words("limit:AM-PMK2-2023/PH@laras/fca346ec", standards) == "Air minum, 19 parameter wajib"
    assert basis_in_words("limit:LAIN/PH@laras/1", standards) == "Baku mutu"
    assert basis_in_words("range:HB/P/18-@laras/1 range:HB/U/0-@laras/1 critical:HB/a@lab/2", standards) == (
        "Rentang rujukan; Batas nilai kritis"
    )
    assert basis_in_words("", standards) == ""
