"""Two eyes are two persons, however many accounts each has: at verification and validation, after repeat and amendment,
by the rules and by the database itself."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError, transaction

from laras.bench import queries, services
from laras.bench.models import CriticalCall, Result, ResultValue
from laras.core import clock, journal
from laras.core.errors import Conflict, Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry, Owner, StaffPerson

from .conftest import MONDAY


@pytest.fixture
def entered(make_results, analyst, lab):
    row = make_results("HB")["HB"]
    return services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="13")


@pytest.fixture
def verified(entered, second, lab):
    return services.verify_result(second, owner_id=lab.id, result_id=entered.id)


@pytest.fixture
def validated(verified, doctor, lab):
    return services.validate_result(doctor, owner_id=lab.id, result_id=verified.id)


@pytest.fixture
def everything(make_actor, lab):
    """``everything("budi")`` -> an actor with every role of the bench; with ``person`` another account of that person."""

    def make(username, person=None):
        return make_actor(username, lab, "analyst", "verifier", "validator", person=person)

    return make


def enter(actor, lab, row, raw, **more):
    return services.enter_result(actor, owner_id=lab.id, result_id=row.id, raw=raw, **more)


def verify(actor, lab, row):
    return services.verify_result(actor, owner_id=lab.id, result_id=row.id)


def validate(actor, lab, row, **more):
    return services.validate_result(actor, owner_id=lab.id, result_id=row.id, **more)


def person_of(actor):
    return StaffPerson.objects.get(id=actor.person_id)


# --- The way through ----------------------------------------------------------------------------------------------------


def test_three_persons_bring_a_result_through(validated, analyst, second, doctor, lab, scope):
    shown = queries.view(scope, validated.id)
    assert shown.status == "validated"
    assert (shown.entered_by, shown.verified_by, shown.validated_by) == ("Made", "Wayan", "Ratna")
    assert (shown.entered_at, shown.verified_at, shown.validated_at) == (MONDAY, MONDAY, MONDAY)
    events = [e.event for e in JournalEntry.rows.filter(owner=lab, subject=shown.order_id).order_by("sequence")]
    assert events[-3:] == ["bench.result_entered", "bench.result_verified", "bench.result_validated"]
    assert journal.verify(Owner.objects.get(id=lab.id)).whole


def test_the_verifier_may_validate(entered, everything, lab):
    one = everything("satu")
    verify(one, lab, entered)
    assert validate(one, lab, entered).status == "validated"


def test_nothing_is_validated_unverified(entered, doctor, lab):
    with pytest.raises(MoveRefused):
        validate(doctor, lab, entered)


def test_rights(entered, verified, analyst, second, counter, lab):
    with pytest.raises(Forbidden):
        verify(counter, lab, entered)
    with pytest.raises(Forbidden):
        validate(second, lab, verified)
    with pytest.raises(Forbidden):
        services.return_result(analyst, owner_id=lab.id, result_id=entered.id, reason="tidak cocok")
    with pytest.raises(Forbidden):
        services.amend_result(second, owner_id=lab.id, result_id=entered.id, reason="tidak cocok")


def test_another_laboratorys_result_is_not_found(entered, make_actor, other, lab):
    stranger = make_actor("orang", other, "analyst", "verifier", "validator")
    for act in (services.verify_result, services.validate_result):
        with pytest.raises(NotFound):
            act(stranger, owner_id=other.id, result_id=entered.id)
        with pytest.raises(Forbidden):
            act(stranger, owner_id=lab.id, result_id=entered.id)
    for act in (services.return_result, services.repeat_result, services.amend_result):
        with pytest.raises(NotFound):
            act(stranger, owner_id=other.id, result_id=entered.id, reason="coba coba")
    with pytest.raises(NotFound):
        services.verify_many(stranger, owner_id=other.id, result_ids=[entered.id])


# --- Two eyes -----------------------------------------------------------------------------------------------------------


def refused_as_same_person(act):
    with pytest.raises(Refused) as refused:
        act()
    assert refused.value.code == "same_person"
    assert "orang lain" in str(refused.value)


def test_who_entered_does_not_verify_or_validate(make_results, everything, second, lab):
    one = everything("satu")
    row = make_results("HB")["HB"]
    enter(one, lab, row, "13")
    refused_as_same_person(lambda: verify(one, lab, row))
    verify(second, lab, row)
    refused_as_same_person(lambda: validate(one, lab, row))
    row.refresh_from_db()
    assert (row.status, row.verified_by, row.validated_by) == ("verified", second.person_id, None)


def test_a_second_account_is_no_second_person(make_results, everything, second, lab):
    one = everything("satu")
    same = everything("satu.malam", person=person_of(one))
    assert one.user_id != same.user_id
    row = make_results("HB")["HB"]
    enter(one, lab, row, "13")
    refused_as_same_person(lambda: verify(same, lab, row))
    verify(second, lab, row)
    refused_as_same_person(lambda: validate(same, lab, row))
    assert services.validate_many(same, owner_id=lab.id, result_ids=[row.id]).problems[0].code == "same_person"


def test_in_a_batch_too(make_results, everything, second, lab):
    one = everything("satu")
    same = everything("satu.malam", person=person_of(one))
    rows = make_results("HB", "HCT")
    enter(one, lab, rows["HB"], "13")
    enter(second, lab, rows["HCT"], "40")
    report = services.verify_many(same, owner_id=lab.id, result_ids=[rows["HB"].id, rows["HCT"].id])
    assert report.done == (rows["HCT"].id,)
    assert [(p.row, p.code) for p in report.problems] == [(1, "same_person")]
    rows["HB"].refresh_from_db()
    assert rows["HB"].status == "entered"


def test_who_entered_an_earlier_value_stays_out_after_a_repeat(make_results, everything, second, doctor, lab):
    """The rule chosen: any value counts, so that retyping a colleague's figure makes nobody a second eye."""
    first, repeats = everything("satu"), everything("dua")
    same = everything("satu.malam", person=person_of(first))
    row = make_results("HB")["HB"]
    enter(first, lab, row, "13")
    services.repeat_result(second, owner_id=lab.id, result_id=row.id, reason="ragu")
    enter(repeats, lab, row, "13,4")
    for actor in (first, same, repeats):
        refused_as_same_person(lambda actor=actor: verify(actor, lab, row))
    verify(second, lab, row)
    for actor in (first, same, repeats):
        refused_as_same_person(lambda actor=actor: validate(actor, lab, row))
    assert validate(doctor, lab, row).status == "validated"


