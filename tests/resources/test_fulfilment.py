from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.resources import rules, shipped
from laras.resources.rules import COLUMNS, NOT_REPORTED, Matcher, column_for, key_of, state_of, tally
from laras.resources.types import Count, Item

pytestmark = pytest.mark.pure

(STANDARD,) = shipped.read_standards()
# Items required and units, per column, as the decree's table adds up.
TOTALS = {
    "tier1": (18, 26), "tier2": (81, 128), "tier3": (109, 215), "tier4": (138, 326),
    "tier5_biology": (85, 247), "tier5_environment": (115, 393),
}  # fmt: skip


def test_the_shipped_standard_is_whole():
    assert len(STANDARD.items) == 155
    assert len({item.code for item in STANDARD.items}) == 155
    found = {
        column: (
            sum(1 for item in STANDARD.items if item.minima[column]),
            sum(item.minima[column] for item in STANDARD.items),
        )
        for column in COLUMNS
    }
    assert found == TOTALS


@pytest.mark.parametrize(
    ("tier", "kind", "column"),
    [
        (1, "puskesmas", "tier1"),
        (4, "labkesmas_regional", "tier4"),
        (5, "balai_besar_biologi", "tier5_biology"),
        (5, "balai_besar_kesling", "tier5_environment"),
        (5, "balai_besar", None),
        (None, "rumah_sakit", None),
    ],
)
def test_each_laboratory_has_its_column_or_none(tier, kind, column):
    assert column_for(tier, kind) == column


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_tally_counts_as_one_would_by_hand(data):
    items, labs, groups = data.draw(st.tuples(st.integers(1, 8), st.integers(1, 4), st.integers(1, 3)))
    minima = data.draw(st.lists(st.integers(0, 3), min_size=items, max_size=items))
    group = data.draw(st.lists(st.integers(0, groups - 1), min_size=items, max_size=items))
    row = st.lists(st.integers(NOT_REPORTED, 4), min_size=items, max_size=items)
    have = data.draw(st.lists(row, min_size=labs, max_size=labs))
    counted = tally(np.array(minima), np.array(have), np.array(group), groups)
    for lab in range(labs):
        for g in range(groups):
            states = [
                state_of(m, None if n == NOT_REPORTED else n)
                for m, n, where in zip(minima, have[lab], group, strict=True)
                if where == g and m
            ]
            for name in ("met", "short", "absent", "not_reported"):
                assert getattr(counted, name)[lab, g] == states.count(name)
            assert counted.required[lab, g] == len(states)


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="negative"):
        tally(np.array([-1]), np.array([[0]]), np.array([0]), 1)
    with pytest.raises(ValueError, match="negative"):
        tally(np.array([1]), np.array([[-2]]), np.array([0]), 1)
    with pytest.raises(ValueError, match="negative"):
        state_of(1, -1)


def test_the_two_percentages_are_not_mixed():
    assert (Count(10, 3, 1, 1, 5).percent, Count(10, 3, 1, 1, 5).percent_of_reported) == (30.0, 60.0)
    # Nobody reported: nothing of all, and of what was reported there is nothing to say.
    assert (Count(79, 0, 0, 0, 79).percent, Count(79, 0, 0, 0, 79).percent_of_reported) == (0.0, None)
    assert Count(0, 0, 0, 0, 0).percent is None


# --- What a written name means ----------------------------------------------------------------------------------------


def test_every_item_is_found_by_code_and_name_and_every_alias_finds_its_item():
    matcher = Matcher(STANDARD.items)
    for item in STANDARD.items:
        assert matcher.find(item.code).code == item.code
        assert matcher.find(item.name.upper().replace(" ", "  ")).code == item.code
        for alias in item.aliases:
            match = matcher.find(alias)
            assert match.code == item.code or (match.ambiguous and item.code in match.candidates)


def test_an_alias_of_two_items_asks_a_person_who_decides_once():
    match = Matcher(STANDARD.items).find("Biosafety Cabinet Class II Type A2")
    assert (match.code, match.ambiguous, len(match.candidates)) == ("", True, 2)
    decided = Matcher(STANDARD.items, {"biosafety cabinet class II type-A2": match.candidates[1]})
    assert decided.find("Biosafety Cabinet Class II Type A2").code == match.candidates[1]
    with pytest.raises(ValueError, match="Z-99"):
        Matcher(STANDARD.items, {"apa saja": "Z-99"})


def test_a_name_that_is_nearly_one_is_suggested_and_never_taken():
    match = Matcher(STANDARD.items).find("Hematologi Analyser")
    assert (match.code, match.ambiguous) == ("", False)
    assert "A-05" in match.candidates
    assert Matcher(STANDARD.items).find("Kulkas dua pintu rumah dinas").candidates == ()
    assert Matcher(STANDARD.items).find(" - ") == rules.Match()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_looked_up(text):
    match = Matcher([Item("A-01", "A", "Inkubator", dict.fromkeys(COLUMNS, 1))]).find(text)
    assert match.code == ("A-01" if key_of(text) in {"a01", "inkubator"} else "")


@pytest.mark.parametrize(
    ("cell", "value", "field"),
    [
        ("2", "", "tier2"),
        ("2", "-1", "tier2"),
        ("2", "1.5", "tier2"),
        ("equipment", "alat", "kind"),
        ("X-1", "", "code"),
    ],
)
def test_a_standard_with_a_hole_is_refused(cell, value, field):
    heading = ",".join(shipped.HEADING)
    row = ["equipment", "X-1", "A", "Alat", "1", "2", "3", "4", "5", "6", ""]
    row[row.index(cell)] = value
    with pytest.raises(shipped.BadRow) as refused:
        shipped.read_items(f"{heading}\n{','.join(row)}\n")
    assert (refused.value.row, refused.value.field) == (2, field)


def test_a_standard_without_a_tier_or_with_an_item_twice_is_refused():
    heading = ",".join(name for name in shipped.HEADING if name != "tier3")
    with pytest.raises(shipped.BadRow) as refused:
        shipped.read_items(f"{heading}\n")
    assert (refused.value.row, refused.value.field) == (1, "tier3")
    row = "equipment,X-1,A,Alat,1,2,3,4,5,6,\n"
    with pytest.raises(shipped.BadRow) as refused:
        shipped.read_items(f"{','.join(shipped.HEADING)}\n{row}{row}")
    assert (refused.value.row, refused.value.field) == (3, "code")
