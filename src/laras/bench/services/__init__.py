"""The use cases of the bench: from a received sample to a validated result. Values go sealed into the journal."""

from laras.bench.services.auto import draft_auto_rule, switch_off_auto_rule, switch_on_auto_rule, try_auto_rule
from laras.bench.services.beginning import begin_tests
from laras.bench.services.calculating import enter_calculated
from laras.bench.services.critical import call_critical
from laras.bench.services.entering import comment_result, enter_many, enter_result
from laras.bench.services.holds import lift_hold, lift_holds, place_hold
from laras.bench.services.looking import (
    amend_result,
    repeat_result,
    resume_result,
    return_result,
    validate_many,
    validate_result,
    verify_many,
    verify_result,
)
from laras.bench.services.measuring import choose_decision_rule, set_performance
from laras.bench.services.moving import (
    cancel_result,
    cancel_results_of,
    open_results,
    receive_external_result,
    refer_again,
    refer_result,
    set_aside,
    take_back,
)

__all__ = [
    "amend_result",
    "begin_tests",
    "call_critical",
    "cancel_result",
    "cancel_results_of",
    "choose_decision_rule",
    "comment_result",
    "draft_auto_rule",
    "enter_calculated",
    "enter_many",
    "enter_result",
    "lift_hold",
    "lift_holds",
    "open_results",
    "place_hold",
    "receive_external_result",
    "refer_again",
    "refer_result",
    "repeat_result",
    "resume_result",
    "return_result",
    "set_aside",
    "set_performance",
    "switch_off_auto_rule",
    "switch_on_auto_rule",
    "take_back",
    "try_auto_rule",
    "validate_many",
    "validate_result",
    "verify_many",
    "verify_result",
]
