"""What leaves the module: plain values about senders and clients."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

ClientKind = Literal["facility", "programme", "company", "office", "person"]

CLIENT_KINDS: tuple[ClientKind, ...] = ("facility", "programme", "company", "office", "person")
"""Health facility, public programme, company, government office, private person."""


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
class InputProblem:
    """A field and one word of what is wrong with it; `messages` holds the sentence."""

    field: str
    code: str
