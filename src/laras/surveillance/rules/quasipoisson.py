"""Many small quasi-Poisson regressions at once: log link, one level per group of reference points, a common trend.

The models of one batch share their design, so one step of iteratively reweighted least squares is one matrix product for all
of them, and the normal equations (levels and one trend: an arrow) are solved in closed form. Arrays stand as ``(reference
points, models)``, which keeps the models contiguous.

The steps are those of ``glm`` in R, since results follow from where it stops: start at ``y + 0.1``, at most 25 steps, until the
deviance changes by less than 1e-8 of itself. What depends on the normal matrix (leverage, standard errors) belongs to the weights
of the last solve, which are those of the step before; means and residuals belong to the last step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

STEPS = 25
TOLERANCE = 1e-8
SMALLEST_MEAN = float(np.finfo(np.float64).eps)
"""A mean never falls below this; the linear predictor may."""


@dataclass(frozen=True, eq=False)
class Design:
    """Which earlier points a time point is compared with, the same for every model of a batch.

    ``back``: rows before the time point, shape ``(n,)``. ``group``: level of each, 0 to ``groups - 1``; the time point itself
    belongs to the last. ``time``: its time relative to the time point, in periods (so the time point stands at 0).
    """

    back: Ints
    group: Ints
    time: Floats
    groups: int

    @property
    def size(self) -> int:
        return len(self.back)

    @cached_property
    def levels(self) -> Floats:
        """``(groups, n)``: 1 where the reference point belongs to the group."""
        found: Floats = (np.arange(self.groups)[:, None] == self.group).astype(np.float64)
        return found

    @cached_property
    def moments(self) -> Floats:
        """``(2 groups + 1, n)``: applied to weights, their sums, sums with time by group, and the sum with time squared."""
        return np.concatenate([self.levels, self.levels * self.time, self.time[None, :] ** 2])

    @cached_property
    def lines(self) -> Floats:
        """``(groups + 1, n)``: the design itself, levels and time."""
        return np.concatenate([self.levels, self.time[None, :]])

    @cached_property
    def _grid(self) -> tuple[Floats, Ints, Floats, Ints]:
        """Times as sums ``slow[i] + fast[j]`` with few distinct terms: the exponential of a trend is then a product."""
        best: tuple[Floats, Ints, Floats, Ints] | None = None
        for length in (1.0, *range(5, 80)):
            slow, i = np.unique(np.rint(self.time / length) * length, return_inverse=True)
            fast, j = np.unique(self.time - slow[i], return_inverse=True)
            if best is None or len(slow) + len(fast) < len(best[0]) + len(best[2]):
                best = slow, i, fast, j
        assert best is not None
        return best

    @cached_property
    def _product(self) -> tuple[Floats, Floats, Floats, Floats, Ints] | None:
        """Where every slow time meets every fast one once, and the group follows from the fast one: slow times from their middle,
        the middle, powers of the slow times ``(3, slow)``, moments of the fast ones ``(2 groups + 1, fast)``, their groups."""
        slow, i, fast, j = self._grid
        group = np.full(len(fast), -1)
        group[j] = self.group
        pairs = np.unique(i * len(fast) + j)
        if len(pairs) != self.size or self.size != len(slow) * len(fast) or (group[j] != self.group).any():
            return None
        levels = (np.arange(self.groups)[:, None] == group).astype(np.float64)
        middle = slow.mean()
        away = slow - middle
        time = fast + middle
        return (
            away,
            time,
            away ** np.arange(3)[:, None],
            np.concatenate([levels, levels * time, time[None, :] ** 2]),
            group,
        )

    def sums_of_means(self, level: Floats, trend: Floats) -> Floats | None:
        """``moments @ means`` for weights of 1 without the means, from sums over slow and fast times; None where the design is no
        product of them. (A mean below the smallest adds nothing here.)"""
        if self._product is None:
            return None
        away, time, powers, moments, group = self._product
        if not np.fmax.reduce(np.abs(trend)) * np.abs(away).max() < 300.0:
            return None  # the factors of a runaway trend could overflow where their product does not
        slow = powers @ np.exp(away[:, None] * trend)
        fast = moments @ np.exp((level if self.groups == 1 else level.take(group, axis=0)) + time[:, None] * trend)
        p = self.groups
        found: Floats = fast * slow[0]
        found[p : 2 * p] += fast[:p] * slow[1]
        found[2 * p] += 2.0 * fast[p : 2 * p].sum(axis=0) * slow[1] + fast[:p].sum(axis=0) * slow[2]
        return found

    def root_means(self, level: Floats, trend: Floats | None, offset: Floats | None) -> Floats:
        """The sixth root of the means, ``(n, models)``: cheap, and both the mean and Anscombe's powers follow from it."""
        if trend is None:
            root: Floats = np.exp(level / 6.0).take(self.group, axis=0)
        else:
            slow, i, fast, j = self._grid
            step = trend / 6.0
            if self.groups == 1:
                root = np.exp(level / 6.0 + slow[:, None] * step).take(i, axis=0)
            else:
                root = np.exp(level / 6.0).take(self.group, axis=0)
                root *= np.exp(slow[:, None] * step).take(i, axis=0)
            root *= np.exp(fast[:, None] * step).take(j, axis=0)
        if offset is not None:
            root *= np.exp(offset / 6.0)
        np.maximum(root, SMALLEST_MEAN ** (1.0 / 6.0), out=root)
        return root


