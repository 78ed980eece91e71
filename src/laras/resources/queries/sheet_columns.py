"""Reading of what headings of sheets mean to an organisation."""

from __future__ import annotations

from uuid import UUID

from laras.core.scope import Scope
from laras.resources.models import SheetColumn


def remembered_columns(owner_id: UUID, kind: str) -> dict[str, str]:
    """Heading, as it was written -> our column, for the sheets of a kind."""
    rows = SheetColumn.objects.within(Scope.of(owner_id)).filter(kind=kind)
    return dict(rows.values_list("heading", "column"))
