"""Reading people. Every function takes the scope first; another organisation's patient is not found."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Count, Func, Q, QuerySet

from laras.basics.names import prefix_range, search_key, sound_key
from laras.basics.nik import clean_nik
from laras.basics.phones import clean_phone
from laras.core import clock, statements
from laras.core.models import ExternalIdentifier
from laras.core.scope import Scope, get_or_404
from laras.people.models import Consent, Patient, PatientMerge
from laras.people.reference import ConsentText, consent_purposes
from laras.people.rules import compare_people, matching_token, rank_suggestions
from laras.people.types import Identity, Likeness

ENTITY = "people.patient"
"""How `core.ExternalIdentifier` names a patient."""

CANDIDATES = 200
"""How many rows one question of a duplicate check looks at."""

NEAR_DAYS = 2 * 366
"""How far an estimated date of birth may lie off."""


def identity_of(patient: Patient) -> Identity:
    """What the rules compare."""
    return Identity(
        full_name=patient.full_name,
        sex=patient.sex,
        birth_date=patient.birth_date,
        birth_date_estimated=patient.birth_date_estimated,
        nik=patient.nik,
        passport_number=patient.passport_number,
        mother_nik=patient.mother_nik,
        phone=patient.phone,
    )


def all_patients(scope: Scope, *, status: str = "active") -> QuerySet[Patient]:
    """The patients of a status; `""` for every status."""
    rows = Patient.objects.within(scope)
    return rows.filter(status=status) if status else rows


def get_patient(scope: Scope, patient_id: UUID | str) -> Patient:
    """The patient as stored, merged or not. Raises NotFound."""
    return get_or_404(Patient.objects.within(scope).select_related("merged_into", "residence"), id=patient_id)


def patients_by_id(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, Patient]:
    """Several at once, as stored; unknown ids are left out."""
    return {patient.id: patient for patient in Patient.objects.within(scope).filter(id__in=list(ids))}


def resolve(scope: Scope, patient_id: UUID | str) -> Patient:
    """The patient under whom this one is kept: itself, or the end of its merges. Raises NotFound."""
    patient = get_patient(scope, patient_id)
    while patient.status == "merged":
        patient = get_patient(scope, patient.merged_into_id)
    return patient


def resolve_many(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, Patient]:
    """Asked id -> the patient under whom it is kept; one query for each step of merging, most often one in all."""
    wanted = set(ids)
    rows = patients_by_id(scope, wanted)
    while missing := {
        row.merged_into_id
        for row in rows.values()
        if row.status == "merged" and row.merged_into_id and row.merged_into_id not in rows
    }:
        found = patients_by_id(scope, missing)
        if not found:
            break
        rows |= found
    answer = {}
    for key in wanted & rows.keys():
        row = rows[key]
        while row.status == "merged" and row.merged_into_id in rows:
            row = rows[row.merged_into_id]
        answer[key] = row
    return answer


def identity_ids(scope: Scope, patient_id: UUID) -> list[UUID]:
    """The patient and all that were merged into it, directly or on the way: whose orders are this person's orders."""
    found = [patient_id]
    level = [patient_id]
    while level:
        rows = Patient.objects.within(scope).filter(merged_into_id__in=level).exclude(id__in=found)
        level = list(rows.values_list("id", flat=True))
        found += level
    return found


