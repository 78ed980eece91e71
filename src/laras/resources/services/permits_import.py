"""Import of a sheet of issued permits: first a plan that changes nothing, then the same plan carried out.

A permit is known again by laboratory, kind and number. What the sheet says otherwise of it is corrected with the import as
reason; an empty cell says nothing. Permits that the sheet does not name stay as they are, and so do those that have ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from laras.core import sheets
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope
from laras.network import queries as network
from laras.network.rules import tidy
from laras.resources.models import Permit
from laras.resources.services.equipment import MANAGE
from laras.resources.services.equipment_import import MAX_PROBLEMS
from laras.resources.services.permits import PAPER, _missing, _paper, alter_permit, record_permit
from laras.resources.services.registers_import import with_columns
from laras.resources.shipped import permit_kinds, permit_kinds_named

LAYOUT = sheets.Layout(
    {
        "lab_code": ("labcode", "kodelab", "kodelaboratorium", "laboratorium", "kodefaskes", "lab"),
        "kind": ("kind", "jenis", "jenisizin", "izin", "namaizin"),
        "number": ("number", "nomor", "nomorizin", "noizin"),
        "valid_from": ("validfrom", "berlakusejak", "berlakumulai", "mulaiberlaku", "tanggalterbit"),
        "valid_until": ("validuntil", "berlakusampai", "berakhir", "tanggalberakhir", "masaberlaku"),
        "about": ("about", "tentang", "keterangan", "objek"),
        "office": ("office", "instansi", "penerbit", "instansipenerbit"),
    },
    ("lab_code", "kind", "number"),
    20_000,
)
DAYS = ("valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class PermitPlan:
    """What the sheet would do: permits that are ``new``, ``changed`` or the ``same``. With problems nothing is accepted."""

    rows: int
    laboratories: int
    new: int
    changed: int
    same: int
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Work:
    """One row on its way: the permit that it is about, where that is known already, and what it says."""

    owner_id: UUID
    kind: str
    values: dict[str, Any]
    held: Permit | None = None
    changes: dict[str, Any] = field(default_factory=dict)


def plan_permits(actor: Actor, *, content: bytes, columns: Mapping[str, str] | None = None) -> PermitPlan:
    """What the sheet would change, and what is wrong with which row and field. Changes nothing.

    ``columns``: heading -> our column, for headings that are not known.
    """
    return _plan(actor, content, columns or {})[0]


def accept_permits(actor: Actor, *, content: bytes, columns: Mapping[str, str] | None = None) -> PermitPlan:
    """Carry the plan out, all of it or nothing. Each laboratory's journal has its own entries."""
    with transaction.atomic():
        plan, works = _plan(actor, content, columns or {})
        if plan.problems:
            raise Refused(_("Berkas belum bisa diterima; tidak ada yang disimpan."), problems=plan.problems)
        for work in works:
            if work.held is None:
                record_permit(actor, owner_id=work.owner_id, kind=work.kind, values=work.values)
            elif work.changes:
                alter_permit(
                    actor, owner_id=work.owner_id, permit_id=work.held.id, values=work.changes, reason=_("Dari berkas")
                )
    return plan


