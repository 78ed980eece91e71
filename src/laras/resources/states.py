"""The life of a capability."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

CAPABILITY = StateMachine(
    "capability",
    states={"active": _("Aktif"), "paused": _("Dihentikan sementara")},  # type: ignore[dict-item]
    tones={"active": "done", "paused": "waiting"},
    moves=[
        Move("pause", ("active",), "paused", "resources.manage_capability"),
        Move("resume", ("paused",), "active", "resources.manage_capability"),
    ],
)

PERMIT = StateMachine(
    "permit",
    states={  # type: ignore[arg-type]
        "process": _("Diurus"),
        "issued": _("Terbit"),
        "refused": _("Ditolak"),
        "ended": _("Tidak dipakai lagi"),
    },
    tones={"process": "active", "issued": "done", "refused": "danger", "ended": "neutral"},
    moves=[
        Move("issue", ("process",), "issued", "resources.manage"),
        Move("refuse", ("process",), "refused", "resources.manage"),
        Move("resume", ("refused",), "process", "resources.manage"),
        Move("end", ("process", "issued", "refused"), "ended", "resources.manage"),
    ],
)
