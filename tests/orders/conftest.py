"""A laboratory with the shipped catalogue in memory, staff, a patient and prices."""

from __future__ import annotations

from datetime import date

import pytest

from laras.catalogue import queries as catalogue_queries
from laras.catalogue.layers import decode, merge
from laras.catalogue.shipped import shipped_rows
from laras.core import delivery
from laras.orders import services
from laras.orders.types import Price
from laras.partners import services as partners
from laras.people import services as people

PRICES = {"HB": 15000, "GDP": 20000, "CHOL": 25000, "DL": 60000, "UL": 30000, "ECOLI": 50000, "PH": 10000}


@pytest.fixture(scope="session")
def shipped():
    return merge([decode("shipped", "laras/test", "shipped", "laras", shipped_rows())])


@pytest.fixture(autouse=True)
def catalogue(shipped, monkeypatch):
    monkeypatch.setattr(catalogue_queries, "effective", lambda owner_id: shipped)
    return shipped


def prices(owner_id, codes):
    return {
        code: Price(PRICES[code], {"consumables": 1000, "service": PRICES[code] - 1000})
        for code in codes
        if code in PRICES
    }


@pytest.fixture(autouse=True)
def price_list(settings):
    settings.LARAS_PRICES = "tests.orders.conftest.prices"


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    """What the floors above make of our events is theirs to test."""
    monkeypatch.setattr(delivery, "wake", lambda written: None)


def no_menu(request):
    return []


@pytest.fixture(autouse=True)
def no_floors_above(settings):
    """The pages of this module alone; the frame's menu belongs to a floor above."""
    settings.LARAS_MENU = settings.LARAS_BELL = "tests.orders.conftest.no_menu"


@pytest.fixture
def lab(make_owner):
    return make_owner("NTB-01", zone="Asia/Makassar")


@pytest.fixture
def other(make_owner):
    return make_owner("NTB-02", zone="Asia/Makassar")


@pytest.fixture
def counter(make_actor, lab):
    return make_actor("dewi", lab, "receptionist")


@pytest.fixture
def receiver(make_actor, lab):
    return make_actor("made", lab, "receiver")


@pytest.fixture
def sampler(make_actor, lab):
    return make_actor("putu", lab, "sampler")


@pytest.fixture
def stranger(make_actor, other):
    return make_actor("orang", other, "receptionist", "receiver", "sampler", "head")


NEW = {
    "full_name": "Siti Aminah",
    "sex": "P",
    "birth_date": date(1990, 4, 12),
    "nik": "",
    "no_nik_reason": "absent",
}


@pytest.fixture
def patient(counter, lab):
    return people.register_patient(counter, owner_id=lab.id, **NEW)


@pytest.fixture
def clinic(counter, lab):
    return partners.register_client(counter, owner_id=lab.id, name="Klinik Sehat Bersama", kind="facility")


@pytest.fixture
def order(counter, lab, patient):
    """Four tests on three tubes."""
    return services.register_order(
        counter, owner=lab, patient_id=patient.id, codes=["HB", "PLT", "GDP", "UL"], urgency="urgent"
    )
