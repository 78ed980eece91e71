"""What an order's page tells of the past and the near future: who has the samples, since when, what comes next; and its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from laras.core.words import told
from laras.orders.models import Custody, Sample
from laras.orders.queries import OrderDetail

CUSTODY_WORDS = {
    "collected": gettext_lazy("Diambil"),
    "handed": gettext_lazy("Diserahkan"),
    "received": gettext_lazy("Diterima"),
    "refused": gettext_lazy("Ditolak"),
    "stored": gettext_lazy("Disimpan"),
    "sent": gettext_lazy("Dikirim"),
    "returned": gettext_lazy("Dikembalikan"),
    "disposed": gettext_lazy("Dimusnahkan"),
}
MANY = 3
"""From so many entries of one kind, by one person, in one minute, a history shows them as one line."""


def journeys(found: OrderDetail) -> list[dict[str, Any]]:
    """One line for samples that travelled together: ``numbers``, ``holder``, ``since``, ``next`` and the ``items`` of a timeline."""
    chains: dict[tuple[Any, ...], list[Sample]] = {}
    for sample in found.samples:
        if sample.status == "cancelled":
            continue
        chains.setdefault((sample.status, *map(_same, found.custody_of(sample))), []).append(sample)
    return [_journey(found, samples, found.custody_of(samples[0])) for samples in chains.values()]


def _same(link: Custody) -> tuple[Any, ...]:
    return link.action, link.at.replace(second=0, microsecond=0), link.person_name, link.place, link.note


def _journey(found: OrderDetail, samples: Sequence[Sample], links: Sequence[Custody]) -> dict[str, Any]:
    order, last = found.order, links[-1] if links else None
    coming = _coming(found, samples[0].status, last)
    items: list[dict[str, Any]] = [
        {
            "at": link.at,
            "text": CUSTODY_WORDS[link.action],
            "who": link.person_name,
            "where": link.place,
            "note": link.note,
            "tone": "danger" if link.action == "refused" else "",
        }
        for link in links
    ]
    registered = {"at": order.registered_at, "text": _("Terdaftar"), "where": order.owner.name}
    # What was taken at the bedside was often taken before anybody registered it.
    items.insert(sum(link.at < order.registered_at for link in links), registered)
    items[-1]["state"] = "now" if coming else "done"
    items += [{"text": text, "state": "next"} for text in coming]
    return {
        "numbers": [sample.number for sample in samples],
        "holder": _holder(found, last),
        "since": last.at if last else order.registered_at,
        "next": coming[0] if coming else "",
        "items": items,
    }


def _holder(found: OrderDetail, last: Custody | None) -> str:
    if last is None:
        return _("Belum diambil dari %(subject)s") % {"subject": found.subject}
    if last.action == "disposed":
        return _("Sudah dimusnahkan")
    if last.action == "sent":
        return _("Dikirim ke %(place)s") % {"place": last.place or last.person_name}
    if last.action == "stored":
        return last.place or last.person_name
    return ", ".join(filter(None, [last.person_name, last.place])) or found.order.owner.name


def _coming(found: OrderDetail, status: str, last: Custody | None) -> list[str]:
    """The stations that are still to come, as far as this laboratory can know them."""
    if found.order.status in ("reported", "cancelled") or status in ("refused", "disposed"):
        return []
    if last is not None and last.action == "sent":
        # Where it is now is told by its referral.
        return []
    taken = [_("Diambil")] if status == "expected" else []
    brought = [] if status == "received" else [_("Diterima laboratorium")]
    return [*taken, *brought, _("Hasil dan LHU")]


def history_items(lines: Iterable[Any]) -> list[dict[str, Any]]:
    """The journal in words; the same act on many tests in one minute is one line with the others in ``more``."""
    lines = list(lines)
    items: list[dict[str, Any]] = []
    for _key, group in groupby(zip(lines, told(lines), strict=True), key=_act):
        rows = [item for _line, item in group]
        items += rows if len(rows) < MANY else [rows[0] | {"more": [row["text"] for row in rows[1:]]}]
    return items


def _act(pair: tuple[Any, Mapping[str, Any]]) -> tuple[Any, ...]:
    line, item = pair
    return line.event, item["who"], item["note"], line.occurred_at.replace(second=0, microsecond=0)
