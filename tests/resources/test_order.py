from __future__ import annotations

from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from laras.resources.rules import referral_order
from laras.resources.types import Candidate


def one(number=1, *, tier=2, km=10.0, above=False, accredited=False, tat=24, method="", code=None):
    return Candidate(
        UUID(int=number), code or f"L{number:03d}", "Lab uji", tier, method, tat, None, accredited, km, above
    )


CANDIDATES = st.lists(
    st.builds(
        one,
        st.integers(1, 99),
        tier=st.sampled_from([None, 1, 2, 3, 4, 5]),
        km=st.none() | st.floats(0, 5000),
        above=st.booleans(),
        accredited=st.booleans(),
        tat=st.integers(1, 200),
    ),
    max_size=12,
    unique_by=lambda c: c.owner_id,
)
TIERS = st.sampled_from([None, 1, 2, 3, 4, 5])


@given(TIERS, CANDIDATES, st.randoms())
def test_the_order_does_not_depend_on_how_they_came(tier, candidates, random):
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert referral_order(tier, shuffled) == referral_order(tier, candidates)
    assert {c.owner_id for c in referral_order(tier, candidates)} == {c.owner_id for c in candidates}


@given(TIERS, CANDIDATES)
def test_supervisors_go_first_by_tier_then_the_rest_by_tier_then_distance(tier, candidates):
    ordered = referral_order(tier, candidates)
    flags = [c.is_supervisor for c in ordered]
    assert flags == sorted(flags, reverse=True)
    chain = [c.tier or 9 for c in ordered if c.is_supervisor]
    assert chain == sorted(chain)
    others = [c for c in ordered if not c.is_supervisor]
    upward = [c for c in others if c.tier is not None and (tier is None or c.tier >= tier)]
    assert others[: len(upward)] == upward
    assert [c.tier for c in upward] == sorted(c.tier for c in upward)
    for a, b in pairwise(upward):
        if a.tier == b.tier and a.distance_km is not None and b.distance_km is not None:
            assert a.distance_km <= b.distance_km
        if a.tier == b.tier and a.distance_km is None:
            assert b.distance_km is None


@given(TIERS, CANDIDATES)
def test_each_has_its_reasons(tier, candidates):
    for c in referral_order(tier, candidates):
        codes = [reason.code for reason in c.reasons]
        assert (codes[0] == "supervisor") == c.is_supervisor
        assert ("distance" in codes) == (c.distance_km is not None)
        assert ("accredited" in codes) == c.accredited


def test_from_a_puskesmas():
    far_same = one(1, tier=1, km=30)
    near_same = one(2, tier=1, km=3)
    supervisor = one(3, tier=2, km=60, above=True)
    reference = one(4, tier=4, km=90, above=True)
    province = one(5, tier=3, km=1)
    hospital = one(6, tier=None, km=0.5)
    ordered = referral_order(1, [hospital, province, reference, far_same, supervisor, near_same])
    assert [c.code for c in ordered] == ["L003", "L004", "L002", "L001", "L005", "L006"]


def test_lower_tiers_come_after_higher_ones():
    ordered = referral_order(3, [one(1, tier=1, km=1), one(2, tier=2, km=50), one(3, tier=4, km=900)])
    assert [c.tier for c in ordered] == [4, 2, 1]


def test_what_is_equal_is_decided_by_accreditation_then_time():
    ordered = referral_order(2, [one(1, tat=10), one(2, tat=48, accredited=True), one(3, tat=5)])
    assert [c.code for c in ordered] == ["L002", "L003", "L001"]
