"""The use cases of referral. What crosses to the other laboratory is always a message in our own journal."""

from laras.referral.services.agreements import (
    answer_agreement,
    end_agreement,
    hear_agreement,
    propose_agreement,
    set_demand,
    withdraw_agreement,
)
from laras.referral.services.announcing import announce, withdraw
from laras.referral.services.answering import tell_moved
from laras.referral.services.calendar import add_pickup, remove_pickup
from laras.referral.services.following import take_answer, take_kept_back
from laras.referral.services.ledger import (
    book_earlier,
    object_to_entry,
    reopen_entries,
    settle_entries,
    take_objection,
)
from laras.referral.services.paper import (
    enter_paper_results,
    kept_scan,
    note_paper_decision,
    return_paper_answer,
    take_paper_answer,
)
from laras.referral.services.paper_boxes import note_paper_box
from laras.referral.services.paper_partners import add_paper_test, begin_paper, end_paper, remove_paper_test
from laras.referral.services.receiving import Refusal, accept_incoming, own_code, refuse_incoming
from laras.referral.services.reporting import (
    note_external_result,
    note_refused_sample,
    note_report,
    note_tests_cancelled,
    note_withdrawn_report,
)
from laras.referral.services.sending import cancel_referral, note_identifier, send_referral
from laras.referral.services.shipping import (
    discard_box,
    hand_over_box,
    open_box,
    pack,
    pack_many,
    take_box_answer,
    unpack,
)
from laras.referral.services.temperature import MOST_BYTES as MOST_LOG_BYTES
from laras.referral.services.temperature import add_log, add_log_on_arrival, kept_log
from laras.referral.services.unpacking import announce_box, finish_box, note_finding, note_findings, receive_box

__all__ = [
    "MOST_LOG_BYTES",
    "Refusal",
    "accept_incoming",
    "add_log",
    "add_log_on_arrival",
    "add_paper_test",
    "add_pickup",
    "announce",
    "announce_box",
    "answer_agreement",
    "begin_paper",
    "book_earlier",
    "cancel_referral",
    "discard_box",
    "end_agreement",
    "end_paper",
    "enter_paper_results",
    "finish_box",
    "hand_over_box",
    "hear_agreement",
    "kept_log",
    "kept_scan",
    "note_external_result",
    "note_finding",
    "note_findings",
    "note_identifier",
    "note_paper_box",
    "note_paper_decision",
    "note_refused_sample",
    "note_report",
    "note_tests_cancelled",
    "note_withdrawn_report",
    "object_to_entry",
    "open_box",
    "own_code",
    "pack",
    "pack_many",
    "propose_agreement",
    "receive_box",
    "refuse_incoming",
    "remove_paper_test",
    "remove_pickup",
    "reopen_entries",
    "return_paper_answer",
    "send_referral",
    "set_demand",
    "settle_entries",
    "take_answer",
    "take_box_answer",
    "take_kept_back",
    "take_objection",
    "take_paper_answer",
    "tell_moved",
    "unpack",
    "withdraw",
    "withdraw_agreement",
]
