"""Referrals of the demo network, played with the real services so that both ends and their journals are genuine.

Two dozen orders of puskesmas go up the chain during the last days and stand at different places of it now: announced, accepted,
refused, come back through three tiers, amended after release.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.catalogue import queries as catalogues
from laras.catalogue.types import TestInfo
from laras.core import clock
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.demo import plan
from laras.demo.network import Staff
from laras.orders import services as orders
from laras.referral import queries as referral_queries
from laras.referral import services as referral
from laras.reports import services as reports
from laras.resources import queries as resources

ROUNDS = 9


@dataclass(slots=True)
class Lab:
    """A laboratory of the demo with its people; each method is one step of its day."""

    owner: Owner
    staff: Staff

    @property
    def scope(self) -> Scope:
        return Scope.of(self.owner.id)

    def register(
        self,
        codes: list[str],
        person: dict[str, object],
        at: datetime,
        urgency: str,
        *,
        purpose: str = "diagnosis",
        programme: str = "",
        note: str = "Rujukan contoh",
    ) -> UUID:
        made = orders.register_order(
            self.staff.receptionist,
            owner=self.owner,
            codes=codes,
            new_patient=person,
            payer="programme",
            urgency=urgency,
            collected_at=at,
            collector=self.staff.receiver.name,
            purpose=purpose,
            note=note,
            programme=programme,
        )
        orders.receive_samples(
            self.staff.receiver,
            owner_id=self.owner.id,
            sample_ids=[sample.id for sample in made.samples],
            condition="Baik",
        )
        return made.id

    def send(self, to: Lab, order_id: UUID) -> UUID | None:
        views = bench_queries.results_of(self.scope, order_id)
        away = [view.id for view in views if view.status == "to_refer"]
        if not away:
            return None
        return referral.send_referral(
            self.staff.receiver,
            owner_id=self.owner.id,
            recipient_id=to.owner.id,
            result_ids=away,
            courier="Kurir Contoh",
            packaging="Kemasan tiga lapis",
            temperature="2–8 °C",
        ).id

    def incoming(self, sent: UUID) -> UUID:
        return referral_queries.incoming(self.scope).get(remote=sent).id

    def accept(self, sent: UUID) -> UUID:
        row = referral.accept_incoming(
            self.staff.receiver,
            owner_id=self.owner.id,
            referral_id=self.incoming(sent),
            duplicates_checked=True,
            condition="Baik, suhu 4 °C",
        )
        assert row.order_id is not None
        return row.order_id

    def refuse(self, sent: UUID) -> None:
        referral.refuse_incoming(
            self.staff.receiver,
            owner_id=self.owner.id,
            referral_id=self.incoming(sent),
            reason="insufficient",
            note="Volume tinggal 0,2 mL, mohon kirim ulang",
        )

    def perform(self, order_id: UUID, chance: random.Random) -> None:
        """Enter, verify and validate everything that this laboratory does itself."""
        for view in bench_queries.results_of(self.scope, order_id):
            if view.status != "waiting":
                continue
            test = catalogues.effective(self.owner.id).test(view.test_code)
            self._enter(view.id, plausible(self.owner, test, chance))

    def answer(self, order_id: UUID, code: str, raw: str) -> None:
        """Enter, verify and validate one test of an order."""
        view = next(view for view in bench_queries.results_of(self.scope, order_id) if view.test_code == code)
        self._enter(view.id, raw)

    def _enter(self, result_id: UUID, raw: str) -> None:
        bench.enter_result(self.staff.analysts[0], owner_id=self.owner.id, result_id=result_id, raw=raw)
        bench.verify_result(self.staff.verifier, owner_id=self.owner.id, result_id=result_id)
        bench.validate_result(
            self.staff.validator, owner_id=self.owner.id, result_id=result_id, uncalled_reason="Sudah dikenal"
        )

    def release(self, order_id: UUID, reason: str = "") -> None:
        if bench_queries.releasable(self.scope, order_id).ready:
            reports.release_report(self.staff.validator, owner_id=self.owner.id, order_id=order_id, reason=reason)

    def amend(self, order_id: UUID, chance: random.Random) -> None:
        own = next(
            v for v in bench_queries.results_of(self.scope, order_id) if v.status == "validated" and not v.external
        )
        reason = "Salah membaca kurva; diulang"
        bench.amend_result(self.staff.validator, owner_id=self.owner.id, result_id=own.id, reason=reason)
        test = catalogues.effective(self.owner.id).test(own.test_code)
        raw = plausible(self.owner, test, chance)
        bench.enter_result(self.staff.analysts[1], owner_id=self.owner.id, result_id=own.id, raw=raw)
        bench.verify_result(self.staff.verifier, owner_id=self.owner.id, result_id=own.id)
        bench.validate_result(
            self.staff.validator, owner_id=self.owner.id, result_id=own.id, uncalled_reason="Sudah dikenal"
        )
        self.release(order_id, reason)


def plausible(owner: Owner, test: TestInfo, chance: random.Random) -> str:
    """What an analyst would type: an answer of the test's set, or a number within its range."""
    known = catalogues.effective(owner.id)
    answers = known.answers(test.code)
    if answers:
        return chance.choice([a for a in answers if a.meaning == "normal"] or list(answers)).text
    if not test.is_numeric:
        return "Tidak ada kelainan"
    row = next((r for r in known.ranges(test.code) if r.low is not None and r.high is not None), None)
    low, high = (float(row.low or 0), float(row.high or 0)) if row else (1.0, 9.0)
    figure = f"{chance.uniform(low, high):.{test.decimals or 0}f}".replace(".", ",")
    return f"1/{figure}" if test.kind == "titre" else figure


