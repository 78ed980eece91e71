"""Farrington's method and its flexible form: a count is compared with those of the same time of year in earlier years.

Farrington CP, Andrews NJ, Beale AD, Catchpole MA (1996), J R Stat Soc A 159:547-563; Noufaily A et al. (2013), Stat Med
32:1206-1222; Salmon M, Schumacher D, Hoehle M (2016), J Stat Softw 70(10). Names and defaults of the parameters are those of the
R package `surveillance` in snake case, and so are the results; docs/detection.md lists what differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from laras.surveillance.rules.quantiles import nb_quantile, nb_upper_tail
from laras.surveillance.rules.quasipoisson import SMALLEST_MEAN, Design, Fit, Floats, Ints, Responses, fit
from laras.surveillance.rules.references import Calendar, flexible_designs, original_designs
from laras.surveillance.rules.series import Bools, Detection, as_counts, as_population, points

BATCH = 60_000
"""Reference counts worked on at once: a batch stays in the processor's cache."""

EXACT = 1e-18
"""A dispersion below this is rounding."""

ThresholdMethod = Literal["delta", "nbPlugin", "muan"]
_POWERS = {"2/3": 2.0 / 3.0, "1/2": 0.5, "none": 1.0}


@dataclass(frozen=True, eq=False)
class FarringtonDetection(Detection):
    """What the regression says beside the bound, each ``(series, points)``."""

    dispersion: Floats
    """Overdispersion, at least 1."""
    trend: Bools
    """Whether the trend stayed in the model."""
    slope: Floats
    """Change of the log mean in one period; NaN without trend."""
    pvalue: Floats
    """Probability of a count as large; NaN for the original method."""


def farrington_flexible(
    observed: NDArray[np.generic],
    *,
    b: int = 5,
    w: int = 3,
    reweight: bool = True,
    weights_threshold: float = 2.58,
    alpha: float = 0.05,
    trend: bool = True,
    trend_threshold: float = 0.05,
    limit54: tuple[float, int] = (5, 4),
    power_trans: str = "2/3",
    past_weeks_not_included: int | None = None,
    no_periods: int = 1,
    threshold_method: ThresholdMethod = "delta",
    population_offset: bool = False,
    population: NDArray[np.generic] | None = None,
    frequency: int = 52,
    calendar: Calendar | None = None,
    at: Sequence[int] | None = None,
    skip_below_limit: bool = False,
    textbook_dispersion: bool = False,
) -> FarringtonDetection:
    """Farrington flexible for every series at once.

    ``observed``: counts ``(series, time)``, NaN where no report came (such a point is left out of every baseline). ``calendar``:
    dates of the time points, to go back to the nearest same weekday of earlier years; None goes whole ``frequency`` rows back.
    ``at``: time points to judge (from 0); default all with enough history. Others are NaN.

    ``limit54 = (cases, periods)``: below so many cases in the last periods there is no bound and no alarm; score and the rest are
    given still, unless ``skip_below_limit`` leaves their computation out. The standard error uses, as R does, the dispersion
    under the weights of the reweighting, not cut off at 1; ``textbook_dispersion`` uses the estimated one throughout.

    Raises ValueError for parameters or counts that make no sense.
    """
    counts = as_counts(observed)
    _check(b, w, alpha, limit54, power_trans, weights_threshold)
    if threshold_method not in ("delta", "nbPlugin", "muan"):
        raise ValueError(f"threshold_method: {threshold_method!r} is none of delta, nbPlugin, muan")
    past = w if past_weeks_not_included is None else past_weeks_not_included
    asked = points(at, counts.shape[1])
    designs = flexible_designs(asked, counts.shape[1], b, w, past, no_periods, frequency, calendar)
    work = _Work(counts, as_population(population, counts, population_offset), asked, limit54, skip_below_limit)
    rule = _Rule(reweight, weights_threshold, trend and b >= 3, trend_threshold, True, textbook_dispersion)
    found = _unanswered(asked, work.shape)
    for design, columns in designs:
        for rows, where, responses, now, offset in work.batches(design, columns):
            model = rule.judge(design, responses, offset)
            if threshold_method == "delta":
                bound = _delta(model, now, _POWERS[power_trans], scipy.special.ndtri(1.0 - alpha))
            else:
                bound = _quantile(model, now, alpha, muan=threshold_method == "muan")
            enough = work.enough[rows, where]
            lost = ~model.converged | np.isnan(bound.upper)
            for table, values in (
                (found.expected, np.where(enough & ~lost, model.mean, np.nan)),
                (found.upperbound, np.where(enough, bound.upper, np.nan)),
                (found.score, bound.score),
                (found.pvalue, bound.pvalue),
                (found.dispersion, model.phi),
                (found.slope, np.where(model.trended, model.slope, np.nan)),
            ):
                table[rows, where] = np.where(model.converged, values, np.nan)
            with np.errstate(invalid="ignore"):
                found.alarm[rows, where] = enough & model.converged & (bound.score > 1) & (now > 0)
            found.evaluated[rows, where] = model.converged & ~np.isnan(now)
            found.trend[rows, where] = model.trended & model.converged
    return found


