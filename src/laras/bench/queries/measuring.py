"""How well tests measure at a laboratory, by which rule it decides, and what its quality samples say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from uuid import UUID

from laras.bench.models import DecisionRule, Measured, Result, TestPerformance
from laras.bench.queries.shown import value_of
from laras.bench.rules import performance
from laras.bench.rules.performance import Checked, Measuring, Performance
from laras.bench.types import QualityLine
from laras.core.scope import Scope
from laras.orders import queries as orders
from laras.orders.rules.holding import OF

FIGURES = ("lod", "loq", "u_kind", "u_value", "k", "rpd_max", "recovery_low", "recovery_high", "source")


def performances(scope: Scope) -> list[TestPerformance]:
    return list(TestPerformance.objects.within(scope).order_by("test_code", "matrix"))


def measuring(scope: Scope) -> Measuring:
    """Everything that decides; two queries."""
    rule = DecisionRule.objects.within(scope).values_list("rule", flat=True).first()
    rows = {(row.test_code, row.matrix): plain(row) for row in TestPerformance.objects.within(scope)}
    return Measuring(rule or "", rows)


def plain(row: TestPerformance) -> Performance:
    return Performance(row.test_code, row.matrix, **{name: getattr(row, name) for name in FIGURES})


def measured_of(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, Measured]:
    """Result -> what held when its value was entered. One query."""
    return {row.result_id: row for row in Measured.objects.within(scope).filter(result_id__in=list(ids))}


def quality_of(scope: Scope, rows: Sequence[Result]) -> dict[UUID, list[QualityLine]]:
    """Result of a site's sample -> what blanks, duplicates and spikes say of it, as far as they have values. Four queries at
    most, none without samples of sites. Rows come with order and sample."""
    sites = [row for row in rows if row.order.subject_kind in OF]
    if not sites:
        return {}
    watchers = orders.watchers_of(scope, {row.sample_id for row in sites})
    if not watchers:
        return {}
    held = measuring(scope)
    found = Result.objects.within(scope).filter(sample_id__in={one.quality_id for one in watchers})
    theirs = {(row.sample_id, row.test_code): row for row in found}
    lines: dict[UUID, list[QualityLine]] = {}
    for row in sites:
        for one in watchers:
            other = theirs.get((one.quality_id, row.test_code))
            if one.sample_id != row.sample_id or other is None:
                continue
            checked = None
            if other.kind:
                checked = _check(
                    one.role, row, other, one.added.get(row.test_code), held.of(row.test_code, row.order.matrix)
                )
            lines.setdefault(row.id, []).append(QualityLine(one.role, one.number, other.id, checked))
    return lines


def _check(role: str, row: Result, other: Result, added: str | None, held: Performance | None) -> Checked:
    theirs = value_of(other)
    if role in performance.BLANKS:
        return performance.check_blank(role, theirs, held)
    if not row.kind:
        return Checked(role, None, "no_number")
    if role == "duplicate":
        return performance.check_duplicate(value_of(row), theirs, held)
    try:
        amount = Decimal(added) if added else None
    except InvalidOperation:
        amount = None
    return performance.check_spike(value_of(row), theirs, amount, held)