def test_a_correction_by_another_makes_neither_a_second_eye(make_results, everything, second, lab):
    first, corrects = everything("satu"), everything("dua")
    row = make_results("HB")["HB"]
    enter(first, lab, row, "31")
    enter(corrects, lab, row, "13")
    refused_as_same_person(lambda: verify(first, lab, row))
    refused_as_same_person(lambda: verify(corrects, lab, row))
    assert verify(second, lab, row).verified_by == second.person_id


def test_after_an_amendment_too(make_results, everything, second, doctor, lab):
    first, amends = everything("satu"), everything("dua")
    same = everything("dua.malam", person=person_of(amends))
    row = make_results("HB")["HB"]
    enter(first, lab, row, "13")
    verify(second, lab, row)
    validate(doctor, lab, row)
    services.amend_result(doctor, owner_id=lab.id, result_id=row.id, reason="sampel tertukar")
    enter(amends, lab, row, "9")
    for actor in (amends, same, first):
        refused_as_same_person(lambda actor=actor: verify(actor, lab, row))
    verify(second, lab, row)
    for actor in (amends, same, first):
        refused_as_same_person(lambda actor=actor: validate(actor, lab, row))
    row = validate(doctor, lab, row)
    assert (row.status, row.revision, row.entries) == ("validated", 1, 2)


