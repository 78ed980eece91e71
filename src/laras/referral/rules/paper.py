"""What a laboratory without a system wrote becomes the answer that one with a system would have sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from laras.referral.rules.following import receiver_status
from laras.referral.types import (
    Answer,
    ItemAnswer,
    ItemState,
    JourneyStep,
    PaperItem,
    PaperLine,
    ReportedResult,
    ResultStatus,
)

FLAGS = ("", "N", "L", "H", "LL", "HH", "A", "AA")
"""As a report marks a value; doubled letters are critical."""

SCANS: Mapping[bytes, str] = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
"""Kinds of scan by their first bytes: what a name or a browser says of a file proves nothing."""


def scan_type(content: bytes) -> str:
    """Media type of a scan, or nothing for what is none of :data:`SCANS`."""
    return next((kind for head, kind in SCANS.items() if content.startswith(head)), "")


def line_problem(line: PaperLine, item: PaperItem | None) -> str:
    """Why a line cannot be about this item now: a code, or nothing.

    ``unknown``; ``ended`` (it was given back); ``answered`` (a value is here, so it can no longer be refused or taken back);
    ``nothing_to_withdraw``.
    """
    if item is None:
        return "unknown"
    if item.state in ("refused", "cancelled"):
        return "ended"
    if line.outcome == "withdrawn":
        return "" if item.state == "resulted" else "nothing_to_withdraw"
    if line.outcome in ("refused", "cancelled", "accepted") and item.state == "resulted":
        return "answered"
    return ""


def answer_on_paper(
    items: Sequence[PaperItem],
    lines: Sequence[PaperLine],
    *,
    lab: tuple[UUID, str, str, int | None],
    at: datetime,
    remote_number: str = "",
    report: str = "",
    note: str = "",
    values: Mapping[UUID, Mapping[str, Any]],
) -> Answer:
    """The whole answer after these lines. ``lab``: id, code, name and tier of the laboratory; ``at``: when it happened there,
    by the paper; ``values``: item -> the bench's travelling value of the lines with a result. Lines are about
    ``items`` and have no :func:`line_problem`; items without a line stay as they are.
    """
    said = {line.item: line for line in lines}
    key, code, name, tier = lab

    def step(what: Literal["received", "refused", "withdrawn", "reported"], **more: Any) -> JourneyStep:
        return JourneyStep(what, at, code, name, tier, **more)

    answers = []
    for item in items:
        line = said.get(item.item)
        if line is None:
            answers.append(ItemAnswer(item.item, item.state, item.reason, item.note, item.journey))
            continue
        state: ItemState = "resulted" if line.outcome == "withdrawn" else line.outcome
        result, steps = None, item.journey
        if line.outcome == "accepted":
            steps = (*steps, step("received", number=remote_number))
        elif line.outcome == "refused":
            why = line.note if line.reason == "other" else line.reason
            steps = (*steps, step("refused", number=remote_number, note=why))
        elif line.outcome == "cancelled":
            steps = (*steps, step("withdrawn"))
        else:
            gone = line.outcome == "withdrawn"
            status: ResultStatus = "amended" if item.result else ("interim" if line.interim else "final")
            result = ReportedResult(
                revision=item.result + 1,
                status=status,
                performer=key,
                performer_code=code,
                performer_name=name,
                value=values.get(item.item, {}),
                report=report,
                reported_at=at,
                withdrawn=gone,
            )
            steps = (*steps, step("reported", number=report, status="withdrawn" if gone else status))
        answers.append(ItemAnswer(item.item, state, line.reason, line.note, steps, result))
    cancelled = any(line.outcome == "cancelled" for line in lines)
    return Answer(
        status="withdrawn" if cancelled else receiver_status(one.state for one in answers),
        items=tuple(answers),
        remote_order=remote_number,
        note=note,
    )
