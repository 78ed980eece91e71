"""Official boundaries from a file: read and checked, looked at, then used in the place of the shipped approximate ones."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.unit import use_case
from laras.network import queries, rules
from laras.network.events import BoundariesAccepted, BoundariesBrought, BoundariesWithdrawn
from laras.network.models import AreaVersion, BoundarySet
from laras.network.rules import tidy, topology
from laras.network.services.authority import require_network
from laras.network.states import BOUNDARIES

# What a drawing of the nation or of a province can show; official lines carry a hundred times as much.
SIMPLIFY_KM2, LEAST_KM2 = 0.3, 0.2
# An area whose known point lies farther than that outside its new boundary probably has another's code.
FAR_KM = 10.0
MOST_PROBLEMS = 200


@dataclass(frozen=True, slots=True)
class BoundaryPlan:
    """What a file of boundaries would do. ``areas``: code -> name of what is drawn; ``missing``: areas of the level that it does not
    draw (they keep their lines); ``column``: the property in which the codes stand."""

    level: int
    column: str
    areas: Mapping[str, str]
    missing: Mapping[str, str]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    lines: topology.Topology | None
    ids: tuple[UUID, ...] = ()


def plan_boundaries(actor: Actor, *, office_id: UUID | None, level: int, content: bytes) -> BoundaryPlan:
    """Read the file and say what is wrong with which area. Changes nothing. Raises Forbidden for areas outside the office's."""
    require_network(actor, office_id, [])
    if level not in (1, 2):
        raise Refused(
            _("Batas hanya untuk provinsi atau kabupaten/kota."),
            problems=[Problem("level", _("Pilih tingkat wilayah."))],
        )
    try:
        features = rules.read_boundaries(content)
    except rules.BoundaryFileError as error:
        return _unreadable(level, _file_message(error.reason))
    known = {row.code: row for row in queries.areas(level=level)}
    column = rules.code_property(features, level, known)
    if column is None:
        columns = ", ".join(sorted({name for one in features[:50] for name in one.properties})[:12])
        message = _("Tidak ada kolom yang berisi kode wilayah Kemendagri. Kolom di berkas ini: %(columns)s.")
        return _unreadable(level, message % {"columns": columns or "–"})
    problems, rings = _checked(features, column, level, known)
    lines = (
        topology.simplified(topology.build(rings), SIMPLIFY_KM2, least_km2=LEAST_KM2)
        if rings and not problems
        else None
    )
    if lines is not None:
        lost = [code for code in rings if code not in lines.areas]
        problems += [Problem(code, _("Batas wilayah ini terlalu kecil untuk digambar.")) for code in lost]
    warnings = _warnings(lines, known) if lines is not None else []
    ids = tuple(known[code].area_id for code in rings)
    require_network(actor, office_id, [rules.Claim(area=area_id) for area_id in ids])
    return BoundaryPlan(
        level,
        column,
        {code: known[code].name for code in sorted(rings)},
        {code: known[code].name for code in sorted(set(known) - set(rings))},
        tuple(problems[:MOST_PROBLEMS]),
        tuple(warnings[:MOST_PROBLEMS]),
        lines,
        ids,
    )


def _unreadable(level: int, message: str) -> BoundaryPlan:
    return BoundaryPlan(level, "", {}, {}, (Problem("file", message),), (), None)


def _file_message(reason: str) -> str:
    return {
        "json": _("Berkas ini bukan GeoJSON atau TopoJSON yang utuh, juga bukan shapefile dalam ZIP."),
        "format": _("Isi berkas ini bukan kumpulan wilayah (FeatureCollection GeoJSON atau Topology TopoJSON)."),
        "empty": _("Berkas ini tidak berisi wilayah."),
        "shapefile": _("ZIP ini tidak berisi satu shapefile poligon yang utuh (.shp dan .dbf)."),
        "large": _("Isi ZIP ini terlalu besar."),
    }[reason]


