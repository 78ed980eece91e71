"""EARS C1, C2 and C3: a count against mean and deviation of the periods just before.

Hutwagner L, Thompson W, Seeman GM, Treadwell T (2003), J Urban Health 80 (2 Suppl 1):i89-i96; upper bounds and defaults as
`earsC` of the R package `surveillance`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from laras.surveillance.rules.series import Detection, Floats, as_counts, points

Method = Literal["C1", "C2", "C3"]
BLOCK = 40_000
"""Counts worked on at once, to stay in the processor's cache."""


def ears(
    observed: NDArray[np.generic],
    *,
    method: Method = "C1",
    baseline: int = 7,
    min_sigma: float = 0.0,
    alpha: float | None = None,
    at: Sequence[int] | None = None,
) -> Detection:
    """EARS for every series at once. ``observed``: counts ``(series, time)``, NaN where no report came.

    The baseline are the ``baseline`` periods before (C1) or before the last two (C2, C3). ``alpha``: default 0.001, for C3 0.025.
    ``score``: deviations above the mean, for C3 summed over three periods as its definition says. A baseline without variation has
    a deviation of ``min_sigma``; where that is 0, the score is infinite or NaN and the bound is the mean.

    ``alarm`` where the count exceeds the bound. Without the full baseline, or with a gap in it, there is no answer.
    """
    counts = as_counts(observed)
    if method not in ("C1", "C2", "C3"):
        raise ValueError(f"method: {method!r} is none of C1, C2, C3")
    if baseline < 3:
        raise ValueError("baseline: at least 3 periods")
    if min_sigma < 0:
        raise ValueError("min_sigma: at least 0")
    alpha = (0.025 if method == "C3" else 0.001) if alpha is None else alpha
    if not 0.0 < alpha < 1.0:
        raise ValueError("alpha: between 0 and 1")
    z = float(scipy.special.ndtri(1.0 - alpha))
    series, time = counts.shape
    asked = points(at, time)
    expected, upper, score = (np.full(counts.shape, np.nan) for _ in range(3))
    lag = 0 if method == "C1" else 2
    first = baseline + lag  # the first period with a full baseline
    if time > first and series:
        height = max(1, BLOCK // time)
        for top in range(0, series, height):
            block = slice(top, top + height)
            _block(counts[block], expected[block], upper[block], score[block], method, baseline, lag, min_sigma, z)
    if at is not None:
        counts, expected, upper, score = (table[:, asked] for table in (counts, expected, upper, score))
    evaluated = ~np.isnan(upper) & ~np.isnan(counts)
    with np.errstate(invalid="ignore"):
        return Detection(asked, expected, upper, score, counts > upper, evaluated)


def _block(
    counts: Floats,
    expected: Floats,
    upper: Floats,
    score: Floats,
    method: Method,
    baseline: int,
    lag: int,
    min_sigma: float,
    z: float,
) -> None:
    time = counts.shape[1]
    first = baseline + lag
    windows = [counts[:, first - lag - back : time - lag - back] for back in range(baseline, 0, -1)]
    mean = windows[0] + windows[1]
    for window in windows[2:]:
        mean += window
    mean /= baseline
    square = np.zeros_like(mean)
    distance = np.empty_like(mean)
    for window in windows:
        np.subtract(window, mean, out=distance)
        distance *= distance
        square += distance
    square /= baseline - 1
    deviation = np.sqrt(square, out=square)
    if min_sigma > 0:
        np.maximum(deviation, min_sigma, out=deviation)
    now = counts[:, first:]
    expected[:, first:] = mean
    with np.errstate(invalid="ignore", divide="ignore"):
        above = np.divide(now - mean, deviation, out=distance)
        if method != "C3":
            score[:, first:] = above
            upper[:, first:] = mean + z * deviation
            return
        if time <= first + 2:
            expected[:, first:] = np.nan
            return
        # What the two periods before exceeded by more than one deviation counts along.
        earlier = np.maximum(above - 1.0, 0.0)
        carried = earlier[:, :-2] + earlier[:, 1:-1]
        score[:, first + 2 :] = above[:, 2:] + carried
        upper[:, first + 2 :] = np.maximum(now[:, 2:] + deviation[:, 2:] * (z - carried), 0.0)
        expected[:, first : first + 2] = np.nan
