"""The two ends of a referral. Each end has its own record and its own life; messages keep them in step."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

OUTGOING = StateMachine(
    "outgoing_referral",
    states={
        "sent": _("Dikirim"),
        # Decided by the receiver: whichever was there first, the cancellation or the acceptance.
        "cancelling": _("Menunggu persetujuan batal"),
        "accepted": _("Diterima laboratorium rujukan"),
        "refused": _("Ditolak laboratorium rujukan"),
        "completed": _("Hasil lengkap"),
        "cancelled": _("Dibatalkan"),
    },
    moves=[
        Move("cancel", ("sent",), "cancelling", "referral.send"),
        Move("withdraw", ("sent", "cancelling"), "cancelled"),
        Move("accept", ("sent", "cancelling", "accepted"), "accepted"),
        Move("refuse", ("sent", "cancelling", "accepted"), "refused"),
        Move("complete", ("sent", "cancelling", "accepted", "completed"), "completed"),
    ],
    tones={
        "sent": "active",
        "cancelling": "waiting",
        "accepted": "active",
        "refused": "danger",
        "completed": "done",
    },
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
        # A cancellation that came before its referral stays a withdrawn record.
        Move("withdraw", ("announced",), "withdrawn"),
        Move("complete", ("accepted", "completed"), "completed"),
    ],
    tones={"announced": "waiting", "accepted": "active", "refused": "danger", "completed": "done"},
)

BOX = StateMachine(
    "box",
    states={
        "packing": _("Sedang dikemas"),
        "handed": _("Di perjalanan"),
        "arrived": _("Sampai, belum dicocokkan"),
        "reconciled": _("Selesai dicocokkan"),
        "discarded": _("Batal dikemas"),
    },
    moves=[
        # From hand to hand: every courier on the way signs once more.
        Move("hand_over", ("packing", "handed"), "handed", "referral.send"),
        Move("discard", ("packing",), "discarded", "referral.send"),
        Move("arrive", ("handed", "arrived"), "arrived"),
        Move("reconcile", ("handed", "arrived", "reconciled"), "reconciled"),
    ],
    tones={"packing": "waiting", "handed": "active", "arrived": "active", "reconciled": "done"},
)

INCOMING_BOX = StateMachine(
    "incoming_box",
    states={
        "announced": _("Akan datang"),
        "arrived": _("Sampai, belum dicocokkan"),
        "reconciled": _("Selesai dicocokkan"),
    },
    moves=[
        Move("arrive", ("announced",), "arrived", "referral.receive"),
        Move("reconcile", ("arrived",), "reconciled", "referral.receive"),
    ],
    tones={"announced": "waiting", "arrived": "active", "reconciled": "done"},
)

PAPER_ANSWER = StateMachine(
    "paper_answer",
    states={
        "entered": _("Menunggu diperiksa orang kedua"),
        "taken": _("Diambil"),
        "returned": _("Dikembalikan"),
    },
    moves=[
        Move("take", ("entered",), "taken", "bench.verify"),
        Move("return", ("entered",), "returned", "bench.verify"),
    ],
    tones={"entered": "waiting", "taken": "done", "returned": "danger"},
)

LAB_AGREEMENT = StateMachine(
    "lab_agreement",
    states={
        "proposed": _("Menunggu persetujuan"),
        "active": _("Disetujui"),
        "refused": _("Tidak disetujui"),
        "withdrawn": _("Ditarik pengusul"),
        "ended": _("Diakhiri"),
    },
    moves=[
        # From withdrawn: the answer crossed the withdrawal on its way. What is heard follows ``rules.standing``.
        Move("accept", ("proposed", "withdrawn"), "active", "referral.agree"),
        Move("refuse", ("proposed", "withdrawn"), "refused", "referral.agree"),
        Move("withdraw", ("proposed",), "withdrawn", "referral.agree"),
        Move("end", ("active",), "ended", "referral.agree"),
    ],
    tones={"proposed": "waiting", "active": "done", "refused": "danger"},
)
