"""The register of equipment: what a laboratory has, from a day on. What was true before stays readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
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
from laras.resources import queries
from laras.resources.events import EquipmentMatched, EquipmentReported
from laras.resources.labels import CONDITIONS, FUNDS
from laras.resources.models import Equipment, Report
from laras.resources.rules import key_of

MANAGE = "resources.manage"
VALUES = (
    "name", "functioning", "total", "condition", "year", "source_of_funds", "maker", "serial", "calibration_due",
)  # fmt: skip
MAX_COUNT = 999_999
FIRST_YEAR = 1950


@use_case
def record_equipment(
    actor: Actor, *, owner_id: UUID, item_code: str, values: Mapping[str, Any], equipment_id: UUID | None = None
) -> Equipment:
    """Say what a laboratory has of an item from today on: a new row, or another state of the row ``equipment_id``.

    ``item_code`` is an item of the standard in force, or empty for what it does not know. ``values``: :data:`VALUES`.
    """
    actor.require(MANAGE, owner_id)
    before = _locked(owner_id, equipment_id) if equipment_id else None
    values, problems = checked(values)
    if item_code and item_code not in {item.code for item in queries.equipment_items(queries.standard())}:
        problems.append(Problem("item_code", _("Alat ini tidak ada di standar. Pilih dari daftar.")))
    if not Owner.objects.filter(pk=owner_id, kind="laboratory", closed=False).exists():
        problems.append(Problem("owner", _("Hanya laboratorium yang aktif mencatat alat.")))
    if problems:
        raise Refused(_("Data alat belum benar."), problems=problems)
    if before and before.item_code == item_code and all(getattr(before, name) == values[name] for name in VALUES):
        return before
    row = Equipment(owner_id=owner_id, item_code=item_code, valid_from=clock.today(), **values)
    if before and not item_code:
        row.outside = before.outside
    _replace(owner_id, [before] if before else [], [row])
    event = EquipmentReported("screen", row.valid_from.isoformat(), {item_code or row.name: row.functioning})
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


@use_case
def remove_equipment(actor: Actor, *, owner_id: UUID, equipment_id: UUID) -> None:
    """Take a row out of the register from today on: it was written by mistake, or the thing is gone.

    When it was the last row of its item, nothing is known of the item any more, which is not the same as having none.
    """
    actor.require(MANAGE, owner_id)
    row = _locked(owner_id, equipment_id)
    _replace(owner_id, [row], [])
    event = EquipmentReported("removed", clock.today().isoformat(), {row.item_code or row.name: 0})
    journal.record(actor, owner=owner_id, event=event, subject=row.id)


@use_case
def match_equipment(actor: Actor, *, owner_id: UUID, equipment_id: UUID, item_code: str) -> int:
    """Say which item of the standard is meant by the written name of a row; empty: none of them. Answers how many rows.

    All present rows with that name follow, and so does the next sheet of this laboratory.
    """
    actor.require(MANAGE, owner_id)
    row = _locked(owner_id, equipment_id)
    if item_code and item_code not in {item.code for item in queries.equipment_items(queries.standard())}:
        message = _("Alat ini tidak ada di standar. Pilih dari daftar.")
        raise Refused(message, problems=[Problem("item_code", message)])
    waiting = queries.unmatched(Scope.of(owner_id)).select_for_update()
    alike = [one.id for one in waiting if key_of(one.name) == key_of(row.name)]
    if row.id not in alike:
        raise Conflict(_("Nama ini sudah dicocokkan."))
    # The thing was the same all the time; only what it is called in the standard was not known.
    found = Equipment.objects.within(Scope.of(owner_id)).filter(id__in=alike)
    count = found.update(item_code=item_code, outside=not item_code)
    journal.record(actor, owner=owner_id, event=EquipmentMatched(row.name, item_code, count), subject=row.id)
    return count


@use_case
def declare_rest_absent(actor: Actor, *, owner_id: UUID) -> int:
    """Say that of all that the standard asks and nobody has reported, there is none. Answers how many items."""
    actor.require(MANAGE, owner_id)
    (lab,) = queries.laboratories(owner_ids=[owner_id]) or [None]
    if lab is None:
        raise Refused(_("Laboratorium ini tidak bertingkat, jadi tidak dinilai dengan standar."))
    info = queries.standard()
    silent = [line.item for line in queries.lines(Scope.of(owner_id), lab, info) if line.state == "not_reported"]
    if not silent:
        return 0
    today = clock.today()
    rows = [
        Equipment(owner_id=owner_id, item_code=item.code, name=item.name, functioning=0, total=0, valid_from=today)
        for item in silent
    ]
    _replace(owner_id, [], rows)
    event = EquipmentReported("rest_absent", today.isoformat(), {item.code: 0 for item in silent})
    journal.record(actor, owner=owner_id, event=event, subject=owner_id)
    return len(silent)


@use_case
def confirm_equipment(actor: Actor, *, owner_id: UUID) -> Report:
    """Report that the register of equipment is as it stands today; that nothing changed is a report too."""
    actor.require(MANAGE, owner_id)
    if not Owner.objects.filter(pk=owner_id, kind="laboratory", closed=False).exists():
        raise Refused(_("Hanya laboratorium yang aktif mencatat alat."))
    held = queries.equipment(Scope.of(owner_id)).order_by().values_list("item_code", "name")
    items = len({code or f"?{key_of(name)}" for code, name in held})
    if not items:
        raise Refused(_("Daftar alat masih kosong. Catat alat yang ada, atau nyatakan tidak ada, lalu laporkan."))
    row = report(actor, owner_id=owner_id, way="confirmed", day=clock.today(), items=items)
    event = EquipmentReported("confirmed", row.day.isoformat(), {})
    journal.record(actor, owner=owner_id, event=event, subject=owner_id)
    return row


def report(
    actor: Actor, *, owner_id: UUID, way: str, day: date, items: int, changed: int = 0, kind: str = "equipment"
) -> Report:
    """Keep that a register was reported. The journal is the caller's affair."""
    row = Report(
        owner_id=owner_id, kind=kind, way=way, day=day, recorded_by=actor.person_id, items=items, changed=changed
    )
    bulk.insert([row])
    return row


