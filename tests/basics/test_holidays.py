from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.basics.holidays import (
    HolidaysUnknown,
    add_working_days,
    holidays_of,
    is_working_day,
    known_years,
    working_days_between,
)

days_of_2026 = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 12, 31))


def test_the_years_of_the_decrees_are_there():
    assert {2026, 2027} <= set(known_years())
    assert [row.day for row in holidays_of(2026) if row.name == "Proklamasi Kemerdekaan"] == [date(2026, 8, 17)]


def test_a_year_without_a_decree_is_refused_on_weekends_too():
    for day in (date(1999, 1, 4), date(1999, 1, 3)):
        with pytest.raises(HolidaysUnknown):
            is_working_day(day)


def test_joint_leave_may_be_worked_through():
    joint_leave = date(2026, 12, 24)
    assert not is_working_day(joint_leave)
    assert is_working_day(joint_leave, joint_leave_off=False)
    assert not is_working_day(date(2026, 12, 25), joint_leave_off=False)


def test_saturday_depends_on_the_week_and_sunday_does_not():
    saturday = date(2026, 11, 21)
    assert not is_working_day(saturday)
    assert is_working_day(saturday, six_day_week=True)
    assert not is_working_day(saturday + timedelta(days=1), six_day_week=True)


def test_a_place_has_days_off_of_its_own():
    monday = date(2026, 11, 23)
    assert is_working_day(monday)
    assert not is_working_day(monday, extra_off={monday})
    assert add_working_days(date(2026, 11, 20), 1, extra_off={monday}) == date(2026, 11, 24)


def test_christmas_week():
    assert add_working_days(date(2026, 12, 23), 1) == date(2026, 12, 28)
    assert add_working_days(date(2026, 12, 23), 0) == date(2026, 12, 23)


@given(days_of_2026, st.integers(1, 60), st.booleans())
def test_counting_undoes_adding(day, count, six):
    due = add_working_days(day, count, six_day_week=six)
    assert is_working_day(due, six_day_week=six)
    assert working_days_between(day, due, six_day_week=six) == count


def test_running_into_an_unknown_year_is_refused():
    with pytest.raises(HolidaysUnknown):
        add_working_days(date(max(known_years()), 12, 30), 10)


def test_backwards_is_refused():
    with pytest.raises(ValueError):
        add_working_days(date(2026, 11, 20), -1)
