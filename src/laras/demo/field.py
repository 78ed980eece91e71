"""Rounds of sampling of the demo: depots and a swimming pool, one round done, one begun, one to be prepared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from laras.core import clock
from laras.core.actor import Actor
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.demo.network import Staff
from laras.network import queries as network
from laras.orders import inspections, reviews, rounds, services
from laras.orders.types import SiteInput

LAB = "MTR-00"
WATER = ("ECOLI", "TCOLI", "KERUH", "TDS", "NO3", "FEAIR", "PH", "CL2", "SUHU")
POOL = ("ECOLI", "PH", "CL2", "KERUH")
DEPOTS = (
    ("Depot Air Contoh Satu", "Jl. Contoh Melati 3", "-8.583", "116.105"),
    ("Depot Air Contoh Dua", "Jl. Contoh Kenanga 12", "-8.589", "116.112"),
    ("Depot Air Contoh Tiga", "Jl. Contoh Mawar 7", "-8.597", "116.121"),
)


def build_rounds(owners: Mapping[str, Owner], staff: Mapping[str, Staff], today: date) -> int:
    """Plans, visits and the orders that came of them; answers how many visits. Nothing without that laboratory."""
    if LAB not in owners:
        return 0
    owner, who = owners[LAB], staff[LAB].receiver
    monday = today - timedelta(days=today.weekday())
    depots = services.save_plan(
        who,
        owner=owner,
        plan=services.PlanInput(
            name="Depot air minum, contoh", codes=WATER, standard="AM-PMK2-2023", frequency="weekly",
            first_day=monday - timedelta(days=7), sampler="Petugas Contoh", note="Bawa kotak pendingin dan pH meter.",
        ),
    )  # fmt: skip
    for name, address, latitude, longitude in DEPOTS:
        services.add_point(
            who, owner_id=owner.id, plan_id=depots.id, name="Keran pengisian",
            new_site=SiteInput(name, "Depot air", address, None, Decimal(latitude), Decimal(longitude)),
        )  # fmt: skip
    pool = services.save_plan(
        who,
        owner=owner,
        plan=services.PlanInput(
            name="Kolam renang, contoh", codes=POOL, standard="KOLAM-PMK2-2023", frequency="monthly", first_day=today
        ),
    )
    for corner in ("Tepi utara", "Tepi selatan"):
        known = rounds.points_of(Scope.of(owner.id), pool.id)
        where = (
            {"site_id": known[0].site_id} if known else {"new_site": SiteInput("Kolam Renang Contoh", "Kolam renang")}
        )
        services.add_point(who, owner_id=owner.id, plan_id=pool.id, name=corner, **where)
    services.review_request(
        who, owner_id=owner.id, plan_id=depots.id, answers={item.code: "yes" for item in reviews.items()}, outcome="agreed",
        agreed_with="Wakil dinas contoh", way="agreement",
    )  # fmt: skip
    before = services.prepare_visit(who, owner=owner, plan_id=depots.id, day=monday - timedelta(days=7))
    this = services.prepare_visit(who, owner=owner, plan_id=depots.id, day=monday)
    stops = rounds.stops_of(Scope.of(owner.id), before.id)
    for number, one in enumerate(stops):
        if number == 2:
            services.miss_stop(who, owner_id=owner.id, stop_id=one.stop.id, reason="Depot tutup, pemilik di luar kota")
        else:
            _take(who, owner, one, clock.now() - timedelta(days=7, hours=number), number)
    first = rounds.stops_of(Scope.of(owner.id), this.id)[0]
    _take(who, owner, first, clock.now() - timedelta(hours=30), 2)
    _surveys(who, owner, today)
    lacking = {"C-LOK-1": "Sampah belum diangkut", "C-PGN-2": "Suhu lemari pendingin tidak dicatat"}
    services.note_inspection(
        who, owner=owner, day=today - timedelta(days=3), new_site=SiteInput("Hotel Contoh Selaparang", "Hotel", "Jl. Contoh 1"),
        answers={item.code: "no" if item.code in lacking else "yes" for item in inspections.items()}, notes=lacking,
        inspector="Petugas Contoh", met="Manajer dapur",
    )  # fmt: skip
    return 2


def _surveys(who: Actor, owner: Owner, today: date) -> None:
    """Larvae in two neighbourhoods over three months, a catch, and pools for the laboratory."""
    area = network.find_area("52.71").area_id
    for month in range(3):
        for place, positive in (("RW 01, contoh", 9 - 2 * month), ("RW 02, contoh", 14 - 3 * month)):
            services.note_survey(
                who,
                owner=owner,
                survey=services.SurveyInput(
                    "larvae", today - timedelta(days=30 * (2 - month)), place, area, "Aedes aegypti", houses=100,
                    houses_positive=positive, containers=260 + 10 * month, containers_positive=positive + 4,
                ),
            )  # fmt: skip
    services.note_survey(
        who,
        owner=owner,
        survey=services.SurveyInput(
            "catch", today - timedelta(days=5), "Kandang, contoh", area, "Anopheles sundaicus", collectors=4,
            hours=Decimal(6), nights=1, caught=58,
        ),
    )  # fmt: skip
    services.register_pools(
        who, owner=owner, codes=["V-PCRDENV"], day=today - timedelta(days=4), trap="Perangkap contoh",
        new_site=SiteInput("RW 02, contoh", "Permukiman", area_id=area),
        pools=[services.PoolInput("Aedes aegypti", "F", size) for size in (25, 25, 18)],
    )  # fmt: skip


def _take(who: Actor, owner: Owner, one: rounds.StopDetail, at: datetime, number: int) -> None:
    readings = {"temperature": f"2{7 + number},4", "ph": f"7,{1 + number}", "residual_chlorine": f"0,{2 + number}"}
    instruments = {
        "temperature": "Termometer digital 2",
        "ph": "pH meter saku 1",
        "residual_chlorine": "Komparator DPD 3",
    }
    taken = services.Taken(taken_at=at, readings=readings, instruments=instruments, collector="Petugas Contoh")
    services.take_stop(who, owner=owner, stop_id=one.stop.id, taken=taken)
