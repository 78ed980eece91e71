"""Surveillance of the demo: the half year counted, six years of weekly counts before it, and two outbreaks among its people.

The outbreaks are played through the services, so that every specimen has its order, its result and its report; the years before
are imported, as a health office imports what it counted on paper.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from laras.core import clock, delivery
from laras.core.actor import Actor, actor_of
from laras.core.models import Owner, User
from laras.core.scope import Scope
from laras.demo import plan, weekly
from laras.demo.network import ACTOR, Staff
from laras.demo.scenarios import Lab
from laras.network import queries as network
from laras.surveillance import jobs, queries, services
from laras.surveillance.diners_sheet import DinerInput
from laras.surveillance.rules.cases import sunday

YEARS = 6
SOURCE = "Rekap mingguan sebelum Laras (contoh)"
# Diseases that the years before know, with how often a case came in a week of a district where the half year has none to go by.
RARE = {"CAMPAK": 0.04, "KERPANG": 0.02, "DIFTERI": 0.01, "PERTUSIS": 0.01, "LEPTOSPIROSIS": 0.05, "KOLERA": 0.0}
SHAPES = {"DENGUE": weekly.rains, "MALARIA": weekly.rains, "CHIKUNGUNYA": weekly.rains, "LEPTOSPIROSIS": weekly.rains}
LEAST = {"DENGUE": 0.4}
"""However few orders are loaded, so many a week on average: a season without cases shows nothing."""
TESTED = {"CAMPAK": 3, "KERPANG": 4}
"""Persons tested for each case; elsewhere eight, as one in eight of the demo's tests is positive."""


@dataclass(frozen=True, slots=True)
class Outbreak:
    """``cases``: weeks before this one -> how many fell ill; everybody lives in the city of the printed logins."""

    disease: str
    test: str
    lab: str
    answer: str
    note: str
    purpose: str
    ages: tuple[int, int]
    cases: tuple[tuple[int, int], ...]


OUTBREAKS = (
    Outbreak("CAMPAK", "CAMIGM", "REG-06", "Positif", "Demam dan ruam", "surveillance", (1, 9), ((3, 2), (2, 6), (1, 8))),
    Outbreak("KERPANG", "USAP-DUBUR", "MTR-00", "Positif", "Mual dan muntah sesudah makan siang di sekolah", "outbreak",
             (7, 12), ((1, 16),)),
)  # fmt: skip
CITY = "52.71"


def play(owners: dict[str, Owner], staff: dict[str, Staff]) -> None:
    """Count, import, let the outbreaks happen, judge; and let the city's office have begun to work on one of them."""
    services.recount(ACTOR)
    # What the half year shows by itself, before the outbreaks: the years before are of its kind.
    remember(owners)
    chance = random.Random(f"{plan.SEED}:outbreaks")
    places = _places()
    done = []
    for outbreak in OUTBREAKS:
        lab = Lab(owners[outbreak.lab], staff[outbreak.lab])
        done += [(lab, *_patient(lab, outbreak, when, chance, places)) for when in _moments(chance, outbreak)]
    # All are told to the offices at once: patient by patient it took longer than the rest of an outbreak.
    with delivery.nobody_woken():
        for lab, order_id, when in done:
            with clock.at(when):
                lab.release(order_id)
    delivery.catch_up_all()
    jobs.judge_all()
    _begin(owners["DK-MTR"])


def remember(owners: dict[str, Owner]) -> None:
    """Six years of weekly counts for each district, at the level and with the season of the half year."""
    today = clock.today()
    begin = sunday(today - timedelta(days=plan.DAYS)) + timedelta(weeks=1)
    first = sunday(begin - timedelta(days=YEARS * 365))
    past = queries.weeks_between(first, begin - timedelta(weeks=1))
    for code, area, _kecamatan in plan.DISTRICTS:
        office, place = owners[f"DK-{code}"], network.find_area(area)
        assert place is not None
        chance = random.Random(f"{plan.SEED}:weekly:{code}")
        series = queries.counts_of(Scope.of(office.id), last=sunday(today))
        earliest = min((week for week in series.weeks), default=begin) if series is not None else begin
        weeks = [week for week in past if week < min(begin, earliest)]
        rows = []
        for disease in sorted({*RARE, *LEAST, *(series.diseases if series is not None else ())}):
            shape = SHAPES.get(disease, weekly.flat)
            mean = RARE.get(disease)
            if series is not None and disease in series.diseases and mean is None:
                seen = series.cases[series.place(disease)]
                known = [n for n, week in enumerate(series.weeks) if week >= begin and seen[n] == seen[n]]
                mean = weekly.level([int(seen[n]) for n in known], [series.weeks[n] for n in known], shape)
            least = LEAST.get(disease, 0.0) * len(past) / sum(shape(week) for week in past)
            for week, cases in zip(
                weeks, weekly.counts(chance, weeks, mean=max(mean or 0.0, least), shape=shape), strict=True
            ):
                tested = cases + sum(chance.random() < 0.5 for _n in range(2 + cases * TESTED.get(disease, 8)))
                rows.append(services.Weekly(disease, place.area_id, place.area_id, week, cases, tested, cases))
        services.import_counts(ACTOR, owner_id=office.id, rows=rows, source=SOURCE)


def _places() -> list[UUID]:
    """The kelurahan of the city; one of them holds most of an outbreak."""
    city = network.find_area(CITY)
    assert city is not None
    return [row.area_id for row in network.areas_below(city.area_id) if row.code.count(".") == 3]


