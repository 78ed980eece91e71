"""Critical calls with the results that they are about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from laras.bench.models import CriticalCall, Result
from laras.bench.queries.calls import call_view, open_calls
from laras.bench.queries.persons import names_of
from laras.bench.queries.rows import rows_with_things
from laras.bench.queries.shown import work_items
from laras.bench.types import CallView, Whom, WorkItem
from laras.core.scope import Scope


def critical_calls(scope: Scope, *, limit: int = 100) -> list[tuple[CallView, WorkItem]]:
    """Open calls with their results, the most urgent clock first."""
    calls = list(open_calls(scope).order_by("due_at", "id")[:limit])
    rows = rows_with_things(scope, (call.result_id for call in calls))
    items = {item.result.id: item for item in work_items(scope, rows)}
    return [(call_view(call, {}), items[call.result_id]) for call in calls if call.result_id in items]


def whom_to_call(scope: Scope, order_ids: Collection[UUID]) -> dict[UUID, Whom]:
    """Order -> who asked for it and how to reach them, where anything is known; one query."""
    rows = Result.objects.within(scope).filter(order_id__in=list(order_ids)).order_by()
    found = rows.values_list(
        "order_id", "order__requester", "order__client__name", "order__client__contact_name", "order__client__phone"
    )
    return {order_id: Whom(*(part or "" for part in parts)) for order_id, *parts in found.distinct() if any(parts)}


def calls_made(scope: Scope, *, since: datetime, limit: int = 100) -> list[tuple[CallView, WorkItem]]:
    """Calls that were made since a moment, newest first."""
    calls = list(CriticalCall.objects.within(scope).filter(called_at__gte=since).order_by("-called_at", "-id")[:limit])
    names = names_of(call.called_by for call in calls)
    rows = rows_with_things(scope, {call.result_id for call in calls})
    items = {item.result.id: item for item in work_items(scope, rows)}
    return [(call_view(call, names), items[call.result_id]) for call in calls if call.result_id in items]
