"""The lists of the day: what is to be worked on, verified, validated, what is late, and how much of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet

from laras.bench import rules, words
from laras.bench.models import Result
from laras.bench.queries.calls import open_calls
from laras.bench.queries.rows import URGENT_FIRST, narrowed, open_results, page
from laras.bench.queries.shown import work_items
from laras.bench.types import Counts, Narrowing, WorkItem
from laras.catalogue.types import unpack
from laras.core import clock
from laras.core.scope import Scope


def worklist_rows(
    scope: Scope,
    by: Narrowing | None = None,
    *,
    statuses: Sequence[str] = ("waiting",),
    limit: int = 100,
    offset: int = 0,
) -> list[Result]:
    """What is to be worked on: outbreak and urgent first, then what came first; samples of one order stay together."""
    return page(scope, worklist_sorted(scope, by, statuses), limit, offset)


def worklist_sorted(
    scope: Scope, by: Narrowing | None = None, statuses: Sequence[str] = ("waiting",)
) -> QuerySet[Result]:
    rows = narrowed(open_results(scope, *statuses), by or Narrowing())
    return rows.annotate(rank=URGENT_FIRST).order_by("rank", "opened_at", "order_id", "id")


def worklist(
    scope: Scope,
    by: Narrowing | None = None,
    *,
    statuses: Sequence[str] = ("waiting",),
    limit: int = 100,
    offset: int = 0,
) -> list[WorkItem]:
    """:func:`worklist_rows` as they leave the module."""
    return work_items(scope, worklist_rows(scope, by, statuses=statuses, limit=limit, offset=offset))


def to_verify(
    scope: Scope, by: Narrowing | None = None, *, normal: bool | None = None, limit: int = 100, offset: int = 0
) -> list[WorkItem]:
    """Entered results: critical and abnormal first, then by urgency and age. ``normal`` True: only those that may go as a
    batch; False: only those that a person must look at one by one."""
    return work_items(scope, page(scope, queue_rows(scope, "entered", by, normal=normal), limit, offset))


def to_validate(
    scope: Scope, by: Narrowing | None = None, *, normal: bool | None = None, limit: int = 100, offset: int = 0
) -> list[WorkItem]:
    """Verified results; see :func:`to_verify`."""
    return work_items(scope, page(scope, queue_rows(scope, "verified", by, normal=normal), limit, offset))


def queue_rows(
    scope: Scope, status: str, by: Narrowing | None = None, *, normal: bool | None = None
) -> QuerySet[Result]:
    """The results that wait in ``entered`` for a verifier, in ``verified`` for the validator, sorted."""
    rows = narrowed(open_results(scope, status), by or Narrowing())
    if normal is not None:
        rows = rows.filter(abnormal=not normal)
    return rows.annotate(rank=URGENT_FIRST).order_by("-critical", "-abnormal", "rank", f"{status}_at", "id")


def tests_waiting(scope: Scope, *statuses: str) -> list[tuple[str, str, int]]:
    """(test code, discipline, how many) of the open results, for the filters of the worklist."""
    rows = open_results(scope, *(statuses or ("waiting",)))
    found = rows.order_by().values_list("test_code", "discipline").annotate(count=Count("id"))
    return sorted(found, key=lambda row: (row[1], row[0]))


def late(scope: Scope, *, limit: int = 20) -> list[WorkItem]:
    """Open results past their due time, the longest overdue first."""
    return work_items(scope, page(scope, late_rows(scope), limit, 0))


def late_rows(scope: Scope) -> QuerySet[Result]:
    return open_results(scope).filter(due_at__lt=clock.now()).order_by("due_at", "id")


def count(scope: Scope, by: Narrowing | None = None, *statuses: str) -> int:
    return narrowed(open_results(scope, *statuses), by or Narrowing()).count()


def count_queue(scope: Scope, status: str, by: Narrowing | None = None) -> tuple[int, int]:
    """(to be looked at one by one, normal) among the results of this status; one query."""
    found = narrowed(open_results(scope, status), by or Narrowing()).aggregate(
        look=Count("id", filter=Q(abnormal=True)), normal=Count("id", filter=Q(abnormal=False))
    )
    return found["look"], found["normal"]


def alone_counts(scope: Scope, status: str, by: Narrowing | None = None) -> list[tuple[str, int]]:
    """(reason in words, how many) of what waits in ``status`` and goes one by one; one query, the most frequent first."""
    rows = narrowed(open_results(scope, status), by or Narrowing()).filter(abnormal=True).order_by()
    found: Counter[str] = Counter()
    for abnormal, critical, flag, meets, delta in rows.values_list(
        "abnormal", "critical", "flag", "meets_limit", "delta"
    ):
        change = [finding.code for finding in unpack(delta)]
        why = rules.why_alone(abnormal=abnormal, critical=critical, flag=flag, meets_limit=meets, change=change)
        found[words.alone(why[:1])] += 1
    return found.most_common()


def counts(scope: Scope) -> Counts:
    """The bench at a glance; two queries on small indexes."""
    now = clock.now()
    by_status = (
        open_results(scope)
        .order_by()
        .values_list("status")
        .annotate(
            number=Count("id"),
            hurried=Count("id", filter=~Q(urgency="routine")),
            late=Count("id", filter=Q(due_at__lt=now)),
        )
    )
    found = {status: (number, hurried, late) for status, number, hurried, late in by_status}
    calls = open_calls(scope).aggregate(number=Count("id"), overdue=Count("id", filter=Q(due_at__lt=now)))

    def of(status: str) -> int:
        return found.get(status, (0, 0, 0))[0]

    return Counts(
        waiting=of("waiting"),
        to_refer=of("to_refer"),
        referred=of("referred"),
        to_verify=of("entered"),
        to_validate=of("verified"),
        urgent=sum(row[1] for status, row in found.items() if status != "referred"),
        late=sum(row[2] for row in found.values()),
        open_calls=calls["number"],
        overdue_calls=calls["overdue"],
    )