def _moments(chance: random.Random, outbreak: Outbreak) -> Iterator[datetime]:
    zone = ZoneInfo("Asia/Makassar")
    this = sunday(clock.today())
    for back, cases in outbreak.cases:
        week = this - timedelta(weeks=back)
        for _n in range(cases):
            day = week + timedelta(days=chance.choice((1, 2, 3, 4)))
            yield datetime(day.year, day.month, day.day, chance.choice((8, 9, 10)), chance.randrange(60), tzinfo=zone)


def _patient(
    lab: Lab, outbreak: Outbreak, when: datetime, chance: random.Random, places: list[UUID]
) -> tuple[UUID, datetime]:
    """An order with its result; answers it and the moment of its release."""
    woman = chance.random() < 0.5
    born = when.date() - timedelta(days=chance.randrange(*(365 * age for age in outbreak.ages)))
    person = {
        "full_name": f"{chance.choice(plan.FIRST_WOMEN if woman else plan.FIRST_MEN)} {chance.choice(plan.LAST)}",
        "sex": "P" if woman else "L", "birth_date": born, "no_nik_reason": "absent",
        "address": f"Jalan Contoh No. {chance.randrange(1, 90)}", "duplicates_checked": True,
        # Three of four live in one kelurahan.
        "residence_id": places[0] if chance.random() < 0.75 else chance.choice(places),
    }  # fmt: skip
    with clock.at(when):
        order_id = lab.register(
            [outbreak.test],
            person,
            when - timedelta(minutes=20),
            "urgent",
            purpose=outbreak.purpose,
            note=outbreak.note,
        )
    after = when + timedelta(hours=26)
    with clock.at(after):
        lab.answer(order_id, outbreak.test, outbreak.answer)
    return order_id, after


def _begin(office: Owner) -> None:
    """The food poisoning was joined into an event and verified; the measles still wait for somebody to look."""
    user = User.objects.filter(username="dinkes.kota").first()
    signal = queries.signals(Scope.of(office.id), disease="KERPANG", status="new").first()
    if user is None or signal is None:
        return
    officer: Actor = actor_of(user, "web", only_owner=office.id)
    opened = services.join_signal(
        officer, owner_id=office.id, signal_id=signal.id, reason="Semua murid satu sekolah, makan siang yang sama",
        title="Keracunan pangan di sebuah sekolah dasar",
    )  # fmt: skip
    services.verify_outbreak(
        officer, owner_id=office.id, outbreak_id=opened.id,
        verification="Tim puskesmas mendatangi sekolah: murid sakit dalam 24 jam sesudah makan siang bersama.",
    )  # fmt: skip
    services.assess_risk(
        officer, owner_id=office.id, outbreak_id=opened.id, risk="moderate",
        note="Satu penyedia makanan melayani tiga sekolah; dua sekolah lain dipantau.",
    )  # fmt: skip
    _ask(officer, office, opened.id)


# Everybody's plate, with how many of ten took it; the chicken had stood in the warm too long.
MENU = (("Nasi putih", 10), ("Ayam suwir", 6), ("Tumis buncis", 7), ("Semangka", 8), ("Susu kotak", 5))
GUILTY, ASKED, AT_TABLE = "Ayam suwir", 80, 86


def _ask(officer: Actor, office: Owner, outbreak_id: UUID) -> None:
    """Who was asked at the school of the food poisoning: the office has its table of foods on the second day."""
    chance = random.Random(f"{plan.SEED}:meal")
    lunch = datetime.combine(sunday(clock.today()) - timedelta(days=8), time(12), tzinfo=ZoneInfo("Asia/Makassar"))
    mine = {"owner_id": office.id, "outbreak_id": outbreak_id}
    services.set_population(officer, **mine, at_risk=AT_TABLE, who="Murid dan guru yang ikut makan siang")
    study = services.describe_study(
        officer, **mine, design="cohort", meal="Makan siang bersama di sekolah", served_at=lunch,
        case_definition="Mual, muntah, atau diare dalam 24 jam sesudah makan siang", foods=[name for name, _n in MENU],
    )  # fmt: skip
    keys = {name: key for key, name in study.foods}
    diners = []
    for _n in range(ASKED):
        girl, ate = chance.random() < 0.5, {name: chance.random() * 10 < often for name, often in MENU}
        ill = chance.random() < (0.45 if ate[GUILTY] else 0.1)
        name = f"{chance.choice(plan.FIRST_WOMEN if girl else plan.FIRST_MEN)} {chance.choice(plan.LAST)}"
        onset = lunch + timedelta(minutes=10 * round(chance.triangular(12, 84, 30))) if ill else None
        told = {keys[food]: eaten for food, eaten in ate.items() if chance.random() > 0.04}
        diners.append(DinerInput(name, ill, "P" if girl else "L", chance.randrange(7, 13), onset, told))
    services.save_diners(officer, **mine, revision=study.revision, diners=diners)


def week_of_signal(disease: str, today: date) -> date:
    """The week in which an outbreak of the demo must be seen: the first with five cases in four weeks, as the method asks."""
    seen = 0
    for outbreak in OUTBREAKS:
        for back, cases in outbreak.cases if outbreak.disease == disease else ():
            seen += cases
            if seen >= 5:
                return sunday(today) - timedelta(weeks=back)
    raise LookupError(disease)
