"""What leaves the module: plain values about senders and clients."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

ClientKind = Literal["facility", "programme", "company", "office", "person"]

CLIENT_KINDS: tuple[ClientKind, ...] = ("facility", "programme", "company", "office", "person")
"""Health facility, public programme, company, government office, private person."""

BOOKING_KINDS = ("pickup", "sampling")
"""The laboratory fetches samples that the client took, or takes them itself at the client's place."""

BOOKING_PARTS = ("any", "morning", "afternoon")


@dataclass(frozen=True, slots=True)
class ClientInput:
    """A client as typed, before any check."""

    name: str
    kind: str
    code: str = ""
    address: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class AgreementInput:
    """An agreement (PKS, MoU) as typed. Both days count; an open end means until it is ended."""

    number: str
    title: str
    valid_from: date | None
    valid_until: date | None = None
    scope_text: str = ""


@dataclass(frozen=True, slots=True)
class BookingInput:
    """A visit as asked for. ``kind`` and ``wanted_part`` of the lists above; ``wanted_on`` in the laboratory's calendar."""

    kind: str
    what: str
    place: str
    wanted_on: date | None
    wanted_part: str = "any"
    contact_name: str = ""
    phone: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class InputProblem:
    """A field and one word of what is wrong with it; `messages` holds the sentence."""

    field: str
    code: str
