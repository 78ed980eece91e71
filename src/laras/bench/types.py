"""Values that leave the bench. All frozen; numbers are exact ``Decimal``, moments are aware datetimes (UTC)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from laras.catalogue.types import Finding, pack
from laras.orders.rules.holding import Holding

CALL_MINUTES: Final = 30
"""Minutes from seeing a critical value to telling somebody (national quality indicator, Permenkes 30/2022)."""

VALUE_REASONS: Final = ("first", "correction", "repeat", "dilution", "amendment", "referral")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value as somebody types it or an instrument sends it.

    ``reason``: empty (the bench finds it), ``first``, ``correction``, ``repeat`` or ``dilution``. ``comment`` None
    keeps what is there. ``seen`` is how many values the result had when the person looked (``ResultView.entries``): if
    somebody else entered one since, the row is refused instead of overwritten. ``decimal_mark``: ``","`` or ``"."``
    where the sender has declared it; without it a text with two readings is refused. ``late_reason``: why the test is made
    although the sample waited too long, asked only then. ``device_flag``: what an instrument said of its own value.
    ``provisional``: the work goes on, and another value will take the place of this one.
    """

    result_id: UUID
    raw: str
    reason: str = ""
    note: str = ""
    comment: str | None = None
    method: str = ""
    instrument: str = ""
    reagent_lot: str = ""
    run: UUID | None = None
    control_state: str = ""
    seen: int | None = None
    decimal_mark: str | None = None
    late_reason: str = ""
    device_flag: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A result as an instrument finds it: by the number on the sample's label, or the sender's own number of it."""

    result_id: UUID
    sample_number: str
    external_number: str
    test_code: str
    status: str
    entries: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of a value. ``findings`` are codes; :mod:`laras.bench.words` says them to a reader.

    ``attention``: a person must look at this result by itself before it is validated.
    """

    flag: str = ""
    critical: bool = False
    attention: bool = False
    reference: str = ""
    findings: tuple[Finding, ...] = ()
    basis: str = ""
    meets_limit: bool | None = None
    limit_text: str = ""
    limit_basis: str = ""

    @property
    def judgement(self) -> str:
        """The findings as they are stored and sent."""
        return pack(self.findings, 400)


@dataclass(frozen=True, slots=True)
class Delta:
    """The change against the previous validated value; ``exceeded`` None when there is no bound or no comparison."""

    findings: tuple[Finding, ...] = ()
    exceeded: bool | None = None

    @property
    def text(self) -> str:
        """The findings as they are stored."""
        return pack(self.findings, 240)


@dataclass(frozen=True, slots=True)
class DeltaBound:
    """How much a test may change between two results within ``window_days`` before somebody must look."""

    test: str
    window_days: int
    absolute: Decimal | None = None
    percent: Decimal | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier validated result of the same person and test."""

    result_id: UUID
    order_number: str
    at: datetime
    shown: str
    unit: str
    flag: str
    performer_name: str = ""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why one row of a batch was not done; ``row`` counts from 1 in the order given."""

    row: int
    result_id: UUID
    message: str
    code: str = "refused"
    field: str = "raw"


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a batch did: the results that changed, those that needed no change, and the rows that were refused."""

    done: tuple[UUID, ...] = ()
    unchanged: tuple[UUID, ...] = ()
    problems: tuple[RowProblem, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class CallView:
    """A critical call: open while neither called nor withdrawn."""

    id: UUID
    opened_at: datetime
    due_at: datetime
    called_at: datetime | None = None
    called_by: str = ""
    receiver: str = ""
    receiver_role: str = ""
    read_back: bool = False
    note: str = ""

    @property
    def open(self) -> bool:
        return self.called_at is None


@dataclass(frozen=True, slots=True)
class Whom:
    """Who asked for an order, for somebody who must call: personal."""

    requester: str = ""
    client: str = ""
    contact: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold that stands. ``result_id`` None: it holds the whole order."""

    id: UUID
    order_id: UUID
    result_id: UUID | None
    kind: str
    key: str
    reason: str
    placed_at: datetime
    placed_by: str = ""


@dataclass(frozen=True, slots=True)
class ValueView:
    """One value that was entered, with who did it and why."""

    sequence: int
    reason: str
    revision: int
    raw: str
    shown: str
    unit: str
    flag: str
    note: str
    instrument: str
    reagent_lot: str
    entered_at: datetime
    entered_by_id: UUID | None
    entered_by: str


