"""What the methods promise beside the oracles: shapes, gaps, too little history, bad input, and rules without an oracle in R."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from laras.surveillance.rules import (
    CRITERIA,
    Calendar,
    cusum,
    ears,
    farrington,
    farrington_flexible,
    glr_nb,
    historical_limits,
    klb_criteria,
    moving_positivity,
)
from laras.surveillance.rules.quantiles import nb_quantile, nb_upper_tail

METHODS = [ears, farrington, farrington_flexible, cusum, glr_nb, historical_limits]


def simulated(series: int = 4, weeks: int = 330, seed: int = 7) -> np.ndarray:
    generator = np.random.default_rng(seed)
    mean = np.array([0.4, 3.0, 20.0, 900.0])[:series, None] * np.exp(0.3 * np.cos(np.arange(weeks) / 8.3))
    return generator.negative_binomial(6, 6 / (6 + mean)).astype(float)


@pytest.mark.parametrize("method", METHODS)
def test_one_call_for_many_is_many_calls_for_one(method) -> None:
    counts = simulated()
    together = method(counts)
    for row in range(len(counts)):
        alone = method(counts[row : row + 1])
        for name in ("expected", "upperbound", "score", "alarm", "evaluated"):
            np.testing.assert_allclose(getattr(alone, name)[0], getattr(together, name)[row], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_not_yet_known_changes_nothing(method) -> None:
    """An answer depends on the past only."""
    counts = simulated(3)
    later = counts.copy()
    later[:, 300:] += 50
    before, after = method(counts), method(later)
    upto = int(np.searchsorted(before.at, 300))
    assert before.evaluated[:, :upto].any()
    np.testing.assert_array_equal(before.upperbound[:, :upto], after.upperbound[:, :upto])


@pytest.mark.parametrize("method", METHODS)
def test_a_missing_report_is_not_a_zero(method) -> None:
    counts = simulated(3)
    counts[:, 320] = np.nan
    found = method(counts)
    place = int(np.searchsorted(found.at, 320))
    assert not found.evaluated[:, place].any()
    assert not found.alarm[:, place].any()


def test_a_gap_in_the_baseline_is_left_out_of_it() -> None:
    counts = simulated(3)
    counts[:, [12, 66, 170]] = np.nan
    whole = farrington_flexible(simulated(3), at=[326], trend=False, reweight=False, limit54=(0, 1))
    found = farrington_flexible(counts, at=[326], trend=False, reweight=False, limit54=(0, 1))
    window = [326 - 52 * year + shift for year in range(1, 6) for shift in range(-3, 4)]
    np.testing.assert_allclose(found.expected[:, 0], np.nanmean(counts[:, window], axis=1))
    assert (found.upperbound != whole.upperbound)[1:].any()
    weighted = farrington_flexible(counts, at=[326])
    assert weighted.evaluated.all()


@pytest.mark.parametrize("method", [farrington, farrington_flexible, historical_limits])
def test_too_short_a_history_has_no_answer(method) -> None:
    found = method(simulated(2, 200))
    assert found.upperbound.shape == (2, 200)
    assert np.isnan(found.upperbound).all()
    assert not found.evaluated.any()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(0, 330), (3, 0), (1, 3)])
def test_nothing_and_little_are_answered(method, shape) -> None:
    found = method(np.ones(shape))
    assert found.upperbound.shape[0] == shape[0]
    assert not found.alarm.any()


@pytest.mark.parametrize("method", [*METHODS, klb_criteria])
@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (np.array([[1.0, -2.0]]), "negative at series 0, time 1"),
        (np.array([1.0, 2.0]), "dimensions"),
        ([[np.inf]], "infinite"),
    ],
)
def test_counts_that_make_no_sense_are_refused(method, counts, words) -> None:
    with pytest.raises(ValueError, match=words):
        method(counts)


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        (farrington_flexible, {"b": 0}),
        (farrington_flexible, {"alpha": 0.7}),
        (farrington_flexible, {"limit54": (5, 0)}),
        (farrington_flexible, {"power_trans": "3/4"}),
        (farrington_flexible, {"threshold_method": "other"}),
        (farrington_flexible, {"no_periods": 60}),
        (farrington_flexible, {"population_offset": True}),
        (farrington_flexible, {"calendar": Calendar((date(2026, 1, 4),))}),
        (farrington_flexible, {"at": [330]}),
        (farrington, {"fit_method": "other"}),
        (ears, {"baseline": 2}),
        (ears, {"method": "C4"}),
        (cusum, {"trans": "other"}),
        (cusum, {"m": "mean"}),
        (cusum, {"at": [80, 90]}),
        (glr_nb, {"alpha": -1}),
        (glr_nb, {"mu0": 0}),
        (glr_nb, {"ret": "cases"}),
        (historical_limits, {"frequency": 365}),
    ],
)
def test_parameters_that_make_no_sense_are_refused(method, wrong) -> None:
    with pytest.raises(ValueError):
        method(simulated(1), **wrong)


def test_equal_counts_keep_no_trend() -> None:
    """Without any deviation a trend would be decided by rounding."""
    for method in (farrington, farrington_flexible):
        found = method(np.full((1, 330), 4.0), at=[320])
        assert not found.trend.any()
        np.testing.assert_allclose(found.expected, 4.0)
        assert found.upperbound[0, 0] > 4


def test_points_below_the_limit_can_be_left_out() -> None:
    counts = simulated()
    all_of_them, fewer = farrington_flexible(counts), farrington_flexible(counts, skip_below_limit=True)
    known = ~np.isnan(all_of_them.upperbound)
    assert known.any()
    assert (np.isnan(all_of_them.upperbound) & ~np.isnan(all_of_them.score)).any()
    np.testing.assert_allclose(fewer.upperbound, all_of_them.upperbound, rtol=1e-9)
    np.testing.assert_array_equal(fewer.alarm, all_of_them.alarm)
    np.testing.assert_array_equal(np.isnan(fewer.score), ~known)


def test_the_textbook_dispersion_is_a_switch() -> None:
    counts = simulated()
    as_in_r, textbook = (
        farrington_flexible(counts, at=[326]),
        farrington_flexible(counts, at=[326], textbook_dispersion=True),
    )
    assert (as_in_r.upperbound != textbook.upperbound)[2:].all()
    np.testing.assert_allclose(as_in_r.upperbound[2:], textbook.upperbound[2:], rtol=0.2)


def test_week_53_by_rows_and_by_dates() -> None:
    """In 2020 the epidemiological year has 53 weeks: by dates the windows stay at the same time of year."""
    days = tuple(date(2018, 1, 7) + timedelta(weeks=week) for week in range(330))
    season = np.array([[30.0 if day.month == 1 and day.day < 15 else 5.0 for day in days]])
    january = next(at for at, day in enumerate(days) if day >= date(2024, 1, 7))
    by_dates = farrington_flexible(season, at=[january], w=0, b=5, calendar=Calendar(days))
    by_rows = farrington_flexible(season, at=[january], w=0, b=5)
    assert by_dates.expected[0, 0] == pytest.approx(30.0)
    assert by_rows.expected[0, 0] <= by_dates.expected[0, 0]
    leap = Calendar(tuple(date(2024, 2, 29) - timedelta(weeks=week) for week in range(329, -1, -1)))
    assert farrington_flexible(season, calendar=leap).evaluated[0, -1]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 1e5), st.floats(1.0, 40.0)), min_size=1, max_size=8),
    st.sampled_from([0.5, 0.95, 0.999]),
)
def test_quantiles_are_the_smallest_counts(pairs, level) -> None:
    mu, phi = (np.array(part) for part in zip(*pairs, strict=True))
    over = phi > 1.0
    wanted = np.where(
        over, stats.nbinom.ppf(level, mu / np.where(over, phi - 1, 1), 1 / phi), stats.poisson.ppf(level, mu)
    )
    found = nb_quantile(level, mu, phi)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert (nb_upper_tail(found + 1, mu, phi) <= 1 - level + 1e-9).all()


def test_quantiles_of_enormous_means_return() -> None:
    found = nb_quantile(0.95, np.array([1e20, 1e30, 1e300]), np.array([3.0, 1.0, 1e6]))
    np.testing.assert_allclose(found, [1e20, 1e30, 1e300], rtol=1e-6)


def test_a_hundredfold_rise_is_not_lost_in_the_steps() -> None:
    """The likelihood of the last period alone, by hand; with a mean that varies it is found by steps."""
    counts, mean, alpha = np.array([[5.0] * 20 + [500.0]]), np.full((1, 21), 5.0), 0.01
    by_hand = 500 * np.log(100) + (500 + 1 / alpha) * np.log((1 + alpha * 5) / (1 + alpha * 500))
    assert glr_nb(counts, mu0=5, alpha=alpha, m=3).score[0, 20] == pytest.approx(by_hand)
    mean[0, ::2] += 1e-9
    found = glr_nb(counts, mu0=mean, alpha=alpha, m=3)
    assert found.score[0, 20] == pytest.approx(by_hand, rel=1e-6)
    assert found.alarm[0].tolist() == [False] * 20 + [True]


class TestLegalCriteria:
    def judged(self, key: str, cases: list[float], **more) -> tuple[list[bool], list[bool]]:
        found = klb_criteria(np.array([cases], dtype=float), frequency=4, **more)
        at = CRITERIA.index(key)
        return found.met[at, 0].tolist(), found.evaluable[at, 0].tolist()

    def test_a_disease_not_seen_before(self) -> None:
        met, evaluable = self.judged("new_disease", [0, 0, 0, 0, 0, 2, 3])
        assert met == [False, False, False, False, False, True, False]
        assert evaluable == [False, False, False, False, True, True, True]

    def test_a_gap_before_leaves_it_open_whether_it_is_new(self) -> None:
        met, evaluable = self.judged("new_disease", [0, np.nan, 0, 0, 0, 2, 3])
        assert not any(met)
        assert evaluable == [False] * 6 + [True]

    def test_three_rises_in_a_row(self) -> None:
        met, evaluable = self.judged("three_consecutive_increases", [1, 2, 3, 4, 4, 5])
        assert met == [False, False, False, True, False, False]
        assert evaluable == [False] * 3 + [True] * 3

    def test_twice_the_period_before(self) -> None:
        met, evaluable = self.judged("double_previous_period", [3, 6, 11, 0, 0, 1])
        assert met == [False, True, False, False, False, True]
        assert evaluable == [False, True, True, True, True, True]

    def test_a_month_of_twice_the_mean(self) -> None:
        met, evaluable = self.judged("month_double_prev_year_mean", [1, 2, 3, 2, 4, 4, 7])
        # Four periods a year: a month is one period. Means before: 2, 2.75, 3.25.
        assert met == [False] * 4 + [True, False, True]
        assert evaluable == [False] * 4 + [True] * 3

    def test_a_year_of_twice_the_mean(self) -> None:
        met, evaluable = self.judged("year_mean_double_prev", [1, 1, 1, 1, 2, 2, 2, 2, 1])
        assert met == [False] * 7 + [True, False]
        assert evaluable == [False] * 7 + [True, True]

    def test_fatality_up_by_half(self) -> None:
        met, evaluable = self.judged("cfr_up_50pct", [10, 10, 10, 0], deaths=np.array([[2.0, 3.0, 4.0, 0.0]]))
        assert met == [False, True, False, False]
        assert evaluable == [False, True, True, False]

    def test_proportion_twice_as_large(self) -> None:
        met, evaluable = self.judged("proportional_rate_double", [5, 10, 10], total=np.array([[100.0, 100.0, 60.0]]))
        assert met == [False, True, False]
        assert evaluable == [False, True, True]

    def test_without_its_column_a_criterion_is_not_evaluable(self) -> None:
        for key in ("cfr_up_50pct", "proportional_rate_double"):
            met, evaluable = self.judged(key, [1, 2, 4])
            assert not any(met)
            assert not any(evaluable)

    def test_all_zero_is_no_event(self) -> None:
        found = klb_criteria(np.zeros((2, 120)), deaths=np.zeros((2, 120)), total=np.full((2, 120), 9.0))
        assert not found.met.any()

    def test_more_deaths_than_cases_are_refused(self) -> None:
        with pytest.raises(ValueError, match="deaths"):
            self.judged("cfr_up_50pct", [1, 2], deaths=np.array([[0.0, 3.0]]))


def test_positivity_against_its_moving_average() -> None:
    tested = np.full((2, 12), 50.0)
    positive = np.tile([5.0], (2, 12))
    positive[0, 11] = 20.0
    found = moving_positivity(positive, tested)
    assert found.alarm[0].tolist() == [False] * 11 + [True]
    assert not found.alarm[1].any()
    assert found.evaluated[1].tolist() == [False] * 8 + [True] * 4
    usual, n0 = 40.5 / 401, 401
    bound = usual + stats.norm.ppf(0.975) * np.sqrt(usual * (1 - usual) * (1 / 50 + 1 / n0))
    assert found.upperbound[0, 11] == pytest.approx(bound)
    assert found.expected[0, 11] == pytest.approx(0.1)


def test_positivity_needs_tests() -> None:
    found = moving_positivity(np.zeros((1, 12)), np.array([[1.0] * 11 + [0.0]]))
    assert not found.evaluated.any()
    with pytest.raises(ValueError, match="more than tested"):
        moving_positivity(np.array([[3.0]]), np.array([[2.0]]))


def test_positivity_without_positives_before_is_no_certainty() -> None:
    found = moving_positivity(np.array([[0.0] * 10 + [1.0, 5.0]]), np.full((1, 12), 20.0))
    assert 0 < found.upperbound[0, 10] < 1
    assert found.alarm[0, 11]
