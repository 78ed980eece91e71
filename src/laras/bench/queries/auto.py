"""Rules of automatic verification, and what one of them would do with results that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from laras.bench import persons_at
from laras.bench.models import AutoRule, Result
from laras.bench.queries.earlier import Earlier, previous_values
from laras.bench.queries.holds import standing
from laras.bench.queries.rows import keys, rows_with_things
from laras.bench.queries.shown import value_of
from laras.bench.rules.auto import Case, Conditions, why_stopped
from laras.catalogue.types import unpack
from laras.core import clock
from laras.core.scope import Scope, get_or_404

MOST = 2000
"""Results that a trial looks at, the newest."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done. ``stops``: (codes' first, how many), the most frequent first; ``examples``: of those that
    stop (result, test, sample number, codes)."""

    days: int
    total: int
    passed: int
    stops: tuple[tuple[str, int], ...]
    examples: tuple[tuple[UUID, str, str, tuple[str, ...]], ...]


def get_auto_rule(scope: Scope, rule_id: UUID | str) -> AutoRule:
    """Raises NotFound."""
    return get_or_404(AutoRule.objects.within(scope), id=rule_id)


def auto_rules(scope: Scope, *statuses: str) -> list[AutoRule]:
    """By test, the newest version first."""
    rows = AutoRule.objects.within(scope).filter(status__in=statuses)
    return list(rows.order_by("test_code", "-number"))


def conditions_of(rule: AutoRule) -> Conditions:
    return Conditions(
        within=rule.within,
        low=rule.low,
        high=rule.high,
        unit=rule.unit,
        delta_percent=rule.delta_percent,
        delta_days=rule.delta_days,
        sex=rule.sex,
        age_from=rule.age_from,
        age_to=rule.age_to,
        exempt=frozenset(UUID(key) for key in rule.exempt),
        switched_on_by=rule.switched_on_by,
    )


def cases(scope: Scope, zone: str, rows: Sequence[Result], earlier: Mapping[UUID, Earlier]) -> dict[UUID, Case]:
    """Result -> what a rule looks at; the rows come with order, patient and sample. One query, for the holds."""
    held = {(hold.order_id, hold.result_id) for hold in standing(scope, {row.order_id for row in rows})}
    found = {}
    for row in rows:
        person, before = persons_at.person_of(row, zone), earlier.get(row.id)
        found[row.id] = Case(
            value=value_of(row),
            unit=row.unit,
            flag=row.flag,
            critical=row.critical,
            meets_limit=row.meets_limit,
            change=tuple(finding.code for finding in unpack(row.delta)),
            entries=row.entries,
            entered_by=row.entered_by,
            held=(row.order_id, None) in held or (row.order_id, row.id) in held,
            device_flag=row.device_flag,
            control_state=row.control_state,
            sex=person.sex,
            age=persons_at.years_of(row, zone),
            sender=row.order.client_id,
            previous=before.value if before else None,
            previous_unit=before.unit if before else "",
            previous_days=before.days_before(row, zone) if before else None,
        )
    return found


def try_auto_rule(scope: Scope, zone: str, rule: AutoRule, *, days: int, person: UUID) -> Trial:
    """What this rule would have done, had ``person`` switched it on, with the results entered in the last ``days`` as far as
    they are not taken back. Six queries, however many there are. A rule for every test leaves out tests that have their own.
    """
    found = Result.objects.within(scope).filter(
        status__in=("entered", "verified", "validated"),
        performer__isnull=True,
        entered_at__gte=clock.now() - timedelta(days=days),
    )
    if rule.test_code:
        found = found.filter(test_code=rule.test_code)
    else:
        own = [one.test_code for one in auto_rules(scope, "on") if one.test_code]
        found = found.exclude(test_code__in=own)
    rows = rows_with_things(scope, keys(found.order_by("-entered_at", "id"), MOST))
    asked = replace(conditions_of(rule), switched_on_by=rule.switched_on_by or person)
    seen = cases(scope, zone, rows, previous_values(scope, rows))
    stops: Counter[str] = Counter()
    examples = []
    for row in rows:
        why = why_stopped(asked, seen[row.id])
        if why:
            stops[why[0]] += 1
            examples.append((row.id, row.test_code, row.sample.number, why))
    return Trial(days, len(rows), len(rows) - len(examples), tuple(stops.most_common()), tuple(examples[:20]))
