"""Figures of laboratories by area and by laboratory, for maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.core.cache import cache

from laras.core import clock
from laras.core.errors import Refused
from laras.core.scope import Scope
from laras.network import queries as network
from laras.network.types import LaboratoryPlace
from laras.resources.models import Permit
from laras.resources.queries.capabilities import capabilities
from laras.resources.queries.equipment import Laboratory, laboratories, scores
from laras.resources.queries.standards import standard

ENOUGH = 80.0
# Scores of more laboratories than that are reckoned anew every ten minutes only; the page says when they were.
MANY, KEPT_SECONDS, MOST_KEPT = 1_000, 600, 4
PUBLIC_SECONDS = 3_600
SOON = timedelta(days=180)
# A laboratory's percentage: nothing reported at all, and no column of the standard for it.
SILENT, NO_STANDARD = -1.0, -2.0

_KEPT: dict[tuple[date, int], tuple[Mapping[UUID, LaboratoryPlace], Mapping[UUID, float], float]] = {}


@dataclass(slots=True)
class AreaFigures:
    """One area: its laboratories by tier, how many have a standard (``judged``), of those at least :data:`ENOUGH` per cent
    (``above``) and without any report (``silent``). Percentages are of the judged; None when there are none."""

    code: str
    name: str
    tiers: dict[int, int] = field(default_factory=dict)
    judged: int = 0
    above: int = 0
    silent: int = 0

    @property
    def labs(self) -> int:
        return sum(self.tiers.values())

    @property
    def by_tier(self) -> list[int]:
        """Laboratories of tier 1 to 5."""
        return [self.tiers.get(tier, 0) for tier in range(1, 6)]

    @property
    def above_percent(self) -> float | None:
        return 100 * self.above / self.judged if self.judged else None

    @property
    def silent_percent(self) -> float | None:
        return 100 * self.silent / self.judged if self.judged else None


@dataclass(frozen=True)
class NetworkMap:
    """What a map of laboratories stands on: the laboratories in reach, where they are, their percentages (:data:`SILENT`,
    :data:`NO_STANDARD`), and when those were reckoned (``at``, epoch seconds; None: now)."""

    labs: Sequence[Laboratory]
    places: Mapping[UUID, LaboratoryPlace]
    percents: Mapping[UUID, float]
    at: float | None = None

    def area_of(self, lab: Laboratory) -> str:
        place = self.places.get(lab.id)
        return place.area if place else ""


def network_map(scope: Scope, *, tier: int | None = None) -> NetworkMap:
    """All laboratories in reach with place and percentage, today."""
    labs = laboratories(scope=scope)
    places, percents, at = _known(scope, labs)
    if tier is not None:
        labs = [lab for lab in labs if lab.tier == tier]
    return NetworkMap(labs, places, percents, at)


def _known(
    scope: Scope, labs: Sequence[Laboratory]
) -> tuple[Mapping[UUID, LaboratoryPlace], Mapping[UUID, float], float | None]:
    day = clock.today()
    if len(labs) <= MANY:
        return network.laboratory_places(), _reckoned(scope, labs, day), None
    # Whoever reaches the same laboratories on the same day is answered from the same reckoning. Kept in this process: taking ten
    # thousand places out of a file costs as much as asking for them.
    key = (day, hash(frozenset(lab.id for lab in labs)))
    kept = _KEPT.get(key)
    now = clock.now().timestamp()
    if kept is None or not 0 <= now - kept[2] < KEPT_SECONDS:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        kept = _KEPT[key] = (network.laboratory_places(), _reckoned(scope, labs, day), now)
    return kept


def _reckoned(scope: Scope, labs: Sequence[Laboratory], day: date) -> dict[UUID, float]:
    try:
        info = standard(on=day)
    except Refused:
        return {lab.id: NO_STANDARD for lab in labs}
    found = {}
    for one in scores(scope, labs, info, day):
        if one.total is None or not one.total.required:
            found[one.owner_id] = NO_STANDARD
        elif one.total.not_reported == one.total.required:
            found[one.owner_id] = SILENT
        else:
            found[one.owner_id] = one.total.percent or 0.0
    return found


def figures(found: NetworkMap, level: int, *, inside: str = "") -> list[AreaFigures]:
    """The areas of a level (1 province, 2 kabkota) with their figures, by code, those without a laboratory too; ``inside``: only of
    this province or this kabkota. A laboratory of which only the province is known stands in no kabkota: the row with that code."""
    rows = network.areas(level=level)
    if inside:
        rows = rows.filter(code__startswith=inside)
    areas = {code: AreaFigures(code, name) for code, name in rows.values_list("code", "name")}
    width = 2 if level == 1 else 5
    for lab in found.labs:
        code = found.area_of(lab)[:width]
        if inside and not code.startswith(inside):
            continue
        area = areas.get(code)
        if area is None:
            area = areas.setdefault(code, AreaFigures(code, ""))
        tier = lab.tier or 0
        area.tiers[tier] = area.tiers.get(tier, 0) + 1
        percent = found.percents.get(lab.id, NO_STANDARD)
        if percent != NO_STANDARD:
            area.judged += 1
            area.above += percent >= ENOUGH
            area.silent += percent == SILENT
    return sorted(areas.values(), key=lambda one: one.code)


def score_kind(percent: float) -> str:
    """``high`` (at least :data:`ENOUGH`), ``mid`` (half of it all), ``low``, ``silent``, ``none``."""
    if percent in (SILENT, NO_STANDARD):
        return "silent" if percent == SILENT else "none"
    return "high" if percent >= ENOUGH else "mid" if percent >= 50 else "low"


def permit_kinds_of(scope: Scope, labs: Iterable[Laboratory]) -> dict[UUID, str]:
    """The worst that is known of each laboratory's permits: ``over`` (ended, no renewal on its way), ``soon`` (ends within
    :data:`SOON`), ``process`` (only sought), ``valid``, ``unknown`` (none is known). One query."""
    today = clock.today()
    rows = list(
        Permit.objects.within(scope)
        .filter(status__in=("issued", "process"))
        .order_by()
        .values_list("id", "owner_id", "status", "valid_until", "renews_id")
    )
    renewed = {renews for _id, _owner, status, _until, renews in rows if status == "process" and renews}
    order = ("over", "soon", "valid", "process")
    found: dict[UUID, str] = {}
    for key, owner, status, until, renews in rows:
        if status == "process":
            if renews:
                continue
            kind = "process"
        elif until is None or until >= today + SOON or (key in renewed and until >= today):
            kind = "valid"
        elif until >= today:
            kind = "soon"
        else:
            kind = "soon" if key in renewed else "over"
        if owner not in found or order.index(kind) < order.index(found[owner]):
            found[owner] = kind
    return {lab.id: found.get(lab.id, "unknown") for lab in labs}


def doing(test_code: str) -> dict[UUID, str]:
    """Laboratory -> ``active`` or ``paused``, of those that do a test; one query."""
    found: dict[UUID, str] = {}
    for owner, status in capabilities(test_code=test_code).order_by().values_list("owner_id", "status"):
        if found.get(owner) != "active":
            found[owner] = status
    return found


def public_figures(level: int, *, inside: str = "") -> tuple[list[AreaFigures], float]:
    """Sums by area of the whole network for everybody, reckoned anew every hour, and when they were (epoch seconds). No laboratory
    is named in them."""
    key = f"resources.public_map:{level}:{inside}"
    kept: tuple[list[AreaFigures], float] | None = cache.get(key)
    if kept is None:
        kept = (figures(network_map(Scope.everything()), level, inside=inside), clock.now().timestamp())
        cache.set(key, kept, PUBLIC_SECONDS)
    return kept
