"""What every method takes and gives: counts of many series, and what they say of each time point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Detection:
    """One answer for each series and judged time point, ``(series, points)``.

    NaN means that there is no such number: too little history, no report, a model that does not converge. Never zero instead.
    """

    at: Ints
    """``(points,)``: the time points, from 0."""
    expected: Floats
    """What was to be expected, in cases a period."""
    upperbound: Floats
    """The largest count that is not unusual, or what the method compares (docs/detection.md)."""
    score: Floats
    """How unusual, on the method's own scale."""
    alarm: Bools
    evaluated: Bools
    """False where the method has no answer (``alarm`` is False there)."""


def as_counts(observed: NDArray[np.generic], name: str = "observed") -> Floats:
    """``(series, time)`` as floats, NaN for a missing report. Raises ValueError for another shape, a negative or infinite count."""
    counts = np.ascontiguousarray(observed, dtype=np.float64)
    if counts.ndim != 2:
        raise ValueError(f"{name}: an array (series, time) is needed, not {counts.ndim} dimensions")
    if np.isinf(counts).any():
        raise ValueError(f"{name}: infinite")
    with np.errstate(invalid="ignore"):
        negative = np.argwhere(counts < 0)
    if len(negative):
        raise ValueError(f"{name}: negative at series {negative[0][0]}, time {negative[0][1]}")
    return counts


def as_population(population: NDArray[np.generic] | None, counts: Floats, needed: bool) -> Floats | None:
    """``(series, time)`` or ``(series,)`` of persons, above 0; None when it is not needed."""
    if not needed:
        return None
    if population is None:
        raise ValueError("population: needed as an offset")
    persons = np.asarray(population, dtype=np.float64)
    persons = np.broadcast_to(persons[:, None] if persons.ndim == 1 else persons, counts.shape)
    if not (np.isfinite(persons) & (persons > 0)).all():
        raise ValueError("population: above 0 everywhere")
    return persons


def points(at: Sequence[int] | NDArray[np.integer] | None, time: int) -> Ints:
    """The time points asked for, all by default. Raises ValueError for one that does not exist."""
    asked = np.arange(time, dtype=np.intp) if at is None else np.asarray(at, dtype=np.intp).reshape(-1)
    if len(asked) and (asked.min() < 0 or asked.max() >= time):
        raise ValueError(f"at: time points are 0 to {time - 1}")
    return asked
