"""Sets of results: all of a scope, the open ones, narrowed by a filter, a page of a sorted list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import BooleanField, Case, F, Func, IntegerField, Q, QuerySet, Value, When

from laras.bench import rules
from laras.bench.models import Result
from laras.bench.types import Narrowing, Target
from laras.core.scope import Scope


class _InLiterally(Func):
    """``status IN ('a', 'b')`` with the words in the statement: SQLite uses a partial index for nothing else."""

    output_field = BooleanField()

    def __init__(self, words: Sequence[str]) -> None:
        listed = ", ".join(f"'{word}'" for word in words)
        super().__init__(F("status"), template=f"%(expressions)s IN ({listed})")


OPEN = ("waiting", "to_refer", "referred", "entered", "verified")
_IS_OPEN = _InLiterally(OPEN)
URGENT_FIRST = Case(
    *(When(urgency=word, then=Value(rank)) for word, rank in rules.URGENCY_RANK.items()),
    default=Value(9),
    output_field=IntegerField(),
)


def results(scope: Scope) -> QuerySet[Result]:
    """All results of the scope, for API lists; ordered by the caller."""
    return Result.objects.within(scope)


def open_results(scope: Scope, *statuses: str) -> QuerySet[Result]:
    """Results that are not finished, in these statuses (all open ones without any). Answered from the small index."""
    rows = Result.objects.within(scope).filter(_IS_OPEN)
    return rows.filter(status__in=statuses) if statuses else rows


def narrowed(rows: QuerySet[Result], by: Narrowing) -> QuerySet[Result]:
    """Those of ``rows`` that a filter lets through."""
    if any("\x00" in part for part in (by.test_code, by.discipline, by.urgency, by.number)):
        return rows.none()  # no database keeps such a letter, and one refuses to be asked for it
    if by.test_code:
        rows = rows.filter(test_code=by.test_code)
    if by.discipline:
        rows = rows.filter(discipline=by.discipline)
    if by.urgency:
        rows = rows.filter(urgency=by.urgency)
    if by.number:
        number = by.number.strip().upper()
        rows = rows.filter(
            Q(sample__number=number) | Q(order__number=number) | Q(sample__external_number=by.number.strip())
        )
    return rows


_SHOWN = {
    "order": (
        "number", "subject_kind", "subject_label", "purpose", "standard", "matrix", "in_situ", "registered_at", "patient", "site",
        "client",
    ),
    "order__patient": ("full_name", "sex", "birth_date"),
    "order__site": ("name",),
    "sample": ("number", "specimen", "preservation", "collected_at", "received_at"),
    "requested": ("position",),
}  # fmt: skip
"""What the bench shows and judges by; the rest of those wide rows need not be read for each line of a list."""


def with_its_things(rows: QuerySet[Result]) -> QuerySet[Result]:
    """With order, subject, sample and requested test: of these only what the bench shows and judges by."""
    own = [field.attname for field in Result._meta.concrete_fields]
    return rows.select_related(*_SHOWN).only(*own, *(f"{of}__{name}" for of, names in _SHOWN.items() for name in names))


def page(scope: Scope, rows: QuerySet[Result], limit: int, offset: int) -> list[Result]:
    """A page of a sorted list. The keys are sorted alone, so that a long list does not carry all its columns along."""
    wanted = keys(rows, limit, offset)
    found = {row.id: row for row in with_its_things(Result.objects.within(scope).filter(id__in=wanted))}
    return [found[key] for key in wanted]


def keys(rows: QuerySet[Result], limit: int, offset: int = 0) -> list[UUID]:
    return list(rows.values_list("id", flat=True)[offset : offset + limit])


def rows_with_things(scope: Scope, ids: Iterable[UUID]) -> list[Result]:
    """Rows with order, subject and sample; unknown ids are left out."""
    return list(with_its_things(Result.objects.within(scope).filter(id__in=list(ids))))


def targets_on_samples(scope: Scope, numbers: Iterable[str]) -> list[Target]:
    """Every result on samples with these numbers (as on the label, or the sender's own), whatever its status. One query."""
    wanted = list(numbers)
    rows = Result.objects.within(scope).filter(Q(sample__number__in=wanted) | Q(sample__external_number__in=wanted))
    found = rows.values_list("id", "sample__number", "sample__external_number", "test_code", "status", "entries")
    return [Target(*row) for row in found.order_by("id")]
