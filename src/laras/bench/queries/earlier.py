"""What a person's test was before: the previous value for the delta, the history for the eye."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from laras.bench import rules
from laras.bench.models import Result
from laras.bench.queries.rows import rows_with_things
from laras.bench.queries.shown import value_here
from laras.bench.types import Past
from laras.catalogue import queries as catalogues
from laras.catalogue.types import ParsedValue
from laras.core.scope import Scope
from laras.people import queries as people


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest validated value of the same person and test before this result."""

    result_id: UUID
    value: ParsedValue
    unit: str
    at: datetime

    def days_before(self, result: Result, zone: str) -> int:
        """Calendar days in the laboratory's zone between the two samples; never below 0."""
        there = ZoneInfo(zone)
        now = result.sample.collected_at or result.opened_at
        return max(0, (now.astimezone(there).date() - self.at.astimezone(there).date()).days)


def previous_values(scope: Scope, of: Sequence[Result]) -> dict[UUID, Earlier]:
    """Result -> the previous one, for results of persons; three queries, however many are asked for.

    The rows come with ``order``. Persons that were merged are one person.
    """
    wanted = [row for row in of if row.order.patient_id]
    if not wanted:
        return {}
    person_of = people.persons(scope, {row.order.patient_id for row in wanted})
    by_person: dict[tuple[UUID, str], list[dict[str, Any]]] = {}
    for row in _validated_of(scope, person_of, {row.test_code for row in wanted}):
        by_person.setdefault((person_of[row["order__patient_id"]], row["test_code"]), []).append(row)
    answer = {}
    for result in wanted:
        before = [
            row
            for row in by_person.get((person_of[result.order.patient_id], result.test_code), ())
            if row["id"] != result.id and row["opened_at"] <= result.opened_at
        ]
        if before:
            newest = max(before, key=lambda row: (row["opened_at"], row["id"]))
            answer[result.id] = Earlier(
                newest["id"],
                rules.value_again(
                    **{name: newest[name] for name in ("raw", "kind", "operator", "number", "until", "answer", "text")}
                ),
                newest["unit"],
                newest["sample__collected_at"] or newest["opened_at"],
            )
    return answer


def _validated_of(scope: Scope, patient_ids: Collection[UUID], codes: Collection[str]) -> list[dict[str, Any]]:
    rows = Result.objects.within(scope).filter(
        order__patient_id__in=patient_ids, test_code__in=codes, status="validated"
    )
    return list(
        rows.order_by().values(
            "id", "test_code", "opened_at", "order__patient_id", "raw", "kind", "operator", "number", "until", "answer",
            "text", "unit", "sample__collected_at",
        )
    )  # fmt: skip


def history_of(
    scope: Scope, patient_id: UUID, test_codes: Collection[str], *, before: datetime | None = None, limit: int = 8
) -> dict[str, list[Past]]:
    """Test code -> the person's validated results, newest first; merged persons included."""
    ids = people.identity_ids(scope, patient_id)
    rows = Result.objects.within(scope).filter(
        order__patient_id__in=ids, test_code__in=list(test_codes), status="validated"
    )
    if before is not None:
        rows = rows.filter(opened_at__lt=before)
    found: dict[str, list[Past]] = {}
    for row in rows.select_related("order", "sample").order_by("-opened_at", "-id"):
        lines = found.setdefault(row.test_code, [])
        if len(lines) < limit:
            lines.append(_past(row))
    return found


def history_of_many(scope: Scope, ids: Sequence[UUID], *, limit: int = 4) -> dict[UUID, list[Past]]:
    """Result -> the same person's earlier validated values of that test, newest first; a fixed number of queries."""
    wanted = [row for row in rows_with_things(scope, ids) if row.order.patient_id]
    if not wanted:
        return {}
    person_of = people.persons(scope, {row.order.patient_id for row in wanted})
    rows = _rows_before(scope, person_of, {row.test_code for row in wanted})
    by_person: dict[tuple[UUID, str], list[Result]] = {}
    for row in rows:
        by_person.setdefault((person_of[row.order.patient_id], row.test_code), []).append(row)
    found = {}
    for result in wanted:
        before = [
            row
            for row in by_person.get((person_of[result.order.patient_id], result.test_code), ())
            if row.id != result.id and row.opened_at <= result.opened_at
        ]
        before.sort(key=lambda row: (row.opened_at, row.id), reverse=True)
        found[result.id] = [_past(row) for row in before[:limit]]
    return found


def _rows_before(scope: Scope, patient_ids: Collection[UUID], codes: Collection[str]) -> QuerySet[Result]:
    rows = Result.objects.within(scope).filter(
        order__patient_id__in=patient_ids, test_code__in=codes, status="validated"
    )
    # Few columns of three tables: a page of the validation queue reads a hundred of these.
    return rows.select_related("order", "sample").only(
        "owner_id", "test_code", "opened_at", "raw", "kind", "operator", "number", "until", "answer", "text", "unit",
        "flag", "performer_name", "order__number", "order__patient", "sample__collected_at",
    )  # fmt: skip


def _past(row: Result) -> Past:
    return Past(
        row.id,
        row.order.number,
        row.sample.collected_at or row.opened_at,
        value_here(catalogues.effective(row.owner_id), row.test_code, row),
        row.unit,
        row.flag,
        row.performer_name,
    )
