from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.resources import shipped
from laras.resources.labels import FUNDS
from laras.resources.rules import MAX_PRICE, NO_PRICE, NOT_REPORTED, bill, gaps

pytestmark = pytest.mark.pure


@settings(max_examples=60)
@given(st.data(), st.integers(1, 4), st.integers(1, 6), st.integers(1, 3))
def test_a_bill_is_what_a_person_adds_up(data, labs, items, funds):
    def numbers(low, high, *, size):
        return data.draw(st.lists(st.integers(low, high), min_size=size, max_size=size))

    minima, fund_of = numbers(0, 5, size=items), numbers(0, funds - 1, size=items)
    prices = [data.draw(st.just(NO_PRICE) | st.integers(1, MAX_PRICE)) for _ in range(items)]
    functioning = [numbers(NOT_REPORTED, 6, size=items) for _ in range(labs)]
    sides = gaps(np.array(minima), np.array(functioning))
    for silent, lacking in zip((False, True), sides, strict=True):
        found = bill(lacking, np.array(prices), np.array(fund_of), funds)
        for lab, held in enumerate(functioning):
            short = [
                (at, minima[at] - max(held[at], 0))
                for at in range(items)
                if (held[at] == NOT_REPORTED) == silent and minima[at] > max(held[at], 0)
            ]
            assert found.items[lab] == len(short)
            assert found.units[lab] == sum(units for _at, units in short)
            assert found.unpriced[lab] == sum(1 for at, _units in short if prices[at] == NO_PRICE)
            for fund in range(funds):
                worth = [units * prices[at] for at, units in short if prices[at] != NO_PRICE and fund_of[at] == fund]
                assert found.amounts[lab, fund] == sum(worth)


def test_what_cannot_be_is_refused():
    one = np.array([[1]])
    for price in (-2, MAX_PRICE + 1):
        with pytest.raises(ValueError, match="price"):
            bill(one, np.array([price]), np.array([0]), 1)
    for minima, held in (([-1], [[0]]), ([1], [[-2]])):
        with pytest.raises(ValueError, match="negative"):
            gaps(np.array(minima), np.array(held))


def test_every_tier_has_a_fund_for_equipment_and_examples_are_marked():
    for tier in range(1, 6):
        candidates = shipped.fund_candidates(tier)
        assert candidates
        assert "dak_nonfisik" not in candidates
    assert {fund.code for fund in shipped.funds()} == set(FUNDS) - {"blud", "lainnya"}
    items = {item.code for info in shipped.read_standards() for item in info.items}
    for code, one in shipped.example_prices().items():
        assert code in items
        assert one.status == "example"
        assert one.source.startswith("Contoh")
        assert 0 < one.price <= MAX_PRICE
        assert one.fund in FUNDS
