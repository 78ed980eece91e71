"""A prospective space-time scan: where and since when are there more cases than the population explains?

Expectation-based Poisson statistic (Neill DB 2009, Int J Forecast 25:498-517) over circles of nearest areas and the last periods;
significance by Monte Carlo.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from laras.surveillance.rules.series import Floats, Ints, as_counts

EARTH_KM = 6371.0


@dataclass(frozen=True)
class Cluster:
    """Areas (their indices, the centre first), the last ``duration`` periods, and what was seen there."""

    areas: tuple[int, ...]
    duration: int
    observed: float
    expected: float
    score: float
    """Log likelihood ratio."""
    pvalue: float
    """Share of the simulated maps (and the real one) whose best cluster scores as high."""

    @property
    def relative_risk(self) -> float:
        return self.observed / self.expected


def distances(coordinates: NDArray[np.generic], *, geographic: bool) -> Floats:
    """``(areas, areas)``: kilometres on the sphere between ``(latitude, longitude)`` in degrees, or plane distances."""
    points = np.asarray(coordinates, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError("coordinates: (areas, 2), all finite")
    if not geographic:
        plane: Floats = np.hypot(*(points[:, None, axis] - points[None, :, axis] for axis in (0, 1)))
        return plane
    if (np.abs(points[:, 0]) > 90).any() or (np.abs(points[:, 1]) > 180).any():
        raise ValueError("coordinates: latitude within 90, longitude within 180 degrees")
    latitude, longitude = np.radians(points).T
    half = np.sin((latitude[:, None] - latitude) / 2.0) ** 2
    half += np.cos(latitude)[:, None] * np.cos(latitude) * np.sin((longitude[:, None] - longitude) / 2.0) ** 2
    sphere: Floats = 2.0 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return sphere


def scan(
    cases: NDArray[np.generic],
    population: NDArray[np.generic],
    distance: NDArray[np.generic],
    *,
    max_population: float = 0.5,
    max_duration: int | None = None,
    replicates: int = 999,
    seed: int = 0,
    clusters: int = 5,
) -> list[Cluster]:
    """Clusters that do not overlap, the strongest first, at most ``clusters``; empty when no zone has more than expected.

    ``cases``: ``(areas, periods)`` without gaps; ``population``: ``(areas,)`` persons; ``distance``: ``(areas, areas)``. A zone is an area
    with its nearest neighbours up to ``max_population`` of all persons; a window the last 1 to ``max_duration`` periods (default
    half of all). Expected are all cases, shared out by population and evenly over the periods. ``replicates``: maps simulated
    under that expectation (independent Poisson counts) from ``seed``; 0 leaves the p-value at 1.
    """
    counts = as_counts(cases, "cases")
    if np.isnan(counts).any():
        raise ValueError("cases: a missing report is not a zero; the scan needs every area and period")
    areas, periods = counts.shape
    persons = np.asarray(population, dtype=np.float64)
    if persons.shape != (areas,) or not (np.isfinite(persons) & (persons > 0)).all():
        raise ValueError("population: one number above 0 for each area")
    if not 0.0 < max_population <= 1.0:
        raise ValueError("max_population: above 0, at most 1")
    longest = max(1, periods // 2) if max_duration is None else max_duration
    if not 1 <= longest <= periods:
        raise ValueError("max_duration: 1 to the number of periods")
    if replicates < 0:
        raise ValueError("replicates: at least 0")
    zones = _Zones.about(np.asarray(distance, dtype=np.float64), persons, max_population)
    total = counts.sum()
    if total == 0:
        return []
    expectation = np.outer(persons / persons.sum(), np.full(periods, total / periods))
    expected = zones.windows(expectation[:, periods - longest :])
    observed = zones.windows(counts[:, periods - longest :])
    found = _score(observed, expected)
    found[:, ~zones.inside] = 0.0
    generator = np.random.default_rng(seed)
    best = np.empty(replicates)
    inverse = np.divide(0.5, expected, out=np.zeros_like(expected), where=zones.inside[None])
    for replicate in range(replicates):
        simulated = generator.poisson(expectation[:, periods - longest :]).astype(np.float64)
        best[replicate] = _maximum(zones.windows(simulated), expected, inverse)
    best.sort()

    result: list[Cluster] = []
    taken = np.zeros(areas, dtype=np.bool_)
    for place in np.argsort(found, axis=None, kind="stable")[::-1]:
        duration, centre, size = (int(part) for part in np.unravel_index(place, found.shape))
        if len(result) == clusters or found[duration, centre, size] <= 0:
            break
        members = zones.nearest[centre, : size + 1]
        if taken[members].any():
            continue
        taken[members] = True
        score = float(found[duration, centre, size])
        above = replicates - int(np.searchsorted(best, score * (1.0 - 1e-12)))
        result.append(
            Cluster(
                tuple(int(member) for member in members),
                duration + 1,
                float(observed[duration, centre, size]),
                float(expected[duration, centre, size]),
                score,
                (1 + above) / (1 + replicates),
            )
        )
    return result


@dataclass(frozen=True, eq=False)
class _Zones:
    nearest: Ints
    """``(areas, neighbours)``: each area's nearest, itself first."""
    inside: NDArray[np.bool_]
    """``(areas, neighbours)``: whether the zone up to this neighbour is small enough."""

    @classmethod
    def about(cls, distance: Floats, persons: Floats, share: float) -> _Zones:
        if distance.shape != (len(persons), len(persons)):
            raise ValueError("distance: (areas, areas)")
        own = distance.copy()
        np.fill_diagonal(own, -1.0)  # an area is its own nearest, also when another lies on the same spot
        nearest = np.argsort(own, axis=1, kind="stable")
        inside = np.cumsum(persons[nearest], axis=1) <= share * persons.sum() * (1.0 + 1e-12)
        inside[:, 0] = True  # the area alone is always looked at
        width = int(inside.sum(axis=1).max())
        return cls(np.ascontiguousarray(nearest[:, :width]), np.ascontiguousarray(inside[:, :width]))

    def windows(self, values: Floats) -> Floats:
        """Sums ``(durations, areas, neighbours)`` of values ``(areas, periods)`` over every zone and window."""
        since = np.cumsum(values[:, ::-1], axis=1).T  # (durations, areas): the last 1, 2 ... periods
        return np.cumsum(since[:, self.nearest], axis=2)


def _score(observed: Floats, expected: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        score = observed * np.log(observed / expected) + expected - observed
    return np.where(observed > expected, score, 0.0)


def _maximum(observed: Floats, expected: Floats, inverse: Floats) -> float:
    """The greatest score. ``(observed - expected)^2 / (2 expected)`` is never below it, so only few logarithms are taken."""
    bound = observed - expected
    np.maximum(bound, 0.0, out=bound)
    bound *= bound
    bound *= inverse
    top = int(bound.argmax())
    floor = float(_score(observed.flat[top : top + 1], expected.flat[top : top + 1])[0])
    if floor <= 0.0:
        return 0.0
    candidates = np.flatnonzero(bound >= floor)
    return float(_score(observed.ravel()[candidates], expected.ravel()[candidates]).max())
