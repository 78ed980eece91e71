"""Writing the stock book; what it says decides which tests the laboratory offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor, system_actor
from laras.core.errors import Conflict, NotFound, Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.resources import queries as resources
from laras.resources import services as capabilities
from laras.stores import queries, rules
from laras.stores.events import (
    ItemAdded,
    ItemChanged,
    ItemRetired,
    LotDiscarded,
    LotOpened,
    LotReceived,
    LotUsed,
    StockCorrected,
)
from laras.stores.models import Item, Lot, Movement, Pause

RECORD, MANAGE = "stores.record", "stores.manage"
FIELDS = ("name", "unit", "minimum", "per_test", "days_open", "test_codes")
MAX = Decimal(999_999_999)
_STEP = Decimal("0.001")
_JOB = system_actor("job:stores")


@use_case
def add_item(
    actor: Actor,
    *,
    owner_id: UUID,
    name: str,
    unit: str,
    minimum: Decimal = Decimal(0),
    per_test: Decimal | None = None,
    days_open: int | None = None,
    test_codes: Sequence[str] = (),
) -> Item:
    """An item that the laboratory keeps. ``test_codes``: tests it offers that cannot be done without the item.

    Raises Refused (field by field) or Conflict (``name``).
    """
    actor.require(MANAGE, owner_id)
    given = dict(zip(FIELDS, (name, unit, minimum, per_test, days_open, test_codes), strict=True))
    values = _checked(owner_id, given, ())
    row = Item(owner_id=owner_id, **values)
    _save_once(row, None)
    journal.record(actor, owner=owner_id, event=ItemAdded(row.name, _plain(values)), subject=row.id)
    return row


@use_case
def change_item(actor: Actor, *, owner_id: UUID, item_id: UUID, changes: Mapping[str, Any]) -> Item:
    """Other words, minimum, days after opening or tests. Nothing to change: nothing is written."""
    actor.require(MANAGE, owner_id)
    row = _item(owner_id, item_id)
    before = {name: getattr(row, name) for name in FIELDS}
    values = _checked(owner_id, {**before, **changes}, row.test_codes)
    different = {name: value for name, value in values.items() if value != before[name]}
    if not different:
        return row
    for name, value in different.items():
        setattr(row, name, value)
    _save_once(row, list(different))
    journal.record(actor, owner=owner_id, event=ItemChanged(row.name, _plain(different)), subject=row.id)
    _reckon(owner_id)
    return row


@use_case
def retire_item(actor: Actor, *, owner_id: UUID, item_id: UUID, reason: str) -> None:
    """The item is kept no longer; its book stays, and it pauses nothing any more."""
    actor.require(MANAGE, owner_id)
    row = _item(owner_id, item_id)
    why = _reason(reason)
    row.retired_at = clock.now()
    row.save(update_fields=["retired_at"])
    journal.record(actor, owner=owner_id, event=ItemRetired(row.name, why), subject=row.id)
    _reckon(owner_id)


@use_case
def receive(actor: Actor, *, owner_id: UUID, item_id: UUID, number: str, quantity: Decimal, expires_on: date) -> Lot:
    """Stock comes in. A known lot number adds to that lot; then the expiry must be the one it has.

    Raises Refused (``number``, ``quantity``, ``expires_on``).
    """
    actor.require(RECORD, owner_id)
    item = _item(owner_id, item_id)
    number = " ".join(number.split())
    problems = (
        [] if 1 <= len(number) <= 60 else [Problem("number", _("Nomor lot wajib diisi, paling banyak 60 huruf."))]
    )
    problems += _wrong_quantity("quantity", quantity)
    if expires_on < _today(owner_id):
        problems.append(Problem("expires_on", _("Tanggal kedaluwarsa sudah lewat. Lot kedaluwarsa tidak diterima.")))
    lot = Lot.objects.within(Scope.of(owner_id)).filter(item=item, number=number).first()
    if lot is not None and lot.expires_on != expires_on:
        problems.append(Problem("expires_on", _("Lot ini sudah tercatat dengan tanggal kedaluwarsa lain.")))
    if problems:
        raise Refused(_("Penerimaan belum benar."), problems=problems)
    if lot is None:
        lot = Lot(owner_id=owner_id, item=item, number=number, expires_on=expires_on, quantity=0)
        lot.save(force_insert=True)
    _move(actor, lot, "received", quantity)
    event = LotReceived(lot.id, number, f"{quantity:f}", expires_on.isoformat())
    journal.record(actor, owner=owner_id, event=event, subject=item.id)
    _reckon(owner_id)
    return lot


@use_case
def open_lot(actor: Actor, *, owner_id: UUID, item_id: UUID, lot_id: UUID, opened_on: date) -> Lot:
    """From that day on the days after opening count. Raises Refused (``lot_id``, ``opened_on``)."""
    actor.require(RECORD, owner_id)
    lot = _lot(_item(owner_id, item_id), lot_id)
    if lot.opened_on is not None:
        message = _("Lot ini sudah dibuka.")
        raise Refused(message, problems=[Problem("lot_id", message)])
    if opened_on > _today(owner_id):
        message = _("Tanggal pembukaan belum tiba.")
        raise Refused(message, problems=[Problem("opened_on", message)])
    _open(actor, lot, opened_on)
    _reckon(owner_id)
    return lot


@use_case
def use(
    actor: Actor,
    *,
    owner_id: UUID,
    item_id: UUID,
    lot_id: UUID,
    quantity: Decimal | None = None,
    tests: int | None = None,
    test_code: str = "",
    run: str = "",
) -> Lot:
    """Take out of a lot: a quantity, or so many tests at what one test uses. A closed lot counts as opened today.

    Raises Refused (``quantity``, ``tests``, ``test_code``, ``lot_id``): also for a lot that is over, and for more than it holds.
    """
    actor.require(RECORD, owner_id)
    item = _item(owner_id, item_id)
    lot = _lot(item, lot_id)
    if (quantity is None) == (tests is None):
        message = _("Isi jumlah atau banyaknya tes, salah satu saja.")
        raise Refused(message, problems=[Problem("quantity", message)])
    if tests is not None:
        if item.per_test is None:
            message = _("Pemakaian per tes belum dicatat untuk reagen ini. Isi jumlahnya.")
            raise Refused(message, problems=[Problem("tests", message)])
        quantity = item.per_test * tests
    assert quantity is not None
    field = "quantity" if tests is None else "tests"
    problems = _wrong_quantity(field, quantity)
    if not problems and quantity > lot.quantity:
        problems.append(Problem(field, _("Lebih dari isi lot. Bila hitungan fisik berbeda, koreksi dahulu stoknya.")))
    if test_code and test_code not in item.test_codes:
        problems.append(Problem("test_code", _("Reagen ini tidak tercatat untuk pemeriksaan itu.")))
    if rules.last_day(lot.expires_on, lot.opened_on, item.days_open) < _today(owner_id):
        problems.append(Problem("lot_id", _("Lot ini sudah lewat hari pakainya. Buang, jangan dipakai.")))
    run = " ".join(run.split())
    if len(run) > 80:
        problems.append(Problem("run", _("Paling banyak 80 huruf.")))
    if problems:
        raise Refused(_("Pemakaian belum benar."), problems=problems)
    if lot.opened_on is None:
        _open(actor, lot, _today(owner_id))
    _move(actor, lot, "used", -quantity, test_code=test_code, run=run)
    event = LotUsed(lot.id, lot.number, f"{quantity:f}", test_code, run)
    journal.record(actor, owner=owner_id, event=event, subject=item.id)
    _reckon(owner_id)
    return lot


@use_case
def correct(actor: Actor, *, owner_id: UUID, item_id: UUID, lot_id: UUID, counted: Decimal, reason: str) -> Lot:
    """What was counted on the shelf takes the place of what the book says. Raises Refused (``counted``, ``reason``)."""
    actor.require(MANAGE, owner_id)
    item = _item(owner_id, item_id)
    lot = _lot(item, lot_id)
    why = _reason(reason)
    problems = _wrong_quantity("counted", counted) if counted else []
    if counted == lot.quantity:
        problems.append(Problem("counted", _("Sama dengan catatan; tidak ada yang dikoreksi.")))
    if problems:
        raise Refused(_("Koreksi belum benar."), problems=problems)
    _move(actor, lot, "corrected", counted - lot.quantity, reason=why)
    event = StockCorrected(lot.id, lot.number, f"{counted:f}", why)
    journal.record(actor, owner=owner_id, event=event, subject=item.id)
    _reckon(owner_id)
    return lot


@use_case
def discard(actor: Actor, *, owner_id: UUID, item_id: UUID, lot_id: UUID, reason: str) -> Lot:
    """Throw away what is left of a lot. Raises Refused (``lot_id``, ``reason``)."""
    actor.require(MANAGE, owner_id)
    item = _item(owner_id, item_id)
    lot = _lot(item, lot_id)
    why = _reason(reason)
    left = lot.quantity
    if left <= 0:
        message = _("Lot ini sudah kosong.")
        raise Refused(message, problems=[Problem("lot_id", message)])
    _move(actor, lot, "discarded", -left, reason=why)
    event = LotDiscarded(lot.id, lot.number, f"{left:f}", why)
    journal.record(actor, owner=owner_id, event=event, subject=item.id)
    _reckon(owner_id)
    return lot


@use_case
def reckon(actor: Actor, *, owner_id: UUID) -> None:
    """For the nightly job: lots end with the day, so tests may have to pause without anybody writing in the book."""
    actor.require(MANAGE, owner_id)
    _lock(owner_id)
    _reckon(owner_id)


def _reckon(owner_id: UUID) -> None:
    """Pause what lacks a reagent and lift what was paused for that, in the unit that wrote the book.

    A pause made by a person is left alone, and so is a person's decision to offer a test in spite of an empty shelf.
    """
    scope = Scope.of(owner_id)
    empty: dict[str, str] = {}
    for line in queries.shelf(scope, _today(owner_id)):
        if line.standing == "out":
            for code in line.item.test_codes:
                empty.setdefault(code, line.item.name)
    ours = {row.capability_id: row for row in Pause.objects.within(scope)}
    if not empty and not ours:
        return
    for offer in resources.capabilities(owner_id=owner_id):
        pause = ours.pop(offer.id, None)
        if offer.test_code in empty:
            if pause is None and offer.status == "active":
                Pause(owner_id=owner_id, capability_id=offer.id).save(force_insert=True)
                reason = _pausing(empty[offer.test_code])
                capabilities.pause_capability(_JOB, owner_id=owner_id, capability_id=offer.id, reason=reason)
        elif pause is not None:
            pause.delete()
            if offer.status == "paused" and offer.reason.startswith(REASON):
                capabilities.resume_capability(_JOB, owner_id=owner_id, capability_id=offer.id)
    for pause in ours.values():  # the capability itself was removed
        pause.delete()


REASON = "Reagen habis"
"""Read by laboratories everywhere, so in the language of the network, not in that of whoever took the last drop."""


def _pausing(name: str) -> str:
    return f"{REASON}: {name}"


def _today(owner_id: UUID) -> date:
    return clock.today(Owner.objects.only("zone").get(pk=owner_id).zone)


def _lock(owner_id: UUID) -> dict[UUID, Item]:
    """All items in use. The book of a laboratory is written by one at a time: two last drops of two items taken at once
    would otherwise each see the other's shelf still full."""
    rows = Item.objects.within(Scope.of(owner_id)).filter(retired_at__isnull=True)
    return {row.id: row for row in rows.select_for_update().order_by("id")}


