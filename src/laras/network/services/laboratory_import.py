"""Import of laboratories from a sheet: first a plan that changes nothing, then the same plan carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock
from laras.core.actor import Actor
from laras.core.errors import Forbidden, Problem, Refused
from laras.core.ids import new_id
from laras.core.models import Owner
from laras.core.unit import unit
from laras.network import queries, rules, sheet
from laras.network.models import KIND_LABELS
from laras.network.rules import tidy
from laras.network.services.authority import claim_of, require_network
from laras.network.services.organisations import (
    alter_quietly,
    checked,
    create_quietly,
    supervision_message,
)
from laras.network.services.reach import rebuild_reach

_KIND_OF_LABEL = {
    name.casefold(): kind for kind, label in KIND_LABELS.items() for name in (kind, kind.replace("_", " "), str(label))
}


@dataclass(frozen=True, slots=True)
class PlannedLaboratory:
    """What one row would do. ``action``: ``create``, ``change`` or ``same``; ``changes``: field -> (before, after)."""

    row: int
    code: str
    name: str
    action: str
    changes: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The whole preview. Nothing can be accepted while there are problems."""

    rows: tuple[PlannedLaboratory, ...]
    problems: tuple[Problem, ...]

    @property
    def created(self) -> int:
        return sum(1 for row in self.rows if row.action == "create")

    @property
    def changed(self) -> int:
        return sum(1 for row in self.rows if row.action == "change")

    @property
    def same(self) -> int:
        return sum(1 for row in self.rows if row.action == "same")


@dataclass(frozen=True, slots=True)
class ImportResult:
    created: int
    changed: int
    same: int


@dataclass(slots=True)
class _Work:
    """One row on its way: the id it will have, its values, and what is known of it already."""

    row: int
    code: str
    id: UUID
    new: bool
    values: dict[str, Any]
    before: dict[str, Any]


def plan_laboratories(
    actor: Actor, *, office_id: UUID | None, content: bytes, valid_from: date | None = None
) -> ImportPlan:
    """What the sheet would create and change, and what is wrong with which row and field. Changes nothing."""
    plan, _works = _plan(actor, office_id, content, valid_from or clock.today())
    return plan


def accept_laboratories(
    actor: Actor, *, office_id: UUID | None, content: bytes, valid_from: date | None = None
) -> ImportResult:
    """Carry the plan out. Refused as a whole, with every problem, before the first row is written.

    Each laboratory is its own unit of work, since each has its own journal. A row that is already as the sheet says
    changes nothing, so the same sheet again, also after an interruption, ends in the same state.
    """
    day = valid_from or clock.today()
    plan, works = _plan(actor, office_id, content, day)
    if plan.problems:
        raise Refused(_("Berkas belum bisa diterima; tidak ada yang disimpan."), problems=plan.problems)
    reason = _("Impor berkas laboratorium")
    try:
        for work in _supervisors_first(works):
            if work.new:
                with unit():
                    create_quietly(
                        actor,
                        office_id=office_id,
                        organisation_id=work.id,
                        code=work.code,
                        valid_from=day,
                        **work.values,
                    )
            elif any(work.before[name] != value for name, value in work.values.items()):
                with unit():
                    alter_quietly(
                        actor,
                        organisation_id=work.id,
                        changes=work.values,
                        valid_from=day,
                        office_id=office_id,
                        reason=reason,
                    )
    finally:
        if plan.created or plan.changed:
            rebuild_reach()
    return ImportResult(plan.created, plan.changed, plan.same)


def _plan(actor: Actor, office_id: UUID | None, content: bytes, day: date) -> tuple[ImportPlan, list[_Work]]:
    require_network(actor, office_id, [])
    read = sheet.read_sheet(content)
    problems = [_sheet_problem(problem) for problem in read.problems]
    works: list[_Work] = []
    labels: dict[UUID, dict[str, str]] = {}
    if read.rows:
        works, labels = _works(actor, office_id, read, day, problems)
    planned = []
    for work in works:
        changes = {
            name: (
                labels[work.id].get(f"before.{name}", _shown(work.before.get(name))),
                labels[work.id].get(name, _shown(value)),
            )
            for name, value in work.values.items()
            if work.new or work.before[name] != value
        }
        action = "create" if work.new else "change" if changes else "same"
        name = work.values.get("name") or work.before.get("name", "")
        planned.append(PlannedLaboratory(work.row, work.code, name, action, changes))
    problems.sort(key=lambda problem: problem.row or 0)
    return ImportPlan(tuple(planned), tuple(problems)), works


