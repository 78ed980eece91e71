"""What crosses between two laboratories, and what leaves the module. Plain values; moments are aware, UTC.

Two kinds of message, each the whole truth of its writer at that moment: the sender *announces*
(:class:`Announcement`), the receiver *answers* (:class:`Answer`). So the newest of each kind is enough, whatever was
lost, doubled or overtaken on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

ItemState = Literal["sent", "accepted", "refused", "resulted", "cancelled"]
OutgoingState = Literal["prepared", "sent", "cancelling", "accepted", "refused", "completed", "cancelled"]
IncomingState = Literal["announced", "accepted", "refused", "withdrawn", "completed"]
ResultStatus = Literal["interim", "final", "amended"]

StepKind = Literal[
    "registered",  # the origin's order
    "sent",  # this laboratory sent the specimen on; ``to_lab`` says where
    "received",  # this laboratory accepted it; ``number`` is its own order
    "refused",  # this laboratory refused it; ``note`` says why
    "withdrawn",  # the sender took the referral back before it was accepted
    "reported",  # this laboratory performed the test and reported it; ``number`` is its report
    "returned",  # this laboratory handed a further laboratory's result to the one before it
    # What a box went through; ``box`` is its number.
    "handed",  # this laboratory signed it over to ``who``, at ``place``
    "arrived",  # it came to this laboratory, into the hands of ``who``
    "compared",  # the specimen was compared with the list: ``status`` is the finding, ``note`` what was written
    "excursion",  # it left its class, at worst to ``celsius``, for ``minutes`` in all; this laboratory keeps the log
]


@dataclass(frozen=True, slots=True)
class JourneyStep:
    """One thing that happened to the specimen: what, at which laboratory, when, under which number there.

    ``status`` of what was reported: ``interim``, ``final``, ``amended`` or ``withdrawn``.
    """

    what: StepKind
    at: datetime
    lab: str
    name: str = ""
    tier: int | None = None
    number: str = ""
    note: str = ""
    to_lab: str = ""
    to_name: str = ""
    to_tier: int | None = None
    box: str = ""
    who: str = ""
    place: str = ""
    status: str = ""
    celsius: Decimal | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Identifier:
    """How another system calls a thing, e.g. ``http://sys-ids.kemkes.go.id/referral-number``."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the specimen is of: as much as the receiver needs to make or find its own patient."""

    full_name: str
    sex: str = "U"
    birth_date: date | None = None
    birth_date_estimated: bool = False
    nik: str = ""
    no_nik_reason: str = ""
    passport_number: str = ""
    mother_nik: str = ""
    mother_name: str = ""
    description: str = ""
    phone: str = ""
    address: str = ""
    residence: UUID | None = None
    mrn: str = ""
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an environmental, food or vector sample was taken. Degrees (WGS 84)."""

    name: str
    kind: str = ""
    address: str = ""
    area: UUID | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AnnouncedSample:
    """One container that travels. ``number`` is the sender's label on it."""

    number: str
    specimen: str
    container: str = ""
    description: str = ""
    collected_at: datetime | None = None
    collector: str = ""
    identifiers: tuple[Identifier, ...] = ()


PriceSource = Literal["agreement", "tariff", "paper", "unknown"]


@dataclass(frozen=True, slots=True)
class Price:
    """What a test costs in whole rupiah (None: nobody knows), and why; ``agreement`` is the number of the agreement."""

    amount: int | None = None
    source: PriceSource = "unknown"
    agreement: str = ""