@dataclass(frozen=True, eq=False)
class Responses:
    """The reference counts of a batch with what every fit of them needs, each ``(n, models)``.

    ``weight`` is 0 for a reference point without a report (its count is set to 0) and 1 for others; None when none is missing.
    ``offset`` is added to the linear predictor; None for 0.
    """

    y: Floats
    two_thirds: Floats
    """``y^(2/3)``"""
    start: Floats
    """``(y + 0.1) log(y + 0.1) - 0.1``: working responses of the first step, times their weight."""
    start_deviance: Floats
    """Half the deviance of the mean ``y + 0.1``."""
    deviance: Floats
    """``y log y - y``: the part of half the deviance that no mean changes."""
    weight: Floats | None = None
    offset: Floats | None = None

    @classmethod
    def tables(cls, counts: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """The fields above for counts of any shape, to be gathered from."""
        start = counts + 0.1
        logarithm = np.log(start)
        y_log_y = np.log(counts, out=np.zeros_like(counts), where=counts > 0) * counts
        return (
            counts,
            np.cbrt(counts) ** 2,
            start * logarithm - 0.1,
            y_log_y - counts * logarithm + 0.1,
            y_log_y - counts,
        )

    @property
    def models(self) -> int:
        return int(self.y.shape[1])

    def only(self, chosen: Ints) -> Responses:
        """The chosen models."""
        return Responses(*(None if part is None else part.take(chosen, axis=1) for part in self._parts()))  # type: ignore[arg-type]

    def _parts(self) -> tuple[Floats | None, ...]:
        return (self.y, self.two_thirds, self.start, self.start_deviance, self.deviance, self.weight, self.offset)


@dataclass(frozen=True, eq=False)
class Fit:
    """Fitted models. Normal matrix and ``solved`` weights belong to the last solve, ``root`` to the step after it."""

    level: Floats
    """``(groups, models)``"""
    trend: Floats
    """``(models,)``: change of the linear predictor in one period; 0 without trend."""
    root: Floats
    """``(n, models)``: the sixth root of the means."""
    solved: Floats
    """``(n, models)``: working weights of the last solve."""
    size: Floats
    """``(groups, models)``: sums of these weights."""
    centre: Floats
    """``(groups, models)``: their mean times; 0 without trend."""
    spread: Floats
    """``(models,)``: their squared times about the centres, summed; infinite without trend."""
    df: Floats
    """``(models,)``: residual degrees of freedom."""
    converged: NDArray[np.bool_]
    """``(models,)``"""

    def relative_squares(self, responses: Responses) -> Floats:
        """``((y - mean) / mean)^2``, ``(n, models)``: squared working residuals."""
        found = self.root * self.root  # multiplied out: a power of 3 would be far slower
        found *= self.root
        found *= found
        np.divide(responses.y, found, out=found)
        found -= 1.0
        found *= found
        return found

    def leverage(self, design: Design) -> Floats:
        """Diagonal of the hat matrix, ``(n, models)``."""
        found = design.time[:, None] - self.centre.take(design.group, axis=0)
        found *= found
        found /= self.spread
        found += _inverse(self.size).take(design.group, axis=0)
        found *= self.solved
        return found

    def variance_now(self) -> Floats:
        """Variance of the linear predictor at the time point itself for a dispersion of 1, ``(models,)``."""
        found: Floats = _inverse(self.size[-1]) + self.centre[-1] ** 2 / self.spread
        return found

    def put(self, chosen: Ints, other: Fit) -> None:
        """Take over the other fit for the chosen models."""
        for name in ("level", "trend", "root", "solved", "size", "centre", "spread", "df", "converged"):
            getattr(self, name)[..., chosen] = getattr(other, name)


def fit(design: Design, responses: Responses, *, trend: bool, weights: Floats | None = None) -> Fit:
    """Fit every model of the batch. ``weights``: prior weights ``(n, models)``; None for 1 (0 where a report is missing)."""
    y, p, models = responses.y, design.groups, responses.models
    w, offset = responses.weight if weights is None else weights, responses.offset

    def weighted(values: Floats) -> Floats:
        return values if w is None else values * w

    wy = weighted(y)
    right = _Right.of(design, wy)
    constant = weighted(responses.deviance).sum(axis=0)
    if offset is not None:
        constant -= (wy * offset).sum(axis=0)
    start = weighted(y + 0.1)
    pull = weighted(responses.start) if offset is None else weighted(responses.start) - start * offset
    rest = _Right.of(design, pull)  # the first step solves for the whole predictor, the later ones for its change
    normal = design.moments @ start if trend else design.levels @ start
    exposure = None  # without trend the sums of means by group follow from the sums of their exposures
    if not trend:
        exposure = np.exp(offset) if offset is not None else np.ones_like(y)
        exposure = design.levels @ weighted(exposure)
    old = 2.0 * weighted(responses.start_deviance).sum(axis=0)

    level, slope = np.zeros((p, models)), np.zeros(models)
    kept = Fit(
        level=np.full((p, models), np.nan),
        trend=np.zeros(models),
        root=np.empty((0, 0)),
        solved=np.empty((0, 0)),
        size=np.zeros((p, models)),
        centre=np.zeros((p, models)),
        spread=np.full(models, np.inf),
        df=np.empty(0),
        converged=np.zeros(models, dtype=np.bool_),
    )
    level_before, slope_before = np.zeros((p, models)), np.zeros(models)
    at_once: list[Ints] = []
    which = np.arange(models)
    running = np.ones(models, dtype=np.bool_)
    for step in range(STEPS):
        size = normal[:p]
        inverse = _inverse(size)
        if trend:
            centre = normal[p : 2 * p] * inverse
            spread = normal[2 * p] - (normal[p : 2 * p] * centre).sum(axis=0)
            turn = (rest.time - (centre * rest.level).sum(axis=0)) / spread
            new_level, new_slope = level + rest.level * inverse - centre * turn, slope + turn
            sums = design.sums_of_means(new_level, new_slope) if w is None and offset is None else None
            if sums is None:
                mean = design.root_means(new_level, new_slope, offset)
                mean *= mean * mean
                mean *= mean
                sums = design.moments @ (mean if w is None else np.multiply(mean, w, out=mean))
            new_normal = sums
            times = new_normal[p : 2 * p].sum(axis=0)
        else:
            new_level, new_slope = level + rest.level * inverse, slope
            assert exposure is not None
            new_normal = np.exp(new_level) * exposure
            times = np.zeros_like(slope)
        deviance = 2.0 * (
            constant + new_normal[:p].sum(axis=0) - (new_level * right.level).sum(axis=0) - new_slope * right.time
        )
        close = np.abs(deviance - old) < TOLERANCE * (0.1 + np.abs(deviance))
        ending = running & close if step < STEPS - 1 else running
        if ending.any():
            ended = which[ending]
            kept.level[:, ended], kept.trend[ended] = new_level[:, ending], new_slope[ending]
            level_before[:, ended], slope_before[ended] = level[:, ending], slope[ending]
            kept.size[:, ended], kept.converged[ended] = size[:, ending], close[ending]
            if trend:
                kept.centre[:, ended], kept.spread[ended] = centre[:, ending], spread[ending]
            if step == 0:
                at_once.append(ended)
            running &= ~ending
            left = np.flatnonzero(running)
            if not len(left):
                break
            if len(left) < 0.7 * len(which):
                which, running = which[left], np.ones(len(left), dtype=np.bool_)
                new_level, new_slope, new_normal = new_level[:, left], new_slope[left], new_normal[:, left]
                right, constant, deviance, times = right.only(left), constant[left], deviance[left], times[left]
                w = None if w is None else w.take(left, axis=1)
                offset = None if offset is None else offset.take(left, axis=1)
                exposure = None if exposure is None else exposure[:, left]
        level, slope, normal, old = new_level, new_slope, new_normal, deviance
        rest = _Right(right.level - normal[:p], right.time - times)

    w, offset = responses.weight if weights is None else weights, responses.offset
    solved = design.root_means(level_before, slope_before if trend else None, offset)
    solved *= solved * solved
    solved *= solved
    if w is not None:
        solved *= w
    for ended in at_once:
        solved[:, ended] = start[:, ended]
    if w is None:
        present, used = np.full(models, float(design.size)), np.full(models, float(p))
    else:
        present, used = (w > 0).sum(axis=0).astype(np.float64), (kept.size > 0).sum(axis=0).astype(np.float64)
    return replace(
        kept,
        root=design.root_means(kept.level, kept.trend if trend else None, offset),
        solved=solved,
        df=present - used - trend,
    )


@dataclass(frozen=True, eq=False)
class _Right:
    """Right-hand sides: by group ``(groups, models)``, and against time ``(models,)``."""

    level: Floats
    time: Floats

    @classmethod
    def of(cls, design: Design, values: Floats) -> _Right:
        found = design.lines @ values
        return cls(found[:-1], found[-1])

    def only(self, chosen: Ints) -> _Right:
        return _Right(self.level[:, chosen], self.time[chosen])


def _inverse(sizes: Floats) -> Floats:
    """1 over each; 0 for a group in which nothing was reported."""
    return np.divide(1.0, sizes, out=np.zeros_like(sizes), where=sizes > 0)
