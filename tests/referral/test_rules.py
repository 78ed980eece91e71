"""The pure side of a referral: following messages, telling where a specimen is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.referral import rules
from laras.referral.types import (
    Answer,
    ItemAnswer,
    JourneyStep,
    ReportedResult,
    SentItem,
)

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
PERFORMER = UUID(int=7)


def result(revision: int) -> ReportedResult:
    return ReportedResult(
        revision=revision,
        status="final" if revision == 1 else "amended",
        performer=PERFORMER,
        performer_code="PROV-C",
        performer_name="Lab C",
        value={"raw": str(revision), "kind": "number"},
    )


# --- Answers --------------------------------------------------------------------------------------------------------


@st.composite
def receiver_histories(draw):
    """The answers of a receiver, in the order in which it wrote them: decision, results, amendments, late refusals."""
    ids = [UUID(int=n + 1) for n in range(draw(st.integers(1, 4)))]
    if draw(st.integers(0, 9)) == 0:
        return ids, [Answer("withdrawn", tuple(ItemAnswer(i, "cancelled") for i in ids))]
    now = {
        i: ItemAnswer(i, "refused", "insufficient") if draw(st.integers(0, 3)) == 0 else ItemAnswer(i, "accepted")
        for i in ids
    }
    answers = []

    def say():
        status = rules.receiver_status(item.state for item in now.values())
        answers.append(Answer(status, tuple(now.values()), "ORD-1"))

    say()
    for _step in range(draw(st.integers(0, 8))):
        open_ids = [i for i in ids if now[i].state != "refused"]
        if not open_ids:
            break
        i = draw(st.sampled_from(open_ids))
        had = now[i].result
        if had is None and draw(st.integers(0, 4)) == 0:
            now[i] = replace(now[i], state="refused", reason="damaged")
        else:
            now[i] = replace(now[i], state="resulted", result=result((had.revision if had else 0) + 1))
        say()
    return ids, answers


def deliver(ids, messages):
    """A sender that hears ``messages`` (revision, answer); what it did of effect on the way."""
    status, revision, items = "sent", 0, tuple(SentItem(i) for i in ids)
    gave, took = [], []
    for number, answer in messages:
        change = rules.take_answer(status=status, answer_revision=revision, items=items, revision=number, answer=answer)
        if not change.changed:
            assert (change.status, change.items, change.give_back, change.take) == (status, items, (), ())
            continue
        status, items, revision = change.status, change.items, number
        gave += [g.item for g in change.give_back]
        took += [(t.item, t.result.revision) for t in change.take]
    return status, items, gave, took


@given(receiver_histories(), st.data())
def test_any_order_and_doubling_ends_where_the_receiver_ended(history, data):
    ids, answers = history
    numbered = list(enumerate(answers, start=1))
    late = data.draw(st.lists(st.sampled_from(numbered), max_size=12))
    heard = data.draw(st.permutations(numbered + late))
    status, items, gave, took = deliver(ids, heard)
    expected_status, expected_items, _gave, _took = deliver(ids, numbered)
    assert (status, items) == (expected_status, expected_items)
    last = answers[-1]
    said = {item.item: item for item in last.items}
    assert [item.state for item in items] == [said[i].state for i in ids]
    if last.status != "withdrawn":
        assert [item.result_revision for item in items] == [
            said[i].result.revision if said[i].result else 0 for i in ids
        ]
    assert len(gave) == len(set(gave)), "an item is given back once"
    for i in ids:
        revisions = [revision for item, revision in took if item == i]
        assert revisions == sorted(set(revisions)), "each result is taken once, never an older one after a newer"
    assert set(gave) == {i for i in ids if said[i].state in ("refused", "cancelled")}


def test_a_cancellation_loses_against_an_acceptance_that_was_first():
    change = rules.take_answer(
        status="cancelling",
        answer_revision=0,
        items=[SentItem(UUID(int=1)), SentItem(UUID(int=2))],
        revision=1,
        answer=Answer("accepted", (ItemAnswer(UUID(int=1), "accepted"), ItemAnswer(UUID(int=2), "refused", "late"))),
    )
    assert change.status == "accepted"
    assert [g.item for g in change.give_back] == [UUID(int=2)]


def test_what_was_given_back_stays_back():
    item = SentItem(UUID(int=1), "refused")
    other = SentItem(UUID(int=2), "accepted")
    change = rules.take_answer(
        status="accepted",
        answer_revision=1,
        items=[item, other],
        revision=2,
        answer=Answer("completed", (ItemAnswer(UUID(int=1), "resulted", result=result(1)),)),
    )
    assert change.items == (item, other)
    assert not change.take


def test_an_item_that_nobody_asked_for_is_passed_over():
    change = rules.take_answer(
        status="sent",
        answer_revision=0,
        items=[SentItem(UUID(int=1))],
        revision=1,
        answer=Answer("accepted", (ItemAnswer(UUID(int=9), "resulted", result=result(1)),)),
    )
    assert (change.status, change.take) == ("sent", ())


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["accepted", "refused"], "accepted"),
        (["refused", "refused"], "refused"),
        (["resulted", "refused"], "completed"),
        (["resulted", "accepted"], "accepted"),
        (["resulted"], "completed"),
    ],
)
def test_the_receiver_is_what_its_items_are(states, expected):
    assert rules.receiver_status(states) == expected


@pytest.mark.parametrize(
    ("status", "seen", "revision", "news"),
    [(None, 0, 1, True), ("withdrawn", 2, 1, False), ("announced", 1, 1, False), ("announced", 1, 2, True)],
)
def test_an_announcement_is_news_only_when_nothing_newer_stands(status, seen, revision, news):
    assert rules.take_announcement(status=status, seen=seen, revision=revision) is news


@pytest.mark.parametrize("status", ["accepted", "refused", "completed", "withdrawn"])
def test_a_cancellation_after_the_decision_has_no_effect(status):
    assert not rules.take_cancellation(status=status, seen=1, revision=2)
    assert rules.take_cancellation(status="announced", seen=1, revision=2)
    assert rules.take_cancellation(status=None, seen=0, revision=2)


# --- Journey --------------------------------------------------------------------------------------------------------


def step(what, hours, lab, **more):
    return JourneyStep(what, START + timedelta(hours=hours), lab, name=f"Lab {lab}", **more)


THERE = [
    step("registered", 0, "A", number="A-1"),
    step("sent", 1, "A", to_lab="B", to_name="Lab B"),
    step("received", 5, "B", number="B-1"),
    step("sent", 6, "B", to_lab="C", to_name="Lab C"),
    step("received", 30, "C", number="C-1"),
    step("reported", 50, "C", number="C-L1"),
    step("returned", 50.1, "B"),
]


@pytest.mark.parametrize(
    ("count", "holder", "what", "to"),
    [
        (1, "A", "perform", "A"),
        (2, "A", "receive", "B"),
        (3, "B", "perform", "B"),
        (4, "B", "receive", "C"),
        (5, "C", "perform", "C"),
        (6, "C", "return", "A"),
        (7, "B", "return", "A"),
    ],
)
def test_where_the_specimen_is(count, holder, what, to):
    where = rules.whereabouts(THERE[:count])
    assert (where.lab, where.next, where.next_lab) == (holder, what, to)
    assert where.since == THERE[count - 1].at


def test_back_at_the_origin():
    assert rules.whereabouts(THERE, arrived=True).next == "report"
    done = rules.whereabouts(THERE, arrived=True, reported_at_origin=True)
    assert (done.lab, done.next) == ("A", "done")


def test_a_refused_specimen_is_with_the_one_who_sent_it():
    where = rules.whereabouts([*THERE[:4], step("refused", 31, "C", note="damaged")])
    assert (where.lab, where.next, where.next_lab) == ("B", "refer_again", "B")


def test_steps_come_once_and_in_order_of_time():
    assert rules.in_order([*reversed(THERE), THERE[0]]) == tuple(THERE)


def test_laboratories_on_the_way_are_not_asked_again():
    assert rules.visited(THERE[:4]) == {"A", "B"}


def test_no_steps_no_place():
    with pytest.raises(ValueError, match="at least one step"):
        rules.whereabouts([])


# --- Ageing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "answered", "tat", "late"),
    [(1, False, 24, False), (2, False, 24, True), (2, True, 24, False), (3, True, 24, True), (30, True, None, False)],
)
def test_when_to_ask_after_it(days, answered, tat, late):
    assert rules.overdue(days, answered=answered, tat_hours=tat) is late


def test_days_never_run_backwards():
    assert rules.days_waiting(START + timedelta(days=1), START) == 0
    assert rules.days_waiting(START, START + timedelta(days=2, hours=23)) == 2
