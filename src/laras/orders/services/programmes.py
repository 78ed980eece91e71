"""Programmes at registration: what is proposed for one person, and many people registered together from a file.

A file is first a plan that changes nothing. Accepted, it is one unit of work: all its people or nobody, whatever happens meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError
from django.utils.translation import gettext as _

from laras.basics.periods import add_months
from laras.catalogue import queries as catalogue_queries
from laras.catalogue.rules import programmes as rule
from laras.catalogue.types import Catalogue, ProgrammeInfo
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, NotFound, Problem, Refused
from laras.core.ids import new_id
from laras.core.models import Owner
from laras.core.numbering import format_number, next_serials
from laras.core.scope import Scope
from laras.core.unit import unit
from laras.orders import queries, rules
from laras.orders.events import ProgrammeSessionRegistered
from laras.orders.models import Order, Participation, ProgrammeSession
from laras.orders.people_sheet import COLUMN_OF, PeopleSheet, Person, read_people
from laras.orders.services.checks import check_client, checked_text, refuse
from laras.orders.services.registering import choose_lines, compose, registered_event
from laras.orders.services.rows import Draft, prices_of
from laras.orders.states import PAYERS
from laras.partners import queries as partners_queries
from laras.people import queries as people_queries
from laras.people import services as people_services

AT_ONCE = 40
"""People written by one statement for each table."""
BACK, AHEAD = timedelta(days=31), timedelta(days=92)
"""How far from today the day of a session may lie."""


# --- One person -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a programme asks for of somebody on a day. ``codes`` are to be ordered; ``decisions`` say of each item why or why not."""

    programme: ProgrammeInfo
    decisions: tuple[rule.Decision, ...]
    words: tuple[str, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return rule.codes_of(self.decisions)

    @property
    def early(self) -> tuple[rule.Decision, ...]:
        """What was made too lately."""
        return tuple(row for row in self.decisions if row.reason == "too_early")


def propose(
    scope: Scope,
    owner: Owner,
    *,
    programme: str,
    sex: str,
    born: date | None,
    patient_id: UUID | None = None,
    said: Collection[str] = (),
) -> Proposal:
    """What the programme asks for of this person today at this laboratory. Raises NotFound for an unknown programme."""
    catalogue = catalogue_queries.effective(owner.id)
    info = programme_of(catalogue, programme)
    items = catalogue.items(programme)
    last: Mapping[str, date] = {}
    if patient_id is not None:
        made = queries.programme_history(scope, programme, [patient_id]).get(patient_id, {})
        last = of_items(catalogue, programme, made)
    day = clock.now().astimezone(ZoneInfo(owner.zone)).date()
    return Proposal(info, rule.decide(items, day=day, sex=sex, born=born, said=said, last=last), rule.words_of(items))


def programme_of(catalogue: Catalogue, code: str) -> ProgrammeInfo:
    if code not in catalogue.programmes:
        raise NotFound(_("Program ini tidak ada di katalog."))
    return catalogue.programme(code)


def of_items(catalogue: Catalogue, programme: str, made: Mapping[str, date]) -> dict[str, date]:
    """Item's order -> the latest day on which any of its tests was asked for, from test -> day."""
    found = {}
    for item in catalogue.items(programme):
        days = [made[code] for code in catalogue.expand([item.order]) if code in made]
        if days:
            found[item.order] = max(days)
    return found


# --- Many people ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """What one line would do. ``action``: ``new``, ``known`` (on file) or ``skip`` (nothing to be made that day)."""

    person: Person
    action: str
    codes: tuple[str, ...]
    decisions: tuple[rule.Decision, ...]
    patient: Any = None


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """The whole preview. Nothing can be accepted while there are problems."""

    programme: ProgrammeInfo
    day: date
    rows: tuple[PlannedPerson, ...]
    problems: tuple[Problem, ...]
    digest: str
    head: Mapping[str, Any]
    """What its orders and the session itself say alike."""

    def count(self, action: str) -> int:
        return sum(1 for row in self.rows if row.action == action)

    @property
    def new_people(self) -> int:
        return self.count("new")

    @property
    def known_people(self) -> int:
        return self.count("known")

    @property
    def skipped_people(self) -> int:
        return self.count("skip")

    @property
    def people(self) -> int:
        """How many would be registered."""
        return len(self.rows) - self.count("skip")


@dataclass(frozen=True, slots=True)
class SessionInput:
    """What is said of a whole session. ``said`` holds for everybody in it (``Kelas 7``); ``day`` None is today;
    ``again``: the same list was registered on another day and this is a new session all the same."""

    programme: str
    name: str = ""
    place: str = ""
    day: date | None = None
    client_id: UUID | None = None
    payer: str = ""
    said: tuple[str, ...] = ()
    day_first: bool = False
    again: bool = False


def plan_session(actor: Actor, *, owner: Owner, session: SessionInput, content: bytes) -> SessionPlan:
    """What the file would register, and what is wrong with which row and column. Changes nothing."""
    return _plan(actor, owner, session, content)


def accept_session(
    actor: Actor,
    *,
    owner: Owner,
    session: SessionInput,
    content: bytes,
    tell: Callable[[int, int], None] | None = None,
    plan: SessionPlan | None = None,
) -> ProgrammeSession:
    """Register the people of the file in one unit of work: patients that are new, an order for each, numbers for all samples.

    ``tell`` is called with how many are done and how many there are; what it raises (``core.progress.Stopped``) undoes
    everything. ``plan`` is what :func:`plan_session` said of the same file a moment ago; without it the file is looked at
    anew. Raises Refused with every problem, before anything is written; Conflict when another counter was faster.
    """
    plan = plan or _plan(actor, owner, session, content)
    if plan.problems:
        raise Refused(_("Berkas belum bisa diterima; tidak ada yang disimpan."), problems=plan.problems)
    try:
        with unit():
            return _register(actor, owner, plan, tell or (lambda _done, _total: None))
    except IntegrityError as error:
        raise Conflict(_("Daftar yang sama baru saja didaftarkan petugas lain. Lihat sesinya.")) from error


def _plan(actor: Actor, owner: Owner, session: SessionInput, content: bytes) -> SessionPlan:
    actor.require("orders.register", owner.id)
    actor.require("people.write", owner.id)
    catalogue = catalogue_queries.effective(owner.id)
    info = programme_of(catalogue, session.programme)
    problems: list[Problem] = []
    today = clock.now().astimezone(ZoneInfo(owner.zone)).date()
    day = session.day or today
    head = _read_head(owner, info, session, day, today, problems)
    sheet = read_people(content, day_first=session.day_first, today=people_services.latest_day())
    problems += sheet.problems
    problems += _earlier(owner, session, day, sheet)
    words = set(rule.words_of(catalogue.items(info.code)))
    unknown = [word for word in session.said if word not in words]
    problems += [Problem("said", _unknown_word(word, words)) for word in unknown]
    rows = _rows(owner, catalogue, info, session, day, sheet, words, problems)
    if sheet.people and not problems and all(row.action == "skip" for row in rows):
        message = _("Tidak ada yang perlu diperiksa dari daftar ini: lihat alasannya pada tiap baris.")
        problems.append(Problem("file", message))
    order = sorted(problems, key=lambda problem: problem.row or 0)
    return SessionPlan(info, day, tuple(rows), tuple(order), sheet.digest, head)


def _read_head(
    owner: Owner, info: ProgrammeInfo, session: SessionInput, day: date, today: date, problems: list[Problem]
) -> dict[str, Any]:
    if info.subject != "person":
        problems.append(Problem("programme", _("Program ini bukan untuk orang.")))
    payer = session.payer or info.payer
    if payer not in PAYERS:
        problems.append(Problem("payer", _("Pilih dari daftar.")))
    if session.client_id is not None:
        check_client(owner.id, session.client_id, problems)
    elif payer == "institution":
        problems.append(Problem("client", _("Pilih instansi atau perusahaan yang membayar.")))
    if not today - BACK <= day <= today + AHEAD:
        problems.append(Problem("day", _("Hari kegiatan paling lama sebulan lalu dan paling jauh tiga bulan lagi.")))
    return {
        "name": checked_text(problems, "name", session.name, 120) or info.name[:120],
        "place": checked_text(problems, "place", session.place, 120),
        "client_id": session.client_id,
        "payer": payer,
        "said": list(session.said),
    }


def _earlier(owner: Owner, session: SessionInput, day: date, sheet: PeopleSheet) -> list[Problem]:
    """The same list sent twice: never twice on one day, and on another day only when it is said."""
    before = queries.sessions_of_digest(Scope.of(owner.id), session.programme, sheet.digest) if sheet.rows else []
    for other in before:
        given = {"name": other.name, "day": other.day.isoformat(), "people": other.people}
        if other.day == day:
            message = _("Berkas ini sudah diterima: sesi “%(name)s” pada %(day)s dengan %(people)d orang.") % given
            return [Problem("file", message)]
        if not session.again:
            message = _(
                "Daftar yang sama sudah didaftarkan pada %(day)s (“%(name)s”). Bila ini kegiatan baru, nyatakan itu lalu periksa lagi."
            )
            return [Problem("again", message % given)]
    return []


def _unknown_word(word: str, words: Collection[str]) -> str:
    if not words:
        return _("“%(word)s”: program ini tidak memakai keterangan.") % {"word": word[:40]}
    return _("“%(word)s” tidak dikenal program ini. Pilihan: %(words)s.") % {
        "word": word[:40],
        "words": ", ".join(sorted(words)),
    }


def _rows(
    owner: Owner,
    catalogue: Catalogue,
    info: ProgrammeInfo,
    session: SessionInput,
    day: date,
    sheet: PeopleSheet,
    words: Collection[str],
    problems: list[Problem],
) -> list[PlannedPerson]:
    scope = Scope.of(owner.id)
    people = sheet.people
    told = {(problem.row, problem.field) for problem in problems}
    found = people_services.recognise(
        owner.id,
        [person.given for person in people],
        others=[at for at, person in enumerate(people) if person.another],
        mrns=[person.mrn for person in people],
    )
    known = [one.patient.id for one in found if one.patient is not None]
    made = queries.programme_history(scope, info.code, known)
    today = queries.registered_on(scope, info.code, day, known)
    row_of: dict[UUID, int] = {}
    by_folded = {word.casefold(): word for word in words}
    chosen: dict[tuple[str, ...], list[Problem]] = {}
    rows = []
    for person, one in zip(people, found, strict=True):
        for problem in one.problems:
            column = COLUMN_OF.get(problem.field, problem.field)
            if (person.row, column) not in told:
                problems.append(Problem(column, str(problem.message), person.row))
        said = set(session.said)
        for word in person.said:
            if words and word.casefold() not in by_folded:
                problems.append(Problem("keterangan", _unknown_word(word, words), person.row))
            elif words:
                said.add(by_folded[word.casefold()])
        patient = one.patient
        if patient is not None:
            if patient.id in row_of:
                message = _("Orang yang sama dengan baris %(row)d. Hapus salah satunya.") % {"row": row_of[patient.id]}
                problems.append(Problem("nama", message, person.row))
            row_of[patient.id] = person.row
            if patient.id in today:
                message = _("Sudah terdaftar pada program ini hari itu: permintaan %(number)s.") % {
                    "number": today[patient.id]
                }
                problems.append(Problem("nama", message, person.row))
        born, sex = (patient.birth_date, patient.sex) if patient else (person.given.birth_date, person.given.sex)
        last = of_items(catalogue, info.code, made.get(patient.id, {})) if patient else {}
        decisions = rule.decide(catalogue.items(info.code), day=day, sex=sex, born=born, said=said, last=last)
        codes = rule.codes_of(decisions)
        if codes and codes not in chosen:
            chosen[codes] = []
            choose_lines(catalogue, codes, "person", chosen[codes])
            problems += [replace(problem, row=person.row) for problem in chosen[codes]]
        action = "skip" if not codes else "known" if patient else "new"
        rows.append(PlannedPerson(person, action, codes, decisions, patient))
    return rows


@dataclass(frozen=True, slots=True)
class _Kind:
    """What all people with the same tests have in common."""

    chosen: tuple[rules.Chosen, ...]
    prices: Mapping[str, Any]


def _register(
    actor: Actor,
    owner: Owner,
    plan: SessionPlan,
    tell: Callable[[int, int], None],
) -> ProgrammeSession:
    actor.require("orders.register", owner.id)
    catalogue = catalogue_queries.effective(owner.id)
    now = clock.now()
    day = now.astimezone(ZoneInfo(owner.zone)).date()
    coming = [row for row in plan.rows if row.action != "skip"]
    session = ProgrammeSession(
        owner_id=owner.id,
        programme=plan.programme.code,
        name=plan.head["name"],
        place=plan.head["place"],
        day=plan.day,
        client_id=plan.head["client_id"],
        said=plan.head["said"],
        digest=plan.digest,
        people=len(coming),
        skipped=plan.count("skip"),
        registered_at=now,
        registered_by=actor.person_id,
    )
    bulk.insert([session])
    agreement = None
    if plan.head["payer"] == "institution" and plan.head["client_id"]:
        agreement = partners_queries.agreement_on(Scope.of(owner.id), plan.head["client_id"], day)
    serial = next_serials(owner.id, "order", day, len(coming))
    kinds = _kinds(owner, catalogue, coming)
    tell(0, len(coming))
    for at in range(0, len(coming), AT_ONCE):
        part = coming[at : at + AT_ONCE]
        fresh = people_services.register_patients(
            actor, owner_id=owner.id, people=[row.person.given for row in part if row.patient is None]
        )
        new = iter(fresh)
        drafts: list[tuple[Order, Draft]] = []
        for number, row in enumerate(part, start=serial + at):
            patient = row.patient or next(new)
            order = bulk.new(
                Order,
                id=new_id(),
                owner_id=owner.id,
                number=format_number(owner.code, day, number),
                day=day,
                subject_kind="person",
                patient_id=patient.id,
                client_id=plan.head["client_id"],
                payer=plan.head["payer"],
                purpose=plan.programme.purpose,
                source="import",
                registered_at=now,
                registered_by=actor.person_id,
            )
            kind = kinds[row.codes]
            draft = compose(
                owner, catalogue, order, kind.chosen, agreement=agreement.id if agreement else None, prices=kind.prices
            )
            drafts.append((order, draft))
        _write(actor, owner, session, drafts)
        tell(min(at + AT_ONCE, len(coming)), len(coming))
    journal.record(
        actor,
        owner=owner.id,
        event=ProgrammeSessionRegistered(
            session=session.id,
            programme=session.programme,
            day=session.day,
            digest=session.digest,
            people=session.people,
            known=plan.count("known"),
            skipped=session.skipped,
        ),
        subject=session.id,
    )
    return session


def _kinds(owner: Owner, catalogue: Catalogue, rows: Iterable[PlannedPerson]) -> dict[tuple[str, ...], _Kind]:
    found: dict[tuple[str, ...], _Kind] = {}
    for codes in {row.codes for row in rows}:
        problems: list[Problem] = []
        chosen = choose_lines(catalogue, codes, "person", problems)
        refuse(problems)
        prices = prices_of(owner.id, [code for line in chosen for code in (line.code, *line.tests)])
        found[codes] = _Kind(chosen, prices)
    return found


def _write(actor: Actor, owner: Owner, session: ProgrammeSession, drafts: Sequence[tuple[Order, Draft]]) -> None:
    bulk.insert_all(
        [order for order, _draft in drafts],
        [row for _order, draft in drafts for row in draft.lines],
        [row for _order, draft in drafts for row in draft.samples],
        [row for _order, draft in drafts for row in draft.requested],
        [
            bulk.new(
                Participation,
                id=new_id(),
                owner_id=owner.id,
                order_id=order.id,
                programme=session.programme,
                session_id=session.id,
                day=session.day,
            )
            for order, _draft in drafts
        ],
    )
    for order, draft in drafts:
        event = registered_event(order, draft, session.programme)
        journal.record(actor, owner=owner.id, event=event, subject=order.id)


def due_in(
    scope: Scope, owner: Owner, programme: str, first: date, until: date
) -> list[tuple[Any, tuple[rule.Due, ...]]]:
    """Who of the programme should come between two days, with what: (patient, items), those who are latest first."""
    catalogue = catalogue_queries.effective(owner.id)
    programme_of(catalogue, programme)
    items = catalogue.items(programme)
    made = queries.programme_history(scope, programme)
    patients = people_queries.patients_by_id(scope, made)
    found = []
    for patient_id, tests in made.items():
        patient = patients.get(patient_id)
        if patient is None or patient.status != "active":
            continue
        due = rule.due_between(items, of_items(catalogue, programme, tests), first, until)
        if due:
            found.append((patient, due))
    return sorted(found, key=lambda row: (min(one.by for one in row[1]), row[0].full_name))


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of the month of a day."""
    first = day.replace(day=1)
    return first, add_months(first, 1) - timedelta(days=1)
