"""What the two ends tell each other. Bodies (identity, clinical data, results) are sealed beside the entry.

Messages of the sender carry a ``revision`` that counts its messages about this referral, messages of the receiver one
that counts its own. A message with a revision that is not newer than the last one acted on changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from laras.core.journal import Event

# --- Sender to receiver ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReferralSent(Event):
    """Sealed: ``types.Announcement``."""

    name: ClassVar[str] = "referral.sent"
    referral: UUID
    number: str
    revision: int


@dataclass(frozen=True)
class ReferralCancelled(Event):
    """The sender wants it back. Takes effect where it is decided: at the receiver, unless that accepted before."""

    name: ClassVar[str] = "referral.cancelled"
    referral: UUID
    number: str
    revision: int
    reason: str


# --- Receiver to sender: each with the whole ``types.Answer`` sealed
# --------------------------------------------------


@dataclass(frozen=True)
class Answered(Event):
    referral: UUID
    number: str
    revision: int
    remote_order: str


@dataclass(frozen=True)
class ReferralAccepted(Answered):
    """All or some of the items will be done; the others are refused with a reason."""

    name: ClassVar[str] = "referral.accepted"


@dataclass(frozen=True)
class ReferralRefused(Answered):
    """None of the items will be done."""

    name: ClassVar[str] = "referral.refused"


@dataclass(frozen=True)
class ReferralWithdrawn(Answered):
    """The cancellation took effect."""

    name: ClassVar[str] = "referral.withdrawn"


@dataclass(frozen=True)
class ReferralResulted(Answered):
    """One result more, or one reported anew."""

    name: ClassVar[str] = "referral.resulted"


@dataclass(frozen=True)
class ReferralMoved(Answered):
    """The specimen went on to, or came back from, a further laboratory."""

    name: ClassVar[str] = "referral.moved"


# --- In one's own journal only --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReferralAnnounced(Event):
    """A referral of another laboratory stands on our list."""

    name: ClassVar[str] = "referral.announced"
    incoming: UUID
    number: str
    sender: UUID


@dataclass(frozen=True)
class AnswerTaken(Event):
    """An answer changed our referral."""

    name: ClassVar[str] = "referral.answer_taken"
    referral: UUID
    revision: int
    status: str


@dataclass(frozen=True)
class CancellationSeen(Event):
    """The sender's cancellation arrived; ``effective`` is False when the referral was already accepted or refused."""

    name: ClassVar[str] = "referral.cancellation_seen"
    incoming: UUID
    number: str
    effective: bool


@dataclass(frozen=True)
class MessageUnreadable(Event):
    """A message of another laboratory could not be read; nothing was done with it."""

    name: ClassVar[str] = "referral.message_unreadable"
    entry: UUID
    reason: str


@dataclass(frozen=True)
class ResultNotTaken(Event):
    """A result that came back could not be put into ours; it is kept on the referral until a person takes it over."""

    name: ClassVar[str] = "referral.result_not_taken"
    referral: UUID
    item: UUID
    reason: str


@dataclass(frozen=True)
class PickupAdded(Event):
    """A courier comes every week on that weekday (0 is Monday) at that time (``13.30``)."""

    name: ClassVar[str] = "referral.pickup_added"
    weekday: int
    at: str


@dataclass(frozen=True)
class PickupRemoved(Event):
    name: ClassVar[str] = "referral.pickup_removed"
    weekday: int
    at: str


# --- Boxes: each message with the whole box sealed --------------------------------------------------------------------


@dataclass(frozen=True)
class BoxSent(Event):
    """Sender to receiver, at every hand-over on the sender's side. Sealed: ``types.BoxNews``."""

    name: ClassVar[str] = "referral.box_sent"
    box: UUID
    number: str
    revision: int