def checked(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a row in their stored form, and what is wrong with which of them."""
    found: dict[str, Any] = {name: values.get(name) for name in VALUES}
    problems = []
    for name, most in (("name", 200), ("maker", 120), ("serial", 60)):
        found[name] = tidy(found[name] or "")
        if len(found[name]) > most:
            problems.append(Problem(name, _("Paling banyak %(n)d huruf.") % {"n": most}))
    if not found["name"]:
        problems.append(Problem("name", _("Nama alat wajib diisi.")))
    if found["total"] is None:
        found["total"] = found["functioning"]
    for name in ("functioning", "total"):
        value = found[name]
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_COUNT:
            problems.append(Problem(name, _("Jumlah ditulis bulat, 0 sampai 999.999.")))
    if not problems and found["functioning"] > found["total"]:
        problems.append(Problem("functioning", _("Yang berfungsi lebih banyak daripada yang ada.")))
    year, last = found["year"], clock.today().year + 1
    if year is not None and not FIRST_YEAR <= year <= last:
        message = _("Tahun pengadaan %(first)d sampai %(last)d.") % {"first": FIRST_YEAR, "last": last}
        problems.append(Problem("year", message))
    for name, known in (("condition", CONDITIONS), ("source_of_funds", FUNDS)):
        found[name] = found[name] or ""
        if found[name] and found[name] not in known:
            problems.append(Problem(name, _("Pilih dari daftar.")))
    return found, problems


def put(owner_id: UUID, old: Sequence[Equipment], new: Sequence[Equipment], day: date) -> None:
    """End the old rows on a day and write the new ones. What began on that very day never held: it goes."""
    mine = Equipment.objects.within(Scope.of(owner_id))
    never = [row.id for row in old if row.valid_from >= day]
    ended = [row.id for row in old if row.valid_from < day]
    if never:
        mine.filter(id__in=never).delete()
    if ended:
        mine.filter(id__in=ended).update(valid_until=day)
    if new:
        bulk.insert(new)


def _replace(owner_id: UUID, old: Sequence[Equipment], new: Sequence[Equipment]) -> None:
    try:
        with transaction.atomic():
            put(owner_id, old, new, clock.today())
    except IntegrityError as error:
        message = _("Nomor seri ini sudah tercatat untuk alat yang sama.")
        raise Conflict(message, code="serial_exists", problems=[Problem("serial", message)]) from error


def _locked(owner_id: UUID, equipment_id: UUID) -> Equipment:
    rows = Equipment.objects.within(Scope.of(owner_id)).filter(valid_until__isnull=True).select_for_update()
    found: Equipment = get_or_404(rows, id=equipment_id)
    return found