@dataclass(frozen=True, slots=True)
class AnnouncedItem:
    """One test asked for. ``test`` is the sender's code; ``codes`` the same in namespaces that both sides know.

    ``price``: what the sender reckons to pay, fixed on the day of sending; None from one that keeps no ledger.
    """

    item: UUID
    sample: str
    test: str
    name: str = ""
    codes: tuple[Identifier, ...] = ()
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """The body of ``referral.sent``."""

    number: str
    order: str
    subject_kind: str
    samples: tuple[AnnouncedSample, ...]
    items: tuple[AnnouncedItem, ...]
    person: Person | None = None
    place: Place | None = None
    subject_label: str = ""
    purpose: str = "diagnosis"
    urgency: str = "routine"
    note: str = ""
    requester: str = ""
    matrix: str = ""
    standard: str = ""
    in_situ: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    courier: str = ""
    packaging: str = ""
    temperature: str = ""
    sent_at: datetime | None = None
    journey: tuple[JourneyStep, ...] = ()
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedResult:
    """A result as the performing laboratory reported it; ``value`` is the bench's own form of a travelling value.

    ``revision`` counts what was reported of this item, from 1. ``performer`` is who did the test, also when the
    answer comes through a laboratory between; ``report`` is the number of its report.
    """

    revision: int
    status: ResultStatus
    performer: UUID
    performer_code: str
    performer_name: str
    value: Mapping[str, Any]
    report: str = ""
    reported_at: datetime | None = None
    # The report was taken out of validity and no other has taken its place: nobody may rely on this value.
    withdrawn: bool = False
    # When it stood in a final report first: from then on it is owed.
    final_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """How one item stands at the receiver. ``reason`` is a code of :data:`laras.referral.rules.REFUSALS`."""

    item: UUID
    state: ItemState
    reason: str = ""
    note: str = ""
    journey: tuple[JourneyStep, ...] = ()
    result: ReportedResult | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of every message of the receiver: all items as they stand there now."""

    status: IncomingState
    items: tuple[ItemAnswer, ...]
    remote_order: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class BoxStep:
    """A hand-over of a box, signed: what, when, at which laboratory (code), into whose hands, where."""

    what: Literal["handed", "arrived", "reconciled"]
    at: datetime
    lab: str
    who: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class BoxedSample:
    """One specimen of a box: the sender's label on it and the referral it belongs to."""

    number: str
    referral: UUID
    specimen: str = ""


@dataclass(frozen=True, slots=True)
class Excursion:
    """A stretch outside the class of a box. ``extreme``: the farthest value, °C. ``minutes`` until the first reading inside again."""

    start: datetime
    minutes: int
    extreme: Decimal
    side: Literal["warm", "cold"]


