"""The books of what laboratories owe each other: entries, settlement, objections. Each end writes its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.referral import codec, rules
from laras.referral.events import EntriesBooked, EntriesSettled, EntryObjected, ObjectionHeard
from laras.referral.models import (
    Incoming,
    IncomingItem,
    LedgerEntry,
    LedgerObjection,
    Outgoing,
    OutgoingItem,
    PaperPartner,
)
from laras.referral.services.common import refused_at, short
from laras.referral.types import Objection, ReportedResult

RIGHT = "referral.settle"
MOST_ENTRIES = 5000


def book_reported(actor: Actor, row: Incoming, items: Iterable[IncomingItem]) -> None:
    """The performer's end: what was reported as final is to be paid to us, once. Inside the unit that reports."""
    lines = []
    for item in items:
        result = codec.read(ReportedResult, item.reported) if item.reported else None
        since = rules.owed_since(result) if result is not None else None
        if since is not None:
            lines.append(
                _entry(row.owner, row.sender_id, "receivable", item.remote_item, row.number, item, since, row.owner)
            )
    _book(actor, row.owner_id, row.sender_id, "receivable", row.number, lines)


def book_taken(actor: Actor, row: Outgoing, taken: Mapping[OutgoingItem, ReportedResult]) -> None:
    """The origin's end: what came back as final is to be paid by us, once. Inside the unit that takes the answer."""
    lines = [
        _entry(row.owner, row.recipient_id, "payable", item.id, row.number, item, since, row.recipient)
        for item, result in taken.items()
        if (since := rules.owed_since(result)) is not None
    ]
    _book(actor, row.owner_id, row.recipient_id, "payable", row.number, lines)


def _entry(
    owner: Owner,
    partner_id: UUID,
    side: str,
    key: UUID,
    number: str,
    item: IncomingItem | OutgoingItem,
    since: datetime,
    performer: Owner,
) -> LedgerEntry:
    # An item of before the ledger was kept has no price.
    return LedgerEntry(
        owner=owner,
        partner_id=partner_id,
        side=side,
        item=key,
        referral_number=number,
        test_code=item.test_code,
        owed_on=since.astimezone(ZoneInfo(performer.zone)).date(),
        price=item.price,
        price_source="unknown" if item.price is None else item.price_source or "tariff",
        price_agreement=item.price_agreement,
        own_price=getattr(item, "own_price", None),
    )


def _book(
    actor: Actor, owner_id: UUID, partner_id: UUID, side: str, number: str, lines: Collection[LedgerEntry]
) -> int:
    """Write what is not in the books yet; answers how many."""
    if not lines:
        return 0
    known = LedgerEntry.objects.within(Scope.of(owner_id)).filter(side=side, item__in=[one.item for one in lines])
    have = set(known.values_list("item", flat=True))
    fresh = [one for one in lines if one.item not in have]
    if not fresh:
        return 0
    LedgerEntry.rows.bulk_create(fresh)
    sums = rules.sums((one.price, False) for one in fresh)
    journal.record(
        actor,
        owner=owner_id,
        event=EntriesBooked(
            partner=partner_id,
            number=number,
            side=side,
            entries=sums.count,
            amount=sums.amount,
            unknown=sums.unknown,
        ),
        subject=partner_id,
    )
    return len(fresh)


