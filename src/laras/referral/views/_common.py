"""What both sides of a referral show alike."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from laras.core.models import StaffPerson
from laras.referral.models import PaperAnswer

PAGE = 50
LATELY = timedelta(days=14)
"""What ended without a result stays on the first page for so long; afterwards it is in the list of all."""


def with_names(rows: Iterable[PaperAnswer]) -> list[tuple[PaperAnswer, str, str]]:
    """Answers on paper with who entered and who decided them; one query for the names."""
    rows = list(rows)
    ids = {key for row in rows for key in (row.entered_by, row.decided_by) if key}
    people = {person.id: str(person) for person in StaffPerson.objects.filter(id__in=ids)} if ids else {}
    return [(row, people.get(row.entered_by, ""), people.get(row.decided_by, "")) for row in rows]
