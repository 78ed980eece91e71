"""Where clients are, asked of the directory of areas.

The directory is a neighbour of this module, so it is named as a string, as a foreign key names its table: the setting
`LARAS_AREAS` is a module with `areas(search=...)` and `area_label(area_id)`.
"""

from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings

LIMIT = 8


def _directory() -> Any:
    return import_module(getattr(settings, "LARAS_AREAS", "laras.network.queries"))


def area_label(area_id: UUID | None) -> str:
    """The area with all it lies in, nearest first; empty without one."""
    return str(_directory().area_label(area_id)) if area_id else ""


def find_areas(text: str) -> list[tuple[UUID, str]]:
    """The first areas whose name or code is like `text`, with their labels."""
    text = text.strip()
    if len(text) < 3:
        return []
    return [(row.area_id, area_label(row.area_id)) for row in _directory().areas(search=text)[:LIMIT]]
