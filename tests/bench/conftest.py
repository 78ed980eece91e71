"""A laboratory with work on its bench: the shipped catalogue with adopted critical values, staff, orders, samples."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest

from laras.bench.models import Result
from laras.catalogue import queries as catalogue_queries
from laras.catalogue.layers import decode, merge
from laras.catalogue.shipped import shipped_rows
from laras.core import clock
from laras.core.scope import Scope
from laras.orders import services as orders
from laras.orders.models import Sample
from laras.people import services as people
from laras.resources.models import Capability

MONDAY = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def shipped():
    """The shipped catalogue; every critical value adopted, as a laboratory does on its first day."""
    plain = merge([decode("shipped", "laras/test", "shipped", "laras", shipped_rows())])
    adopted = {
        code: tuple(
            replace(row, provenance=replace(row.provenance, status="adopted")) for row in rows if row.practice == "a"
        )
        for code, rows in plain.criticals_by_test.items()
    }
    return replace(plain, criticals_by_test=MappingProxyType(adopted))


@pytest.fixture(autouse=True)
def catalogue(shipped, monkeypatch):
    monkeypatch.setattr(catalogue_queries, "effective", lambda owner_id: shipped)
    return shipped


@pytest.fixture(autouse=True)
def frozen():
    """Monday morning; tests that need another moment nest ``clock.at``."""
    with clock.at(MONDAY):
        yield MONDAY


@pytest.fixture
def lab(make_owner):
    return make_owner("NTB-01", zone="Asia/Makassar")


@pytest.fixture
def other(make_owner):
    return make_owner("NTB-02", zone="Asia/Makassar")


@pytest.fixture
def scope(lab):
    return Scope.of(lab.id)


@pytest.fixture
def counter(make_actor, lab):
    return make_actor("dewi", lab, "receptionist", "receiver", "sampler")


@pytest.fixture
def analyst(make_actor, lab):
    return make_actor("made", lab, "analyst")


@pytest.fixture
def second(make_actor, lab):
    """Another analyst who also verifies."""
    return make_actor("wayan", lab, "verifier")


@pytest.fixture
def doctor(make_actor, lab):
    return make_actor("ratna", lab, "validator")


@pytest.fixture
def able(lab):
    """``able("HB", "K")``: the laboratory does these tests."""

    def do(*codes):
        for code in codes:
            Capability.rows.create(owner=lab, test_code=code, method="", tat_hours=4)

    return do


@pytest.fixture
def make_patient(counter, lab):
    def make(name="Siti Aminah", sex="P", born=date(1990, 4, 12), **more):
        return people.register_patient(
            counter,
            owner_id=lab.id,
            full_name=name,
            sex=sex,
            birth_date=born,
            no_nik_reason="absent",
            duplicates_checked=True,
            **more,
        )

    return make


@pytest.fixture
def patient(make_patient):
    return make_patient()


@pytest.fixture
def make_results(counter, lab, able, patient):
    """``make_results("HB", "K")`` -> test code -> open result, through a registered order and received samples."""

    def make(*codes, who=None, urgency="routine", can=True, **head):
        if can:
            able(*(set(codes) - set(Capability.rows.filter(owner=lab).values_list("test_code", flat=True))))
        if head.get("subject_kind", "person") == "person":
            head["patient_id"] = (who or patient).id
        order_id = orders.register_order(counter, owner=lab, codes=list(codes), urgency=urgency, **head).id
        samples = list(Sample.rows.filter(order_id=order_id))
        orders.receive_samples(counter, owner_id=lab.id, sample_ids=[sample.id for sample in samples])
        return {row.test_code: row for row in Result.rows.filter(order_id=order_id)}

    return make


@pytest.fixture
def later():
    def moment(**gone):
        return clock.at(MONDAY + timedelta(**gone))

    return moment
