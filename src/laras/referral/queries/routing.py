"""Whom to ask: the directory as arrays, and what this laboratory knows about sending."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

import numpy as np
from django.db.models import Count

from laras.catalogue import queries as catalogues
from laras.core import clock
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.network import queries as network
from laras.orders import states as orders
from laras.partners import queries as partners
from laras.referral import rules
from laras.referral.messages import reason_text
from laras.referral.models import OutgoingItem, Pickup
from laras.referral.queries.ledger import demands, terms_by_partner
from laras.referral.queries.paper import paper_offers
from laras.referral.rules import Asked, Directory, Offers
from laras.referral.shipped import keeping_rows
from laras.referral.types import CandidateReason, ReferralCandidate
from laras.resources import queries as resources


@dataclass(frozen=True, slots=True)
class Wanted:
    """One test of one specimen, and when that was collected (None: not known)."""

    test: str
    specimen: str = ""
    collected_at: datetime | None = None


def pickups(scope: Scope) -> list[Pickup]:
    """The weekly calendar, Monday first."""
    return list(Pickup.objects.within(scope).order_by("weekday", "at", "id"))


class Router:
    """Weighs laboratories for one that refers. Reads the directory once for all tests it was made for; one router serves a
    whole page."""

    def __init__(self, owner_id: UUID, tests: Iterable[str]) -> None:
        self.owner_id = owner_id
        self.scope = Scope.of(owner_id)
        self.tests = tuple(dict.fromkeys(tests))

    @cached_property
    def directory(self) -> Directory:
        """Who offers the tests, the laboratories above us, and ourselves. Four queries, and one for each step above."""
        offered = resources.offers_of_tests(self.tests)
        published = {row[:2] for row in offered}
        offered += [row for row in paper_offers(self.scope, self.tests) if row[:2] not in published]
        wanted = dict.fromkeys([self.owner_id, *self.chain, *(row[1] for row in offered)])
        fields = ("id", "code", "name", "tier")
        rows = Owner.objects.filter(kind="laboratory", closed=False, id__in=wanted) if len(wanted) < 500 else (
            Owner.objects.filter(kind="laboratory", closed=False)
        )  # fmt: skip
        labs = {row[0]: row for row in rows.values_list(*fields)}
        if self.owner_id not in labs:
            labs |= {row[0]: row for row in Owner.objects.filter(id=self.owner_id).values_list(*fields)}
        here = [labs[key] for key in wanted if key in labs]
        points = network.positions(row[0] for row in here)
        places = {row[0]: place for place, row in enumerate(here)}
        by_test: dict[str, list[tuple[int, float, float | None, float | None, bool, str | None]]] = defaultdict(list)
        for test, owner, *rest in offered:
            if owner != self.owner_id and owner in places:
                by_test[test].append((places[owner], *rest))
        nan = math.nan
        return Directory(
            [row[0] for row in here],
            [row[1] for row in here],
            [row[2] for row in here],
            np.array([row[3] or 0 for row in here], np.int64),
            np.array([points[row[0]].lat if row[0] in points else nan for row in here]),
            np.array([points[row[0]].lon if row[0] in points else nan for row in here]),
            {test: Offers.of(rows) for test, rows in by_test.items()},
        )

    @cached_property
    def chain(self) -> list[UUID]:
        return network.supervisor_chain(self.owner_id)

    @cached_property
    def knows(self) -> Mapping[str, object]:
        """What we know of sending: the next pick-up, what of ours waits elsewhere. Three queries."""
        now, zone = clock.now(), Owner.objects.values_list("zone", flat=True).get(id=self.owner_id)
        calendar = [rules.PickupTime(row.weekday, row.at) for row in pickups(self.scope)]
        coming = rules.next_pickup(calendar, now, zone)
        waiting = OutgoingItem.objects.within(self.scope).filter(status__in=list(rules.OPEN_ITEM))
        counted = waiting.order_by().values_list("referral__recipient_id").annotate(n=Count("id"))
        return {
            "wait_hours": None if coming is None else (coming - now).total_seconds() / 3600,
            "waiting": dict(counted),
        }

    @cached_property
    def agreements(self) -> tuple[set[UUID], Mapping[UUID, list[rules.Terms]], Mapping[str, str], date]:
        """Who signed an agreement with us as its client; what other laboratories agreed to do for us; what payers ask; today.
        Four queries."""
        today = clock.today(Owner.objects.values_list("zone", flat=True).get(id=self.owner_id))
        signed = partners.agreed_with(self.owner_id, today)
        return signed, terms_by_partner(self.scope, performs_here=False), demands(self.scope), today

    @property
    def asks_for_payer(self) -> bool:
        """Whether it makes a difference who pays."""
        _signed, by_partner, asked, _today = self.agreements
        return bool(asked) or any(one.payer for terms in by_partner.values() for one in terms)

    def agreed(self, tests: Sequence[str], payer: str) -> dict[str, object]:
        """What agreements and the payer mean for these tests."""
        signed, by_partner, asked, today = self.agreements
        holding, numbers, prices = set(signed), {}, {}
        for partner, terms in by_partner.items():
            found = {test: one for test in tests if (one := rules.terms_for(terms, test, today, payer)) is not None}
            if found and len(found) == len(tests):
                holding.add(partner)
                numbers[partner] = ", ".join(sorted({one.number for one in found.values()}))
            named = {test: price for test, one in found.items() if (price := one.prices.get(test)) is not None}
            if named:
                prices[partner] = named
        demand = asked.get(payer, "")
        return {
            "agreements": frozenset(holding),
            "agreed": prices,
            "agreement_numbers": numbers,
            "demand": demand,
            "payer": str(orders.PAYERS.get(payer, payer)) if demand else "",
        }

    def ask(
        self,
        wanted: Sequence[Wanted],
        *,
        excluded: frozenset[str] = frozenset(),
        refused_before: frozenset[str] = frozenset(),
        outbreak: bool = False,
        accredited_only: bool = False,
        temperature: str = "cold",
        payer: str = "",
    ) -> Asked:
        keeps, doubtful, known = self._keeping(wanted, temperature)
        tests = tuple(dict.fromkeys(one.test for one in wanted))
        return Asked(
            origin=self.owner_id,
            tests=tests,
            chain=self.chain,
            keeps_hours=keeps,
            doubtful_hours=doubtful,
            keeping_known=known,
            excluded=excluded,
            refused_before=refused_before,
            outbreak=outbreak,
            accredited_only=accredited_only,
            **self.agreed(tests, payer),  # type: ignore[arg-type]
            **self.knows,  # type: ignore[arg-type]
        )

    def _keeping(self, wanted: Sequence[Wanted], temperature: str) -> tuple[float, float, bool]:
        """Hours for which all specimens are still good, hours for which nobody doubts it, and whether all are known."""
        now, rows = clock.now(), keeping_rows()
        tests = catalogues.effective(self.owner_id).tests
        keeps, doubtful, known = math.inf, math.inf, bool(wanted)
        for one in wanted:
            specimen = one.specimen or (tests[one.test].specimen if one.test in tests else "")
            found = rules.keeping(rows, specimen, one.test, temperature)
            age = max(0.0, (now - one.collected_at).total_seconds() / 3600) if one.collected_at else 0.0
            keeps, doubtful = min(keeps, found.spoils_after() - age), min(doubtful, found.warns_after() - age)
            known = known and found.known
        return keeps, doubtful, known

    def rank(
        self, wanted: Sequence[Wanted], *, most: int = 20, chosen: UUID | None = None, **how: object
    ) -> list[ReferralCandidate]:
        """The laboratories to ask, best first, with their reasons in words."""
        asked = self.ask(wanted, **how)  # type: ignore[arg-type]
        found = rules.rank(self.directory, asked, most=most, chosen=chosen)
        return [worded(row, len(asked.tests)) for row in found]

    def nearest(self, wanted: Sequence[Wanted], **how: object) -> list[tuple[ReferralCandidate, tuple[str, ...]]]:
        """Each test with whom to ask for it alone, joined by laboratory; empty when that is one laboratory for all."""
        alone: dict[str, list[Wanted]] = defaultdict(list)
        for one in wanted:
            alone[one.test].append(one)
        if len(alone) < 2:
            return []
        split = rules.nearest_for_each({test: self.rank(own, most=5, **how) for test, own in alone.items()})
        return split if len(split) > 1 else []


def worded(row: ReferralCandidate, total: int) -> ReferralCandidate:
    """The same with its reasons as sentences."""
    refused = row.refused and _said(row.refused, total)
    return replace(row, reasons=tuple(_said(reason, total) for reason in row.reasons), refused=refused)


def _said(reason: CandidateReason, total: int) -> CandidateReason:
    return replace(reason, text=reason_text(reason, total))


def closest_to_doing(owner_id: UUID, test: str) -> list[ReferralCandidate]:
    """Who is nearest to doing a test that nobody does: who does most other tests of its discipline, and then is nearest; at
    most three."""
    tests = catalogues.effective(owner_id).tests
    kin = [one.code for one in tests.values() if one.discipline == tests[test].discipline and one.code != test]
    found = Router(owner_id, kin).rank([Wanted(code) for code in kin], most=40) if kin else []
    able = [row for row in found if row.offered and row.tests and not row.passes_on]
    return sorted(able, key=lambda row: (-len(row.tests), row.score))[:3]
