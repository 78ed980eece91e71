"""What referral shows on pages of the floors below: the way of the specimens on the order's page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from laras.core.words import Sentence, name_events
from laras.referral import queries
from laras.referral.showing import ways
from laras.referral.states import INCOMING, OUTGOING

AGREEMENT_WORDS = {
    "proposed": _("Perjanjian %(number)s diusulkan"),
    "withdrawn": _("Usulan perjanjian %(number)s ditarik"),
    "accepted": _("Perjanjian %(number)s disetujui"),
    "refused": _("Perjanjian %(number)s tidak disetujui"),
    "ended": _("Perjanjian %(number)s diakhiri"),
}
WORDS: dict[str, Sentence] = {
    "referral.sent": _("Dirujuk dengan nomor %(number)s"),
    "referral.cancelled": _("Pembatalan rujukan %(number)s diminta"),
    "referral.accepted": _("Rujukan %(number)s diterima"),
    "referral.refused": _("Rujukan %(number)s ditolak"),
    "referral.withdrawn": _("Rujukan %(number)s dibatalkan pengirim"),
    "referral.resulted": _("Hasil rujukan %(number)s dikirim ke pengirim"),
    "referral.moved": _("Perjalanan rujukan %(number)s diberitahukan ke pengirim"),
    "referral.announced": _("Rujukan %(number)s diberitakan"),
    "referral.answer_taken": _("Jawaban laboratorium rujukan diterima"),
    "referral.cancellation_seen": _("Pembatalan rujukan %(number)s dibaca"),
    "referral.message_unreadable": _("Pesan rujukan tidak dapat dibaca"),
    "referral.result_not_taken": _("Hasil rujukan belum dapat diambil"),
    "referral.identifier_noted": _("Nomor dari sistem lain dicatat"),
    "referral.box_sent": _("Kotak %(number)s diserahkan"),
    "referral.box_answered": _("Kotak %(number)s dijawab ke pengirim"),
    "referral.box_logged": _("Catatan suhu kotak %(number)s disimpan"),
    "referral.box_log_answered": _("Catatan suhu kotak %(number)s disimpan dan diberitahukan ke pengirim"),
    "referral.box_noted": _("Kotak %(number)s dicatat"),
    "referral.paper_partner_noted": _("Laboratorium tanpa sistem dicatat"),
    "referral.paper_answer_noted": _("Jawaban rujukan %(number)s di atas kertas dicatat"),
    "referral.agreement_told": lambda payload: AGREEMENT_WORDS.get(payload["what"], "%(number)s") % payload,
    "referral.agreement_heard": _("Jawaban laboratorium lain tentang perjanjian %(number)s dibaca"),
    "referral.demand_noted": _("Permintaan penjamin dicatat"),
    "referral.entries_booked": _("Rujukan %(number)s masuk perhitungan: %(entries)s pemeriksaan"),
    "referral.entries_settled": lambda payload: (
        (_("%(entries)s baris ditandai lunas %(number)s") if payload["settled"] else _("%(entries)s baris dibuka lagi"))
        % payload
    ),
    "referral.entry_objected": lambda payload: (
        (
            _("Keberatan atas rujukan %(number)s ditarik")
            if payload["taken_back"]
            else _("Keberatan atas rujukan %(number)s")
        )
        % payload
    ),
    "referral.objection_heard": lambda payload: (
        _("Keberatan laboratorium lain ditarik") if payload["taken_back"] else _("Laboratorium lain berkeberatan")
    ),
    "referral.pickup_added": _("Jadwal penjemputan ditambah: jam %(at)s"),
    "referral.pickup_removed": _("Jadwal penjemputan dihapus: jam %(at)s"),
}
TONES = {
    "referral.refused": "danger",
    "referral.message_unreadable": "danger",
    "referral.result_not_taken": "danger",
    "referral.cancelled": "waiting",
    "referral.entry_objected": "waiting",
    "referral.objection_heard": "waiting",
}


def order_journey(request: HttpRequest, found: Any) -> str:
    """The order's referrals and where its specimens are; nothing for an order that never travelled."""
    if not request.actor.can("referral.read", request.owner.id):
        return ""
    order = found.order
    sent = list(queries.outgoing(request.scope).filter(order_id=order.id).order_by("sent_at"))
    came = queries.incoming_of_order(request.scope, order.id)
    if not sent and came is None:
        return ""
    context = {
        "sent": sent,
        "came": came,
        "ways": ways(request.owner.id, queries.journey(request.scope, order.id)),
        "OUTGOING": OUTGOING,
        "INCOMING": INCOMING,
    }
    return render_to_string("referral/_order_panel.html", context, request=request)


def install() -> None:
    """Called once, when the app starts."""
    from laras.orders.services import GUARDS
    from laras.orders.views import ORDER_PANELS

    GUARDS.append(queries.objection_to)
    ORDER_PANELS.append(order_journey)
    name_events(WORDS, TONES)
