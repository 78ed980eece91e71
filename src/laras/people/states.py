"""Lives of what this module keeps."""

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

PATIENT = StateMachine(
    "patient",
    states={"active": _("Aktif"), "merged": _("Digabung"), "erased": _("Data dihapus")},
    tones={"active": "active", "merged": "neutral", "erased": "danger"},
    moves=[
        Move("merge", ("active",), "merged", "people.merge"),
        Move("undo_merge", ("merged",), "active", "people.merge"),
        Move("erase", ("active", "merged"), "erased", "people.erase"),
    ],
)

CONSENT = StateMachine(
    "consent",
    states={"given": _("Diberikan"), "withdrawn": _("Dicabut")},
    tones={"given": "done", "withdrawn": "neutral"},
    moves=[Move("withdraw", ("given",), "withdrawn", "people.write")],
)
