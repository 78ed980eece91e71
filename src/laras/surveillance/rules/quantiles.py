"""Quantiles and tails of the negative binomial with mean ``mu`` and variance ``phi mu`` (Poisson for ``phi = 1``), elementwise."""

from __future__ import annotations

import numpy as np
import scipy

from laras.surveillance.rules.series import Bools, Floats


def _cumulative(k: Floats, mu: Floats, phi: Floats) -> Floats:
    """P(Y <= k), 0 below 0."""
    found = np.zeros_like(mu)
    poisson = (phi <= 1.0) & (k >= 0)
    found[poisson] = scipy.special.gammaincc(k[poisson] + 1.0, mu[poisson])
    over = (phi > 1.0) & (k >= 0)
    found[over] = scipy.special.betainc(mu[over] / (phi[over] - 1.0), k[over] + 1.0, 1.0 / phi[over])
    return found


def nb_upper_tail(y: Floats, mu: Floats, phi: Floats) -> Floats:
    """P(Y >= y), ``(n,)``; 1 for ``y = 0``, NaN for no count."""
    found = np.where(np.isnan(y), np.nan, 1.0)
    poisson = (phi <= 1.0) & (y > 0)
    found[poisson] = scipy.special.gammainc(y[poisson], mu[poisson])
    over = (phi > 1.0) & (y > 0)
    found[over] = scipy.special.betaincc(mu[over] / (phi[over] - 1.0), y[over], 1.0 / phi[over])
    return found


def nb_quantile(p: float, mu: Floats, phi: Floats) -> Floats:
    """The smallest count k with P(Y <= k) >= p, ``(n,)``.

    A bracket is grown from the Cornish-Fisher value and halved, so the cost follows the logarithm of the error of that value.
    Where the standard deviation is below 1e-7 of the mean (sparse series give means beyond 1e30) that value is the answer.
    """
    z = float(scipy.special.ndtri(p))
    level = p * (1.0 - 64.0 * np.finfo(np.float64).eps)  # a sum that meets p but for rounding meets it
    skewness = np.where(phi > 1.0, (2.0 * phi - 1.0), 1.0) / np.sqrt(mu * phi)
    start = np.maximum(np.floor(mu + np.sqrt(mu * phi) * (z + skewness * (z * z - 1.0) / 6.0) + 0.5), 0.0)
    near = np.flatnonzero(mu / phi < 1e14)
    start[near] = _search(level, start[near], mu[near], phi[near])
    return start


def _search(level: float, above: Floats, mu: Floats, phi: Floats) -> Floats:
    def reaches(k: Floats, chosen: Bools) -> Bools:
        return _cumulative(k[chosen], mu[chosen], phi[chosen]) >= level

    below = above - 1.0
    step = np.maximum(1.0, np.floor(np.sqrt(mu * phi) / 16.0))
    high = reaches(above, np.ones(len(mu), dtype=np.bool_))
    grow = step.copy()
    todo = ~high
    while todo.any():  # the bracket's upper end
        below[todo] = above[todo]
        above[todo] += grow[todo]
        grow[todo] *= 2.0
        todo[todo] = ~reaches(above, todo) & np.isfinite(above[todo])
    grow = step.copy()
    todo = high & (below >= 0)
    while todo.any():  # the lower end, exclusive; -1 has no probability
        still = reaches(below, todo)
        index = np.flatnonzero(todo)[still]
        above[index] = below[index]
        below[index] = np.maximum(-1.0, below[index] - grow[index])
        grow[index] *= 2.0
        todo[:] = False
        todo[index] = below[index] >= 0
    todo = _apart(below, above)
    while todo.any():
        middle = np.floor((below + above) / 2.0)
        reached = reaches(middle, todo)
        index = np.flatnonzero(todo)
        above[index[reached]] = middle[index[reached]]
        below[index[~reached]] = middle[index[~reached]]
        todo = _apart(below, above)
    return above


def _apart(below: Floats, above: Floats) -> Bools:
    return above - below > np.maximum(1.0, np.abs(above) * 1e-15)