def _works(
    actor: Actor, office_id: UUID | None, read: sheet.Sheet, day: date, problems: list[Problem]
) -> tuple[list[_Work], dict[UUID, dict[str, str]]]:
    owners: dict[str, Owner] = queries.owner_codes()
    codes = {owner.id: code for code, owner in owners.items()}
    current = {row.organisation_id: row for row in queries.organisations(owner_kind="laboratory", closed=True, on=day)}
    areas: dict[str, Any] = {}
    first_row: dict[str, int] = {}
    works: list[_Work] = []
    labels: dict[UUID, dict[str, str]] = {}
    allowed: dict[rules.Claim, bool] = {}

    def problem(row: int, field: str, message: str) -> None:
        problems.append(Problem(field, message, row))

    for line in read.rows:
        code = tidy(line.cells.get("code"))
        if code in first_row:
            problem(line.number, "code", _("Kode ini sudah ada di baris %(row)d.") % {"row": first_row[code]})
            continue
        first_row[code] = line.number
        owner = owners.get(code)
        if owner is not None and owner.id not in current:
            kind_text = _("Kode ini milik lembaga yang bukan laboratorium, atau belum berlaku pada tanggal itu.")
            problem(line.number, "code", kind_text)
            continue
        if owner is not None and owner.closed:
            problem(line.number, "code", _("Laboratorium ini sudah ditutup."))
            continue
        values, shown = _values(line, areas, lambda f, m, n=line.number: problem(n, f, m))  # type: ignore[misc]
        version = current[owner.id] if owner else None
        before = {name: getattr(version, name) for name in values} if version else {}
        if version:
            shown.update(_labels_before(version, codes))
        work = _Work(line.number, code, owner.id if owner else new_id(), owner is None, values, before)
        works.append(work)
        labels[work.id] = shown
        if not code:
            problem(line.number, "code", _("Kode wajib diisi."))
        if version and version.valid_from > day:
            problem(
                line.number, "code", _("Laboratorium ini baru berlaku mulai %(day)s.") % {"day": version.valid_from}
            )

    ids = {**{code: owner.id for code, owner in owners.items()}, **{work.code: work.id for work in works if work.code}}
    for work, line in zip(works, [r for r in read.rows if r.number in {w.row for w in works}], strict=True):
        if "supervisor_code" not in line.cells:
            continue
        text = tidy(line.cells["supervisor_code"])
        if not text:
            if work.new:
                work.values["supervisor_id"] = None
            continue
        above = ids.get(text)
        if above is None:
            message = _("Kode pembina “%(code)s” tidak ada di jejaring maupun di berkas ini.") % {"code": text}
            problem(work.row, "supervisor_code", message)
            continue
        work.values["supervisor_id"] = above
        labels[work.id]["supervisor_id"] = text
        if not work.new:
            work.before["supervisor_id"] = current[work.id].supervisor_id

    for work in works:
        version = current.get(work.id)
        merged = {**(_version_values(version) if version else {}), **work.values}
        known = {p.field for p in problems if p.row == work.row}
        _content, found = checked(merged)
        for item in found:
            field = {"area_id": "area_code", "supervisor_id": "supervisor_code"}.get(item.field, item.field)
            if field not in known and item.field not in known and item.field != "supervisor_id":
                problem(work.row, field, str(item.message))
        if len(work.code) > 24 or " " in work.code:
            problem(work.row, "code", _("Kode ditulis tanpa spasi, paling banyak 24 huruf."))
        if not known and not found:
            asked = [claim_of(merged["kind"], merged.get("tier"), merged.get("area_id"), day)]
            if version:  # nobody takes over a laboratory by writing another place into the sheet
                asked.append(claim_of(version.kind, version.tier, version.area_id, day))
            for claim in asked:
                if claim not in allowed:
                    allowed[claim] = _is_allowed(actor, office_id, claim, day)
            if not all(allowed[claim] for claim in asked):
                problem(work.row, "area_code", _("Di luar wilayah kewenangan lembaga Anda."))
    _check_supervision(works, day, problems)
    return works, labels


def _is_allowed(actor: Actor, office_id: UUID | None, claim: rules.Claim, day: date) -> bool:
    try:
        require_network(actor, office_id, [claim], day)
    except Forbidden:
        return False
    return True


