from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from laras.core import clock, journal
from laras.core.errors import Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.orders import queries, services
from laras.orders.models import Custody, Order, RequestedTest, Sample
from laras.orders.states import ORDER, SAMPLE

SPACE = Scope.everything()


def fields(refusal) -> set[str]:
    return {problem.field for problem in refusal.value.problems}


def events() -> list[str]:
    return list(JournalEntry.objects.within(SPACE).order_by("sequence").values_list("event", flat=True))


def ids(order) -> list:
    return [sample.id for sample in order.samples]


def test_the_way_of_a_sample(order, lab, sampler, receiver):
    sample = order.samples[0]
    services.collect_sample(sampler, owner_id=lab.id, sample_id=sample.id, place="Poli umum")
    services.hand_over(sampler, owner_id=lab.id, sample_ids=[sample.id], to="Kurir Wayan")
    got = services.receive_sample(
        receiver, owner_id=lab.id, sample_id=sample.id, condition="Baik", temperature=Decimal("4.26")
    )
    assert (got.status, got.temperature, got.received_by) == ("received", Decimal("4.3"), receiver.person_id)
    detail = queries.get_order(Scope.of(lab.id), order.id)
    assert detail.order.status == "working"
    assert [(link.action, link.person_name) for link in detail.custody_of(detail.samples[0])] == [
        ("collected", "Putu"),
        ("handed", "Kurir Wayan"),
        ("received", "Made"),
    ]
    assert [s.status for s in detail.samples] == ["received", "expected", "expected"]
    assert events()[-3:] == ["orders.sample_collected", "orders.sample_handed_over", "orders.sample_received"]
    services.dispose_sample(receiver, owner_id=lab.id, sample_id=sample.id)
    assert journal.verify(lab).whole


def test_the_message_of_receipt_names_the_tests_that_can_begin(order, lab, receiver):
    sample = next(s for s in order.samples if s.specimen == "Darah EDTA")
    services.receive_sample(receiver, owner_id=lab.id, sample_id=sample.id)
    (line,) = [x for x in journal.history(Scope.of(lab.id), order.id) if x.event == "orders.sample_received"]
    assert [code for _id, code in line.payload["tests"]] == ["HB", "PLT"]
    assert line.payload["urgency"] == "urgent"


def test_many_cost_as_many_statements_as_one(counter, receiver, lab, patient):
    def receive(n):
        made = [
            services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB", "GDP"]) for _ in range(n)
        ]
        with CaptureQueriesContext(connection) as caught:
            services.receive_samples(
                receiver, owner_id=lab.id, sample_ids=[s.id for order in made for s in order.samples]
            )
        return len(caught)

    assert receive(1) == receive(6)


def test_a_second_press_receives_nothing_twice(order, lab, receiver):
    services.receive_samples(receiver, owner_id=lab.id, sample_ids=ids(order))
    with pytest.raises(MoveRefused):
        services.receive_samples(receiver, owner_id=lab.id, sample_ids=ids(order))
    assert Custody.objects.within(SPACE).filter(action="received").count() == 3


def test_one_bad_sample_keeps_all_out(order, lab, receiver):
    services.refuse_sample(receiver, owner_id=lab.id, sample_id=order.samples[2].id, reason="clotted")
    with pytest.raises(MoveRefused):
        services.receive_samples(receiver, owner_id=lab.id, sample_ids=ids(order))
    assert not Sample.objects.within(SPACE).filter(status="received").exists()
    assert Order.objects.within(SPACE).get().status == "registered"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"temperature": Decimal("61")}, "temperature"),
        ({"temperature": Decimal("NaN")}, "temperature"),
        ({"temperature": Decimal("Infinity")}, "temperature"),
        ({"condition": "x" * 121}, "condition"),
        ({"place": "x" * 121}, "place"),
        ({"note": "x" * 241}, "note"),
        ({"note": "\x07"}, "note"),
    ],
)
def test_bad_receipt(order, lab, receiver, given, field):
    with pytest.raises(Refused) as refusal:
        services.receive_sample(receiver, owner_id=lab.id, sample_id=order.samples[0].id, **given)
    assert fields(refusal) == {field}