def test_the_database_refuses_by_itself(verified, analyst, second, lab):
    rows = Result.rows.filter(id=verified.id)
    for change in (
        {"verified_by": analyst.person_id},
        {"status": "validated", "validated_by": analyst.person_id, "validated_at": MONDAY},
        {"status": "validated"},
        {"verified_by": None},
        {"entered_by": None},
        {"kind": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    assert rows.update(verified_by=second.person_id) == 1


def test_the_database_knows_who_entered_an_earlier_value(verified, second, doctor, everything, lab):
    """Not a constraint of one row: the trigger looks at every value."""
    early = everything("dini")
    ResultValue.rows.create(
        owner=lab, result=verified, sequence=9, raw="12", kind="number", number=12, entered_by=early.person_id
    )
    rows = Result.rows.filter(id=verified.id)
    for change in (
        {"verified_by": early.person_id},
        {"status": "validated", "validated_by": early.person_id, "validated_at": MONDAY},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    rows.update(status="validated", validated_by=doctor.person_id, validated_at=MONDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        copy = rows.get()
        copy.pk = None
        copy.verified_by = copy.entered_by
        copy.save(force_insert=True)


# --- Validation ---------------------------------------------------------------------------------------------------------


def test_normal_results_go_as_a_batch_and_others_one_by_one(make_results, analyst, second, doctor, lab):
    rows = make_results("HB", "HCT", "PLT")
    for code, raw in (("HB", "13"), ("HCT", "20"), ("PLT", "10000")):
        enter(analyst, lab, rows[code], raw)
    ids = [row.id for row in rows.values()]
    report = services.verify_many(second, owner_id=lab.id, result_ids=ids)
    assert report.done == (rows["HB"].id,)
    assert {p.code for p in report.problems} == {"one_by_one"}
    said = {p.result_id: p.message for p in report.problems}
    assert "(di luar rujukan)" in said[rows["HCT"].id]
    assert "(kritis, di luar rujukan)" in said[rows["PLT"].id]
    for code in ("HCT", "PLT"):
        services.verify_result(second, owner_id=lab.id, result_id=rows[code].id)
    report = services.validate_many(doctor, owner_id=lab.id, result_ids=ids)
    assert report.done == (rows["HB"].id,)
    assert {p.code for p in report.problems} == {"one_by_one"}
    states = dict(Result.rows.values_list("test_code", "status"))
    assert states == {"HB": "validated", "HCT": "verified", "PLT": "verified"}
    assert validate(doctor, lab, rows["HCT"]).status == "validated"


def test_a_value_that_changed_under_the_eyes_is_not_signed(entered, analyst, second, lab):
    enter(analyst, lab, entered, "14")
    with pytest.raises(Conflict):
        services.verify_result(second, owner_id=lab.id, result_id=entered.id, seen=1)
    report = services.verify_many(second, owner_id=lab.id, result_ids=[entered.id], seen=[1])
    assert report.problems[0].code == "entered_meanwhile"
    assert services.verify_result(second, owner_id=lab.id, result_id=entered.id, seen=2).status == "verified"


def test_the_validator_may_add_words(verified, doctor, lab, scope):
    validate(doctor, lab, verified, comment="Anjuran: ulang bulan depan")
    assert queries.view(scope, verified.id).comment == "Anjuran: ulang bulan depan"


# --- Back ---------------------------------------------------------------------------------------------------------------


def test_a_returned_result_stands_empty_on_the_worklist_with_its_reason(verified, analyst, doctor, lab, scope):
    services.return_result(doctor, owner_id=lab.id, result_id=verified.id, reason="tidak cocok dengan klinis")
    shown = queries.view(scope, verified.id)
    assert (shown.status, shown.return_reason) == ("waiting", "tidak cocok dengan klinis")
    assert (shown.shown, shown.number, shown.flag, shown.verified_by_id, shown.entered_by_id) == (
        "",
        None,
        "",
        None,
        None,
    )
    assert [v.raw for v in queries.values_of(scope, verified.id)] == ["13"]
    enter(analyst, lab, verified, "12,8")
    assert queries.values_of(scope, verified.id)[-1].reason == "correction"
    assert queries.view(scope, verified.id).return_reason == ""


def test_a_repeat_is_a_repeat(entered, analyst, lab, scope):
    services.repeat_result(analyst, owner_id=lab.id, result_id=entered.id, reason="kontrol meragukan")
    enter(analyst, lab, entered, "13,1")
    assert [(v.reason, v.raw) for v in queries.values_of(scope, entered.id)] == [("first", "13"), ("repeat", "13,1")]


@pytest.mark.parametrize("act", ["return_result", "repeat_result"])
def test_a_reason_is_needed(entered, second, lab, act):
    with pytest.raises(Refused) as refused:
        getattr(services, act)(second, owner_id=lab.id, result_id=entered.id, reason="  ")
    assert refused.value.problems[0].field == "reason"
    entered.refresh_from_db()
    assert entered.status == "entered"


def test_an_amendment_clears_the_signatures_and_raises_the_revision(validated, analyst, second, doctor, lab, scope):
    services.amend_result(doctor, owner_id=lab.id, result_id=validated.id, reason="sampel tertukar")
    shown = queries.view(scope, validated.id)
    assert (shown.status, shown.revision, shown.shown) == ("waiting", 1, "")
    assert shown.verified_by_id is None
    assert shown.validated_by_id is None
    entry = JournalEntry.rows.get(event="bench.result_amended")
    assert json.loads(bytes(entry.payload))["revision"] == 1
    body = journal.open_sealed(entry.id)
    assert (body["reason"], body["value"]["raw"]) == ("sampel tertukar", "13")
    enter(analyst, lab, validated, "9,5", reason="repeat")
    newest = queries.values_of(scope, validated.id)[-1]
    assert (newest.reason, newest.revision) == ("amendment", 1)
    with pytest.raises(MoveRefused):
        validate(doctor, lab, validated)


def test_only_validated_results_are_amended(entered, doctor, lab):
    with pytest.raises(MoveRefused):
        services.amend_result(doctor, owner_id=lab.id, result_id=entered.id, reason="sampel tertukar")


# --- Holds --------------------------------------------------------------------------------------------------------------


def test_a_held_result_is_not_validated(verified, doctor, lab, scope):
    hold = services.place_hold(
        doctor, owner_id=lab.id, result_id=verified.id, kind="quality", key="run-7", reason="kontrol di luar batas"
    )
    with pytest.raises(Refused) as refused:
        validate(doctor, lab, verified)
    assert refused.value.code == "held"
    assert "kontrol di luar batas" in str(refused.value)
    assert services.validate_many(doctor, owner_id=lab.id, result_ids=[verified.id]).problems[0].code == "held"
    assert [h.reason for h in queries.open_holds(scope, verified.order_id)] == ["kontrol di luar batas"]
    services.lift_hold(doctor, owner_id=lab.id, hold_id=hold.id, reason="kontrol diulang baik")
    assert validate(doctor, lab, verified).status == "validated"
    assert queries.open_holds(scope, verified.order_id) == []


def test_an_orders_hold_holds_all_of_it(make_results, analyst, second, doctor, lab, scope):
    rows = make_results("HB", "HCT")
    for code, raw in (("HB", "13"), ("HCT", "40")):
        enter(analyst, lab, rows[code], raw)
        verify(second, lab, rows[code])
    validate(doctor, lab, rows["HB"])
    order_id = rows["HB"].order_id
    services.place_hold(doctor, owner_id=lab.id, order_id=order_id, kind="payment", key="inv-1", reason="belum lunas")
    assert services.validate_many(doctor, owner_id=lab.id, result_ids=[rows["HCT"].id]).problems[0].code == "held"
    found = queries.releasable(scope, order_id)
    assert found.held
    assert not found.ready
    assert found.reportable == ()
    assert (
        services.lift_holds(
            doctor, owner_id=lab.id, order_id=order_id, kind="payment", key="inv-1", reason="sudah lunas"
        )
        == 1
    )
    assert (
        services.lift_holds(
            doctor, owner_id=lab.id, order_id=order_id, kind="payment", key="inv-1", reason="sudah lunas"
        )
        == 0
    )
    assert [row.test_code for row in queries.releasable(scope, order_id).reportable] == ["HB"]


def test_placing_twice_is_one_hold_and_lifting_twice_is_told(verified, doctor, lab):
    act = {"owner_id": lab.id, "result_id": verified.id, "kind": "manual", "reason": "tunggu klarifikasi"}
    hold = services.place_hold(doctor, **act)
    assert services.place_hold(doctor, **act).id == hold.id
    services.lift_hold(doctor, owner_id=lab.id, hold_id=hold.id, reason="sudah jelas")
    with pytest.raises(Conflict):
        services.lift_hold(doctor, owner_id=lab.id, hold_id=hold.id, reason="sudah jelas")


def test_holds_need_right_reason_and_an_own_order(verified, doctor, analyst, make_actor, other, lab):
    with pytest.raises(Forbidden):
        services.place_hold(analyst, owner_id=lab.id, result_id=verified.id, kind="manual", reason="tunggu dulu")
    with pytest.raises(Refused):
        services.place_hold(doctor, owner_id=lab.id, result_id=verified.id, kind="manual", reason="")
    stranger = make_actor("orang", other, "validator")
    with pytest.raises(NotFound):
        services.place_hold(stranger, owner_id=other.id, result_id=verified.id, kind="manual", reason="tunggu dulu")
    with pytest.raises(NotFound):
        services.place_hold(
            stranger, owner_id=other.id, order_id=verified.order_id, kind="manual", reason="tunggu dulu"
        )


# --- Critical values ----------------------------------------------------------------------------------------------------


@pytest.fixture
def critical(make_results, analyst, lab):
    row = make_results("HB")["HB"]
    return enter(analyst, lab, row, "5,1")


def test_a_critical_value_starts_its_clock(critical, scope):
    ((call, item),) = queries.critical_calls(scope)
    assert item.result.id == critical.id
    assert (call.opened_at, (call.due_at - call.opened_at).total_seconds()) == (MONDAY, 1800)
    assert (queries.counts(scope).open_calls, queries.counts(scope).overdue_calls) == (1, 0)


def test_the_clock_runs_out(critical, scope, later):
    with later(minutes=29):
        assert queries.counts(scope).overdue_calls == 0
    with later(minutes=31):
        assert queries.counts(scope).overdue_calls == 1


def call(actor, lab, row, **more):
    open_call = CriticalCall.rows.get(result=row, called_at=None, withdrawn_at=None)
    given = {"receiver": "dr. Jaga IGD", "receiver_role": "dokter", "read_back": True, **more}
    return services.call_critical(actor, owner_id=lab.id, call_id=open_call.id, **given)


def test_a_call_is_noted_with_read_back(critical, analyst, lab, scope, later):
    with later(minutes=20):
        call(analyst, lab, critical)
    shown = queries.view(scope, critical.id).calls[0]
    assert (shown.receiver, shown.read_back, shown.called_by, shown.open) == ("dr. Jaga IGD", True, "Made", False)
    entry = JournalEntry.rows.get(event="bench.critical_called")
    assert json.loads(bytes(entry.payload))["in_time"] is True
    assert "Jaga" not in bytes(entry.payload).decode()
    assert journal.open_sealed(entry.id)["receiver"] == "dr. Jaga IGD"
    assert queries.critical_calls(scope) == []


def test_a_late_call_is_late(critical, analyst, lab, later):
    with later(minutes=31):
        call(analyst, lab, critical)
    entry = JournalEntry.rows.get(event="bench.critical_called")
    assert json.loads(bytes(entry.payload))["in_time"] is False


def test_a_call_made_earlier_is_noted_at_its_time(critical, analyst, lab, later):
    with later(minutes=45):
        told = call(analyst, lab, critical, called_at=MONDAY.replace(minute=10))
        assert told.called_at == MONDAY.replace(minute=10)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"receiver": " "}, "receiver"),
        ({"read_back": False}, "read_back"),
        ({"called_at": MONDAY.replace(hour=0)}, "called_at"),
        ({"called_at": MONDAY.replace(hour=9)}, "called_at"),
    ],
)
def test_a_call_without_its_parts_is_none(critical, analyst, lab, more, field):
    with pytest.raises(Refused) as refused:
        call(analyst, lab, critical, **more)
    assert [p.field for p in refused.value.problems] == [field]
    assert CriticalCall.rows.get().called_at is None


