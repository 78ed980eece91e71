"""Reading surveillance: series and bands, signals, events and their cases, who has reported."""

from laras.surveillance.queries.breakdown import AGES, UNKNOWN, Breakdown, Part, Place, breakdown
from laras.surveillance.queries.foods import (
    FoodLine,
    answers_of,
    attack_rate,
    diners_of,
    food_lines,
    get_study,
    incubation,
    lines_of,
    study_of,
    suspect_of,
)
from laras.surveillance.queries.lateness import NEEDED, Lateness, ToCome, lateness
from laras.surveillance.queries.notices import notice_settings, notices, notices_waiting
from laras.surveillance.queries.offices import counting_offices, office_above, offices_over
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
from laras.surveillance.queries.public import PublicTable, Quarter, public_table, quarters_until
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
from laras.surveillance.rules.foods import proportion

__all__ = [
    "AGES",
    "NEEDED",
    "UNKNOWN",
    "Breakdown",
    "FoodLine",
    "Lateness",
    "Part",
    "Place",
    "PublicTable",
    "Quarter",
    "Row",
    "Series",
    "ToCome",
    "Week",
    "answers_of",
    "attack_rate",
    "breakdown",
    "by_area",
    "by_laboratory",
    "cases_of",
    "completeness",
    "counting_offices",
    "counts_of",
    "criteria_of",
    "curve",
    "diners_of",
    "food_lines",
    "get_outbreak",
    "get_signal",
    "get_study",
    "incubation",
    "lateness",
    "lines_of",
    "may_see_names",
    "notice_settings",
    "notices",
    "notices_waiting",
    "office_above",
    "offices_over",
    "outbreaks",
    "overview",
    "person_name",
    "persons_of",
    "proportion",
    "public_table",
    "quarters_until",
    "reported_weeks",
    "series_of",
    "shown_weeks",
    "signals",
    "study_of",
    "suspect_of",
    "team_of",
    "weeks_between",
]
