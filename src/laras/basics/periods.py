"""Epidemiological weeks and ages.

**Epidemiological week.** Sunday to Saturday, as the early-warning system (SKDR) counts. Week 1 is the week
that has at least four of its days in the new year, which is the week that holds 4 January; a year so has 52
or 53 weeks, and the first days of January may belong to the last week of the year before. (Same rule as the
MMWR week.)

**Age.** Whole years, months and days between two dates. A month is over on the same day number of the next
month, or on its last day where that number does not exist (born on the 31st, a month old on the 30th; born
on 29 February, a year old on 28 February).
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_WEEK = re.compile(r"([0-9]{4})-?[WM]([0-9]{1,2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class EpiWeek:
    """One epidemiological week. Ordered by time; refuses a number that the year does not have."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= weeks_in_year(self.year):
            raise ValueError(f"{self.year} has no epidemiological week {self.number}")

    @property
    def first_day(self) -> date:
        """Its Sunday."""
        return _first_sunday(self.year) + timedelta(weeks=self.number - 1)

    @property
    def last_day(self) -> date:
        """Its Saturday."""
        return self.first_day + timedelta(days=6)

    def plus(self, weeks: int) -> "EpiWeek":
        """The week that many weeks later (or earlier)."""
        return epi_week(self.first_day + timedelta(weeks=weeks))

    def __str__(self) -> str:
        return f"{self.year}-M{self.number:02d}"


def _first_sunday(year: int) -> date:
    fourth = date(year, 1, 4)
    return fourth - timedelta(days=(fourth.weekday() + 1) % 7)


def weeks_in_year(year: int) -> int:
    """52 or 53."""
    return (_first_sunday(year + 1) - _first_sunday(year)).days // 7


def epi_week(day: date) -> EpiWeek:
    """The week in which a date lies."""
    year = day.year
    if day >= _first_sunday(year + 1):
        year += 1
    elif day < _first_sunday(year):
        year -= 1
    return EpiWeek(year, (day - _first_sunday(year)).days // 7 + 1)


def read_epi_week(text: str) -> EpiWeek:
    """Read `2026-M47` (also `2026M47`, `2026-W47`). Raises ValueError."""
    found = _WEEK.fullmatch(text.strip())
    if not found:
        raise ValueError(f"not an epidemiological week: {text!r}")
    return EpiWeek(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class Age:
    """Whole years, then whole months (0 to 11), then days (0 to 30)."""

    years: int
    months: int
    days: int

    @property
    def total_months(self) -> int:
        return self.years * 12 + self.months

    def __str__(self) -> str:
        return f"{self.years} th {self.months} bln {self.days} hr"


def add_months(day: date, months: int) -> date:
    """The same day number that many months later, or the month's last day where it has no such number."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def age_on(born: date, on: date) -> Age:
    """Age on a date. Raises ValueError before birth."""
    if on < born:
        raise ValueError("a date before the date of birth has no age")
    months = (on.year - born.year) * 12 + on.month - born.month
    if add_months(born, months) > on:
        months -= 1
    return Age(months // 12, months % 12, (on - add_months(born, months)).days)


def age_in_days(born: date, on: date) -> int:
    """Days lived, for reference ranges of newborns. Raises ValueError before birth."""
    if on < born:
        raise ValueError("a date before the date of birth has no age")
    return (on - born).days


def short_age(born: date, on: date, *, estimated: bool = False) -> str:
    """For narrow places: years for grown people, months below two years, days below one month.

    An estimated date of birth shows as `± 34 th`.
    """
    age = age_on(born, on)
    if age.years >= 2:
        text = f"{age.years} th"
    elif age.total_months >= 1:
        text = f"{age.total_months} bln"
    else:
        text = f"{age.days} hr"
    return f"± {text}" if estimated else text
