from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection, transaction

from laras.core.actor import system_actor
from laras.network import queries, rules, services, shipped
from tests.network import places

START = date(2024, 1, 1)
SYSTEM = system_actor("job:test")


def no_menu(request):
    return []


@pytest.fixture(autouse=True)
def without_the_portal(settings):
    """The menu belongs to a higher floor and asks tables that these tests have no say in."""
    settings.LARAS_MENU = "tests.network.conftest.no_menu"


def area(code: str) -> UUID:
    found = queries.find_area(code)
    assert found is not None, code
    return found.area_id


def organisation(code, *, kind="labkesda_kabkota", tier=2, area_code="73.71", supervisor=None, claims=(), **more):
    return services.create_organisation(
        SYSTEM,
        code=code,
        kind=kind,
        tier=tier,
        area_id=area(area_code) if area_code else None,
        supervisor_id=supervisor.pk if supervisor else None,
        claims=claims,
        valid_from=more.pop("valid_from", START),
        name=more.pop("name", f"Lab uji {code}"),
        **more,
    )


# --- What tests stand on ----------------------------------------------------------------------------------------------


class Ground:
    """Areas, and the network above them, are built once for a file: in a transaction around those of its tests.

    A test finds exactly what its fixtures name, never more: what the test before stood on and this one does not ask
    for is taken back first. So the tests of a file are sorted by it.
    """

    ORDER = ("areas", "network", "")

    def __init__(self) -> None:
        self.laid: list[tuple[str, transaction.Atomic]] = []
        self.organisations: dict[str, services.organisations.Organisation] = {}

    @classmethod
    def of(cls, fixtures: list[str]) -> str:
        return next((name for name in ("network", "areas") if name in fixtures), "")

    def stand_on(self, wanted: str) -> None:
        layers = {"": [], "areas": ["areas"], "network": ["areas", "network"]}[wanted]
        while [name for name, _layer in self.laid] != layers[: len(self.laid)]:
            transaction.set_rollback(True)
            self.laid.pop()[1].__exit__(None, None, None)
        for name in layers[len(self.laid) :]:
            layer = transaction.atomic()
            layer.__enter__()
            self.laid.append((name, layer))
            if name == "areas":
                with mock.patch.object(shipped, "read_areas", return_value=iter(places.few_rows())):
                    services.load_shipped_areas()
            else:
                self.organisations = build_network()
            connection.check_constraints()  # once, not after each test: foreign keys are deferred


GROUND = Ground()


@pytest.fixture
def django_db_setup(request, django_db_setup, django_db_blocker) -> None:
    """Before the test's own transaction begins."""
    with django_db_blocker.unblock():
        GROUND.stand_on(Ground.of(request.fixturenames))


@pytest.fixture(scope="module", autouse=True)
def _no_ground_beyond_the_file(django_db_blocker) -> Iterator[None]:
    yield
    with django_db_blocker.unblock():
        GROUND.stand_on("")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [n for n, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    files = {path: n for n, path in enumerate(dict.fromkeys(items[n].path for n in here))}
    ordered = sorted(
        (items[n] for n in here),
        key=lambda item: (files[item.path], Ground.ORDER.index(Ground.of(getattr(item, "fixturenames", [])))),
    )
    for n, item in zip(here, ordered, strict=True):
        items[n] = item


def build_network() -> dict[str, services.organisations.Organisation]:
    m = organisation
    found = {}
    found["ministry"] = m("KEMKES", kind="kementerian", tier=None, area_code="31", claims=[rules.Claim(national=True)])
    found["province_office"] = m(
        "DINKES-73", kind="dinkes_provinsi", tier=None, area_code="73.71", claims=[rules.Claim(area=area("73"))]
    )
    found["city_office"] = m(
        "DINKES-7371", kind="dinkes_kabkota", tier=None, area_code="73.71", claims=[rules.Claim(area=area("73.71"))]
    )
    found["tier5"] = m("LAB-5", kind="balai_besar", tier=5, area_code="31")
    found["tier4"] = m("LAB-4", kind="labkesmas_regional", tier=4, area_code="73.71", supervisor=found["tier5"])
    # The province's laboratory stands in the city.
    found["tier3"] = m("LAB-3", kind="labkesda_provinsi", tier=3, area_code="73.71", supervisor=found["tier4"])
    found["tier2"] = m("LAB-2", kind="labkesda_kabkota", tier=2, area_code="73.71", supervisor=found["tier3"])
    found["tier1"] = m("LAB-1", kind="puskesmas", tier=1, area_code="73.71.11", supervisor=found["tier2"])
    return found


@pytest.fixture
def areas(db, monkeypatch):
    """Some true areas in the database; answers a function from code to area id."""
    monkeypatch.setattr(shipped, "read_areas", lambda: iter(places.few_rows()))
    assert queries.find_area("73.71"), "no ground was laid"
    return area


@pytest.fixture
def make_organisation(areas):
    """``make_organisation("LAB-1", tier=2, area="73.71")`` through the use case, by the system."""

    def make(code, *, area="73.71", **more):
        return organisation(code, area_code=area, **more)

    return make


@pytest.fixture
def network(areas):
    """Ministry, a province's and a city's office, and laboratories of five tiers under one another."""
    return copy.deepcopy(GROUND.organisations)


@pytest.fixture
def visit(sign_in, make_user, network):
    """``visit("city_office", "network_manager")`` -> a browser of a person with this role there."""

    def enter(where, role):
        return sign_in(make_user(f"{where}-{role}", network[where].owner, role))

    return enter