def _values(line: sheet.SheetRow, areas: dict[str, Any], problem: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of one row that the sheet gives; an empty cell of a known laboratory leaves its value alone."""
    cells, values, shown = line.cells, {}, {}
    values["name"] = tidy(cells.get("name"))
    if not values["name"]:
        problem("name", _("Nama wajib diisi."))
    if cells.get("tier"):
        if cells["tier"] in {"1", "2", "3", "4", "5"}:
            values["tier"] = int(cells["tier"])
        else:
            problem("tier", _("Tingkat “%(value)s” bukan 1 sampai 5.") % {"value": cells["tier"][:40]})
    kind = _KIND_OF_LABEL.get(cells.get("kind", "").casefold())
    if kind is None or rules.KINDS[kind] != "laboratory":
        known = ", ".join(name for name, owner_kind in rules.KINDS.items() if owner_kind == "laboratory")
        problem("kind", _("Jenis “%(value)s” tidak dikenal. Pilihan: %(known)s.")
                % {"value": cells.get("kind", "")[:40], "known": known})  # fmt: skip
    else:
        values["kind"] = kind
        shown["kind"] = str(KIND_LABELS[kind])
    text = sheet.read_area_code(cells.get("area_code", ""))
    if text not in areas:
        areas[text] = queries.find_area(text)
    if areas[text] is None:
        problem("area_code", _("Kode wilayah “%(value)s” tidak dikenal.") % {"value": text[:40]})
    else:
        values["area_id"] = areas[text].area_id
        shown["area_id"] = f"{areas[text].code} {areas[text].name}"
    for name in ("lat", "lon"):
        if cells.get(name):
            try:
                values[name] = sheet.read_degrees(cells[name])
            except ValueError:
                problem(name, _("“%(value)s” bukan derajat desimal.") % {"value": cells[name][:40]})
    return values, shown


def _version_values(version: Any) -> dict[str, Any]:
    return {name: getattr(version, name) for name in ("name", "tier", "kind", "area_id", "lat", "lon", "supervisor_id")}


def _labels_before(version: Any, codes: Mapping[UUID, str]) -> dict[str, str]:
    area = queries.version_at(version.area_id) if version.area_id else None
    return {
        "before.kind": str(KIND_LABELS[version.kind]),
        "before.area_id": f"{area.code} {area.name}" if area else "",
        "before.supervisor_id": codes.get(version.supervisor_id, ""),
    }


def _check_supervision(works: list[_Work], day: date, problems: list[Problem]) -> None:
    """The supervising relation as it would be when all rows are carried out."""
    broken = {problem.row for problem in problems}
    known = queries.nodes(day)
    for work in works:
        old = known.get(work.id, rules.Node("laboratory"))
        known[work.id] = rules.Node(
            "laboratory", work.values.get("tier", old.tier), work.values.get("supervisor_id", old.supervisor)
        )
    for work in works:
        above = known[work.id].supervisor
        if above is None or work.row in broken:
            continue
        found = rules.supervision_problem(known, work.id, above)
        if found:
            problems.append(Problem("supervisor_code", supervision_message(found), work.row))


def _supervisors_first(works: list[_Work]) -> list[_Work]:
    """An order in which every supervisor exists before those it supervises."""
    by_id = {work.id: work for work in works}
    done: dict[UUID, _Work] = {}

    for work in works:
        stack = [work]
        while stack:
            last = stack[-1]
            above = by_id.get(last.values.get("supervisor_id"))  # type: ignore[arg-type]
            if above is not None and above.id not in done and above not in stack:
                stack.append(above)
            else:
                done[last.id] = last
                stack.pop()
    return list(done.values())


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return str(value).replace(".", ",")
    return "" if value is None else str(value)


def _sheet_problem(found: sheet.SheetProblem) -> Problem:
    texts = {
        "too_big": _("Berkas terlalu besar (paling besar 8 MB)."),
        "not_text": _("Berkas ini bukan CSV. Simpan lembar kerja sebagai CSV lalu unggah lagi."),
        "not_csv": _("Susunan CSV rusak: periksa tanda kutip."),
        "empty": _("Berkas ini tidak berisi baris data."),
        "column_missing": _("Kolom “%(field)s” tidak ada di baris judul."),
        "column_twice": _("Kolom “%(field)s” ada dua kali di baris judul."),
        "too_many_rows": _("Terlalu banyak baris (paling banyak 20.000)."),
        "too_many_cells": _("Ada isi di luar kolom (“%(value)s”). Nama yang memuat koma perlu tanda kutip."),
        "too_long": _("Isi terlalu panjang (“%(value)s …”)."),
    }
    text = texts[found.code] % {"field": found.field, "value": found.value}
    return Problem(found.field or "file", text, found.row)
