"""Critical calls with the results that they are about."""

from __future__ import annotations

from datetime import datetime

from laras.bench.models import CriticalCall
from laras.bench.queries.calls import call_view, open_calls
from laras.bench.queries.persons import names_of
from laras.bench.queries.rows import rows_with_things
from laras.bench.queries.shown import work_items
from laras.bench.types import CallView, WorkItem
from laras.core.scope import Scope


def critical_calls(scope: Scope, *, limit: int = 100) -> list[tuple[CallView, WorkItem]]:
    """Open calls with their results, the most urgent clock first."""
    calls = list(open_calls(scope).order_by("due_at", "id")[:limit])
    rows = rows_with_things(scope, (call.result_id for call in calls))
    items = {item.result.id: item for item in work_items(scope, rows)}
    return [(call_view(call, {}), items[call.result_id]) for call in calls if call.result_id in items]


def calls_made(scope: Scope, *, since: datetime, limit: int = 100) -> list[tuple[CallView, WorkItem]]:
    """Calls that were made since a moment, newest first."""
    calls = list(CriticalCall.objects.within(scope).filter(called_at__gte=since).order_by("-called_at", "-id")[:limit])
    names = names_of(call.called_by for call in calls)
    rows = rows_with_things(scope, {call.result_id for call in calls})
    items = {item.result.id: item for item in work_items(scope, rows)}
    return [(call_view(call, names), items[call.result_id]) for call in calls if call.result_id in items]