def _item(owner_id: UUID, item_id: UUID) -> Item:
    row = _lock(owner_id).get(item_id)
    if row is None:
        raise NotFound
    return row


def _lot(item: Item, lot_id: UUID) -> Lot:
    rows = Lot.objects.within(Scope.of(item.owner_id)).filter(item=item)
    found: Lot = get_or_404(rows.select_for_update(), id=lot_id)
    return found


def _open(actor: Actor, lot: Lot, day: date) -> None:
    lot.opened_on = day
    lot.save(update_fields=["opened_on"])
    event = LotOpened(lot.id, lot.number, day.isoformat())
    journal.record(actor, owner=lot.owner_id, event=event, subject=lot.item_id)


def _move(actor: Actor, lot: Lot, kind: str, amount: Decimal, **more: str) -> None:
    lot.quantity += amount
    lot.save(update_fields=["quantity"])
    Movement(
        owner_id=lot.owner_id, lot=lot, kind=kind, amount=amount, after=lot.quantity, by_id=actor.person_id,
        at=clock.now(), **more,
    ).save(force_insert=True)  # fmt: skip


def _wrong_quantity(field: str, value: Decimal) -> list[Problem]:
    if not value.is_finite() or not 0 < value <= MAX or value != value.quantize(_STEP):
        return [Problem(field, _("Isi angka di atas nol, paling banyak tiga angka di belakang koma."))]
    return []


