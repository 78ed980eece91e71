"""Short lists of one page, read together: their rows are wide, and two homes ask for the same kind of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from laras.bench.queries.calls import call_view, open_calls
from laras.bench.queries.lists import late_rows, queue_rows, worklist_sorted
from laras.bench.queries.rows import keys, rows_with_things
from laras.bench.queries.shown import work_items
from laras.bench.types import CallView, WorkItem
from laras.core.scope import Scope


class Together:
    """Each list is asked for by its keys at once; its rows come when the first list is opened (called), those of all lists
    with five queries."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._wanted: set[UUID] = set()
        self._found: dict[UUID, WorkItem] | None = None

    def worklist(self, *, limit: int) -> Callable[[], list[WorkItem]]:
        return self._list(keys(worklist_sorted(self._scope), limit))

    def to_verify(self, *, limit: int) -> Callable[[], list[WorkItem]]:
        return self._list(keys(queue_rows(self._scope, "entered"), limit))

    def to_validate(self, *, limit: int) -> Callable[[], list[WorkItem]]:
        return self._list(keys(queue_rows(self._scope, "verified"), limit))

    def late(self, *, limit: int) -> Callable[[], list[WorkItem]]:
        return self._list(keys(late_rows(self._scope), limit))

    def critical_calls(self, *, limit: int) -> Callable[[], list[tuple[CallView, WorkItem]]]:
        calls = list(open_calls(self._scope).order_by("due_at", "id")[:limit])
        self._list([call.result_id for call in calls])
        return lambda: [
            (call_view(call, {}), self._rows()[call.result_id]) for call in calls if call.result_id in self._rows()
        ]

    def _list(self, wanted: Sequence[UUID]) -> Callable[[], list[WorkItem]]:
        self._wanted.update(wanted)
        self._found = None
        return lambda: [self._rows()[key] for key in wanted if key in self._rows()]

    def _rows(self) -> dict[UUID, WorkItem]:
        if self._found is None:
            rows = rows_with_things(self._scope, self._wanted) if self._wanted else []
            self._found = {item.result.id: item for item in work_items(self._scope, rows)}
        return self._found
