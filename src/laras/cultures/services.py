"""What is done to cultures. Their words become values at the bench, through its own services and its second eyes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, NoReturn
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from laras.bench import queries as bench
from laras.bench import services as bench_services
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Forbidden, NotFound, Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.cultures import queries, rules, sheets, shipped, words
from laras.cultures.events import (
    BreakpointsImported,
    BreakpointsRetired,
    CultureCancelled,
    CultureInoculated,
    CultureRead,
    CultureReopened,
    CultureReported,
    CultureSubcultured,
    IsolateDropped,
    IsolateIdentified,
    IsolatePicked,
    PanelReplaced,
    SusceptibilityEntered,
    SusceptibilityOverridden,
)
from laras.cultures.models import (
    BreakpointRow,
    BreakpointTable,
    Culture,
    Isolate,
    Medium,
    PanelRow,
    Reading,
    Statement,
    Susceptibility,
)
from laras.cultures.states import CULTURE, DECIDE, READ, RUNNING
from laras.cultures.types import CATEGORIES, GRAMS, METHODS, OUTCOMES, SIGNIFICANCES, Detail, DrugSaid, IsolateSaid

MANAGE = "catalogue.manage"
MOST = 200


@dataclass(frozen=True, slots=True)
class ReadingInput:
    """What was seen of one culture today. ``outcome`` as in ``types.OUTCOMES``, ``gram`` as in ``types.GRAMS`` or empty."""

    culture_id: UUID
    outcome: str
    gram: str = ""
    quantity: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DrugInput:
    """One antibiotic tested; ``raw`` is the zone (mm, ``disk``) or the MIC (mg/L) as it was read."""

    antibiotic: str
    method: str
    raw: str


# --- The course ---------------------------------------------------------------------------------------------------------


@use_case
def inoculate(
    actor: Actor,
    *,
    owner_id: UUID,
    result_ids: Sequence[UUID],
    media: Sequence[str] = (),
    read_days: str = "",
    conditions: str = "",
) -> list[Culture]:
    """Begin cultures of results that wait at the bench. Empty ``media`` or ``read_days``: those of the kind of culture.

    Raises Refused (``media``, ``read_days``, a result that is no culture or does not wait), Conflict (begun already), NotFound.
    """
    person = _person(actor, owner_id)
    scope = Scope.of(owner_id)
    ids = list(dict.fromkeys(result_ids))
    if not ids or len(ids) > MOST:
        raise Refused(_("Pilih dahulu satu biakan atau lebih."))
    found = bench.views_by_id(scope, ids)
    if len(found) != len(ids):
        raise NotFound
    names = [name for name in (_short(name, "media", 60) for name in media) if name]
    days = _days(read_days) if read_days.strip() else None
    how = _short(conditions, "conditions", 60)
    zone, now = _zone(owner_id), clock.now()
    made = []
    for key in ids:
        view = found[key]
        protocol = shipped.protocols().get(view.test_code)
        if protocol is None:
            raise Refused(_("%(test)s bukan biakan.") % {"test": view.name})
        if view.status != "waiting":
            raise Refused(_("%(number)s tidak sedang menunggu dikerjakan.") % {"number": view.sample_number})
        plan = list(days or protocol.days)
        culture = Culture(
            owner_id=owner_id, result_id=view.id, order_id=view.order_id, sample_id=view.sample_id,
            test_code=view.test_code, site=protocol.site, read_days=plan, inoculated_at=now, inoculated_by=person,
            next_read_on=queries.local_day(now, zone) + timedelta(days=plan[0]),
        )  # fmt: skip
        try:
            with transaction.atomic():
                culture.save(force_insert=True)
        except IntegrityError as error:
            message = _("Biakan %(number)s sudah ditanam.")
            raise Conflict(message % {"number": view.sample_number}, code="inoculated") from error
        used = names or list(protocol.media)
        for name in used:
            Medium(owner_id=owner_id, culture=culture, name=name, conditions=how, at=now, by=person).save(
                force_insert=True
            )
        event = CultureInoculated(**_facts(culture), media=used, read_days=plan)
        journal.record(actor, owner=owner_id, event=event, subject=culture.order_id)
        made.append(culture)
    return made


@use_case
def record_readings(actor: Actor, *, owner_id: UUID, readings: Sequence[ReadingInput]) -> list[Reading]:
    """What was seen of several cultures, all or none. Growth once seen stays, whatever is read after it.

    Raises Refused with a problem per culture (field ``outcome-<id>`` ...), MoveRefused for one that has ended, NotFound.
    """
    person = _person(actor, owner_id)
    locked = _lock(owner_id, [one.culture_id for one in readings])
    if len(locked) != len(readings):
        raise Refused(_("Biakan ini ada dua kali dalam kiriman yang sama."))
    problems: list[Problem] = []
    for one in readings:
        if one.outcome not in OUTCOMES:
            problems.append(Problem(f"outcome-{one.culture_id}", _("Pilih apa yang terlihat.")))
        if one.gram and (one.gram not in GRAMS or one.outcome == "none"):
            problems.append(Problem(f"gram-{one.culture_id}", _("Gram hanya diisi bila ada pertumbuhan.")))
        if one.quantity and one.outcome == "none":
            problems.append(Problem(f"quantity-{one.culture_id}", _("Jumlah hanya diisi bila ada pertumbuhan.")))
    if problems:
        raise Refused(_("Bacaan belum lengkap."), problems=problems)
    zone, now = _zone(owner_id), clock.now()
    today = queries.local_day(now, zone)
    counts = _sequences(owner_id, locked)
    made = []
    for one in readings:
        culture = locked[one.culture_id]
        _require_running(culture)
        begun = queries.local_day(culture.inoculated_at, zone)
        day = rules.day_of(begun, today)
        row = Reading(
            owner_id=owner_id, culture=culture, sequence=counts.get(culture.id, 0) + 1, day=day, outcome=one.outcome,
            gram=one.gram, quantity=_short(one.quantity, f"quantity-{culture.id}", 60),
            note=_short(one.note, f"note-{culture.id}", 240), at=now, by=person,
        )  # fmt: skip
        row.save(force_insert=True)
        if one.outcome == "growth":
            culture.grown = True
            if CULTURE.can(culture.status, "see_growth"):
                culture.status = CULTURE.move(culture.status, "see_growth")
        elif one.outcome == "none" and CULTURE.can(culture.status, "see_nothing"):
            culture.status = CULTURE.move(culture.status, "see_nothing")
        following = rules.next_day(culture.read_days, [day])
        culture.next_read_on = None if following is None else begun + timedelta(days=following)
        culture.save(update_fields=["status", "grown", "next_read_on"])
        journal.record(
            actor,
            owner=owner_id,
            event=CultureRead(**_facts(culture), sequence=row.sequence, day=day),
            subject=culture.order_id,
            sealed={"outcome": row.outcome, "gram": row.gram, "quantity": row.quantity, "note": row.note},
        )
        made.append(row)
    return made


@use_case
def subculture(actor: Actor, *, owner_id: UUID, culture_id: UUID, medium: str, conditions: str = "") -> Medium:
    """Onto another medium. Raises Refused (``medium``), MoveRefused, NotFound."""
    person = _person(actor, owner_id)
    culture = _one(owner_id, culture_id)
    _require_running(culture)
    row = Medium(
        owner_id=owner_id, culture=culture, name=_needed(medium, "medium", 60), subculture=True,
        conditions=_short(conditions, "conditions", 60), at=clock.now(), by=person,
    )  # fmt: skip
    row.save(force_insert=True)
    event = CultureSubcultured(**_facts(culture), medium=row.name)
    journal.record(actor, owner=owner_id, event=event, subject=culture.order_id)
    return row


@use_case
def cancel_culture(actor: Actor, *, owner_id: UUID, culture_id: UUID, reason: str) -> Culture:
    """It was inoculated by mistake or is lost; the result waits and can be inoculated again. Its readings stay."""
    _person(actor, owner_id)
    culture = _one(owner_id, culture_id)
    why = _reason(reason)
    culture.status, culture.cancel_reason = CULTURE.move(culture.status, "cancel"), why
    culture.save(update_fields=["status", "cancel_reason"])
    journal.record(
        actor,
        owner=owner_id,
        event=CultureCancelled(**_facts(culture)),
        subject=culture.order_id,
        sealed={"reason": why},
    )
    return culture


# --- Isolates -----------------------------------------------------------------------------------------------------------


@use_case
def pick_isolate(
    actor: Actor, *, owner_id: UUID, culture_id: UUID, colony: str = "", gram: str = "", quantity: str = ""
) -> Isolate:
    """A colony becomes the next isolate of its culture. Raises Refused (``gram``, ``quantity``), MoveRefused, NotFound."""
    person = _person(actor, owner_id)
    culture = _one(owner_id, culture_id)
    status = CULTURE.move(culture.status, "pick")
    if gram not in ("", *GRAMS):
        _wrong("gram", _("Pilih dari daftar."))
    row = Isolate(
        owner_id=owner_id, culture=culture, gram=gram, colony=_short(colony, "colony", 160), picked_at=clock.now(),
        picked_by=person, number=Isolate.objects.within(Scope.of(owner_id)).filter(culture=culture).count() + 1,
    )  # fmt: skip
    _quantify(row, culture, quantity)
    row.save(force_insert=True)
    culture.status = status
    culture.save(update_fields=["status"])
    journal.record(
        actor,
        owner=owner_id,
        event=IsolatePicked(**_facts(culture), isolate=row.id, number=row.number),
        subject=culture.order_id,
        sealed={"colony": row.colony, "gram": row.gram, "quantity": row.quantity},
    )
    return row


@use_case
def identify_isolate(
    actor: Actor,
    *,
    owner_id: UUID,
    isolate_id: UUID,
    organism: str,
    other: str = "",
    identification: str = "",
    significance: str = "",
    quantity: str | None = None,
) -> Isolate:
    """Name an isolate, and let the person decide what it means. ``organism``: code or name of the list; ``other``: a name that
    the list does not have. A new name judges anew what was tested.

    Raises Refused (``organism``, ``other``, ``significance``, ``quantity``), MoveRefused, NotFound.
    """
    person = _person(actor, owner_id)
    row, culture = _isolate(owner_id, isolate_id)
    _require_running(culture)
    code, name = _organism(organism, other)
    if significance not in ("", *SIGNIFICANCES):
        _wrong("significance", _("Pilih dari daftar."))
    now = clock.now()
    renamed = code != row.organism
    row.organism, row.organism_name = code, name
    row.identification = _short(identification, "identification", 120)
    row.identified_at, row.identified_by = now, person
    if significance != row.significance:
        row.significance = significance
        row.decided_at, row.decided_by = (now, person) if significance else (None, None)
    if quantity is not None:
        _quantify(row, culture, quantity)
    row.save()
    if renamed:
        _judge_again(owner_id, row, culture)
    _advance(owner_id, culture)
    journal.record(
        actor,
        owner=owner_id,
        event=IsolateIdentified(**_facts(culture), isolate=row.id, number=row.number),
        subject=culture.order_id,
        sealed={
            "organism": code, "name": name, "identification": row.identification, "significance": significance,
            "quantity": row.quantity,
        },
    )  # fmt: skip
    return row


@use_case
def drop_isolate(actor: Actor, *, owner_id: UUID, isolate_id: UUID, reason: str) -> Isolate:
    """It turned out to be the same as another one, or died. Its number is not given again, and nothing of it is lost."""
    person = _person(actor, owner_id)
    row, culture = _isolate(owner_id, isolate_id)
    _require_running(culture)
    row.dropped_at, row.dropped_by, row.drop_reason = clock.now(), person, _reason(reason)
    row.save(update_fields=["dropped_at", "dropped_by", "drop_reason"])
    _advance(owner_id, culture)
    journal.record(
        actor,
        owner=owner_id,
        event=IsolateDropped(**_facts(culture), isolate=row.id, number=row.number),
        subject=culture.order_id,
        sealed={"reason": row.drop_reason},
    )
    return row


# --- Susceptibility -----------------------------------------------------------------------------------------------------


@use_case
def enter_susceptibility(
    actor: Actor, *, owner_id: UUID, isolate_id: UUID, drugs: Sequence[DrugInput]
) -> list[Susceptibility]:
    """Zones and MICs of an isolate, judged by the table of today; a value that is the same as before is left alone.

    Raises Refused naming ``antibiotic`` or ``raw-<code>``, MoveRefused, NotFound.
    """
    person = _person(actor, owner_id)
    row, culture = _isolate(owner_id, isolate_id)
    _require_running(culture)
    if row.identified_at is None:
        raise Refused(_("Identifikasi isolat ini dahulu; titik potong bergantung pada organismenya."))
    problems: list[Problem] = []
    measured = {}
    for one in drugs:
        if one.antibiotic not in shipped.antibiotics() or one.method not in METHODS:
            problems.append(Problem("antibiotic", _("Pilih antibiotik dan metode dari daftar.")))
            continue
        if one.antibiotic in measured:
            problems.append(Problem(f"raw-{one.antibiotic}", _("Antibiotik ini diisi dua kali.")))
            continue
        try:
            measured[one.antibiotic] = (one, rules.read_measure(one.raw, one.method))
        except ValueError as error:
            problems.append(Problem(f"raw-{one.antibiotic}", str(words.MEASURE_PROBLEMS[str(error)])))
    if problems:
        raise Refused(_("Uji kepekaan belum benar."), problems=problems)
    scope = Scope.of(owner_id)
    stands = {one.antibiotic: one for one in queries.tested_of(scope, [row.id]).get(row.id, [])}
    judge = _Judge(owner_id, row, culture)
    made = []
    for one, measure in measured.values():
        before = stands.get(one.antibiotic)
        if before is not None:
            if (before.raw, before.method) == (measure.raw, one.method):
                continue
            before.superseded_at = clock.now()
            before.save(update_fields=["superseded_at"])
        new = Susceptibility(
            owner_id=owner_id, isolate=row, antibiotic=one.antibiotic, method=one.method, raw=measure.raw[:20],
            operator=measure.operator, value=measure.value, at=clock.now(), by=person,
        )  # fmt: skip
        judge(new)
        new.save(force_insert=True)
        made.append(new)
    _advance(owner_id, culture)
    if made:
        journal.record(
            actor,
            owner=owner_id,
            event=SusceptibilityEntered(**_facts(culture), isolate=row.id, number=row.number, count=len(made)),
            subject=culture.order_id,
            sealed={one.antibiotic: [one.method, one.raw, one.judged or one.reason] for one in made},
        )
    return made


@use_case
def override_susceptibility(
    actor: Actor, *, owner_id: UUID, susceptibility_id: UUID, category: str, reason: str
) -> Susceptibility:
    """An expert says otherwise than the table, or where it says nothing; empty ``category`` takes that back.

    Needs ``bench.verify``. Raises Refused (``category``, ``reason``), MoveRefused, NotFound, Forbidden.
    """
    actor.require(DECIDE, owner_id)
    if actor.person_id is None:
        raise Forbidden(_("Hanya orang yang masuk dengan akunnya yang dapat melakukan ini."))
    rows = Susceptibility.objects.within(Scope.of(owner_id)).filter(superseded_at__isnull=True)
    row: Susceptibility = get_or_404(rows.select_for_update(), id=susceptibility_id)
    isolate, culture = _isolate(owner_id, row.isolate_id)
    _require_running(culture)
    if category not in ("", *CATEGORIES):
        _wrong("category", _("Pilih S, SDD, I atau R."))
    why = _reason(reason)
    before = row.category
    row.override = category
    row.override_reason, row.override_by, row.override_at = why, actor.person_id, clock.now()
    row.save(update_fields=["override", "override_reason", "override_by", "override_at"])
    journal.record(
        actor,
        owner=owner_id,
        event=SusceptibilityOverridden(**_facts(culture), isolate=isolate.id, number=isolate.number),
        subject=culture.order_id,
        sealed={"antibiotic": row.antibiotic, "before": before, "after": row.category, "reason": why},
    )
    return row


class _Judge:
    """Judges what was tested on one isolate by the table of today."""

    def __init__(self, owner_id: UUID, isolate: Isolate, culture: Culture) -> None:
        scope = Scope.of(owner_id)
        self.isolate, self.site = isolate, culture.site
        self.table = queries.table_on(scope, queries.local_day(clock.now(), _zone(owner_id)))
        self.rows = queries.rows_of_table(scope, self.table) if self.table else []

    def __call__(self, row: Susceptibility) -> None:
        measure = rules.read_measure(row.raw, row.method)
        said = rules.judge(
            self.rows, measure, organism=self.isolate.organism, group=queries.group_of(self.isolate.organism),
            antibiotic=row.antibiotic, method=row.method, site=self.site,
        )  # fmt: skip
        row.organism = self.isolate.organism
        row.judged, row.reason, row.row = said.category, said.reason, said.row
        row.table = self.table if said.row is not None else None
        if self.table is not None and self.table.example:
            row.judged, row.reason, row.row, row.table = "", "example", None, None


def _judge_again(owner_id: UUID, isolate: Isolate, culture: Culture) -> None:
    judge = _Judge(owner_id, isolate, culture)
    for row in queries.tested_of(Scope.of(owner_id), [isolate.id]).get(isolate.id, []):
        judge(row)
        # What an expert said was said of another organism.
        row.override = row.override_reason = ""
        row.override_by = row.override_at = None
        row.save()


# --- The word -----------------------------------------------------------------------------------------------------------


@use_case
def report_interim(actor: Actor, *, owner_id: UUID, culture_id: UUID) -> Statement:
    """What is known now becomes the provisional value at the bench, for the second eyes; the culture goes on.

    Raises Refused, MoveRefused (a value waits for validation), NotFound.
    """
    person = _person(actor, owner_id)
    culture = _one(owner_id, culture_id)
    _require_running(culture)
    scope = Scope.of(owner_id)
    last = Reading.objects.within(scope).filter(culture=culture).order_by("sequence").last()
    if last is None:
        raise Refused(_("Belum ada bacaan; baca biakan ini dahulu."))
    said = _said(scope, culture)
    grams = [
        *Isolate.objects.within(scope).filter(culture=culture, dropped_at__isnull=True).values_list("gram", flat=True)
    ]
    grams = [gram for gram in grams if gram] or [last.gram]
    text = rules.interim_text(last.day, grown=culture.grown, grams=grams, isolates=said)
    return _state(actor, person, culture, text, text, said, provisional=True)


@use_case
def finish_culture(actor: Actor, *, owner_id: UUID, culture_id: UUID, conclusion: str = "") -> Culture:
    """The final word becomes the value at the bench. ``conclusion``: a sentence of the analyst, needed for growth from which
    nothing was picked (normal flora, say).

    Raises Refused naming what is undecided, MoveRefused, NotFound.
    """
    person = _person(actor, owner_id)
    culture = _one(owner_id, culture_id)
    scope = Scope.of(owner_id)
    status = CULTURE.move(culture.status, "finish")
    culture.conclusion = _short(conclusion, "conclusion", 240)
    isolates = list(Isolate.objects.within(scope).filter(culture=culture, dropped_at__isnull=True))
    undecided = [str(one.number) for one in isolates if not one.significance]
    if undecided:
        message = _("Putuskan dahulu arti isolat %(numbers)s: patogen, kontaminan, atau flora normal.")
        raise Refused(message % {"numbers": ", ".join(undecided)})
    if culture.grown and not isolates and not culture.conclusion:
        _wrong("conclusion", _("Ada pertumbuhan tanpa isolat: tulis kesimpulannya, misalnya flora normal."))
    last = Reading.objects.within(scope).filter(culture=culture).order_by("sequence").last()
    day = last.day if last else 0
    if not culture.grown and day < culture.read_days[-1]:
        message = _("Biakan tanpa pertumbuhan dibaca sampai hari ke-%(day)s; bacaan terakhir hari ke-%(last)s.")
        raise Refused(message % {"day": culture.read_days[-1], "last": day})
    said = _said(scope, culture)
    number = Statement.objects.within(scope).filter(culture=culture).count() + 1
    heading = rules.final_heading(day, said, culture.conclusion)
    text = rules.final_text(day, said, culture.conclusion, number)
    _state(actor, person, culture, text, heading, said, provisional=False)
    culture.status, culture.next_read_on = status, None
    culture.finished_at, culture.finished_by = clock.now(), person
    culture.save(update_fields=["status", "next_read_on", "finished_at", "finished_by", "conclusion"])
    return culture


@use_case
def reopen_culture(actor: Actor, *, owner_id: UUID, culture_id: UUID, reason: str) -> Culture:
    """The final value went back to the bench (returned, repeated or amended), or nobody has verified it yet."""
    _person(actor, owner_id)
    culture = _one(owner_id, culture_id)
    why = _reason(reason)
    status = CULTURE.move(culture.status, "reopen_grown" if culture.grown else "reopen_empty")
    if bench.view(Scope.of(owner_id), culture.result_id).status not in ("waiting", "entered"):
        raise Refused(
            _(
                "Hasilnya sudah diverifikasi. Verifikator mengembalikannya dahulu; hasil yang sudah tervalidasi diperbaiki."
            )
        )
    culture.status, culture.finished_at, culture.finished_by = status, None, None
    culture.save(update_fields=["status", "finished_at", "finished_by"])
    _advance(owner_id, culture)
    journal.record(
        actor,
        owner=owner_id,
        event=CultureReopened(**_facts(culture)),
        subject=culture.order_id,
        sealed={"reason": why},
    )
    return culture


def _state(
    actor: Actor,
    person: UUID,
    culture: Culture,
    text: str,
    heading: str,
    said: Sequence[IsolateSaid],
    *,
    provisional: bool,
) -> Statement:
    """Enter the text at the bench and keep what it is made of beside the number of that value."""
    scope = Scope.of(culture.owner_id)
    view = bench.view(scope, culture.result_id)
    if view.status == "validated" and view.provisional:
        bench_services.resume_result(actor, owner_id=culture.owner_id, result_id=culture.result_id)
    result = bench_services.enter_result(
        actor, owner_id=culture.owner_id, result_id=culture.result_id, raw=text, provisional=provisional
    )
    body = {"isolates": [asdict(one) for one in said]}
    row = Statement.objects.within(scope).filter(result_id=result.id, entries=result.entries).first()
    if row is None:
        row = Statement(
            owner_id=culture.owner_id, culture=culture, result_id=result.id, entries=result.entries, heading=heading,
            provisional=provisional, body=body, at=clock.now(), by=person,
        )  # fmt: skip
        row.save(force_insert=True)
    elif Detail.of(result.id, row.heading, row.body) != Detail.of(result.id, heading, body):
        # The same words of the same person in another order: what is printed follows what he says now.
        row.heading, row.body = heading, body
        row.save(update_fields=["heading", "body"])
    else:
        raise Refused(_("Hasil ini sudah diisi dan tidak ada yang berubah."))
    journal.record(
        actor,
        owner=culture.owner_id,
        event=CultureReported(**_facts(culture), entries=result.entries, provisional=provisional),
        subject=culture.order_id,
    )
    return row


def _said(scope: Scope, culture: Culture) -> list[IsolateSaid]:
    """The isolates as a report tells them, with the antibiotics that the panel lets through."""
    isolates = list(Isolate.objects.within(scope).filter(culture=culture, dropped_at__isnull=True).order_by("number"))
    tested = queries.tested_of(scope, [one.id for one in isolates])
    lines = queries.panel(scope)
    found = []
    for one in isolates:
        rows = {row.antibiotic: row for row in tested.get(one.id, [])}
        shown = rules.reported(
            lines, {code: row.category for code, row in rows.items()}, queries.group_of(one.organism)
        )
        drugs = tuple(_drug(rows[code]) for code in shown) if one.significance in ("", "pathogen") else ()
        found.append(IsolateSaid(one.number, one.organism_name, one.quantity, one.significance, drugs))
    return found


def _drug(row: Susceptibility) -> DrugSaid:
    return DrugSaid(
        antibiotic=row.antibiotic,
        name=shipped.antibiotics()[row.antibiotic].name,
        category=row.category,
        measured=f"{row.raw} {rules.unit_of(row.method)}".replace(".", ","),
        method=words.SAID_METHODS[row.method],
        reason="" if row.category else words.SAID_WHY_NOT[row.reason],
    )


@use_case
def enter_density(
    actor: Actor, *, owner_id: UUID, result_id: UUID, parasites: int, leukocytes: int, per_ul: int
) -> int:
    """Parasites per µL from what was counted, entered at the bench with its counts as the note. Answers the density.

    Raises Refused (``leukocytes``), MoveRefused, NotFound.
    """
    _person(actor, owner_id)
    try:
        density = rules.parasite_density(parasites, leukocytes, per_ul)
    except ValueError:
        _wrong("leukocytes", _("Angka ini tidak mungkin; hitung ulang."))
    if bench.view(Scope.of(owner_id), result_id).test_code != "MALDENS":
        raise NotFound
    note = f"{parasites} parasit per {leukocytes} leukosit; leukosit {per_ul}/µL"
    bench_services.enter_result(actor, owner_id=owner_id, result_id=result_id, raw=str(density), note=note)
    return density


# --- Tables and panel ---------------------------------------------------------------------------------------------------


@use_case
def import_breakpoints(
    actor: Actor,
    *,
    owner_id: UUID,
    name: str,
    version: str,
    source: str,
    valid_from: date,
    content: bytes,
    example: bool = False,
) -> BreakpointTable:
    """A table of breakpoints from a file, all rows or none. It judges what is tested from ``valid_from`` on; what was judged
    before stays as it was. ``example``: it judges nothing.

    Raises Refused (``file`` and rows of the sheet, ``name``, ``version``, ``source``), Conflict (``version`` is known).
    """
    actor.require(MANAGE, owner_id)
    label = (_needed(name, "name", 80), _needed(version, "version", 40), _needed(source, "source", 240))
    rows, problems = sheets.read_breakpoints(content)
    if problems:
        raise Refused(_("Tabel belum dapat dimasukkan."), problems=problems)
    table = BreakpointTable(
        owner_id=owner_id, name=label[0], version=label[1], source=label[2], valid_from=valid_from, example=example,
        digest=hashlib.sha256(content).hexdigest(), imported_at=clock.now(), imported_by=actor.person_id,
    )  # fmt: skip
    try:
        with transaction.atomic():
            table.save(force_insert=True)
    except IntegrityError as error:
        message = _("Versi ini sudah ada. Tabel tidak diubah; beri versi lain.")
        raise Conflict(message, code="table_exists", problems=[Problem("version", message)]) from error
    bulk.insert(
        [
            BreakpointRow(
                owner_id=owner_id, table=table, number=row.row, antibiotic=row.antibiotic, kind=row.kind,
                organism=row.organism, group=row.group, site=row.site, s=row.s, r=row.r, strict=row.strict,
                between=row.between,
            )
            for row in rows
        ]
    )  # fmt: skip
    event = BreakpointsImported(table.id, str(table), len(rows), table.digest)
    journal.record(actor, owner=owner_id, event=event, subject=table.id)
    return table


@use_case
def retire_breakpoints(actor: Actor, *, owner_id: UUID, table_id: UUID, reason: str) -> BreakpointTable:
    """It judges nothing any more; what it judged keeps naming it."""
    actor.require(MANAGE, owner_id)
    table = queries.get_table(Scope.of(owner_id), table_id)
    if table.retired_at:
        raise Refused(_("Tabel ini sudah tidak dipakai."))
    why = _reason(reason)
    table.retired_at = clock.now()
    table.save(update_fields=["retired_at"])
    journal.record(actor, owner=owner_id, event=BreakpointsRetired(table.id, str(table), why), subject=table.id)
    return table


@use_case
def replace_panel(actor: Actor, *, owner_id: UUID, content: bytes) -> int:
    """The panel from a file, in place of the one before. Answers how many lines. Raises Refused with the rows of the sheet."""
    actor.require(MANAGE, owner_id)
    lines, problems = sheets.read_panel(content)
    if problems:
        raise Refused(_("Panel belum dapat dimasukkan."), problems=problems)
    PanelRow.objects.within(Scope.of(owner_id)).delete()
    bulk.insert(
        [
            PanelRow(
                owner_id=owner_id, antibiotic=line.antibiotic, group=line.group, shown=line.shown,
                after=list(line.after), position=line.position,
            )
            for line in lines
        ]
    )  # fmt: skip
    journal.record(actor, owner=owner_id, event=PanelReplaced(len(lines)), subject=owner_id)
    return len(lines)


# --- Shared -------------------------------------------------------------------------------------------------------------


def _person(actor: Actor, owner_id: UUID) -> UUID:
    actor.require(READ, owner_id)
    if actor.person_id is None:
        raise Forbidden(_("Hanya orang yang masuk dengan akunnya yang dapat melakukan ini."))
    return actor.person_id


def _zone(owner_id: UUID) -> str:
    return Owner.objects.values_list("zone", flat=True).get(id=owner_id)


def _lock(owner_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Culture]:
    wanted = set(ids)
    if len(wanted) > MOST:
        raise Refused(_("Paling banyak %(most)s baris sekaligus.") % {"most": MOST})
    rows = Culture.objects.within(Scope.of(owner_id)).select_for_update().filter(id__in=wanted).order_by("id")
    found = {row.id: row for row in rows}
    if wanted - found.keys():
        raise NotFound
    return found


def _one(owner_id: UUID, culture_id: UUID) -> Culture:
    return _lock(owner_id, [culture_id])[culture_id]


def _isolate(owner_id: UUID, isolate_id: UUID) -> tuple[Isolate, Culture]:
    """The isolate with its culture, which is locked for both. One that was dropped is not found."""
    rows = Isolate.objects.within(Scope.of(owner_id)).filter(dropped_at__isnull=True)
    row: Isolate = get_or_404(rows, id=isolate_id)
    culture = _one(owner_id, row.culture_id)
    row.refresh_from_db()
    return row, culture


def _sequences(owner_id: UUID, cultures: Iterable[UUID]) -> dict[UUID, int]:
    rows = Reading.objects.within(Scope.of(owner_id)).filter(culture_id__in=list(cultures)).order_by("sequence")
    return dict(rows.values_list("culture_id", "sequence"))


def _require_running(culture: Culture) -> None:
    if culture.status not in RUNNING:
        CULTURE.move(culture.status, "cancel")  # refuses in the words of the present state


def _advance(owner_id: UUID, culture: Culture) -> None:
    """The state that isolates and their tests have reached together."""
    isolates = list(
        Isolate.objects.within(Scope.of(owner_id)).filter(culture=culture, dropped_at__isnull=True).order_by("number")
    )
    if not isolates:
        status = "growth" if culture.grown else "no_growth"
        if culture.status in ("isolated", "identified", "tested"):
            culture.status = status
    elif any(one.identified_at is None for one in isolates):
        culture.status = "isolated"
    else:
        tested = queries.tested_of(Scope.of(owner_id), [one.id for one in isolates])
        pathogens = [one for one in isolates if one.significance == "pathogen"]
        ready = bool(pathogens) and all(tested.get(one.id) for one in pathogens)
        culture.status = "tested" if ready else "identified"
    culture.save(update_fields=["status"])


def _facts(culture: Culture) -> dict[str, Any]:
    return {"culture": culture.id, "order": culture.order_id, "test_code": culture.test_code}


def _quantify(row: Isolate, culture: Culture, quantity: str) -> None:
    """Keep what was written; read it as CFU/mL where the kind of culture is counted."""
    row.quantity = _short(quantity, "quantity", 60)
    row.operator, row.count = "", None
    if row.quantity and shipped.protocols()[culture.test_code].counted:
        try:
            row.operator, row.count = rules.read_count(row.quantity)
        except ValueError:
            _wrong("quantity", _("Tulis jumlah koloni per mL, misalnya >10^5 atau 2 x 10^4."))


def _organism(text: str, other: str) -> tuple[str, str]:
    named = _short(other, "other", 120)
    code = shipped.find_organism(text)
    if code and not named:
        return code, shipped.organisms()[code].name
    if text.strip() and named:
        _wrong("other", _("Pilih dari daftar atau tulis nama lain, salah satu saja."))
    if text.strip():
        _wrong("organism", _("Organisme ini tidak ada di daftar. Pilih dari daftar, atau tulis di Nama lain."))
    if not named:
        _wrong("organism", _("Sebutkan organismenya."))
    if listed := shipped.find_organism(named):
        return listed, shipped.organisms()[listed].name
    return "", named


def _days(text: str) -> tuple[int, ...]:
    try:
        return rules.read_days(text)
    except ValueError:
        _wrong("read_days", _("Tulis hari-hari baca berurutan, misalnya 1, 2, 5."))


def _wrong(field: str, message: str) -> NoReturn:
    raise Refused(message, problems=[Problem(field, message)])


def _reason(text: str) -> str:
    why = _short(text, "reason", 240)
    if len(why) < 3:
        _wrong("reason", _("Sebutkan alasannya."))
    return why


def _needed(text: str, field: str, longest: int) -> str:
    text = _short(text, field, longest)
    if not text:
        _wrong(field, _("Wajib diisi."))
    return text


def _short(text: str, field: str, longest: int) -> str:
    text = " ".join(text.split())
    if len(text) > longest or not text.isprintable():
        _wrong(field, _("Paling panjang %(longest)s huruf, tanpa huruf kendali.") % {"longest": longest})
    return text
