"""States of a set of boundaries that an office brought."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

BOUNDARIES = StateMachine(
    "boundaries",
    states={"draft": _("Diperiksa"), "accepted": _("Dipakai"), "withdrawn": _("Tidak dipakai lagi")},
    moves=[
        Move("accept", ("draft", "withdrawn"), "accepted", "network.manage_network"),
        Move("withdraw", ("accepted",), "withdrawn", "network.manage_network"),
    ],
    tones={"draft": "waiting", "accepted": "done", "withdrawn": "neutral"},
)
