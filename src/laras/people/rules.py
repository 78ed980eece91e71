"""Rules about people: what a registration must say, who may be the same person, how long records stay. Pure."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from laras.basics.names import search_key, sound_key
from laras.basics.nik import NikFacts, NikRefusal, clean_nik, compare_with_nik, read_nik
from laras.basics.periods import add_months
from laras.basics.phones import clean_phone
from laras.people.types import DuplicateReason, Identity, InputProblem, Likeness, PatientInput, Suggestion

MAX_LENGTH = {
    "full_name": 150,
    "passport_number": 20,
    "mother_name": 150,
    "description": 300,
    "mrn": 32,
    "phone": 20,
    "address": 300,
    "privacy_note": 500,
}
SEXES = ("L", "P", "U")
NO_NIK_REASONS = ("absent", "foreign", "newborn", "unidentified")
OLDEST_YEARS = 125
NEWBORN_DAYS = 366
"""Until when "newborn" explains a missing NIK; older children get "absent"."""

_AUTOMATIC_MRN = re.compile(r"RM-[0-9]{2}-[0-9]{6,}", re.IGNORECASE)
_PASSPORT = re.compile(r"[A-Z0-9]{5,20}")


def clean_text(text: str) -> str:
    """As typed, without blanks at the ends and with single blanks inside; characters keep their composed form."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def printable(text: str) -> bool:
    """Whether a text holds no control, direction, private or unassigned characters, which hide what it says."""
    return not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn") for letter in text)


def is_automatic_mrn(mrn: str) -> bool:
    """Whether a record number has the form that is given out by counting: typed in by hand it would stop the count."""
    return bool(_AUTOMATIC_MRN.fullmatch(mrn))


def clean_passport(text: str) -> str:
    """Capital letters and digits only."""
    return re.sub(r"[\s\-]", "", text).upper()


def clean_input(given: PatientInput) -> PatientInput:
    """The registration in the form that is stored: names and texts as typed but trimmed, numbers without marks.

    What the chosen reason for a missing NIK does not ask for is dropped, and a given NIK drops the reason.
    """
    nik = clean_nik(given.nik)
    reason = "" if nik else given.no_nik_reason.strip()
    phone = clean_phone(given.phone)
    return PatientInput(
        full_name=clean_text(given.full_name),
        sex=given.sex.strip().upper(),
        birth_date=given.birth_date,
        birth_date_estimated=given.birth_date_estimated and given.birth_date is not None,
        nik=nik,
        no_nik_reason=reason,
        passport_number=clean_passport(given.passport_number),
        mother_nik=clean_nik(given.mother_nik),
        mother_name=clean_text(given.mother_name),
        description=clean_text(given.description),
        mrn=clean_text(given.mrn),
        phone=given.phone.strip() if phone is None else phone,
        address=clean_text(given.address),
        privacy_note=clean_text(given.privacy_note),
    )


def check_input(given: PatientInput, *, today: date) -> list[InputProblem]:
    """All problems of a cleaned registration, in the order of the form. Empty means it may be stored."""
    problems = [*_check_texts(given), *_check_birth(given, today)]
    if given.sex not in SEXES:
        problems.append(InputProblem("sex", "unknown_choice"))
    if given.nik:
        problems += _check_nik(given, today)
    else:
        problems += _check_reason(given, today)
    if given.mother_nik and isinstance(read_nik(given.mother_nik, today=today), NikRefusal):
        problems.append(InputProblem("mother_nik", "nik_wrong"))
    if given.phone and clean_phone(given.phone) is None:
        problems.append(InputProblem("phone", "phone_wrong"))
    if given.passport_number and not _PASSPORT.fullmatch(given.passport_number):
        problems.append(InputProblem("passport_number", "passport_wrong"))
    return problems


def _check_texts(given: PatientInput) -> Iterable[InputProblem]:
    for field, longest in MAX_LENGTH.items():
        text = getattr(given, field)
        if len(text) > longest:
            yield InputProblem(field, "too_long")
        elif not printable(text):
            yield InputProblem(field, "unprintable")
    if not given.full_name:
        yield InputProblem("full_name", "missing")
    elif not any(letter.isalpha() for letter in given.full_name):
        yield InputProblem("full_name", "no_letters")


def _check_birth(given: PatientInput, today: date) -> Iterable[InputProblem]:
    if given.birth_date is None:
        # Nobody can tell of an unidentified person; everybody else at least looks some age.
        if given.nik or given.no_nik_reason != "unidentified":
            yield InputProblem("birth_date", "birth_date_missing")
    elif given.birth_date > today:
        yield InputProblem("birth_date", "in_future")
    elif today.year - given.birth_date.year > OLDEST_YEARS:
        yield InputProblem("birth_date", "too_old")


def _check_nik(given: PatientInput, today: date) -> Iterable[InputProblem]:
    facts = read_nik(given.nik, today=today)
    if isinstance(facts, NikRefusal):
        yield InputProblem("nik", f"nik_{facts.reason}")
        return
    for mismatch in _mismatches(facts, given):
        yield InputProblem(mismatch, f"differs_from_nik_{mismatch}", doubt=True)


def _mismatches(facts: NikFacts, given: PatientInput) -> Iterable[str]:
    return compare_with_nik(
        facts, birth_date=given.birth_date, birth_date_estimated=given.birth_date_estimated, sex=given.sex
    )


