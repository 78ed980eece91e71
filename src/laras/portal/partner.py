"""What a partner sees: the orders of its own institution, where their specimens are, what was reported of them.

Everything here takes the clients for whom the account speaks now; without one there is nothing to see. Values of results are
never read: they leave the laboratory in a released report only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from laras.catalogue import queries as catalogues
from laras.core import clock
from laras.core.actor import Actor
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.orders import for_partners as orders
from laras.orders.for_partners import PartnerRow
from laras.orders.queries import OrderDetail, OrderFilter, subject_of
from laras.orders.states import REFUSAL_REASONS
from laras.partners import queries as partners
from laras.partners.states import BOOKING
from laras.referral import for_partners as referral
from laras.referral.types import Journey
from laras.reports import for_partners as reports
from laras.resources import queries as resources
from laras.resources.types import Offer

RIGHT = "portal.partner"
LINES = 8
FRESH = timedelta(days=14)
"""So long a released report stands among the new ones."""

AWAY = {
    "receive": gettext_lazy("Dikirim ke %(next)s, belum diterima di sana"),
    "perform": gettext_lazy("Dikerjakan di %(holder)s"),
    "refer_again": gettext_lazy("Ditolak laboratorium rujukan; dirujuk ulang dari %(holder)s"),
    "return": gettext_lazy("Selesai di %(holder)s, hasil dalam perjalanan kembali"),
    "report": gettext_lazy("Hasil rujukan sudah kembali, menunggu LHU"),
    "done": gettext_lazy("Selesai"),
}
HERE = {
    "received": (gettext_lazy("%(n)d sampel di laboratorium"), "active"),
    "collected": (gettext_lazy("%(n)d sampel menuju laboratorium"), "waiting"),
    "expected": (gettext_lazy("%(n)d sampel belum diambil"), "waiting"),
}
AWAY_TONES = {"receive": "waiting", "refer_again": "danger", "report": "active", "done": "done"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where some of an order's samples are, in words, with the tone of its mark; ``note`` says why or which."""

    text: str
    tone: str = "active"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One order of a list and where its specimens are."""

    order: Any
    subject: str
    tests: tuple[str, ...]
    places: tuple[Place, ...]

    @property
    def problem(self) -> bool:
        return any(place.tone == "danger" for place in self.places)


def clients_of(scope: Scope, actor: Actor) -> list[Any]:
    """The clients for whom this account speaks at the scope's laboratory, by name."""
    return partners.clients_of_user(scope, actor.user_id)


def refusal_text(sample: Any) -> str:
    """Why a sample was refused, with what was written beside it."""
    reason = str(REFUSAL_REASONS.get(sample.refusal, sample.refusal))
    return f"{reason}: {sample.refusal_note}" if sample.refusal_note else reason


def places(order: Any, samples: Sequence[Any], journeys: Iterable[Journey] = ()) -> tuple[Place, ...]:
    """Where the samples of an order are: what is wrong first, then what is away, then what is here."""
    if order.status in ("cancelled", "reported"):
        return ()
    journeys = list(journeys)
    away = {number for way in journeys if way.where.next not in ("report", "done") for number in way.samples}
    replaced = {sample.replaces_id for sample in samples if sample.status in ("collected", "received")}
    found = [
        Place(_("Sampel %(number)s ditolak") % {"number": sample.number}, "danger", refusal_text(sample))
        for sample in samples
        if sample.status == "refused" and sample.id not in replaced
    ]
    for way in journeys:
        where = way.where
        names = {"holder": where.name or where.lab, "next": where.next_name or where.next_lab}
        text = str(AWAY[where.next]) % names
        found.append(Place(text, AWAY_TONES.get(where.next, "active"), ", ".join(way.samples)))
    for status, (words, tone) in HERE.items():
        here = [row for row in samples if row.status == status and not (status == "received" and row.number in away)]
        if here:
            found.append(Place(str(words) % {"n": len(here)}, tone))
    return tuple(found)


def lines(scope: Scope, owner: Owner, rows: Sequence[PartnerRow]) -> list[Line]:
    """The rows of a list with where their specimens are; one query for the whole page."""
    ways = referral.sent_on(scope, owner, [row.order for row in rows]) if rows else {}
    return [
        Line(row.order, row.subject, row.tests, places(row.order, row.samples, ways.get(row.order.id, ())))
        for row in rows
    ]