@dataclass(frozen=True, slots=True)
class OnScreen:
    """What a screen says of a result, in the reader's language. ``brief`` and ``change_brief`` are for a table that has
    columns for the range and the previous value, and do not repeat them."""

    name: str
    value: str = ""
    reference: str = ""
    judgement: str = ""
    brief: str = ""
    change: str = ""
    change_brief: str = ""
    alone: str = ""
    """Why a person must look at it by itself; empty when it may go as one of many."""
    stopped: str = ""
    """Why the rule of automatic verification let it stand; empty when none looked."""


@dataclass(frozen=True, slots=True)
class ResultView:
    """One result with everything a report, a message or a screen says of it.

    ``shown`` is the value as a report prints it (Indonesian), without unit: decimals of the test, operator kept, answers
    in words; empty while there is none. ``judgement`` and ``delta`` are findings as stored (``catalogue.types.unpack``);
    ``screen`` says all of it in the reader's language. Names of persons are empty when nobody did it yet.
    """

    id: UUID
    owner_id: UUID
    order_id: UUID
    order_number: str
    requested_id: UUID
    sample_id: UUID
    sample_number: str
    specimen: str
    collected_at: datetime | None
    received_at: datetime | None
    test_code: str
    name: str
    name_en: str
    discipline: str
    position: int
    urgency: str
    status: str
    opened_at: datetime
    due_at: datetime | None
    raw: str
    kind: str
    operator: str
    number: Decimal | None
    until: Decimal | None
    unit: str
    answer: str
    text: str
    shown: str
    flag: str
    critical: bool
    attention: bool
    reference: str
    judgement: str
    basis: str
    meets_limit: bool | None
    limit_text: str
    limit_basis: str
    delta: str
    comment: str
    revision: int
    entries: int
    method: str
    instrument: str
    reagent_lot: str
    run: UUID | None
    control_state: str
    performer_id: UUID | None
    performer_name: str
    performer_report: str
    journey: tuple[Mapping[str, Any], ...]
    entered_by_id: UUID | None
    entered_by: str
    entered_at: datetime | None
    verified_by_id: UUID | None
    verified_by: str
    verified_at: datetime | None
    validated_by_id: UUID | None
    validated_by: str
    validated_at: datetime | None
    return_reason: str
    screen: OnScreen
    holds: tuple[HoldView, ...] = ()
    calls: tuple[CallView, ...] = ()
    verified_by_rule: str = ""
    """The version of the rule that verified it (``HB v2``); then no person did and ``verified_by`` is empty."""
    auto_stopped: str = ""
    """Codes of what kept the rule from verifying it, with a blank between."""
    provisional: bool = False

    @property
    def has_value(self) -> bool:
        return self.kind != ""

    @property
    def external(self) -> bool:
        """Performed (or being performed) by another laboratory."""
        return self.performer_id is not None

    @property
    def open_call(self) -> CallView | None:
        return next((call for call in self.calls if call.open), None)


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A result on a list of the bench, with whose it is. ``subject`` names the patient or the place: personal."""

    result: ResultView
    subject_kind: str
    subject: str
    sex: str
    birth_date: date | None
    patient_id: UUID | None
    purpose: str
    standard: str


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row of the entry grid: ``expected`` is the range or limit that will judge, ``lacking`` says why there is none,
    ``answers`` is the set of a coded test."""

    item: WorkItem
    unit: str
    kind: str
    expected: str
    previous: str
    previous_at: datetime | None
    answers: str
    lacking: str = ""
    calculated: Calculated | None = None
    holding: Holding | None = None
    begun: bool = False


@dataclass(frozen=True, slots=True)
class QualityLine:
    """What a quality sample says of a result; ``checked`` (``bench.rules.performance.Checked``) None: it has no value yet."""

    role: str
    number: str
    result_id: UUID
    checked: Any


