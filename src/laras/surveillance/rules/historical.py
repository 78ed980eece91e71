"""Historical limits: the last four weeks against the same and neighbouring months of earlier years.

Stroup DF, Williamson GD, Herndon JL, Karon JM (1989), Stat Med 8:323-329; windows and defaults as `algo.cdc` of the R package
`surveillance`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from laras.surveillance.rules.series import Detection, as_counts, points

MONTH = 4
"""Weeks that make a month here."""


def historical_limits(
    observed: NDArray[np.generic],
    *,
    b: int = 5,
    m: int = 1,
    alpha: float = 0.025,
    frequency: int = 52,
    at: Sequence[int] | None = None,
) -> Detection:
    """Historical limits for every weekly series at once. ``observed``: counts ``(series, time)``, NaN where no report came.

    The cases of the last four weeks (``score``) are compared with those of the ``2 m + 1`` four-week months about the same time in
    each of ``b`` earlier years; ``expected`` is their mean, ``upperbound`` the end of the prediction interval of level
    ``1 - alpha``. Both are cases of four weeks, not of one. A gap in any of these weeks leaves no answer.
    """
    counts = as_counts(observed)
    if frequency != 52:
        raise ValueError("frequency: historical limits are for weekly counts (52)")
    if b < 1 or m < 0 or b * (2 * m + 1) < 2:
        raise ValueError("b, m: at least two months to compare with")
    if not 0.0 < alpha < 1.0:
        raise ValueError("alpha: between 0 and 1")
    series, time = counts.shape
    asked = points(at, time)
    shape = (series, len(asked))
    expected, upper, score = (np.full(shape, np.nan) for _ in range(3))
    places = np.flatnonzero(asked >= b * frequency + MONTH * (m + 1) - 1)
    if len(places):
        # months[:, t]: cases of the four weeks that end with week t
        months = np.add.reduce([counts[:, MONTH - 1 - back : time - back] for back in range(MONTH)])
        now = asked[places] - (MONTH - 1)
        backs = [frequency * year + MONTH * shift for year in range(1, b + 1) for shift in range(-m, m + 1)]
        baseline = np.stack([months[:, now - back] for back in backs])
        mean, deviation = baseline.mean(axis=0), baseline.std(axis=0, ddof=1)
        z = scipy.special.ndtri(1.0 - alpha / 2.0) * np.sqrt(1.0 + 1.0 / len(backs))
        expected[:, places], upper[:, places], score[:, places] = mean, mean + z * deviation, months[:, now]
        upper[np.isnan(score)] = np.nan
        expected[np.isnan(upper)] = np.nan
    with np.errstate(invalid="ignore"):
        return Detection(asked, expected, upper, score, score > upper, ~np.isnan(upper))
