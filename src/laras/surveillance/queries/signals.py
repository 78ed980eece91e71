"""Signals with what they rest on."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import Case as When_
from django.db.models import IntegerField, QuerySet, Value, When

from laras.core.models import StaffPerson
from laras.core.scope import Scope, get_or_404
from laras.surveillance.models import Band, Signal

_URGENCY = When_(
    When(status="new", then=Value(0)),
    When(status="watched", then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


def signals(scope: Scope, *, status: str = "", disease: str = "", since: date | None = None) -> QuerySet[Signal]:
    """Signals, those that nobody decided on first, then the newest."""
    rows = Signal.objects.within(scope).select_related("owner", "outbreak")
    if status:
        rows = rows.filter(status=status)
    if disease:
        rows = rows.filter(disease=disease)
    if since:
        rows = rows.filter(week__gte=since)
    return rows.order_by(_URGENCY, "-week", "disease", "id")


def get_signal(scope: Scope, signal_id: UUID) -> Signal:
    """Raises NotFound."""
    row: Signal = get_or_404(Signal.objects.within(scope).select_related("owner", "outbreak"), id=signal_id)
    return row


def criteria_of(signal: Signal) -> list[str]:
    """The legal criteria that the signal's week meets, by their keys."""
    bands = Band.objects.within(Scope.of(signal.owner_id)).filter(disease=signal.disease, week=signal.week)
    return list(bands.values_list("criteria", flat=True).first() or ())


def person_name(person_id: UUID | None) -> str:
    """Who decided; empty for nobody."""
    found = StaffPerson.objects.filter(id=person_id).first() if person_id else None
    return str(found) if found else ""
