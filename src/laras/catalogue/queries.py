"""Reading the catalogue. ``effective`` is what every other module asks; it costs nothing most of the time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from laras.catalogue.codec import Row, digest_of
from laras.catalogue.layers import LayerRelease, decode, merge
from laras.catalogue.models import ReferenceRelease, ReferenceRow
from laras.catalogue.types import LAYERS, Catalogue
from laras.core.models import Reach

FRESH_SECONDS: Final = 2.0
"""So long another process may still judge by the release before; within it ``effective`` asks the database
nothing."""
CHAIN_SECONDS: Final = 60.0
"""So long a change of supervision may take to change which layers hold for a laboratory."""
_KEPT_CATALOGUES: Final = 256


@dataclass(slots=True)
class _Held:
    catalogue: Catalogue
    stamp: int
    chained: float


class _Memory:
    """What this process has read. Releases never change, so only the chain of a laboratory can go stale."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.by_owner: dict[UUID | None, _Held] = {}
        self.by_chain: OrderedDict[tuple[UUID, ...], Catalogue] = OrderedDict()
        self.releases: dict[UUID, LayerRelease] = {}
        self.stamp, self.asked = 0, float("-inf")

    def clear(self) -> None:
        with self.lock:
            self.asked = float("-inf")
            self.by_owner.clear()
            self.by_chain.clear()
            self.releases.clear()


_memory = _Memory()


def effective(owner_id: UUID | None) -> Catalogue:
    """The catalogue as it holds for this organisation: shipped, ministry, offices that reach it, its own.
    For None: what holds for everybody (shipped and ministry).

    Held in the process. At most once in two seconds one count is asked, to see whether anything was
    published; within this process a publication holds at once."""
    now = time.monotonic()
    if now - _memory.asked >= FRESH_SECONDS:
        _memory.stamp, _memory.asked = ReferenceRelease.objects.count(), now
    stamp = _memory.stamp
    held = _memory.by_owner.get(owner_id)
    if held is not None and held.stamp == stamp and now - held.chained < CHAIN_SECONDS:
        return held.catalogue
    catalogue = _assemble(_chain(owner_id))
    _memory.by_owner[owner_id] = _Held(catalogue, stamp, now)
    return catalogue


def preview(owner_id: UUID, publisher_id: UUID, rows: Iterable[Row]) -> Catalogue:
    """The catalogue as it would hold after ``publisher_id`` published ``rows``. Raises ``ValueError`` for rows without
    their kind's shape."""
    releases = [_release(*link) for link in _chain(owner_id)]
    return merge([*releases, decode("preview", "preview", "laboratory", str(publisher_id), rows)])


def forget() -> None:
    """Read everything anew at the next question. Publishing calls it; tests may."""
    _memory.clear()


def _chain(owner_id: UUID | None) -> list[tuple[UUID, str, str, UUID]]:
    """(release id, version, layer, publisher id) from the widest layer to the narrowest, oldest first."""
    wanted = Q(publisher__layer__in=("shipped", "ministry"))
    if owner_id is not None:
        offices = Reach.objects.filter(reached_id=owner_id).values("office_id")
        wanted |= Q(publisher__layer="province", publisher__owner_id__in=offices)
        wanted |= Q(publisher__owner_id=owner_id)
    found = ReferenceRelease.objects.filter(wanted).values_list(
        "id", "version", "number", "publisher__layer", "publisher_id", "publisher__owner_id"
    )
    rows = list(found)
    provinces = {row[5] for row in rows if row[3] == "province"}
    width = dict.fromkeys(provinces, 0)
    if len(provinces) > 1:
        for office in Reach.objects.filter(office_id__in=provinces).values_list("office_id", flat=True):
            width[office] += 1
    # A wider office speaks before a narrower one; only the newest shipped release counts.
    rows.sort(key=lambda r: (LAYERS.index(r[3]), -width.get(r[5], 0), str(r[4]), r[2]))
    newest = max((row[2] for row in rows if row[3] == "shipped"), default=0)
    return [(r[0], r[1], r[3], r[4]) for r in rows if r[3] != "shipped" or r[2] == newest]


def _assemble(chain: list[tuple[UUID, str, str, UUID]]) -> Catalogue:
    ids = tuple(row[0] for row in chain)
    known = _memory.by_chain.get(ids)
    if known is not None:
        return known
    catalogue = merge(_release(*row) for row in chain)
    with _memory.lock:
        _memory.by_chain[ids] = catalogue
        while len(_memory.by_chain) > _KEPT_CATALOGUES:
            _memory.by_chain.popitem(last=False)
    return catalogue


def _release(release_id: UUID, version: str, layer: str, publisher: UUID) -> LayerRelease:
    known = _memory.releases.get(release_id)
    if known is None:
        known = decode(str(release_id), version, layer, str(publisher), rows_of(release_id))  # type: ignore[arg-type]
        _memory.releases[release_id] = known
    return known


def rows_of(release_id: UUID) -> list[Row]:
    """The rows of one release as they were published."""
    found = ReferenceRow.objects.filter(release_id=release_id).values_list(
        "kind", "key", "body", "status", "source", "reason", "withdrawn"
    )
    return [Row(*values) for values in found]


def is_intact(release_id: UUID) -> bool:
    """Whether a release still has the digest with which it was published."""
    expected = ReferenceRelease.objects.values_list("digest", flat=True).get(pk=release_id)
    return bool(digest_of(rows_of(release_id)) == expected)


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One release of an organisation's own layer, for its history."""

    id: UUID
    version: str
    number: int
    published_at: datetime
    reason: str
    changes: tuple[str, ...]


def own_releases(owner_id: UUID, *, limit: int = 50) -> list[ReleaseLine]:
    """What this organisation published, newest first."""
    releases = list(ReferenceRelease.objects.filter(publisher__owner_id=owner_id).order_by("-number")[:limit])
    changes: dict[UUID, list[str]] = {release.id: [] for release in releases}
    for release_id, kind, key, withdrawn in (
        ReferenceRow.objects.filter(release_id__in=changes)
        .order_by("kind", "key")
        .values_list("release_id", "kind", "key", "withdrawn")
    ):
        changes[release_id].append(f"{'-' if withdrawn else ''}{kind}:{key}")
    return [ReleaseLine(r.id, r.version, r.number, r.published_at, r.reason, tuple(changes[r.id])) for r in releases]


def row_that_judged(basis: str) -> Row | None:
    """The row behind a judgement's ``basis`` (``critical:HB/adult@LAB-01/3``), as it was then."""
    slot, _, version = basis.rpartition("@")
    kind, _, key = slot.partition(":")
    found = (
        ReferenceRow.objects.filter(release__version=version, kind=kind, key=key)
        .values_list("kind", "key", "body", "status", "source", "reason", "withdrawn")
        .first()
    )
    return None if found is None else Row(*found)


def rows_that_judged(bases: Iterable[str]) -> dict[str, Row]:
    """:func:`row_that_judged` for several, leaving out what is not found."""
    return {basis: row for basis in bases if (row := row_that_judged(basis)) is not None}