@use_case
def book_earlier(
    actor: Actor, *, owner_id: UUID, side: str, after: UUID | None = None, most: int = 200
) -> tuple[int, UUID | None]:
    """Results of before the ledger was kept enter it, without a price. Safe to repeat and beside the work of the day.

    Looks at ``most`` referrals of one side, those behind the referral ``after``; answers how many entries it made, and from where to
    go on (None: that was all).
    """
    actor.require(RIGHT, owner_id)
    scope = Scope.of(owner_id)
    here = side == "receivable"
    items = (IncomingItem if here else OutgoingItem).objects.within(scope).filter(status="resulted")
    booked = LedgerEntry.objects.within(scope).filter(side=side).values("item")
    items = items.exclude(remote_item__in=booked) if here else items.exclude(id__in=booked)
    if after is not None:
        items = items.filter(referral_id__gt=after)
    keys = list(items.order_by("referral_id").values_list("referral_id", flat=True).distinct()[:most])
    by_referral = _grouped(items.filter(referral_id__in=keys))
    rows = (Incoming if here else Outgoing).objects.within(scope).filter(id__in=keys).select_for_update(of=("self",))
    done = 0
    for row in rows.select_related("owner", "sender" if here else "recipient").order_by("id"):
        partner = row.sender if here else row.recipient
        lines = [
            _entry(
                row.owner,
                partner.id,
                side,
                item.remote_item if isinstance(item, IncomingItem) else item.id,
                row.number,
                item,
                since,
                row.owner if here else partner,
            )
            for item in by_referral.get(row.id, ())
            if (since := _final_since(item)) is not None
        ]
        done += _book(actor, owner_id, partner.id, side, row.number, lines)
    return done, keys[-1] if len(keys) == most else None


def _grouped(items: Iterable[IncomingItem] | Iterable[OutgoingItem]) -> dict[UUID, list[IncomingItem | OutgoingItem]]:
    found: dict[UUID, list[IncomingItem | OutgoingItem]] = {}
    for item in items:
        found.setdefault(item.referral_id, []).append(item)
    return found


def _final_since(item: IncomingItem | OutgoingItem) -> datetime | None:
    """When it was reported as final first: from what is remembered of its reports, or from the journey that came with the answers."""
    here = isinstance(item, IncomingItem)
    said = item.told if here else [step for step in item.journey if step["what"] in ("reported", "returned")]
    final = [step for step in said if step.get("status") in ("final", "amended")]
    if final:
        return datetime.fromisoformat(final[0]["at"])
    return rules.owed_since(codec.read(ReportedResult, item.reported)) if here and item.reported else None


# --- Settlement -------------------------------------------------------------------------------------------------------


@use_case
def settle_entries(
    actor: Actor,
    *,
    owner_id: UUID,
    partner_id: UUID,
    entry_ids: Collection[UUID],
    settled_on: date,
    number: str = "",
    note: str = "",
) -> int:
    """Mark entries with one partner as settled in our books: on which day, under which number. Answers how many.

    Refused: none chosen, a day to come, entries that are settled already. Raises NotFound for another's entry.
    """
    actor.require(RIGHT, owner_id)
    number, note = short(number, "number", 60), short(note, "note", 240)
    zone = Owner.objects.values_list("zone", flat=True).get(id=owner_id)
    if settled_on > clock.today(zone):
        raise refused_at("settled_on", _("Tanggal pelunasan belum terjadi."))
    rows = _chosen(owner_id, partner_id, entry_ids)
    if any(row.settled_on is not None for row in rows):
        raise refused_at("entries", _("Ada baris yang sudah ditandai lunas; muat ulang halaman."), code="settled")
    for row in rows:
        row.settled_on, row.settled_number, row.settled_note = settled_on, number, note
        row.settled_by = actor.person_id
    _mark(actor, owner_id, partner_id, rows, number, settled=True)
    return len(rows)


@use_case
def reopen_entries(actor: Actor, *, owner_id: UUID, partner_id: UUID, entry_ids: Collection[UUID]) -> int:
    """A mark was put by mistake: the entries are open again. Answers how many. Raises NotFound."""
    actor.require(RIGHT, owner_id)
    rows = [row for row in _chosen(owner_id, partner_id, entry_ids) if row.settled_on is not None]
    if not rows:
        raise refused_at("entries", _("Tidak ada baris lunas yang dipilih."))
    for row in rows:
        row.settled_on, row.settled_number, row.settled_note, row.settled_by = None, "", "", None
    _mark(actor, owner_id, partner_id, rows, "", settled=False)
    return len(rows)


