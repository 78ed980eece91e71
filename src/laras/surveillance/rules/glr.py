"""Likelihood-ratio charts for Poisson and negative-binomial counts with known dispersion, as `glrnb` of the R package
`surveillance` (Hoehle M, Paul M 2008, Comput Stat Data Anal 52:4357-4368)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from laras.surveillance.rules.seasonal import seasonal_means
from laras.surveillance.rules.series import Bools, Detection, Floats, Ints, as_counts, points

STEPS = 50


def glr_nb(
    observed: NDArray[np.generic],
    *,
    c_arl: float = 5.0,
    mu0: float | NDArray[np.generic] | None = None,
    alpha: float = 0.0,
    mtilde: int = 1,
    m: int = -1,
    theta: float | None = None,
    dir: Literal["inc", "dec"] = "inc",
    ret: Literal["value", "cases"] = "value",
    s: int = 1,
    trend: bool = False,
    frequency: int = 52,
    at: Sequence[int] | None = None,
) -> Detection:
    """The generalised likelihood ratio of a change in level, for every series at once, over the consecutive time points ``at``.

    ``observed``: counts ``(series, time)``; a missing report has no answer and adds nothing. ``mu0``: mean in control, a number,
    ``(series,)`` or ``(series, points)``; None estimates it from all time before ``at`` with ``s`` yearly waves (and a ``trend``), by
    default after the first year. ``alpha``: dispersion, variance ``mu + alpha mu^2`` (0 is Poisson). ``mtilde``, ``m``: least and
    greatest length of the change looked for; -1 back to the last alarm. ``theta``: a change of the log mean known beforehand,
    which makes it a CUSUM of likelihood ratios. ``dir``: a rise or a fall.

    ``score`` is the statistic; the alarm comes where it reaches ``c_arl`` (with ``theta``: exceeds), and the chart begins anew.
    ``upperbound`` is, as in R, the statistic, or with ``ret="cases"`` (only with ``theta``) the count that would raise the alarm.
    """
    counts = as_counts(observed)
    if alpha < 0:
        raise ValueError("alpha: at least 0")
    if mtilde < 1 or (m != -1 and m < mtilde):
        raise ValueError("mtilde: at least 1; m: -1 or at least mtilde")
    if dir not in ("inc", "dec"):
        raise ValueError(f"dir: {dir!r} is neither inc nor dec")
    if ret not in ("value", "cases") or (ret == "cases" and theta is None):
        raise ValueError("ret: value, or cases when theta is given")
    if theta is not None and theta == 0:
        raise ValueError("theta: a change other than 0")
    asked = points(range(frequency, counts.shape[1]) if at is None and mu0 is None else at, counts.shape[1])
    if len(asked) and (np.diff(asked) != 1).any():
        raise ValueError("at: consecutive time points")
    if not len(asked):
        nothing = np.empty((counts.shape[0], 0))
        return Detection(asked, nothing, nothing, nothing, nothing > 0, nothing > 0)
    mean = _mean(counts, mu0, asked, frequency, s, trend, alpha)
    x = counts[:, asked]
    known = ~np.isnan(x) & np.isfinite(mean) & (mean > 0)
    x, mu = np.where(known, x, 0.0), np.where(known, mean, 0.0)  # adds nothing to any likelihood
    if theta is not None:
        score, alarm, cases = _known_change(x, mu, alpha, theta, c_arl)
    else:
        score, alarm = _unknown_change(x, mu, alpha, c_arl, mtilde, m, dir == "inc")
        cases = score
    upper = np.maximum(cases if ret == "cases" else score, 0.0)
    for table in (score, upper):
        table[~known] = np.nan
    return Detection(asked, np.where(known, mean, np.nan), upper, score, alarm & known, known)


def _mean(
    counts: Floats,
    mu0: float | NDArray[np.generic] | None,
    asked: Ints,
    frequency: int,
    waves: int,
    trend: bool,
    alpha: float,
) -> Floats:
    if mu0 is None:
        return seasonal_means(counts, asked, frequency=frequency, waves=waves, trend=trend, alpha=alpha)
    given = np.asarray(mu0, dtype=np.float64)
    if not (given > 0).all():
        raise ValueError("mu0: above 0")
    return np.broadcast_to(given[:, None] if given.ndim == 1 else given, (counts.shape[0], len(asked)))


def _log_ratio(mu: Floats, alpha: float, kappa: Floats | float) -> Floats:
    """``log((1 + alpha mu) / (1 + alpha mu e^kappa))``"""
    found: Floats = np.log1p(alpha * mu) - np.log1p(alpha * mu * np.exp(kappa))
    return found


def _known_change(x: Floats, mu: Floats, alpha: float, theta: float, limit: float) -> tuple[Floats, Bools, Floats]:
    if alpha == 0:
        gain = theta * x + (1.0 - np.exp(theta)) * mu
    else:
        ratio = _log_ratio(mu, alpha, theta)
        gain = theta * x + (x + 1.0 / alpha) * ratio
    score, cases = np.empty_like(x), np.empty_like(x)
    alarm = np.zeros(x.shape, dtype=np.bool_)
    running = np.zeros(len(x))
    for n in range(x.shape[1]):
        if alpha == 0:
            cases[:, n] = (limit - running + mu[:, n] * (np.exp(theta) - 1.0)) / theta
        else:
            cases[:, n] = (limit - running - ratio[:, n] / alpha) / (theta + ratio[:, n])
        running = np.maximum(0.0, running + gain[:, n])
        score[:, n] = running
        alarm[:, n] = running > limit
        running = np.where(alarm[:, n], 0.0, running)
    return score, alarm, cases


def _unknown_change(
    x: Floats, mu: Floats, alpha: float, limit: float, mtilde: int, m: int, rise: bool
) -> tuple[Floats, Bools]:
    """For each n the greatest likelihood ratio over the windows k..n since the last alarm."""
    series, time = x.shape
    windowed_poisson = alpha == 0 and m > 0
    sums = _Sums(x, mu, alpha)
    score = np.zeros((series, time))
    alarm = np.zeros((series, time), dtype=np.bool_)
    begin = np.zeros(series, dtype=np.intp)  # first time after the last alarm
    for n in range(time):
        # R's windowed Poisson chart takes windows one longer than the other charts, and begins one later.
        shortest = mtilde + 1 if windowed_poisson else (1 if alpha == 0 else mtilde)
        running = n - begin >= (mtilde if windowed_poisson else mtilde - 1)
        lowest = 0 if m == -1 else max(0, n - m)
        k = np.arange(lowest, n - shortest + 2)
        if not running.any() or not len(k):
            continue
        inside = (k[None, :] >= begin[:, None]) & running[:, None]
        value = np.where(inside, sums.ratio(n, k, inside, rise), 0.0)
        score[:, n] = value.max(axis=1)
        alarm[:, n] = running & (score[:, n] >= limit)
        begin = np.where(alarm[:, n], n + 1, begin)
    return score, alarm


class _Sums:
    """Sums of counts, means and scores over every window, from running totals."""

    def __init__(self, x: Floats, mu: Floats, alpha: float) -> None:
        self.x, self.mu, self.alpha = x, mu, alpha
        self.total_x, self.total_mu = _running(x), _running(mu)
        self.total_score = _running((x - mu) / (1.0 + alpha * mu))
        largest = mu.max(axis=1, keepdims=True)
        self.constant = bool(((mu == largest) | (mu == 0)).all())
        self.count = _running((mu > 0).astype(np.float64))

    def ratio(self, n: int, k: Ints, inside: Bools, rise: bool) -> Floats:
        """The log likelihood ratio of the windows ``k..n`` at their best change, ``(series, windows)``; 0 where the best is none."""
        found = np.zeros(inside.shape)
        score = self.total_score[:, n + 1, None] - self.total_score[:, k]
        rows, columns = np.nonzero(inside & (score > 0 if rise else score < 0))
        if not len(rows):
            return found
        x = self.total_x[rows, n + 1] - self.total_x[rows, k[columns]]
        mu = self.total_mu[rows, n + 1] - self.total_mu[rows, k[columns]]
        with np.errstate(divide="ignore"):
            kappa = np.log(x / mu)
        some = x > 0
        if self.alpha == 0:
            found[rows, columns] = np.where(some, x * np.where(some, kappa, 0.0), 0.0) + mu - x
            return found
        if self.constant:
            level = self.mu[rows].max(axis=1)
            count = self.count[rows, n + 1] - self.count[rows, k[columns]]
            change = np.where(some, x * np.where(some, kappa, 0.0), 0.0)
            found[rows, columns] = change + (x + count / self.alpha) * _log_ratio(level, self.alpha, kappa)
            return found
        found[rows, columns] = self._best(n, k, rows, columns, kappa)
        return found

    def _best(self, n: int, k: Ints, rows: Ints, columns: Ints, kappa: Floats) -> Floats:
        """By Newton's steps from the ratio of the sums, which is exact for a constant mean; a fall to nothing stays there."""
        behind = n - int(k[0]) + 1
        x, mu = self.x[rows, n - behind + 1 : n + 1], self.mu[rows, n - behind + 1 : n + 1]
        outside = np.arange(behind)[None, :] < columns[:, None]
        x, mu = np.where(outside, 0.0, x), np.where(outside, 0.0, mu)
        moving = np.isfinite(kappa)
        for _step in range(STEPS):
            scaled = mu * np.exp(kappa)[:, None]
            spread = 1.0 + self.alpha * scaled
            slope = (scaled * (1.0 + self.alpha * x) / spread**2).sum(axis=1)
            step = np.divide(
                ((x - scaled) / spread).sum(axis=1), slope, out=np.zeros_like(slope), where=moving & (slope > 0)
            )
            kappa = np.where(moving, kappa + np.clip(step, -1.0, 1.0), kappa)
            if np.abs(step).max() < 1e-9:
                break
        change = np.where(moving, np.where(moving, kappa, 0.0) * x.sum(axis=1), 0.0)
        found: Floats = change + ((x + 1.0 / self.alpha) * _log_ratio(mu, self.alpha, kappa[:, None])).sum(axis=1)
        return found


def _running(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
