"""Validated values of some tests with what surveillance asks of their orders, in the plainest form: there may be millions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from laras.bench.models import Result, ResultValue
from laras.core.scope import Scope


class Reported(NamedTuple):
    """A validated value. ``external``: another laboratory of the network performed and released it."""

    result: UUID
    order: UUID
    test: str
    kind: str
    operator: str
    number: Decimal | None
    until: Decimal | None
    answer: str
    text: str
    meets_limit: bool | None
    performer: UUID | None
    validated_at: datetime | None
    revision: int
    collected_at: datetime | None
    received_at: datetime | None
    sample_number: str
    registered_at: datetime
    source: str
    purpose: str
    patient: UUID | None
    site: UUID | None
    order_status: str

    @property
    def external(self) -> bool:
        return self.performer is not None

    @property
    def taken_at(self) -> datetime:
        """When the specimen was taken, or the nearest moment to it that is known."""
        return self.collected_at or self.received_at or self.registered_at


_COLUMNS = (
    "id", "order_id", "test_code", "kind", "operator", "number", "until", "answer", "text", "meets_limit",
    "performer_id", "validated_at", "revision", "sample__collected_at", "sample__received_at", "sample__number",
    "order__registered_at", "order__source", "order__purpose", "order__patient_id", "order__site_id", "order__status",
)  # fmt: skip


def reported_values(
    scope: Scope, tests: Collection[str], *, order_ids: Collection[UUID] | None = None
) -> Iterator[Reported]:
    """Validated values of these tests, order by order. One query; the rows come as they are read."""
    rows = Result.objects.within(scope).filter(status="validated", test_code__in=list(tests))
    if order_ids is not None:
        rows = rows.filter(order_id__in=list(order_ids))
    for row in rows.order_by("order_id", "id").values_list(*_COLUMNS).iterator(chunk_size=2000):
        yield Reported(*row)


def unchanged_since(scope: Scope, row: Reported, moment: datetime) -> bool:
    """Whether the value that stood at a moment says what stands now: it was opened again and confirmed."""
    before = (
        ResultValue.objects.within(scope)
        .filter(result_id=row.result, entered_at__lte=moment)
        .order_by("sequence")
        .last()
    )
    names = ("kind", "operator", "number", "until", "answer", "text")
    return before is not None and all(getattr(before, name) == getattr(row, name) for name in names)
