"""The two ends of a referral. Each end has its own record and its own life; messages keep them in step."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

OUTGOING = StateMachine(
    "outgoing_referral",
    states={
        "prepared": _("Disiapkan"),
        "sent": _("Dikirim"),
        "accepted": _("Diterima laboratorium rujukan"),
        "refused": _("Ditolak laboratorium rujukan"),
        "completed": _("Hasil lengkap"),
        "cancelled": _("Dibatalkan"),
    },
    moves=[
        Move("send", ("prepared",), "sent", "referral.send"),
        Move("cancel", ("prepared", "sent"), "cancelled", "referral.send"),
        Move("accept", ("sent",), "accepted"),
        Move("refuse", ("sent", "accepted"), "refused"),
        Move("complete", ("sent", "accepted", "completed"), "completed"),
    ],
    tones={"sent": "active", "accepted": "active", "refused": "danger", "completed": "done"},
)

INCOMING = StateMachine(
    "incoming_referral",
    states={
        "announced": _("Akan datang"),
        "accepted": _("Diterima"),
        "refused": _("Ditolak"),
        "withdrawn": _("Dibatalkan pengirim"),
        "completed": _("Selesai dilaporkan"),
    },
    moves=[
        Move("accept", ("announced",), "accepted", "referral.receive"),
        Move("refuse", ("announced", "accepted"), "refused", "referral.receive"),
        Move("withdraw", ("announced",), "withdrawn"),
        Move("complete", ("accepted", "completed"), "completed"),
    ],
    tones={"announced": "waiting", "accepted": "active", "refused": "danger", "completed": "done"},
)
