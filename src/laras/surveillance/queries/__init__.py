"""Reading surveillance: series and bands, signals, events and their cases, who has reported."""

from laras.surveillance.queries.offices import counting_offices, offices_over
from laras.surveillance.queries.outbreaks import (
    cases_of,
    curve,
    get_outbreak,
    may_see_names,
    outbreaks,
    persons_of,
    team_of,
)
from laras.surveillance.queries.overview import Row, Week, completeness, overview, shown_weeks
from laras.surveillance.queries.series import (
    Series,
    by_area,
    by_laboratory,
    counts_of,
    reported_weeks,
    series_of,
    weeks_between,
)
from laras.surveillance.queries.signals import criteria_of, get_signal, person_name, signals

__all__ = [
    "Row",
    "Series",
    "Week",
    "by_area",
    "by_laboratory",
    "cases_of",
    "completeness",
    "counting_offices",
    "counts_of",
    "criteria_of",
    "curve",
    "get_outbreak",
    "get_signal",
    "may_see_names",
    "offices_over",
    "outbreaks",
    "overview",
    "person_name",
    "persons_of",
    "reported_weeks",
    "series_of",
    "shown_weeks",
    "signals",
    "team_of",
    "weeks_between",
]
