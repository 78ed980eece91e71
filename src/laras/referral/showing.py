"""Journeys and lists as pages show them: codes turned into words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.catalogue import queries as catalogues
from laras.catalogue.words import name_of
from laras.referral.messages import NEXT_LABELS, REFUSAL_LABELS, STEP_LABELS
from laras.referral.types import Journey, JourneyStep

_TONES = {"refused": "danger", "withdrawn": "waiting"}


@dataclass(frozen=True, slots=True)
class Way:
    """One line of a specimen for a page: its tests, where it is in words, and the items of ``{% timeline %}``."""

    tests: str
    samples: tuple[str, ...]
    where: str
    holder: str
    since: Any
    items: list[dict[str, Any]]


def ways(owner_id: UUID, journeys: Iterable[Journey]) -> list[Way]:
    """The journeys in words, with the coming station behind the last one."""
    names = catalogues.effective(owner_id).tests
    found = []
    for journey in journeys:
        where = journey.where
        following = str(NEXT_LABELS[where.next]) % {"lab": where.next_name or where.next_lab}
        items = [_item(step) for step in journey.steps]
        if where.next != "done":
            items.append({"text": following[:1].upper() + following[1:], "state": "next"})
        if items and where.next != "done":
            items[-2]["state"] = "now"
        found.append(
            Way(
                tests=", ".join(name_of(names[test]) if test in names else test for test in journey.tests),
                samples=tuple(journey.samples),
                where=following,
                holder=_lab(where.name or where.lab, where.tier),
                since=where.since,
                items=items,
            )
        )
    return found


def _item(step: JourneyStep) -> dict[str, Any]:
    text = str(STEP_LABELS[step.what]) % {"to": step.to_name or step.to_lab}
    return {
        "at": step.at,
        "text": text,
        "where": _lab(step.name or step.lab, step.tier),
        "who": step.number,
        "note": str(REFUSAL_LABELS.get(step.note, step.note)),
        "tone": _TONES.get(step.what, ""),
        "state": "done",
    }


def _lab(name: str, tier: int | None) -> str:
    return _("%(lab)s (tingkat %(tier)d)") % {"lab": name, "tier": tier} if tier else name
