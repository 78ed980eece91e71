"""What the temperature logs of a box mean for each specimen in it. Without an excursion nothing is asked of the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from laras.core.scope import Scope
from laras.referral import codec
from laras.referral.models import Box, BoxItem, IncomingBox, IncomingBoxItem, IncomingItem, OutgoingItem
from laras.referral.rules.temperature import Judged, judge_specimen
from laras.referral.shipped import keeping_rows
from laras.referral.types import Excursion, TemperatureLog


def logs_of(box: Box | IncomingBox) -> list[TemperatureLog]:
    """The logs of a box, kept here or told by the other end, by their first reading."""
    found = [codec.read(TemperatureLog, log) for log in (*box.logs, *box.remote_logs)]
    return sorted(found, key=lambda one: (one.first, one.id))


def _outside(box: Box | IncomingBox) -> list[tuple[Excursion, ...]]:
    return [log.excursions for log in logs_of(box) if log.excursions]


def _judged(box: Box | IncomingBox, specimen: str, tests: Collection[str]) -> Judged:
    return judge_specimen(_outside(box), keeping_rows(), specimen, tests, box.temperature)


def doubts_in_box(scope: Scope, box: Box, items: Iterable[BoxItem]) -> dict[UUID, Judged]:
    """Our box: sample -> what its temperature means, for those that may not be fine."""
    if not _outside(box):
        return {}
    rows = list(items)
    tests: dict[tuple[UUID, UUID], set[str]] = defaultdict(set)
    sent = OutgoingItem.objects.within(scope).filter(referral_id__in={row.referral_id for row in rows})
    for referral_id, sample_id, code in sent.values_list("referral_id", "sample_id", "test_code"):
        tests[referral_id, sample_id].add(code)
    found = {row.sample_id: _judged(box, row.sample.specimen, tests[row.referral_id, row.sample_id]) for row in rows}
    return {key: one for key, one in found.items() if one.verdict != "fine"}


def doubts_in_incoming_box(scope: Scope, box: IncomingBox, items: Iterable[IncomingBoxItem]) -> dict[str, Judged]:
    """A box to us: sender's label -> what its temperature means, for those that may not be fine."""
    if not _outside(box):
        return {}
    rows = list(items)
    tests: dict[str, set[str]] = defaultdict(set)
    asked = IncomingItem.objects.within(scope).filter(
        referral__sender_id=box.sender_id, referral__remote__in={row.referral for row in rows if row.referral}
    )
    for number, code in asked.values_list("sample_number", "test_code"):
        tests[number].add(code)
    found = {row.sample_number: _judged(box, row.specimen, tests[row.sample_number]) for row in rows}
    return {key: one for key, one in found.items() if one.verdict != "fine"}


def doubts_of_incoming(
    scope: Scope, sender_id: UUID, items: Iterable[IncomingItem]
) -> dict[str, tuple[Judged, IncomingBoxItem]]:
    """Items of one referral to us: sender's label -> what the temperature of its box means, and what was found of it there."""
    tests: dict[str, set[str]] = defaultdict(set)
    for item in items:
        tests[item.sample_number].add(item.test_code)
    boxed = IncomingBoxItem.objects.within(scope).filter(box__sender_id=sender_id, sample_number__in=list(tests))
    found = {}
    for row in boxed.select_related("box").order_by("box__announced_at"):
        judged = _judged(row.box, row.specimen, tests[row.sample_number])
        if judged.verdict != "fine":
            found[row.sample_number] = (judged, row)
    return found
