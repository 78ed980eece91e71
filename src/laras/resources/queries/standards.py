"""Reading of standards: open reference data, so without a scope."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from laras.core import clock
from laras.core.errors import NotFound, Refused
from laras.resources.models import Standard, StandardItem
from laras.resources.rules import COLUMNS
from laras.resources.types import Item, StandardInfo

# A version never changes once it is in, so a process remembers it by its key.
_memory: dict[object, StandardInfo] = {}


def standards() -> list[Standard]:
    """All versions, the newest first."""
    return list(Standard.objects.order_by("-valid_from", "-version"))


def standard(version: str = "", on: date | None = None) -> StandardInfo:
    """The named version, or the one in force on a day (today).

    Raises :class:`NotFound` for an unknown version, :class:`Refused` when none was in force yet.
    """
    rows = Standard.objects.all()
    if version:
        row = rows.filter(version=version).first()
        if row is None:
            raise NotFound(_("Standar “%(version)s” tidak dikenal.") % {"version": version})
    else:
        day = on or clock.today()
        row = rows.filter(valid_from__lte=day).order_by("-valid_from", "-version").first()
        if row is None:
            raise Refused(
                _("Belum ada standar yang berlaku pada %(day)s. Sebut versinya untuk menilai dengan standar lain.")
                % {"day": day.isoformat()}
            )
    known = _memory.get(row.id)
    if known is None:
        known = StandardInfo(
            row.version, row.title, row.valid_from, row.source, row.status, row.note, tuple(_items(row))
        )
        _memory[row.id] = known
    return known


def _items(row: Standard) -> list[Item]:
    return [
        Item(
            one.code,
            one.category,
            one.name,
            {column: getattr(one, column) for column in COLUMNS},
            tuple(one.aliases),
            one.kind,
        )
        for one in StandardItem.objects.filter(standard=row).order_by("position")
    ]


def equipment_items(info: StandardInfo) -> list[Item]:
    """The items of equipment of a standard, in its order."""
    return [item for item in info.items if item.kind == "equipment"]
