"""Expected counts by a regression with yearly waves on the time before, for methods that need a mean in control."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from laras.surveillance.rules.series import Floats, Ints

STEPS = 25
TOLERANCE = 1e-8


def seasonal_means(
    counts: Floats, asked: Ints, *, frequency: int, waves: int = 1, trend: bool = False, alpha: float = 0.0
) -> Floats:
    """Means ``(series, points)`` at the points ``asked``, from a log-linear model on all earlier time.

    Intercept, ``waves`` pairs of cosine and sine with periods of a year and its parts, a linear trend if asked for; variance
    ``mu + alpha mu^2`` (Poisson for 0). NaN for a series that does not converge in 25 steps (relative deviance 1e-8).
    """
    first = int(asked[0])
    if first <= 1 + 2 * waves + trend:
        raise ValueError("too little time before the first point to estimate the mean in control")
    design = _design(np.arange(first), frequency, waves, trend)
    ahead = _design(asked, frequency, waves, trend)
    y = counts[:, :first]
    present = ~np.isnan(y)
    y = np.where(present, y, 0.0)
    # The start of R: a Poisson mean of y + 0.1, a negative-binomial one of y with 1/6 for zero.
    mean = y + 0.1 if alpha == 0 else np.where(y > 0, y, 1.0 / 6.0)
    predictor = np.log(mean)
    deviance = _deviance(y, mean, present, alpha)
    found = np.full((len(y), len(asked)), np.nan)
    which = np.arange(len(y))
    for _step in range(STEPS):
        weights = present * mean / (1.0 + alpha * mean)
        working = predictor + (y - mean) / mean
        normal = np.einsum("st,ta,tb->sab", weights, design, design, optimize=True)
        right = (weights * working) @ design
        good = np.isfinite(normal).all(axis=(1, 2)) & (np.abs(np.linalg.det(normal)) > 0)
        solution = np.full_like(right, np.nan)
        solution[good] = np.linalg.solve(normal[good], right[good][..., None])[..., 0]
        with np.errstate(over="ignore", invalid="ignore"):
            predictor = solution @ design.T
            mean = np.maximum(np.exp(predictor), np.finfo(np.float64).eps)
            new = _deviance(y, mean, present, alpha)
            done = np.abs(new - deviance) < TOLERANCE * (0.1 + np.abs(new))
            found[which[done]] = np.exp(solution[done] @ ahead.T)
        left = ~done & good
        if not left.any():
            break
        which, y, present, mean, predictor = which[left], y[left], present[left], mean[left], predictor[left]
        deviance = new[left]
    return found


def _design(time: NDArray[np.integer], frequency: int, waves: int, trend: bool) -> Floats:
    turn = 2.0 * np.pi * (time + 1.0) / frequency
    columns = [np.ones(len(time))]
    if trend:
        columns.append((time + 1.0) / frequency)
    for wave in range(1, waves + 1):
        columns += [np.cos(wave * turn), np.sin(wave * turn)]
    return np.stack(columns, axis=1)


def _deviance(y: Floats, mean: Floats, present: NDArray[np.bool_], alpha: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(y > 0, y * np.log(y / mean), 0.0)
        if alpha == 0:
            each = gain - (y - mean)
        else:
            each = gain - (y + 1.0 / alpha) * np.log((1.0 + alpha * y) / (1.0 + alpha * mean))
    total: Floats = 2.0 * np.where(present, each, 0.0).sum(axis=1)
    return total
