"""Merging layers into one catalogue. Pure: plain rows in, a :class:`Catalogue` out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from laras.catalogue.codec import Info, Row, from_row
from laras.catalogue.types import (
    DISCIPLINES,
    Catalogue,
    CodedAnswer,
    CriticalInfo,
    HandlingInfo,
    ItemInfo,
    Layer,
    LimitInfo,
    PanelInfo,
    ProgrammeInfo,
    Provenance,
    RangeInfo,
    RowKind,
    StandardInfo,
    Status,
    TestInfo,
)

T = TypeVar("T")
Slot = tuple[RowKind, str]


@dataclass(frozen=True, slots=True)
class LayerRelease:
    """One release, decoded: None takes the layer's own earlier row back."""

    id: str
    version: str
    layer: Layer
    publisher: str
    rows: tuple[tuple[Slot, Info | None], ...]


def decode(release_id: str, version: str, layer: Layer, publisher: str, rows: Iterable[Row]) -> LayerRelease:
    """Raises ``ValueError`` for a row without its kind's shape."""
    decoded: list[tuple[Slot, Info | None]] = []
    for row in rows:
        status: Status = row.status  # type: ignore[assignment]  # the table's constraint holds it to the list
        provenance = Provenance(layer, version, status, row.source, row.reason)
        decoded.append(((row.kind, row.key), None if row.withdrawn else from_row(row, provenance)))
    return LayerRelease(release_id, version, layer, publisher, tuple(decoded))


def merge(releases: Iterable[LayerRelease]) -> Catalogue:
    """The catalogue of these releases, from the widest layer to the narrowest and oldest to newest within
    one.

    Within a publisher the newest word on a key holds and a withdrawal forgets it; between publishers the
    later one overrides the earlier by key."""
    publishers: dict[str, dict[Slot, Info]] = {}
    names = []
    for release in releases:
        names.append(release.version)
        own = publishers.setdefault(release.publisher, {})
        for slot, info in release.rows:
            if info is None:
                own.pop(slot, None)
            else:
                own[slot] = info
    merged: dict[Slot, Info] = {}
    for own in publishers.values():
        merged.update(own)
    return build("+".join(names) or "empty", merged.values())


def build(version: str, infos: Iterable[Info]) -> Catalogue:
    tests: list[TestInfo] = []
    panels: list[PanelInfo] = []
    standards: list[StandardInfo] = []
    ranges: list[RangeInfo] = []
    criticals: list[CriticalInfo] = []
    limits: list[LimitInfo] = []
    answers: list[CodedAnswer] = []
    programmes: list[ProgrammeInfo] = []
    items: list[ItemInfo] = []
    handling: list[HandlingInfo] = []
    for info in infos:
        if isinstance(info, TestInfo):
            tests.append(info)
        elif isinstance(info, PanelInfo):
            panels.append(info)
        elif isinstance(info, StandardInfo):
            standards.append(info)
        elif isinstance(info, RangeInfo):
            ranges.append(info)
        elif isinstance(info, CriticalInfo):
            criticals.append(info)
        elif isinstance(info, LimitInfo):
            limits.append(info)
        elif isinstance(info, ProgrammeInfo):
            programmes.append(info)
        elif isinstance(info, ItemInfo):
            items.append(info)
        elif isinstance(info, HandlingInfo):
            handling.append(info)
        else:
            answers.append(info)
    place = {discipline: number for number, discipline in enumerate(DISCIPLINES)}
    tests.sort(key=lambda t: (place.get(t.discipline, len(place)), t.position, t.code))
    panels.sort(key=lambda p: (place.get(p.discipline, len(place)), p.position, p.code))
    standards.sort(key=lambda s: (s.position, s.code))
    ranges.sort(key=lambda r: (r.condition, r.age_from, r.sex))
    criticals.sort(key=lambda c: (c.population, c.practice))
    limits.sort(key=lambda row: (row.position, row.key))
    programmes.sort(key=lambda p: (p.position, p.code))
    items.sort(key=lambda item: (item.position, item.key))
    handling.sort(key=lambda row: (row.position, row.key))
    answers.sort(key=lambda a: (a.position, a.code))
    return Catalogue(
        version=version,
        tests=MappingProxyType({t.code: t for t in tests}),
        panels=MappingProxyType({p.code: p for p in panels}),
        standards=MappingProxyType({s.code: s for s in standards}),
        ranges_by_test=_grouped(ranges, [r.test for r in ranges]),
        criticals_by_test=_grouped(criticals, [c.test for c in criticals]),
        limits_by_standard=MappingProxyType(
            {
                code: MappingProxyType({row.test: row for row in rows})
                for code, rows in _grouped(limits, [row.standard for row in limits]).items()
            }
        ),
        answers_by_set=_grouped(answers, [a.answers for a in answers]),
        programmes=MappingProxyType({p.code: p for p in programmes}),
        items_by_programme=_grouped(items, [item.programme for item in items]),
        handling_by_test=_grouped(handling, [row.test for row in handling]),
    )


def _grouped(rows: list[T], names: list[str]) -> Mapping[str, tuple[T, ...]]:
    groups: dict[str, list[T]] = {}
    for name, row in zip(names, rows, strict=True):
        groups.setdefault(name, []).append(row)
    return MappingProxyType({name: tuple(group) for name, group in groups.items()})
