"""How the two ends of a referral follow each other's messages, and where a specimen is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from laras.referral.types import (
    Answer,
    GiveBack,
    IncomingState,
    ItemAnswer,
    ItemState,
    JourneyStep,
    OutgoingState,
    SenderChange,
    SentItem,
    TakeResult,
    Whereabouts,
)

REFUSALS = (
    "identity",
    "insufficient",
    "hemolysed",
    "lipemic",
    "clotted",
    "container",
    "damaged",
    "temperature",
    "late",
    "contaminated",
    "not_offered",
    "paused",
    "duplicate",
    "cancelled",
    "other",
)
"""Why a receiver refuses an item: those of a sample, and the laboratory's own. Labels: ``messages.REFUSAL_LABELS``.
"""

NEXT = ("receive", "perform", "refer_again", "return", "report", "done")
"""What comes next for a specimen. Labels: ``messages.NEXT_LABELS``."""

OPEN_ITEM: frozenset[ItemState] = frozenset({"sent", "accepted"})
OPEN_OUTGOING: frozenset[OutgoingState] = frozenset({"sent", "cancelling", "accepted"})


# --- The sender's end
# -------------------------------------------------------------------------------------------------


def take_answer(
    *,
    status: OutgoingState,
    answer_revision: int,
    items: Sequence[SentItem],
    revision: int,
    answer: Answer,
) -> SenderChange:
    """What the receiver's answer ``revision`` changes at the sender.

    Old news changes nothing. An item that was given back (refused, cancelled) never comes back to life: its result
    may be with another laboratory by now. A result never goes back to merely accepted, and an older one never
    replaces a newer one.
    """
    unchanged = SenderChange(False, status, tuple(items))
    if revision <= answer_revision or status in ("prepared", "cancelled", "refused"):
        return unchanged
    said = {item.item: item for item in answer.items}
    after: list[SentItem] = []
    give_back: list[GiveBack] = []
    take: list[TakeResult] = []
    for item in items:
        new = item
        heard = said.get(item.item)
        if answer.status == "withdrawn":
            if item.state in OPEN_ITEM:
                new = replace(item, state="cancelled")
                give_back.append(GiveBack(item.item, "withdrawn", answer.note))
        elif heard is not None:
            new = _item_after(item, heard, give_back, take)
        after.append(new)
    return SenderChange(True, _status_after(status, answer, after), tuple(after), tuple(give_back), tuple(take))


def _item_after(item: SentItem, heard: ItemAnswer, give_back: list[GiveBack], take: list[TakeResult]) -> SentItem:
    if item.state in ("refused", "cancelled"):
        return item
    if heard.result is not None and heard.result.revision > item.result_revision:
        take.append(TakeResult(item.item, heard.result))
        return replace(item, state="resulted", result_revision=heard.result.revision)
    if item.state == "resulted":
        return item
    if heard.state == "refused":
        give_back.append(GiveBack(item.item, heard.reason or "other", heard.note))
        return replace(item, state="refused")
    return replace(item, state="accepted") if heard.state in ("accepted", "resulted") else item


def _status_after(status: OutgoingState, answer: Answer, items: Sequence[SentItem]) -> OutgoingState:
    if answer.status == "withdrawn":
        return "cancelled"
    states = {item.state for item in items}
    if states <= {"refused", "cancelled"}:
        return "refused"
    if not states & OPEN_ITEM:
        return "completed"
    # One accepted item is enough: the receiver took the referral on, so a cancellation came too late.
    return "accepted" if states & {"accepted", "resulted"} else status


# --- The receiver's end
# -----------------------------------------------------------------------------------------------


def take_announcement(*, status: IncomingState | None, seen: int, revision: int) -> bool:
    """Whether ``referral.sent`` is news: unknown here, or newer than what stands there undecided."""
    return status is None or (status == "announced" and revision > seen)


def take_cancellation(*, status: IncomingState | None, seen: int, revision: int) -> bool:
    """Whether ``referral.cancelled`` takes effect: not when the receiver decided before."""
    return status is None or (status == "announced" and revision > seen)


def receiver_status(items: Iterable[ItemState]) -> IncomingState:
    """The receiver's state after a decision, from its items: refused when none is left, completed when all are
    reported.
    """
    states = set(items)
    if states <= {"refused", "cancelled"}:
        return "refused"
    return "accepted" if states & OPEN_ITEM else "completed"


# --- Journey
# ----------------------------------------------------------------------------------------------------------


CARRIED = frozenset({"handed", "arrived", "compared", "excursion"})
"""Steps of a box: they say where the specimen is on its way, and decide nothing."""


def in_order(steps: Iterable[JourneyStep]) -> tuple[JourneyStep, ...]:
    """Steps by time, each once. Equal moments keep the order in which they were given."""
    unique = {(s.what, s.at, s.lab, s.number, s.to_lab, s.box): s for s in steps}
    return tuple(sorted(unique.values(), key=lambda step: step.at))


def whereabouts(
    steps: Sequence[JourneyStep], *, arrived: bool = False, reported_at_origin: bool = False
) -> Whereabouts:
    """Who has the specimen (or now its result), since when, and what is next.

    ``steps`` in order of time, at least one. ``arrived``: the origin has the result. ``reported_at_origin``: and
    issued its report.
    """
    if not steps:
        raise ValueError("a journey has at least one step")
    place = max((n for n, step in enumerate(steps) if step.what not in CARRIED), default=0)
    last, origin = steps[place], next((step for step in steps if step.what not in CARRIED), steps[0])
    holder, since, hand = (last.lab, last.name, last.tier), last.at, ""
    step_next, to = "perform", (last.lab, last.name)
    if last.what == "sent":
        step_next, to = "receive", (last.to_lab, last.to_name)
        for step in steps[place + 1 :]:
            if step.what == "handed":
                since, hand = step.at, step.who
            elif step.what in ("arrived", "compared"):
                holder, since, hand = (step.lab, step.name, step.tier), step.at, ""
    elif last.what in ("refused", "withdrawn"):
        before = _sender_before(steps[: place + 1])
        holder = (before.lab, before.name, before.tier)
        step_next, to = "refer_again", (before.lab, before.name)
    elif last.what in ("reported", "returned"):
        step_next, to = "return", (origin.lab, origin.name)
        if arrived or last.lab == origin.lab:
            holder = (origin.lab, origin.name, origin.tier)
            step_next = "report"
        if reported_at_origin:
            holder = (origin.lab, origin.name, origin.tier)
            step_next = "done"
    return Whereabouts(*holder, since, step_next, *to, hand=hand)


def _sender_before(steps: Sequence[JourneyStep]) -> JourneyStep:
    """Who sent the specimen to the laboratory of the last step."""
    refuser = steps[-1].lab
    for step in reversed(steps):
        if step.what == "sent" and step.to_lab == refuser:
            return step
    return steps[0]


def visited(steps: Iterable[JourneyStep]) -> frozenset[str]:
    """Codes of the laboratories that hold the referral between the origin and here: sending it there would go in a
    circle. One that took it in and gave it back later holds it no more.
    """
    found: set[str] = set()
    for step in steps:
        if step.what in ("registered", "received"):
            found.add(step.lab)
        elif step.what == "refused":
            found.discard(step.lab)
    return frozenset(found)


# --- Ageing
# -----------------------------------------------------------------------------------------------------------


def days_waiting(since: datetime, now: datetime) -> int:
    """Whole days since; never below zero."""
    return max(0, (now - since).days)


def overdue(waiting_days: int, *, answered: bool, tat_hours: int | None) -> bool:
    """Whether somebody should call: not answered for two days, or accepted and over the promised time by a day."""
    if not answered:
        return waiting_days >= UNANSWERED_DAYS
    return tat_hours is not None and waiting_days * 24 > tat_hours + 24


UNANSWERED_DAYS = 2
"""Ours: an announced specimen that nobody answered for two days is asked after."""