class Hours:
    """The clock of one scenario: each step happens some hours after the one before, and never in the future."""

    def __init__(self, begin: datetime, end: datetime) -> None:
        self.moment, self.end = begin, end

    @contextmanager
    def later(self, hours: float) -> Iterator[datetime]:
        self.moment = min(self.moment + timedelta(hours=hours), self.end - timedelta(minutes=2))
        with clock.at(self.moment):
            yield self.moment


def play(owners: dict[str, Owner], staff: dict[str, Staff]) -> None:
    """Play the scenarios. The first puskesmas of the printed logins takes part in every second one."""
    chance = random.Random(plan.SEED + 1)
    labs = {code: Lab(owners[code], staff[code]) for code in owners if code in staff}
    tiers = {lab.code: lab for lab in plan.laboratories()}
    origins = [code for code, lab in tiers.items() if lab.tier == 1]
    now = clock.now()
    for n in range(ROUNDS):
        origin_code = plan.CHAIN[1] if n % 2 == 0 else chance.choice(origins)
        middle_code = tiers[origin_code].supervisor
        origin, middle, top = labs[origin_code], labs[middle_code], labs[tiers[middle_code].supervisor]
        near = tests_between(origin, middle, chance)
        far = tests_between(middle, top, chance)
        if not near or not far:
            continue
        kind = n % 6
        hours = Hours(now - timedelta(hours=70 - 2 * n if kind in (0, 5) else 30 - n), now)
        codes = near if kind in (1, 2, 3, 4) else [*near[:1], *far[:1]]
        with hours.later(0) as at:
            order_id = origin.register(
                codes, person_of(n, chance), at - timedelta(minutes=20), ("routine", "urgent")[n % 5 == 0]
            )
        with hours.later(1):
            sent = origin.send(middle, order_id)
        if sent is None or kind == 3:
            continue
        if kind == 4:
            with hours.later(4):
                middle.refuse(sent)
            continue
        with hours.later(4):
            there = middle.accept(sent)
        if kind == 2:
            continue
        with hours.later(3):
            further = middle.send(top, there)
            middle.perform(there, chance)
        if further is not None:
            with hours.later(8):
                above = top.accept(further)
            with hours.later(6):
                top.perform(above, chance)
                top.release(above)
            if kind == 5:
                with hours.later(5):
                    top.amend(above, chance)
        with hours.later(2):
            middle.release(there)
            origin.perform(order_id, chance)
            origin.release(order_id)
    for n, (below, above) in enumerate(pairwise(plan.CHAIN.values())):
        _set_out(labs[below], labs[above], person_of(ROUNDS + n, chance), chance, now)
    for n, tier in enumerate((1, 2)):
        _measured(labs[plan.CHAIN[tier]], person_of(ROUNDS + 10 + n, chance), now - timedelta(minutes=50))


MEASURED = {"CHOL": "212", "HDL": "48", "TG": "160", "KREA": "0,98", "UREUM": "31"}
MADE_OF_THEM = ("LDL", "EGFR")


def _measured(lab: Lab, person: dict[str, object], at: datetime) -> None:
    """An order of this morning whose values are entered, but for those that are reckoned from them."""
    able = {offer.test_code for offer in resources.capabilities_of(lab.owner.id) if offer.status == "active"}
    known = catalogues.effective(lab.owner.id).tests
    values = {code: raw for code, raw in MEASURED.items() if code in able and code in known}
    with clock.at(at):
        order_id = lab.register([*values, *(code for code in MADE_OF_THEM if code in able)], person, at, "routine")
        for view in bench_queries.results_of(lab.scope, order_id):
            if view.test_code in values:
                bench.enter_result(
                    lab.staff.analysts[0], owner_id=lab.owner.id, result_id=view.id, raw=values[view.test_code]
                )


def _set_out(low: Lab, high: Lab, person: dict[str, object], chance: random.Random, now: datetime) -> None:
    """A specimen on its way up the chain at this moment: with the courier here, announced there."""
    codes = tests_between(low, high, chance)
    if codes:
        hours = Hours(now - timedelta(hours=3), now)
        with hours.later(0) as at:
            order_id = low.register(codes, person, at - timedelta(minutes=20), "routine")
        with hours.later(1):
            low.send(high, order_id)


def tests_between(low: Lab, high: Lab, chance: random.Random) -> list[str]:
    """Two tests that the upper laboratory does and the lower one does not."""
    own = {offer.test_code for offer in resources.capabilities_of(low.owner.id)}
    known = catalogues.effective(low.owner.id)
    found = sorted(
        offer.test_code
        for offer in resources.capabilities_of(high.owner.id)
        if offer.test_code not in own
        and offer.status == "active"
        and known.test(offer.test_code).subject == "person"
        and (known.test(offer.test_code).is_numeric or known.answers(offer.test_code))
    )
    return chance.sample(found, min(2, len(found)))


def person_of(n: int, chance: random.Random) -> dict[str, object]:
    woman = n % 2 == 0
    first = chance.choice(plan.FIRST_WOMEN if woman else plan.FIRST_MEN)
    return {
        "full_name": f"{first} {chance.choice(plan.LAST)}",
        "sex": "P" if woman else "L",
        "birth_date": date(1955 + chance.randrange(50), chance.randrange(1, 13), chance.randrange(13, 28)),
        "no_nik_reason": "absent",
        "address": f"Jalan Contoh No. {n + 1}",
        "duplicates_checked": True,
    }
