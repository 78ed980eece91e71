from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.core import clock
from laras.core.errors import Conflict, Forbidden, NotFound, Refused
from laras.core.journal import history
from laras.core.scope import Scope
from laras.resources import queries as resources
from laras.resources import services as capabilities
from laras.stores import jobs, queries, rules, services
from laras.stores.models import Lot, Movement
from tests.network.conftest import SYSTEM

NOW = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)
TODAY = NOW.date()
NEXT_YEAR = date(2027, 11, 30)


@pytest.fixture(autouse=True)
def _day(db):
    with clock.at(NOW):
        yield


@pytest.fixture
def lab(network):
    return network["tier2"].owner


@pytest.fixture
def head(lab, make_actor):
    return make_actor("kepala", lab, "head")


@pytest.fixture
def offer(lab):
    return capabilities.add_capability(SYSTEM, owner_id=lab.id, test_code="TCMTB", method="GeneXpert", tat_hours=24)


@pytest.fixture
def item(lab, head, offer):
    return services.add_item(
        head, owner_id=lab.id, name="Kartrid TCM", unit="tes", minimum=Decimal(10), per_test=Decimal(1), days_open=30,
        test_codes=["TCMTB"],
    )  # fmt: skip


@pytest.fixture
def deed(lab, head, item):
    def do(service, actor=None, **more):
        return service(actor or head, owner_id=lab.id, item_id=item.id, **more)

    return do


def come(deed, number="A1", quantity=20, expires_on=NEXT_YEAR):
    return deed(services.receive, number=number, quantity=Decimal(quantity), expires_on=expires_on)


def state(lab):
    (row,) = resources.capabilities(owner_id=lab.id)
    return row.status, row.reason


def standing(lab, on=TODAY):
    return queries.shelf(Scope.of(lab.id), on)[0].standing


def test_the_last_drop_pauses_the_test_and_stock_lifts_it(lab, deed, item):
    assert (standing(lab), state(lab)) == ("new", ("active", ""))  # never counted is not empty
    lot = come(deed)
    deed(services.use, lot_id=lot.id, tests=15, test_code="TCMTB", run="run pagi")
    assert (standing(lab), state(lab)) == ("low", ("active", ""))
    deed(services.use, lot_id=lot.id, quantity=Decimal(5))
    assert state(lab) == ("paused", "Reagen habis: Kartrid TCM")
    assert resources.can_do(lab.id, ["TCMTB"]) == set()
    come(deed, number="A2", quantity=40)
    assert (standing(lab), state(lab)) == ("enough", ("active", ""))
    amounts = [(one.kind, one.amount, one.after) for one in queries.book(Scope.of(lab.id), item, 10)]
    assert sorted(amounts) == [
        ("received", 20, 20), ("received", 40, 40), ("used", -15, 5), ("used", -5, 0),
    ]  # fmt: skip
    assert "stores.lot_used" in [line.event for line in history(Scope.of(lab.id), item.id)]


def test_a_lot_that_ends_pauses_in_the_night_and_is_used_no_more(lab, deed):
    lot = come(deed, expires_on=TODAY + timedelta(days=2))
    assert [one.lot.id for one in queries.ending(Scope.of(lab.id), TODAY)] == [lot.id]
    with clock.at(NOW + timedelta(days=2)):
        jobs.reckon_all()
        assert state(lab)[0] == "active"  # the last day itself serves
    with clock.at(NOW + timedelta(days=3)):
        assert jobs.reckon_all() == 1
        assert state(lab)[0] == "paused"
        with pytest.raises(Refused) as refused:
            deed(services.use, lot_id=lot.id, quantity=Decimal(1))
        assert [one.field for one in refused.value.problems] == ["lot_id"]
        deed(services.discard, lot_id=lot.id, reason="lewat kedaluwarsa")
        assert state(lab)[0] == "paused"


def test_an_opened_lot_ends_after_its_days(lab, deed):
    lot = come(deed)
    deed(services.open_lot, lot_id=lot.id, opened_on=TODAY - timedelta(days=31))
    assert state(lab)[0] == "paused"
    with pytest.raises(Refused):
        deed(services.open_lot, lot_id=lot.id, opened_on=TODAY)


def test_what_a_person_decided_about_the_test_stands(lab, deed, head, offer):
    lot = come(deed, quantity=3)
    deed(services.use, lot_id=lot.id, quantity=Decimal(3))
    capabilities.resume_capability(head, owner_id=lab.id, capability_id=offer.id)
    jobs.reckon_all()
    assert state(lab)[0] == "active"
    capabilities.pause_capability(head, owner_id=lab.id, capability_id=offer.id, reason="alat diperbaiki")
    come(deed)
    assert state(lab) == ("paused", "alat diperbaiki")


