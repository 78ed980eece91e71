"""The life of a result, from the worklist to validation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

RESULT = StateMachine(
    "result",
    states={
        "waiting": _("Menunggu dikerjakan"),
        "to_refer": _("Perlu dirujuk"),
        "referred": _("Dirujuk"),
        "entered": _("Menunggu verifikasi"),
        "verified": _("Menunggu validasi"),
        "validated": _("Tervalidasi"),
        "cancelled": _("Dibatalkan"),
    },
    moves=[
        Move("enter", ("waiting", "entered"), "entered", "bench.enter"),
        Move("verify", ("entered",), "verified", "bench.verify"),
        Move("validate", ("verified",), "validated", "bench.validate"),
        # Back to the bench; every value stays on record.
        Move("return", ("entered", "verified"), "waiting", "bench.verify"),
        Move("repeat", ("entered", "verified"), "waiting", "bench.enter"),
        Move("amend", ("validated",), "waiting", "reports.amend"),
        # Validated as provisional: the work went on.
        Move("resume", ("validated",), "waiting", "bench.enter"),
        Move("set_aside", ("waiting",), "to_refer", "bench.enter"),
        Move("take_back", ("to_refer",), "waiting", "bench.enter"),
        Move("refer", ("to_refer", "waiting"), "referred", "referral.send"),
        Move("refer_again", ("referred",), "to_refer"),
        # Validated by the laboratory that performed it.
        Move("receive", ("referred", "validated"), "validated"),
        # A refused sample cancelled it; the replacement has come.
        Move("reopen", ("cancelled",), "waiting"),
        Move("cancel", ("waiting", "to_refer", "referred", "entered", "verified"), "cancelled", "orders.cancel"),
    ],
    tones={
        "waiting": "neutral",
        "to_refer": "waiting",
        "referred": "active",
        "entered": "active",
        "verified": "active",
        "validated": "done",
    },
)

AUTO_RULE = StateMachine(
    "auto_rule",
    states={"draft": _("Rancangan"), "on": _("Berlaku"), "off": _("Berakhir")},
    moves=[
        Move("switch_on", ("draft",), "on", "bench.validate"),
        Move("switch_off", ("on", "draft"), "off", "bench.validate"),
    ],
    tones={"on": "done"},
)