def test_collection_in_the_future(order, lab, sampler):
    with pytest.raises(Refused) as refusal:
        services.collect_sample(
            sampler, owner_id=lab.id, sample_id=order.samples[0].id, collected_at=clock.now() + timedelta(hours=1)
        )
    assert fields(refusal) == {"collected_at"}


# --- Refusing -------------------------------------------------------------------------------------------------------


def test_refused_with_a_replacement(order, lab, receiver):
    old = order.samples[0]
    sample, new = services.refuse_sample(
        receiver, owner_id=lab.id, sample_id=old.id, reason="hemolysed", note="merah", replacement=True
    )
    assert sample.status == "refused"
    assert new.number.rpartition("-")[0].endswith("D")
    assert (new.specimen, new.replaces_id, new.status) == (old.specimen, old.id, "expected")
    waiting = RequestedTest.objects.within(SPACE).filter(sample_id=new.id, cancelled=False)
    assert {row.test_code for row in waiting} == {r.test_code for r in order.requested if r.sample_id == old.id}
    link = Custody.objects.within(SPACE).get(sample_id=old.id)
    assert (link.action, link.note) == ("refused", "merah")


def test_refused_without_one_cancels_its_tests_only(order, lab, receiver):
    old = order.samples[0]
    _sample, new = services.refuse_sample(receiver, owner_id=lab.id, sample_id=old.id, reason="insufficient")
    assert new is None
    rows = RequestedTest.objects.within(SPACE)
    assert not rows.filter(sample_id=old.id, cancelled=False).exists()
    assert {r.id for r in rows.filter(cancelled=True)} == {r.id for r in order.requested if r.sample_id == old.id}


@pytest.mark.parametrize(
    ("given", "field"),
    [({"reason": "malas"}, "reason"), ({"reason": "other"}, "note"), ({"reason": "late", "note": "x" * 241}, "note")],
)
def test_bad_refusal(order, lab, receiver, given, field):
    with pytest.raises(Refused) as refusal:
        services.refuse_sample(receiver, owner_id=lab.id, sample_id=order.samples[0].id, **given)
    assert fields(refusal) == {field}
    assert Sample.objects.within(SPACE).filter(status="expected").count() == 3


# --- Who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        lambda a, lab, o: services.collect_samples(a, owner_id=lab.id, sample_ids=ids(o)),
        lambda a, lab, o: services.receive_samples(a, owner_id=lab.id, sample_ids=ids(o)),
        lambda a, lab, o: services.refuse_sample(a, owner_id=lab.id, sample_id=ids(o)[0], reason="late"),
        lambda a, lab, o: services.hand_over(a, owner_id=lab.id, sample_ids=ids(o), to="x"),
        lambda a, lab, o: services.dispose_sample(a, owner_id=lab.id, sample_id=ids(o)[0]),
        lambda a, lab, o: services.add_tests(a, owner_id=lab.id, order_id=o.id, codes=["CHOL"]),
        lambda a, lab, o: services.cancel_order(a, owner_id=lab.id, order_id=o.id, reason="x"),
        lambda a, lab, o: services.cancel_line(a, owner_id=lab.id, order_id=o.id, line_id=o.lines[0].id, reason="x"),
    ],
)
def test_without_the_right_and_at_another_laboratory(order, lab, other, make_actor, stranger, act):
    with pytest.raises(Forbidden):
        act(make_actor("kasir", lab, "cashier"), lab, order)
    with pytest.raises(Forbidden):
        act(stranger, lab, order)
    if act.__code__.co_names[-1] != "hand_over":
        with pytest.raises(NotFound):
            act(stranger, other, order)
    before = {row.status for row in Sample.objects.within(SPACE)}
    assert before == {"expected"}
    assert Order.objects.within(SPACE).get().status == "registered"


