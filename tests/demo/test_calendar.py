"""When things happen in the demo: pure, so every promise is checked on many draws."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from laras.demo import plan
from laras.demo.history import calendar
from laras.demo.history.keys import Keys

ZONE = ZoneInfo("Asia/Makassar")
NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)


def drawn(count: int, tier: int, seed: int = 1) -> list[calendar.Moment]:
    return list(calendar.moments(random.Random(seed), count=count, now=NOW, zone=ZONE, tier=tier))


@pytest.mark.parametrize("count", [1, 2, 9, 60, 2000])
@pytest.mark.parametrize("tier", [1, 3, 5])
def test_exactly_so_many_orders_come_in_the_order_of_time_and_none_tomorrow(count, tier):
    moments = drawn(count, tier)
    assert len(moments) == count
    assert [m.at for m in moments] == sorted(m.at for m in moments)
    assert moments[-1].at < NOW
    assert moments[0].at > NOW - timedelta(days=plan.DAYS + 1)


def test_weekends_dip_and_a_puskesmas_rests_on_sundays():
    days = Counter(m.at.astimezone(ZONE).weekday() for m in drawn(6000, 1) if not m.until)
    assert days[6] == 0
    assert days[5] < days[4] * 0.7 < days[0] * 0.7
    days = Counter(m.at.astimezone(ZONE).weekday() for m in drawn(6000, 3) if not m.until)
    assert 0 < days[6] < days[2] * 0.2


def test_the_rains_bring_more_people_and_more_fever():
    january, august = date(2027, 1, 20), date(2026, 8, 5)
    assert calendar.season(january) > 1.15 > 0.85 > calendar.season(august)
    assert calendar.fever(january) > 5 * calendar.fever(august) > 0
    assert all(0 < calendar.fever(date(2026, 1, 1) + timedelta(days=n)) < 0.11 for n in range(365))


def test_todays_orders_stand_at_every_step_even_in_the_smallest_laboratory():
    steps = Counter(m.until for m in drawn(18, 1) if m.until)
    assert set(steps) >= {"registered", "collected", "received", "entered", "verified", "validated"}
    steps = Counter(m.until for m in drawn(2000, 2) if m.until)
    assert set(steps) == set(calendar.NAMES)
    assert steps["registered"] > steps["released"]


@pytest.mark.parametrize("urgency", ["routine", "urgent"])
def test_steps_follow_each_other_and_none_lies_in_the_future(urgency):
    chance = random.Random(3)
    for moment in drawn(400, 2):
        steps = calendar.steps(chance, moment, urgency=urgency, now=NOW)
        assert list(steps) == list(calendar.NAMES[: len(steps)])
        moments = list(steps.values())
        assert moments == sorted(moments)
        assert moments[-1] <= NOW
        if moment.until:
            assert list(steps)[-1] == moment.until


def test_keys_are_uuids_of_version_7_that_grow():
    from uuid import UUID

    keys = Keys("x", NOW)
    made = [keys.new() for _n in range(9000)]
    assert made == sorted(made)
    assert len(set(made)) == 9000
    for text in (made[0], made[4095], made[4096], made[-1]):
        key = UUID(text)
        assert (str(key), key.version, key.variant) == (text, 7, "specified in RFC 4122")
    again, other = Keys("x", NOW), Keys("y", NOW)
    assert [again.new() for _n in range(5)] == made[:5]
    assert other.new() != made[0]
