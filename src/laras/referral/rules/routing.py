"""Whom to ask: every laboratory of the directory weighed for one order, with its reasons. Vectorised over laboratories.

The measure is one figure a person can follow: hours from now to the result, and what counts as hours. What the weights say is
ours (no regulation gives them); the order of the tiers is the network's: along the line of supervision upwards, step by step,
everything else is an exception and stands behind. An outbreak (KLB, a suspected rabies bite) jumps: only hours count.

:class:`Directory` holds arrays, so that 11,000 laboratories are weighed in well under five milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from laras.referral.types import CandidateReason, ReferralCandidate

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

EARTH_KM = 6371.0
DETOUR, ROAD_KMH, HANDLING_HOURS = 1.4, 40.0, 2.0
"""Ours: a road is longer than the straight line; hand-over at both ends."""
FLIGHT_FROM_KM, FLIGHT_HOURS, FLIGHT_KMH = 400.0, 18.0, 400.0
"""Ours: beyond, a box goes by air freight or ferry: most of a day for its connections."""
UNKNOWN_HOURS = 48.0
"""Ours: on the way where one of the two places is unknown; said in the reason."""

TIER_SKIPPED = 12.0
OUTSIDE_LINE, LOWER_TIER, NO_TIER, NO_TIER_AGREED = 240.0, 480.0, 720.0, 360.0
PASSES_ON, MISSING_TEST, REFUSED_BEFORE = 500.0, 1000.0, 1000.0
AGREEMENT, ACCREDITED = -6.0, -6.0
NO_AGREEMENT = 240.0
"""Ours: where a payer prefers an agreement, none counts as much as leaving the line of supervision."""
RUPIAH_AN_HOUR = 25_000.0


@dataclass(frozen=True, eq=False)
class Offers:
    """Who does one test, a row for each laboratory (its best method), by place in the directory.

    ``hours`` from receipt to release, ``price`` in rupiah and ``capacity`` a day (NaN: not published). ``paused``: why the
    laboratory does not do it now (no reagent, a broken instrument), by place.
    """

    lab: Integers
    hours: Floats
    price: Floats
    capacity: Floats
    accredited: Flags
    paused: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def active(self) -> Flags:
        """Which rows are done now."""
        if not self.paused:
            return np.ones(len(self.lab), np.bool_)
        active: Flags = ~np.isin(self.lab, list(self.paused))
        return active

    @classmethod
    def of(cls, rows: Iterable[tuple[int, float, float | None, float | None, bool, str | None]]) -> Offers:
        """Rows of place, hours, price, capacity, accredited, and why it is paused (None: it is not). Of several methods of one
        laboratory the one done now, the quickest, the cheapest counts."""
        best: dict[int, tuple[Any, ...]] = {}
        for row in rows:
            key = (row[5] is not None, row[1], math.inf if row[2] is None else row[2])
            if row[0] not in best or key < best[row[0]][0]:
                best[row[0]] = (key, row)
        kept = [row for _key, row in best.values()]
        nan = math.nan
        return cls(
            np.array([row[0] for row in kept], np.int64),
            np.array([row[1] for row in kept], np.float64),
            np.array([nan if row[2] is None else row[2] for row in kept], np.float64),
            np.array([nan if row[3] is None else row[3] for row in kept], np.float64),
            np.array([row[4] for row in kept], np.bool_),
            {row[0]: row[5] for row in kept if row[5] is not None},
        )


@dataclass(frozen=True, eq=False)
class _Dense:
    """What one test is at every laboratory: zero hours and rupiah where it is not done now."""

    done: Flags
    hours: Floats
    price: Floats
    other: Flags
    """Accredited for it, or not doing it: what does not hinder that all of an order is accredited."""


@dataclass(frozen=True, eq=False)
class Directory:
    """The laboratories: identity, tier (0: outside the five), place in degrees (NaN: unknown), and who does which test."""

    owner_ids: Sequence[UUID]
    codes: Sequence[str]
    names: Sequence[str]
    tiers: Integers
    latitudes: Floats
    longitudes: Floats
    offers: Mapping[str, Offers]

    @cached_property
    def places(self) -> dict[UUID, int]:
        return {key: place for place, key in enumerate(self.owner_ids)}

    @cached_property
    def by_code(self) -> dict[str, int]:
        return {code: place for place, code in enumerate(self.codes)}

    @cached_property
    def points(self) -> Floats:
        """Unit vectors from the middle of the earth, one row for each laboratory."""
        lat, lon = np.radians(self.latitudes), np.radians(self.longitudes)
        return np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))

    def distances(self, place: int) -> Floats:
        """Great-circle distance in km from one laboratory to all; NaN where a place is unknown."""
        cosine = self.points @ self.points[place]
        km: Floats = EARTH_KM * np.arccos(np.minimum(1.0, cosine))
        return km

    @cached_property
    def _dense(self) -> dict[str, _Dense]:
        return {}

    def dense(self, test: str) -> _Dense | None:
        """One test spread over all laboratories; None when nobody has it. Kept, since the next order asks for it again."""
        if test not in self._dense and test in self.offers:
            offers, count = self.offers[test], len(self.owner_ids)
            lab = offers.lab[offers.active]
            done, hours, price, other = (
                np.zeros(count, np.bool_),
                np.zeros(count),
                np.zeros(count),
                np.ones(count, np.bool_),
            )
            done[lab], hours[lab] = True, offers.hours[offers.active]
            price[lab], other[lab] = offers.price[offers.active], offers.accredited[offers.active]
            self._dense[test] = _Dense(done, hours, price, other)
        return self._dense.get(test)

    @cached_property
    def _outside(self) -> dict[int, Floats]:
        return {}

    def outside_line(self, origin_tier: int) -> Floats:
        """What each laboratory counts for standing outside the line of supervision of one of that tier. Kept; not to be changed."""
        if origin_tier not in self._outside:
            line = np.where(self.tiers < origin_tier, LOWER_TIER, OUTSIDE_LINE)
            self._outside[origin_tier] = np.where(self.tiers == 0, NO_TIER, line)
        return self._outside[origin_tier]


@dataclass(frozen=True)
class Asked:
    """What is asked, from where, and what the asking laboratory knows.

    ``chain``: its supervisors, nearest first. ``wait_hours`` until the next pick-up (None: no calendar is kept).
    ``keeps_hours``: so long the specimens are still good, ``doubtful_hours``: so long nobody doubts it (infinite: nobody
    published a figure, see ``keeping_known``). ``excluded``: codes through which it came; ``refused_before``: codes that sent
    one of these back. ``waiting``: how many of our specimens wait at a laboratory already.
    """

    origin: UUID
    tests: Sequence[str]
    chain: Sequence[UUID] = ()
    wait_hours: float | None = None
    keeps_hours: float = math.inf
    doubtful_hours: float = math.inf
    keeping_known: bool = False
    waiting: Mapping[UUID, int] = field(default_factory=dict)
    agreements: frozenset[UUID] = frozenset()
    # Laboratory -> test -> agreed rupiah, and laboratory -> number of that agreement.
    agreed: Mapping[UUID, Mapping[str, int]] = field(default_factory=dict)
    agreement_numbers: Mapping[UUID, str] = field(default_factory=dict)
    # What the payer asks (``rules.DEMANDS`` or empty), and its name for the reader.
    demand: str = ""
    payer: str = ""
    excluded: frozenset[str] = frozenset()
    refused_before: frozenset[str] = frozenset()
    outbreak: bool = False
    accredited_only: bool = False


def transport_hours(km: Floats) -> Floats:
    """Expected hours from hand-over to hand-over for distances as the crow flies; NaN becomes the assumption."""
    road = HANDLING_HOURS + km * DETOUR / ROAD_KMH
    far = HANDLING_HOURS + FLIGHT_HOURS + km / FLIGHT_KMH
    hours = np.where(km < FLIGHT_FROM_KM, road, far)
    return np.where(np.isnan(km), UNKNOWN_HOURS, hours)


def rank(directory: Directory, asked: Asked, *, most: int = 20, chosen: UUID | None = None) -> list[ReferralCandidate]:
    """The laboratories for an order, best first, then those that are not to be asked with their reason; at most ``most``, and
    the ``chosen`` one wherever it stands.

    A laboratory that does only some of the tests stands behind all that do them all; a supervising laboratory that does not
    passes the rest on and stands between. Raises KeyError when the asking laboratory is not in the directory.
    """
    count, here = len(directory.owner_ids), directory.places[asked.origin]
    tests = tuple(dict.fromkeys(asked.tests))
    weighed = _Weighed(directory, asked, tests, here, count)
    listed = np.flatnonzero(weighed.standing)
    if len(listed) > most:
        # Those that are refused go behind everybody, however near they are.
        key = weighed.score[listed] + np.where(weighed.refused[listed], 1e9, 0.0)
        best = listed[np.argpartition(key, most)[:most]]
        mine = directory.places.get(chosen) if chosen is not None else None
        listed = np.union1d(best, [mine]) if mine is not None and weighed.standing[mine] else best
    found = [weighed.candidate(int(place)) for place in listed]
    return sorted(found, key=lambda one: (not one.offered, one.score, one.code))


class _Weighed:
    """One order against the whole directory; arrays have one entry for each laboratory."""

    def __init__(self, directory: Directory, asked: Asked, tests: tuple[str, ...], here: int, count: int) -> None:
        self.directory, self.asked, self.tests = directory, asked, tests
        self.km = directory.distances(here)
        self.transport = transport_hours(self.km)
        self.wait = 0.0 if asked.outbreak or asked.wait_hours is None else asked.wait_hours
        self.origin_tier = int(directory.tiers[here])
        self.done = np.zeros(count, np.int16)
        self.method = np.zeros(count)
        self.price = np.zeros(count)
        self.accredited = np.ones(count, np.bool_)
        self.paused = np.zeros(count, np.bool_)
        self.by_test = {test: dense for test in tests if (dense := directory.dense(test)) is not None}
        for test, dense in self.by_test.items():
            self.done += dense.done
            np.maximum(self.method, dense.hours, out=self.method)
            self.price += dense.price
            self.accredited &= dense.other
            if directory.offers[test].paused:
                self.paused[list(directory.offers[test].paused)] = True
        for owner, prices in asked.agreed.items():
            self._agree(owner, prices)
        self.accredited &= self.done > 0
        # Who does another of the tests now is no paused laboratory.
        self.paused &= self.done == 0
        self.queue = self._queue(count)
        above = [place for owner in asked.chain if (place := directory.places.get(owner)) is not None]
        self.steps = {place: step for step, place in enumerate(above)}
        self.line = self._line(count)
        passing = np.zeros(count, np.bool_)
        if self.somebody_does_each():
            # Somebody does each of them, so a laboratory above can pass on what it does not do itself.
            passing[list(self.steps)] = True
        self.passing = passing & (self.done < len(tests))
        self.paused &= ~self.passing
        self.refused = self._refused()
        self.standing = (self.done > 0) | self.passing | self.paused
        self.standing[here] = False
        for code in asked.excluded & directory.by_code.keys():
            self.standing[directory.by_code[code]] = False
        self.known_price = ~np.isnan(self.price) & (self.done == len(tests))
        self.score = self._score()

    def _agree(self, owner: UUID, prices: Mapping[str, int]) -> None:
        """What two laboratories agreed on takes the place of what is published."""
        place = self.directory.places.get(owner)
        if place is not None:
            done = [(test, dense) for test, dense in self.by_test.items() if dense.done[place]]
            self.price[place] = sum(float(prices.get(test, dense.price[place])) for test, dense in done)

    @cached_property
    def unagreed(self) -> Flags:
        """Who has no agreement that holds for all of it, where the payer asks for one; nobody where it does not."""
        asks = bool(self.asked.demand) and not self.asked.outbreak
        without = np.full(len(self.directory.owner_ids), asks, np.bool_)
        for owner in self.asked.agreements if asks else ():
            place = self.directory.places.get(owner)
            if place is not None:
                without[place] = False
        return without

    def _queue(self, count: int) -> Floats:
        """Hours that our own specimens there take before these, where a capacity is published."""
        queue = np.zeros(count)
        if self.asked.outbreak or not self.asked.waiting:
            return queue
        for owner, number in self.asked.waiting.items():
            place = self.directory.places.get(owner)
            if place is not None:
                of_place = [
                    offers.capacity[offers.lab == place]
                    for test in self.by_test
                    for offers in [self.directory.offers[test]]
                ]
                known = [float(one[0]) for one in of_place if len(one) and not np.isnan(one[0])]
                queue[place] = 24.0 * number / min(known) if known else 0.0
        return queue

    def somebody_does_each(self) -> bool:
        return (
            bool(self.tests)
            and len(self.by_test) == len(self.tests)
            and all(bool(dense.done.any()) for dense in self.by_test.values())
        )

    def _line(self, count: int) -> Floats:
        """What standing outside the line of supervision, or further up in it, counts."""
        tiers = self.directory.tiers
        if self.asked.outbreak:
            return np.zeros(count)
        line = self.directory.outside_line(self.origin_tier).copy()
        for owner in self.asked.agreements:
            place = self.directory.places.get(owner)
            if place is not None and tiers[place] == 0:
                line[place] = NO_TIER_AGREED
        for place, step in self.steps.items():
            line[place] = TIER_SKIPPED * step
        return line

    def _refused(self) -> Flags:
        refused = self.paused | self._spoils()
        if self.asked.accredited_only:
            refused |= ~self.accredited & ~self.passing
        if self.asked.demand == "must":
            refused |= self.unagreed
        return refused

    def _spoils(self) -> Flags:
        """Only where the distance is known: an assumption spoils nothing."""
        spoils: Flags = (self.wait + self.transport > self.asked.keeps_hours) & ~np.isnan(self.km)
        return spoils

    def _score(self) -> Floats:
        score = self.transport + self.method
        score += self.queue
        score += self.line
        score += self.wait
        score += MISSING_TEST * (len(self.tests) - self.done)
        above = np.flatnonzero(self.passing)
        score[above] += PASSES_ON - MISSING_TEST * (len(self.tests) - self.done[above])
        if not self.asked.outbreak:
            score += np.where(self.known_price, self.price / RUPIAH_AN_HOUR, 0.0)
            score += ACCREDITED * self.accredited
        if self.asked.demand == "prefer":
            score += NO_AGREEMENT * self.unagreed
        for owner in self.asked.agreements:
            place = self.directory.places.get(owner)
            if place is not None:
                score[place] += AGREEMENT
        for code in self.asked.refused_before & self.directory.by_code.keys():
            score[self.directory.by_code[code]] += REFUSED_BEFORE
        return score

    def candidate(self, place: int) -> ReferralCandidate:
        directory = self.directory
        tier = int(directory.tiers[place]) or None
        does = tuple(test for test, dense in self.by_test.items() if dense.done[place])
        passes_on = bool(self.passing[place])
        km = float(self.km[place])
        price = self.price[place]
        hours = self.wait + self.transport[place] + self.queue[place] + self.method[place]
        return ReferralCandidate(
            owner_id=directory.owner_ids[place],
            code=directory.codes[place],
            name=directory.names[place],
            tier=tier,
            tests=self.tests if passes_on else does,
            missing=() if passes_on else tuple(test for test in self.tests if test not in does),
            tat_hours=0 if passes_on else math.ceil(hours),
            price=None if passes_on or math.isnan(price) else int(price),
            accredited=bool(self.accredited[place]),
            distance_km=None if math.isnan(km) else round(km, 1),
            is_supervisor=place in self.steps,
            reasons=tuple(self._reasons(place, does, passes_on)),
            passes_on=passes_on,
            score=round(float(self.score[place]), 1),
            refused=self._why_refused(place) if self.refused[place] else None,
        )

    def _reasons(self, place: int, does: tuple[str, ...], passes_on: bool) -> Iterable[CandidateReason]:
        yield from self._what(does, passes_on)
        yield self._standing(place)
        if self.directory.codes[place] in self.asked.refused_before:
            yield CandidateReason("refused_before", None, "", REFUSED_BEFORE)
        if self.asked.outbreak:
            yield CandidateReason("outbreak", None, "")
        if self.asked.wait_hours is not None and not self.asked.outbreak:
            yield CandidateReason("pickup", self.wait, "", self.wait)
        km, way = float(self.km[place]), float(self.transport[place])
        if math.isnan(km):
            yield CandidateReason("distance_unknown", way, "", way)
        else:
            yield CandidateReason("distance", round(km, 1), "")
            yield CandidateReason("transport", way, "", way)
        if self.queue[place] > 0:
            queue = float(self.queue[place])
            yield CandidateReason("queue", queue, "", queue)
        if self.method[place] > 0:
            work = float(self.method[place])
            yield CandidateReason("method", work, "", work)
        yield from self._keeping(place)
        if self.known_price[place] and not passes_on:
            price = float(self.price[place])
            owner = self.directory.owner_ids[place]
            code = "agreed_price" if self.asked.agreed.get(owner) else "price"
            yield CandidateReason(code, price, "", 0.0 if self.asked.outbreak else price / RUPIAH_AN_HOUR)
        if self.directory.owner_ids[place] in self.asked.agreements:
            number = self.asked.agreement_numbers.get(self.directory.owner_ids[place], "")
            yield CandidateReason("agreement", None, number, AGREEMENT)
        elif self.asked.demand == "prefer" and self.unagreed[place]:
            yield CandidateReason("no_agreement", None, self.asked.payer, NO_AGREEMENT)
        if self.accredited[place]:
            yield CandidateReason("accredited", None, "", 0.0 if self.asked.outbreak else ACCREDITED)

    def _what(self, does: tuple[str, ...], passes_on: bool) -> Iterable[CandidateReason]:
        missing = len(self.tests) - len(does)
        if passes_on:
            yield CandidateReason("some_and_passes_on" if does else "passes_on", float(len(does)), "", PASSES_ON)
        elif missing:
            yield CandidateReason("some_tests", float(len(does)), "", MISSING_TEST * missing)
        elif len(self.tests) > 1:
            yield CandidateReason("all_tests", float(len(does)), "")

    def _standing(self, place: int) -> CandidateReason:
        tier, hours = int(self.directory.tiers[place]), float(self.line[place])
        value = float(tier) if tier else None
        if place in self.steps:
            return CandidateReason("supervisor", value, "", hours)
        if not tier:
            return CandidateReason("no_tier", None, "", hours)
        if not self.origin_tier or tier > self.origin_tier:
            return CandidateReason("higher_tier", value, "", hours)
        return CandidateReason("same_tier" if tier == self.origin_tier else "lower_tier", value, "", hours)

    def _keeping(self, place: int) -> Iterable[CandidateReason]:
        arrival = self.wait + float(self.transport[place])
        if not self.asked.keeping_known:
            yield CandidateReason("keeping_unknown", None, "")
        elif arrival > self.asked.doubtful_hours:
            yield CandidateReason("keeping_doubtful", max(0.0, self.asked.doubtful_hours), "")
        else:
            left = min(self.asked.keeps_hours, self.asked.doubtful_hours) - arrival
            yield CandidateReason("keeps", left, "")

    def _why_refused(self, place: int) -> CandidateReason:
        if self.paused[place]:
            why = [
                offers.paused[place]
                for test in self.tests
                if (offers := self.directory.offers.get(test)) and place in offers.paused
            ]
            return CandidateReason("paused", None, "; ".join(dict.fromkeys(why)))
        arrival = self.wait + float(self.transport[place])
        if arrival > self.asked.keeps_hours and not math.isnan(self.km[place]):
            return CandidateReason("spoils", arrival, f"{max(0.0, self.asked.keeps_hours):.0f}")
        if self.asked.demand == "must" and self.unagreed[place]:
            return CandidateReason("no_agreement", None, self.asked.payer)
        return CandidateReason("not_accredited", None, "")


def against_rule(candidates: Sequence[ReferralCandidate], chosen: UUID) -> ReferralCandidate | None:
    """The laboratory that should be asked instead of the chosen one; None when the choice follows the rule.

    Following it: the first of the list, or a laboratory of the line of supervision, which is the way of the tiers.
    """
    offered = [one for one in candidates if one.offered]
    mine = next((one for one in offered if one.owner_id == chosen), None)
    if not offered or offered[0].owner_id == chosen or (mine is not None and mine.is_supervisor):
        return None
    return offered[0]


def nearest_for_each(
    by_test: Mapping[str, Sequence[ReferralCandidate]],
) -> list[tuple[ReferralCandidate, tuple[str, ...]]]:
    """Each test with the first laboratory that does it, joined by laboratory; a test that nobody does is left out."""
    first: dict[UUID, ReferralCandidate] = {}
    asked: dict[UUID, list[str]] = {}
    for test, ranked in by_test.items():
        candidate = next((one for one in ranked if one.offered and one.complete and not one.passes_on), None)
        if candidate is not None:
            first.setdefault(candidate.owner_id, candidate)
            asked.setdefault(candidate.owner_id, []).append(test)
    return [(first[key], tuple(codes)) for key, codes in asked.items()]