def _reason(text: str) -> str:
    why = " ".join(text.split())
    if not 5 <= len(why) <= 240:
        message = _("Alasan wajib diisi, 5 sampai 240 huruf.")
        raise Refused(message, problems=[Problem("reason", message)])
    return why


def _checked(owner_id: UUID, given: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    """``known``: tests that the item names already, which may have left the laboratory's offer since."""
    values = dict(given) | {name: " ".join(given[name].split()) for name in ("name", "unit")}
    values["test_codes"] = sorted(set(given["test_codes"]))
    problems = []
    if not 2 <= len(values["name"]) <= 120:
        problems.append(Problem("name", _("Nama reagen, 2 sampai 120 huruf.")))
    if not 1 <= len(values["unit"]) <= 20:
        problems.append(Problem("unit", _("Satuan wajib diisi, paling banyak 20 huruf.")))
    if values["minimum"]:
        problems += _wrong_quantity("minimum", values["minimum"])
    if values["per_test"] is not None:
        problems += _wrong_quantity("per_test", values["per_test"])
    if values["days_open"] is not None and not 0 <= values["days_open"] <= 3660:
        problems.append(Problem("days_open", _("Isi 0 sampai 3660 hari.")))
    offered = {row.test_code for row in resources.capabilities(owner_id=owner_id)}
    for code in values["test_codes"]:
        if code not in offered and code not in known:
            text = _("Pemeriksaan %(code)s tidak ada dalam kemampuan laboratorium ini.")
            problems.append(Problem("test_codes", text % {"code": code}))
    if problems:
        raise Refused(_("Data reagen belum benar."), problems=problems)
    return values


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in values.items()}


def _save_once(row: Item, fields: list[str] | None) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=fields is None, update_fields=fields)
    except IntegrityError as error:
        message = _("Reagen dengan nama ini sudah ada.")
        raise Conflict(message, code="item_exists", problems=[Problem("name", message)]) from error
