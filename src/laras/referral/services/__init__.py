"""The use cases of referral. What crosses to the other laboratory is always a message in our own journal."""

from laras.referral.services.announcing import announce, withdraw
from laras.referral.services.calendar import add_pickup, remove_pickup
from laras.referral.services.following import take_answer, take_kept_back
from laras.referral.services.receiving import Refusal, accept_incoming, own_code, refuse_incoming
from laras.referral.services.reporting import (
    note_external_result,
    note_refused_sample,
    note_report,
    note_tests_cancelled,
    note_withdrawn_report,
)
from laras.referral.services.sending import cancel_referral, note_identifier, send_referral

__all__ = [
    "Refusal",
    "accept_incoming",
    "add_pickup",
    "announce",
    "cancel_referral",
    "note_external_result",
    "note_identifier",
    "note_refused_sample",
    "note_report",
    "note_tests_cancelled",
    "note_withdrawn_report",
    "own_code",
    "refuse_incoming",
    "remove_pickup",
    "send_referral",
    "take_answer",
    "take_kept_back",
    "withdraw",
]