def test_one_is_called_once_and_by_somebody_with_the_right(critical, analyst, counter, make_actor, other, lab):
    open_call = CriticalCall.rows.get()
    with pytest.raises(Forbidden):
        call(counter, lab, critical)
    stranger = make_actor("orang", other, "analyst")
    with pytest.raises(NotFound):
        services.call_critical(stranger, owner_id=other.id, call_id=open_call.id, receiver="dr. X", read_back=True)
    call(analyst, lab, critical)
    with pytest.raises(Conflict):
        services.call_critical(analyst, owner_id=lab.id, call_id=open_call.id, receiver="dr. Y", read_back=True)


def test_the_database_wants_the_read_back(critical):
    with pytest.raises(IntegrityError), transaction.atomic():
        CriticalCall.rows.update(called_at=MONDAY, receiver="dr. X", read_back=False)


def test_validation_waits_for_the_call_or_a_reason(critical, second, doctor, analyst, lab, scope):
    verify(second, lab, critical)
    with pytest.raises(Refused) as refused:
        validate(doctor, lab, critical)
    assert refused.value.code == "call_first"
    validate(doctor, lab, critical, uncalled_reason="pasien sudah pulang, keluarga tidak menjawab")
    entry = JournalEntry.rows.filter(event="bench.result_validated").get()
    assert journal.open_sealed(entry.id)["uncalled_reason"].startswith("pasien sudah pulang")
    # The duty stays until somebody is told.
    assert len(queries.critical_calls(scope)) == 1
    assert len(queries.releasable(scope, critical.order_id).open_calls) == 1
    call(analyst, lab, critical)