def test_unknown_samples(lab, receiver):
    with pytest.raises(NotFound):
        services.receive_samples(receiver, owner_id=lab.id, sample_ids=[uuid4()])
    with pytest.raises(NotFound):
        services.receive_samples(receiver, owner_id=lab.id, sample_ids=[])


# --- Cancelling and adding ------------------------------------------------------------------------------------------


def test_cancelling_an_order_ends_everything_in_it(order, lab, counter, receiver):
    services.cancel_order(counter, owner_id=lab.id, order_id=order.id, reason="Pasien pulang")
    detail = queries.get_order(Scope.of(lab.id), order.id)
    assert (detail.order.status, detail.order.cancel_reason) == ("cancelled", "Pasien pulang")
    assert {s.status for s in detail.samples} == {"cancelled"}
    assert all(row.cancelled for row in (*detail.requested, *detail.lines))
    assert detail.total == 0
    with pytest.raises(MoveRefused):
        services.receive_sample(receiver, owner_id=lab.id, sample_id=order.samples[0].id)
    with pytest.raises(MoveRefused):
        services.cancel_order(counter, owner_id=lab.id, order_id=order.id, reason="lagi")
    last = JournalEntry.objects.within(SPACE).order_by("-sequence").first()
    assert last.event == "orders.order_cancelled"
    assert b"pulang" not in bytes(last.payload)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 241, "\x00"])
def test_cancelling_needs_a_reason(order, lab, counter, reason):
    with pytest.raises(Refused) as refusal:
        services.cancel_order(counter, owner_id=lab.id, order_id=order.id, reason=reason)
    assert fields(refusal) == {"reason"}
    assert Order.objects.within(SPACE).get().status == "registered"


def test_a_guard_from_above_can_object(order, lab, counter, receiver, monkeypatch):
    asked = []

    def guard(act, owner_id, requested):
        asked.append((act, len(requested)))
        return "Hasilnya sudah divalidasi."

    monkeypatch.setattr("laras.orders.services.checks.GUARDS", [guard])
    for act in (
        lambda: services.cancel_order(counter, owner_id=lab.id, order_id=order.id, reason="x"),
        lambda: services.refuse_sample(receiver, owner_id=lab.id, sample_id=ids(order)[0], reason="late"),
        lambda: services.cancel_line(
            counter, owner_id=lab.id, order_id=order.id, line_id=order.lines[0].id, reason="x"
        ),
    ):
        with pytest.raises(Refused, match="divalidasi"):
            act()
    assert [name for name, _n in asked] == ["cancel_order", "refuse", "cancel_line"]
    assert Sample.objects.within(SPACE).filter(status="expected").count() == 3


def test_cancelling_a_line_drops_the_tube_that_nothing_needs(order, lab, counter):
    line = next(row for row in order.lines if row.code == "UL")
    services.cancel_line(counter, owner_id=lab.id, order_id=order.id, line_id=line.id, reason="Tidak bisa kencing")
    detail = queries.get_order(Scope.of(lab.id), order.id)
    assert [s.status for s in detail.samples].count("cancelled") == 1
    assert {r.test_code for r in detail.requested if not r.cancelled} == {"HB", "PLT", "GDP"}
    with pytest.raises(Refused):
        services.cancel_line(counter, owner_id=lab.id, order_id=order.id, line_id=line.id, reason="lagi")


def test_a_test_that_another_panel_asks_for_too_stays(counter, lab, patient):
    made = services.register_order(counter, owner=lab, patient_id=patient.id, codes=["DL", "DLDIFF"])
    services.cancel_line(counter, owner_id=lab.id, order_id=made.id, line_id=made.lines[0].id, reason="x")
    left = RequestedTest.objects.within(SPACE).filter(cancelled=False)
    assert {row.test_code for row in left} == {r.test_code for r in made.requested}
    assert {row.line_id for row in left} == {made.lines[1].id}
    with pytest.raises(Refused, match="terakhir"):
        services.cancel_line(counter, owner_id=lab.id, order_id=made.id, line_id=made.lines[1].id, reason="x")