@dataclass(frozen=True)
class BoxAnswered(Event):
    """Receiver to sender: it arrived, it was reconciled. Sealed: ``types.BoxAnswer``."""

    name: ClassVar[str] = "referral.box_answered"
    box: UUID
    number: str
    revision: int
    status: str


@dataclass(frozen=True)
class BoxLogged(Event):
    """Sender to receiver once the box left: a temperature log was kept here. ``outside``: how often it left its class. Sealed:
    ``types.BoxNews``."""

    name: ClassVar[str] = "referral.box_logged"
    box: UUID
    number: str
    revision: int
    digest: str
    readings: int
    outside: int


@dataclass(frozen=True)
class BoxLogAnswered(BoxLogged):
    """Receiver to sender: the same, kept there. Sealed: ``types.BoxAnswer``."""

    name: ClassVar[str] = "referral.box_log_answered"


@dataclass(frozen=True)
class BoxNoted(Event):
    """In one's own journal: ``what`` is opened, packed, unpacked, discarded, announced, found or answer_taken."""

    name: ClassVar[str] = "referral.box_noted"
    box: UUID
    number: str
    what: str
    sample: str = ""
    finding: str = ""


@dataclass(frozen=True)
class IdentifierNoted(Event):
    name: ClassVar[str] = "referral.identifier_noted"
    referral: UUID
    system: str


# --- Laboratories without a system: all in one's own journal ----------------------------------------------------------


@dataclass(frozen=True)
class PaperPartnerNoted(Event):
    """``what``: begun, ended, test_added or test_removed (then ``test``)."""

    name: ClassVar[str] = "referral.paper_partner_noted"
    partner: UUID
    what: str
    test: str = ""


@dataclass(frozen=True)
class PaperAnswerNoted(Event):
    """``what``: entered, taken or returned. ``digest``: of the scan as it came. Sealed when entered: the lines."""

    name: ClassVar[str] = "referral.paper_answer_noted"
    referral: UUID
    number: str
    answer: UUID
    what: str
    digest: str = ""
    revision: int = 0


# --- Agreements of two laboratories, and what they owe each other -----------------------------------------------------


@dataclass(frozen=True)
class AgreementTold(Event):
    """To the other laboratory: proposed, withdrawn, accepted, refused or ended. Sealed: ``types.AgreementNews``."""

    name: ClassVar[str] = "referral.agreement_told"
    agreement: UUID
    number: str
    revision: int
    what: str


@dataclass(frozen=True)
class AgreementHeard(Event):
    """In one's own journal: the other laboratory's word changed our record."""

    name: ClassVar[str] = "referral.agreement_heard"
    agreement: UUID
    number: str
    status: str


@dataclass(frozen=True)
class DemandNoted(Event):
    """Whether orders of a payer are referred only where an agreement holds; ``demand`` of ``rules.DEMANDS`` or empty."""

    name: ClassVar[str] = "referral.demand_noted"
    payer: str
    demand: str


@dataclass(frozen=True)
class EntriesBooked(Event):
    """Referred tests entered the books: ``side`` receivable or payable, ``amount`` in rupiah without the ``unknown`` ones."""

    name: ClassVar[str] = "referral.entries_booked"
    partner: UUID
    number: str
    side: str
    entries: int
    amount: int
    unknown: int


@dataclass(frozen=True)
class EntriesSettled(Event):
    """Marked as settled (``settled``) or as open again in our books."""

    name: ClassVar[str] = "referral.entries_settled"
    partner: UUID
    entries: int
    amount: int
    settled: bool
    number: str = ""


@dataclass(frozen=True)
class EntryObjected(Event):
    """To the other laboratory: we do not agree with the entry of this item, or do again. Sealed: ``types.Objection``."""

    name: ClassVar[str] = "referral.entry_objected"
    item: UUID
    number: str
    revision: int
    taken_back: bool


@dataclass(frozen=True)
class ObjectionHeard(Event):
    name: ClassVar[str] = "referral.objection_heard"
    item: UUID
    taken_back: bool
