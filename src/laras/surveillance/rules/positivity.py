"""Positivity against its own moving average."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from laras.surveillance.rules.series import Detection, Floats, as_counts, points


def moving_positivity(
    positive: NDArray[np.generic],
    tested: NDArray[np.generic],
    *,
    window: int = 8,
    gap: int = 0,
    alpha: float = 0.025,
    min_tested: int = 10,
    at: Sequence[int] | None = None,
) -> Detection:
    """The share of positive tests against that of the ``window`` periods before, of every series at once.

    ``positive``, ``tested``: ``(series, time)``, NaN where no report came. The baseline leaves out the last ``gap`` periods; its
    positives and tests are summed, so that a period weighs by its tests. ``expected`` is the share of the baseline,
    ``upperbound`` the share that is exceeded with a probability of ``alpha`` if nothing has changed: normal approximation for the
    difference of two shares, with half a positive and half a negative test added to the baseline, so that a baseline without
    positives is no certainty. ``score`` is the distance in standard errors.

    No answer where the period has no test, or the baseline fewer than ``min_tested``; a period without a report is left out.
    Shares lie between 0 and 1; a bound above 1 means that no share would be unusual with so few tests.
    """
    found, total = as_counts(positive, "positive"), as_counts(tested, "tested")
    if found.shape != total.shape:
        raise ValueError("tested: the shape of positive is needed")
    if (found > total).any():
        place = np.argwhere(found > total)[0]
        raise ValueError(f"positive: more than tested at series {place[0]}, time {place[1]}")
    if window < 1 or gap < 0 or min_tested < 1:
        raise ValueError("window, min_tested: at least 1; gap: at least 0")
    if not 0.0 < alpha < 1.0:
        raise ValueError("alpha: between 0 and 1")
    asked = points(at, found.shape[1])
    absent = np.isnan(found) | np.isnan(total)
    x0, n0 = (_before(np.where(absent, 0.0, table), window, gap)[:, asked] for table in (found, total))
    x, n = found[:, asked], total[:, asked]
    known = ~absent[:, asked] & (n > 0) & (n0 >= min_tested) & (asked >= window + gap)
    with np.errstate(invalid="ignore", divide="ignore"):
        usual = (x0 + 0.5) / (n0 + 1.0)
        error = np.sqrt(usual * (1.0 - usual) * (1.0 / n + 1.0 / (n0 + 1.0)))
        share, upper = x / n, usual + scipy.special.ndtri(1.0 - alpha) * error
        tables = [np.where(known, table, np.nan) for table in (x0 / n0, upper, (share - usual) / error)]
        return Detection(asked, tables[0], tables[1], tables[2], known & (share > upper), known)


def _before(values: Floats, window: int, gap: int) -> Floats:
    """Sum of the ``window`` periods that end ``gap`` periods before each; less at the begin."""
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    end = np.maximum(np.arange(values.shape[1]) - gap, 0)
    found: Floats = total[:, end] - total[:, np.maximum(end - window, 0)]
    return found
