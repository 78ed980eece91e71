"""Journeys and lists as pages show them: codes turned into words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.catalogue import queries as catalogues
from laras.catalogue.words import name_of
from laras.referral.messages import FINDING_LABELS, NEXT_LABELS, REFUSAL_LABELS, REPORT_LABELS, STEP_LABELS
from laras.referral.rules import CARRIED
from laras.referral.rules.boxes import REFUSING
from laras.referral.types import Journey, JourneyStep

_TONES = {"refused": "danger", "withdrawn": "waiting", "excursion": "waiting"}


@dataclass(frozen=True, slots=True)
class Way:
    """One line of a specimen for a page: its tests, where it is in words, and the items of ``{% timeline %}``."""

    tests: str
    samples: tuple[str, ...]
    where: str
    holder: str
    since: Any
    items: list[dict[str, Any]]


def ways(owner_id: UUID, journeys: Iterable[Journey], *, hands: bool = True) -> list[Way]:
    """The journeys in words, with the coming station behind the last one. ``hands``: with what its boxes went through, and in
    whose hands; a client of the laboratory is shown the stations only."""
    names = catalogues.effective(owner_id).tests
    found = []
    for journey in journeys:
        where = journey.where
        following = str(NEXT_LABELS[where.next]) % {"lab": where.next_name or where.next_lab}
        items = [_item(step) for step in journey.steps if hands or step.what not in CARRIED]
        if where.next != "done":
            items.append({"text": following[:1].upper() + following[1:], "state": "next"})
        if items and where.next != "done":
            items[-2]["state"] = "now"
        found.append(
            Way(
                tests=", ".join(name_of(names[test]) if test in names else test for test in journey.tests),
                samples=tuple(journey.samples),
                where=following,
                holder=_("%(who)s (kurir)") % {"who": where.hand}
                if hands and where.hand
                else _lab(where.name or where.lab, where.tier),
                since=where.since,
                items=items,
            )
        )
    return found


def _item(step: JourneyStep) -> dict[str, Any]:
    text = str(STEP_LABELS[step.what]) % {
        "to": step.to_name or step.to_lab,
        "who": step.who,
        "celsius": str(step.celsius).replace(".", ","),
        "minutes": step.minutes or 0,
    }
    if step.what in ("reported", "returned") and step.status:
        text = f"{text}: {REPORT_LABELS.get(step.status, step.status)}"
    finding = str(FINDING_LABELS.get(step.status, "")) if step.what == "compared" else ""
    note = str(REFUSAL_LABELS.get(step.note, step.note))
    # Into whose hands it went stands in the text; who signed for it on arrival, beside the time.
    signed = step.who if step.what in ("arrived", "compared") else ""
    return {
        "at": step.at,
        "text": text,
        "where": " · ".join(filter(None, (_lab(step.name or step.lab, step.tier), step.place))),
        "who": " · ".join(filter(None, (step.box or step.number, signed))),
        "note": ": ".join(filter(None, (finding, note))),
        "tone": _tone(step),
        "state": "done",
    }


def _tone(step: JourneyStep) -> str:
    if step.status in REFUSING or step.status == "withdrawn":
        return "danger"
    return _TONES.get(step.what, "")


def _lab(name: str, tier: int | None) -> str:
    return _("%(lab)s (tingkat %(tier)d)") % {"lab": name, "tier": tier} if tier else name
