"""Orders as a client of the laboratory may read them: its own, found by scope and client together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from laras.basics.names import prefix_range, search_key
from laras.core import clock
from laras.core.scope import Scope, get_or_404
from laras.orders.models import Order, OrderLine, Sample
from laras.orders.queries import (
    PAGE,
    OrderDetail,
    OrderFilter,
    _filtered,
    _printable,
    _read_cursor,
    find_by_number,
    get_order,
    subject_of,
)

OPEN = ("registered", "working")


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """One order of a client's list: whom it is about, the names of its tests, its samples in order."""

    order: Order
    subject: str
    tests: tuple[str, ...] = ()
    samples: list[Sample] = field(default_factory=list)


def orders_of(
    scope: Scope,
    client_ids: Collection[UUID],
    wanted: OrderFilter | None = None,
    *,
    open_only: bool = False,
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[PartnerRow], str]:
    """Orders of these clients, newest first, and the cursor of the next page (empty at the end). Three queries.

    ``wanted.text`` is the beginning of an order's number, or a sample's number. Raises Refused for a cursor that is none.
    """
    wanted = wanted or OrderFilter()
    rows = _filtered(scope, replace(wanted, text="")).filter(client_id__in=list(client_ids))
    if open_only:
        rows = rows.filter(status__in=OPEN)
    if text := _printable(wanted.text):
        rows = _numbered(scope, rows, text)
    if after:
        moment, key = _read_cursor(after)
        rows = rows.filter(registered_at__lte=moment).exclude(registered_at=moment, id__gte=key)
    found = list(rows.select_related("patient", "site", "client").order_by("-registered_at", "-id")[: limit + 1])
    following = ""
    if len(found) > limit:
        last = found[limit - 1]
        following = f"{last.registered_at.isoformat()}~{last.id}"
        found = found[:limit]
    return _with_contents(scope, found), following


def _numbered(scope: Scope, rows: QuerySet[Order], text: str) -> QuerySet[Order]:
    hits = {item.order_id for item in find_by_number(scope, text)}
    low, high = prefix_range(text.upper())
    return rows.filter(Q(id__in=hits) | Q(number__gte=low, number__lt=high))


def _with_contents(scope: Scope, found: Sequence[Order]) -> list[PartnerRow]:
    ids = [order.id for order in found]
    tests: dict[UUID, list[str]] = {key: [] for key in ids}
    lines = OrderLine.objects.within(scope).filter(order_id__in=ids, cancelled=False).order_by("order_id", "position")
    for order_id, name in lines.values_list("order_id", "name"):
        tests[order_id].append(name)
    samples: dict[UUID, list[Sample]] = {key: [] for key in ids}
    for sample in Sample.objects.within(scope).filter(order_id__in=ids).order_by("order_id", "position"):
        samples[sample.order_id].append(sample)
    return [PartnerRow(order, subject_of(order), tuple(tests[order.id]), samples[order.id]) for order in found]


def order_of(scope: Scope, client_ids: Collection[UUID], order_id: UUID | str) -> OrderDetail:
    """One order of these clients, whole. Raises NotFound for another client's, as for another laboratory's."""
    own = Order.objects.within(scope).filter(client_id__in=list(client_ids))
    return get_order(scope, get_or_404(own, id=order_id).id)


def found_by(scope: Scope, client_ids: Collection[UUID], text: str, *, limit: int = 20) -> list[PartnerRow]:
    """The clients' orders by a number, the beginning of a patient's first or last name, or a place's name."""
    text = _printable(text)[:150]
    if not text:
        return []
    rows = Order.objects.within(scope).filter(client_id__in=list(client_ids))
    numbered = {item.order_id for item in find_by_number(scope, text)}
    named = Q(id__in=numbered) | Q(site__name__istartswith=text)
    if key := search_key(text):
        low, high = prefix_range(key)
        for name in ("patient__search_name", "patient__search_tail"):
            named |= Q(**{f"{name}__gte": low, f"{name}__lt": high})
    found = rows.filter(named).select_related("patient", "site", "client").order_by("-registered_at", "-id")
    return _with_contents(scope, list(found[:limit]))


def counts_of(scope: Scope, client_ids: Collection[UUID], *, since: datetime) -> dict[str, int]:
    """``open``: orders under way; ``registered``: since a moment."""
    rows = Order.objects.within(scope).filter(client_id__in=list(client_ids))
    return {
        "open": rows.filter(status__in=OPEN).count(),
        "registered": rows.filter(registered_at__gte=since).exclude(status="cancelled").count(),
    }


def refused_of(scope: Scope, client_ids: Collection[UUID], *, days: int = 30, limit: int = 20) -> list[Sample]:
    """Samples of the last days that the laboratory refused and that still lack their replacement, newest first."""
    replaced = Sample.objects.within(scope).filter(replaces__isnull=False, status__in=("collected", "received"))
    rows = Sample.objects.within(scope).filter(
        status="refused",
        order__client_id__in=list(client_ids),
        order__status__in=OPEN,
        order__registered_at__gte=clock.now() - timedelta(days=days),
    )
    rows = rows.exclude(id__in=replaced.filter(order__client_id__in=list(client_ids)).values("replaces_id"))
    return list(
        rows.select_related("order", "order__patient", "order__site").order_by(
            "-order__registered_at", "order_id", "position"
        )[:limit]
    )
