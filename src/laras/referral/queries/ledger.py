"""Reading agreements of laboratories, and what they owe each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Sum, Value, When

from laras.core.errors import NotFound
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.wall import ground
from laras.referral import rules
from laras.referral.models import IncomingItem, LabAgreement, LedgerEntry, LedgerObjection, OutgoingItem, PayerDemand
from laras.referral.queries.paper import paper_offers
from laras.referral.types import Price
from laras.resources import queries as resources

# --- Agreements


def agreements(scope: Scope) -> QuerySet[LabAgreement]:
    """All agreements with other laboratories, those that wait first, then the newest."""
    rows = LabAgreement.objects.within(scope).select_related("partner", "owner")
    waiting = Case(When(status="proposed", then=Value(0)), default=Value(1))
    return rows.order_by(waiting, "-valid_from", "-id")


def get_agreement(scope: Scope, agreement_id: UUID | str) -> LabAgreement:
    """Raises NotFound."""
    row: LabAgreement = get_or_404(
        LabAgreement.objects.within(scope).select_related("partner", "owner"), id=agreement_id
    )
    return row


def agreements_to_answer(scope: Scope) -> int:
    """How many agreements another laboratory proposed and nobody here answered."""
    return LabAgreement.objects.within(scope).filter(status="proposed", proposed_here=False).count()


def demands(scope: Scope) -> dict[str, str]:
    """Payer -> what it asks of the laboratory referred to (``rules.DEMANDS``)."""
    return dict(PayerDemand.objects.within(scope).values_list("payer", "demand"))


def terms_by_partner(
    scope: Scope, *, performs_here: bool, partner_id: UUID | None = None
) -> dict[UUID, list[rules.Terms]]:
    """Partner -> the terms that both accepted, ended ones too (their days say so). One query."""
    rows = LabAgreement.objects.within(scope).filter(status__in=("active", "ended"), performs_here=performs_here)
    if partner_id is not None:
        rows = rows.filter(partner_id=partner_id)
    found: dict[UUID, list[rules.Terms]] = defaultdict(list)
    for row in rows:
        found[row.partner_id].append(
            rules.Terms(row.number, row.valid_from, row.last_day, row.every, row.prices, row.payer)
        )
    return found


def reckon(
    owner_id: UUID,
    *,
    performer_id: UUID,
    partner_id: UUID,
    tests: Collection[str],
    day: date,
    payer: str = "",
    on_paper: bool = False,
) -> dict[str, Price]:
    """What each of the tests costs when sent on that day, as this organisation knows it; every asked test is a key. ``performer_id``
    is the organisation itself or the partner. Two queries."""
    scope = Scope.of(owner_id)
    terms = terms_by_partner(scope, performs_here=performer_id == owner_id, partner_id=partner_id)[partner_id]
    tariffs = _tariffs(scope, performer_id, tests, on_paper=on_paper)
    return {
        test: rules.price_of(terms, test, day, payer=payer, tariff=tariffs.get(test), on_paper=on_paper)
        for test in tests
    }


def _tariffs(scope: Scope, performer_id: UUID, tests: Collection[str], *, on_paper: bool) -> Mapping[str, int]:
    """Test -> what the performer publishes: of several methods the one done now, the quickest, the cheapest, as in routing."""
    if on_paper:
        offers = paper_offers(scope, tests)
        return {test: price for test, lab, _hours, price, *_rest in offers if lab == performer_id and price is not None}
    rows = (
        resources.capabilities(owner_id=performer_id).filter(test_code__in=set(tests), price__isnull=False).order_by()
    )
    best: dict[str, tuple[bool, int, int]] = {}
    for test, hours, price, status in rows.values_list("test_code", "tat_hours", "price", "status"):
        key = (status != "active", hours, price)
        best[test] = min(best.get(test, key), key)
    return {test: price for test, (_paused, _hours, price) in best.items()}


# --- The ledger


@dataclass(frozen=True, slots=True)
class PartnerMonth:
    """One partner's month: what it pays us and what we pay it. ``objections``: entries that one of the two objects to."""

    partner_id: UUID
    code: str
    name: str
    receivable: rules.Sums
    payable: rules.Sums
    objections: int = 0

    @property
    def balance(self) -> int:
        """Rupiah that they owe us when all else is set off; negative: we owe."""
        return self.receivable.amount - self.payable.amount

    @property
    def unknown(self) -> int:
        """Entries without a price."""
        return self.receivable.unknown + self.payable.unknown

    @property
    def open_count(self) -> int:
        return self.receivable.open_count + self.payable.open_count


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger with what both said against it."""

    row: LedgerEntry
    objection: str = ""
    their_objection: str = ""


def months(scope: Scope) -> list[date]:
    """First days of the months with entries, the newest first."""
    rows = LedgerEntry.objects.within(scope).dates("owed_on", "month", order="DESC")
    return list(rows)


def month_of(first: date) -> tuple[date, date]:
    """First and last day of the month of a day; the last one is not part of it."""
    first = first.replace(day=1)
    return first, date(first.year + first.month // 12, first.month % 12 + 1, 1)


def ledger_month(scope: Scope, month: date) -> list[PartnerMonth]:
    """The month by partner, by name. Two queries, added up by the database."""
    first, after = month_of(month)
    rows = LedgerEntry.objects.within(scope).filter(owed_on__gte=first, owed_on__lt=after)
    found: dict[tuple[str, str, UUID], dict[str, rules.Sums]] = defaultdict(dict)
    totals = rows.order_by().values("partner__name", "partner__code", "partner_id", "side").annotate(
        n=Count("id"),
        amount=Sum("price"),
        unknown=Count("id", filter=Q(price__isnull=True)),
        open_n=Count("id", filter=Q(settled_on__isnull=True)),
        open_amount=Sum("price", filter=Q(settled_on__isnull=True)),
    )  # fmt: skip
    for one in totals:
        found[one["partner__name"], one["partner__code"], one["partner_id"]][one["side"]] = rules.Sums(
            one["n"], int(one["amount"] or 0), one["unknown"], one["open_n"], int(one["open_amount"] or 0)
        )
    against = LedgerObjection.objects.within(scope).exclude(text="").values("item")
    objected = dict(rows.filter(item__in=against).order_by().values_list("partner_id").annotate(n=Count("id")))
    return [
        PartnerMonth(
            key,
            code,
            name,
            sides.get("receivable", rules.Sums()),
            sides.get("payable", rules.Sums()),
            objected.get(key, 0),
        )
        for (name, code, key), sides in sorted(found.items(), key=lambda one: one[0][:2])
    ]


def with_unbooked(side: str) -> list[UUID]:
    """Organisations with a result that is in no book on this side; over all of them, for the nightly rounds."""
    everything = Scope.everything()
    booked = LedgerEntry.objects.within(everything).filter(side=side, owner_id=OuterRef("owner_id"))
    if side == "receivable":
        rows = IncomingItem.objects.within(everything).filter(~Exists(booked.filter(item=OuterRef("remote_item"))))
    else:
        rows = OutgoingItem.objects.within(everything).filter(~Exists(booked.filter(item=OuterRef("id"))))
    with ground(everything):
        return list(rows.filter(status="resulted").order_by("owner_id").values_list("owner_id", flat=True).distinct())


def ledger_partner(scope: Scope, partner_id: UUID) -> Owner:
    """A laboratory with which there are entries. Raises NotFound."""
    if not LedgerEntry.objects.within(scope).filter(partner_id=partner_id).exists():
        raise NotFound()
    return Owner.objects.get(id=partner_id)


def get_entry(scope: Scope, entry_id: UUID | str) -> LedgerEntry:
    """Raises NotFound."""
    row: LedgerEntry = get_or_404(LedgerEntry.objects.within(scope).select_related("partner"), id=entry_id)
    return row


def ledger_entries(scope: Scope, month: date, *, partner_id: UUID | None = None) -> list[Entry]:
    """The lines of a month, by partner, side and day. Two queries."""
    first, after = month_of(month)
    rows = LedgerEntry.objects.within(scope).filter(owed_on__gte=first, owed_on__lt=after).select_related("partner")
    if partner_id is not None:
        rows = rows.filter(partner_id=partner_id)
    found = list(rows.order_by("partner__name", "-side", "owed_on", "referral_number", "test_code", "id"))
    said = _objections(scope, found)
    return [
        Entry(row, said.get((row.partner_id, row.item, True), ""), said.get((row.partner_id, row.item, False), ""))
        for row in found
    ]


def _objections(scope: Scope, rows: Iterable[LedgerEntry]) -> dict[tuple[UUID, UUID, bool], str]:
    against = LedgerObjection.objects.within(scope).filter(item__in=[row.item for row in rows]).exclude(text="")
    return {(one.partner_id, one.item, one.ours): one.text for one in against}
