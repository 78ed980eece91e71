"""A list of sites as an office sends it: a CSV file or a workbook, all rows become points of a plan or none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope
from laras.core.sheets import Layout, SheetRow, problem_of, read_sheet
from laras.core.unit import use_case
from laras.network import queries as network
from laras.orders import rules
from laras.orders.models import PlanPoint, Site
from laras.orders.services.rounds import MANAGE, MOST_POINTS, add_point
from laras.orders.types import SiteInput

LAYOUT = Layout(
    {
        "lokasi": ("lokasi", "namalokasi", "nama", "tempat", "namatempat", "site"),
        "titik": ("titik", "titikpengambilan", "titiksampling", "point"),
        "jenis": ("jenis", "jenislokasi", "jenistempat"),
        "alamat": ("alamat", "address"),
        "lintang": ("lintang", "latitude", "lat"),
        "bujur": ("bujur", "longitude", "long", "lng", "lon"),
        "kode_wilayah": ("kodewilayah", "kodekemendagri", "wilayah"),
    },
    required=("lokasi",),
    max_rows=MOST_POINTS,
)


@dataclass(frozen=True, slots=True)
class _Line:
    row: int
    name: str
    site: SiteInput


@use_case
def add_points_from_sheet(actor: Actor, *, owner_id: UUID, plan_id: UUID, content: bytes) -> int:
    """Points of the plan from a sheet; answers how many. A site on file with the same name and no other address is used again.

    Raises Refused with every problem by row and column, and nothing is written then.
    """
    actor.require(MANAGE, owner_id)
    read = read_sheet(content, LAYOUT)
    problems = [problem_of(one, LAYOUT) for one in read.problems]
    lines = [_line(row, problems) for row in read.rows]
    areas = network.areas_by_codes({row.cells.get("kode_wilayah", "") for row in read.rows} - {""})
    for row in read.rows:
        code = row.cells.get("kode_wilayah", "")
        if code and code not in areas:
            problems.append(Problem("kode_wilayah", _("Kode wilayah ini tidak dikenal."), row.number))
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        before = seen.setdefault((line.site.name.casefold(), line.name.casefold()), line.row)
        if before != line.row:
            problems.append(Problem("lokasi", _("Titik ini sudah ada di baris %(n)d.") % {"n": before}, line.row))
    scope = Scope.of(owner_id)
    sites = {
        site.name.casefold(): site for site in Site.objects.within(scope).filter(name__in=[x.site.name for x in lines])
    }
    present = set(
        PlanPoint.objects.within(scope)
        .filter(plan_id=plan_id, retired_at__isnull=True)
        .values_list("site__name", "name")
    )
    for line in lines:
        if (line.site.name, line.name) in present:
            problems.append(Problem("lokasi", _("Titik ini sudah ada di rencana."), line.row))
    if problems:
        raise Refused(_("Berkas belum bisa diterima; tidak ada yang disimpan."), problems=_told(problems))
    made: dict[str, UUID] = {}
    for line, row in zip(lines, read.rows, strict=True):
        key = line.site.name.casefold()
        known = sites.get(key)
        if known is not None and line.site.address and known.address and known.address != line.site.address:
            known = None
        site_id = made.get(key) or (known.id if known else None)
        area = areas.get(row.cells.get("kode_wilayah", ""))
        new = None
        if site_id is None:
            given = line.site
            new = SiteInput(
                given.name, given.kind, given.address, area.area_id if area else None, given.latitude, given.longitude
            )
        point = add_point(actor, owner_id=owner_id, plan_id=plan_id, name=line.name, site_id=site_id, new_site=new)
        made[key] = point.site_id
    return len(lines)


def _line(row: SheetRow, problems: list[Problem]) -> _Line:
    cells = {name: rules.clean_text(text) for name, text in row.cells.items()}
    if not cells.get("lokasi"):
        problems.append(Problem("lokasi", _("Tulis nama lokasinya."), row.number))
    degrees: dict[str, Decimal | None] = {}
    for name in ("lintang", "bujur"):
        text = cells.get(name, "")
        degrees[name] = rules.read_decimal(text.replace("−", "-")) if text else None
        if text and degrees[name] is None:
            problems.append(Problem(name, _("Tulis derajat desimal, misalnya −8,583069."), row.number))
    word = rules.coordinates_problem(degrees["lintang"], degrees["bujur"])
    if word and not any(one.row == row.number and one.field in degrees for one in problems):
        problems.append(
            Problem("lintang", _("Koordinat ini tidak lengkap, tertukar, atau di luar Indonesia."), row.number)
        )
    for name, longest in (("lokasi", 160), ("titik", 160), ("jenis", 40), ("alamat", 240)):
        if len(cells.get(name, "")) > longest:
            problems.append(Problem(name, _("Paling panjang %(n)d huruf.") % {"n": longest}, row.number))
    site = SiteInput(
        cells.get("lokasi", ""),
        cells.get("jenis", ""),
        cells.get("alamat", ""),
        None,
        degrees["lintang"],
        degrees["bujur"],
    )
    return _Line(row.number, cells.get("titik", ""), site)


def _told(problems: list[Problem]) -> list[Problem]:
    """Each with its row and column in words, since a file has one field on the page."""
    return [
        Problem(
            "file",
            str(one.message)
            if one.row is None
            else _("Baris %(row)d, %(column)s: %(what)s") % {"row": one.row, "column": one.field, "what": one.message},
            one.row,
        )
        for one in sorted(problems, key=lambda one: one.row or 0)
    ]