def _chosen(owner_id: UUID, partner_id: UUID, entry_ids: Collection[UUID]) -> list[LedgerEntry]:
    wanted = set(entry_ids)
    if not wanted:
        raise refused_at("entries", _("Pilih paling sedikit satu baris."))
    if len(wanted) > MOST_ENTRIES:
        raise refused_at("entries", _("Paling banyak %(n)d baris sekaligus.") % {"n": MOST_ENTRIES})
    rows = LedgerEntry.objects.within(Scope.of(owner_id)).filter(partner_id=partner_id, id__in=wanted)
    found = list(rows.select_for_update().order_by("id"))
    if len(found) != len(wanted):
        raise NotFound()
    return found


def _mark(
    actor: Actor, owner_id: UUID, partner_id: UUID, rows: Collection[LedgerEntry], number: str, *, settled: bool
) -> None:
    LedgerEntry.rows.bulk_update(rows, ["settled_on", "settled_number", "settled_note", "settled_by"], batch_size=500)
    event = EntriesSettled(
        partner=partner_id,
        entries=len(rows),
        amount=sum(row.price or 0 for row in rows),
        settled=settled,
        number=number,
    )
    journal.record(actor, owner=owner_id, event=event, subject=partner_id)


# --- Objections -------------------------------------------------------------------------------------------------------


@use_case
def object_to_entry(actor: Actor, *, owner_id: UUID, entry_id: UUID, text: str) -> LedgerObjection:
    """Say against an entry what is wrong with it, or take that back (empty ``text``); the other laboratory hears. Raises NotFound."""
    actor.require(RIGHT, owner_id)
    text = short(text, "text", 240)
    if 0 < len(text) < 5:
        raise refused_at("text", _("Tulis keberatannya."))
    entry = get_or_404(LedgerEntry.objects.within(Scope.of(owner_id)).select_for_update(), id=entry_id)
    rows = LedgerObjection.objects.within(Scope.of(owner_id)).filter(partner_id=entry.partner_id, item=entry.item)
    row = rows.filter(ours=True).first()
    if row is None:
        if not text:
            raise refused_at("text", _("Tulis keberatannya."))
        row = LedgerObjection(owner_id=owner_id, partner_id=entry.partner_id, item=entry.item, ours=True, revision=0)
    row.revision, row.text, row.at = row.revision + 1, text, clock.now()
    row.save()
    paper = PaperPartner.objects.within(Scope.of(owner_id)).filter(partner_id=entry.partner_id, ended_at__isnull=True)
    journal.record(
        actor,
        owner=owner_id,
        event=EntryObjected(item=entry.item, number=entry.referral_number, revision=row.revision, taken_back=not text),
        subject=entry.partner_id,
        sealed=codec.write(Objection(text)),
        recipient=None if paper.exists() else entry.partner_id,
    )
    return row


@use_case
def take_objection(
    actor: Actor,
    *,
    owner_id: UUID,
    sender_id: UUID,
    item: UUID,
    revision: int,
    objection: Objection,
    cause: UUID | None = None,
) -> bool:
    """Keep what the other laboratory says against an entry, also when that is not in our books yet; answers whether it was news."""
    actor.require(RIGHT, owner_id)
    rows = LedgerObjection.objects.within(Scope.of(owner_id)).filter(partner_id=sender_id, item=item, ours=False)
    row = rows.select_for_update().first() or LedgerObjection(
        owner_id=owner_id, partner_id=sender_id, item=item, ours=False, revision=0
    )
    if revision <= row.revision:
        return False
    row.revision, row.text, row.at = revision, objection.text[:240], clock.now()
    row.save()
    event = ObjectionHeard(item=item, taken_back=not objection.text)
    journal.record(actor, owner=owner_id, event=event, subject=sender_id, cause=cause)
    return True
