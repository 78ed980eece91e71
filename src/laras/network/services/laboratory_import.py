"""Import of laboratories from a sheet: first a plan that changes nothing, then the same plan carried out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.ids import new_id
from laras.core.models import Owner
from laras.core.sheets import problem_of
from laras.core.unit import unit
from laras.network import queries, rules, sheet
from laras.network.models import KIND_LABELS
from laras.network.rules import tidy
from laras.network.services.authority import allowed, claims_of_places, require_network
from laras.network.services.organisations import alter_quietly, checked, create_quietly, supervision_message
from laras.network.services.reach import rebuild_reach

_KIND_OF_LABEL = {
    name.casefold(): kind for kind, label in KIND_LABELS.items() for name in (kind, kind.replace("_", " "), str(label))
}
_KIND_OF_TIER = {"1": "puskesmas", "2": "labkesda_kabkota", "3": "labkesda_provinsi", "4": "labkesmas_regional"}
_LABKESMAS = ("", "labkesmas", "labkesda", "laboratorium kesehatan masyarakat")
_KIND_OF_FIFTH = {
    "biologi": "balai_besar_biologi",
    "biologi kesehatan": "balai_besar_biologi",
    "biology": "balai_besar_biologi",
    "tier5 biology": "balai_besar_biologi",
    "kesling": "balai_besar_kesling",
    "lingkungan": "balai_besar_kesling",
    "kesehatan lingkungan": "balai_besar_kesling",
    "environment": "balai_besar_kesling",
    "environmental": "balai_besar_kesling",
    "tier5 environment": "balai_besar_kesling",
}
# Column of the sheet -> field of a version, where the names differ.
_FIELD_OF = {
    "area_code": "area_id",
    "supervisor_code": "supervisor_id",
    "institution_code": "institution_id",
    "region": "region_id",
}
_COLUMN_OF = {field: column for column, field in _FIELD_OF.items()}
_TEXTS = ("address", "phone", "accreditation_number")
# Of a version, what a sheet may change.
_CONTENT = ("name", "tier", "kind", "lat", "lon", *_TEXTS, *_FIELD_OF.values())


# Of the seats of kecamatan, whose district is known, 99 of 100 lie within 2 km of its shipped approximate boundary.
OFF_KM = 5.0


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
    """The whole preview. Nothing can be accepted while there are problems; ``warnings`` hold nothing back."""

    rows: tuple[PlannedLaboratory, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()

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
    """``left``: rows that the time did not suffice for; the same sheet again goes on with them."""

    created: int
    changed: int
    same: int
    left: int = 0


@dataclass(slots=True)
class _Work:
    """One row on its way: the id it will have, its values, and what is known of it already."""

    row: int
    code: str
    id: UUID
    new: bool
    day: date
    values: dict[str, Any]
    shown: dict[str, str]
    version: Any = None

    @property
    def differs(self) -> bool:
        return self.new or any(getattr(self.version, name) != value for name, value in self.values.items())

    @property
    def merged(self) -> dict[str, Any]:
        """The version as it would be."""
        before = {name: getattr(self.version, name) for name in _CONTENT} if self.version else {}
        return {**before, **self.values}


def plan_laboratories(
    actor: Actor, *, office_id: UUID | None, content: bytes, valid_from: date | None = None
) -> ImportPlan:
    """What the sheet would create and change, and what is wrong with which row and field. Changes nothing."""
    plan, _works = _plan(actor, office_id, content, valid_from or clock.today())
    return plan


def accept_laboratories(
    actor: Actor,
    *,
    office_id: UUID | None,
    content: bytes,
    valid_from: date | None = None,
    seconds: float | None = None,
) -> ImportResult:
    """Carry the plan out. Refused as a whole, with every problem, before the first row is written.

    Each laboratory is its own unit of work, since each has its own journal: what was interrupted (a killed process, a
    lost line, ``seconds`` that ran out) is not undone, and the same sheet again finishes it. A row that is already as
    the sheet says changes nothing.
    """
    plan, works = _plan(actor, office_id, content, valid_from or clock.today())
    if plan.problems:
        raise Refused(_("Berkas belum bisa diterima; tidak ada yang disimpan."), problems=plan.problems)
    reason = _("Impor berkas laboratorium")
    waiting = [work for work in _supervisors_first(works) if work.differs]
    until = None if seconds is None else time.monotonic() + seconds
    created = changed = 0
    try:
        for work in waiting:
            if until is not None and created + changed > 0 and time.monotonic() > until:
                break
            with unit():
                if work.new:
                    create_quietly(
                        actor,
                        office_id=office_id,
                        organisation_id=work.id,
                        code=work.code,
                        valid_from=work.day,
                        **work.values,
                    )
                    created += 1
                else:
                    alter_quietly(
                        actor,
                        organisation_id=work.id,
                        changes=work.values,
                        valid_from=work.day,
                        office_id=office_id,
                        reason=reason,
                    )
                    changed += 1
    finally:
        # Also when nothing is left to write: a killed run may have stopped just before this.
        rebuild_reach()
    return ImportResult(created, changed, plan.same, len(waiting) - created - changed)


# --- The plan ---------------------------------------------------------------------------------------
def _plan(actor: Actor, office_id: UUID | None, content: bytes, day: date) -> tuple[ImportPlan, list[_Work]]:
    require_network(actor, office_id, [])
    read = sheet.read_sheet(content)
    problems = [problem_of(problem, sheet.LAYOUT) for problem in read.problems]
    works = _works(actor, office_id, read, day, problems) if read.rows else []
    planned = []
    for work in works:
        changes = {
            name: (work.shown.get(f"before.{name}", "") if work.version else "", work.shown.get(name, _shown(value)))
            for name, value in work.values.items()
            if work.new or getattr(work.version, name) != value
        }
        action = "create" if work.new else "change" if changes else "same"
        planned.append(PlannedLaboratory(work.row, work.code, work.values.get("name", ""), action, changes))
    problems.sort(key=lambda problem: problem.row or 0)
    return ImportPlan(tuple(planned), tuple(problems), tuple(_doubtful_points(works, problems))), works


def _doubtful_points(works: list[_Work], problems: list[Problem]) -> list[Problem]:
    """Points that a row brings and that lie in the sea or in another kabkota than its area: a warning only, since boundaries may be
    approximate."""
    broken = {one.row for one in problems}
    asked = [
        (work, work.merged) for work in works
        if work.row not in broken and work.differs and work.merged.get("lat") is not None and work.merged.get("area_id")
    ]  # fmt: skip
    codes = queries.latest_codes({merged["area_id"] for _work, merged in asked})
    found: list[tuple[_Work, float, str, bool, str]] = []
    for work, merged in asked:
        home = codes.get(merged["area_id"], "")
        off = queries.off_district_km(home, merged["lat"], merged["lon"])
        if off and off[0] > OFF_KM:
            found.append((work, *off, home))
    names = queries.areas_by_codes({elsewhere for _w, _km, elsewhere, _r, _h in found} | {h[:5] for *_rest, h in found})
    warnings = []
    for work, far, elsewhere, rough, home in found:
        area = names[home[:5]].name if home[:5] in names else home
        if elsewhere:
            there = names[elsewhere].name if elsewhere in names else elsewhere
            message = _("Titik ini di %(there)s, %(km)d km di luar %(area)s. Periksa lintang, bujur, dan kode wilayah.")
            text = message % {"there": there, "km": round(far), "area": area}
        else:
            message = _("Titik ini di laut, %(km)d km dari %(area)s. Periksa lintang dan bujur.")
            text = message % {"km": round(far), "area": area}
        if rough:
            text = _("%(text)s Batas pada peta hanya perkiraan.") % {"text": text}
        warnings.append(Problem("lat", text, work.row))
    return warnings


def _works(actor: Actor, office_id: UUID | None, read: sheet.Sheet, day: date, problems: list[Problem]) -> list[_Work]:
    known = _Known(read)
    first_row: dict[str, int] = {}
    works: list[tuple[_Work, sheet.SheetRow]] = []

    def problem(row: int, field: str, message: str) -> None:
        problems.append(Problem(field, message, row))

    for line in read.rows:
        code = tidy(line.cells.get("code"))
        if code.casefold() in first_row:
            message = _("Kode ini sudah ada di baris %(row)d.") % {"row": first_row[code.casefold()]}
            problem(line.number, "code", message)
            continue
        if code:
            first_row[code.casefold()] = line.number
        owner = known.owners.get(code)
        if owner is not None and owner.id not in known.versions:
            problem(line.number, "code", _("Kode ini milik lembaga yang bukan laboratorium."))
            continue
        if owner is not None and owner.closed:
            problem(line.number, "code", _("Laboratorium ini sudah ditutup."))
            continue

        def complain(field: str, message: str, row: int = line.number) -> None:
            problem(row, field, message)

        values, shown = _values(line, known, complain)
        begins = _day(line, day, complain)
        version = known.versions[owner.id] if owner else None
        if version:
            shown |= known.labels_before(version)
        work = _Work(line.number, code, owner.id if owner else new_id(), owner is None, begins, values, shown, version)
        works.append((work, line))
        if not code:
            problem(line.number, "code", _("Kode wajib diisi."))
        elif len(code) > 24 or " " in code:
            problem(line.number, "code", _("Kode ditulis tanpa spasi, paling banyak 24 huruf."))

    known.ids |= {work.code: work.id for work, _line in works if work.code}
    for work, line in works:
        text = tidy(line.cells.get("supervisor_code"))
        if not text:
            continue
        above = known.ids.get(text)
        if above is None:
            message = _("Kode pembina “%(code)s” tidak ada di jejaring maupun di berkas ini.") % {"code": text[:40]}
            problem(work.row, "supervisor_code", message)
            continue
        work.values["supervisor_id"], work.shown["supervisor_id"] = above, text

    found = [work for work, _line in works]
    broken = {one.row for one in problems}
    for work in found:
        said = {one.field for one in problems if one.row == work.row} if work.row in broken else set()
        for item in checked(work.merged, exists=known.exists)[1]:
            field = _COLUMN_OF.get(item.field, item.field)
            if not {field, item.field} & said:
                problem(work.row, field, str(item.message))
        if work.version and work.differs and work.version.valid_from > work.day:
            message = _("Sudah ada versi mulai %(day)s. Pilih tanggal itu atau sesudahnya.")
            problem(work.row, "valid_from", message % {"day": work.version.valid_from.isoformat()})
    _check_authority(actor, office_id, found, day, problems)
    _check_supervision(found, known, problems)
    return found


class _Known:
    """What the network knows of all that the sheet names: some queries for the sheet, none for a row."""

    def __init__(self, read: sheet.Sheet) -> None:
        self.owners: dict[str, Owner] = queries.owner_codes()
        self.codes = {owner.id: code for code, owner in self.owners.items()}
        self.ids = {code: owner.id for code, owner in self.owners.items()}
        self.versions = queries.latest_laboratories()
        written = {sheet.read_area_code(line.cells.get("area_code", "")) for line in read.rows}
        self.areas = queries.areas_by_codes(written)
        self.institutions = {row.code: row for row in queries.institutions()}
        self.regions = {str(region.number): region for region in queries.regions()}
        institution_of = {row.id: row.code for row in self.institutions.values()}
        region_of = {region.id: number for number, region in self.regions.items()}
        standing = {version.area_id for version in self.versions.values() if version.area_id}
        self._area_code = queries.latest_codes(standing)
        self._area_name = queries.area_names(standing)
        self._institution_of, self._region_of = institution_of, region_of
        alive = {area.area_id for area in self.areas.values()} | set(self._area_code)
        self.exists: Mapping[str, Callable[[UUID], bool]] = {
            "area_id": alive.__contains__,
            "institution_id": institution_of.__contains__,
            "region_id": region_of.__contains__,
            # A supervisor may be of this very sheet; what nobody knows was complained of when its code was read.
            "supervisor_id": lambda _key: True,
        }

    def labels_before(self, version: Any) -> dict[str, str]:
        area = version.area_id
        return {
            **{f"before.{name}": _shown(getattr(version, name)) for name in ("name", "tier", "lat", "lon", *_TEXTS)},
            "before.kind": str(KIND_LABELS[version.kind]),
            "before.area_id": f"{self._area_code[area]} {self._area_name.get(area, '')}" if area else "",
            "before.supervisor_id": self.codes.get(version.supervisor_id, ""),
            "before.institution_id": self._institution_of.get(version.institution_id, ""),
            "before.region_id": self._region_of.get(version.region_id, ""),
        }


def _values(line: sheet.SheetRow, known: _Known, problem: Any) -> tuple[dict[str, Any], dict[str, str]]:
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
    kind = _kind(tidy(cells.get("kind")), cells.get("tier", ""))
    if kind is None or rules.KINDS[kind] != "laboratory":
        choices = ", ".join(name for name, owner_kind in rules.KINDS.items() if owner_kind == "laboratory")
        problem("kind", _("Jenis “%(value)s” tidak dikenal. Pilihan: %(known)s.")
                % {"value": cells.get("kind", "")[:40], "known": choices})  # fmt: skip
    else:
        values["kind"] = kind
        shown["kind"] = str(KIND_LABELS[kind])
    text = sheet.read_area_code(cells.get("area_code", ""))
    area = known.areas.get(text)
    if area is None:
        problem("area_code", _("Kode wilayah “%(value)s” tidak dikenal.") % {"value": text[:40]})
    else:
        values["area_id"] = area.area_id
        shown["area_id"] = f"{area.code} {area.name}"
    for name in ("lat", "lon"):
        if cells.get(name):
            try:
                values[name] = sheet.read_degrees(cells[name])
            except ValueError:
                problem(name, _("“%(value)s” bukan derajat desimal.") % {"value": cells[name][:40]})
    for name in _TEXTS:
        if cells.get(name):
            values[name] = tidy(cells[name])
    for name, rows, message in (
        ("institution_code", known.institutions, _("Institusi “%(value)s” tidak dikenal. Catat dahulu di Institusi.")),
        ("region", known.regions, _("Regional “%(value)s” bukan 1 sampai 11.")),
    ):
        if cells.get(name):
            found = rows.get(tidy(cells[name]))  # type: ignore[attr-defined]
            if found is None:
                problem(name, message % {"value": cells[name][:40]})
            else:
                values[_FIELD_OF[name]], shown[_FIELD_OF[name]] = found.id, tidy(cells[name])
    return values, shown


def _kind(text: str, tier: str) -> str | None:
    """The kind that is meant. A public-health laboratory of tier 1 to 4 is one kind only, so its cell may stay empty or
    say no more than that; at tier 5 it must tell biology from environmental health."""
    word = text.casefold().replace("_", " ")
    if tier == "5" and word in _KIND_OF_FIFTH:
        return _KIND_OF_FIFTH[word]
    if word in _LABKESMAS and tier in _KIND_OF_TIER:
        return _KIND_OF_TIER[tier]
    return _KIND_OF_LABEL.get(word) or _KIND_OF_LABEL.get(text.casefold())


def _day(line: sheet.SheetRow, day: date, problem: Any) -> date:
    text = line.cells.get("valid_from", "")
    if not text:
        return day
    try:
        return sheet.read_day(text)
    except ValueError:
        message = _("“%(value)s” bukan tanggal. Tulis hari, bulan, tahun: 25/12/2026, atau 2026-12-25.")
        problem("valid_from", message % {"value": text[:40]})
        return day


def _check_authority(
    actor: Actor, office_id: UUID | None, works: list[_Work], day: date, problems: list[Problem]
) -> None:
    """Nobody takes over a laboratory by writing another place into the sheet: both places are asked for."""
    broken = {one.row for one in problems}
    asked: list[tuple[_Work, tuple[str, int | None, UUID | None]]] = []
    for work in works:
        if work.row in broken:
            continue
        merged = work.merged
        asked.append((work, (merged["kind"], merged.get("tier"), merged.get("area_id"))))
        if work.version:
            asked.append((work, (work.version.kind, work.version.tier, work.version.area_id)))
    claims = claims_of_places({place for _work, place in asked}, day)
    granted = allowed(actor, office_id, set(claims.values()), day)
    outside = {work.row for work, place in asked if claims[place] not in granted}
    message = _("Di luar wilayah kewenangan lembaga Anda.")
    problems += [Problem("area_code", message, row) for row in sorted(outside)]


def _check_supervision(works: list[_Work], known: _Known, problems: list[Problem]) -> None:
    """The supervising relation as it would be when all rows are carried out."""
    broken = {one.row for one in problems}
    nodes = queries.latest_nodes()
    begins = queries.beginnings()
    for work in works:
        old = nodes.get(work.id, rules.Node("laboratory"))
        nodes[work.id] = rules.Node(
            "laboratory", work.values.get("tier", old.tier), work.values.get("supervisor_id", old.supervisor)
        )
        begins.setdefault(work.id, work.day)

    @cache
    def code_of(key: UUID) -> str:
        return known.codes.get(key) or next((work.code for work in works if work.id == key), "")

    for work in works:
        above = nodes[work.id].supervisor
        if above is None or work.row in broken:
            continue
        found = rules.supervision_problem(nodes, work.id, above)
        if found:
            problems.append(Problem("supervisor_code", supervision_message(found), work.row))
        elif begins.get(above, work.day) > work.day:  # type: ignore[call-overload]
            message = _("Pembina %(code)s baru berlaku mulai %(day)s.") % {
                "code": code_of(above),  # type: ignore[arg-type]
                "day": begins[above].isoformat(),  # type: ignore[index]
            }
            problems.append(Problem("valid_from", message, work.row))


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
