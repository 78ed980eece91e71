"""Do both ends of a referral say the same? The database compares them as sets: only what disagrees is ever read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from laras.core.scope import Scope
from laras.core.wall import ground
from laras.referral.types import Contradiction


@dataclass(frozen=True, slots=True)
class Checked:
    """``referrals`` compared; ``under_way``: those with a message that the other end has not yet acted on; ``on_paper``: those
    whose other end is a file of paper, compared with the answers that were entered from it."""

    referrals: int
    under_way: int
    on_paper: int
    contradictions: tuple[Contradiction, ...]


_PAIR = """
    FROM referral_outgoing o
    {join} referral_incoming i ON i.owner_id = o.recipient_id AND i.sender_id = o.owner_id AND i.remote = o.id
"""
# Each end has acted on the newest message of the other.
_SETTLED = "i.message_revision >= o.message_revision AND o.answer_revision >= i.answer_revision"
_COUNT = f"""
    SELECT COUNT(*), COALESCE(SUM(CASE WHEN o.on_paper OR (i.id IS NOT NULL AND {_SETTLED}) THEN 0 ELSE 1 END), 0),
        COALESCE(SUM(CASE WHEN o.on_paper THEN 1 ELSE 0 END), 0)
    {_PAIR.format(join="LEFT JOIN")}
"""
_SAME = """
    (o.status = 'sent' AND i.status = 'announced') OR (o.status = 'accepted' AND i.status = 'accepted')
    OR (o.status = 'refused' AND i.status = 'refused') OR (o.status = 'completed' AND i.status = 'completed')
    OR (o.status = 'cancelled' AND i.status = 'withdrawn')
"""
_WHO = "s.code, r.code, i.number"
_NAMES = "JOIN core_owner s ON s.id = i.sender_id JOIN core_owner r ON r.id = i.owner_id"
_STATUS = f"""
    SELECT {_WHO}, 'status', o.status, i.status {_PAIR.format(join="JOIN")} {_NAMES}
    WHERE {_SETTLED} AND NOT ({_SAME})
"""
_REVISION = f"""
    SELECT {_WHO}, 'revision', o.message_revision, o.answer_revision, i.message_revision, i.answer_revision
    {_PAIR.format(join="JOIN")} {_NAMES}
    WHERE {_SETTLED} AND (i.message_revision > o.message_revision OR o.answer_revision > i.answer_revision)
"""
_ITEMS_SENT = f"""
    SELECT {_WHO}, m.id, m.status, m.result_revision, t.status, t.reported_revision {_PAIR.format(join="JOIN")}
    JOIN referral_outgoing_item m ON m.referral_id = o.id
    LEFT JOIN referral_incoming_item t ON t.referral_id = i.id AND t.remote_item = m.id
    {_NAMES}
    WHERE {_SETTLED} AND i.status <> 'withdrawn'
      AND (t.id IS NULL OR t.status <> m.status OR t.reported_revision <> m.result_revision)
"""
_ITEMS_UNKNOWN = f"""
    SELECT {_WHO}, t.remote_item, NULL, NULL, t.status, t.reported_revision {_PAIR.format(join="JOIN")}
    JOIN referral_incoming_item t ON t.referral_id = i.id
    LEFT JOIN referral_outgoing_item m ON m.id = t.remote_item AND m.referral_id = o.id
    {_NAMES}
    WHERE {_SETTLED} AND i.status <> 'withdrawn' AND m.id IS NULL
"""
# A referral that arrived and that its sender, who lives in this database, never sent there.
_UNKNOWN = f"""
    SELECT {_WHO}, 'unknown', '', i.status FROM referral_incoming i
    LEFT JOIN referral_outgoing o ON o.id = i.remote AND o.owner_id = i.sender_id AND o.recipient_id = i.owner_id
    {_NAMES}
    WHERE o.id IS NULL AND EXISTS (SELECT 1 FROM core_journal_head h WHERE h.owner_id = i.sender_id)
