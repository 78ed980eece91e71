"""What happened in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from laras.core.journal import Event
from laras.core.words import name_events


@dataclass(frozen=True)
class ReleasePublished(Event):
    """An organisation published a release of its own layer. ``changes`` are ``kind:key``, with ``-`` before
    a row that was withdrawn; ``digest`` is that of the rows."""

    name: ClassVar[str] = "catalogue.release_published"
    release: UUID
    release_version: str
    layer: str
    digest: str
    reason: str
    changes: tuple[str, ...]


name_events({ReleasePublished.name: _("Rilis katalog %(release_version)s terbit")})
