"""What can be said of a culture without a database: when it is read, what a zone means, what the report says."""

from laras.cultures.rules.antibiogram import FEW, antibiogram, first_isolates
from laras.cultures.rules.breakpoints import find, judge, table_problem
from laras.cultures.rules.cascade import reported
from laras.cultures.rules.counts import afb_grade, density, parasite_density
from laras.cultures.rules.days import day_of, next_day, read_days
from laras.cultures.rules.measures import read_count, read_measure, unit_of
from laras.cultures.rules.wording import final_heading, final_text, interim_text, short_name

__all__ = [
    "FEW",
    "afb_grade",
    "antibiogram",
    "day_of",
    "density",
    "final_heading",
    "final_text",
    "find",
    "first_isolates",
    "interim_text",
    "judge",
    "next_day",
    "parasite_density",
    "read_count",
    "read_days",
    "read_measure",
    "reported",
    "short_name",
    "table_problem",
    "unit_of",
]
