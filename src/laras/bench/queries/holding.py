"""The clocks of samples that wait for their test to begin, and how tests began."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from laras.bench.models import Beginning, Result
from laras.bench.queries.rows import open_results, with_its_things
from laras.bench.types import Begun
from laras.catalogue import queries as catalogues
from laras.catalogue.types import Catalogue
from laras.core.scope import Scope
from laras.orders.rules.holding import OF, Holding, holding_of

MOST = 600
"""Waiting tests whose clocks are shown on one page."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tests of one sample that share a clock."""

    first: Result
    results: tuple[Result, ...]
    clock: Holding


def clock_of(catalogue: Catalogue, row: Result) -> Holding | None:
    """The clock of a result with its order and sample; None for people and where nothing is known."""
    if row.order.subject_kind not in OF:
        return None
    sample = row.sample
    return holding_of(
        catalogue,
        row.test_code,
        matrix=row.order.matrix,
        preservation=sample.preservation,
        taken_at=sample.collected_at,
    )


def begun_among(scope: Scope, ids: Iterable[UUID]) -> set[UUID]:
    """Which of these results began; nothing is asked for none."""
    wanted = list(ids)
    if not wanted:
        return set()
    return set(Beginning.objects.within(scope).filter(result_id__in=wanted).values_list("result_id", flat=True))


def waiting_clocks(scope: Scope, owner_id: UUID) -> list[Waiting]:
    """What waits for its test to begin, by sample and clock, what ends first on top. Two queries."""
    rows = open_results(scope, "waiting").filter(
        order__subject_kind__in=OF, sample__collected_at__isnull=False, beginning__isnull=True
    )
    catalogue = catalogues.effective(owner_id)
    groups: dict[tuple[UUID, int, bool], list[tuple[Result, Holding]]] = {}
    for row in with_its_things(rows).order_by("sample__collected_at", "sample_id", "id")[:MOST]:
        clock = clock_of(catalogue, row)
        if clock is not None:
            groups.setdefault((row.sample_id, clock.hours, clock.judges), []).append((row, clock))
    found = [Waiting(group[0][0], tuple(row for row, _clock in group), group[0][1]) for group in groups.values()]
    return sorted(found, key=lambda one: (one.clock.until, not one.clock.judges, one.first.sample.number))


def beginnings_of(scope: Scope, order_id: UUID) -> list[Begun]:
    """How the tests of an order began, in the order of its lines. One query."""
    rows = Beginning.objects.within(scope).filter(result__order_id=order_id).select_related("result", "result__sample")
    return [
        Begun(
            row.result_id, row.result.test_code, row.result.sample.number, row.begun_at, row.taken_at, row.hours, row.late,
            row.reason,
        )
        for row in rows.order_by("result__sample__position", "result_id")
    ]  # fmt: skip
