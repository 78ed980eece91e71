"""Rounds of sampling: plans, the visits made from them, and what was found at each point.

A stop that was sampled becomes an order with its samples in the same unit of work: nothing of it is typed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from laras.catalogue import queries as catalogue_queries
from laras.catalogue.types import Catalogue
from laras.core import attachments, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.models import Owner
from laras.core.numbering import format_number, next_serials
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.orders import rules
from laras.orders.events import (
    PlanClosed,
    PlanSaved,
    PointAdded,
    PointRetired,
    StopMissed,
    StopTaken,
    VisitPrepared,
    VisitSkipped,
)
from laras.orders.models import PAYERS, PURPOSES, Bottle, PlanPoint, SamplingPlan, Site, Stop, Visit
from laras.orders.rules import field as rounds
from laras.orders.services.checks import check_client, checked_moment, checked_text, refuse
from laras.orders.services.registering import SITE_KINDS, choose_lines, register_site, register_site_order
from laras.orders.states import STOP, VISIT
from laras.orders.types import GivenSample, SiteInput

MANAGE, TAKE = "orders.register", "orders.collect"
MOST_POINTS = 60
PHOTOS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}
LARGEST_PHOTO = 8_000_000
AHEAD = timedelta(days=366)
"""How far ahead a visit may be prepared."""


@dataclass(frozen=True, slots=True)
class PlanInput:
    """A plan as typed. ``days`` are named beside the frequency (``rules.field.FREQUENCIES``)."""

    name: str
    kind: str = "environment"
    codes: tuple[str, ...] = ()
    client_id: UUID | None = None
    matrix: str = ""
    standard: str = ""
    frequency: str = "monthly"
    first_day: date | None = None
    until: date | None = None
    days: tuple[date, ...] = ()
    sampler: str = ""
    payer: str = "programme"
    purpose: str = "surveillance"
    note: str = ""


@use_case
def save_plan(actor: Actor, *, owner: Owner, plan: PlanInput, plan_id: UUID | None = None) -> SamplingPlan:
    """Make a plan, or let a plan say otherwise from now on; visits that were prepared stay as they are.

    Raises Refused with every problem, Conflict when an open plan has this name.
    """
    actor.require(MANAGE, owner.id)
    row = SamplingPlan(owner_id=owner.id, made_by=actor.person_id) if plan_id is None else _open_plan(owner.id, plan_id)
    problems: list[Problem] = []
    catalogue = catalogue_queries.effective(owner.id)
    row.name = checked_text(problems, "name", plan.name, 120)
    if not row.name:
        problems.append(Problem("name", _("Tulis nama rencananya.")))
    row.kind = plan.kind
    if plan.kind not in SITE_KINDS:
        problems.append(Problem("kind", _("Pilih jalur lingkungan, makanan, atau vektor.")))
        row.kind = "environment"
    row.codes = [line.code for line in choose_lines(catalogue, plan.codes, row.kind, problems)]
    row.matrix = checked_text(problems, "matrix", plan.matrix, 40)
    row.standard = _standard(catalogue, plan.standard, row, problems)
    if plan.client_id is not None:
        check_client(owner.id, plan.client_id, problems)
    elif plan.payer == "institution":
        problems.append(Problem("client", _("Pilih instansi atau perusahaan yang membayar.")))
    row.client_id = plan.client_id
    for name, given, known in (
        ("payer", plan.payer, PAYERS),
        ("purpose", plan.purpose, PURPOSES),
        ("frequency", plan.frequency, rounds.FREQUENCIES),
    ):
        if given not in known:
            problems.append(Problem(name, _("Pilih dari daftar.")))
        setattr(row, name, given)
    if plan.first_day is None:
        problems.append(Problem("first_day", _("Isi hari kunjungan pertama.")))
    elif plan.until is not None and plan.until < plan.first_day:
        problems.append(Problem("until", _("Hari terakhir harus sesudah hari pertama.")))
    row.first_day, row.until = plan.first_day, plan.until
    if len(plan.days) > rounds.MOST_DAYS:
        problems.append(Problem("days", _("Paling banyak %(n)d tanggal.") % {"n": rounds.MOST_DAYS}))
    row.days = [day.isoformat() for day in sorted(set(plan.days))]
    row.sampler = checked_text(problems, "sampler", plan.sampler, 120)
    row.note = checked_text(problems, "note", plan.note, 500)
    refuse(problems)
    try:
        with transaction.atomic():
            row.save(force_insert=plan_id is None)
    except IntegrityError as error:
        text = _("Sudah ada rencana dengan nama ini.")
        raise Conflict(text, problems=[Problem("name", text)]) from error
    event = PlanSaved(row.id, row.name, row.kind, row.frequency, row.first_day, tuple(row.codes), row.standard)
    journal.record(actor, owner=owner.id, event=event, subject=row.id)
    return row


def _standard(catalogue: Catalogue, code: str, row: SamplingPlan, problems: list[Problem]) -> str:
    if not code:
        return ""
    limits = catalogue.standards.get(code)
    if limits is None:
        problems.append(Problem("standard", _("Baku mutu ini tidak ada di katalog.")))
        return ""
    if row.matrix and limits.matrix != row.matrix:
        problems.append(Problem("standard", _("Baku mutu ini untuk matriks lain; samakan matriksnya.")))
    row.matrix = row.matrix or limits.matrix[:40]
    return code


@use_case
def close_plan(actor: Actor, *, owner_id: UUID, plan_id: UUID, reason: str) -> SamplingPlan:
    """No visits are due any more; what was prepared can still be finished."""
    actor.require(MANAGE, owner_id)
    problems: list[Problem] = []
    why = checked_text(problems, "reason", reason, 240)
    if not why and not problems:
        problems.append(Problem("reason", _("Tulis alasannya.")))
    refuse(problems)
    row = _open_plan(owner_id, plan_id)
    row.closed_at, row.close_reason = clock.now(), why
    row.save(update_fields=["closed_at", "close_reason"])
    journal.record(actor, owner=owner_id, event=PlanClosed(row.id, why), subject=row.id)
    return row


@use_case
def add_point(
    actor: Actor,
    *,
    owner_id: UUID,
    plan_id: UUID,
    name: str = "",
    site_id: UUID | None = None,
    new_site: SiteInput | None = None,
) -> PlanPoint:
    """A point of the plan: at a site on file, or at a new one. Visits prepared before do not have it."""
    actor.require(MANAGE, owner_id)
    plan = _open_plan(owner_id, plan_id)
    problems: list[Problem] = []
    label = checked_text(problems, "name", name, 160)
    if (site_id is None) == (new_site is None):
        problems.append(Problem("site", _("Pilih lokasi, atau isi lokasi baru.")))
    rows = PlanPoint.objects.within(Scope.of(owner_id)).filter(plan_id=plan.id)
    positions = list(rows.order_by("-position").values_list("position", "retired_at"))
    if sum(retired is None for _position, retired in positions) >= MOST_POINTS:
        problems.append(Problem("site", _("Paling banyak %(n)d titik dalam satu rencana.") % {"n": MOST_POINTS}))
    refuse(problems)
    if new_site is not None:
        site = register_site(actor, owner_id=owner_id, site=new_site, client_id=plan.client_id)
    else:
        site = get_or_404(Site.objects.within(Scope.of(owner_id)), id=site_id)
    point = PlanPoint(
        owner_id=owner_id, plan=plan, position=positions[0][0] + 1 if positions else 1, site=site, name=label
    )
    try:
        with transaction.atomic():
            point.save(force_insert=True)
    except IntegrityError as error:
        text = _("Titik ini sudah ada di rencana.")
        raise Conflict(text, problems=[Problem("name", text)]) from error
    journal.record(actor, owner=owner_id, event=PointAdded(plan.id, point.id, site.id, label), subject=plan.id)
    return point


@use_case
def retire_point(actor: Actor, *, owner_id: UUID, plan_id: UUID, point_id: UUID) -> PlanPoint:
    """Visits prepared from now on leave the point out."""
    actor.require(MANAGE, owner_id)
    plan = _open_plan(owner_id, plan_id)
    rows = PlanPoint.objects.within(Scope.of(owner_id)).filter(plan_id=plan.id, retired_at__isnull=True)
    point: PlanPoint = get_or_404(rows, id=point_id)
    point.retired_at = clock.now()
    point.save(update_fields=["retired_at"])
    journal.record(actor, owner=owner_id, event=PointRetired(plan.id, point.id, point.name), subject=plan.id)
    return point


def _open_plan(owner_id: UUID, plan_id: UUID) -> SamplingPlan:
    plan: SamplingPlan = get_or_404(SamplingPlan.objects.within(Scope.of(owner_id)).select_for_update(), id=plan_id)
    if plan.closed_at is not None:
        raise Refused(_("Rencana ini sudah ditutup."), code="closed")
    return plan


# --- Visits -----------------------------------------------------------------------------------------------------------


@use_case
def prepare_visit(actor: Actor, *, owner: Owner, plan_id: UUID, day: date) -> Visit:
    """The round of that day: a stop for each point and a numbered bottle for each group of tests. A second call answers
    the same visit."""
    actor.require(TAKE if actor.can(TAKE, owner.id) else MANAGE, owner.id)
    plan = _open_plan(owner.id, plan_id)
    scope = Scope.of(owner.id)
    known = Visit.objects.within(scope).filter(plan_id=plan.id, day=day).first()
    if known is not None:
        return known  # type: ignore[no-any-return]
    points = list(PlanPoint.objects.within(scope).filter(plan_id=plan.id, retired_at__isnull=True).order_by("position"))
    if not points:
        raise Refused(_("Rencana ini belum punya titik; tambahkan dulu."), code="no_points")
    visit = _new_visit(actor, owner, plan, day)
    catalogue = catalogue_queries.effective(owner.id)
    wanted = rounds.plan_bottles(catalogue, [code for code in plan.codes if code in catalogue], plan.matrix)
    if not wanted:
        raise Refused(_("Pemeriksaan rencana ini tidak ada lagi di katalog; perbaiki rencananya."), code="no_tests")
    today = clock.today(owner.zone)
    serial = next_serials(owner.id, "bottle", today, len(points) * len(wanted))
    stops, bottles = [], []
    for position, point in enumerate(points, start=1):
        stop = Stop(owner_id=owner.id, visit=visit, point=point, position=position)
        stops.append(stop)
        for place, one in enumerate(wanted, start=1):
            bottles.append(
                Bottle(
                    owner_id=owner.id,
                    stop=stop,
                    number=format_number(owner.code, today, serial, series="B"),
                    position=place,
                    group=one.group[:60],
                    specimen=one.specimen[:60],
                    container=one.container[:80],
                    preservation=one.preservation[:120],
                    volume=one.volume[:40],
                    codes=list(one.codes),
                )
            )
            serial += 1
    Visit.rows.bulk_create([visit])
    Stop.rows.bulk_create(stops)
    Bottle.rows.bulk_create(bottles)
    event = VisitPrepared(plan.id, visit.id, visit.number, day, len(stops), tuple(bottle.number for bottle in bottles))
    journal.record(actor, owner=owner.id, event=event, subject=plan.id)
    return visit


def _new_visit(actor: Actor, owner: Owner, plan: SamplingPlan, day: date) -> Visit:
    today = clock.today(owner.zone)
    if abs((day - today).days) > AHEAD.days:
        raise Refused(_("Hari kunjungan terlalu jauh."), problems=[Problem("day", _("Periksa tahunnya."))])
    number = format_number(owner.code, today, next_serials(owner.id, "visit", today), series="V")
    return Visit(owner_id=owner.id, plan=plan, number=number, day=day, prepared_by=actor.person_id)


@use_case
def skip_visit(actor: Actor, *, owner: Owner, plan_id: UUID, day: date, reason: str) -> Visit:
    """No round on that day, and why. One that was prepared can be skipped until a point of it was answered."""
    actor.require(VISIT.right("skip"), owner.id)
    problems: list[Problem] = []
    why = checked_text(problems, "reason", reason, 240)
    if not why and not problems:
        problems.append(Problem("reason", _("Tulis mengapa kunjungan ini tidak dilakukan.")))
    refuse(problems)
    plan = _open_plan(owner.id, plan_id)
    scope = Scope.of(owner.id)
    visit = Visit.objects.within(scope).select_for_update().filter(plan_id=plan.id, day=day).first()
    if visit is None:
        visit = _new_visit(actor, owner, plan, day)
        visit.status = VISIT.move(visit.status, "skip")
        visit.reason, visit.finished_at = why, clock.now()
        visit.save(force_insert=True)
    else:
        if Stop.objects.within(scope).filter(visit_id=visit.id).exclude(status="waiting").exists():
            raise Refused(
                _("Sebagian titik kunjungan ini sudah diisi; jawab titik lainnya satu per satu."), code="begun"
            )
        visit.status = VISIT.move(visit.status, "skip")
        visit.reason, visit.finished_at = why, clock.now()
        visit.save(update_fields=["status", "reason", "finished_at"])
    event = VisitSkipped(plan.id, visit.id, visit.number, day, why)
    journal.record(actor, owner=owner.id, event=event, subject=plan.id)
    return visit


# --- At a point -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """What the sampler noted at a point. ``missed``: bottle -> why it stayed empty; ``readings`` and ``instruments`` by the
    keys of ``rules.IN_SITU``."""

    taken_at: datetime | None
    arrived_at: datetime | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    instruments: Mapping[str, str] = field(default_factory=dict)
    missed: Mapping[UUID, str] = field(default_factory=dict)
    collector: str = ""
    note: str = ""
    photo: bytes | None = None


@use_case
def take_stop(actor: Actor, *, owner: Owner, stop_id: UUID, taken: Taken) -> Stop:
    """The point was sampled: its order with samples, readings and chain of custody, all or nothing.

    Bottles that were not filled stay out of the order with their reason; a panel of which a bottle is missing is charged as
    its single tests. Raises Refused with every problem, MoveRefused when the stop was answered before.
    """
    actor.require(STOP.right("take"), owner.id)
    scope = Scope.of(owner.id)
    stop = _lock_stop(owner.id, stop_id)
    stop.status = STOP.move(stop.status, "take")
    plan = stop.visit.plan
    problems: list[Problem] = []
    taken_at = checked_moment(owner, problems, "taken_at", taken.taken_at)
    if taken.taken_at is None:
        problems.append(Problem("taken_at", _("Isi kapan sampel diambil.")))
    arrived_at = checked_moment(owner, problems, "arrived_at", taken.arrived_at)
    if arrived_at and taken_at and arrived_at > taken_at:
        problems.append(Problem("arrived_at", _("Tiba sesudah sampel diambil; periksa jamnya.")))
    collector = checked_text(problems, "collector", taken.collector, 120) or actor.name[:120]
    kept, _wrong = rules.read_in_situ(taken.readings)
    instruments = {
        key: text
        for key in kept
        if (text := checked_text(problems, f"instrument_{key}", taken.instruments.get(key, ""), 80))
    }
    bottles = list(Bottle.objects.within(scope).select_for_update().filter(stop_id=stop.id).order_by("position"))
    given, codes, left_out = _fill(bottles, taken, taken_at, collector, stop.point.name, problems)
    photo = _photo(problems, taken.photo)
    refuse(problems)
    whole = not left_out
    made = register_site_order(
        # Whoever may take samples registers what a plan asks for, and nothing else.
        _as_registrar(actor, owner.id),
        owner=owner,
        kind=plan.kind,
        codes=plan.codes if whole else codes,
        site_id=stop.point.site_id,
        matrix=plan.matrix,
        standard=plan.standard,
        given_samples=given,
        in_situ=taken.readings,
        client_id=plan.client_id,
        payer=plan.payer,
        purpose=plan.purpose,
        note=taken.note,
        collected_at=taken_at,
        collector=collector,
    )
    Bottle.rows.bulk_update(bottles, ["taken_at", "missed"])
    stop.order = made.order
    stop.arrived_at, stop.recorded_at, stop.recorded_by = arrived_at, clock.now(), actor.person_id
    stop.instruments = instruments
    if photo is not None:
        content, media_type = photo
        stop.photo = attachments.store(owner.id, content, media_type, f"{made.number}.{media_type.partition('/')[2]}")
    stop.save()
    event = StopTaken(stop.visit_id, stop.id, stop.visit.number, made.id, made.number, tuple(left_out))
    journal.record(actor, owner=owner.id, event=event, subject=made.id)
    _finish(actor, stop.visit)
    return stop


def _as_registrar(actor: Actor, owner_id: UUID) -> Actor:
    if actor.can(MANAGE, owner_id) or owner_id not in actor.grants:
        return actor
    return replace(actor, grants={**actor.grants, owner_id: actor.grants[owner_id] | {MANAGE}})


def _fill(
    bottles: Sequence[Bottle],
    taken: Taken,
    taken_at: datetime | None,
    collector: str,
    point: str,
    problems: list[Problem],
) -> tuple[list[GivenSample], list[str], list[tuple[str, str]]]:
    """The samples to be, the tests they carry, and (number, reason) of the bottles left empty; marks the bottles."""
    given: list[GivenSample] = []
    codes: list[str] = []
    left_out: list[tuple[str, str]] = []
    for bottle in bottles:
        if bottle.id in taken.missed:
            why = checked_text(problems, f"missed_{bottle.id}", taken.missed[bottle.id], 160)
            if not why:
                problems.append(Problem(f"missed_{bottle.id}", _("Tulis mengapa botol ini tidak diisi.")))
            bottle.missed = why
            left_out.append((bottle.number, why))
            continue
        bottle.taken_at = taken_at
        codes += bottle.codes
        given.append(
            GivenSample(
                codes=tuple(bottle.codes),
                specimen=bottle.specimen,
                container=bottle.container,
                description=" · ".join(part for part in (point, bottle.group) if part)[:160],
                external_number=bottle.number,
                collected_at=taken_at,
                collector=collector,
                preservation=bottle.preservation,
            )
        )
    if not given:
        problems.append(Problem("", _("Tidak ada botol yang diisi; tandai titik ini tidak diambil.")))
    return given, list(dict.fromkeys(codes)), left_out


def _photo(problems: list[Problem], content: bytes | None) -> tuple[bytes, str] | None:
    if not content:
        return None
    media_type = next((kind for start, kind in PHOTOS.items() if content.startswith(start)), None)
    if media_type is None:
        problems.append(Problem("photo", _("Foto berupa JPEG atau PNG.")))
    elif len(content) > LARGEST_PHOTO:
        problems.append(Problem("photo", _("Foto paling besar 8 MB; kecilkan dulu.")))
    else:
        return content, media_type
    return None


@use_case
def miss_stop(actor: Actor, *, owner_id: UUID, stop_id: UUID, reason: str) -> Stop:
    """Nothing was taken at the point, and why."""
    actor.require(STOP.right("miss"), owner_id)
    problems: list[Problem] = []
    why = checked_text(problems, "reason", reason, 240)
    if not why and not problems:
        problems.append(Problem("reason", _("Tulis mengapa titik ini tidak diambil.")))
    refuse(problems)
    stop = _lock_stop(owner_id, stop_id)
    stop.status = STOP.move(stop.status, "miss")
    stop.reason, stop.recorded_at, stop.recorded_by = why, clock.now(), actor.person_id
    stop.save(update_fields=["status", "reason", "recorded_at", "recorded_by"])
    event = StopMissed(stop.visit_id, stop.id, stop.visit.number, why)
    journal.record(actor, owner=owner_id, event=event, subject=stop.visit.plan_id)
    _finish(actor, stop.visit)
    return stop


def _lock_stop(owner_id: UUID, stop_id: UUID) -> Stop:
    rows = Stop.objects.within(Scope.of(owner_id)).select_related("visit", "visit__plan", "point", "point__site")
    stop: Stop = get_or_404(rows.select_for_update(of=("self",)), id=stop_id)
    if stop.visit.status == "skipped":
        raise Refused(_("Kunjungan ini sudah dicatat tidak dilakukan."), code="skipped")
    return stop


def _finish(actor: Actor, visit: Visit) -> None:
    """The visit is done with its last point."""
    if Stop.objects.within(Scope.of(visit.owner_id)).filter(visit_id=visit.id, status="waiting").exists():
        return
    visit.status = VISIT.move(visit.status, "finish")
    visit.finished_at = clock.now()
    visit.save(update_fields=["status", "finished_at"])


def plan_input(row: SamplingPlan) -> PlanInput:
    """A plan as it would be typed."""
    values: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("name", "kind", "client_id", "matrix", "standard", "frequency", "first_day", "until", "sampler",
                     "payer", "purpose", "note")
    }  # fmt: skip
    return PlanInput(**values, codes=tuple(row.codes), days=tuple(date.fromisoformat(day) for day in row.days))
