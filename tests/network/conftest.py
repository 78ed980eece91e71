from __future__ import annotations

from datetime import date

import pytest

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


@pytest.fixture
def areas(db, monkeypatch):
    """Some true areas in the database; answers a function from code to area id."""
    monkeypatch.setattr(shipped, "read_areas", lambda: iter(places.few_rows()))
    services.load_shipped_areas()

    def find(code: str):
        found = queries.find_area(code)
        assert found is not None, code
        return found.area_id

    return find


@pytest.fixture
def make_organisation(areas):
    """``make_organisation("LAB-1", tier=2, area="73.71")`` through the use case, by the system."""

    def make(code, *, kind="labkesda_kabkota", tier=2, area="73.71", supervisor=None, claims=(), **more):
        return services.create_organisation(
            SYSTEM,
            code=code,
            kind=kind,
            tier=tier,
            area_id=areas(area) if area else None,
            supervisor_id=supervisor.pk if supervisor else None,
            claims=claims,
            valid_from=more.pop("valid_from", START),
            name=more.pop("name", f"Lab uji {code}"),
            **more,
        )

    return make


@pytest.fixture
def network(make_organisation, areas):
    """Ministry, a province's and a city's office, and laboratories of five tiers under one another."""
    m = make_organisation
    found = {}
    found["ministry"] = m("KEMKES", kind="kementerian", tier=None, area="31", claims=[rules.Claim(national=True)])
    found["province_office"] = m(
        "DINKES-73", kind="dinkes_provinsi", tier=None, area="73.71", claims=[rules.Claim(area=areas("73"))]
    )
    found["city_office"] = m(
        "DINKES-7371", kind="dinkes_kabkota", tier=None, area="73.71", claims=[rules.Claim(area=areas("73.71"))]
    )
    found["tier5"] = m("LAB-5", kind="balai_besar", tier=5, area="31")
    found["tier4"] = m("LAB-4", kind="labkesmas_regional", tier=4, area="73.71", supervisor=found["tier5"])
    # The province's laboratory stands in the city.
    found["tier3"] = m("LAB-3", kind="labkesda_provinsi", tier=3, area="73.71", supervisor=found["tier4"])
    found["tier2"] = m("LAB-2", kind="labkesda_kabkota", tier=2, area="73.71", supervisor=found["tier3"])
    found["tier1"] = m("LAB-1", kind="puskesmas", tier=1, area="73.71.11", supervisor=found["tier2"])
    return found


@pytest.fixture
def visit(sign_in, make_user, network):
    """``visit("city_office", "network_manager")`` -> a browser of a person with this role there."""

    def enter(where, role):
        return sign_in(make_user(f"{where}-{role}", network[where].owner, role))

    return enter
