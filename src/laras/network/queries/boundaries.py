"""Reading of boundaries: what maps are drawn with today."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from uuid import UUID

from django.db.models import Q, QuerySet

from laras.core.errors import NotFound
from laras.network import shipped
from laras.network.models import BoundarySet
from laras.network.rules import topology
from laras.network.rules.topology import Topology

SHIPPED = "shipped"


@dataclass(frozen=True)
class Geometry:
    """What maps are drawn with. ``sources``: (level, source, areas, approximate), the shipped ones last."""

    kabkota: Topology
    provinces: Topology
    sources: tuple[tuple[int, str, int, bool], ...]

    def level(self, level: int) -> Topology:
        return self.provinces if level == 1 else self.kabkota

    def topology_of(self, code: str) -> Topology | None:
        found = self.level(code.count(".") + 1)
        return found if code in found.areas else None

    @property
    def approximate(self) -> bool:
        """Whether any line drawn is only an approximate one."""
        return any(source[3] for source in self.sources)

    @cached_property
    def boxes(self) -> dict[str, tuple[int, int, int, int]]:
        """Code of a province or kabkota -> west, north, east, south on the grid."""
        return {code: topology.bounds(one.rings(code)) for one in (self.provinces, self.kabkota) for code in one.areas}

    @cached_property
    def labels(self) -> dict[str, tuple[int, int]]:
        """Code -> where a word may stand."""
        return {
            code: topology.label_point(one.rings(code)) for one in (self.provinces, self.kabkota) for code in one.areas
        }

    @cached_property
    def paths(self) -> dict[str, str]:
        """Code -> the ``d`` of its SVG path, in units of the grid."""
        return {
            code: topology.path_data(one.rings(code)) for one in (self.provinces, self.kabkota) for code in one.areas
        }


def geometry() -> Geometry:
    """Today's boundaries: the shipped ones, and over them what offices brought, the newest last; one query when nothing changed."""
    used = BoundarySet.objects.filter(status="accepted").order_by("accepted_at", "id")
    return _geometry(tuple(used.values_list("id", flat=True)))


@lru_cache(maxsize=4)
def _geometry(used: tuple[UUID, ...]) -> Geometry:
    shipped_lines, shipped_source = shipped.read_boundaries()
    sets = {row.id: row for row in BoundarySet.objects.filter(id__in=used)}
    brought = [(sets[key], lines_of(sets[key])) for key in used if key in sets]
    drawn: dict[int, dict[str, int]] = {1: {}, 2: dict.fromkeys(shipped_lines.areas, -1)}
    for at, (row, lines) in enumerate(brought):
        drawn[row.level].update(dict.fromkeys(lines.areas, at))

    def parts(level: int) -> Topology:
        places: dict[int, list[str]] = {}
        for code, at in drawn[level].items():
            places.setdefault(at, []).append(code)
        return topology.joined((shipped_lines if at < 0 else brought[at][1], codes) for at, codes in places.items())

    kabkota = parts(2) if brought else shipped_lines
    provinces = topology.dissolved(kabkota, {code: code[:2] for code in kabkota.areas})
    if drawn[1]:
        rest = [code for code in provinces.areas if code not in drawn[1]]
        provinces = topology.joined([(provinces, rest), (parts(1), list(drawn[1]))])
    sources = [
        (row.level, row.source, sum(1 for at in drawn[row.level].values() if at == n), False)
        for n, (row, _lines) in reversed(list(enumerate(brought)))
    ]
    left = sum(1 for at in drawn[2].values() if at < 0)
    sources.append((2, shipped_source, left, True))
    return Geometry(kabkota, provinces, tuple(one for one in sources if one[2]))


def lines_of(row: BoundarySet) -> Topology:
    return topology.unpacked(json.loads(gzip.decompress(bytes(row.lines))))


def boundary_sets(office_id: UUID) -> QuerySet[BoundarySet]:
    """All sets that are or were used and the drafts of this office, the newest first; without their lines."""
    rows = BoundarySet.objects.filter(~Q(status="draft") | Q(office_id=office_id))
    return rows.defer("lines").select_related("office").order_by("-created_at", "-id")


def boundary_set(set_id: UUID, office_id: UUID) -> BoundarySet:
    """A set; a draft is seen by the office that brought it only."""
    row = BoundarySet.objects.select_related("office").filter(id=set_id).first()
    if row is None or (row.status == "draft" and row.office_id != office_id):
        raise NotFound()
    return row


def off_district_km(code: str, lat: float, lon: float) -> tuple[float, str, bool] | None:
    """How far a point lies outside its kabkota in km, which kabkota it lies in instead (empty: none, so the sea or another country),
    and whether those boundaries are approximate. None when the area's boundary is not known."""
    found = geometry()
    home = code[:5]
    if home not in found.kabkota.areas:
        home = code[:2]
    lines = found.topology_of(home)
    if lines is None:
        return None
    x, y = topology.grid_point(lat, lon)
    far = topology.distance_km(lines.rings(home), x, y)
    elsewhere = ""
    if far:
        for other in found.kabkota.areas:
            west, north, east, south = found.boxes[other]
            if west <= x <= east and north <= y <= south and topology.contains(found.kabkota.rings(other), x, y):
                elsewhere = other
                break
    return far, elsewhere, found.approximate


def geometry_with(set_id: UUID) -> Geometry:
    """Today's boundaries as they would be with a draft too."""
    used = BoundarySet.objects.filter(status="accepted").order_by("accepted_at", "id")
    return _geometry((*used.values_list("id", flat=True), set_id))