def numbers_of(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Record -> its medical record number; unknown ids are left out."""
    return dict(Patient.objects.within(scope).filter(id__in=list(ids)).values_list("id", "mrn"))


def persons(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Every record of these persons -> the record under whom it is kept: those asked for and all that were merged with them.

    Unknown ids are left out. Two queries where nobody was merged.
    """
    known = {asked: patient.id for asked, patient in resolve_many(scope, ids).items()}
    known |= {kept: kept for kept in known.values()}
    level = set(known.values())
    while level:
        merged = Patient.objects.within(scope).filter(merged_into_id__in=level).values_list("id", "merged_into_id")
        new = {record: known[into] for record, into in merged if known.get(record) != known[into]}
        known |= new
        level = set(new)
    return known


# --- Searching ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search. `after` asks for the next page and is empty at the end."""

    patients: list[Patient]
    after: str = ""


class _Given(Func):
    """``NOT (column = '')`` with the empty text in the statement: SQLite uses a partial index for nothing else."""

    output_field = BooleanField()
    template = "NOT (%(expressions)s = '')"


def _carrying(name: str, value: str) -> Q:
    """The condition that a patient has this value in a column that most leave empty; answered by its partial index."""
    return Q(_Given(name), **{name: value})


def search(scope: Scope, text: str, *, limit: int = 50, after: str = "") -> Found:
    """Patients by what is typed in one box: NIK, medical record number, phone, passport, or the beginning of a name.

    Numbers find merged patients too (the old card must lead to the kept one); names find active ones, by their
    first and then by their last word. Nothing typed shows the latest registrations. Every way uses an index.
    """
    text = "".join(letter for letter in text if letter.isprintable()).strip()[:150]
    active = Patient.objects.within(scope).filter(status="active")
    if not text:
        rows = list(active.order_by("-id")[:limit])
        return Found(rows)
    if any(letter.isdigit() for letter in text):
        by_number = _search_numbers(scope, text, limit)
        if by_number:
            return Found(by_number)
    return _search_names(active, text, limit, after)


def _search_numbers(scope: Scope, text: str, limit: int) -> list[Patient]:
    """One question a number, each with its index: an "or" of them SQLite would answer by reading the laboratory."""
    bare = clean_nik(text)
    rows = Patient.objects.within(scope).exclude(status="erased")
    found = list(rows.filter(mrn__in={text, text.upper()})[:limit])
    if not found and bare.isascii() and bare.isdigit() and len(bare) == 16:
        found = list(rows.filter(nik=bare)[:limit]) or list(rows.filter(_carrying("mother_nik", bare))[:limit])
    elif not found:
        found = list(rows.filter(_carrying("passport_number", bare.upper()))[:limit])
        if bare.isascii() and bare.isdigit() and 6 <= len(bare) < 16:
            found += rows.filter(nik__gte=bare.ljust(16, "0"), nik__lte=bare.ljust(16, "9"))[:limit]
        phone = clean_phone(text)
        if phone:
            found += rows.filter(_carrying("phone", phone))[:limit]
    unique = {row.id: row for row in found}
    return sorted(unique.values(), key=lambda row: (row.status != "active", row.search_name))[:limit]


def _search_names(active: QuerySet[Patient], text: str, limit: int, after: str) -> Found:
    key = search_key(text)
    if not key:
        return Found([])
    low, high = prefix_range(key)
    by_first = active.filter(search_name__gte=low, search_name__lt=high)
    if after:
        # The cursor is a key and not a name: names have no place in addresses.
        last = get_or_404(active, id=after)
        by_first = by_first.filter(
            Q(search_name__gt=last.search_name) | Q(search_name=last.search_name, id__gt=last.id)
        )
    rows = list(by_first.order_by("search_name", "id")[: limit + 1])
    if len(rows) > limit:
        return Found(rows[:limit], str(rows[limit - 1].id))
    if not after:
        # The words typed may be the last name first: `santoso`, `santoso budi`.
        by_tail = active.filter(search_tail__gte=low, search_tail__lt=high)
        seen = {row.id for row in rows}
        rows += [row for row in by_tail.order_by("search_tail", "id")[:limit] if row.id not in seen][
            : limit - len(rows)
        ]
    return Found(rows)


def same_numbers(scope: Scope, *, nik: str = "", passport_number: str = "", mrn: str = "") -> list[Patient]:
    """Patients who carry one of these numbers, active ones for NIK and passport. One question for each number."""
    rows = Patient.objects.within(scope)
    found: dict[UUID, Patient] = {}
    for name, value in (("nik", nik), ("passport_number", passport_number), ("mrn", mrn)):
        if value:
            carriers = rows.filter(**{name: value})
            found |= {row.id: row for row in (carriers if name == "mrn" else carriers.filter(status="active"))}
    return list(found.values())


def _branch(condition: str) -> str:
    return f"SELECT id FROM {Patient._meta.db_table} WHERE owner_id = %s AND {condition}"


_CARRIERS = {
    "nik": _branch("nik = %s AND status = 'active'"),
    "passport_number": _branch("passport_number = %s AND NOT (passport_number = '') AND status = 'active'"),
    "mrn": _branch("mrn = %s"),
}
_NAMESAKES = _branch("birth_date = %s AND sound_key = %s AND status = 'active'")


def ids_to_look_at(
    owner_id: UUID,
    *,
    nik: str = "",
    passport_number: str = "",
    mrn: str = "",
    birth_date: date | None = None,
    sound: str = "",
) -> list[UUID]:
    """Patients of one organisation who carry one of the numbers, or the sounding name on the date of birth.

    Asked at every registration, and nearly always answered by nobody. Written out, with the owner in each branch: it takes
    a twentieth of the time of the same questions put together by the mapper, and each branch has its index, which an
    "or" would not have on SQLite.
    """
    owner: object = owner_id.hex if connection.vendor == "sqlite" else owner_id
    given = {"nik": nik, "passport_number": passport_number, "mrn": mrn}
    branches = [_CARRIERS[name] for name, value in given.items() if value]
    values = [part for value in given.values() if value for part in (owner, value)]
    if birth_date is not None and sound:
        branches.append(_NAMESAKES)
        values += [owner, connection.ops.adapt_datefield_value(birth_date), sound]
    if not branches:
        return []
    with connection.cursor() as cursor:
        statements.execute(cursor, " UNION ".join(branches), values)
        return [UUID(row[0]) if isinstance(row[0], str) else row[0] for row in cursor.fetchall()]


# --- Who may be the same person -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A patient on file with how much and why they look like the person asked for."""

    patient: Patient
    likeness: Likeness


def find_duplicates(
    scope: Scope, identity: Identity, *, without: Sequence[UUID] = (), limit: int = 5
) -> list[Lookalike]:
    """Active patients who may be this person, best first, at least "possible"."""
    sound = sound_key(identity.full_name)[:100]
    # One question for each trait and not an "or": each has its index, and the many who share a frequent name cannot
    # crowd out those with the same number or birthday.
    questions: list[Q] = []
    if identity.nik:
        questions.append(Q(nik=identity.nik))
    if identity.passport_number:
        questions.append(_carrying("passport_number", identity.passport_number))
    if identity.phone and sound:
        questions.append(_carrying("phone", identity.phone) & Q(sound_key=sound))
    if identity.birth_date:
        born = identity.birth_date
        questions.append(Q(birth_date=born))
        if sound:
            about = (born - timedelta(days=NEAR_DAYS), born + timedelta(days=NEAR_DAYS))
            near = Q(birth_date__range=about) | Q(birth_date__month=born.month, birth_date__day=born.day)
            questions.append(Q(sound_key=sound) & near)
    rows = Patient.objects.within(scope).filter(status="active").exclude(id__in=list(without))
    found = {row.id: row for question in questions for row in rows.filter(question)[:CANDIDATES]}
    ranked = rank_suggestions(identity, [(row.id, identity_of(row)) for row in found.values()], limit=limit)
    return [Lookalike(found[row.patient_id], row.likeness) for row in ranked]


def duplicates_of(scope: Scope, patient: Patient, limit: int = 5) -> list[Lookalike]:
    """Others who may be this patient."""
    return find_duplicates(scope, identity_of(patient), without=[patient.id], limit=limit)


def same_people(scope: Scope, patient: Patient) -> list[Patient]:
    """Patients of other organisations of the scope who carry the same matching token; only tokens are compared."""
    rows = Patient.objects.within(scope).exclude(owner_id=patient.owner_id).filter(status="active")
    found: dict[UUID, Patient] = {}
    for name in ("token_nik", "token_name"):
        token = getattr(patient, name)
        if token:
            found |= {row.id: row for row in rows.filter(**{name: token})[:CANDIDATES]}
    return list(found.values())


def find_by_nik_token(scope: Scope, nik: str, key: bytes) -> QuerySet[Patient]:
    """Patients of the scope whose NIK has the same token under `key`."""
    token = matching_token(key, "nik", nik)
    rows = Patient.objects.within(scope)
    return rows.filter(token_nik=token, status="active") if token else rows.none()


def tokens_by_generation() -> Counter[int]:
    """How many patients of the whole installation carry tokens of each generation of the key."""
    rows = Patient.objects.within(Scope.everything()).exclude(status="erased")
    return Counter(dict(rows.order_by().values_list("token_generation").annotate(n=Count("id"))))


# --- Merges, consents, identifiers ----------------------------------------------------------------------------------


def merges_of(scope: Scope, patient_id: UUID) -> list[PatientMerge]:
    """Merges in which the patient took part, newest first."""
    return list(
        PatientMerge.objects.within(scope)
        .filter(Q(kept_id=patient_id) | Q(other_id=patient_id))
        .select_related("kept", "other")
        .order_by("-merged_at")
    )


def get_merge(scope: Scope, merge_id: UUID | str) -> PatientMerge:
    """Raises NotFound."""
    return get_or_404(PatientMerge.objects.within(scope).select_related("kept", "other"), id=merge_id)


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One purpose as it stands for a person: the words in force now and the consent that is given, if any."""

    text: ConsentText
    given: Consent | None


def consents_of(scope: Scope, patient_id: UUID) -> list[Consent]:
    """All that was given and withdrawn, newest first, also of those merged into this person."""
    ids = identity_ids(scope, patient_id)
    return list(Consent.objects.within(scope).filter(patient_id__in=ids).order_by("-given_at"))


def consent_lines(consents: Iterable[Consent]) -> list[ConsentLine]:
    """Every purpose with the consent that stands."""
    standing = {row.purpose: row for row in reversed(list(consents)) if row.status == "given"}
    return [ConsentLine(text, standing.get(text.purpose)) for text in consent_purposes(clock.today())]


def has_consent(scope: Scope, patient_id: UUID, purpose: str) -> bool:
    """Whether a consent for the purpose stands now."""
    ids = identity_ids(scope, patient_id)
    return Consent.objects.within(scope).filter(patient_id__in=ids, purpose=purpose, status="given").exists()


def get_consent(scope: Scope, consent_id: UUID | str) -> Consent:
    """Raises NotFound."""
    return get_or_404(Consent.objects.within(scope), id=consent_id)


def identifiers_of(patient: Patient) -> list[ExternalIdentifier]:
    """How other systems call this patient. Asks by a patient that was found in scope."""
    return list(ExternalIdentifier.objects.filter(entity=ENTITY, entity_id=patient.id).order_by("system", "value"))


def compare(one: Patient, other: Patient) -> Likeness:
    """How much two patients on file look like one."""
    return compare_people(identity_of(one), identity_of(other))
