"""Lives of what this module keeps."""

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

CLIENT = StateMachine(
    "client",
    states={"active": _("Aktif"), "closed": _("Ditutup")},
    tones={"active": "active", "closed": "neutral"},
    moves=[
        Move("close", ("active",), "closed", "partners.write"),
        Move("reopen", ("closed",), "active", "partners.write"),
    ],
)

AGREEMENT = StateMachine(
    "agreement",
    states={"draft": _("Rancangan"), "signed": _("Ditandatangani"), "ended": _("Diakhiri")},
    tones={"draft": "waiting", "signed": "done", "ended": "neutral"},
    moves=[
        Move("sign", ("draft",), "signed", "partners.write"),
        Move("end", ("draft", "signed"), "ended", "partners.write"),
    ],
)

BOOKING = StateMachine(
    "booking",
    states={
        "requested": _("Menunggu jawaban"),
        "confirmed": _("Dijadwalkan"),
        "declined": _("Tidak dapat dilayani"),
        "done": _("Selesai"),
        "withdrawn": _("Dibatalkan mitra"),
    },
    tones={
        "requested": "waiting", "confirmed": "active", "declined": "danger", "done": "done", "withdrawn": "neutral",
    },
    moves=[
        # Also again: the day of a visit may have to move.
        Move("confirm", ("requested", "confirmed"), "confirmed", "partners.answer_booking"),
        Move("decline", ("requested", "confirmed"), "declined", "partners.answer_booking"),
        Move("complete", ("confirmed",), "done", "partners.answer_booking"),
        Move("withdraw", ("requested", "confirmed"), "withdrawn", "portal.partner"),
    ],
)  # fmt: skip
