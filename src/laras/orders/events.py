"""What happened to orders and samples. No personal values: who the patient is stays behind its id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from laras.core.journal import Event


@dataclass(frozen=True)
class OrderRegistered(Event):
    """``tests`` and ``samples`` list (requested test, sample, code) and (sample, number, specimen, status)."""

    name: ClassVar[str] = "orders.order_registered"

    order: UUID
    number: str
    subject_kind: str
    patient: UUID | None
    site: UUID | None
    client: UUID | None
    urgency: str
    payer: str
    purpose: str
    source: str
    origin: UUID | None
    standard: str
    total: int
    tests: tuple[tuple[UUID, UUID, str], ...]
    samples: tuple[tuple[UUID, str, str, str], ...]
    programme: str = ""


@dataclass(frozen=True)
class ProgrammeSessionRegistered(Event):
    """A list of people was registered for a programme. ``known`` were on file, ``skipped`` had nothing to be made that day."""

    name: ClassVar[str] = "orders.programme_session_registered"

    session: UUID
    programme: str
    day: date
    digest: str
    people: int
    known: int
    skipped: int


@dataclass(frozen=True)
class TestsAdded(Event):
    """``tests`` are (requested test, sample, code, sample's status): what is ``received`` can be worked at once."""

    __test__ = False  # the name begins with "Test": pytest must not collect it
    name: ClassVar[str] = "orders.test_added"

    order: UUID
    total: int
    tests: tuple[tuple[UUID, UUID, str, str], ...]


@dataclass(frozen=True)
class LineCancelled(Event):
    """``tests`` are the requested tests that nobody needs any more; ``samples`` those left without any."""

    name: ClassVar[str] = "orders.line_cancelled"

    order: UUID
    line: UUID
    code: str
    tests: tuple[UUID, ...]
    samples: tuple[UUID, ...]


@dataclass(frozen=True)
class OrderCancelled(Event):
    name: ClassVar[str] = "orders.order_cancelled"

    order: UUID
    number: str
    tests: tuple[UUID, ...]
    samples: tuple[UUID, ...]


@dataclass(frozen=True)
class OrderReported(Event):
    name: ClassVar[str] = "orders.order_reported"

    order: UUID


@dataclass(frozen=True)
class OrderReopened(Event):
    name: ClassVar[str] = "orders.order_reopened"

    order: UUID


@dataclass(frozen=True)
class SampleCollected(Event):
    name: ClassVar[str] = "orders.sample_collected"

    order: UUID
    sample: UUID
    number: str
    collected_at: str


@dataclass(frozen=True)
class SampleReceived(Event):
    """``tests`` are (requested test, code): the work that can begin."""

    name: ClassVar[str] = "orders.sample_received"

    order: UUID
    sample: UUID
    number: str
    condition: str
    temperature: str
    urgency: str
    tests: tuple[tuple[UUID, str], ...]


@dataclass(frozen=True)
class SampleRefused(Event):
    """``refusal`` is a key of ``REFUSAL_REASONS``.

    ``tests`` wait for ``replacement`` (a sample of the same order), or are cancelled when there is none.
    """

    name: ClassVar[str] = "orders.sample_refused"

    order: UUID
    sample: UUID
    number: str
    refusal: str
    replacement: UUID | None
    replacement_number: str
    tests: tuple[UUID, ...]


@dataclass(frozen=True)
class SampleHandedOver(Event):
    """A link of the chain of custody; ``action`` as in ``Custody``."""

    name: ClassVar[str] = "orders.sample_handed_over"

    order: UUID
    sample: UUID
    number: str
    action: str
    place: str


@dataclass(frozen=True)
class SampleDisposed(Event):
    name: ClassVar[str] = "orders.sample_disposed"

    order: UUID
    sample: UUID
    number: str


@dataclass(frozen=True)
class SiteRegistered(Event):
    name: ClassVar[str] = "orders.site_registered"

    site: UUID
    area: UUID | None


@dataclass(frozen=True)
class PlanSaved(Event):
    """A plan of sampling was made, or said otherwise from now on."""

    name: ClassVar[str] = "orders.plan_saved"

    plan: UUID
    title: str
    kind: str
    frequency: str
    first_day: date
    codes: tuple[str, ...]
    standard: str


@dataclass(frozen=True)
class PlanClosed(Event):
    name: ClassVar[str] = "orders.plan_closed"

    plan: UUID
    reason: str


@dataclass(frozen=True)
class PointAdded(Event):
    name: ClassVar[str] = "orders.plan_point_added"

    plan: UUID
    point: UUID
    site: UUID
    label: str


@dataclass(frozen=True)
class PointRetired(Event):
    name: ClassVar[str] = "orders.plan_point_retired"

    plan: UUID
    point: UUID
    label: str


@dataclass(frozen=True)
class VisitPrepared(Event):
    """``bottles`` are the printed numbers that its labels bear."""

    name: ClassVar[str] = "orders.visit_prepared"

    plan: UUID
    visit: UUID
    number: str
    day: date
    stops: int
    bottles: tuple[str, ...]


@dataclass(frozen=True)
class VisitSkipped(Event):
    name: ClassVar[str] = "orders.visit_skipped"

    plan: UUID
    visit: UUID
    number: str
    day: date
    reason: str


@dataclass(frozen=True)
class StopTaken(Event):
    """A point was sampled; ``missed`` are the bottles that stayed empty, with why."""

    name: ClassVar[str] = "orders.stop_taken"

    visit: UUID
    stop: UUID
    number: str
    order: UUID
    order_number: str
    missed: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class StopMissed(Event):
    name: ClassVar[str] = "orders.stop_missed"

    visit: UUID
    stop: UUID
    number: str
    reason: str


@dataclass(frozen=True)
class RequestReviewed(Event):
    """What was agreed of an order, or of a plan for all orders that come of it."""

    name: ClassVar[str] = "orders.request_reviewed"

    order: UUID | None
    plan: UUID | None
    outcome: str
    way: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SitePolicyChanged(Event):
    name: ClassVar[str] = "orders.site_policy_changed"

    review_required: bool


@dataclass(frozen=True)
class QualitySampleAdded(Event):
    """A blank, duplicate or spike was registered; ``mates`` are the samples that it watches over."""

    name: ClassVar[str] = "orders.quality_sample_added"

    order: UUID
    sample: UUID
    role: str
    mates: tuple[UUID, ...]


@dataclass(frozen=True)
class SurveyNoted(Event):
    """What a survey of vectors counted; ``counts`` by the names of ``EntomologySurvey``."""

    name: ClassVar[str] = "orders.survey_noted"

    survey: UUID
    kind: str
    day: date
    area: UUID | None
    counts: tuple[tuple[str, int], ...]
    hours: str


@dataclass(frozen=True)
class SurveyVoided(Event):
    name: ClassVar[str] = "orders.survey_voided"

    survey: UUID
    reason: str


@dataclass(frozen=True)
class InspectionNoted(Event):
    name: ClassVar[str] = "orders.inspection_noted"

    inspection: UUID
    number: str
    day: date
    reached: int
    possible: int


@dataclass(frozen=True)
class InspectionOrderJoined(Event):
    name: ClassVar[str] = "orders.inspection_order_joined"

    inspection: UUID
    order: UUID


@dataclass(frozen=True)
class InspectionConcluded(Event):
    name: ClassVar[str] = "orders.inspection_concluded"

    inspection: UUID
    outcome: str