def order_lines(
    scope: Scope,
    owner: Owner,
    client_ids: Sequence[UUID],
    wanted: OrderFilter | None = None,
    *,
    open_only: bool = False,
    after: str = "",
    limit: int = 50,
) -> tuple[list[Line], str]:
    """A page of the clients' orders, newest first, and the cursor of the next."""
    rows, following = orders.orders_of(scope, client_ids, wanted, open_only=open_only, after=after, limit=limit)
    return lines(scope, owner, rows), following


def progress(order: Any) -> list[tuple[str, str]]:
    """The order's way as steps; none for a cancelled one."""
    now = {"registered": 1, "working": 2, "reported": 4}.get(order.status)
    if now is None:
        return []
    names = (_("Terdaftar"), _("Sampel diterima"), _("Dikerjakan"), _("LHU terbit"))
    return [(name, "done" if n < now else "now" if n == now else "next") for n, name in enumerate(names)]


CUSTODY = {
    "collected": gettext_lazy("Sampel %(number)s diambil"),
    "received": gettext_lazy("Sampel %(number)s diterima laboratorium"),
    "refused": gettext_lazy("Sampel %(number)s ditolak"),
    "returned": gettext_lazy("Sampel %(number)s dikembalikan"),
}


def timeline(detail: OrderDetail, released: Iterable[Any]) -> list[dict[str, Any]]:
    """What happened here to the order, oldest first, as items of ``{% timeline %}``; without the names of staff."""
    items: list[dict[str, Any]] = [{"at": detail.order.registered_at, "text": _("Terdaftar di laboratorium")}]
    by_id = {sample.id: sample for sample in detail.samples}
    for link in detail.custody:
        if link.action in CUSTODY and (sample := by_id.get(link.sample_id)):
            refused = link.action == "refused"
            items.append(
                {
                    "at": link.at,
                    "text": str(CUSTODY[link.action]) % {"number": sample.number},
                    "note": refusal_text(sample) if refused else "",
                    "tone": "danger" if refused else "",
                }
            )
    items += [
        {
            "at": report.released_at,
            "text": _("LHU %(number)s versi %(version)d terbit") % {"number": report.number, "version": report.version},
        }
        for report in released
    ]
    return sorted(items, key=lambda item: item["at"])


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One test that the laboratory offers, as a client reads it. ``price`` in whole rupiah, None: ask."""

    offer: Offer
    name: str
    subject: str
    specimen: str


def price_list(owner_id: UUID, *, text: str = "", subject: str = "") -> list[PriceRow]:
    """What the laboratory can do, by name; ``text`` is part of a name, or the beginning of a code."""
    known = catalogues.effective(owner_id).tests
    wanted = text.strip().casefold()
    rows = []
    for offer in resources.capabilities_of(owner_id):
        test = known.get(offer.test_code)
        if test is None or (subject and test.subject != subject):
            continue
        names = (test.name.casefold(), test.name_en.casefold())
        if wanted and not (any(wanted in name for name in names) or test.code.casefold().startswith(wanted)):
            continue
        rows.append(PriceRow(offer, test.name, test.subject, test.specimen))
    return sorted(rows, key=lambda row: (row.name.casefold(), row.offer.method))


def home(request: HttpRequest) -> dict[str, Any]:
    """The first page of a partner: what is wrong, what is under way and where, what came out lately, who comes when."""
    scope, owner = request.scope, request.owner
    clients = clients_of(scope, request.actor)
    if not clients:
        return {"clients": []}
    ids = [client.id for client in clients]
    now = clock.now()
    under_way, _following = order_lines(scope, owner, ids, open_only=True, limit=LINES)
    valid = reports.reports_of(scope, ids, valid_only=True)
    released = valid.select_related("order", "order__patient", "order__site").order_by("-released_at", "-id")
    refused = orders.refused_of(scope, ids)
    return {
        "clients": clients,
        "counts": orders.counts_of(scope, ids, since=now - timedelta(days=30)),
        "lines": under_way,
        "fresh": valid.filter(released_at__gte=now - FRESH).count(),
        "released": [(report, subject_of(report.order)) for report in released[:LINES]],
        "refused": [(sample, subject_of(sample.order), refusal_text(sample)) for sample in refused],
        "bookings": list(partners.bookings(scope, client_ids=ids, open_only=True).order_by("wanted_on", "id")[:5]),
        "BOOKING": BOOKING,
    }
