"""CUSUM of transformed counts, as `algo.cusum` of the R package `surveillance` (Rossi G, Lampugnani L, Marchi M 1999, Stat Med
18:2111-2122)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from laras.surveillance.rules.seasonal import seasonal_means
from laras.surveillance.rules.series import Detection, Floats, as_counts, points

Transformation = Literal["standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none"]
TRANSFORMATIONS = ("standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none")


def cusum(
    observed: NDArray[np.generic],
    *,
    k: float = 1.04,
    h: float = 2.26,
    m: float | NDArray[np.generic] | Literal["glm"] | None = None,
    trans: Transformation = "standard",
    alpha: float = 0.1,
    frequency: int = 52,
    at: Sequence[int] | None = None,
) -> Detection:
    """CUSUM for every series at once, over the consecutive time points ``at``.

    ``observed``: counts ``(series, time)``; a missing report has no answer and leaves the sum as it was. ``m``: the mean in control:
    a number, one a series ``(series,)``, ``"glm"`` (Poisson regression with one yearly wave on all time before ``at``) or None (the
    mean of all time before ``at``). ``at``: default everything when ``m`` is a number, else all after the first year.
    ``alpha``: dispersion of the negative-binomial transformations (variance ``m + alpha m^2``).

    ``expected`` is the mean in control, ``score`` the sum, ``upperbound`` the count that would raise the alarm (for
    ``anscombeNegBin`` and ``none`` what is left to ``h`` on the transformed scale, as in R; ``standard`` rounds up). The sum goes on after
    an alarm.
    """
    counts = as_counts(observed)
    if trans not in TRANSFORMATIONS:
        raise ValueError(f"trans: {trans!r} is none of {', '.join(TRANSFORMATIONS)}")
    estimated = m is None or isinstance(m, str)
    asked = points(range(frequency, counts.shape[1]) if at is None and estimated else at, counts.shape[1])
    if len(asked) and (np.diff(asked) != 1).any():
        raise ValueError("at: consecutive time points")
    if not len(asked):
        nothing = np.empty((counts.shape[0], 0))
        return Detection(asked, nothing, nothing, nothing, nothing > 0, nothing > 0)
    mean = _mean(counts, m, asked, frequency)
    x = counts[:, asked]
    with np.errstate(invalid="ignore", divide="ignore"):
        standardised = _transformed(x, mean, trans, alpha)
        sums = np.empty_like(x)
        running = np.zeros(len(x))
        for place in range(x.shape[1]):
            step = standardised[:, place] - k
            running = np.where(np.isnan(step), running, np.maximum(0.0, running + step))
            sums[:, place] = running
        before = np.concatenate([np.zeros((len(x), 1)), sums[:, :-1]], axis=1)
        upper = _bound(before, sums, mean, h, k, trans, alpha)
        upper = np.maximum(np.where(np.isnan(upper), 0.0, upper), 0.0)
    # Without a mean above 0 nothing can be standardised: no answer.
    known = ~np.isnan(x) & (np.isfinite(standardised) | (trans == "none"))
    for table in (upper, sums):
        table[~known] = np.nan
    with np.errstate(invalid="ignore"):
        return Detection(asked, np.where(known, mean, np.nan), upper, sums, sums >= h, known)


def _mean(
    counts: Floats, m: float | NDArray[np.generic] | str | None, asked: NDArray[np.intp], frequency: int
) -> Floats:
    """``(series, points)``."""
    shape = (counts.shape[0], len(asked))
    if isinstance(m, str):
        if m != "glm":
            raise ValueError(f"m: {m!r} is neither a number nor 'glm'")
        return seasonal_means(counts, asked, frequency=frequency)
    if m is None:
        if asked[0] == 0:
            raise ValueError("m: needed, since no time before the first point tells it")
        with np.errstate(invalid="ignore", divide="ignore"):
            training = counts[:, : asked[0]]
            found = np.nansum(training, axis=1) / (~np.isnan(training)).sum(axis=1)
        return np.broadcast_to(found[:, None], shape)
    given = np.asarray(m, dtype=np.float64)
    return np.broadcast_to(given[:, None] if given.ndim == 1 else given, shape)


def _transformed(x: Floats, m: Floats, trans: str, alpha: float) -> Floats:
    found: Floats
    if trans == "rossi":
        found = (x - 3.0 * m + 2.0 * np.sqrt(x * m)) / (2.0 * np.sqrt(m))
    elif trans == "standard":
        found = (x - m) / np.sqrt(m)
    elif trans == "anscombe":
        found = 1.5 * (np.cbrt(x) ** 2 - np.cbrt(m) ** 2) / m ** (1.0 / 6.0)
    elif trans == "anscombe2nd":
        found = (np.cbrt(x) ** 2 - (np.cbrt(m) ** 2 - 1.0 / (9.0 * np.cbrt(m)))) / (2.0 / 3.0 * m ** (1.0 / 6.0))
    elif trans == "pearsonNegBin":
        found = (x - m) / np.sqrt(m + alpha * m * m)
    elif trans == "anscombeNegBin":
        found = (_anscombe_integral(x, alpha) - _anscombe_integral(m, alpha)) / (m + alpha * m * m) ** (1.0 / 6.0)
    else:
        found = x.copy()
    return found


def _anscombe_integral(y: Floats, alpha: float) -> Floats:
    """The integral of ``(t + alpha t^2)^(-1/3)`` from 0 to y, which makes a negative binomial nearly normal."""
    found: Floats = 1.5 * np.cbrt(y) ** 2 * scipy.special.hyp2f1(1.0 / 3.0, 2.0 / 3.0, 5.0 / 3.0, -alpha * y)
    return found


def _bound(before: Floats, sums: Floats, m: Floats, h: float, k: float, trans: str, alpha: float) -> Floats:
    """The count from which the sum reaches ``h``."""
    spare = h + k - before
    found: Floats
    if trans == "rossi":
        root = np.sqrt(m)
        found = 2.0 * root * spare + 5.0 * m - 2.0 * np.sqrt(4.0 * m * m + 2.0 * m * root * spare)
    elif trans == "standard":
        found = np.ceil(np.sqrt(m) * spare + m)
    elif trans in ("anscombe", "anscombe2nd"):
        centre = np.cbrt(m) ** 2 - (0.0 if trans == "anscombe" else np.cbrt(m) / 9.0)
        found = np.maximum(2.0 / 3.0 * m ** (1.0 / 6.0) * spare + centre, 0.0) ** 1.5
    elif trans == "pearsonNegBin":
        found = np.sqrt(m + alpha * m * m) * spare + m
    else:
        found = h - sums
    return found
