"""Rules about senders and clients. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta

from laras.basics.phones import clean_phone
from laras.partners.types import (
    BOOKING_KINDS,
    BOOKING_PARTS,
    CLIENT_KINDS,
    AgreementInput,
    BookingInput,
    ClientInput,
    InputProblem,
)

MAX_LENGTH = {
    "name": 200,
    "code": 24,
    "address": 300,
    "contact_name": 150,
    "phone": 20,
    "email": 254,
    "note": 500,
    "number": 60,
    "title": 200,
    "scope_text": 1000,
    "registration_number": 40,
    "what": 300,
    "place": 300,
    "answer": 300,
}
BOOKING_AHEAD = timedelta(days=120)
"""A visit is asked for at most so long before."""
_CODE = re.compile(r"[A-Z0-9][A-Z0-9.\-/]*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Cn")


def clean_text(text: str) -> str:
    """As typed, without blanks at the ends and with single blanks inside."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def printable(text: str) -> bool:
    """Whether a text holds no control, direction, private or unassigned characters, which hide what it says."""
    return not any(unicodedata.category(letter) in _UNPRINTABLE for letter in text)


def clean_client(given: ClientInput) -> ClientInput:
    """The client in the form that is stored."""
    phone = clean_phone(given.phone)
    return ClientInput(
        name=clean_text(given.name),
        kind=given.kind.strip(),
        code=clean_text(given.code).upper(),
        address=clean_text(given.address),
        contact_name=clean_text(given.contact_name),
        phone=given.phone.strip() if phone is None else phone,
        email=given.email.strip(),
        note=clean_text(given.note),
    )


def check_client(given: ClientInput) -> list[InputProblem]:
    """All problems of a cleaned client, in the order of the form."""
    problems = list(check_texts(given, ("name", "code", "address", "contact_name", "phone", "email", "note")))
    if not given.name:
        problems.append(InputProblem("name", "missing"))
    elif not any(letter.isalnum() for letter in given.name):
        problems.append(InputProblem("name", "no_letters"))
    if given.kind not in CLIENT_KINDS:
        problems.append(InputProblem("kind", "unknown_choice"))
    if given.code and not _CODE.fullmatch(given.code):
        problems.append(InputProblem("code", "code_wrong"))
    if given.phone and clean_phone(given.phone) is None:
        problems.append(InputProblem("phone", "phone_wrong"))
    if given.email and not _EMAIL.fullmatch(given.email):
        problems.append(InputProblem("email", "email_wrong"))
    return problems


def clean_agreement(given: AgreementInput) -> AgreementInput:
    """The agreement in the form that is stored."""
    return AgreementInput(
        number=clean_text(given.number),
        title=clean_text(given.title),
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        scope_text=clean_text(given.scope_text),
    )


def check_agreement(given: AgreementInput) -> list[InputProblem]:
    """All problems of a cleaned agreement."""
    problems = list(check_texts(given, ("number", "title", "scope_text")))
    problems += [InputProblem(name, "missing") for name in ("number", "title") if not getattr(given, name)]
    if given.valid_from is None:
        problems.append(InputProblem("valid_from", "missing"))
    elif given.valid_until is not None and given.valid_until < given.valid_from:
        problems.append(InputProblem("valid_until", "ends_before_it_begins"))
    return problems


def clean_booking(given: BookingInput) -> BookingInput:
    """The visit in the form that is stored."""
    phone = clean_phone(given.phone)
    return BookingInput(
        kind=given.kind.strip(),
        what=clean_text(given.what),
        place=clean_text(given.place),
        wanted_on=given.wanted_on,
        wanted_part=given.wanted_part.strip() or "any",
        contact_name=clean_text(given.contact_name),
        phone=given.phone.strip() if phone is None else phone,
        note=clean_text(given.note),
    )


def check_booking(given: BookingInput, today: date) -> list[InputProblem]:
    """All problems of a cleaned visit; ``today`` in the laboratory's calendar."""
    problems = list(check_texts(given, ("what", "place", "contact_name", "phone", "note")))
    needed = ("what", "place", "contact_name", "phone")
    problems += [InputProblem(name, "missing") for name in needed if not getattr(given, name)]
    if given.kind not in BOOKING_KINDS:
        problems.append(InputProblem("kind", "unknown_choice"))
    if given.wanted_part not in BOOKING_PARTS:
        problems.append(InputProblem("wanted_part", "unknown_choice"))
    if given.phone and clean_phone(given.phone) is None:
        problems.append(InputProblem("phone", "phone_wrong"))
    if given.wanted_on is None:
        problems.append(InputProblem("wanted_on", "missing"))
    elif given.wanted_on < today:
        problems.append(InputProblem("wanted_on", "day_past"))
    elif given.wanted_on > today + BOOKING_AHEAD:
        problems.append(InputProblem("wanted_on", "day_far"))
    return problems


def check_texts(given: object, names: Iterable[str]) -> Iterable[InputProblem]:
    """Overlong texts and signs that cannot be printed."""
    for name in names:
        text = getattr(given, name)
        if len(text) > MAX_LENGTH[name]:
            yield InputProblem(name, "too_long")
        elif not printable(text):
            yield InputProblem(name, "unprintable")


def in_force(status: str, valid_from: date, valid_until: date | None, day: date) -> bool:
    """Whether a signed agreement covers a day; its first and last day count."""
    return status == "signed" and valid_from <= day and (valid_until is None or day <= valid_until)


def days_left(valid_until: date | None, day: date) -> int | None:
    """Days until an agreement runs out, 0 on its last day; None when it has no end."""
    return None if valid_until is None else (valid_until - day).days
