"""The life of an issued report (LHU)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

REPORT = StateMachine(
    "report",
    states={"released": _("Terbit"), "superseded": _("Digantikan versi baru"), "withdrawn": _("Ditarik")},
    moves=[
        Move("supersede", ("released",), "superseded", "reports.amend"),
        Move("withdraw", ("released",), "withdrawn", "reports.amend"),
    ],
    tones={"released": "done", "superseded": "neutral", "withdrawn": "danger"},
)