def _checked(
    features: Iterable[rules.Feature], column: str, level: int, known: Mapping[str, AreaVersion]
) -> tuple[list[Problem], dict[str, list[tuple[tuple[float, float], ...]]]]:
    """What is wrong, and the rings of each area; several features of one code are one area (islands drawn apart)."""
    problems: list[Problem] = []
    rings: dict[str, list[tuple[tuple[float, float], ...]]] = {}
    messages = {
        "swapped": _("Lintang dan bujur tertukar: GeoJSON menulis bujur lebih dahulu."),
        "metres": _("Koordinat bukan derajat. Simpan ulang dengan sistem koordinat WGS 84 (EPSG:4326)."),
        "outside": _("Ada titik di luar Indonesia."),
    }
    for feature in features:
        written = feature.properties.get(column)
        code = rules.code_of(written, level)
        if code is None or code not in known:
            message = _("Kode “%(value)s” bukan kode wilayah tingkat ini yang berlaku sekarang.")
            problems.append(Problem(column, message % {"value": str(written)[:40]}, feature.number))
        elif not feature.rings:
            problems.append(Problem("geometry", _("%(code)s tidak punya poligon.") % {"code": code}, feature.number))
        elif why := rules.misplaced(feature.rings):
            problems.append(Problem("geometry", f"{code}: {messages[why]}", feature.number))
        else:
            rings.setdefault(code, []).extend(feature.rings)
    return problems, rings


def _warnings(lines: topology.Topology, known: Mapping[str, AreaVersion]) -> list[Problem]:
    found = []
    for code in sorted(lines.areas):
        area = known[code]
        if area.lat is None or area.lon is None:
            continue
        x, y = topology.grid_point(area.lat, area.lon)
        far = topology.distance_km(lines.rings(code), x, y)
        if far > FAR_KM:
            message = _(
                "%(name)s: titik yang kami kenal %(km)d km di luar batas ini. Mungkin kodenya kode BPS atau kode lama."
            )
            found.append(Problem(code, message % {"name": area.name, "km": round(far)}))
    return found


@use_case
def bring_boundaries(
    actor: Actor, *, office_id: UUID, level: int, content: bytes, file_name: str, source: str
) -> BoundarySet:
    """Keep the boundaries of a file as a draft, to be looked at and accepted. Refused when anything in it is wrong."""
    source = tidy(source)
    plan = plan_boundaries(actor, office_id=office_id, level=level, content=content)
    problems = list(plan.problems)
    if not source or len(source) > 200:
        problems.append(
            Problem("source", _("Sebutkan asal batas ini (lembaga, peta, tahun), paling banyak 200 huruf."))
        )
    if problems or plan.lines is None:
        raise Refused(_("Berkas belum bisa diterima; tidak ada yang disimpan."), problems=problems)
    text = json.dumps(topology.packed(plan.lines), separators=(",", ":"))
    row = BoundarySet(
        office_id=office_id,
        level=level,
        source=source,
        file_name=tidy(file_name)[:160],
        file_digest=hashlib.sha256(content).hexdigest(),
        codes=sorted(plan.areas),
        warnings=[[one.field, str(one.message)] for one in plan.warnings],
        lines=gzip.compress(text.encode(), mtime=0),
    )
    row.save(force_insert=True)
    event = BoundariesBrought(level, len(plan.areas), row.file_digest, source)
    journal.record(actor, owner=office_id, event=event, subject=row.id)
    return row


@use_case
def accept_boundaries(actor: Actor, *, office_id: UUID, set_id: UUID) -> BoundarySet:
    """Draw maps with this set from now on; of a set that was withdrawn too."""
    row = _decided(actor, office_id, set_id)
    row.status = BOUNDARIES.move(row.status, "accept")
    row.accepted_at = clock.now()
    row.save(update_fields=["status", "accepted_at"])
    event = BoundariesAccepted(row.level, len(row.codes), row.source)
    journal.record(actor, owner=office_id, event=event, subject=row.id)
    return row


@use_case
def withdraw_boundaries(actor: Actor, *, office_id: UUID, set_id: UUID) -> BoundarySet:
    """Draw maps without this set: what was below it is seen again."""
    row = _decided(actor, office_id, set_id)
    row.status = BOUNDARIES.move(row.status, "withdraw")
    row.save(update_fields=["status"])
    event = BoundariesWithdrawn(row.level, len(row.codes), row.source)
    journal.record(actor, owner=office_id, event=event, subject=row.id)
    return row


def _decided(actor: Actor, office_id: UUID, set_id: UUID) -> BoundarySet:
    """The set, locked, when this office decides for all the areas in it."""
    require_network(actor, office_id, [])
    row = BoundarySet.objects.select_for_update().filter(id=set_id).first()
    if row is None or (row.status == "draft" and row.office_id != office_id):
        raise NotFound()
    areas = queries.areas_by_codes(row.codes).values()
    require_network(actor, office_id, [rules.Claim(area=area.area_id) for area in areas])
    return row
