"""The lives of a signal and of an event (kejadian) that may become an outbreak declared by law (KLB)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

TRIAGE, HANDLE, DECLARE = "surveillance.triage", "surveillance.handle", "surveillance.declare"

SIGNAL = StateMachine(
    "signal",
    states={
        "new": _("Belum ditriase"),
        "watched": _("Dipantau"),
        "joined": _("Masuk kejadian"),
        "dismissed": _("Bukan kejadian"),
        "withdrawn": _("Gugur"),
    },  # type: ignore[dict-item]
    tones={"new": "danger", "watched": "waiting", "joined": "active", "dismissed": "neutral", "withdrawn": "neutral"},
    moves=[
        Move("watch", ("new",), "watched", TRIAGE),
        Move("dismiss", ("new", "watched"), "dismissed", TRIAGE),
        Move("join", ("new", "watched"), "joined", TRIAGE),
        Move("reopen", ("dismissed",), "new", TRIAGE),
        # The counts changed and no longer stand above the bound.
        Move("withdraw", ("new", "watched"), "withdrawn"),
        Move("return", ("withdrawn",), "new"),
    ],
)

OUTBREAK = StateMachine(
    "outbreak",
    states={
        "alert": _("Dugaan"),
        "verified": _("Terverifikasi"),
        "declared": _("KLB ditetapkan"),
        "ended": _("KLB berakhir"),
        "closed": _("Selesai"),
        "refuted": _("Bukan kejadian"),
    },  # type: ignore[dict-item]
    tones={
        "alert": "waiting",
        "verified": "active",
        "declared": "danger",
        "ended": "active",
        "closed": "done",
        "refuted": "neutral",
    },
    moves=[
        Move("verify", ("alert",), "verified", HANDLE),
        Move("refute", ("alert", "verified"), "refuted", HANDLE),
        Move("declare", ("verified",), "declared", DECLARE),
        Move("end", ("declared",), "ended", DECLARE),
        Move("close", ("verified", "ended"), "closed", HANDLE),
    ],
)

RISKS = {
    "low": _("Rendah"),
    "moderate": _("Sedang"),
    "high": _("Tinggi"),
    "very_high": _("Sangat tinggi"),
}
OPEN = ("alert", "verified", "declared", "ended")
"""Events that are still worked on; new cases of their disease join them."""
DESIGNS = {
    "cohort": _("Kohort: semua yang makan"),
    "case_control": _("Kasus dan kontrol"),
}
FOOD_BORNE = frozenset({"KERPANG", "SALMAKANAN", "DIARE", "DISENTRI", "TIFOID", "JAUNDICE", "KOLERA"})
"""Diseases whose events are offered a study of what was eaten."""
NOTICES = {
    "signal": _("Sinyal baru"),
    "escalated": _("Sinyal belum ditanggapi"),
    "declared": _("KLB ditetapkan"),
}
ESCALATE_HOURS = 24
"""After so long without anybody's answer the office above is told, where an office did not say otherwise."""
