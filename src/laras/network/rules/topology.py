"""Boundaries as shared lines: built from rings, simplified once for both neighbours, joined into larger areas. Pure.

Points are whole units of a grid: ``x`` east of :data:`WEST`, ``y`` south of :data:`NORTH`, :data:`UNIT` degrees each, so that they
are the coordinates of a drawing as they stand. A line (*arc*) runs between two places where three areas, or two and the sea, meet;
a ring is a list of arcs, ``~n`` for arc ``n`` backwards. The rings of an area are filled by the even-odd rule, so that no one needs to
say which of them is a hole. The idea of arcs is that of TopoJSON (Bostock); simplification is Visvalingam and Whyatt (1993).
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

UNIT = 0.001
WEST, NORTH = 94.5, 6.5
WIDTH, HEIGHT = 46_700, 17_800

Point = tuple[int, int]
Line = Sequence[Point]
Degrees = Sequence[Sequence[float]]

_KM_PER_DEGREE = 111.32


@dataclass(frozen=True)
class Topology:
    """``arcs``: lines; ``areas``: code -> rings of arc numbers."""

    arcs: tuple[tuple[Point, ...], ...]
    areas: Mapping[str, tuple[tuple[int, ...], ...]]

    def ring(self, numbers: Sequence[int]) -> list[Point]:
        """The points of a ring; the first is the last."""
        found: list[Point] = []
        for number in numbers:
            line = self.arcs[number] if number >= 0 else self.arcs[~number][::-1]
            found.extend(line[1:] if found else line)
        return found

    def rings(self, code: str) -> list[list[Point]]:
        return [self.ring(numbers) for numbers in self.areas[code]]


def grid_point(lat: float, lon: float) -> Point:
    """Degrees (WGS 84) -> units of the grid."""
    return round((lon - WEST) / UNIT), round((NORTH - lat) / UNIT)


def degrees(point: Point) -> tuple[float, float]:
    """Units of the grid -> (latitude, longitude)."""
    return NORTH - point[1] * UNIT, WEST + point[0] * UNIT


# --- Building ---------------------------------------------------------------------------------------------------------
def build(areas: Mapping[str, Iterable[Degrees]]) -> Topology:
    """Rings as (longitude, latitude), closed or not, by area -> their topology. Rings that shrink to less than a triangle on the
    grid are left out; an area all of whose rings do is absent."""
    rings: list[list[Point]] = []
    of: dict[str, list[int]] = {}
    for code, parts in areas.items():
        numbers = []
        for part in parts:
            ring = _tidy([grid_point(pair[1], pair[0]) for pair in part])
            if len(ring) >= 3:
                numbers.append(len(rings))
                rings.append(ring)
        if numbers:
            of[code] = numbers
    joints = _joints(rings)
    arcs: list[tuple[Point, ...]] = []
    known: dict[tuple[Point, ...], int] = {}
    cut = [_cut(ring, joints, arcs, known) for ring in rings]
    return Topology(tuple(arcs), {code: tuple(cut[number] for number in numbers) for code, numbers in of.items()})


def _tidy(ring: list[Point]) -> list[Point]:
    """Without repeated points and without spikes that go out and back the same way; open (the first is not repeated)."""
    found: list[Point] = []
    for point in ring:
        if found and point == found[-1]:
            continue
        if len(found) > 1 and point == found[-2]:
            found.pop()
            continue
        found.append(point)
    while len(found) > 1 and found[0] == found[-1]:
        found.pop()
    while len(found) > 2 and found[1] == found[-1]:
        found = found[1:-1] if found[0] != found[-1] else found[:-1]
        while len(found) > 1 and found[0] == found[-1]:
            found.pop()
    return found


def _joints(rings: Sequence[Sequence[Point]]) -> set[Point]:
    """Points at which lines part: their neighbours are not the same two in every ring."""
    sides: dict[Point, tuple[Point, Point]] = {}
    joints: set[Point] = set()
    for ring in rings:
        for at, point in enumerate(ring):
            before, after = ring[at - 1], ring[(at + 1) % len(ring)]
            pair = (before, after) if before < after else (after, before)
            if sides.setdefault(point, pair) != pair:
                joints.add(point)
    return joints


def _cut(
    ring: Sequence[Point], joints: set[Point], arcs: list[tuple[Point, ...]], known: dict[tuple[Point, ...], int]
) -> tuple[int, ...]:
    places = [at for at, point in enumerate(ring) if point in joints]
    if not places:
        # An island, or an enclave that its one neighbour draws too: begun at the same point by both.
        places = [min(range(len(ring)), key=ring.__getitem__)]
    numbers = []
    for here, there in pairwise([*places, places[0] + len(ring)]):
        line = tuple(ring[at % len(ring)] for at in range(here, there + 1))
        if line in known:
            numbers.append(known[line])
        elif line[::-1] in known:
            numbers.append(~known[line[::-1]])
        else:
            known[line] = len(arcs)
            numbers.append(len(arcs))
            arcs.append(line)
    return tuple(numbers)


# --- Simplifying ------------------------------------------------------------------------------------------------------
def simplified(topology: Topology, area_km2: float, *, least_km2: float = 0.0) -> Topology:
    """Every line without the points whose triangle with their neighbours is smaller than ``area_km2``; its ends stay, so that
    neighbours still touch. Rings smaller than ``least_km2`` go, but never the largest of an area."""
    square = (_KM_PER_DEGREE * UNIT) ** 2
    slim = tuple(_slim(line, area_km2 / square) for line in topology.arcs)
    drawn = Topology(slim, topology.areas)
    areas = {}
    for code, rings in topology.areas.items():
        sizes = [abs(signed_area(drawn.ring(numbers))) * square for numbers in rings]
        largest = max(range(len(rings)), key=sizes.__getitem__)
        areas[code] = tuple(
            numbers for at, numbers in enumerate(rings) if at == largest or (sizes[at] > 0 and sizes[at] >= least_km2)
        )
    return _without_unused(Topology(slim, areas))


def _slim(line: Line, least: float) -> tuple[Point, ...]:
    closed = line[0] == line[-1]
    keep = 4 if closed else 2
    if len(line) <= keep:
        return tuple(line)
    before, after = list(range(-1, len(line) - 1)), list(range(1, len(line) + 1))
    sizes = [math.inf] * len(line)
    heap: list[tuple[float, int]] = []
    for at in range(1, len(line) - 1):
        sizes[at] = _triangle(line[at - 1], line[at], line[at + 1])
        heap.append((sizes[at], at))
    heapq.heapify(heap)
    left, gone = len(line), set[int]()
    while heap and left > keep:
        size, at = heapq.heappop(heap)
        if at in gone or size != sizes[at]:
            continue
        if size >= least:
            break
        gone.add(at)
        left -= 1
        here, there = before[at], after[at]
        after[here], before[there] = there, here
        for one in (here, there):
            if 0 < one < len(line) - 1:
                # Never smaller than what went before it, else a long bend vanishes from its end.
                sizes[one] = max(size, _triangle(line[before[one]], line[one], line[after[one]]))
                heapq.heappush(heap, (sizes[one], one))
    return tuple(point for at, point in enumerate(line) if at not in gone)


def _triangle(a: Point, b: Point, c: Point) -> float:
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def _without_unused(topology: Topology) -> Topology:
    used = sorted({max(n, ~n) for rings in topology.areas.values() for ring in rings for n in ring})
    place = {old: new for new, old in enumerate(used)}
    areas = {
        code: tuple(tuple(place[n] if n >= 0 else ~place[~n] for n in ring) for ring in rings)
        for code, rings in topology.areas.items()
    }
    return Topology(tuple(topology.arcs[n] for n in used), areas)


# --- Joining ----------------------------------------------------------------------------------------------------------
def dissolved(topology: Topology, group_of: Mapping[str, str]) -> Topology:
    """Areas of one group joined: lines that two of them share vanish. Areas without a group are left out."""
    count: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    way: dict[tuple[str, int], int] = {}
    for code, rings in topology.areas.items():
        group = group_of.get(code)
        if group is None:
            continue
        for ring in rings:
            for number in ring:
                line = max(number, ~number)
                count[group][line] += 1
                way[group, line] = number
    areas = {}
    for group, lines in count.items():
        outside = [way[group, line] for line, times in lines.items() if times % 2]
        areas[group] = tuple(_stitched(topology, outside))
    return _without_unused(Topology(topology.arcs, {group: rings for group, rings in areas.items() if rings}))


def _stitched(topology: Topology, numbers: Iterable[int]) -> list[tuple[int, ...]]:
    """Lines -> closed rings, each line used once, either way round."""
    at: dict[Point, list[int]] = defaultdict(list)
    waiting: dict[int, None] = {}
    for number in numbers:
        line = topology.arcs[max(number, ~number)]
        plain = max(number, ~number)
        waiting[plain] = None
        at[line[0]].append(plain)
        if line[0] != line[-1]:
            at[line[-1]].append(plain)
    rings = []
    while waiting:
        first = next(iter(waiting))
        del waiting[first]
        ring, start, end = [first], topology.arcs[first][0], topology.arcs[first][-1]
        while end != start:
            following = next((n for n in at[end] if n in waiting), None)
            if following is None:
                break
            del waiting[following]
            line = topology.arcs[following]
            ring.append(following if line[0] == end else ~following)
            end = line[-1] if line[0] == end else line[0]
        # What does not close was drawn by one neighbour only (an official file with slivers): filled all the same.
        rings.append(tuple(ring))
    return rings


def joined(parts: Iterable[tuple[Topology, Iterable[str]]]) -> Topology:
    """Some areas of each topology in one; lines are not compared, so borders between two sources may not meet."""
    arcs: list[tuple[Point, ...]] = []
    areas: dict[str, tuple[tuple[int, ...], ...]] = {}
    for topology, codes in parts:
        base = len(arcs)
        arcs.extend(topology.arcs)
        for code in codes:
            areas[code] = tuple(
                tuple(n + base if n >= 0 else ~(~n + base) for n in ring) for ring in topology.areas[code]
            )
    return _without_unused(Topology(tuple(arcs), areas))


# --- Measuring --------------------------------------------------------------------------------------------------------
def signed_area(ring: Line) -> float:
    """In squares of the grid; positive when it runs clockwise on the screen."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*ring, ring[0]])) / 2


