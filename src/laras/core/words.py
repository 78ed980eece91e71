"""Events of the journal in the words of the screen.

Each module names its own events once, when its app starts::

    from laras.core.words import name_events
    name_events({"orders.sample_received": _("Sampel diterima")})

A sentence may take the payload's fields: ``_("Status menjadi %(status)s")``; a sentence whose fields an older payload lacks is
shown without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Sentence = str | Callable[[Mapping[str, Any]], str]

EVENT_WORDS: dict[str, Sentence] = {}
EVENT_TONES: dict[str, str] = {}


def name_events(words: Mapping[str, Sentence], tones: Mapping[str, str] | None = None) -> None:
    """Add a module's events: name -> sentence (lazy text with ``%(field)s``, or a function of the payload)."""
    EVENT_WORDS.update(words)
    EVENT_TONES.update(tones or {})


class _Payload(dict[str, Any]):
    """A payload whose missing fields show as dots: older entries and the audit page's list of kinds lack them."""

    def __missing__(self, key: str) -> str:
        return "…"


def sentence(event: str, payload: Mapping[str, Any]) -> str:
    """The event in words; an unnamed one shows its name, so that nothing is hidden."""
    words = EVENT_WORDS.get(event)
    if words is None:
        return event
    if callable(words):
        try:
            return str(words(_Payload(payload)))
        except (KeyError, TypeError, ValueError, AttributeError):
            return event
    text = str(words)
    try:
        return text % payload if "%(" in text else text
    except (KeyError, TypeError, ValueError):
        return text.partition("%(")[0].rstrip(" :,(“")


def told(lines: Iterable[Any]) -> list[dict[str, Any]]:
    """Journal lines as items of a timeline; one query names all persons."""
    from laras.core.models import StaffPerson

    lines = list(lines)
    names = {
        person.id: str(person)
        for person in StaffPerson.objects.filter(id__in={line.person_id for line in lines if line.person_id})
    }
    return [
        {
            "at": line.occurred_at,
            "text": sentence(line.event, line.payload),
            "who": names.get(line.person_id) or _device(line.device),
            "note": line.payload.get("reason") or "",
            "tone": EVENT_TONES.get(line.event, ""),
            "state": "done",
        }
        for line in lines
    ]


def _device(device: str) -> str:
    from django.utils.translation import gettext as _

    kind, _sep, name = device.partition(":")
    if kind == "api":
        return _("lewat API %(name)s") % {"name": name}
    return _("Sistem")
