"""Shared lines: the same land before and after, neighbours that still touch, points found where they are."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.network import shipped
from laras.network.rules import Classes, count_classes, topology
from laras.network.rules.topology import Topology


def cells(owner: dict[tuple[int, int], str], size: float = 0.01) -> dict[str, list[list[tuple[float, float]]]]:
    """Squares of ``size`` degrees from 110 E, 2 S on, each a ring of its owner."""
    rings: dict[str, list[list[tuple[float, float]]]] = {}
    for (i, j), code in owner.items():
        west, south = 110 + i * size, -2 - j * size
        ring = [(west, south), (west + size, south), (west + size, south + size), (west, south + size)]
        rings.setdefault(code, []).append([*ring, ring[0]])
    return rings


def land(found: Topology, code: str) -> float:
    """Squares of the grid by the even-odd rule, counted at the middles of the cells of :func:`cells`."""
    rings = found.rings(code)
    west, north, east, south = topology.bounds(rings)
    return sum(
        100
        for x in range(west + 5, east, 10)
        for y in range(north + 5, south, 10)
        if topology.contains(rings, x + 0.25, y + 0.25)
    )


OWNERS = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), st.sampled_from(["11.01", "11.02", "12.01"]), min_size=1
)


@settings(max_examples=60, deadline=None)
@given(OWNERS)
def test_built_and_joined_areas_hold_the_same_land(owner):
    found = topology.build(cells(owner))
    wanted = Counter(owner.values())
    assert {code: land(found, code) for code in found.areas} == {code: 100 * n for code, n in wanted.items()}
    provinces = topology.dissolved(found, {code: code[:2] for code in found.areas})
    by_province: Counter[str] = Counter()
    for code, n in wanted.items():
        by_province[code[:2]] += 100 * n
    assert {code: land(provinces, code) for code in provinces.areas} == dict(by_province)
    assert topology.unpacked(topology.packed(found)) == found


@settings(max_examples=40, deadline=None)
@given(OWNERS)
def test_a_border_is_one_line_for_both_and_simplified_once(owner):
    found = topology.build(cells(owner))
    slim = topology.simplified(found, 0.5)
    ends = {line[0] for line in found.arcs} | {line[-1] for line in found.arcs}
    assert all(line[0] in ends and line[-1] in ends for line in slim.arcs)
    assert set(slim.areas) == set(found.areas)  # the largest ring of an area stays, however small
    used = Counter(max(n, ~n) for rings in found.areas.values() for ring in rings for n in ring)
    assert max(used.values()) <= 2


def test_a_wiggle_smaller_than_asked_goes_and_a_larger_stays():
    def shore(depth):
        return [(110.0, -2.0), (110.1, -2.0), (110.1, -1.9), (110.05, -1.9 + depth), (110.0, -1.9), (110.0, -2.0)]

    least = 0.5 * 11.1 * 0.011 * 111.32  # km², of a triangle 0.1 degrees wide and 0.011 high
    small = topology.simplified(topology.build({"a": [shore(0.01)]}), least)
    large = topology.simplified(topology.build({"a": [shore(0.012)]}), least)
    assert (len(small.rings("a")[0]), len(large.rings("a")[0])) == (5, 6)


def test_distances_in_kilometres():
    found = topology.build(cells({(0, 0): "a"}, size=0.1)).rings("a")
    x, y = topology.grid_point(-1.95, 110.05)
    assert topology.distance_km(found, x, y) == 0
    x, y = topology.grid_point(-1.95, 110.2)  # 0.1 degrees east of the square, near the equator
    assert topology.distance_km(found, x, y) == pytest.approx(11.13, rel=0.01)


def test_words_stand_inside_and_paths_close():
    owner = {(0, 0): "a", (1, 0): "a", (2, 0): "a", (0, 1): "a", (0, 2): "a"}  # an L, whose middle is outside it
    found = topology.dissolved(topology.build(cells(owner)), {"a": "a"})
    x, y = topology.label_point(found.rings("a"))
    assert topology.contains(found.rings("a"), x, y)
    assert topology.path_data([[(0, 0), (5, 0), (5, -3), (0, 0)]]) == "M0 0l5 0 0-3z"


# --- What is shipped --------------------------------------------------------------------------------------------------
@cache
def boundaries() -> Topology:
    return shipped.read_boundaries()[0]


@cache
def rows():
    return [row for row in shipped.read_areas() if row.valid_until is None]


def test_every_kabkota_is_drawn():
    assert set(boundaries().areas) == {row.code for row in rows() if row.code.count(".") == 1}
    assert len(boundaries().areas) == 514
    assert "31.01" in boundaries().areas  # islands that the coast does not know
    provinces = topology.dissolved(boundaries(), {code: code[:2] for code in boundaries().areas})
    assert len(provinces.areas) == 38


def test_seats_of_kecamatan_lie_in_their_kabkota_or_near():
    seats = [row for row in rows() if row.code.count(".") == 2]
    far = []
    for row in random.Random(11).sample(seats, 150):
        point = topology.grid_point(row.lat, row.lon)
        far.append(topology.distance_km(boundaries().rings(row.code[:5]), *point))
    assert sum(km > 5 for km in far) <= 2


def test_borders_are_shared():
    used = Counter(max(n, ~n) for rings in boundaries().areas.values() for ring in rings for n in ring)
    assert set(used.values()) == {1, 2}
    assert sum(times == 2 for times in used.values()) > 1_000


# --- Classes ----------------------------------------------------------------------------------------------------------
@given(st.lists(st.integers(0, 5_000), max_size=60))
def test_classes_of_counts_hold_every_value(values):
    classes = count_classes(values)
    assert 1 <= len(classes) <= 5
    assert list(classes.starts) == sorted(set(classes.starts))
    for value in values:
        if value:
            place = classes.of(value)
            assert classes.starts[place] <= value
            assert place == len(classes) - 1 or value < classes.starts[place + 1]


def test_a_percentage_of_a_hundred_is_in_the_highest_class():
    classes = Classes((0, 20, 40, 60, 80))
    assert [classes.of(value) for value in (0, 19.9, 20, 80, 100)] == [0, 0, 1, 4, 4]