"""

# Who was written to on paper never heard of it here; and nothing stands in a referral on paper that no paper says.
_PAPER_ARRIVED = f"""
    SELECT {_WHO}, 'paper', 'on paper', i.status {_PAIR.format(join="JOIN")} {_NAMES} WHERE o.on_paper
"""
_PAPER_ANSWERS = """
    SELECT s.code, r.code, o.number, 'paper answers', o.status, o.answer_revision,
        COUNT(a.revision), COALESCE(MAX(a.revision), 0)
    FROM referral_outgoing o
    LEFT JOIN referral_paper_answer a ON a.referral_id = o.id AND a.status = 'taken'
    JOIN core_owner s ON s.id = o.owner_id JOIN core_owner r ON r.id = o.recipient_id
    WHERE o.on_paper
    GROUP BY s.code, r.code, o.number, o.status, o.answer_revision
    HAVING COUNT(a.revision) <> o.answer_revision OR COALESCE(MAX(a.revision), 0) <> o.answer_revision
        OR (o.answer_revision = 0 AND o.status NOT IN ('sent', 'cancelling'))
"""


# Both books of a referral whose messages have all arrived. An entry that only one has, another sum, another month.
_LEDGER = f"""
    SELECT {_WHO}, m.id, p.id, p.price, p.owed_on, e.id, e.price, e.owed_on {_PAIR.format(join="JOIN")}
    JOIN referral_outgoing_item m ON m.referral_id = o.id
    LEFT JOIN referral_ledger_entry p ON p.owner_id = o.owner_id AND p.side = 'payable' AND p.item = m.id
    LEFT JOIN referral_ledger_entry e ON e.owner_id = i.owner_id AND e.side = 'receivable' AND e.item = m.id
    {_NAMES}
    WHERE {_SETTLED} AND NOT o.on_paper AND (p.id IS NOT NULL OR e.id IS NOT NULL)
      AND (p.id IS NULL OR e.id IS NULL OR COALESCE(p.price, -1) <> COALESCE(e.price, -1) OR p.owed_on <> e.owed_on)
"""


def check() -> Checked:
    """Compare the two ends of every referral whose two organisations live in this database.

    Runs over all organisations, for the operator of the installation. What is still on its way is no contradiction.
    """
    with ground(Scope.everything()), connection.cursor() as cursor:

        def asked(question: str) -> list[tuple[Any, ...]]:
            cursor.execute(question)
            return list(cursor.fetchall())

        ((referrals, under_way, on_paper),) = asked(_COUNT)
        wrong = [Contradiction(*row) for question in (_STATUS, _UNKNOWN, _PAPER_ARRIVED) for row in asked(question)]
        wrong += [
            Contradiction(*who, f"{status} r{heard}", f"{said} answers, newest r{newest}")
            for *who, status, heard, said, newest in asked(_PAPER_ANSWERS)
        ]
        wrong += [
            Contradiction(*who, f"{mine}/{heard}", f"{theirs}/{said}")
            for *who, mine, heard, theirs, said in asked(_REVISION)
        ]
        wrong += [
            Contradiction(*who, f"ledger {UUID(str(key))}", _line_text(*mine), _line_text(*theirs))
            for *who, key, a, b, c, d, e, f in asked(_LEDGER)
            for mine, theirs in [((a, b, c), (d, e, f))]
        ]
        wrong += _items(row for question in (_ITEMS_SENT, _ITEMS_UNKNOWN) for row in asked(question))
    wrong.sort(key=lambda one: (one.sender, one.number, one.what))
    return Checked(int(referrals), int(under_way), int(on_paper), tuple(wrong))


def _items(rows: Iterable[tuple[Any, ...]]) -> list[Contradiction]:
    return [
        Contradiction(
            *who, f"item {UUID(str(key))}", _item_text(status, revision), _item_text(their_status, their_revision)
        )
        for *who, key, status, revision, their_status, their_revision in rows
    ]


def _item_text(status: str | None, revision: int | None) -> str:
    return "-" if status is None else f"{status} r{revision}"


def _line_text(key: Any, price: int | None, day: Any) -> str:
    return "-" if key is None else f"{'?' if price is None else price} {str(day)[:10]}"