def test_added_tests_use_the_tube_that_is_there(order, lab, counter, receiver):
    edta = next(s for s in order.samples if s.specimen == "Darah EDTA")
    services.receive_sample(receiver, owner_id=lab.id, sample_id=edta.id)
    added = services.add_tests(counter, owner_id=lab.id, order_id=order.id, codes=["WBC", "HB", "BTA"])
    assert {r.test_code for r in added.requested} == {"WBC", "BTA"}
    assert next(r for r in added.requested if r.test_code == "WBC").sample_id == edta.id
    assert [s.position for s in added.samples] == [4]
    last = journal.history(Scope.of(lab.id), order.id)[-1]
    assert last.event == "orders.test_added"
    assert {(code, status) for _r, _s, code, status in last.payload["tests"]} == {
        ("WBC", "received"),
        ("BTA", "expected"),
    }
    with pytest.raises(Refused):
        services.add_tests(counter, owner_id=lab.id, order_id=order.id, codes=["HB"])


def test_reporting_and_reopening(order, lab, counter, receiver):
    services.receive_samples(receiver, owner_id=lab.id, sample_ids=ids(order))
    services.order_reported(receiver, owner_id=lab.id, order_id=order.id)
    services.order_reported(receiver, owner_id=lab.id, order_id=order.id)
    assert events().count("orders.order_reported") == 1
    for refused in (
        lambda: services.add_tests(counter, owner_id=lab.id, order_id=order.id, codes=["CHOL"]),
        lambda: services.cancel_order(counter, owner_id=lab.id, order_id=order.id, reason="x"),
    ):
        with pytest.raises(Refused):
            refused()
    services.order_reopened(receiver, owner_id=lab.id, order_id=order.id)
    services.order_reopened(receiver, owner_id=lab.id, order_id=order.id)
    assert events().count("orders.order_reopened") == 1
    assert Order.objects.within(SPACE).get().status == "working"


@pytest.mark.parametrize("machine", [ORDER, SAMPLE])
def test_every_move_from_every_state(machine):
    for state in machine.states:
        for name, move in machine.moves.items():
            if state in move.sources:
                assert machine.move(state, name) == move.target
            else:
                with pytest.raises(MoveRefused):
                    machine.move(state, name)


# --- Reading --------------------------------------------------------------------------------------------------------


def test_queues_put_the_urgent_first_and_then_the_oldest(counter, lab, patient):
    made = {}
    for minutes, urgency in ((30, "routine"), (20, "outbreak"), (40, "routine"), (10, "urgent")):
        with clock.at(clock.now() - timedelta(minutes=minutes)):
            order = services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB"], urgency=urgency)
            made[order.samples[0].id] = minutes
    scope = Scope.of(lab.id)
    assert [made[s.id] for s in queries.to_collect(scope)] == [20, 10, 40, 30]
    assert [made[s.id] for s in queries.to_receive(scope)] == [20, 10, 40, 30]


def test_counts_for_the_homes(order, lab, sampler, other):
    services.collect_sample(sampler, owner_id=lab.id, sample_id=order.samples[0].id)
    assert queries.counts_for_home(Scope.of(lab.id)) == {
        "registered_today": 1,
        "open_orders": 1,
    }
    assert queries.samples_waiting(Scope.of(lab.id)) == {"to_collect": 2, "to_receive": 1}
    assert queries.urgent_to_receive(Scope.of(lab.id)) == 3
    assert queries.urgent_to_receive(Scope.of(other.id)) == 0
    assert set(queries.counts_for_home(Scope.of(other.id)).values()) == {0}


