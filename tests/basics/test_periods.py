from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.basics.periods import (
    Age,
    EpiWeek,
    add_months,
    age_in_days,
    age_on,
    epi_week,
    read_epi_week,
    short_age,
    weeks_in_year,
)

days = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31))


@given(days)
def test_a_day_lies_in_its_week_from_sunday_to_saturday(day):
    week = epi_week(day)
    assert week.first_day <= day <= week.last_day
    assert (week.first_day.isoweekday(), week.last_day.isoweekday()) == (7, 6)


@given(days)
def test_the_year_of_a_week_is_that_of_most_of_its_days(day):
    week = epi_week(day)
    years = [(week.first_day + timedelta(days=n)).year for n in range(7)]
    assert years.count(week.year) >= 4


@given(days, st.integers(-300, 300))
def test_weeks_follow_each_other_without_gap(day, step):
    week = epi_week(day)
    other = week.plus(step)
    assert (other.first_day - week.first_day).days == 7 * step
    assert (other > week) == (step > 0)


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        # Published calendars: 2020 and 2025 have a week 53, 2026 begins on 4 January.
        (date(2020, 12, 31), "2020-M53"),
        (date(2021, 1, 2), "2020-M53"),
        (date(2021, 1, 3), "2021-M01"),
        (date(2022, 1, 1), "2021-M52"),
        (date(2024, 12, 29), "2025-M01"),
        (date(2026, 1, 3), "2025-M53"),
        (date(2026, 1, 4), "2026-M01"),
        (date(2026, 11, 22), "2026-M47"),
        (date(2026, 12, 31), "2026-M52"),
    ],
)
def test_known_weeks(day, shown):
    assert str(epi_week(day)) == shown
    assert read_epi_week(shown) == epi_week(day)


def test_years_with_53_weeks():
    assert [year for year in range(2000, 2030) if weeks_in_year(year) == 53] == [2003, 2008, 2014, 2020, 2025]


@pytest.mark.parametrize("text", ["2026-M53", "2026-M00", "2026", "M47", "2026-47", "2026-M475"])
def test_weeks_that_are_not_there_are_refused(text):
    with pytest.raises(ValueError):
        read_epi_week(text)


def test_a_week_number_out_of_its_year_is_refused():
    with pytest.raises(ValueError):
        EpiWeek(2026, 53)


@given(days, days)
def test_age_counts_back_to_the_day(one, other):
    born, on = sorted((one, other))
    age = age_on(born, on)
    assert 0 <= age.months < 12
    assert 0 <= age.days < 31
    assert add_months(born, age.total_months) + timedelta(days=age.days) == on
    assert add_months(born, age.total_months + 1) > on
    assert age_in_days(born, on) == (on - born).days


@given(days, st.integers(0, 2000))
def test_age_never_falls(born, later):
    before = age_on(born, born + timedelta(days=later))
    after = age_on(born, born + timedelta(days=later + 1))
    assert (before.total_months, before.days) < (after.total_months, after.days)


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(1985, 1, 12), date(2026, 11, 22), Age(41, 10, 10)),
        (date(2026, 11, 22), date(2026, 11, 22), Age(0, 0, 0)),
        (date(2026, 1, 31), date(2026, 2, 28), Age(0, 1, 0)),
        (date(2024, 2, 29), date(2025, 2, 28), Age(1, 0, 0)),
        (date(2024, 2, 29), date(2025, 2, 27), Age(0, 11, 29)),
    ],
)
def test_known_ages(born, on, age):
    assert age_on(born, on) == age


def test_age_is_shown_in_words_of_the_forms():
    assert str(Age(41, 10, 10)) == "41 th 10 bln 10 hr"
    on = date(2026, 11, 22)
    assert short_age(date(1985, 1, 12), on) == "41 th"
    assert short_age(date(2025, 1, 12), on) == "22 bln"
    assert short_age(date(2026, 11, 12), on) == "10 hr"
    assert short_age(date(1985, 1, 1), on, estimated=True) == "± 41 th"


def test_nobody_has_an_age_before_birth():
    for count in (age_on, age_in_days):
        with pytest.raises(ValueError):
            count(date(2026, 1, 2), date(2026, 1, 1))