def _check_reason(given: PatientInput, today: date) -> Iterable[InputProblem]:
    if not given.no_nik_reason:
        yield InputProblem("nik", "nik_or_reason")
    elif given.no_nik_reason not in NO_NIK_REASONS:
        yield InputProblem("no_nik_reason", "unknown_choice")
    elif given.no_nik_reason == "foreign" and not given.passport_number:
        yield InputProblem("passport_number", "passport_missing")
    elif given.no_nik_reason == "unidentified" and not given.description:
        yield InputProblem("description", "description_missing")
    elif given.no_nik_reason == "newborn":
        if not (given.mother_nik or given.mother_name):
            yield InputProblem("mother_nik", "mother_missing")
        if given.birth_date and (today - given.birth_date).days > NEWBORN_DAYS:
            yield InputProblem("no_nik_reason", "not_newborn")


def differs_from_nik(given: PatientInput, *, today: date) -> bool:
    """Whether the NIK tells another date of birth or sex than the cleaned registration."""
    if not given.nik:
        return False
    facts = read_nik(given.nik, today=today)
    return isinstance(facts, NikFacts) and bool(tuple(_mismatches(facts, given)))


def compare_people(one: Identity, other: Identity) -> Likeness:
    """How much two people look like one. Symmetric; 100 only for the same number of a document."""
    reasons: list[DuplicateReason] = []
    scores = [0]

    def for_it(score: int, reason: DuplicateReason) -> None:
        scores.append(score)
        reasons.append(reason)

    keys = search_key(one.full_name), search_key(other.full_name)
    same_name = keys[0] == keys[1] and keys[0] != ""
    alike = same_name or (sound_key(one.full_name) == sound_key(other.full_name) != "")
    same_birth = one.birth_date is not None and one.birth_date == other.birth_date
    both_nik = bool(one.nik and other.nik)
    one_off = both_nik and _one_slip_apart(one.nik, other.nik)

    if both_nik and one.nik == other.nik:
        for_it(100, "same_nik")
    if one.passport_number and one.passport_number == other.passport_number:
        for_it(100, "same_passport")
    if same_name and same_birth:
        for_it(90, "same_name_and_birth_date")
    elif alike and same_birth:
        for_it(80, "sounds_alike_and_birth_date")
    elif alike and _near_births(one, other):
        for_it(60, "name_and_near_birth_date")
    if one_off and (alike or same_birth):
        for_it(75, "nik_one_digit_off")
    if alike and one.phone and one.phone == other.phone:
        for_it(65, "sounds_alike_and_phone")
    if one.mother_nik and one.mother_nik == other.mother_nik and same_birth:
        # Twins share both, so this alone asks for a look and no more.
        for_it(60, "same_mother_and_birth_date")
    score = max(scores)
    if score == 100:
        return Likeness(score, tuple(reasons))
    if score and both_nik and not one_off:
        score = max(0, score - 60)
        reasons.append("different_nik")
    if score and {one.sex, other.sex} == {"L", "P"}:
        score = max(0, score - 25)
        reasons.append("different_sex")
    return Likeness(score, tuple(reasons))


def _one_slip_apart(one: str, other: str) -> bool:
    """One wrong digit, or two neighbours swapped."""
    if len(one) != len(other):
        return False
    differing = [i for i, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    if len(differing) == 1:
        return True
    if len(differing) != 2 or differing[1] != differing[0] + 1:
        return False
    i, j = differing
    return one[i] == other[j] and one[j] == other[i]


def _near_births(one: Identity, other: Identity) -> bool:
    """An estimate within two years, or a date with day and month swapped or one part mistyped."""
    a, b = one.birth_date, other.birth_date
    if a is None or b is None:
        return False
    if one.birth_date_estimated or other.birth_date_estimated:
        return abs((a - b).days) <= 2 * 366
    if a.year == b.year and (a.month, a.day) == (b.day, b.month):
        return True
    return [a.year == b.year, a.month == b.month, a.day == b.day].count(True) == 2


def rank_suggestions(
    wanted: Identity, candidates: Iterable[tuple[UUID, Identity]], *, limit: int = 5
) -> list[Suggestion]:
    """Those who may be the wanted person, best first, at most `limit`."""
    found = [Suggestion(key, compare_people(wanted, identity)) for key, identity in candidates]
    possible = [row for row in found if row.likeness.possible]
    return sorted(possible, key=lambda row: (-row.likeness.score, row.patient_id))[:limit]


def matching_token(key: bytes, kind: str, *parts: str) -> str:
    """A keyed digest (HMAC-SHA-256, 32 hex digits) by which two laboratories find one person without showing who.

    Empty when a part is empty: what is unknown matches nobody.
    """
    if not all(parts):
        return ""
    message = "\x1f".join((kind, *parts)).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:32]


def tokens_of(key: bytes, identity: Identity) -> tuple[str, str]:
    """The tokens of a person: of the NIK, and of the sounding name with an exact date of birth."""
    exact = identity.birth_date is not None and not identity.birth_date_estimated
    born = identity.birth_date.isoformat() if identity.birth_date is not None and exact else ""
    return (
        matching_token(key, "nik", identity.nik),
        matching_token(key, "name", sound_key(identity.full_name), born),
    )


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long records of a person stay after the last service. `name` is shown where erasure is refused."""

    key: str
    name: str
    years: int
    source: str
    status: str


def kept_until(rule: RetentionRule, last_service: datetime) -> date:
    """The day from which the law no longer stands against erasure."""
    return add_months(last_service.date(), rule.years * 12)


def may_erase(rule: RetentionRule, *, last_service: datetime | None, today: date) -> bool:
    """Erasure is free for somebody who was never served, and when the time after the last service is over."""
    return last_service is None or today >= kept_until(rule, last_service)