def _plan(actor: Actor, content: bytes, columns: Mapping[str, str]) -> tuple[PermitPlan, list[_Work]]:
    unknown = [column for column in columns.values() if column not in LAYOUT.headings]
    if unknown:
        message = _("Kolom “%(column)s” di peta kolom tidak dikenal.") % {"column": unknown[0]}
        return PermitPlan(0, 0, 0, 0, 0, (Problem("map", message),)), []
    layout = with_columns(LAYOUT, columns)
    read = sheets.read_sheet(content, layout)
    problems = [sheets.problem_of(one, layout) for one in read.problems]
    owners = network.owner_codes()
    works: list[_Work] = []
    numbers: list[int] = []
    first: dict[tuple[UUID, str, str], int] = {}
    for row in read.rows:
        wrong: list[Problem] = []
        owner = owners.get(code := row.cells.get("lab_code", ""))
        if owner is None or owner.kind != "laboratory" or owner.closed:
            message = _("Laboratorium “%(code)s” tidak dikenal atau sudah ditutup.") % {"code": code[:40]}
            wrong.append(Problem("lab_code", message))
        elif not actor.can(MANAGE, owner.id):
            wrong.append(Problem("lab_code", _("Anda tidak berwenang mencatat izin laboratorium ini.")))
        kind = _kind(row.cells.get("kind", ""), wrong)
        values = _cells(row.cells, wrong)
        if not values.get("number"):
            wrong.append(Problem("number", _("Nomor izin wajib diisi.")))
        if owner and kind and not wrong:
            before = first.setdefault((owner.id, kind, values["number"].casefold()), row.number)
            if before == row.number:
                works.append(_Work(owner.id, kind, values))
                numbers.append(row.number)
            else:
                wrong.append(Problem("number", _("Izin ini sudah ada di baris %(row)d.") % {"row": before}))
        problems += [Problem(one.field, one.message, row.number) for one in wrong]
    _hold(works)
    for number, work in zip(numbers, works, strict=True):
        problems += [Problem(one.field, one.message, number) for one in _judge(work)]
    problems.sort(key=lambda one: one.row or 0)
    new = sum(1 for work in works if work.held is None)
    changed = sum(1 for work in works if work.changes)
    labs = len({work.owner_id for work in works})
    plan = PermitPlan(
        len(read.rows), labs, new, changed, len(works) - new - changed, tuple(problems[:MAX_PROBLEMS])
    )  # fmt: skip
    return plan, works


def _kind(written: str, wrong: list[Problem]) -> str:
    found = permit_kinds_named(written)
    if len(found) == 1:
        return found[0]
    text = (
        _("“%(value)s” bisa berarti beberapa jenis izin: %(codes)s. Tulis kodenya.")
        if found
        else _("Jenis izin “%(value)s” tidak dikenal. Yang dikenal: %(codes)s.")
    )
    wrong.append(Problem("kind", text % {"value": written[:60], "codes": ", ".join(found or permit_kinds())}))
    return ""


def _cells(cells: Mapping[str, str], wrong: list[Problem]) -> dict[str, Any]:
    """What the row says; cells that are empty say nothing."""
    values: dict[str, Any] = {}
    for name in PAPER:
        text = tidy(cells.get(name, ""))
        if not text:
            continue
        values[name] = text
        if name in DAYS:
            try:
                values[name] = sheets.read_day(text)
            except ValueError:
                message = _("“%(value)s” bukan tanggal, misalnya 2026-12-25 atau 25/12/2026.") % {"value": text[:40]}
                wrong.append(Problem(name, message))
    return values


def _hold(works: list[_Work]) -> None:
    """Fill in which permit each row is about. One that has ended stands back behind one that has not."""
    owners = list({work.owner_id for work in works})
    held: dict[tuple[UUID, str, str], Permit] = {}
    for at in range(0, len(owners), 500):
        for row in Permit.objects.within(Scope.of(*owners[at : at + 500])).exclude(number=""):
            key = (row.owner_id, row.kind, row.number.casefold())
            if key not in held or held[key].status == "ended":
                held[key] = row
    for work in works:
        work.held = held.get((work.owner_id, work.kind, work.values["number"].casefold()))


def _judge(work: _Work) -> list[Problem]:
    """What is wrong with the permit as it would be then; fills in what changes."""
    held = work.held
    if held and held.status == "ended":
        return []
    if held and held.status != "issued":
        return [Problem("number", _("Izin dengan nomor ini belum terbit: terbitkan di halamannya."))]
    before: dict[str, str | date | None] = {name: getattr(held, name) for name in PAPER} if held else {}
    found, problems = _paper(before | work.values)
    if held and not problems:
        work.changes = {name: found[name] for name in work.values if found[name] != before[name]}
    return problems or _missing(found)
