"""Do both ends of a referral say the same?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from laras.core.models import JournalHead
from laras.core.scope import Scope
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem
from laras.referral.types import (
    Contradiction,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """``referrals`` compared; ``under_way``: those with a message that the other end has not yet acted on."""

    referrals: int
    under_way: int
    contradictions: tuple[Contradiction, ...]


_SAME = {
    "sent": {"announced"},
    "accepted": {"accepted"},
    "refused": {"refused"},
    "completed": {"completed"},
    "cancelled": {"withdrawn"},
}


def check(*, batch: int = 2000) -> Checked:
    """Compare the two ends of every referral whose two organisations live in this database.

    Runs over all organisations, for the operator of the installation. What is still on its way is no contradiction.
    """
    everything = Scope.everything()
    here = set(JournalHead.objects.values_list("owner_id", flat=True))
    ends = {
        (row.sender_id, row.remote): row
        for row in Incoming.objects.within(everything).select_related("sender", "owner").iterator(chunk_size=batch)
    }
    items = _end_items(everything)
    seen, under_way, wrong = 0, 0, []
    for row in Outgoing.objects.within(everything).select_related("recipient", "owner").iterator(chunk_size=batch):
        seen += 1
        other = ends.pop((row.owner_id, row.id), None)
        if other is None or other.owner_id != row.recipient_id:
            under_way += 1
            continue
        if other.message_revision < row.message_revision or row.answer_revision < other.answer_revision:
            under_way += 1
            continue
        wrong += _contradictions(row, other, *items(row.id, other.id))
    for other in ends.values():
        if other.sender_id in here:
            wrong.append(_said(other, "unknown", "", other.status))
    return Checked(seen, under_way, tuple(wrong))


def _end_items(scope: Scope) -> Any:
    mine: dict[UUID, dict[UUID, tuple[str, int]]] = defaultdict(dict)
    theirs: dict[UUID, dict[UUID, tuple[str, int]]] = defaultdict(dict)
    for key, item, status, revision in OutgoingItem.objects.within(scope).values_list(
        "referral_id", "id", "status", "result_revision"
    ):
        mine[key][item] = (status, revision)
    for key, item, status, revision in IncomingItem.objects.within(scope).values_list(
        "referral_id", "remote_item", "status", "reported_revision"
    ):
        theirs[key][item] = (status, revision)
    return lambda sender, receiver: (mine[sender], theirs[receiver])


def _contradictions(
    row: Outgoing,
    other: Incoming,
    mine: dict[UUID, tuple[str, int]],
    theirs: dict[UUID, tuple[str, int]],
) -> list[Contradiction]:
    wrong = []
    if other.status not in _SAME.get(row.status, set()):
        wrong.append(_said(other, "status", row.status, other.status))
    if row.answer_revision > other.answer_revision or other.message_revision > row.message_revision:
        wrong.append(
            _said(
                other,
                "revision",
                f"{row.message_revision}/{row.answer_revision}",
                f"{other.message_revision}/{other.answer_revision}",
            )
        )
    if other.status == "withdrawn":
        return wrong
    for key in mine.keys() | theirs.keys():
        if mine.get(key) != theirs.get(key):
            wrong.append(_said(other, f"item {key}", _item_text(mine.get(key)), _item_text(theirs.get(key))))
    return wrong


def _item_text(item: tuple[str, int] | None) -> str:
    return "-" if item is None else f"{item[0]} r{item[1]}"


def _said(other: Incoming, what: str, sender: str, receiver: str) -> Contradiction:
    return Contradiction(other.sender.code, other.owner.code, other.number, what, sender, receiver)
