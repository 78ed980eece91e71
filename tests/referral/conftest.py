"""Three laboratories one above the other: a puskesmas, a district's and a region's, with staff, tests and patients."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.catalogue import queries as catalogue_queries
from laras.catalogue.layers import decode, merge
from laras.catalogue.shipped import shipped_rows
from laras.core import clock
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.network import queries as network
from laras.orders import services as orders
from laras.referral import queries, services
from laras.referral.models import Incoming, Outgoing
from laras.reports import services as reports
from laras.resources.models import Capability

MONDAY = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


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
        self.moment = MONDAY

    def forward(self, **gone: int) -> datetime:
        self.moment += timedelta(**gone)
        clock._frozen.set(self.moment)
        return self.moment


@pytest.fixture(autouse=True)
def now():
    with clock.at(MONDAY):
        yield Now()


@dataclass
class Lab:
    """A laboratory with its people; each method is one step of its day."""

    owner: Owner
    counter: Any
    analyst: Any
    verifier: Any
    doctor: Any
    able: set[str] = field(default_factory=set)
    # A second person who receives.
    second: Any = None

    @property
    def id(self):
        return self.owner.id

    @property
    def scope(self) -> Scope:
        return Scope.of(self.owner.id)

    def can(self, *codes: str) -> None:
        for code in codes:
            Capability.rows.create(owner=self.owner, test_code=code, method="", tat_hours=24, price=10000)

    def order(self, *codes: str, receive: bool = True, **more: Any):
        """An order of a new person with its samples here; answers what ``register_order`` answers."""
        person = {
            "full_name": "Siti Aminah",
            "sex": "P",
            "birth_date": date(1990, 4, 12),
            "no_nik_reason": "absent",
            "duplicates_checked": True,
        }
        person |= more.pop("person", {})
        if person.get("nik"):
            person.pop("no_nik_reason")
        if "subject_kind" in more:
            made = orders.register_order(self.counter, owner=self.owner, codes=list(codes), **more)
        else:
            made = orders.register_order(self.counter, owner=self.owner, codes=list(codes), new_patient=person, **more)
        if receive:
            orders.receive_samples(self.counter, owner_id=self.id, sample_ids=[s.id for s in made.samples])
        return made

    def results(self, order_id) -> dict[str, Any]:
        return {view.test_code: view for view in bench_queries.results_of(self.scope, order_id)}

    def status(self, order_id) -> dict[str, str]:
        return {code: view.status for code, view in self.results(order_id).items()}

    def send(self, to: Lab, order_id, *codes: str, **more: Any) -> Outgoing:
        views = self.results(order_id)
        ids = [view.id for code, view in views.items() if not codes or code in codes]
        return services.send_referral(self.counter, owner_id=self.id, recipient_id=to.id, result_ids=ids, **more)

    def cancel(self, row: Outgoing, reason: str = "Salah kirim") -> Outgoing:
        return services.cancel_referral(self.counter, owner_id=self.id, referral_id=row.id, reason=reason)

    def incoming(self, row: Outgoing) -> Incoming:
        return queries.incoming(self.scope).get(remote=row.id)

    def outgoing(self, row: Outgoing) -> Outgoing:
        return queries.get_outgoing(self.scope, row.id)

    def accept(self, row: Outgoing, refuse: dict[str, services.Refusal] | None = None, **more: Any) -> Incoming:
        came = self.incoming(row)
        items = queries.items_of_incoming(self.scope, [came.id])[came.id]
        refusals = {item.id: refuse[item.test_code] for item in items if refuse and item.test_code in refuse}
        return services.accept_incoming(self.counter, owner_id=self.id, referral_id=came.id, refusals=refusals, **more)

    def refuse(self, row: Outgoing, reason: str = "insufficient", note: str = "") -> Incoming:
        return services.refuse_incoming(
            self.counter, owner_id=self.id, referral_id=self.incoming(row).id, reason=reason, note=note
        )

    def perform(self, order_id, code: str, raw: str) -> None:
        """Enter, verify and validate: three persons."""
        result = self.results(order_id)[code].id
        bench.enter_result(self.analyst, owner_id=self.id, result_id=result, raw=raw)
        bench.verify_result(self.verifier, owner_id=self.id, result_id=result)
        bench.validate_result(self.doctor, owner_id=self.id, result_id=result, uncalled_reason="uji")

    def release(self, order_id, **more: Any):
        return reports.release_report(self.doctor, owner_id=self.id, order_id=order_id, **more)

    def amend(self, order_id, code: str, raw: str, reason: str = "Salah satuan") -> None:
        result = self.results(order_id)[code].id
        bench.amend_result(self.doctor, owner_id=self.id, result_id=result, reason=reason)
        self.perform(order_id, code, raw)
        self.release(order_id, reason=reason)


@pytest.fixture
def make_lab(make_owner, make_actor):
    def make(code: str, tier: int, *codes: str) -> Lab:
        owner = make_owner(code, name=f"Labkesmas {code}", tier=tier, zone="Asia/Makassar")
        low = code.lower()
        lab = Lab(
            owner,
            make_actor(f"{low}-dewi", owner, "receptionist", "receiver", "sampler"),
            make_actor(f"{low}-made", owner, "analyst"),
            make_actor(f"{low}-wayan", owner, "verifier"),
            make_actor(f"{low}-ratna", owner, "validator"),
        )
        lab.can(*codes)
        return lab

    return make


@pytest.fixture
def puskesmas(make_lab):
    return make_lab("PKM-A", 1, "HB")


@pytest.fixture
def district(make_lab):
    return make_lab("LAB-B", 2, "HB", "GDP", "CHOL")


@pytest.fixture
def region(make_lab):
    return make_lab("LAB-C", 4, "HB", "GDP", "CHOL", "TG")


@pytest.fixture(autouse=True)
def chain(monkeypatch, request):
    """Who supervises whom, by code; the network's own tables have their own tests."""
    above = {"PKM-A": ["LAB-B", "LAB-C"], "LAB-B": ["LAB-C"]}

    def supervisor_chain(owner_id, on=None):
        code = Owner.objects.values_list("code", flat=True).get(id=owner_id)
        ids = dict(Owner.objects.filter(code__in=above.get(code, [])).values_list("code", "id"))
        return [ids[one] for one in above.get(code, []) if one in ids]

    monkeypatch.setattr(network, "supervisor_chain", supervisor_chain)
