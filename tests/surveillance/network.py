"""A city with its health office, a province above it, and two laboratories: one in the city, one elsewhere in the province."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from laras.basics.periods import epi_week
from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.core import clock
from laras.core.actor import Actor, actor_of
from laras.core.models import Owner, User
from laras.core.scope import Scope
from laras.network import rules
from laras.network import services as network
from laras.orders import services as orders
from laras.people import services as people
from laras.reports import services as reports
from laras.resources.models import Capability
from tests.product import world as worlds

CITY, PROVINCE, ELSEWHERE = "73.71", "73", "73.72"
TESTS = ("CAMIGM", "NS1", "USAP-DUBUR", "HB")


@dataclass
class Lab:
    owner: Owner
    staff: dict[str, Actor]
    persons: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self):
        return self.owner.id

    @property
    def scope(self) -> Scope:
        return Scope.of(self.id)

    def person(self, residence: str | None = CITY, **more: Any):
        self.persons += 1
        nik = more.pop("nik", "")
        values = {
            "full_name": f"Warga {chr(64 + self.persons % 26)} {self.persons}", "sex": "LP"[self.persons % 2],
            "birth_date": date(2015, 1, 1 + self.persons % 27),
            "residence_id": worlds.area(residence) if residence else None, "duplicates_checked": True,
        } | ({"nik": nik} if nik else {"no_nik_reason": "absent"}) | more  # fmt: skip
        return people.register_patient(self.staff["counter"], owner_id=self.id, **values)

    def order(self, patient, *codes: str, **more: Any):
        made = orders.register_order(
            self.staff["counter"], owner=self.owner, codes=list(codes), patient_id=patient.id, **more
        )
        orders.receive_samples(self.staff["counter"], owner_id=self.id, sample_ids=[one.id for one in made.samples])
        return made.id

    def result(self, order_id, code: str, raw: str) -> None:
        """Enter, verify and validate: three persons."""
        view = {view.test_code: view for view in bench_queries.results_of(self.scope, order_id)}[code]
        bench.enter_result(self.staff["analyst"], owner_id=self.id, result_id=view.id, raw=raw)
        bench.verify_result(self.staff["verifier"], owner_id=self.id, result_id=view.id)
        bench.validate_result(self.staff["doctor"], owner_id=self.id, result_id=view.id, uncalled_reason="uji")

    def release(self, order_id, **more: Any):
        return reports.release_report(self.staff["doctor"], owner_id=self.id, order_id=order_id, **more)

    def amend(self, order_id, code: str, reason: str = "Sampel tertukar") -> None:
        view = {view.test_code: view for view in bench_queries.results_of(self.scope, order_id)}[code]
        bench.amend_result(self.staff["doctor"], owner_id=self.id, result_id=view.id, reason=reason)

    def tested(self, patient, code: str, raw: str, **more: Any):
        """One order from the counter to its report."""
        order_id = self.order(patient, code, **more)
        self.result(order_id, code, raw)
        return order_id, self.release(order_id)


@dataclass
class Office:
    owner: Owner
    officer: Actor
    head: Actor
    user: User
    head_user: User

    @property
    def id(self):
        return self.owner.id

    @property
    def scope(self) -> Scope:
        return Scope.of(self.id)


@dataclass
class World:
    lab: Lab
    far: Lab
    city: Office
    province: Office
    elsewhere: Office


def build() -> World:
    worlds.load_shipped()
    province = _office("DK-P", "dinkes_provinsi", PROVINCE)
    city = _office("DK-K", "dinkes_kabkota", CITY)
    elsewhere = _office("DK-L", "dinkes_kabkota", ELSEWHERE)
    lab = _lab("LAB-K", CITY, "labkesda_kabkota", 2)
    far = _lab("LAB-L", ELSEWHERE, "labkesda_kabkota", 2)
    network.rebuild_reach()
    return World(lab, far, city, province, elsewhere)


def _office(code: str, kind: str, area: str) -> Office:
    claims = [rules.Claim(area=worlds.area(area))]
    made = network.create_organisation(
        worlds.SYSTEM, code=code, kind=kind, name=f"Dinas Kesehatan {code}", area_id=worlds.area(area), claims=claims,
        valid_from=worlds.START,
    )  # fmt: skip
    owner = Owner.objects.get(pk=made.pk)
    user = worlds.give_account(owner, f"{code}-petugas", "officer")
    head = worlds.give_account(owner, f"{code}-kepala", "office_head")
    return Office(owner, actor_of(user, "web"), actor_of(head, "web"), user, head)


def _lab(code: str, area: str, kind: str, tier: int) -> Lab:
    made = network.create_organisation(
        worlds.SYSTEM, code=code, kind=kind, tier=tier, name=f"Labkesmas {code}", area_id=worlds.area(area),
        valid_from=worlds.START,
    )  # fmt: skip
    owner = Owner.objects.get(pk=made.pk)
    staff = {
        name: actor_of(worlds.give_account(owner, f"{code}-{name}", *roles), "web")
        for name, roles in worlds.STAFF.items()
    }
    for test in TESTS:
        Capability.rows.create(owner=owner, test_code=test, method="", tat_hours=24, price=10000)
    return Lab(owner, staff)


def at(day: date, hour: int = 2):
    """The clock on a day (UTC)."""
    from datetime import UTC, datetime

    return clock.at(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


def week_name(moment) -> str:
    """The epidemiological week of a moment as an address names it."""
    return str(epi_week(moment.date()))