def farrington(
    observed: NDArray[np.generic],
    *,
    b: int = 5,
    w: int = 3,
    reweight: bool = True,
    weights_threshold: float = 1.0,
    alpha: float = 0.05,
    trend: bool = True,
    trend_threshold: float = 0.05,
    limit54: tuple[float, int] = (5, 4),
    power_trans: str = "2/3",
    fit_method: str = "fast",
    population: NDArray[np.generic] | None = None,
    frequency: int = 52,
    calendar: Calendar | None = None,
    at: Sequence[int] | None = None,
) -> FarringtonDetection:
    """Farrington's original method for every series at once; arguments as in :func:`farrington_flexible`.

    The bound is two-sided (``1 - alpha/2``). Below ``limit54`` bound and score are 0, as in R, and there is no alarm. Reference
    points before the series begins are left out. ``fit_method``: ``fast``, ``glm`` (the same here) or ``population_offset``,
    also by their names in R (``algo.farrington.fitGLM.fast`` ...).
    """
    counts = as_counts(observed)
    _check(b, w, alpha, limit54, power_trans, weights_threshold)
    method = fit_method.removeprefix("algo.farrington.fitGLM").lstrip(".") or "glm"
    if method not in ("fast", "glm", "population_offset", "populationOffset"):
        raise ValueError(f"fit_method: {fit_method!r} is none of fast, glm, population_offset")
    asked = points(at, counts.shape[1])
    designs = original_designs(asked, counts.shape[1], b, w, frequency, calendar)
    work = _Work(counts, as_population(population, counts, method.startswith("population")), asked, limit54, False)
    rule = _Rule(reweight, weights_threshold, trend and b >= 3, trend_threshold, False, False)
    found = _unanswered(asked, work.shape)
    z = scipy.special.ndtri(1.0 - alpha / 2.0)
    for design, columns in designs:
        for rows, where, responses, now, offset in work.batches(design, columns):
            model = rule.judge(design, responses, offset)
            bound = _delta(model, now, _POWERS[power_trans], z)
            enough = work.enough[rows, where]
            for table, values in (
                (found.expected, model.mean),
                (found.upperbound, np.where(enough, bound.upper, 0.0)),
                (found.score, np.where(enough, bound.score, 0.0)),
                (found.dispersion, model.phi),
                (found.slope, np.where(model.trended, model.slope, np.nan)),
            ):
                table[rows, where] = np.where(model.converged, values, np.nan)
            with np.errstate(invalid="ignore"):
                found.alarm[rows, where] = enough & model.converged & (bound.score > 1)
            found.evaluated[rows, where] = model.converged & ~np.isnan(now)
            found.trend[rows, where] = model.trended & model.converged
    return found


def _unanswered(asked: Ints, shape: tuple[int, int]) -> FarringtonDetection:
    expected, upper, score, dispersion, slope, pvalue = (np.full(shape, np.nan) for _ in range(6))
    alarm, evaluated, trend = (np.zeros(shape, dtype=np.bool_) for _ in range(3))
    return FarringtonDetection(asked, expected, upper, score, alarm, evaluated, dispersion, trend, slope, pvalue)


def _check(
    b: int, w: int, alpha: float, limit54: tuple[float, int], power_trans: str, weights_threshold: float
) -> None:
    if b < 1 or w < 0:
        raise ValueError("b: at least one year back, w: at least 0")
    if not 0.0 < alpha < 0.5:
        raise ValueError("alpha: between 0 and 0.5")
    if limit54[0] < 0 or limit54[1] < 1:
        raise ValueError("limit54: at least 0 cases in at least 1 period")
    if power_trans not in _POWERS:
        raise ValueError(f"power_trans: {power_trans!r} is none of {', '.join(_POWERS)}")
    if weights_threshold <= 0:
        raise ValueError("weights_threshold: above 0")


