from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.resources import shipped
from laras.resources.labels import PERMIT_GROUPS
from laras.resources.rules import Quarter, quarter_of, read_quarter

pytestmark = pytest.mark.pure


def test_every_shipped_kind_has_steps_an_office_and_a_source():
    kinds = shipped.permit_kinds()
    assert {kind.group for kind in kinds.values()} == set(PERMIT_GROUPS)
    for kind in kinds.values():
        codes = [step.code for step in kind.steps]
        assert len(codes) == len(set(codes)) >= 2
        assert all(step.office and step.source and step.status in ("seen", "memory") for step in kind.steps)


@settings(max_examples=40)
@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.integers(-30, 30))
def test_quarters_cover_every_day_once(day, by):
    quarter = quarter_of(day)
    assert quarter.first <= day <= quarter.last
    assert quarter.moved(1).first == quarter.last + timedelta(days=1)
    assert quarter.moved(by).moved(-by) == quarter == read_quarter(str(quarter))
    assert (quarter.moved(by) < quarter) == (by < 0)


@pytest.mark.parametrize("text", ["", "2026-Q5", "2026", "26-Q1", "2026-Q10"])
def test_what_is_no_quarter_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text) + "$"):
        read_quarter(text)
    with pytest.raises(ValueError, match="2026-Q5"):
        Quarter(2026, 5)
