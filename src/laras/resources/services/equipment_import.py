"""Import of a sheet of equipment: first a plan that changes nothing, then the same plan carried out.

The rows of a sheet for one laboratory and one item together say what the laboratory has of it: several rows are several units.
They take the place of what the register held of that item; items that the sheet does not name stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.bulk import new
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope
from laras.core.sheets import problem_of, read_day
from laras.core.templatetags.ui import day as say_day
from laras.core.unit import unit
from laras.network import queries as network
from laras.resources import queries, sheet
from laras.resources.events import EquipmentReported
from laras.resources.models import Equipment, Report
from laras.resources.rules import Matcher, key_of
from laras.resources.services.equipment import MANAGE, VALUES, checked, put, report

# So many laboratories are written in one transaction: the cost of a commit is shared, and others wait for a moment only.
TOGETHER = 200
MAX_PROBLEMS = 1000


@dataclass(frozen=True, slots=True)
class SheetMap:
    """How a sender writes: heading -> our column, written name -> the item's code or full name."""

    columns: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A row whose item nobody knows. It is kept under its written name and counts for nothing until a person decides.

    ``ambiguous``: the name belongs to all ``candidates`` (codes); otherwise they only look like it.
    """

    row: int
    lab_code: str
    written: str
    ambiguous: bool
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EquipmentPlan:
    """What the sheet would do. Nothing can be accepted while there are problems."""

    rows: int
    laboratories: int
    changed: int
    same: int
    unmatched: tuple[Unmatched, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Work:
    """One laboratory on its way: what the sheet says by item, and what the register holds of it."""

    owner_id: UUID
    code: str
    said: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    held: dict[str, list[Equipment]] = field(default_factory=dict)

    def differing(self) -> list[str]:
        return [key for key, rows in self.said.items() if _signs(rows) != _held_signs(self.held.get(key, ()))]


def plan_equipment(
    actor: Actor, *, content: bytes, mapping: SheetMap | None = None, valid_from: date | None = None
) -> EquipmentPlan:
    """What the sheet would change, what nobody knows, and what is wrong with which row and field. Changes nothing."""
    plan, _works = _plan(actor, content, mapping or SheetMap(), valid_from or clock.today())
    return plan


def accept_equipment(
    actor: Actor,
    *,
    content: bytes,
    mapping: SheetMap | None = None,
    valid_from: date | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> EquipmentPlan:
    """Carry the plan out. Refused as a whole, with every problem, before the first row is written.

    Each laboratory has its own journal, and its rows are written with it or not at all. What was interrupted is finished
    by the same sheet again: a row that is already as the sheet says changes nothing. That a laboratory was named in a sheet
    of this day is kept as its report, whether or not anything changed. ``progress`` is told how many
    laboratories were written since it was told last.
    """
    day = valid_from or clock.today()
    plan, works = _plan(actor, content, mapping or SheetMap(), day)
    if plan.problems:
        raise Refused(_("Berkas belum bisa diterima; tidak ada yang disimpan."), problems=plan.problems)
    known = _reported(works, day)
    said = (work for work in works if work.said and (work.owner_id not in known or work.differing()))
    waiting = sorted(said, key=lambda work: work.owner_id)
    for at in range(0, len(waiting), TOGETHER):
        together = waiting[at : at + TOGETHER]
        with transaction.atomic():
            for work in together:
                _write(actor, work, day)
        progress(len(together))
    return plan


def _write(actor: Actor, work: _Work, day: date) -> None:
    with unit():
        actor.require(MANAGE, work.owner_id)
        old: list[Equipment] = []
        rows: list[Equipment] = []
        counts: dict[str, int] = {}
        for key in work.differing():
            old += work.held.get(key, [])
            rows += [new(Equipment, owner_id=work.owner_id, valid_from=day, **values) for values in work.said[key]]
            counts[key.removeprefix("?")] = sum(values["functioning"] for values in work.said[key])
        put(work.owner_id, old, rows, day)
        report(actor, owner_id=work.owner_id, way="import", day=day, items=len(work.said), changed=len(counts))
        event = EquipmentReported("import", day.isoformat(), counts)
        journal.record(actor, owner=work.owner_id, event=event, subject=work.owner_id)


def _reported(works: list[_Work], day: date) -> set[UUID]:
    """The laboratories of whom a sheet of this day was taken already."""
    found: set[UUID] = set()
    for at in range(0, len(works), 500):
        scope = Scope.of(*(work.owner_id for work in works[at : at + 500]))
        kept = Report.objects.within(scope).filter(kind="equipment", way="import", day=day)
        found.update(kept.values_list("owner_id", flat=True))
    return found


# --- The plan ---------------------------------------------------------------------------------------------------------


def _plan(actor: Actor, content: bytes, mapping: SheetMap, day: date) -> tuple[EquipmentPlan, list[_Work]]:
    problems = _mapping_problems(mapping)
    items = queries.equipment_items(queries.standard())
    try:
        matcher = Matcher(items, mapping.items)
    except ValueError as error:
        message = _("Alat “%(item)s” di peta kolom tidak ada di standar.") % {"item": str(error)}
        problems.append(Problem("map", message))
    if day > clock.today():
        problems.append(Problem("valid_from", _("Tanggal laporan tidak boleh sesudah hari ini.")))
    read = sheet.Sheet() if problems else sheet.read_sheet(content, mapping.columns)
    problems += [_sheet_problem(one) for one in read.problems]
    works: dict[str, _Work] = {}
    unmatched: list[Unmatched] = []
    if read.rows:
        works = _laboratories(actor, read, problems)
        _hold(list(works.values()))
        for work in works.values():
            began = max((row.valid_from for rows in work.held.values() for row in rows), default=day)
            if began > day:
                message = _("Laboratorium %(lab)s sudah melapor pada %(day)s; laporan ini lebih lama.")
                problems.append(Problem("valid_from", message % {"lab": work.code, "day": say_day(began)}))
        _read_rows(read, works, matcher, unmatched, problems)
    problems.sort(key=lambda one: one.row or 0)
    changed = sum(len(work.differing()) for work in works.values())
    total = sum(len(work.said) for work in works.values())
    touched = sum(1 for work in works.values() if work.said)
    plan = EquipmentPlan(
        len(read.rows), touched, changed, total - changed, tuple(unmatched), tuple(problems[:MAX_PROBLEMS])
    )
    return plan, list(works.values())


def _mapping_problems(mapping: SheetMap) -> list[Problem]:
    return [
        Problem("map", _("Kolom “%(column)s” di peta kolom tidak dikenal.") % {"column": column})
        for column in mapping.columns.values()
        if column not in sheet.COLUMNS
    ]


def _laboratories(actor: Actor, read: sheet.Sheet, problems: list[Problem]) -> dict[str, _Work]:
    """Code -> work, for the laboratories of the sheet that exist and that this person may write for."""
    owners = network.owner_codes()
    found: dict[str, _Work] = {}
    why: dict[str, str] = {}
    for number, cells in read.rows:
        code = cells.get("lab_code", "")
        if code not in found and code not in why:
            owner = owners.get(code)
            if not code:
                why[code] = _("Kode laboratorium wajib diisi.")
            elif owner is None or owner.kind != "laboratory":
                why[code] = _("Laboratorium “%(code)s” tidak dikenal.") % {"code": code[:40]}
            elif owner.closed:
                why[code] = _("Laboratorium ini sudah ditutup.")
            elif not actor.can(MANAGE, owner.id):
                why[code] = _("Anda tidak berwenang mencatat alat laboratorium ini.")
            else:
                found[code] = _Work(owner.id, code)
        if code in why:
            problems.append(Problem("lab_code", why[code], number))
    return found


def _hold(works: list[_Work]) -> None:
    """Fill in what the register holds now of these laboratories."""
    by_owner = {work.owner_id: work for work in works}
    for at in range(0, len(works), 500):
        owners = [work.owner_id for work in works[at : at + 500]]
        for row in Equipment.objects.within(Scope.of(*owners)).filter(valid_until__isnull=True):
            by_owner[row.owner_id].held.setdefault(row.item_code or f"?{key_of(row.name)}", []).append(row)


def _read_rows(
    read: sheet.Sheet,
    works: Mapping[str, _Work],
    matcher: Matcher,
    unmatched: list[Unmatched],
    problems: list[Problem],
) -> None:
    decided = {
        (work.code, key_of(row.name)): (row.item_code, row.outside)
        for work in works.values()
        for rows in work.held.values()
        for row in rows
        if row.item_code or row.outside
    }
    serials: dict[tuple[str, str, str], int] = {}
    for number, cells in read.rows:
        values, wrong = _values(cells, number)
        work = works.get(cells.get("lab_code", ""))
        written = cells.get("item", "")
        if not written:
            wrong.append(Problem("item", _("Nama alat wajib diisi."), number))
        problems += wrong
        if wrong or work is None:
            continue
        match = matcher.find(written)
        code, outside = match.code, False
        if not code:
            # What a person of this laboratory decided about the name holds for the next sheet too.
            code, outside = decided.get((work.code, key_of(written)), ("", False))
        if not code and not outside:
            unmatched.append(Unmatched(number, work.code, written, match.ambiguous, match.candidates))
        if values["serial"]:
            key = (work.code, code or key_of(written), values["serial"])
            if key in serials:
                message = _("Nomor seri ini sudah ada di baris %(row)d.") % {"row": serials[key]}
                problems.append(Problem("serial", message, number))
                continue
            serials[key] = number
        values |= {"item_code": code, "outside": outside}
        work.said.setdefault(code or f"?{key_of(written)}", []).append(values)


def _values(cells: Mapping[str, str], number: int) -> tuple[dict[str, Any], list[Problem]]:
    """The values of one row, and what is wrong with them."""
    problems: list[Problem] = []
    values: dict[str, Any] = {"name": cells.get("item", ""), "maker": cells.get("maker", "")}
    values["serial"] = cells.get("serial", "")
    for name in ("functioning", "total", "year"):
        text = cells.get(name, "")
        if not text and name != "functioning":
            values[name] = None
            continue
        try:
            values[name] = sheet.read_count(text)
        except ValueError:
            message = _("“%(value)s” bukan jumlah bulat (0, 1, 2, …).") % {"value": text[:40]}
            problems.append(Problem(name, message, number))
    for name, reader in (
        ("condition", sheet.read_condition),
        ("source_of_funds", sheet.read_funds),
        ("calibration_due", read_day),
    ):
        text = cells.get(name, "")
        try:
            values[name] = reader(text) if text else None
        except (KeyError, ValueError):
            problems.append(Problem(name, _("“%(value)s” tidak dikenal.") % {"value": text[:40]}, number))
    if problems:
        return values, problems
    values, wrong = checked(values)
    # A missing name is said once, as the sheet calls the column.
    return values, [Problem(one.field, one.message, number) for one in wrong if one.field != "name" or values["name"]]


def _signs(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr([row["item_code"], *(row[name] for name in VALUES)]) for row in rows)


def _held_signs(rows: Any) -> list[str]:
    return sorted(repr([row.item_code, *(getattr(row, name) for name in VALUES)]) for row in rows)


def _sheet_problem(found: sheet.SheetProblem) -> Problem:
    own = {
        "too_big": _("Berkas terlalu besar (paling besar 64 MB)."),
        "title_above": _("Judul kolom ada di baris %(value)s, di bawah judul lain. Sisakan satu baris judul."),
        "too_many_cells": _("Ada isi di luar kolom. Nama yang memuat koma perlu tanda kutip."),
    }
    if found.code not in own:
        return problem_of(found, sheet.LAYOUT)
    return Problem("file", own[found.code] % {"value": found.value}, found.row)
