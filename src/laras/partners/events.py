"""What happened to partners. A client may be a private person, so names are sealed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from laras.core.journal import Event


@dataclass(frozen=True)
class ClientRegistered(Event):
    """Sealed: the client as stored."""

    name: ClassVar[str] = "partners.client_registered"
    client: UUID
    code: str
    kind: str
    organisation: UUID | None


@dataclass(frozen=True)
class ClientUpdated(Event):
    """Sealed: field -> [before, after]."""

    name: ClassVar[str] = "partners.client_updated"
    client: UUID
    fields: tuple[str, ...]


@dataclass(frozen=True)
class ClientMoved(Event):
    """Closed or reopened."""

    name: ClassVar[str] = "partners.client_moved"
    client: UUID
    status: str


@dataclass(frozen=True)
class PractitionerNoted(Event):
    """Added, changed or made inactive. Sealed: the practitioner as stored."""

    name: ClassVar[str] = "partners.practitioner_noted"
    client: UUID
    practitioner: UUID
    active: bool


@dataclass(frozen=True)
class AgreementNoted(Event):
    """Drafted or corrected while a draft."""

    name: ClassVar[str] = "partners.agreement_noted"
    client: UUID
    agreement: UUID
    number: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True)
class AgreementMoved(Event):
    """Signed or ended."""

    name: ClassVar[str] = "partners.agreement_moved"
    client: UUID
    agreement: UUID
    status: str


@dataclass(frozen=True)
class AccountOpened(Event):
    """An account speaks for the client from now on."""

    name: ClassVar[str] = "partners.account_opened"
    client: UUID
    account: UUID
    user: UUID


@dataclass(frozen=True)
class AccountEnded(Event):
    name: ClassVar[str] = "partners.account_ended"
    client: UUID
    account: UUID
    user: UUID
    reason: str


@dataclass(frozen=True)
class BookingRequested(Event):
    """A client asked for a visit. Sealed: what was typed."""

    name: ClassVar[str] = "partners.booking_requested"
    client: UUID
    booking: UUID
    number: str
    kind: str
    wanted_on: date


@dataclass(frozen=True)
class BookingMoved(Event):
    """Scheduled, declined, done or withdrawn. Sealed: the answer as typed, if any."""

    name: ClassVar[str] = "partners.booking_moved"
    client: UUID
    booking: UUID
    number: str
    status: str
    planned_at: datetime | None
