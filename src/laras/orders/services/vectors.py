"""Surveys of vectors and pools of them: counted, checked, written down once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.network import queries as network
from laras.orders.events import SurveyNoted, SurveyVoided
from laras.orders.models import EntomologySurvey, VectorPool
from laras.orders.services.checks import checked_text, refuse
from laras.orders.services.registering import register_site_order
from laras.orders.services.rows import Registered
from laras.orders.states import SURVEY_KINDS, VECTOR_SEXES
from laras.orders.types import GivenSample, SiteInput

NOTE = ("orders.register", "orders.collect")
MOST = 1_000_000
MOST_POOLS = 60


@dataclass(frozen=True, slots=True)
class SurveyInput:
    """A survey as counted. ``area_id`` is the administrative area of the place."""

    kind: str
    day: date
    place: str
    area_id: UUID | None = None
    species: str = ""
    houses: int = 0
    houses_positive: int = 0
    containers: int = 0
    containers_positive: int = 0
    collectors: int = 0
    hours: Decimal = Decimal(0)
    nights: int = 0
    caught: int = 0
    surveyor: str = ""
    note: str = ""


@use_case
def note_survey(actor: Actor, *, owner: Owner, survey: SurveyInput) -> EntomologySurvey:
    """Write down what a survey counted. Raises Refused with every problem: more positive than inspected, a day to come ..."""
    _require(actor, owner.id)
    problems: list[Problem] = []
    if survey.kind not in SURVEY_KINDS:
        problems.append(Problem("kind", _("Pilih dari daftar.")))
    place = checked_text(problems, "place", survey.place, 160)
    if not place:
        problems.append(Problem("place", _("Tulis tempat surveinya.")))
    _check_day(owner, survey.day, problems)
    if survey.area_id is not None and not network.area_exists(survey.area_id):
        problems.append(Problem("area", _("Wilayah ini tidak dikenal.")))
    counts = ("houses", "houses_positive", "containers", "containers_positive", "collectors", "nights", "caught")
    for name in counts:
        if not 0 <= getattr(survey, name) <= MOST:
            problems.append(Problem(name, _("Bilangan bulat dari nol.")))
    if survey.kind == "larvae":
        if survey.houses < 1:
            problems.append(Problem("houses", _("Isi jumlah rumah yang diperiksa.")))
        if survey.houses_positive > survey.houses:
            problems.append(Problem("houses_positive", _("Tidak lebih banyak daripada rumah yang diperiksa.")))
        if survey.containers_positive > survey.containers:
            problems.append(Problem("containers_positive", _("Tidak lebih banyak daripada kontainer yang diperiksa.")))
        if survey.houses_positive > survey.containers_positive:
            problems.append(
                Problem("containers_positive", _("Tiap rumah positif punya paling sedikit satu kontainer positif."))
            )
    elif survey.kind == "catch":
        if survey.collectors < 1:
            problems.append(Problem("collectors", _("Isi jumlah penangkap.")))
        if not (survey.hours.is_finite() and 0 < survey.hours <= 240):
            problems.append(Problem("hours", _("Isi lama penangkapan tiap orang dalam jam.")))
    values = {name: getattr(survey, name) for name in counts}
    row = EntomologySurvey(
        owner_id=owner.id, kind=survey.kind, day=survey.day, area_id=survey.area_id, place=place,
        species=checked_text(problems, "species", survey.species, 80), hours=survey.hours,
        surveyor=checked_text(problems, "surveyor", survey.surveyor, 120),
        note=checked_text(problems, "note", survey.note, 240), noted_by=actor.person_id, **values,
    )  # fmt: skip
    refuse(problems)
    row.save(force_insert=True)
    event = SurveyNoted(row.id, row.kind, row.day, row.area_id, tuple(values.items()), f"{row.hours:f}")
    journal.record(actor, owner=owner.id, event=event, subject=row.id)
    return row


@use_case
def void_survey(actor: Actor, *, owner_id: UUID, survey_id: UUID, reason: str) -> EntomologySurvey:
    """Take a survey out of all sums; it stays readable with the reason."""
    _require(actor, owner_id)
    problems: list[Problem] = []
    why = checked_text(problems, "reason", reason, 240)
    if not why and not problems:
        problems.append(Problem("reason", _("Tulis alasannya.")))
    refuse(problems)
    rows = EntomologySurvey.objects.within(Scope.of(owner_id)).select_for_update()
    row: EntomologySurvey = get_or_404(rows, id=survey_id)
    if row.voided_at is not None:
        raise Refused(_("Survei ini sudah dibatalkan."), code="voided")
    row.voided_at, row.void_reason = clock.now(), why
    row.save(update_fields=["voided_at", "void_reason"])
    journal.record(actor, owner=owner_id, event=SurveyVoided(row.id, why), subject=row.id)
    return row


@dataclass(frozen=True, slots=True)
class PoolInput:
    """One pool: ``sex`` F, M or U."""

    species: str
    sex: str
    specimens: int


@use_case
def register_pools(
    actor: Actor,
    *,
    owner: Owner,
    pools: Sequence[PoolInput],
    codes: Sequence[str],
    day: date,
    site_id: UUID | None = None,
    new_site: SiteInput | None = None,
    trap: str = "",
    collector: str = "",
) -> Registered:
    """Pools of vectors from one site and day as one order, a sample for each pool, every pool with all of these tests."""
    actor.require("orders.register", owner.id)
    problems: list[Problem] = []
    _check_day(owner, day, problems)
    if not 1 <= len(pools) <= MOST_POOLS:
        problems.append(Problem("pools", _("Isi 1 sampai %(n)d pool.") % {"n": MOST_POOLS}))
    for row, pool in enumerate(pools, start=1):
        if not checked_text(problems, "pools", pool.species, 80):
            problems.append(Problem("pools", _("Tulis spesiesnya."), row))
        if pool.sex not in VECTOR_SEXES:
            problems.append(Problem("pools", _("Kelamin: B (betina), J (jantan), atau ?."), row))
        if not 1 <= pool.specimens <= 1000:
            problems.append(Problem("pools", _("Jumlah ekor antara 1 dan 1000."), row))
    trap = checked_text(problems, "trap", trap, 80)
    refuse(problems)
    made = register_site_order(
        actor,
        owner=owner,
        kind="vector",
        codes=(),
        site_id=site_id,
        new_site=new_site,
        matrix="vektor_bpp",
        purpose="surveillance",
        payer="programme",
        collector=collector,
        given_samples=[
            GivenSample(
                tuple(codes), "Vektor atau binatang pembawa penyakit", "Wadah vektor",
                _("Pool %(place)d: %(species)s, %(n)d ekor") % {"place": place, "species": pool.species, "n": pool.specimens},
            )
            for place, pool in enumerate(pools, start=1)
        ],
    )  # fmt: skip
    VectorPool.rows.bulk_create(
        [
            VectorPool(
                owner_id=owner.id, sample=sample, day=day, species=" ".join(pool.species.split())[:80], sex=pool.sex,
                specimens=pool.specimens, trap=trap,
            )
            for sample, pool in zip(made.samples, pools, strict=True)
        ]
    )  # fmt: skip
    return made


def _require(actor: Actor, owner_id: UUID) -> None:
    actor.require(next((right for right in NOTE if actor.can(right, owner_id)), NOTE[0]), owner_id)


def _check_day(owner: Owner, day: date, problems: list[Problem]) -> None:
    today = clock.today(owner.zone)
    if day > today:
        problems.append(Problem("day", _("Hari ini belum tiba; periksa tanggalnya.")))
    elif day.year < 2000:
        problems.append(Problem("day", _("Periksa tahunnya.")))
