"""A laboratory that releases: the shipped catalogue, four persons, orders whose results are validated."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.catalogue import queries as catalogue_queries
from laras.catalogue.layers import decode, merge
from laras.catalogue.shipped import shipped_rows
from laras.core import clock
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.orders import services as orders
from laras.reports import services
from laras.reports.models import Report
from laras.resources.models import Capability

# 1 September 2026 08.30 WITA.
MORNING = datetime(2026, 9, 1, 0, 30, tzinfo=UTC)
PERSON = {
    "full_name": "Siti Aminah",
    "sex": "P",
    "birth_date": date(1990, 4, 12),
    "no_nik_reason": "absent",
    "duplicates_checked": True,
}


@pytest.fixture(scope="session")
def shipped():
    return merge([decode("shipped", "laras/test", "shipped", "laras", shipped_rows())])


@pytest.fixture(autouse=True)
def catalogue(shipped, monkeypatch):
    monkeypatch.setattr(catalogue_queries, "effective", lambda owner_id: shipped)
    return shipped


class Now:
    """The clock of a test; it only moves when it is told to."""

    def __init__(self) -> None:
        self.moment = MORNING

    def forward(self, **gone: int) -> datetime:
        self.moment += timedelta(**gone)
        clock._frozen.set(self.moment)
        return self.moment


@pytest.fixture(autouse=True)
def now():
    with clock.at(MORNING):
        yield Now()


@dataclass
class Lab:
    owner: Owner
    counter: Any
    analyst: Any
    verifier: Any
    doctor: Any
    able: set[str] = field(default_factory=set)

    @property
    def id(self) -> UUID:
        return self.owner.id

    @property
    def scope(self) -> Scope:
        return Scope.of(self.owner.id)

    def can(self, *codes: str) -> None:
        for code in set(codes) - self.able:
            Capability.rows.create(owner=self.owner, test_code=code, method="", tat_hours=24, price=10000)
            self.able.add(code)

    def order(self, *codes: str, **head: Any) -> UUID:
        """An order whose samples are here."""
        self.can(*codes)
        if head.get("subject_kind", "person") == "person":
            head = {"new_patient": PERSON | head.pop("person", {})} | head
        made = orders.register_order(self.counter, owner=self.owner, codes=list(codes), **head)
        orders.receive_samples(self.counter, owner_id=self.id, sample_ids=[s.id for s in made.samples])
        return made.id

    def results(self, order_id: UUID) -> dict[str, Any]:
        return {view.test_code: view for view in bench_queries.results_of(self.scope, order_id)}

    def perform(self, order_id: UUID, code: str, raw: str, **more: Any) -> None:
        """Enter, verify and validate: three persons."""
        result = self.results(order_id)[code].id
        bench.enter_result(self.analyst, owner_id=self.id, result_id=result, raw=raw, **more)
        bench.verify_result(self.verifier, owner_id=self.id, result_id=result)
        bench.validate_result(self.doctor, owner_id=self.id, result_id=result, uncalled_reason="uji")

    def done(self, values: dict[str, str] | None = None, **head: Any) -> UUID:
        """An order whose tests are all validated."""
        values = values or {"HB": "13,5", "PLT": "250"}
        order_id = self.order(*values, **head)
        for code, raw in values.items():
            self.perform(order_id, code, raw)
        return order_id

    def amend(self, order_id: UUID, code: str, raw: str) -> None:
        result = self.results(order_id)[code].id
        bench.amend_result(self.doctor, owner_id=self.id, result_id=result, reason="Salah salin")
        self.perform(order_id, code, raw)

    def release(self, order_id: UUID, actor: Any = None, **more: Any) -> Report:
        return services.release_report(actor or self.doctor, owner_id=self.id, order_id=order_id, **more)

    def issue(self, report: Report) -> bytes:
        return services.issue_pdf(self.doctor, owner_id=self.id, report_id=report.id)


@pytest.fixture
def make_lab(make_owner, make_actor):
    def make(code: str, **more: Any) -> Lab:
        owner = make_owner(code, zone="Asia/Makassar", **more)
        name = code.lower()
        return Lab(
            owner,
            make_actor(f"{name}-loket", owner, "receptionist", "receiver", "sampler"),
            make_actor(f"{name}-analis", owner, "analyst"),
            make_actor(f"{name}-verifikator", owner, "verifier"),
            make_actor(f"{name}-validator", owner, "validator"),
        )

    return make


@pytest.fixture
def lab(make_lab):
    return make_lab("NTB-01")


@pytest.fixture
def other(make_lab):
    return make_lab("NTB-02")


@pytest.fixture
def demo_mark(data_root):
    """As the demo installation: it makes itself certificates."""
    mark = data_root / "DEMO"
    mark.write_text("contoh")
    yield mark
    mark.unlink()
