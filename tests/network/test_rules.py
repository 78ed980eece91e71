from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.network import rules
from laras.network.rules import Claim, Map, Node, Period

CODES = st.integers(1, 4).flatmap(
    lambda level: st.tuples(
        *[st.integers(0, 10**width - 1).map(lambda n, w=width: f"{n:0{w}d}") for width in (2, 2, 2, 4)[:level]]
    )
)
DAYS = st.dates(date(2000, 1, 1), date(2030, 1, 1))
POINTS = st.tuples(st.floats(-11, 6), st.floats(95, 141))


@given(CODES)
def test_dotted_and_plain_codes_are_the_same_code(parts):
    dotted = ".".join(parts)
    assert rules.normalise_area_code("".join(parts)) == dotted
    assert rules.normalise_area_code(dotted) == dotted
    assert rules.level_of_code(dotted) == len(parts)
    assert rules.parent_code(dotted) == (".".join(parts[:-1]) or None)


@pytest.mark.parametrize(
    "text",
    ["", "7", "737", "73.7", "7.371", "737.1", "73.71.1", "73.71.01.1", "73.71.01.10011", "7a", "-73", "٧٣", "73,71"],
)
def test_what_is_no_code_is_refused(text):
    with pytest.raises(ValueError):
        rules.normalise_area_code(text)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("73.71.01.1001", "kelurahan"),
        ("32.01.01.2001", "desa"),
        ("91.03.01.3001", "desa_adat"),
        ("73.71.01", ""),
    ],
)
def test_village_kind(code, kind):
    assert rules.village_kind(code) == kind


@given(POINTS, POINTS)
def test_distance_is_symmetric_and_zero_only_at_home(a, b):
    there = rules.distance_km(a, b)
    assert there == pytest.approx(rules.distance_km(b, a), abs=1e-6)
    assert rules.distance_km(a, a) == 0
    assert 0 <= there < 5600


def test_distance_makassar_jakarta():
    # About 1,400 km by every chart.
    assert rules.distance_km((-5.1391, 119.4524), (-6.1778, 106.8284)) == pytest.approx(1397, abs=10)


def test_truncated_longitude_is_not_in_indonesia():
    assert rules.in_indonesia(-5.3283, 123.5389)
    assert not rules.in_indonesia(-5.3283, 23.5389)
    assert not rules.in_indonesia(119.45, -5.13)


@given(DAYS, DAYS, DAYS, DAYS)
def test_overlap_says_what_days_say(a, b, c, d):
    first, second = Period(min(a, b), max(a, b)), Period(min(c, d), max(c, d))
    shared = max(first.start, second.start)
    assert first.overlaps(second) == (shared < min(first.until, second.until)) or (
        first.start == first.until or second.start == second.until
    )
    if first.overlaps(second) and first.start < first.until and second.start < second.until:
        assert shared in first
        assert shared in second


@given(st.lists(st.integers(1, 400), min_size=1, max_size=12))
def test_periods_that_follow_each_other_do_not_overlap(lengths):
    periods, start = [], date(2020, 1, 1)
    for length in lengths:
        until = start + timedelta(days=length)
        periods.append(Period(start, until))
        start = until
    periods.append(Period(start, None))
    assert not rules.any_overlap(periods)
    assert rules.any_overlap([*periods, Period(date(2020, 1, 1), None)])


def test_open_ends():
    assert date(1900, 1, 1) in Period(None, date(2022, 7, 25))
    assert date(2022, 7, 25) not in Period(None, date(2022, 7, 25))
    assert date(2022, 7, 25) in Period(date(2022, 7, 25), None)


# --- Supervision ------------------------------------------------------------------------------------
@st.composite
def hierarchies(draw):
    """Organisations 0..n-1, supervised only as the rule allows."""
    size = draw(st.integers(1, 14))
    nodes: dict = {}
    for key in range(size):
        kind = draw(st.sampled_from(["laboratory", "laboratory", "laboratory", "office", "ministry"]))
        tier = draw(st.sampled_from([None, 1, 2, 3, 4, 5])) if kind == "laboratory" else None
        nodes[key] = Node(kind, tier)
    for below, above in draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=20)):
        if rules.supervision_problem(nodes, below, above) is None:
            node = nodes[below]
            nodes[below] = Node(node.kind, node.tier, above)
    return nodes


@given(hierarchies())
def test_allowed_supervision_never_circles_nor_falls(nodes):
    for key, node in nodes.items():
        chain = list(rules.chain_above(nodes, key))
        assert key not in chain
        assert len(chain) == len(set(chain))
        above = nodes.get(node.supervisor)
        if above and above.kind == "laboratory":
            assert node.kind == "laboratory"
            if node.tier is not None:
                assert above.tier is not None
                assert above.tier >= node.tier