def test_retiring_an_item_lifts_its_pause(lab, deed):
    lot = come(deed, quantity=3)
    deed(services.correct, lot_id=lot.id, counted=Decimal(0), reason="hitungan fisik kosong")
    assert state(lab)[0] == "paused"
    deed(services.retire_item, reason="diganti merek lain")
    assert (state(lab)[0], queries.shelf(Scope.of(lab.id), TODAY)) == ("active", [])


@pytest.mark.parametrize(
    ("service", "more", "field"),
    [
        (services.use, {"quantity": Decimal(21)}, "quantity"),
        (services.use, {"quantity": Decimal(0)}, "quantity"),
        (services.use, {"quantity": Decimal("0.0001")}, "quantity"),
        (services.use, {}, "quantity"),
        (services.use, {"tests": 21}, "tests"),
        (services.use, {"quantity": Decimal(1), "test_code": "HB"}, "test_code"),
        (services.correct, {"counted": Decimal(20), "reason": "hitung ulang"}, "counted"),
        (services.correct, {"counted": Decimal(-1), "reason": "hitung ulang"}, "counted"),
        (services.correct, {"counted": Decimal(3), "reason": " "}, "reason"),
        (services.discard, {"reason": ""}, "reason"),
        (services.open_lot, {"opened_on": TODAY + timedelta(days=1)}, "opened_on"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(lab, deed, service, more, field):
    lot = come(deed)
    with pytest.raises(Refused) as refused:
        deed(service, lot_id=lot.id, **more)
    assert [one.field for one in refused.value.problems] == [field]
    assert Movement.objects.within(Scope.of(lab.id)).count() == 1
    assert Lot.objects.within(Scope.of(lab.id)).get().quantity == 20


def test_a_known_lot_adds_up_and_keeps_its_expiry(deed, lab):
    come(deed)
    assert come(deed, quantity=5).quantity == 25
    for number, expires_on in (
        ("A1", NEXT_YEAR + timedelta(days=1)),
        ("A9", TODAY - timedelta(days=1)),
        ("", NEXT_YEAR),
    ):
        with pytest.raises(Refused):
            come(deed, number=number, expires_on=expires_on)


def test_names_once_and_tests_that_are_offered(lab, head, item):
    for name, codes, wrong in (("Kartrid  TCM", [], Conflict), ("Lain", ["HB"], Refused), ("", [], Refused)):
        with pytest.raises(wrong):
            services.add_item(head, owner_id=lab.id, name=name, unit="tes", test_codes=codes)


def test_rights_and_walls(network, lab, deed, item, make_actor):
    lot = come(deed)
    analyst = make_actor("analis", lab, "analyst")
    deed(services.use, analyst, lot_id=lot.id, quantity=Decimal(20))
    assert state(lab)[0] == "paused"  # the book pauses, also for who may not pause by hand
    with pytest.raises(Forbidden):
        deed(services.correct, analyst, lot_id=lot.id, counted=Decimal(3), reason="hitung ulang")
    with pytest.raises(Forbidden):
        deed(
            services.receive,
            make_actor("loket", lab, "receptionist"),
            number="B",
            quantity=Decimal(1),
            expires_on=NEXT_YEAR,
        )
    other = network["tier3"].owner
    with pytest.raises(NotFound):
        services.retire_item(
            make_actor("lain", other, "head"), owner_id=other.id, item_id=item.id, reason="bukan milik kami"
        )


def test_the_database_holds_what_the_book_promises(lab, deed):
    lot = come(deed)
    rows = Lot.objects.within(Scope.of(lab.id)).filter(id=lot.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(quantity=-1)
    lines = Movement.objects.within(Scope.of(lab.id))
    for wrong in ({"kind": "discarded"}, {"kind": "corrected"}, {"amount": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            lines.update(**wrong)


@pytest.mark.pure
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(-40, 40)), max_size=5), st.integers(0, 60))
def test_standing_agrees_with_what_is_usable(lots, minimum):
    stocks = [rules.Stock(Decimal(amount), TODAY + timedelta(days=days)) for amount, days in lots]
    left = sum(amount for amount, days in lots if days >= 0)
    found = rules.standing(stocks, Decimal(minimum), TODAY)
    assert rules.usable(stocks, TODAY) == left
    assert (found == "new") == (not lots)
    assert (found == "out") == (bool(lots) and left == 0)
    assert (found == "low") == (0 < left < minimum)
