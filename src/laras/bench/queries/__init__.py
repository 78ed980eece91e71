"""Reading the bench: worklists, queues, results of an order, what a person's test was before, what stops a report."""

from laras.bench.queries.auto import Trial, auto_rules, cases, conditions_of, get_auto_rule, try_auto_rule
from laras.bench.queries.called import calls_made, critical_calls, whom_to_call
from laras.bench.queries.calls import open_calls
from laras.bench.queries.earlier import Earlier, history_of, history_of_many, previous_values
from laras.bench.queries.holding import beginnings_of, begun_among, clock_of, waiting_clocks
from laras.bench.queries.holds import all_open_holds, open_holds
from laras.bench.queries.lists import (
    alone_counts,
    count,
    count_queue,
    counts,
    late,
    tests_waiting,
    to_validate,
    to_verify,
    worklist,
    worklist_rows,
)
from laras.bench.queries.measuring import measured_of, measuring, performances, quality_of
from laras.bench.queries.persons import enterers_of, names_of
from laras.bench.queries.pools import PoolSum, pool_sums
from laras.bench.queries.releasing import finished_orders, holds_of, objection_to, releasable
from laras.bench.queries.reported import Reported, reported_values, unchanged_since
from laras.bench.queries.rows import OPEN, narrowed, open_results, results, rows_with_things, targets_on_samples
from laras.bench.queries.shown import (
    first_notes,
    get_result,
    last_revisions,
    result_of_requested,
    results_of,
    shown_value,
    statuses_of,
    value_of,
    values_of,
    view,
    views,
    views_by_id,
    work_items,
)
from laras.bench.queries.together import Together

__all__ = [
    "OPEN",
    "Earlier",
    "PoolSum",
    "Reported",
    "Together",
    "Trial",
    "all_open_holds",
    "alone_counts",
    "auto_rules",
    "beginnings_of",
    "begun_among",
    "calls_made",
    "cases",
    "clock_of",
    "conditions_of",
    "count",
    "count_queue",
    "counts",
    "critical_calls",
    "enterers_of",
    "finished_orders",
    "first_notes",
    "get_auto_rule",
    "get_result",
    "history_of",
    "history_of_many",
    "holds_of",
    "last_revisions",
    "late",
    "measured_of",
    "measuring",
    "names_of",
    "narrowed",
    "objection_to",
    "open_calls",
    "open_holds",
    "open_results",
    "performances",
    "pool_sums",
    "previous_values",
    "quality_of",
    "releasable",
    "reported_values",
    "result_of_requested",
    "results",
    "results_of",
    "rows_with_things",
    "shown_value",
    "statuses_of",
    "targets_on_samples",
    "tests_waiting",
    "to_validate",
    "to_verify",
    "try_auto_rule",
    "unchanged_since",
    "value_of",
    "values_of",
    "view",
    "views",
    "views_by_id",
    "waiting_clocks",
    "whom_to_call",
    "work_items",
    "worklist",
    "worklist_rows",
]
