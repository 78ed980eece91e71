"""Temperature logs as loggers write them, and what lies outside a box's class."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.referral.rules import KeepingRow
from laras.referral.rules.temperature import (
    BOUNDS,
    LogProblem,
    Reading,
    during,
    excursions,
    judge,
    longest_gap,
    read_log,
    thinned,
    warm_limit,
    worst,
)

pytestmark = pytest.mark.pure

START = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "time,temperature\n2026-11-16 09:00,4.5\n2026-11-16 09:10,9.0\n",
        "Logger A 123\nSerial;77\n\nTanggal;Jam;Suhu (°C)\n16/11/2026;09:00;4,5\n16/11/2026;09:10;9,0\n",
        "No.\tTime\tTemp(C)\r\n1\t16-11-2026 09:00:00\t4.5\r\n2\t16-11-2026 09:10:00\t9.0 °C\r\n",
        'Timestamp,"CH1 Temp"\n2026-11-16T01:00:00+00:00,4.5\n2026-11-16T01:10:00+00:00,9\n',
        "Waktu;Suhu\n16.11.2026 09:10;9\n16.11.2026 09:00;4,5\n",
        "Start time;Temp. unit;C\nStop time;x;y\nDate;Time;Temp\n16 Nov 2026;09.00;4,5\n16-Nov-26;09.10.00;9\n",
        "Reading,Date Time,Temp (°F)\n1,11/16/2026 9:00:00 AM,40.1\n2,11/16/2026 9:10:00 AM,48.2\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_what_common_loggers_write_is_read(text, encoding):
    found = read_log(text.encode(encoding), "Asia/Makassar")
    assert [(one.at.astimezone(UTC), one.celsius) for one in found] == [
        (START, Decimal("4.5")), (START + timedelta(minutes=10), Decimal(9)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code", "row", "field"),
    [
        (b"", "empty", None, "file"),
        (b"\n \n", "empty", None, "file"),
        (b"time,temperature\n", "empty", None, "file"),
        (b"nama,umur\nA,3\n", "head", None, "file"),
        (b"PK\x03\x04\x00\x00\x01", "encoding", None, "file"),
        (b"time,temp\n2026-11-16 09:00,4\nkemarin,4\n", "moment", 3, "time"),
        (b"time,temp\n2026-11-16 09:00,dingin\n", "number", 2, "temperature"),
        (b"time,temp\n2026-11-16 09:00,9999\n", "number", 2, "temperature"),
        (b"time,temp\n2026-11-16 09:00\n", "number", 2, "temperature"),
        (b"x;y\ntime;temp\n31/02/2026 09:00;4\n", "moment", 3, "time"),
        (b"time;temp\n16/11/2026 09:00;4\n11/16/2026 09:10;4\n", "moment", 3, "time"),
        (b"time;temp\n2026-11-16 09:00;4\n16/11/2026 09:10;4\n", "moment", 3, "time"),
        (b"time;temp\n16-Abc-2026 09:00;4\n", "moment", 2, "time"),
        (b"time;temp\n2026-11-16 13:00 PM;4\n", "moment", 2, "time"),
        (b"time,temp\n2026-11-16 09:00,4,5\n", "columns", 2, "file"),
    ],
)
def test_a_wrong_file_names_row_and_field(content, code, row, field):
    with pytest.raises(LogProblem) as found:
        read_log(content, "Asia/Jakarta")
    assert (found.value.code, found.value.row, found.value.field) == (code, row, field)


@pytest.mark.parametrize(
    ("days", "given", "near", "expected"),
    [
        # A day beyond the twelfth, in any row, says how all are written.
        (["11/12/2026 23:50", "11/13/2026 00:00"], "", None, (11, 12)),
        (["12/11/2026 23:50", "13/11/2026 00:00"], "", None, (11, 12)),
        # Readings ten minutes apart over midnight: read the other way they would jump by a month.
        (["11/12/2026 23:50", "12/12/2026 00:00"], "", None, (12, 11)),
        # The box was on its way in November.
        (["11/12/2026 09:00"], "", (datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC)), (11, 12)),
        (["11/12/2026 09:00"], "dmy", None, (12, 11)),
        (["11/12/2026 09:00"], "mdy", None, (11, 12)),
        (["11/11/2026 09:00"], "", None, (11, 11)),
        (["2026/11/12 09:00"], "dmy", None, (11, 12)),
    ],
)
def test_the_order_of_day_and_month_is_recognised(days, given, near, expected):
    content = "time;temp\n" + "".join(f"{day};4,5\n" for day in days)
    found = read_log(content.encode(), "UTC", order=given, near=near)
    assert (found[0].at.month, found[0].at.day) == expected


def test_what_may_be_read_in_two_ways_is_asked():
    with pytest.raises(LogProblem) as found:
        read_log(b"time;temp\n10/10/2026 09:00;4\n11/12/2026 09:00;4\n", "UTC")
    assert (found.value.code, found.value.row, found.value.field) == ("day_order", 3, "order")


def log(*values):
    return [Reading(START + timedelta(minutes=10 * n), Decimal(str(value))) for n, value in enumerate(values)]


def test_stretches_outside_the_class():
    found = excursions(log(4, 9, 12, 10, 5, 1, 0, 3, 9), "cold")
    assert [(one.side, one.minutes, one.extreme) for one in found] == [
        ("warm", 30, 12), ("cold", 20, 0), ("warm", 0, 9),
    ]  # fmt: skip
    # From too warm to too cold at once.
    assert [one.side for one in excursions(log(9, 1, 4), "cold")] == ["warm", "cold"]
    assert excursions(log(2, 8), "cold") == ()
    assert longest_gap(log(4, 4)) == timedelta(minutes=10)
    assert longest_gap([]) == timedelta(0)


@given(st.lists(st.floats(-95, 45, allow_nan=False).map(lambda one: round(one, 1)), min_size=1, max_size=30),
       st.sampled_from(sorted(BOUNDS)))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_minutes_outside_are_those_a_slow_count_finds(values, temperature):
    readings, (low, high) = log(*values), BOUNDS[temperature]
    slow = sum(10 for one in readings[:-1] if not low <= one.celsius <= high)
    found = excursions(readings, temperature)
    assert sum(one.minutes for one in found) == slow
    assert bool(found) == any(not low <= one.celsius <= high for one in readings)


def test_the_verdict_rests_on_published_figures_only():
    warm = excursions(log(4, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 4), "cold")  # 130 minutes
    assert judge([], "cold", warm_limit_hours=None).verdict == "fine"
    assert (judge(warm, "cold", warm_limit_hours=2).verdict, judge(warm, "cold", warm_limit_hours=2).why) == (
        "spoiled", "warm_too_long",
    )  # fmt: skip
    assert judge(warm, "cold", warm_limit_hours=3).verdict == "doubtful"
    assert judge(warm, "cold", warm_limit_hours=None).why == "warm_unknown"
    assert judge(excursions(log(1, 4), "cold"), "cold", warm_limit_hours=None).why == "too_cold"
    both = [*warm, *excursions(log(1, 4), "cold")]
    assert judge(both, "cold", warm_limit_hours=2).verdict == "spoiled", "the cold does not mend it"
    assert (
        worst([judge([], "cold", warm_limit_hours=None), judge(warm, "cold", warm_limit_hours=2)]).verdict == "spoiled"
    )
    assert worst([]).verdict == "fine"


@pytest.mark.parametrize(
    ("temperature", "extreme", "tests", "expected"),
    [
        ("cold", 12, ["A"], 24),
        ("cold", 12, ["A", "B"], 2),
        ("cold", 31, ["A"], None),  # warmer than any class
        ("frozen", 4, ["A"], 168),
        ("frozen", 20, ["A"], 24),
        ("frozen", 4, ["C"], None),  # an advice, and one from memory, judge nothing
        ("room", 35, ["A"], None),
    ],
)
def test_the_limit_is_that_of_the_class_which_the_box_reached(temperature, extreme, tests, expected):
    rows = [
        KeepingRow("Serum", "A", "cold", "limit", 168, "", "practice", "uji"),
        KeepingRow("Serum", "A", "room", "limit", 24, "", "practice", "uji"),
        KeepingRow("Serum", "B", "room", "limit", 2, "", "practice", "uji"),
        KeepingRow("Serum", "C", "cold", "advice", 48, "", "practice", "uji"),
        KeepingRow("Serum", "C", "cold", "limit", 50, "", "memory", "uji"),
    ]
    assert warm_limit(rows, "Serum", tests, temperature, Decimal(extreme)) == expected


@given(st.lists(st.integers(-50, 300), min_size=1, max_size=700))
@settings(max_examples=30, deadline=None)
def test_a_thinned_log_keeps_its_peaks(values):
    readings = log(*(value / 10 for value in values))
    found = thinned(readings, 40)
    assert len(found) <= 44
    assert (found[0], found[-1]) == (readings[0], readings[-1])
    for pick in (min, max):
        assert pick(one.celsius for one in found) == pick(one.celsius for one in readings)
    assert list(found) == sorted(found, key=lambda one: one.at)


def test_only_the_journey_of_the_box_counts():
    """Warm before it was packed and after it was opened; on its way from minute 15 to minute 35 cold but for ten minutes."""
    readings = log(20, 5, 9, 5, 21, 22)
    way = during(readings, START + timedelta(minutes=15), START + timedelta(minutes=35))
    assert [(one.at - START, one.celsius) for one in way] == [
        (timedelta(minutes=15), 5), (timedelta(minutes=20), 9), (timedelta(minutes=30), 5), (timedelta(minutes=35), 5),
    ]  # fmt: skip
    assert [(one.minutes, one.extreme) for one in excursions(way, "cold")] == [(10, 9)]
    assert during(readings, START, None) == tuple(readings)
    assert during(readings, START + timedelta(hours=2), None) == ()
    # Warm at the moment at which the box was closed, and no reading until it came: that is how it travelled.
    hot = during(log(12, 4), START + timedelta(minutes=2), START + timedelta(minutes=8))
    assert [(one.minutes, one.extreme) for one in excursions(hot, "cold")] == [(6, 12)]