def bounds(rings: Iterable[Line]) -> tuple[int, int, int, int]:
    """West, north, east, south in units of the grid."""
    xs, ys = zip(*(point for ring in rings for point in ring), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def contains(rings: Iterable[Line], x: float, y: float) -> bool:
    """Whether the point lies inside by the even-odd rule."""
    inside = False
    for ring in rings:
        for (ax, ay), (bx, by) in pairwise([*ring, ring[0]]):
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                inside = not inside
    return inside


def distance_km(rings: Iterable[Line], x: float, y: float) -> float:
    """Kilometres from the point to the area; 0 inside it. Flat reckoning at the point's latitude: for tens of kilometres."""
    lines = [list(ring) for ring in rings]
    if contains(lines, x, y):
        return 0.0
    shrink = math.cos(math.radians(NORTH - y * UNIT))
    best = math.inf
    for ring in lines:
        for (ax, ay), (bx, by) in pairwise([*ring, ring[0]]):
            dx, dy, px, py = (bx - ax) * shrink, by - ay, (x - ax) * shrink, y - ay
            length = dx * dx + dy * dy
            part = max(0.0, min(1.0, (px * dx + py * dy) / length)) if length else 0.0
            best = min(best, (px - part * dx) ** 2 + (py - part * dy) ** 2)
    return math.sqrt(best) * UNIT * _KM_PER_DEGREE


def label_point(rings: Sequence[Line]) -> Point:
    """A place for a word: the middle of the widest stretch inside the largest ring, on one of seven lines across its middle."""
    largest = max(rings, key=lambda ring: abs(signed_area(ring)))
    _west, north, _east, south = bounds([largest])
    best, place = -1.0, largest[0]
    for step in range(3, 10):
        y = north + (south - north) * step / 12 + 0.25
        crossings = sorted(
            (bx - ax) * (y - ay) / (by - ay) + ax
            for (ax, ay), (bx, by) in pairwise([*largest, largest[0]])
            if (ay > y) != (by > y)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=False):
            # A little better in the middle than at an end.
            worth = (right - left) * (1 - abs(step - 6) / 12)
            if worth > best:
                best, place = worth, (round((left + right) / 2), round(y))
    return place


# --- Writing ----------------------------------------------------------------------------------------------------------
def path_data(rings: Iterable[Line]) -> str:
    """The ``d`` of an SVG path in units of the grid, relative and short."""
    words: list[str] = []
    for ring in rings:
        x, y = ring[0]
        words.append(f"M{x} {y}l")
        steps = []
        for bx, by in ring[1:-1] if ring[0] == ring[-1] else ring[1:]:
            dx, dy = bx - x, by - y
            steps.append(f"{dx}{'' if dy < 0 else ' '}{dy}")
            x, y = bx, by
        text = steps[0] if steps else "0 0"
        for step in steps[1:]:
            text += step if step.startswith("-") else f" {step}"
        words.append(text + "z")
    return "".join(words)


def packed(topology: Topology) -> dict[str, object]:
    """Plain values for JSON: each arc as one flat list, its first point and then steps."""
    arcs = []
    for line in topology.arcs:
        flat = [*line[0]]
        for a, b in pairwise(line):
            flat += (b[0] - a[0], b[1] - a[1])
        arcs.append(flat)
    return {
        "unit": UNIT,
        "west": WEST,
        "north": NORTH,
        "arcs": arcs,
        "areas": {code: [list(ring) for ring in rings] for code, rings in sorted(topology.areas.items())},
    }


def unpacked(stored: Mapping[str, object]) -> Topology:
    """:func:`packed` back. Raises :class:`ValueError` for another grid."""
    if (stored["unit"], stored["west"], stored["north"]) != (UNIT, WEST, NORTH):
        raise ValueError("boundaries of another grid")
    arcs = []
    for flat in stored["arcs"]:  # type: ignore[attr-defined]
        x = y = 0
        line = []
        for at in range(0, len(flat), 2):
            x, y = x + flat[at], y + flat[at + 1]
            line.append((x, y))
        arcs.append(tuple(line))
    areas = stored["areas"]
    return Topology(
        tuple(arcs),
        {code: tuple(tuple(ring) for ring in rings) for code, rings in areas.items()},  # type: ignore[attr-defined]
    )