@dataclass(frozen=True, slots=True)
class TemperatureLog:
    """What a logger wrote, as the other end needs it: the file itself stays where it was given (``digest``: its SHA-256).

    ``lab`` is the code of the laboratory that keeps it, ``low`` and ``high`` °C, ``gap_minutes`` the longest silence. The picture:
    at ``minutes`` since ``first`` it was ``celsius``, thinned so that no peak is lost.
    """

    id: UUID
    lab: str
    noted_at: datetime
    digest: str
    first: datetime
    last: datetime
    readings: int
    low: Decimal
    high: Decimal
    gap_minutes: int = 0
    who: str = ""
    excursions: tuple[Excursion, ...] = ()
    minutes: tuple[int, ...] = ()
    celsius: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class BoxNews:
    """The body of ``referral.box_sent`` and ``referral.box_logged``: the whole box as the sender knows it."""

    number: str
    samples: tuple[BoxedSample, ...]
    steps: tuple[BoxStep, ...]
    packaging: str = ""
    temperature: Literal["room", "cold", "frozen"] = "cold"
    courier: str = ""
    tracking: str = ""
    sent_at: datetime | None = None
    logs: tuple[TemperatureLog, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundSample:
    """What the receiver found of one specimen: a code of ``rules.boxes.FINDINGS``."""

    number: str
    finding: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class BoxAnswer:
    """The body of ``referral.box_answered`` and ``referral.box_log_answered``: the whole box as the receiver knows it.

    ``celsius`` when it was opened.
    """

    status: Literal["arrived", "reconciled"]
    steps: tuple[BoxStep, ...]
    samples: tuple[FoundSample, ...] = ()
    celsius: Decimal | None = None
    logs: tuple[TemperatureLog, ...] = ()


# --- Agreements and what is owed ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgreementNews:
    """The body of ``referral.agreement_told``: the whole agreement as its writer holds it. ``performer``: which of the two does the
    tests. ``prices``: test code -> rupiah, or None for the published price. ``ended_on``: the last day, when the writer ended it."""

    number: str
    performer: UUID
    valid_from: date
    stance: Literal["proposed", "withdrawn", "accepted", "refused"]
    valid_until: date | None = None
    every: bool = True
    prices: Mapping[str, Any] = field(default_factory=dict)
    payer: str = ""
    terms: str = ""
    ended_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """The body of ``referral.entry_objected``; an empty text takes the objection back."""

    text: str


# --- A laboratory without a system ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaperLine:
    """What the paper says of one item of a referral. ``raw``, ``unit`` and ``reference`` as printed; ``flag`` of
    :data:`laras.referral.rules.paper.FLAGS`; ``reason`` of :data:`laras.referral.rules.REFUSALS`."""

    item: UUID
    outcome: Literal["accepted", "refused", "resulted", "withdrawn", "cancelled"]
    reason: str = ""
    note: str = ""
    raw: str = ""
    unit: str = ""
    flag: str = ""
    reference: str = ""
    method: str = ""
    comment: str = ""
    interim: bool = False


@dataclass(frozen=True, slots=True)
class PaperItem:
    """An item as it stands at the sender, before the paper is taken over. ``result``: revision of the value taken last."""

    item: UUID
    state: ItemState
    result: int = 0
    reason: str = ""
    note: str = ""
    journey: tuple[JourneyStep, ...] = ()


# --- What the ends look like to the rules ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SentItem:
    """An item at the sender: its state and the revision of the result that was taken over (0: none)."""

    item: UUID
    state: ItemState = "sent"
    result_revision: int = 0


@dataclass(frozen=True, slots=True)
class GiveBack:
    """The sender's result of this item is to be referred again; why."""

    item: UUID
    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class TakeResult:
    """The sender's result of this item gets this value."""

    item: UUID
    result: ReportedResult


@dataclass(frozen=True, slots=True)
class SenderChange:
    """What an answer changes at the sender. ``changed`` is False when it was old news."""

    changed: bool
    status: OutgoingState
    items: tuple[SentItem, ...]
    give_back: tuple[GiveBack, ...] = ()
    take: tuple[TakeResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Who has the specimen, since when, and what comes next (a code of :data:`laras.referral.rules.NEXT`).

    ``hand``: the courier who carries it at the moment.
    """

    lab: str
    name: str
    tier: int | None
    since: datetime | None
    next: str
    next_lab: str = ""
    next_name: str = ""
    hand: str = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """One line of a specimen: which tests went this way, the steps in order of time, and how it stands."""

    tests: tuple[str, ...]
    samples: tuple[str, ...]
    steps: tuple[JourneyStep, ...]
    where: Whereabouts


# --- What leaves for screens ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CandidateReason:
    """Why a laboratory stands where it stands: a stable ``code``, its number, and the sentence for a reader.

    ``hours``: what this reason adds to the score (hours, or what counts as so many hours).
    """

    code: str
    value: float | None
    text: str
    hours: float = 0.0


@dataclass(frozen=True, slots=True)
class ReferralCandidate:
    """A laboratory that does all (``complete``) or some of the asked tests, in the order in which to ask.

    ``price`` in whole rupiah for the tests it does, None when one is not published. ``tat_hours``: expected from now to the
    result, that is until the pick-up, on the way, in the queue and at work on the slowest test; 0 where nobody knows.
    ``passes_on``: a supervising laboratory that does not do them all itself and would refer them further. ``score``: hours and
    what counts as hours, the smaller the better; the sum of what the ``reasons`` add. ``refused``: why it is not to be asked.
    """

    owner_id: UUID
    code: str
    name: str
    tier: int | None
    tests: tuple[str, ...]
    missing: tuple[str, ...]
    tat_hours: int
    price: int | None
    accredited: bool
    distance_km: float | None
    is_supervisor: bool
    reasons: tuple[CandidateReason, ...] = ()
    passes_on: bool = False
    score: float = 0.0
    refused: CandidateReason | None = None

    @property
    def complete(self) -> bool:
        return not self.missing

    @property
    def offered(self) -> bool:
        return self.refused is None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two ends of one referral that do not say the same, although nothing is under way between them."""

    sender: str
    receiver: str
    number: str
    what: str
    sender_says: str
    receiver_says: str
