"""What was measured at the site is the result of the test that asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from laras.bench import rules
from laras.bench.services.entering import Batch
from laras.bench.types import Entry
from laras.core import clock
from laras.core.actor import Actor
from laras.core.models import Owner
from laras.core.printing.formats import moment_text
from laras.orders.types import FieldReading


def enter_readings(actor: Actor, owner_id: UUID, readings: Mapping[UUID, FieldReading]) -> None:
    """Enter readings as the values of these waiting results (result -> reading), inside the unit that opened them.

    A value is of the person who wrote it down, so two others verify and validate it. Who measured, when and where goes
    to the value and onto the report. A reading that the test does not take stays on the worklist for a person.
    """
    if not readings:
        return
    zone = Owner.objects.values_list("zone", flat=True).get(id=owner_id)
    for person in {reading.noted_by for reading in readings.values()}:
        entries = [
            Entry(key, reading.text.replace(".", ","), note=rules.fit(where, 240), comment=where, decimal_mark=",")
            for key, reading in readings.items()
            if reading.noted_by == person
            for where in [_taken(reading, zone)]
        ]
        batch = Batch(actor, owner_id, entries, person=person, why="field")
        batch.read(strict=False)
        batch.save()


def _taken(reading: FieldReading, zone: str) -> str:
    """Printed on the report, so in Indonesian whatever the screen speaks."""
    with translation.override("id"):
        said = _("Diukur di lapangan oleh %(who)s") % {"who": reading.taken_by} if reading.taken_by else ""
        when = moment_text(reading.taken_at, clock.ZONES.get(zone, "WIB")) if reading.taken_at else ""
        return " · ".join(part for part in (said or _("Diukur di lapangan"), when, reading.place) if part)
