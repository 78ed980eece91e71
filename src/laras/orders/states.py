"""The lives of orders and samples."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

ORDER = StateMachine(
    "order",
    states={
        "registered": _("Terdaftar"),
        "working": _("Dikerjakan"),
        "reported": _("LHU terbit"),
        "cancelled": _("Dibatalkan"),
    },
    moves=[
        Move("start", ("registered",), "working", "orders.receive_sample"),
        Move("report", ("working", "reported"), "reported"),
        Move("reopen", ("reported",), "working"),
        Move("cancel", ("registered", "working"), "cancelled", "orders.cancel"),
    ],
    tones={"registered": "neutral", "working": "active", "reported": "done", "cancelled": "neutral"},
)

SAMPLE = StateMachine(
    "sample",
    states={
        "expected": _("Belum diambil"),
        "collected": _("Sudah diambil"),
        "received": _("Diterima"),
        "refused": _("Ditolak"),
        "cancelled": _("Dibatalkan"),
        "disposed": _("Dimusnahkan"),
    },
    moves=[
        Move("collect", ("expected",), "collected", "orders.collect"),
        Move("receive", ("expected", "collected"), "received", "orders.receive_sample"),
        Move("refuse", ("expected", "collected", "received"), "refused", "orders.receive_sample"),
        Move("cancel", ("expected", "collected", "received"), "cancelled", "orders.cancel"),
        Move("dispose", ("received", "refused", "cancelled"), "disposed", "orders.receive_sample"),
    ],
    tones={"expected": "waiting", "collected": "active", "received": "done", "refused": "danger"},
)
