"""The screens of the bench: the grid, the queues, one result, critical calls, holds."""

from laras.bench.views.auto import auto_rule, auto_rules
from laras.bench.views.critical import call, critical
from laras.bench.views.grid import calculate, judge, worklist
from laras.bench.views.holding import begin, holding
from laras.bench.views.holds import holds, lift
from laras.bench.views.performance import choose_rule, performance, set_performance
from laras.bench.views.pools import pools
from laras.bench.views.queues import validation, verification
from laras.bench.views.result import act, result

__all__ = [
    "act",
    "auto_rule",
    "auto_rules",
    "begin",
    "calculate",
    "call",
    "choose_rule",
    "critical",
    "holding",
    "holds",
    "judge",
    "lift",
    "performance",
    "pools",
    "result",
    "set_performance",
    "validation",
    "verification",
    "worklist",
]
