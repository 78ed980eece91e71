"""What is still to come of the last weeks, from how late cases became known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.surveillance.rules.nowcast import nowcast, reporting_triangle

# Taylor and Ashe, J Econometrics 1983;23:37-61: the triangle on which chain ladders are checked since; all still to come: 18,680,856.
TAYLOR_ASHE = [
    [357848, 766940, 610542, 482940, 527326, 574398, 146342, 139950, 227229, 67948],
    [352118, 884021, 933894, 1183289, 445745, 320996, 527804, 266172, 425046],
    [290507, 1001799, 926219, 1016654, 750816, 146923, 495992, 280405],
    [310608, 1108250, 776189, 1562400, 272482, 352053, 206286],
    [443160, 693190, 991983, 769488, 504851, 470639],
    [396132, 937085, 847498, 805037, 705960],
    [440832, 847631, 1131398, 1063269],
    [359480, 1061648, 1443370],
    [376686, 986608],
    [344014],
]
SUNDAY = date(2026, 11, 15)


def table(rows, width=None):
    made = np.full((len(rows), width or len(rows[0])), np.nan)
    for n, row in enumerate(rows):
        made[n, : len(row)] = row
    return made


def test_the_triangle_of_taylor_and_ashe():
    found = nowcast(table(TAYLOR_ASHE), least_weeks=1, least_share=0.0, draws=10)
    missing = found.expected - found.observed
    assert round(missing.sum()) == 18_680_856
    assert [round(value) for value in missing[[1, 4, 9]]] == [94_634, 984_889, 4_625_811]


def test_by_hand_two_delays():
    # 10 weeks, half known at once and half a week later: what the newest week shows is half.
    rows = [[5, 5]] * 10 + [[4]]
    found = nowcast(table(rows))
    assert found.share[-1] == pytest.approx(0.5)
    assert found.expected[-1] == pytest.approx(8.0)
    assert found.lower[-1] < 8 < found.upper[-1]
    assert found.lower[0] == found.upper[0] == found.expected[0] == 10, "a complete week awaits nothing"


def test_no_case_yet_is_not_certainly_none():
    found = nowcast(table([[5, 5]] * 10 + [[0]]))
    assert found.expected[-1] == 0
    assert found.lower[-1] == 0
    assert found.upper[-1] >= 2


def test_too_little_says_why():
    assert nowcast(table([[50, 50]] * 7 + [[40]])).reason == "weeks"
    assert nowcast(table([[1, 1]] * 10 + [[1]])).reason == "cases"
    assert np.isnan(nowcast(table([[1, 1]] * 10 + [[1]])).expected).all()
    late = nowcast(table([[1, 30]] * 10 + [[1]]))
    assert late.reason == ""
    assert np.isnan(late.expected[-1]), "a thirtieth is no ground"


def test_scattered_delays_widen_the_interval():
    even = nowcast(table([[50, 50]] * 12 + [[50]]))
    wild = nowcast(table([[95, 5], [5, 95]] * 6 + [[50]]))
    assert even.dispersion == 1.0
    assert wild.dispersion > 50
    assert wild.upper[-1] - wild.lower[-1] > 2 * (even.upper[-1] - even.lower[-1])


@pytest.mark.parametrize(
    ("rows", "more"),
    [([[1.0, -1.0]], {}), ([[np.nan, 1.0]], {}), ([[1.0, np.nan, 1.0]], {}), ([[1.0]], {"level": 1.0})],
)
def test_refused(rows, more):
    with pytest.raises(ValueError, match=r"triangle|level"):
        nowcast(np.array(rows), **more)


@pytest.mark.parametrize("overdispersed", [False, True])
def test_coverage(overdispersed):
    """Of simulated series with a known end, the interval holds at least its share, and is not idle."""
    generator = np.random.default_rng(7)
    chances = np.array([0.35, 0.3, 0.2, 0.1, 0.05])
    weeks, held, asked, width = 30, 0, 0, []
    for _series in range(150):
        rates = generator.gamma(5, 6, weeks) if overdispersed else np.full(weeks, 30.0)
        full = np.empty((weeks, 5))
        for week, rate in enumerate(rates):
            mine = generator.dirichlet(60 * chances) if overdispersed else chances
            full[week] = generator.poisson(rate * mine)
        seen = full.copy()
        seen[np.arange(5)[None, :] > np.arange(weeks - 1, -1, -1)[:, None]] = np.nan
        found = nowcast(seen, draws=500)
        for week in range(weeks - 3, weeks):
            asked += 1
            held += found.lower[week] <= full[week].sum() <= found.upper[week]
            width.append(found.upper[week] - found.lower[week])
    assert 0.92 <= held / asked <= 1.0
    assert np.mean(width) < 60


def test_the_triangle_of_a_wednesday():
    wednesday = SUNDAY + timedelta(days=3)
    told = [
        (SUNDAY, wednesday, 2),  # this week, up to today
        (SUNDAY - timedelta(days=7), SUNDAY - timedelta(days=4), 3),  # last week's Wednesday: the same column
        (SUNDAY - timedelta(days=7), SUNDAY - timedelta(days=3), 4),  # its Thursday: the next one
        (SUNDAY - timedelta(days=14), wednesday, 5),  # two weeks back, known today: the third
        (SUNDAY - timedelta(days=21), wednesday, 6),  # later than the last delay
        (SUNDAY - timedelta(days=70), wednesday, 7),  # before the window
    ]
    found = reporting_triangle(told, weeks=4, delays=2, today=wednesday, last=SUNDAY)
    np.testing.assert_array_equal(found, [[0, 0, 0], [0, 0, 5], [3, 4, np.nan], [2, np.nan, np.nan]])
    with pytest.raises(ValueError, match="last"):
        reporting_triangle([], weeks=4, today=SUNDAY - timedelta(days=1), last=SUNDAY)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60), st.integers(1, 5)), max_size=30), st.integers(0, 6))
def test_what_is_known_today_is_never_out_of_the_triangle(rows, weekday):
    today = SUNDAY + timedelta(days=weekday)
    told = [(SUNDAY - timedelta(weeks=back), SUNDAY - timedelta(weeks=back) + timedelta(days=late), n)
            for back, late, n in rows if timedelta(days=late) <= today - (SUNDAY - timedelta(weeks=back))]  # fmt: skip
    found = reporting_triangle(told, weeks=10, delays=9, today=today, last=SUNDAY)
    assert np.nansum(found) == sum(n for _week, _known, n in told)
