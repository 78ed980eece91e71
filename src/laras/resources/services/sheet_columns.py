"""What a sender means by the headings of a sheet, remembered so that the next sheet is understood at once."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import journal, sheets
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.network.rules import tidy
from laras.resources import sheet
from laras.resources.events import ColumnsRemembered
from laras.resources.labels import SHEET_COLUMNS
from laras.resources.models import SheetColumn
from laras.resources.services import permits_import, registers_import
from laras.resources.services.equipment import MANAGE

MAX_HEADING = 120


def headings_of(kind: str, content: bytes) -> dict[str, str]:
    """Heading of the sheet -> the column that it is known for, empty where nobody knows. None for what cannot be read."""
    records, wrong = sheets.read_records(content, max_rows=sheet.MAX_ROWS)
    if wrong or not records:
        return {}
    layouts = {"permits": permits_import.LAYOUT, **registers_import.LAYOUTS}
    known = sheet.column_of if kind == "equipment" else layouts[kind].column_of
    return {heading: known(heading) or "" for cell in records[0][1] if 0 < len(heading := tidy(cell)) <= MAX_HEADING}


@use_case
def remember_columns(actor: Actor, *, owner_id: UUID, kind: str, columns: Mapping[str, str]) -> None:
    """Keep ``columns``: heading -> our column; an empty column forgets the heading. Others stay remembered."""
    actor.require(MANAGE, owner_id)
    for heading, column in columns.items():
        if column and column not in SHEET_COLUMNS[kind]:
            message = _("Kolom “%(column)s” di peta kolom tidak dikenal.") % {"column": column[:40]}
            raise Refused(message, problems=[Problem("map", message)])
        if not 0 < len(heading) <= MAX_HEADING:
            raise Refused(_("Judul kolom paling banyak %(n)d huruf.") % {"n": MAX_HEADING})
    rows = (
        SheetColumn.objects.within(Scope.of(owner_id)).select_for_update().filter(kind=kind, heading__in=list(columns))
    )
    held = {row.heading: row for row in rows}
    changes = {
        heading: column
        for heading, column in columns.items()
        if column != (held[heading].column if heading in held else "")
    }
    for heading, column in changes.items():
        row = held.get(heading) or SheetColumn(owner_id=owner_id, kind=kind, heading=heading)
        row.column = column
        if column:
            row.save(force_insert=heading not in held)
        else:
            row.delete()
    if changes:
        journal.record(actor, owner=owner_id, event=ColumnsRemembered(kind, changes), subject=owner_id)