@dataclass(frozen=True, slots=True)
class Begun:
    """How a test on a sample of a site began. ``hours``: of the holding time that judged, None without one."""

    result_id: UUID
    test_code: str
    sample_number: str
    begun_at: datetime
    taken_at: datetime
    hours: int | None
    late: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Calculated:
    """What a formula makes of the values that stand: ``raw`` as it would be entered, or empty and ``why`` in words.
    ``inputs`` are the results that it is made of, ``made_of`` the same in words."""

    result_id: UUID
    name: str
    raw: str = ""
    made_of: str = ""
    inputs: tuple[UUID, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a value would mean if it were saved now, in the reader's language; ``message`` says why it cannot be.
    ``brief`` is what a table with the range and the previous value beside it needs."""

    result_id: UUID
    ok: bool
    shown: str = ""
    flag: str = ""
    critical: bool = False
    attention: bool = False
    meets_limit: bool | None = None
    judgement: str = ""
    delta: str = ""
    brief: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A requested test that has no validated result; ``status`` is the result's, or ``not_started``."""

    requested_id: UUID
    test_code: str
    name: str
    sample_number: str
    status: str
    result_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Releasable:
    """What stands between an order and its report.

    ``ready``: every requested test is validated for good and nothing holds. ``partly``: at least one is validated and could be
    reported before the others. Open critical calls do not stop a report by themselves: validation already asked for a
    call or a reason; they are named so that the report can say so.
    """

    order_id: UUID
    validated: tuple[ResultView, ...]
    missing: tuple[Missing, ...]
    holds: tuple[HoldView, ...]
    open_calls: tuple[CallView, ...]

    @property
    def held(self) -> bool:
        return bool(self.holds)

    @property
    def provisional(self) -> tuple[ResultView, ...]:
        """Validated, and still to be replaced: they may be reported, and the report awaits them."""
        return tuple(row for row in self.validated if row.provisional)

    @property
    def ready(self) -> bool:
        return bool(self.validated) and not self.missing and not self.holds and not self.provisional

    @property
    def partly(self) -> bool:
        """Something may be reported now: an order's hold stops all, a result's hold that result."""
        return bool(self.reportable)

    @property
    def reportable(self) -> tuple[ResultView, ...]:
        """The validated results that nothing holds."""
        if any(hold.result_id is None for hold in self.holds):
            return ()
        held = {hold.result_id for hold in self.holds}
        return tuple(row for row in self.validated if row.id not in held)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a message with another laboratory's result. ``applied`` False: it was old, late or not for us."""

    result_id: UUID
    applied: bool
    revision: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """The bench at a glance. ``late``: past their due time and not validated."""

    waiting: int = 0
    to_refer: int = 0
    referred: int = 0
    to_verify: int = 0
    to_validate: int = 0
    urgent: int = 0
    late: int = 0
    open_calls: int = 0
    overdue_calls: int = 0


@dataclass(frozen=True, slots=True)
class ExternalValue:
    """A validated value on its way between laboratories, judged by the one that performed it."""

    raw: str
    kind: str
    operator: str = ""
    number: Decimal | None = None
    until: Decimal | None = None
    unit: str = ""
    answer: str = ""
    text: str = ""
    flag: str = ""
    critical: bool = False
    attention: bool = False
    reference: str = ""
    judgement: str = ""
    basis: str = ""
    meets_limit: bool | None = None
    limit_text: str = ""
    limit_basis: str = ""
    comment: str = ""
    method: str = ""
    provisional: bool = False

    @classmethod
    def of(cls, view: ResultView) -> ExternalValue:
        """What is sent of a result. The receiver keeps the judgement of the laboratory that performed it."""
        return cls(**{f.name: getattr(view, f.name) for f in fields(cls)})

    def to_message(self) -> dict[str, Any]:
        """JSON-able; numbers as text, so that nothing is lost on the way."""
        body: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        body["number"] = None if self.number is None else str(self.number)
        body["until"] = None if self.until is None else str(self.until)
        # Said only where it is so: a value told before this was known compares equal to the same value told today.
        if not body["provisional"]:
            del body["provisional"]
        return body

    @classmethod
    def from_message(cls, body: Mapping[str, Any]) -> ExternalValue:
        """Reads :meth:`to_message`; unknown keys are ignored, missing ones take their default. Raises ``KeyError``
        without ``raw`` or ``kind`` and ``decimal.InvalidOperation`` for a number that is none."""
        known = {f.name for f in fields(cls)}
        given = {key: value for key, value in body.items() if key in known}
        for key in ("number", "until"):
            if given.get(key) is not None:
                given[key] = Decimal(str(given[key]))
        return cls(**{"raw": body["raw"], "kind": body["kind"], **given})


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a list of the bench is narrowed to; an empty field narrows nothing. ``number``: of an order or a sample."""

    test_code: str = ""
    discipline: str = ""
    urgency: str = ""
    number: str = ""
