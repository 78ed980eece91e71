"""The registers of staff and of rooms: what is so from today on. What was so before stays readable."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.network.rules import tidy
from laras.resources.events import RegisterChanged
from laras.resources.labels import BIOSAFETY, EMPLOYMENTS, PROFESSIONS, ROOM_FUNCTIONS, YES_NO
from laras.resources.models import Room, Staff
from laras.resources.services.equipment import MANAGE, report

MOST_AREA = Decimal(100_000)


@dataclass(frozen=True)
class Register:
    """One register: its ``texts`` (field -> most letters), ``choices`` (field -> known codes), ``days``, and what a row is counted by."""

    kind: str
    model: type[Staff] | type[Room]
    texts: Mapping[str, int]
    choices: Mapping[str, Mapping[str, Any]]
    days: tuple[str, ...]
    by: str

    @property
    def values(self) -> tuple[str, ...]:
        numbers = ("area_m2", "power_hours") if self.kind == "rooms" else ()
        return (*self.texts, *self.choices, *self.days, *numbers)

    def key(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """By what a row is known again: a person by the number of the laboratory, else by name; a room by building and name."""
        if self.kind == "rooms":
            return ("room", values["building"].casefold(), values["name"].casefold())
        return ("code", values["code"].casefold()) if values["code"] else ("name", values["name"].casefold())


STAFF = Register(
    "staff",
    Staff,
    {
        "name": 120,
        "code": 30,
        "qualification": 60,
        "position": 120,
        "str_number": 60,
        "sip_number": 60,
        "training": 300,
    },
    {"profession": PROFESSIONS, "employment": EMPLOYMENTS},
    ("str_until", "sip_until"),
    "profession",
)
ROOMS = Register(
    "rooms",
    Room,
    {"building": 80, "name": 120},
    {
        "function": ROOM_FUNCTIONS, "biosafety": BIOSAFETY, "generator": YES_NO, "water": YES_NO, "internet": YES_NO,
        "cold_chain": YES_NO,
    },
    (),
    "function",
)  # fmt: skip
REGISTERS = {"staff": STAFF, "rooms": ROOMS}


@use_case
def record_staff(
    actor: Actor, *, owner_id: UUID, values: Mapping[str, Any], member_id: UUID | None = None
) -> Staff | Room:
    """Say who works in a laboratory from today on: somebody new, or another state of ``member_id``. ``values``: ``STAFF.values``."""
    return _record(actor, STAFF, owner_id, values, member_id)


@use_case
def end_staff(actor: Actor, *, owner_id: UUID, member_id: UUID) -> None:
    """Somebody does not work here any more from today on, or was written down by mistake."""
    _end(actor, STAFF, owner_id, member_id)


@use_case
def record_room(
    actor: Actor, *, owner_id: UUID, values: Mapping[str, Any], room_id: UUID | None = None
) -> Staff | Room:
    """Say what a room is like from today on: a new one, or another state of ``room_id``. ``values``: ``ROOMS.values``."""
    return _record(actor, ROOMS, owner_id, values, room_id)


@use_case
def end_room(actor: Actor, *, owner_id: UUID, room_id: UUID) -> None:
    """A room is not used any more from today on, or was written down by mistake."""
    _end(actor, ROOMS, owner_id, room_id)


@use_case
def confirm_register(actor: Actor, *, owner_id: UUID, kind: str) -> None:
    """Report that the register of ``staff`` or ``rooms`` is whole as it stands today: of what it does not name there is none."""
    actor.require(MANAGE, owner_id)
    register = REGISTERS[kind]
    count = register.model.objects.within(Scope.of(owner_id)).filter(valid_until__isnull=True).count()
    if not count:
        raise Refused(_("Daftar masih kosong. Catat dahulu, lalu laporkan."))
    report(actor, owner_id=owner_id, way="confirmed", day=clock.today(), items=count, kind=kind)
    journal.record(actor, owner=owner_id, event=RegisterChanged(kind, "confirmed", {}), subject=owner_id)


def _record(
    actor: Actor, register: Register, owner_id: UUID, values: Mapping[str, Any], row_id: UUID | None
) -> Staff | Room:
    actor.require(MANAGE, owner_id)
    before = _locked(register, owner_id, row_id) if row_id else None
    found, problems = checked(register, values)
    if not Owner.objects.filter(pk=owner_id, kind="laboratory", closed=False).exists():
        problems.append(Problem("owner", _("Hanya laboratorium yang aktif mencatat tenaga dan ruang.")))
    if problems:
        raise Refused(_("Data belum benar."), problems=problems)
    if before is not None and all(getattr(before, name) == found[name] for name in register.values):
        return before
    row = register.model(owner_id=owner_id, valid_from=clock.today(), **found)
    try:
        with transaction.atomic():
            put(register, owner_id, [before] if before is not None else [], [row], clock.today())
    except IntegrityError as error:
        raise _twice(register) from error
    told(actor, register, owner_id, "screen", [row])
    return row


def _end(actor: Actor, register: Register, owner_id: UUID, row_id: UUID) -> None:
    actor.require(MANAGE, owner_id)
    row = _locked(register, owner_id, row_id)
    put(register, owner_id, [row], [], clock.today())
    told(actor, register, owner_id, "removed", [row])


def _locked(register: Register, owner_id: UUID, row_id: UUID) -> Staff | Room:
    rows = register.model.objects.within(Scope.of(owner_id)).filter(valid_until__isnull=True).select_for_update()
    found: Staff | Room = get_or_404(rows, id=row_id)
    return found


def _twice(register: Register) -> Conflict:
    if register.kind == "staff":
        message = _("Nomor pegawai ini sudah dipakai orang lain di laboratorium ini.")
        return Conflict(message, code="code_exists", problems=[Problem("code", message)])
    message = _("Ruang dengan nama ini sudah ada di gedung itu.")
    return Conflict(message, code="room_exists", problems=[Problem("name", message)])


def put(
    register: Register, owner_id: UUID, old: Collection[Staff | Room], new: Collection[Staff | Room], day: date
) -> None:
    """End the old rows on a day and write the new ones. What began on that very day never held: it goes."""
    mine = register.model.objects.within(Scope.of(owner_id))
    never = [row.id for row in old if row.valid_from >= day]
    ended = [row.id for row in old if row.valid_from < day]
    if never:
        mine.filter(id__in=never).delete()
    if ended:
        mine.filter(id__in=ended).update(valid_until=day)
    if new:
        bulk.insert(list(new))


def told(actor: Actor, register: Register, owner_id: UUID, way: str, rows: Collection[Staff | Room]) -> None:
    """The journal hears how many of which; names of people are sealed."""
    counts: dict[str, int] = {}
    for row in rows:
        what = getattr(row, register.by)
        counts[what] = counts.get(what, 0) + 1
    sealed = {"names": [row.name for row in rows]} if register.kind == "staff" else None
    subject = next(iter(rows)).id if way != "import" else owner_id
    journal.record(
        actor, owner=owner_id, event=RegisterChanged(register.kind, way, counts), subject=subject, sealed=sealed
    )


def checked(register: Register, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a row in their stored form, and what is wrong with which of them."""
    found: dict[str, Any] = {name: values.get(name) for name in register.values}
    problems = []
    for name, most in register.texts.items():
        found[name] = tidy(found[name] or "")
        if len(found[name]) > most:
            problems.append(Problem(name, _("Paling banyak %(n)d huruf.") % {"n": most}))
    for name, known in register.choices.items():
        found[name] = found[name] or ""
        if found[name] not in known and (found[name] or name == register.by):
            problems.append(Problem(name, _("Pilih dari daftar.")))
    if not found["name"]:
        problems.append(Problem("name", _("Nama wajib diisi.")))
    if register.kind == "rooms":
        problems += _numbers(found)
    else:
        problems += _licences(found)
    return found, problems


def _licences(found: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for licence, label in (("str", "STR"), ("sip", "SIP")):
        if found[f"{licence}_until"] and not found[f"{licence}_number"]:
            message = _("Tulis nomor %(licence)s yang berakhir pada tanggal itu.") % {"licence": label}
            problems.append(Problem(f"{licence}_number", message))
    return problems


def _numbers(found: dict[str, Any]) -> list[Problem]:
    problems = []
    if found["area_m2"] is not None:
        try:
            found["area_m2"] = Decimal(found["area_m2"]).quantize(Decimal("0.01"))
        except InvalidOperation:
            found["area_m2"] = Decimal(0)
        if not 0 < found["area_m2"] <= MOST_AREA:
            problems.append(Problem("area_m2", _("Luas lebih dari 0, paling besar 100.000 m².")))
    hours = found["power_hours"]
    if hours is not None and not (isinstance(hours, int) and 0 <= hours <= 24):
        problems.append(Problem("power_hours", _("Jam listrik ditulis bulat, 0 sampai 24.")))
    return problems
