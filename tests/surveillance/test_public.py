"""What an office publishes: no small count can be read from it, neither directly nor by subtraction."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.core.actor import system_actor
from laras.surveillance import queries, services
from laras.surveillance.queries.public import Quarter, quarters_until
from laras.surveillance.rules.suppression import suppress
from tests.product import world as worlds
from tests.surveillance.test_pages import browser

PLACE = "/surveilans/publik/"


def possible(counts, told):
    """All that the hidden cells may hold, by what is shown: tried out. A hidden total may be anything up to a bound."""
    places = np.flatnonzero(told.hidden)
    left = int(counts[places].sum())
    most = left if not told.total_hidden else left + 6
    for values in itertools.product(range(1, most + 1), repeat=len(places)):
        if told.total_hidden or sum(values) == left:
            yield dict(zip(places.tolist(), values, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 7]), min_size=1, max_size=4))
def test_no_hidden_cell_can_be_worked_out(numbers):
    minimum, counts = 4, np.array(numbers, dtype=np.int64)
    told = suppress(counts, minimum=minimum)
    assert not ((counts > 0) & (counts < minimum) & ~told.hidden).any(), "a small count is shown"
    assert told.hidden[counts == 0].sum() == 0, "a zero names nobody"
    if not told.total_hidden:
        total = counts.sum()
        assert total == 0 or total >= minimum
    seen = {int(place): set() for place in np.flatnonzero(told.hidden)}
    for one in possible(counts, told):
        for place, value in one.items():
            seen[place].add(value)
    for place, values in seen.items():
        assert set(range(1, minimum + 1)) <= values, f"{numbers}: cell {place} is one of {values}"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=30), st.integers(2, 10))
def test_no_more_is_hidden_than_needed(numbers, minimum):
    counts = np.array(numbers, dtype=np.int64)
    told = suppress(counts, minimum=minimum)
    small = (counts > 0) & (counts < minimum)
    extra = np.flatnonzero(told.hidden & ~small)
    if not small.any():
        assert not told.hidden.any()
        assert not told.total_hidden
    elif len(extra):
        # Without the further cell the others could be worked out; and it is the smallest there is.
        left, cells = counts[small].sum(), small.sum()
        assert cells < 2 or left - cells + 1 < minimum
        assert counts[extra].tolist() == [counts[counts >= minimum].min()]
        assert not told.total_hidden


@pytest.mark.parametrize(
    ("counts", "shown", "total"),
    [
        ([12, 8, 30], [12, 8, 30], 50),
        ([12, 3, 30], [None, None, 30], 45),  # 45 - 42 would say the 3
        ([3, 2, 30], [None, None, None], 35),  # of two with 5 in all none may be 5
        ([4, 4, 30], [None, None, 30], 38),
        ([1, 1, 1, 1, 1], [None] * 5, None),  # all are ones, were the 5 known
        ([3, 0, 0], [None, 0, 0], None),
        ([0, 0], [0, 0], 0),
    ],
)
def test_columns_worked_by_hand(counts, shown, total):
    told = suppress(np.array(counts, dtype=np.int64))
    assert [None if gone else n for n, gone in zip(counts, told.hidden, strict=True)] == shown
    assert (None if told.total_hidden else sum(counts)) == total


def test_what_cannot_be_a_table_is_refused():
    for wrong, minimum in (([-1, 2], 5), ([[1], [2]], 5), ([1], 1)):
        with pytest.raises(ValueError, match=r"negative|minimum"):
            suppress(np.array(wrong, dtype=np.int64), minimum=minimum)


def test_quarters_follow_each_other_without_gap():
    found = quarters_until(date(2026, 11, 23), 12)
    assert str(found[0]) == "2026-T3"
    weeks = [week for one in reversed(found) for week in one.weeks]
    assert all((b - a).days == 7 for a, b in itertools.pairwise(weeks))
    assert quarters_until(Quarter(2026, 4).is_over, 1)[0] == Quarter(2026, 4)


@pytest.mark.either
def test_the_page_and_its_file_hide_what_the_office_knows(world):
    # Two kecamatan: 3 and 12 measles, and 20 dengue in one.
    counts = "disease,area,week,cases\nCAMPAK,{a},2026-M30,3\nCAMPAK,{b},2026-M31,12\nCAMPAK,{b},2026-M45,2\nDENGUE,{b},2026-M39,20\n"
    rows = services.read_counts(counts.format(a="73.71.01", b="73.71.11"), owner_id=world.city.id)
    services.import_counts(system_actor("job:test"), owner_id=world.city.id, rows=rows, source="Rekap")
    table = queries.public_table(world.city.id, Quarter(2026, 3))
    assert (table.cells["CAMPAK"], table.totals["CAMPAK"]) == ((None, None), 15)
    assert (table.cells["DENGUE"], table.totals["DENGUE"]) == ((20, 0), 20)  # by name
    officer = browser(world.city.user)
    page = officer.get(f"{PLACE}?triwulan=2026-T3").content.decode()
    assert "Campak" in page
    assert ">12<" not in page
    lines = officer.get(f"{PLACE}?triwulan=2026-T3&format=csv").content.decode().splitlines()
    assert any(line.endswith("CAMPAK,Campak,,1") for line in lines)
    assert any(line.endswith("DENGUE,Demam Berdarah Dengue,20,0") for line in lines)
    # A quarter that still runs is not published; the province has one area, whose total is no secret.
    assert "2026-T4" not in page
    assert officer.get(f"{PLACE}?triwulan=2026-T4").status_code == 404
    assert queries.public_table(world.province.id, Quarter(2026, 3)).totals["CAMPAK"] == 15
    assert worlds.MONDAY.date() < Quarter(2026, 4).is_over
