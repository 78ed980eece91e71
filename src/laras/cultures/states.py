"""The course of a culture, from the first plate to the final word."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

READ, DECIDE = "bench.enter", "bench.verify"
_RUNNING = ("inoculated", "no_growth", "growth", "isolated", "identified", "tested")

CULTURE = StateMachine(
    "culture",
    states={
        "inoculated": _("Ditanam"),
        "no_growth": _("Belum ada pertumbuhan"),
        "growth": _("Ada pertumbuhan"),
        "isolated": _("Koloni diambil"),
        "identified": _("Teridentifikasi"),
        "tested": _("Uji kepekaan selesai"),
        "final": _("Selesai"),
        "cancelled": _("Dibatalkan"),
    },
    moves=[
        Move("see_nothing", ("inoculated", "no_growth"), "no_growth", READ),
        Move("see_growth", ("inoculated", "no_growth", "growth"), "growth", READ),
        Move("pick", ("growth", "isolated", "identified", "tested"), "isolated", READ),
        # Every isolate that stands has its name.
        Move("identify", ("isolated", "identified", "tested"), "identified", READ),
        # Every pathogen was tested.
        Move("test", ("identified", "tested"), "tested", READ),
        Move("finish", ("no_growth", "growth", "identified", "tested"), "final", READ),
        # The bench took the final value back: the verifier returned it, or it is amended.
        Move("reopen_empty", ("final",), "no_growth", READ),
        Move("reopen_grown", ("final",), "growth", READ),
        Move("cancel", _RUNNING, "cancelled", READ),
    ],
    tones={
        "inoculated": "neutral",
        "no_growth": "neutral",
        "growth": "waiting",
        "isolated": "active",
        "identified": "active",
        "tested": "active",
        "final": "done",
        "cancelled": "neutral",
    },
)
RUNNING = _RUNNING
