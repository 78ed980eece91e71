"""Public holidays and working days.

The dates come from the yearly joint decree of three ministers (SKB 3 Menteri), carried by the `lokal-id`
package. A year whose decree is not there is refused: a promise in working days that silently knows no
holidays is wrong.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

SATURDAY = 5
"""`date.weekday()` of the first day off in a five-day week; a six-day week has Sunday (6) off only."""


class HolidaysUnknown(ValueError):
    """No decree is known for the year."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the holidays of {year} are not known; known: {known_years()}")
        self.year = year


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day off. `joint_leave` is cuti bersama, which service units may work through."""

    day: date
    name: str
    joint_leave: bool


def known_years() -> tuple[int, ...]:
    """The years whose decree is carried, ascending."""
    import lokal  # slow to load, and most processes never ask for a holiday

    return tuple(sorted(lokal.HOLIDAY_YEARS))


@lru_cache(maxsize=16)
def holidays_of(year: int) -> tuple[Holiday, ...]:
    """The holidays of a year in order of date. Raises HolidaysUnknown."""
    import lokal

    if year not in lokal.HOLIDAY_YEARS:
        raise HolidaysUnknown(year)
    return tuple(
        Holiday(date.fromisoformat(row.date), row.name, row.type == "cuti_bersama")
        for row in lokal.get_holidays(year).holidays
    )


@lru_cache(maxsize=32)
def _days_off(year: int, joint_leave: bool) -> frozenset[date]:
    return frozenset(row.day for row in holidays_of(year) if joint_leave or not row.joint_leave)


def is_working_day(
    day: date, *, six_day_week: bool = False, joint_leave_off: bool = True, extra_off: Collection[date] = ()
) -> bool:
    """Whether the office works. `extra_off` are days off of one place (a regional holiday, a flood).

    Raises HolidaysUnknown, for a Saturday or Sunday of an unknown year too, so that the gap shows at once.
    """
    holidays = _days_off(day.year, joint_leave_off)
    if day.weekday() > SATURDAY or (day.weekday() == SATURDAY and not six_day_week):
        return False
    return day not in holidays and day not in extra_off


def add_working_days(
    day: date,
    count: int,
    *,
    six_day_week: bool = False,
    joint_leave_off: bool = True,
    extra_off: Collection[date] = (),
) -> date:
    """The date `count` working days later; the day itself does not count. Zero gives the day itself.

    Raises ValueError for a negative count and HolidaysUnknown when it runs into a year without a decree.
    """
    if count < 0:
        raise ValueError("count working days forward only")
    while count:
        day += timedelta(days=1)
        if is_working_day(day, six_day_week=six_day_week, joint_leave_off=joint_leave_off, extra_off=extra_off):
            count -= 1
    return day


def working_days_between(
    start: date,
    end: date,
    *,
    six_day_week: bool = False,
    joint_leave_off: bool = True,
    extra_off: Collection[date] = (),
) -> int:
    """Working days after `start` up to and with `end`: undoes `add_working_days`. Zero when not later."""
    count = 0
    day = start
    while day < end:
        day += timedelta(days=1)
        if is_working_day(day, six_day_week=six_day_week, joint_leave_off=joint_leave_off, extra_off=extra_off):
            count += 1
    return count
