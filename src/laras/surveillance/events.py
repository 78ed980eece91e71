"""What happens in surveillance. Names and values are sealed beside an entry, never in these fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from laras.core.journal import Event


@dataclass(frozen=True)
class FindingsTold(Event):
    """A laboratory tells a health office what its released results say now. The sealed body holds the statements.

    Each statement says all of one order, with a revision, so that the newest is enough; an empty one takes all back.
    """

    name: ClassVar[str] = "surveillance.findings_told"
    orders: int


@dataclass(frozen=True)
class CasesCounted(Event):
    """What a message of a laboratory did to the cases of an office: ``[case, disease, week]`` each."""

    name: ClassVar[str] = "surveillance.cases_counted"
    laboratory: UUID
    counted: list[Any]
    changed: list[Any]
    withdrawn: list[Any]


@dataclass(frozen=True)
class CountsImported(Event):
    """Weekly counts from before: of whom, how many, and from which source."""

    name: ClassVar[str] = "surveillance.counts_imported"
    rows: int
    first_week: str
    last_week: str
    source: str


@dataclass(frozen=True)
class ThresholdAdopted(Event):
    """The office takes so many cases in a week of a disease as a signal; 0 takes the threshold back."""

    name: ClassVar[str] = "surveillance.threshold_adopted"
    disease: str
    cases: int


@dataclass(frozen=True)
class SignalRaised(Event):
    name: ClassVar[str] = "surveillance.signal_raised"
    signal: UUID
    disease: str
    week: str
    observed: int
    upperbound: float | None
    by: list[str]


@dataclass(frozen=True)
class SignalMoved(Event):
    """``move`` as in :data:`laras.surveillance.states.SIGNAL`; why is sealed."""

    name: ClassVar[str] = "surveillance.signal_moved"
    signal: UUID
    disease: str
    week: str
    move: str
    outbreak: UUID | None = None


@dataclass(frozen=True)
class OutbreakOpened(Event):
    name: ClassVar[str] = "surveillance.outbreak_opened"
    outbreak: UUID
    number: str
    disease: str
    since: str


@dataclass(frozen=True)
class OutbreakMoved(Event):
    """``move`` as in :data:`laras.surveillance.states.OUTBREAK`; what was written is sealed."""

    name: ClassVar[str] = "surveillance.outbreak_moved"
    outbreak: UUID
    number: str
    move: str
    status: str


@dataclass(frozen=True)
class RiskAssessed(Event):
    name: ClassVar[str] = "surveillance.risk_assessed"
    outbreak: UUID
    number: str
    risk: str


@dataclass(frozen=True)
class TeamChanged(Event):
    name: ClassVar[str] = "surveillance.team_changed"
    outbreak: UUID
    number: str
    person: UUID
    joined: bool


@dataclass(frozen=True)
class LineListRead(Event):
    """Somebody of the team saw the names of an event's cases."""

    name: ClassVar[str] = "surveillance.line_list_read"
    outbreak: UUID
    number: str
    cases: int


@dataclass(frozen=True)
class FirstReportMade(Event):
    """The report of the first 24 hours (W1) was drawn."""

    name: ClassVar[str] = "surveillance.first_report_made"
    outbreak: UUID
    number: str
    in_time: bool


@dataclass(frozen=True)
class PopulationSet(Event):
    """How many persons were at risk in an event; 0 takes it back."""

    name: ClassVar[str] = "surveillance.population_set"
    outbreak: UUID
    number: str
    at_risk: int


@dataclass(frozen=True)
class StudyDescribed(Event):
    """A study of the foods of an event was begun or changed; its words are sealed."""

    name: ClassVar[str] = "surveillance.study_described"
    outbreak: UUID
    number: str
    design: str
    foods: int


@dataclass(frozen=True)
class DinersSaved(Event):
    """Persons of a study were entered, changed or taken out. ``source``: ``grid`` or ``sheet``."""

    name: ClassVar[str] = "surveillance.diners_saved"
    outbreak: UUID
    number: str
    added: int
    changed: int
    removed: int
    source: str


@dataclass(frozen=True)
class DinersRead(Event):
    """Somebody of the team saw the names of a study's persons."""

    name: ClassVar[str] = "surveillance.diners_read"
    outbreak: UUID
    number: str
    persons: int


@dataclass(frozen=True)
class NoticeSettingsChanged(Event):
    """Where and when an office is told; its addresses are sealed. ``key_number``: of the webhook's key."""

    name: ClassVar[str] = "surveillance.notice_settings_changed"
    emails: int
    webhook: bool
    key_number: int
    escalate_hours: int


@dataclass(frozen=True)
class NoticeAcknowledged(Event):
    """Somebody of the office has seen it."""

    name: ClassVar[str] = "surveillance.notice_acknowledged"
    notice: UUID
    kind: str
    disease: str


@dataclass(frozen=True)
class WebhookKeyRead(Event):
    """Somebody looked at the key by which the office's webhook is signed."""

    name: ClassVar[str] = "surveillance.webhook_key_read"
    key_number: int


@dataclass(frozen=True)
class NoticesSent(Event):
    """Mail or webhook took notices. ``channel``: ``email`` or ``webhook``."""

    name: ClassVar[str] = "surveillance.notices_sent"
    channel: str
    notices: int


@dataclass(frozen=True)
class SignalEscalated(Event):
    """Nobody of the office answered a signal in time: the office above was told."""

    name: ClassVar[str] = "surveillance.signal_escalated"
    signal: UUID
    disease: str
    told: UUID


@dataclass(frozen=True)
class PersonErased(Event):
    """A laboratory erased a patient and asks an office to forget the name too. Sealed: the orders, by their keys."""

    name: ClassVar[str] = "surveillance.person_erased"
    orders: int


@dataclass(frozen=True)
class PersonForgotten(Event):
    """The office emptied what it held of a name: rows of evidence, and persons of studies."""

    name: ClassVar[str] = "surveillance.person_forgotten"
    laboratory: UUID
    rows: int
    diners: int
