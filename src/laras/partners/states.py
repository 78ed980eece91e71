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