def test_counts_of_an_office_name_nobody(order, lab, other, counter, patient):
    for days in (5, 20):
        with clock.at(clock.now() - timedelta(days=days)):
            services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB"])
    services.order_reported(counter, owner_id=lab.id, order_id=order.id)
    since = clock.now() - timedelta(days=7)
    counts = queries.counts_by_owner(Scope.of(lab.id, other.id), since=since)
    assert counts == {lab.id: {"registered": 2, "reported": 1, "waiting": 1}}


def test_a_list_pages_by_key_without_gaps_or_repeats(counter, lab, patient):
    moment = clock.now() - timedelta(hours=1)
    for n in range(23):
        # Several in one moment: the key decides between them.
        with clock.at(moment + timedelta(seconds=n // 5)):
            services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB"])
    scope, seen, after = Scope.of(lab.id), [], ""
    while True:
        page = queries.list_orders(scope, after=after, limit=4)
        seen += [row.order.number for row in page.rows]
        after = page.next
        if not after:
            break
    assert len(seen) == len(set(seen)) == 23
    assert seen == [row.order.number for row in queries.list_orders(scope, limit=100).rows]


def test_lists_ask_as_much_for_many_as_for_few(counter, lab, patient):
    def count(call):
        with CaptureQueriesContext(connection) as caught:
            call()
        return len(caught)

    scope = Scope.of(lab.id)
    calls = [
        lambda: queries.list_orders(scope),
        lambda: queries.to_collect(scope),
        lambda: queries.to_receive(scope),
        lambda: queries.counts_for_home(scope),
    ]
    made = services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB"])
    for call in calls:
        call()  # the zone is kept
    few = [count(call) for call in calls]
    few_detail = count(lambda: queries.get_order(scope, made.id))
    for _ in range(8):
        big = services.register_order(counter, owner=lab, patient_id=patient.id, codes=["DL", "UL", "GDP", "CHOL"])
    assert [count(call) for call in calls] == few
    assert count(lambda: queries.get_order(scope, big.id)) == few_detail == 5


@pytest.mark.parametrize(
    ("wanted", "hits"),
    [
        ({"status": "registered"}, 1),
        ({"status": "working"}, 0),
        ({"urgency": "urgent"}, 1),
        ({"urgency": "routine"}, 0),
        ({"payer": "self"}, 1),
        ({"payer": "bpjs"}, 0),
        ({"subject_kind": "person"}, 1),
        ({"text": "siti"}, 1),
        ({"text": "aminah"}, 1),
        ({"text": "budi"}, 0),
        ({"text": "NTB-01-"}, 1),
        ({"text": "NTB-99-"}, 0),
        ({"text": "'; DROP TABLE"}, 0),
    ],
)
def test_filters(order, lab, wanted, hits):
    page = queries.list_orders(Scope.of(lab.id), queries.OrderFilter(**wanted))
    assert len(page.rows) == hits


def test_filter_by_day_counts_in_the_laboratorys_zone(counter, lab, patient):
    from datetime import UTC, date, datetime

    with clock.at(datetime(2026, 11, 20, 16, 30, tzinfo=UTC)):  # 00.30 on the 21st in Makassar
        services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB"])
    scope = Scope.of(lab.id)

    def hits(day):
        return len(queries.list_orders(scope, queries.OrderFilter(day_from=day, day_until=day)).rows)

    assert [hits(date(2026, 11, day)) for day in (20, 21, 22)] == [0, 1, 0]


def test_others_see_nothing(order, other):
    scope = Scope.of(other.id)
    assert queries.list_orders(scope).rows == []
    with pytest.raises(NotFound):
        queries.get_order(scope, order.id)
    with pytest.raises(NotFound):
        queries.get_order(scope, "bukan-id")
    with pytest.raises(NotFound):
        queries.get_sample(scope, order.samples[0].id)
