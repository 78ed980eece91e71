"""Where the marks of a chart stand, in the units of its own drawing; the templates set them. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

WIDTH, HEIGHT = 960, 300
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 16, 34


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A point, or a label with its text."""

    x: str
    y: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Whisker:
    """An interval: a line from top to bottom."""

    x: str
    top: str
    bottom: str


@dataclass(slots=True)
class Chart:
    """``band`` are the points of the area up to the bound, ``expected`` lines of what was expected; in several pieces where a
    week has no answer. ``unknown`` are weeks without report; ``coming`` is what is still expected above a bar, ``reach`` its interval."""

    width: int = WIDTH
    height: int = HEIGHT
    bars: list[Bar] = field(default_factory=list)
    bands: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    bounds: list[str] = field(default_factory=list)
    signals: list[Mark] = field(default_factory=list)
    unknown: list[Bar] = field(default_factory=list)
    coming: list[Bar] = field(default_factory=list)
    reach: list[Whisker] = field(default_factory=list)
    ticks: list[Mark] = field(default_factory=list)
    weeks: list[Mark] = field(default_factory=list)
    base: str = ""
    left: int = LEFT
    right: int = WIDTH - RIGHT


def _n(value: float) -> str:
    return f"{value:.1f}"


def steps(most: float) -> list[int]:
    """Three to six round figures from 0 past ``most``: 0, 5, 10, 15."""
    most = max(most, 4)
    size = 10 ** math.floor(math.log10(most / 4))
    step = next(size * k for k in (1, 2, 5, 10) if most / (size * k) <= 5)
    step = max(1, int(step))
    return list(range(0, math.ceil(most / step) * step + 1, step))


def series_chart(
    weeks: Sequence[Any], *, week_label: Any, title: Any, height: int = HEIGHT, coming: Mapping[date, Any] | None = None
) -> Chart:
    """The chart of weeks with ``week, observed, expected, upperbound, alarm``; ``title(week)`` is what a bar says.

    ``coming``: week -> ``expected, lower, upper`` cases once all are known.
    """
    coming = coming or {}
    chart = Chart(height=height)
    if not weeks:
        return chart
    most = max(
        [
            *(one.observed or 0 for one in weeks),
            *(one.upperbound or 0 for one in weeks),
            *(one.expected or 0 for one in weeks),
            *(one.upper for one in coming.values()),
        ]
    )
    scale = steps(most)
    room, floor = (WIDTH - LEFT - RIGHT) / len(weeks), height - BOTTOM
    rise = (floor - TOP) / scale[-1]

    def y(value: float) -> float:
        return floor - value * rise

    chart.base = _n(floor)
    chart.ticks = [Mark(_n(LEFT - 6), _n(y(value)), str(value)) for value in scale]
    every = max(1, math.ceil(len(weeks) / 12))
    pieces: list[list[tuple[float, Any]]] = [[]]
    for n, one in enumerate(weeks):
        x = LEFT + n * room
        if n % every == 0:
            chart.weeks.append(Mark(_n(x + room / 2), _n(floor + 20), week_label(one.week)))
        if one.observed is None:
            chart.unknown.append(Bar(_n(x), _n(TOP), _n(room), _n(floor - TOP), "unknown", title(one)))
        else:
            top = y(one.observed)
            kind = "alarm" if one.alarm else "plain"
            chart.bars.append(
                Bar(_n(x + room * 0.14), _n(top), _n(max(1.0, room * 0.72)), _n(floor - top), kind, title(one))
            )
            if one.alarm:
                chart.signals.append(Mark(_n(x + room / 2), _n(max(TOP - 2, top - 6))))
            if (more := coming.get(one.week)) is not None:
                high = y(max(more.expected, one.observed))
                wide = max(1.0, room * 0.72)
                chart.coming.append(Bar(_n(x + room * 0.14), _n(high), _n(wide), _n(top - high), "coming", title(one)))
                chart.reach.append(Whisker(_n(x + room / 2), _n(y(more.upper)), _n(y(max(more.lower, one.observed)))))
        if one.upperbound is None:
            pieces.append([])
        else:
            pieces[-1].append((x, one))
    for piece in filter(None, pieces):
        upper = " ".join(f"{_n(x)},{_n(y(w.upperbound))} {_n(x + room)},{_n(y(w.upperbound))}" for x, w in piece)
        first, last = _n(piece[0][0]), _n(piece[-1][0] + room)
        chart.bounds.append(upper)
        chart.bands.append(f"{first},{_n(floor)} {upper} {last},{_n(floor)}")
        middle = [(x + room / 2, w.expected) for x, w in piece if w.expected is not None]
        if middle:
            chart.expected.append(" ".join(f"{_n(x)},{_n(y(value))}" for x, value in middle))
    return chart


def spark(weeks: Sequence[Any]) -> Chart:
    """The same without words, for a line of a table."""
    chart = Chart(width=96, height=24)
    known = [one for one in weeks if one.observed is not None]
    most = max((one.observed for one in known), default=0) or 1
    room = chart.width / max(1, len(weeks))
    for n, one in enumerate(weeks):
        if one.observed is None:
            continue
        tall = max(1.0, 22 * one.observed / most) if one.observed else 0.6
        kind = "alarm" if one.alarm else "plain"
        chart.bars.append(Bar(_n(n * room + 1), _n(23 - tall), _n(room - 2), _n(tall), kind, ""))
    chart.base = "23.5"
    return chart


def stacked(bars: Sequence[tuple[date, dict[str, int]]], *, kinds: Sequence[str], week_label: Any, title: Any) -> Chart:
    """The epidemic curve: a column for each week or day, its kinds upon each other from the first."""
    chart = Chart(height=220)
    if not bars:
        return chart
    scale = steps(max(sum(kept.values()) for _week, kept in bars))
    floor = chart.height - BOTTOM
    room = min(48.0, (WIDTH - LEFT - RIGHT) / len(bars))
    rise = (floor - TOP) / scale[-1]
    chart.base = _n(floor)
    chart.ticks = [Mark(_n(LEFT - 6), _n(floor - value * rise), str(value)) for value in scale]
    every = max(1, math.ceil(60 / room))
    for n, (week, kept) in enumerate(bars):
        x, top = LEFT + n * room, floor
        if n % every == 0:
            chart.weeks.append(Mark(_n(x + room / 2), _n(floor + 20), week_label(week)))
        for kind in kinds:
            if count := kept.get(kind, 0):
                top -= count * rise
                chart.bars.append(
                    Bar(_n(x + 1), _n(top), _n(room - 2), _n(count * rise), kind, title(week, kind, count))
                )
    return chart