def test_a_called_critical_value_is_validated(critical, second, doctor, analyst, lab):
    call(analyst, lab, critical)
    verify(second, lab, critical)
    assert validate(doctor, lab, critical).status == "validated"


def test_a_repeat_buys_no_time(critical, analyst, lab, later):
    first = CriticalCall.rows.get()
    with later(minutes=10):
        services.repeat_result(analyst, owner_id=lab.id, result_id=critical.id, reason="pastikan")
        enter(analyst, lab, critical, "5,3")
    again = CriticalCall.rows.get(withdrawn_at=None)
    assert again.id != first.id
    assert again.due_at == first.due_at
    assert JournalEntry.rows.filter(event="bench.critical_withdrawn").count() == 1


def test_a_corrected_typing_error_needs_no_call(critical, analyst, lab, scope):
    enter(analyst, lab, critical, "15,1")
    assert queries.critical_calls(scope) == []
    with pytest.raises(Conflict):
        services.call_critical(
            analyst, owner_id=lab.id, call_id=CriticalCall.rows.get().id, receiver="dr. X", read_back=True
        )


def test_who_was_told_is_not_told_twice_for_a_repeat_but_again_for_an_amendment(
    critical, analyst, second, doctor, lab, scope
):
    call(analyst, lab, critical)
    services.repeat_result(analyst, owner_id=lab.id, result_id=critical.id, reason="pastikan")
    enter(analyst, lab, critical, "5,3")
    assert queries.critical_calls(scope) == []
    verify(second, lab, critical)
    validate(doctor, lab, critical)
    services.amend_result(doctor, owner_id=lab.id, result_id=critical.id, reason="sampel tertukar")
    enter(analyst, lab, critical, "4,0")
    assert len(queries.critical_calls(scope)) == 1


def test_a_value_that_is_not_adopted_calls_nobody(make_results, analyst, lab, monkeypatch):
    from dataclasses import replace
    from types import MappingProxyType

    from laras.catalogue import queries as catalogue_queries

    row = make_results("HB")["HB"]
    plain = replace(catalogue_queries.effective(lab.id), criticals_by_test=MappingProxyType({}))
    monkeypatch.setattr(catalogue_queries, "effective", lambda owner_id: plain)
    assert enter(analyst, lab, row, "5,1").critical is False
    assert CriticalCall.rows.count() == 0
    assert clock.now() == MONDAY