def test_each_refusal_has_its_name():
    nodes = {
        "p": Node("laboratory", 1, "k"),
        "k": Node("laboratory", 2),
        "n": Node("laboratory", None),
        "d": Node("office"),
    }
    problem = rules.supervision_problem
    assert problem(nodes, "p", "?") == "unknown"
    assert problem(nodes, "p", "p") == "self"
    assert problem(nodes, "k", "p") == "lower"
    assert problem(nodes, "k", "n") == "lower"
    assert problem(nodes, "d", "k") == "laboratory_over_office"
    assert problem(nodes, "n", "k") is None
    assert problem(nodes, "k", "d") is None
    same = {"a": Node("laboratory", 4, "b"), "b": Node("laboratory", 4)}
    assert problem(same, "b", "a") == "cycle"


# --- Reach ------------------------------------------------------------------------------------------
PLACES = Map(
    levels={"73": 1, "73.71": 2, "73.71.01": 3, "73.72": 2, "74": 1, "74.71": 2},
    parents={"73": None, "73.71": "73", "73.71.01": "73.71", "73.72": "73", "74": None, "74.71": "74"},
    region_of={"73": "R8", "74": "R9"},
)


def reach_of(nodes, claims=None, served=None):
    return rules.reach(PLACES, nodes, claims or {}, served or {})


@given(hierarchies())
def test_everybody_reaches_themselves_and_all_below(nodes):
    found = reach_of(nodes)
    assert {(key, key, "self") for key in nodes} <= found
    below = {(a, b) for a, b, way in found if way == "supervision"}
    assert below == {(above, key) for key in nodes for above in rules.chain_above(nodes, key)}
    for a, b in below:
        assert {(a, c) for x, c in below if x == b} <= below


def test_served_area_follows_the_tier_not_the_place():
    assert rules.served_area(PLACES, 1, "73.71.01") == "73.71.01"
    assert rules.served_area(PLACES, 2, "73.71.01") == "73.71"
    assert rules.served_area(PLACES, 3, "73.71.01") == "73"
    assert rules.served_area(PLACES, 4, "73.71.01") is None
    assert rules.served_area(PLACES, None, "73.71.01") is None
    assert rules.served_area(PLACES, 2, "73") is None


def test_a_provinces_laboratory_in_a_city_is_not_the_citys():
    nodes = {
        "city": Node("office"),
        "province": Node("office"),
        "ministry": Node("ministry"),
        "lab2": Node("laboratory", 2),
        "lab3": Node("laboratory", 3),
        "lab4": Node("laboratory", 4),
    }
    claims = {"city": [Claim(area="73.71")], "province": [Claim(area="73")], "ministry": [Claim(national=True)]}
    served = {
        **claims,
        "lab2": [Claim(area="73.71")],
        "lab3": [Claim(area=rules.served_area(PLACES, 3, "73.71"))],
        "lab4": [Claim(region="R8")],
    }
    found = {(a, b) for a, b, way in reach_of(nodes, claims, served) if way == "jurisdiction"}
    assert found == {
        ("city", "lab2"),
        ("province", "lab2"),
        ("province", "lab3"),
        ("province", "city"),
        ("ministry", "city"),
        ("ministry", "province"),
        ("ministry", "lab2"),
        ("ministry", "lab3"),
        ("ministry", "lab4"),
    }


def test_a_regions_office_reaches_the_regions_provinces():
    nodes = {"region": Node("office"), "in": Node("laboratory", 2), "out": Node("laboratory", 2)}
    claims = {"region": [Claim(region="R8")]}
    served = {**claims, "in": [Claim(area="73.72")], "out": [Claim(area="74.71")]}
    assert ("region", "in", "jurisdiction") in reach_of(nodes, claims, served)
    assert ("region", "out", "jurisdiction") not in reach_of(nodes, claims, served)


def test_who_serves_two_cities_belongs_to_no_single_city():
    nodes = {"a": Node("office"), "p": Node("office"), "both": Node("laboratory", 2)}
    claims = {"a": [Claim(area="73.71")], "p": [Claim(area="73")]}
    served = {**claims, "both": [Claim(area="73.71"), Claim(area="73.72")]}
    found = reach_of(nodes, claims, served)
    assert ("p", "both", "jurisdiction") in found
    assert ("a", "both", "jurisdiction") not in found


def test_two_offices_of_one_area_do_not_reach_each_other():
    nodes = {"a": Node("office"), "b": Node("office")}
    claims = {"a": [Claim(area="73")], "b": [Claim(area="73")]}
    assert {way for _, _, way in reach_of(nodes, claims, claims)} == {"self"}


CLAIMS = st.one_of(
    st.sampled_from(sorted(PLACES.levels)).map(lambda code: Claim(area=code)),
    st.sampled_from(["R8", "R9"]).map(lambda region: Claim(region=region)),
    st.just(Claim(national=True)),
)


@given(st.dictionaries(st.integers(0, 6), st.lists(CLAIMS, max_size=2), max_size=7), st.lists(CLAIMS, max_size=3))
def test_reach_agrees_with_covers(claims, of_lab):
    nodes = {**{key: Node("office") for key in claims}, "lab": Node("laboratory", 2)}
    found = reach_of(nodes, claims, {"lab": of_lab})
    expected = {
        office
        for office, held in claims.items()
        if of_lab and all(any(rules.covers(PLACES, mine, claim) for mine in held) for claim in of_lab)
    }
    assert {office for office, reached, way in found if reached == "lab" and way == "jurisdiction"} == expected