class _Work:
    """Cuts the points of one design into batches and gathers their reference counts."""

    def __init__(
        self, counts: Floats, population: Floats | None, asked: Ints, limit54: tuple[float, int], skip: bool
    ) -> None:
        self.counts, self.asked, self.skip = counts, asked, skip
        self.log_population = None if population is None else np.log(population)
        self.shape = (counts.shape[0], len(asked))
        self.gaps = bool(np.isnan(counts).any())
        cases, periods = limit54
        recent = np.zeros(self.shape)
        for back in range(int(periods)):
            inside = asked >= back
            # A period without report adds nothing: what the others brought may be enough without it.
            recent[:, inside] += np.nan_to_num(counts[:, asked[inside] - back])
        self.enough: Bools = recent >= cases

    def batches(
        self, design: Design, columns: Ints
    ) -> Iterator[tuple[Ints, Ints, Responses, Floats, tuple[Floats | None, Floats]]]:
        """``(series, place in at, responses, counts now, (offset now, largest reference count))`` of each batch."""
        series, _time = self.counts.shape
        width = min(len(columns), max(1, BATCH // design.size))
        height = max(1, BATCH // (design.size * width))
        for first in range(0, len(columns), width):
            places = columns[first : first + width]
            needed = self.asked[places][None, :] - design.back[:, None]  # (n, points)
            used, index = np.unique(needed, return_inverse=True)
            index = index.reshape(needed.shape)
            for top in range(0, series, height):
                block = slice(top, min(series, top + height))
                many = block.stop - top
                rows = np.repeat(np.arange(top, block.stop), len(places))
                where = np.tile(places, many)
                chosen = None
                if self.skip:
                    chosen = np.flatnonzero(self.enough[rows, where])
                    if not len(chosen):
                        continue
                    rows, where = rows[chosen], where[chosen]
                gather = (np.arange(many)[None, :, None] * len(used) + index[:, None, :]).reshape(design.size, -1)
                if chosen is not None:
                    gather = gather.take(chosen, axis=1)
                baseline = self.counts[block, used]
                weight = None
                if self.gaps:
                    absent = np.isnan(baseline)
                    baseline = np.where(absent, 0.0, baseline)
                    weight = 1.0 - absent.astype(np.float64).take(gather)
                y, two_thirds, start, start_deviance, deviance = (
                    table.take(gather) for table in Responses.tables(np.ascontiguousarray(baseline))
                )
                offset = offset_now = None
                if self.log_population is not None:
                    offset = np.ascontiguousarray(self.log_population[block, used]).take(gather)
                    offset_now = self.log_population[rows, self.asked[where]]
                responses = Responses(y, two_thirds, start, start_deviance, deviance, weight, offset)
                yield rows, where, responses, self.counts[rows, self.asked[where]], (offset_now, y.max(axis=0))


@dataclass(frozen=True, eq=False)
class _Model:
    """The model of each point of a batch, all ``(models,)``."""

    mean: Floats
    log_mean: Floats
    error: Floats  # standard error of the linear predictor
    phi: Floats
    trended: Bools
    slope: Floats
    converged: Bools


@dataclass(frozen=True)
class _Rule:
    reweight: bool
    weights_threshold: float
    trend: bool
    trend_threshold: float
    flexible: bool
    textbook: bool

    def judge(self, design: Design, responses: Responses, now: tuple[Floats | None, Floats]) -> _Model:
        """Fit with the trend, keep it where it is significant and does not extrapolate, else fit without."""
        offset, largest = now
        if not self.trend:
            return self._model(design, responses, offset, trend=False)[0]
        model, dispersion, spread, df = self._model(design, responses, offset, trend=True)
        critical = _critical(df, self.trend_threshold)
        with np.errstate(invalid="ignore", divide="ignore"):
            # Counts that the model meets exactly have no error against which a trend could be significant.
            significant = (dispersion > EXACT) & (model.slope**2 * spread > critical**2 * dispersion)
        stays = model.converged & significant & (model.mean <= largest)
        again = np.flatnonzero(~stays)
        if len(again) == 0:
            return model
        whole = len(again) == len(stays)
        part = responses if whole else responses.only(again)
        plain = self._model(design, part, None if offset is None else offset[again], trend=False)[0]
        if whole:
            return plain
        for name in ("mean", "log_mean", "error", "phi", "trended", "slope", "converged"):
            getattr(model, name)[again] = getattr(plain, name)
        return model

    def _model(
        self, design: Design, responses: Responses, offset: Floats | None, *, trend: bool
    ) -> tuple[_Model, Floats, Floats, Floats]:
        found = fit(design, responses, trend=trend)
        converged = found.converged.copy()  # the refit with weights is taken as it is
        squares = found.relative_squares(responses)
        phi = _pearson(found, squares)
        scale = phi if not self.flexible or not self.reweight else squares.sum(axis=0) / found.df
        if self.reweight:
            if responses.weight is not None and self.flexible:
                scale = (squares * responses.weight).sum(axis=0) / found.df
            omega, chosen = self._weights(design, responses, found, np.maximum(phi, 1.0))
            if len(chosen):
                part = responses.only(chosen)
                second = fit(design, part, trend=trend, weights=omega)
                squares = second.relative_squares(part)
                phi[chosen] = _pearson(second, squares)
                if self.flexible:
                    scale[chosen] = (squares * omega).sum(axis=0) / second.df
                found.put(chosen, second)
        clipped = np.maximum(phi, 1.0)
        if not self.flexible:
            scale = phi
        predictor = found.level[-1] if offset is None else found.level[-1] + offset
        with np.errstate(over="ignore"):
            mean = np.maximum(np.exp(predictor), SMALLEST_MEAN)
        used = clipped if self.textbook or not self.flexible else scale
        model = _Model(
            mean=mean,
            log_mean=predictor.copy(),
            error=np.sqrt(found.variance_now() * used),
            phi=clipped,
            trended=np.full(len(mean), trend),
            slope=found.trend,
            converged=converged,
        )
        return model, (clipped if self.textbook else scale), found.spread, found.df

    def _weights(self, design: Design, responses: Responses, found: Fit, phi: Floats) -> tuple[Floats, Ints]:
        """Weights of the second fit, ``(n, chosen models)``: Anscombe residuals beyond the threshold count less.

        Models without such a residual are not chosen: all their weights are 1, so that they are fitted already.
        """
        spare = found.leverage(design)
        np.subtract(1.0, spare, out=spare)
        np.maximum(spare, 0.0, out=spare)
        spare *= phi
        residual = responses.two_thirds / found.root
        residual -= found.root * found.root * found.root
        residual *= 1.5
        with np.errstate(divide="ignore", invalid="ignore"):
            residual /= np.sqrt(spare, out=spare)
            beyond = residual > self.weights_threshold
        if responses.weight is not None:
            beyond &= responses.weight > 0
        chosen = np.flatnonzero(beyond.any(axis=0))
        if len(chosen) < len(phi):
            beyond, residual = beyond.take(chosen, axis=1), residual.take(chosen, axis=1)
        omega = np.ones_like(residual)
        np.divide(1.0, residual * residual, out=omega, where=beyond)
        if responses.weight is None:
            omega *= design.size / omega.sum(axis=0)
        else:
            present = responses.weight.take(chosen, axis=1)
            omega *= present
            omega *= present.sum(axis=0) / omega.sum(axis=0)
        return omega, chosen


def _pearson(found: Fit, squares: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        total: Floats = np.einsum("ij,ij->j", squares, found.solved) / found.df
    return total


def _critical(df: Floats, level: float) -> Floats:
    """Beyond this |t| the two-sided p-value is below the level."""
    distinct, index = np.unique(df, return_inverse=True)
    found: Floats = scipy.special.stdtrit(np.maximum(distinct, 1e-9), 1.0 - level / 2.0)[index]
    return found


@dataclass(frozen=True, eq=False)
class _Bound:
    upper: Floats
    score: Floats
    pvalue: Floats


def _delta(model: _Model, now: Floats, power: float, z: float) -> _Bound:
    """The bound on a scale where counts are nearly normal; variance by the delta method."""
    mean = model.mean
    tau = model.phi + model.error**2 * mean  # error is on the log scale
    se = power * np.sqrt(mean ** (2.0 * power - 1.0) * tau)
    centre = mean**power
    with np.errstate(invalid="ignore", divide="ignore"):
        upper = (centre + z * se) ** (1.0 / power)
        return _Bound(upper, (now - mean) / (upper - mean), scipy.special.ndtr((centre - now**power) / se))


def _quantile(model: _Model, now: Floats, alpha: float, *, muan: bool) -> _Bound:
    """The bound as a quantile of the negative binomial (Poisson without overdispersion) about the mean, or about the upper end
    of the mean's interval (``muan``). As in R the score takes the prediction on the log scale."""
    with np.errstate(over="ignore"):
        centre = (
            np.exp(model.log_mean + scipy.special.ndtri(1.0 - alpha) * model.error) if muan else np.exp(model.log_mean)
        )
    upper = np.full_like(centre, np.nan)
    tail = np.full_like(centre, np.nan)
    finite = np.flatnonzero(np.isfinite(centre) & model.converged)
    upper[finite] = nb_quantile(1.0 - alpha, centre[finite], model.phi[finite])
    tail[finite] = nb_upper_tail(now[finite], centre[finite], model.phi[finite])
    with np.errstate(invalid="ignore", divide="ignore"):
        return _Bound(upper, (now - model.log_mean) / (upper - model.log_mean), tail)
