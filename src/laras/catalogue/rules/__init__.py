"""Pure rules of the catalogue: reading values, judging them for persons and against limits, checking
codes."""

from laras.catalogue.rules.codes import is_loinc, loinc_check_digit
from laras.catalogue.rules.judging import (
    Interval,
    age_in_days,
    check_delta,
    choose_range,
    critical_bounds,
    format_bounds,
    format_range,
    interval_of,
    judge,
    overlapping,
    population_of,
    sex_of,
)
from laras.catalogue.rules.limits import format_limit, judge_limit, judge_sample
from laras.catalogue.rules.values import (
    ValueProblem,
    format_number,
    format_value,
    parse_value,
    read_number,
    read_value,
    round_for_display,
)

__all__ = [
    "Interval",
    "ValueProblem",
    "age_in_days",
    "check_delta",
    "choose_range",
    "critical_bounds",
    "format_bounds",
    "format_limit",
    "format_number",
    "format_range",
    "format_value",
    "interval_of",
    "is_loinc",
    "judge",
    "judge_limit",
    "judge_sample",
    "loinc_check_digit",
    "overlapping",
    "parse_value",
    "population_of",
    "read_number",
    "read_value",
    "round_for_display",
    "sex_of",
]
