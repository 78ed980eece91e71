"""The lives of what comes from an analyzer: a message, and each reading in it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

MESSAGE = StateMachine(
    "analyzer_message",
    states={
        "received": _("Tersimpan, belum dibaca"),
        "read": _("Terbaca"),
        "refused": _("Tidak dapat dibaca"),
        # Its end never came: it was not acknowledged, the device has it still.
        "broken": _("Tidak utuh"),
        "discarded": _("Disisihkan"),
    },
    moves=[
        Move("read", ("received",), "read"),
        Move("refuse", ("received",), "refused"),
        # With another profile, or a corrected one.
        Move("retry", ("refused",), "received", "bench.enter"),
        Move("discard", ("refused", "broken"), "discarded", "bench.enter"),
    ],
    tones={"received": "active", "read": "done", "refused": "danger", "broken": "waiting"},
)

READING = StateMachine(
    "reading",
    states={
        "waiting": _("Menunggu"),
        "entered": _("Masuk sebagai hasil"),
        # Controls, calibrations and parts of a combined test: never a patient's result by themselves.
        "kept": _("Disimpan saja"),
        "discarded": _("Disisihkan"),
    },
    moves=[
        Move("enter", ("waiting",), "entered", "bench.enter"),
        Move("discard", ("waiting",), "discarded", "bench.enter"),
        Move("keep", ("waiting",), "kept", "bench.enter"),
    ],
    tones={"waiting": "waiting", "entered": "done"},
)
