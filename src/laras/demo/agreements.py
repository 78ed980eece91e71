"""Agreements between laboratories of the demo network, and their ledger: one proposal waits, some lines are settled, one is objected to.

Numbers and prices are invented for the demo.
"""

from __future__ import annotations

from datetime import timedelta

from laras.core import clock
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.demo import plan
from laras.demo.journeys import ALBUMIN, MEASLES
from laras.demo.network import Staff
from laras.referral import queries as referral_queries
from laras.referral import services as referral

SENDER, DISTRICT, PROVINCE, REGION = (plan.CHAIN[tier] for tier in (1, 2, 3, 4))
# Who proposes, who does the tests, number, agreed prices.
AGREED = (
    (SENDER, DISTRICT, "PKS/CONTOH/01", {}),
    (SENDER, PROVINCE, "PKS/CONTOH/02", {ALBUMIN: 42_000}),
    (PROVINCE, REGION, "PKS/CONTOH/03", {MEASLES: 68_000}),
)


def sign(owners: dict[str, Owner], staff: dict[str, Staff]) -> None:
    """Three agreements of last month, and a proposal that the district has not answered yet."""
    begun = clock.now() - timedelta(days=40)
    with clock.at(begun):
        for proposer, performer, number, prices in AGREED:
            referral.propose_agreement(
                staff[proposer].head,
                owner_id=owners[proposer].id,
                code=performer,
                number=number,
                performs_here=False,
                valid_from=begun.date(),
                valid_until=begun.date() + timedelta(days=365),
                prices=prices,
                terms="Dibayar tiap bulan, paling lambat tanggal 10 bulan berikutnya (contoh).",
            )
            offered = referral_queries.agreements(Scope.of(owners[performer].id)).get(number=number)
            referral.answer_agreement(
                staff[performer].head, owner_id=owners[performer].id, agreement_id=offered.id, accepted=True
            )
    referral.propose_agreement(
        staff[PROVINCE].head,
        owner_id=owners[PROVINCE].id,
        code=DISTRICT,
        number="PKS/CONTOH/04",
        performs_here=True,
        valid_from=clock.today(),
        terms="Pembaruan perjanjian pembinaan (contoh).",
    )


def settle(owners: dict[str, Owner], staff: dict[str, Staff]) -> None:
    """The puskesmas paid the province for what it did there; the province objects to a line of the district."""
    for payer, performer in ((SENDER, PROVINCE), (PROVINCE, REGION)):
        scope, partner = Scope.of(owners[payer].id), owners[performer].id
        for month in referral_queries.months(scope):
            lines = referral_queries.ledger_entries(scope, month, partner_id=partner)
            open_lines = [one.row.id for one in lines if one.row.settled_on is None and one.row.side == "payable"]
            if open_lines and payer == SENDER:
                referral.settle_entries(
                    staff[payer].head,
                    owner_id=owners[payer].id,
                    partner_id=partner,
                    entry_ids=open_lines,
                    settled_on=clock.today(),
                    number="BKU/CONTOH/12",
                )
            elif open_lines:
                referral.object_to_entry(
                    staff[payer].head,
                    owner_id=owners[payer].id,
                    entry_id=open_lines[0],
                    text="Spesimen program, seharusnya ditanggung program (contoh)",
                )
                return
