"""What stands between an order and its report."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, Q, Value, When
from django.utils.translation import gettext as _

from laras.bench import rules
from laras.bench.models import Result
from laras.bench.queries.holds import hold_view, open_holds, standing
from laras.bench.queries.shown import results_of
from laras.bench.types import HoldView, Missing, Releasable
from laras.catalogue import queries as catalogues
from laras.core.scope import Scope
from laras.orders import queries as orders


def releasable(scope: Scope, order_id: UUID) -> Releasable:
    """What of an order is validated, what is missing, what holds it. Raises NotFound for another's order.

    Seven queries, however many results there are. A requested test without a result row (its sample has not arrived) is
    missing too.
    """
    head = orders.order_head(scope, order_id)
    requested = orders.requested_of(scope, order_id=head.id)
    found = {row.requested_id: row for row in results_of(scope, head.id)}
    catalogue = catalogues.effective(head.owner_id)
    validated, missing = [], []
    for asked in requested:
        row = found.get(asked.id)
        if row is not None and row.status == "validated":
            validated.append(row)
            continue
        test = catalogue.tests.get(asked.test_code)
        missing.append(
            Missing(
                requested_id=asked.id,
                test_code=asked.test_code,
                name=test.name if test else asked.test_code,
                sample_number=asked.sample.number,
                status=row.status if row else "not_started",
                result_id=row.id if row else None,
            )
        )
    calls = tuple(call for row in found.values() for call in row.calls if call.open)
    return Releasable(head.id, tuple(validated), tuple(missing), tuple(open_holds(scope, head.id)), calls)


def finished_orders(scope: Scope, *, limit: int = 100) -> list[tuple[UUID, datetime | None]]:
    """Orders without a full report whose requested tests are all validated for good: (order, newest validation), outbreak, urgent
    ones, then what was finished first. One query; it looks at orders that are not finished only.
    """
    working = Result.objects.within(scope).filter(
        scope.condition("order__owner_id"), order__status__in=("registered", "working")
    )
    # Of the order and not "in" a list of orders: PostgreSQL would count that list's cost for every order and read all results.
    not_begun = orders.standing_tests(scope).filter(order_id=OuterRef("order_id"), result__isnull=True)
    rank = Case(
        *(When(order__urgency=word, then=Value(place)) for word, place in rules.URGENCY_RANK.items()),
        default=Value(9),
        output_field=IntegerField(),
    )
    rows = (
        working.filter(~Exists(not_begun))
        .order_by()
        .values("order_id")
        .annotate(
            rank=rank,
            open=Count(
                "id", filter=~Q(status__in=["validated", "cancelled"]) | Q(status="validated", provisional=True)
            ),
            finished=Count("id", filter=Q(status="validated")),
            at=Max("validated_at"),
        )
        .filter(open=0, finished__gt=0)
    )
    return list(rows.order_by("rank", "at", "order_id").values_list("order_id", "at")[:limit])


def holds_of(scope: Scope, order_ids: Collection[UUID]) -> list[HoldView]:
    """What holds these orders or their results now, oldest first; without the names of persons."""
    return [hold_view(hold, {}) for hold in standing(scope, order_ids)]


def objection_to(act: str, owner_id: UUID, requested_ids: Sequence[UUID]) -> str | None:
    """Why these requested tests cannot lose their sample or be cancelled; None when nothing speaks against it.

    Asked by orders before it acts. Only a validated result objects: it must be amended by a responsible person first.
    """
    rows = Result.objects.within(Scope.of(owner_id)).filter(
        requested_id__in=list(requested_ids), status="validated", requested__cancelled=False
    )
    if rows.exists():
        return _("Hasilnya sudah divalidasi. Hasil yang sudah divalidasi diperbaiki, bukan dibatalkan.")
    return None
