"""Results that open, end, go to another laboratory and come back; what stops a report."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from laras.bench import handlers, queries, services
from laras.bench.models import CriticalCall, Result
from laras.bench.types import ExternalValue, Narrowing
from laras.core.errors import Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry
from laras.orders import services as orders
from laras.orders.models import Sample

VALUE = ExternalValue(
    raw="6,1",
    kind="number",
    number=Decimal("6.1"),
    unit="%",
    flag="H",
    attention=True,
    reference="< 5,7",
    judgement="Di atas rujukan < 5,7",
    basis="range:HBA1C@1",
    method="HPLC",
)


@pytest.fixture
def head(make_actor, lab):
    return make_actor("kepala", lab, "head", "receptionist", "receiver")


@pytest.fixture
def performer(make_owner):
    return make_owner("PROV", tier=4)


@pytest.fixture
def away(make_results, analyst, performer, lab):
    row = make_results("HBA1C", can=False)["HBA1C"]
    return services.refer_result(
        analyst, owner_id=lab.id, result_id=row.id, performer_id=performer.id, performer_name="Labkesda Provinsi"
    )


def receive(actor, lab, row, performer, value=VALUE, revision=1, **more):
    return services.receive_external_result(
        actor,
        owner_id=lab.id,
        result_id=row.id,
        value=value,
        performer_id=performer.id,
        performer_name="Labkesda Provinsi",
        performer_report="LHU-1",
        revision=revision,
        journey=[{"name": "Labkesda Provinsi"}],
        **more,
    )


# --- Following orders ---------------------------------------------------------------------------------------------------


def test_a_refused_sample_ends_its_tests(make_results, counter, lab):
    row = make_results("HB")["HB"]
    orders.refuse_sample(counter, owner_id=lab.id, sample_id=row.sample_id, reason="clotted")
    row.refresh_from_db()
    assert row.status == "cancelled"


def test_a_replacement_opens_the_same_tests_anew(make_results, counter, analyst, lab):
    row = make_results("HB")["HB"]
    services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="5")
    _old, new = orders.refuse_sample(
        counter, owner_id=lab.id, sample_id=row.sample_id, reason="clotted", replacement=True
    )
    row.refresh_from_db()
    assert (row.status, row.raw) == ("cancelled", "")
    assert CriticalCall.rows.get().withdrawn_at is not None
    orders.receive_sample(counter, owner_id=lab.id, sample_id=new.id)
    row.refresh_from_db()
    assert (row.status, row.sample_id, row.raw, row.entries) == ("waiting", new.id, "", 1)


def test_a_cancelled_order_ends_what_is_open(make_results, head, analyst, lab):
    rows = make_results("HB", "HCT")
    services.enter_result(analyst, owner_id=lab.id, result_id=rows["HB"].id, raw="13")
    orders.cancel_order(head, owner_id=lab.id, order_id=rows["HB"].order_id, reason="salah pasien")
    assert set(Result.rows.values_list("status", flat=True)) == {"cancelled"}


def test_a_validated_result_objects_to_cancelling(make_results, head, analyst, second, doctor, lab):
    row = make_results("HB")["HB"]
    services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="13")
    services.verify_result(second, owner_id=lab.id, result_id=row.id)
    services.validate_result(doctor, owner_id=lab.id, result_id=row.id)
    with pytest.raises(Refused, match="divalidasi"):
        orders.cancel_order(head, owner_id=lab.id, order_id=row.order_id, reason="salah pasien")
    with pytest.raises(Refused, match="divalidasi"):
        orders.refuse_sample(head, owner_id=lab.id, sample_id=row.sample_id, reason="clotted")
    with pytest.raises(MoveRefused):
        services.cancel_result(head, owner_id=lab.id, result_id=row.id, reason="salah pasien")
    row.refresh_from_db()
    assert row.status == "validated"


def test_an_added_test_of_a_sample_that_is_here_opens_at_once(make_results, counter, able, lab):
    able("PLT")
    row = make_results("HB", urgency="urgent")["HB"]
    orders.add_tests(counter, owner_id=lab.id, order_id=row.order_id, codes=["PLT"])
    added = Result.rows.get(test_code="PLT")
    assert (added.status, added.urgency, added.sample_id) == ("waiting", "urgent", row.sample_id)


def test_the_handler_bears_the_same_thing_twice(make_results, lab):
    row = make_results("HB")["HB"]
    from laras.core.delivery import Delivery

    entry = JournalEntry.rows.get(event="orders.sample_received")
    import json

    again = Delivery(
        entry.id, entry.event, 1, lab.id, None, entry.subject, entry.occurred_at, None,
        json.loads(bytes(entry.payload)), None,
    )  # fmt: skip
    handlers.follow_orders(again)
    assert list(Result.rows.values_list("id", flat=True)) == [row.id]


# --- Ways ---------------------------------------------------------------------------------------------------------------


def test_set_aside_and_take_back(make_results, analyst, lab):
    row = make_results("HB")["HB"]
    with pytest.raises(Refused):
        services.set_aside(analyst, owner_id=lab.id, result_id=row.id, reason="")
    assert services.set_aside(analyst, owner_id=lab.id, result_id=row.id, reason="alat rusak").status == "to_refer"
    with pytest.raises(MoveRefused):
        services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="13")
    assert services.take_back(analyst, owner_id=lab.id, result_id=row.id).status == "waiting"


def test_cancelling_one_needs_right_and_reason(make_results, analyst, head, lab):
    row = make_results("HB")["HB"]
    with pytest.raises(Forbidden):
        services.cancel_result(analyst, owner_id=lab.id, result_id=row.id, reason="tidak perlu")
    assert services.cancel_result(head, owner_id=lab.id, result_id=row.id, reason="tidak perlu").status == "cancelled"


def test_a_refusal_brings_it_back_to_be_referred(away, analyst, lab):
    row = services.refer_again(analyst, owner_id=lab.id, result_id=away.id, reason="reagen habis di sana")
    assert (row.status, row.performer_id, row.return_reason) == ("to_refer", None, "reagen habis di sana")
    assert services.refer_again(analyst, owner_id=lab.id, result_id=away.id).status == "to_refer"
    assert JournalEntry.rows.filter(event="bench.referral_returned").count() == 1


# --- From another laboratory --------------------------------------------------------------------------------------------


def test_it_comes_back_validated_with_who_performed_it(away, analyst, performer, lab, scope):
    got = receive(analyst, lab, away, performer)
    assert (got.applied, got.revision) == (True, 0)
    shown = queries.view(scope, away.id)
    assert (shown.status, shown.shown, shown.flag, shown.reference) == ("validated", "6,1", "H", "< 5,7")
    assert (shown.performer_id, shown.performer_name, shown.performer_report) == (
        performer.id,
        "Labkesda Provinsi",
        "LHU-1",
    )
    assert shown.journey[0]["name"] == "Labkesda Provinsi"
    assert [v.reason for v in queries.values_of(scope, away.id)] == ["referral"]
    assert queries.releasable(scope, away.order_id).ready


def test_twice_late_or_out_of_order_changes_nothing(away, analyst, performer, lab, scope):
    receive(analyst, lab, away, performer, revision=3)
    before = JournalEntry.rows.count()
    for revision in (3, 2, 1):
        got = receive(analyst, lab, away, performer, replace(VALUE, raw="9,9", number=Decimal("9.9")), revision)
        assert (got.applied, got.reason) == (False, "known")
    assert queries.view(scope, away.id).number == Decimal("6.1")
    assert JournalEntry.rows.count() == before


def test_a_changed_value_is_a_new_revision(away, analyst, performer, lab, scope):
    receive(analyst, lab, away, performer)
    got = receive(analyst, lab, away, performer, replace(VALUE, raw="5,4", number=Decimal("5.4"), flag="N"), 2)
    assert (got.applied, got.revision) == (True, 1)
    shown = queries.view(scope, away.id)
    assert (shown.shown, shown.flag, shown.revision, shown.entries) == ("5,4", "N", 1, 2)
    events = JournalEntry.rows.filter(event="bench.external_result_received")
    assert events.count() == 2


def test_a_newer_message_with_the_same_value_is_no_new_revision(away, analyst, performer, lab, scope):
    receive(analyst, lab, away, performer)
    assert receive(analyst, lab, away, performer, revision=2).reason == "same_value"
    assert receive(analyst, lab, away, performer, replace(VALUE, raw="9"), revision=2).reason == "known"
    assert queries.view(scope, away.id).revision == 0


def test_a_critical_one_is_our_duty_to_call_too(away, analyst, performer, lab, scope):
    receive(analyst, lab, away, performer, replace(VALUE, flag="HH", critical=True))
    assert len(queries.critical_calls(scope)) == 1


def test_what_is_not_away_is_left_alone(make_results, analyst, second, doctor, performer, lab):
    rows = make_results("HB", "HCT")
    assert receive(analyst, lab, rows["HB"], performer).reason == "not_referred"
    services.enter_result(analyst, owner_id=lab.id, result_id=rows["HB"].id, raw="13")
    services.verify_result(second, owner_id=lab.id, result_id=rows["HB"].id)
    services.validate_result(doctor, owner_id=lab.id, result_id=rows["HB"].id)
    assert receive(analyst, lab, rows["HB"], performer).reason == "our_own"
    rows["HB"].refresh_from_db()
    assert (rows["HB"].raw, rows["HB"].performer_id) == ("13", None)


def test_it_is_amended_where_it_was_performed(away, analyst, doctor, performer, lab):
    receive(analyst, lab, away, performer)
    with pytest.raises(Refused) as refused:
        services.amend_result(doctor, owner_id=lab.id, result_id=away.id, reason="tidak cocok")
    assert refused.value.code == "external"


def test_a_message_without_a_value_is_refused(away, analyst, performer, lab):
    with pytest.raises(Refused):
        receive(analyst, lab, away, performer, replace(VALUE, kind="missing", raw=""))


def test_a_value_travels_whole(make_results, analyst, second, doctor, lab, scope):
    row = make_results("HB")["HB"]
    services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="<0,3")
    import json

    value = ExternalValue.of(queries.view(scope, row.id))
    assert ExternalValue.from_message(json.loads(json.dumps(value.to_message()))) == value
    assert (value.operator, value.number, value.flag) == ("<", Decimal("0.3"), "LL")
    with pytest.raises(KeyError):
        ExternalValue.from_message({"raw": "1"})


def test_another_laboratory_is_not_found(away, make_actor, other, performer):
    stranger = make_actor("orang", other, "analyst")
    with pytest.raises(NotFound):
        receive(stranger, other, away, performer)


# --- Lists --------------------------------------------------------------------------------------------------------------


def test_the_worklist_begins_with_what_hurries(make_results, later, scope):
    routine = make_results("HB")["HB"]
    with later(hours=1):
        urgent = make_results("HCT", urgency="urgent")["HCT"]
    with later(hours=2):
        outbreak = make_results("PLT", urgency="outbreak")["PLT"]
    with later(hours=3):
        young = make_results("HB")["HB"]
    ids = [item.result.id for item in queries.worklist(scope)]
    assert ids == [outbreak.id, urgent.id, routine.id, young.id]
    assert [i.result.id for i in queries.worklist(scope, Narrowing(test_code="HB"))] == [routine.id, young.id]
    assert [i.result.id for i in queries.worklist(scope, Narrowing(urgency="urgent"))] == [urgent.id]
    number = Sample.rows.get(id=urgent.sample_id).number
    assert [i.result.id for i in queries.worklist(scope, Narrowing(number=number.lower()))] == [urgent.id]
    assert queries.tests_waiting(scope) == [("HB", "hematologi", 2), ("HCT", "hematologi", 1), ("PLT", "hematologi", 1)]
    assert (queries.counts(scope).waiting, queries.counts(scope).urgent) == (4, 2)
    with later(hours=5):
        assert queries.counts(scope).late == 3
        assert [item.result.id for item in queries.late(scope)] == [urgent.id, routine.id, outbreak.id]


def test_the_validation_queue_begins_with_what_is_abnormal(make_results, analyst, second, lab, scope):
    rows = make_results("HB", "HCT", "PLT")
    for code, raw in (("HB", "13"), ("HCT", "30"), ("PLT", "10000")):
        services.enter_result(analyst, owner_id=lab.id, result_id=rows[code].id, raw=raw)
    assert queries.to_verify(scope)[0].result.test_code == "PLT"
    for row in rows.values():
        services.verify_result(second, owner_id=lab.id, result_id=row.id)
    assert [i.result.test_code for i in queries.to_validate(scope)] == ["PLT", "HCT", "HB"]
    assert [i.result.test_code for i in queries.to_validate(scope, normal=True)] == ["HB"]
    assert [i.result.test_code for i in queries.to_validate(scope, normal=False)] == ["PLT", "HCT"]


def test_lists_cost_the_same_however_long(make_results, make_patient, scope, lab, analyst):
    for i in range(2):
        make_results("HB", "HCT", who=make_patient(f"Pasien A{chr(97 + i)}"))

    def cost(ask):
        with CaptureQueriesContext(connection) as captured:
            ask()
        return len(captured)

    asks = [
        lambda: queries.worklist(scope),
        lambda: queries.counts(scope),
        lambda: queries.tests_waiting(scope),
        lambda: queries.results_of(scope, Result.rows.first().order_id),
    ]
    before = [cost(ask) for ask in asks]
    for i in range(4):
        make_results("HB", "HCT", "PLT", "WBC", who=make_patient(f"Pasien B{chr(97 + i)}"))
    assert [cost(ask) for ask in asks] == before
    assert len(queries.worklist(scope)) == 20


def test_what_stops_a_report(make_results, analyst, second, doctor, lab, able, counter, patient, scope):
    able("HB")
    order = orders.register_order(counter, owner=lab, codes=["HB", "GDP"], patient_id=patient.id)
    blood = next(row for row in order.samples if "EDTA" in row.specimen)
    orders.receive_sample(counter, owner_id=lab.id, sample_id=blood.id)
    found = queries.releasable(scope, order.id)
    assert [(m.test_code, m.status) for m in found.missing] == [("HB", "waiting"), ("GDP", "not_started")]
    assert (found.ready, found.partly) == (False, False)
    row = Result.rows.get()
    services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="13")
    services.verify_result(second, owner_id=lab.id, result_id=row.id)
    services.validate_result(doctor, owner_id=lab.id, result_id=row.id)
    found = queries.releasable(scope, order.id)
    assert ([r.test_code for r in found.reportable], found.ready, found.partly) == (["HB"], False, True)
    with pytest.raises(NotFound):
        queries.releasable(scope, lab.id)
