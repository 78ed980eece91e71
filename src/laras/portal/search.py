"""Search over modules: numbers first, then people, then the directory. Each part asks only those who may read it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.core.models import Owner
from laras.orders import for_partners
from laras.orders import queries as orders
from laras.partners import queries as partners
from laras.people import queries as people
from laras.portal.partner import clients_of
from laras.referral import queries as referral
from laras.reports import queries as reports

LIMIT = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. ``exact``: its number or NIK is what was typed, so it may be opened at once."""

    kind: str
    label: str
    note: str
    url: str
    icon: str
    exact: bool = False


def search(request: HttpRequest, text: str) -> list[Hit]:
    """Everything in this organisation that the text names, best first."""
    actor, owner, scope = request.actor, request.owner, request.scope
    # A scanner may send control characters, and PostgreSQL stores no NUL: nothing is named by them.
    text = "".join(letter for letter in text if letter.isprintable()).strip()
    if not text:
        return []
    hits: list[Hit] = []
    if actor.can("orders.read", owner.id):
        for found in orders.find_by_number(scope, text):
            kind = _("Sampel") if found.kind == "sample" else _("Permintaan")
            icon = "vial" if found.kind == "sample" else "order"
            url = reverse("orders:detail", args=[found.order_id])
            hits.append(Hit(kind, found.number, found.external_number, url, icon, exact=True))
    if actor.can("reports.read", owner.id) and "-" in text:
        for report in reports.reports(scope, number=text).order_by("-version")[:5]:
            label = f"{report.number} v{report.version}"
            url = reverse("reports:detail", args=[report.id])
            note = str(report.get_status_display())
            hits.append(Hit(_("LHU"), label, note, url, "report", exact=report.number == text.upper()))
    if actor.can("referral.read", owner.id) and "-" in text:
        hits += [
            Hit(
                _("Rujukan masuk"),
                found.number,
                found.sender.name,
                reverse("referral:incoming_referral", args=[found.id]),
                "truck",
                exact=found.number == text.upper(),
            )
            for found in referral.find_by_number(scope, text)
        ]
        hits += [
            Hit(
                _("Rujukan keluar"),
                sent.number,
                sent.recipient.name,
                reverse("referral:outgoing_referral", args=[sent.id]),
                "truck",
                exact=True,
            )
            for sent in referral.outgoing(scope).filter(number=text.upper()).select_related("recipient")[:5]
        ]
    if actor.can("partners.answer_booking", owner.id) and "-K" in text.upper():
        hits += [
            Hit(
                _("Kunjungan"),
                row.number,
                row.client.name,
                reverse("portal:booking", args=[row.id]),
                "truck",
                exact=True,
            )
            for row in partners.bookings(scope).filter(number=text.upper())[:1]
        ]
    if hits and any(hit.exact for hit in hits):
        return _unique(hits)
    if actor.can("portal.partner", owner.id):
        hits += partner_hits(request, text)
    if actor.can("people.read", owner.id):
        for patient in people.search(scope, text, limit=LIMIT).patients:
            url = reverse("people:patient", args=[patient.id])
            exact = text in (patient.nik, patient.mrn)
            hits.append(Hit(_("Pasien"), patient.full_name, patient.mrn, url, "patient", exact=exact))
    if actor.can("partners.read", owner.id):
        for client in partners.search(scope, text, limit=5).clients:
            url = reverse("partners:client", args=[client.id])
            hits.append(Hit(_("Pengirim"), client.name, client.code, url, "partner"))
    for lab in Owner.objects.filter(closed=False, code__iexact=text) | Owner.objects.filter(
        closed=False, name__icontains=text
    ):
        if len(hits) >= LIMIT * 2:
            break
        url = reverse("network:organisation", args=[lab.id])
        hits.append(Hit(_("Lembaga"), lab.name, lab.code, url, "network"))
    return _unique(hits)


def partner_hits(request: HttpRequest, text: str) -> list[Hit]:
    """What a partner's own orders have of this name or number."""
    ids = [client.id for client in clients_of(request.scope, request.actor)]
    wanted = text.upper()
    return [
        Hit(
            _("Permintaan kami"),
            row.order.number,
            row.subject,
            reverse("portal:partner_order", args=[row.order.id]),
            "order",
            exact=wanted in {row.order.number, *(sample.number for sample in row.samples)},
        )
        for row in for_partners.found_by(request.scope, ids, text, limit=LIMIT)
    ]


def _unique(hits: list[Hit]) -> list[Hit]:
    return list({(hit.url, hit.kind): hit for hit in hits}.values())
