from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from laras.config import prices
from laras.core.errors import Conflict, Forbidden, MoveRefused, NotFound, Refused
from laras.core.journal import history, verify
from laras.core.models import JournalEntry, Owner
from laras.core.scope import Scope
from laras.network import services as network_services
from laras.orders.types import Price
from laras.resources import queries, services
from laras.resources.models import Capability
from tests.network.conftest import SYSTEM

VALUES = {"test_code": "TCMTB", "method": "GeneXpert", "tat_hours": 24, "capacity_per_day": 40, "price": 150_000}


@pytest.fixture
def head(network, make_actor):
    return make_actor("kepala", network["tier2"].owner, "head")


@pytest.fixture
def capability(network, head):
    return services.add_capability(head, owner_id=network["tier2"].pk, **VALUES)


def count(owner_id) -> int:
    return JournalEntry.objects.within(Scope.of(owner_id)).filter(event__startswith="resources.").count()


def test_a_head_says_what_the_laboratory_can_do(capability, network):
    (offer,) = queries.capabilities_of(network["tier2"].pk)
    assert (offer.test_code, offer.method, offer.tat_hours, offer.price, offer.status) == (
        "TCMTB",
        "GeneXpert",
        24,
        150_000,
        "active",
    )
    lines = history(Scope.of(network["tier2"].pk), capability.id)
    assert [line.event for line in lines] == ["resources.capability_added"]
    assert verify(Owner.objects.get(pk=network["tier2"].pk)).whole


@pytest.mark.parametrize("role", ["receptionist", "analyst", "validator", "administrator", "quality_manager"])
def test_others_may_not(network, make_actor, capability, role):
    lab = network["tier2"]
    actor = make_actor("orang", lab.owner, role)
    for call in (
        lambda: services.add_capability(actor, owner_id=lab.pk, **{**VALUES, "method": "lain"}),
        lambda: services.alter_capability(actor, owner_id=lab.pk, capability_id=capability.id, changes={"price": 1}),
        lambda: services.pause_capability(actor, owner_id=lab.pk, capability_id=capability.id, reason="x"),
        lambda: services.resume_capability(actor, owner_id=lab.pk, capability_id=capability.id),
        lambda: services.remove_capability(actor, owner_id=lab.pk, capability_id=capability.id, reason="x"),
    ):
        with pytest.raises(Forbidden):
            call()
    assert Capability.objects.within(Scope.everything()).get().price == 150_000
    assert count(lab.pk) == 1


def test_another_laboratorys_head_may_not_and_does_not_find_it(network, make_actor, capability, head):
    other = make_actor("kepala3", network["tier3"].owner, "head")
    with pytest.raises(Forbidden):
        services.alter_capability(
            other, owner_id=network["tier2"].pk, capability_id=capability.id, changes={"price": 1}
        )
    with pytest.raises(NotFound):
        services.alter_capability(
            other, owner_id=network["tier3"].pk, capability_id=capability.id, changes={"price": 1}
        )
    with pytest.raises(NotFound):
        services.pause_capability(head, owner_id=network["tier2"].pk, capability_id=uuid4(), reason="x")
    with pytest.raises(NotFound):
        queries.capability(network["tier3"].pk, capability.id)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"test_code": " "}, "test_code"),
        ({"test_code": "x" * 41}, "test_code"),
        ({"test_code": "TIDAK-ADA"}, "test_code"),
        ({"method": "x" * 121}, "method"),
        ({"tat_hours": 0}, "tat_hours"),
        ({"tat_hours": None}, "tat_hours"),
        ({"tat_hours": "24"}, "tat_hours"),
        ({"tat_hours": 9000}, "tat_hours"),
        ({"capacity_per_day": 0}, "capacity_per_day"),
        ({"capacity_per_day": -1}, "capacity_per_day"),
        ({"price": -1}, "price"),
        ({"price": 1.5}, "price"),
        ({"price": 10**12}, "price"),
    ],
)
def test_wrong_values_name_their_field(network, head, values, field):
    with pytest.raises(Refused) as refused:
        services.add_capability(head, owner_id=network["tier2"].pk, **{**VALUES, **values})
    assert [problem.field for problem in refused.value.problems] == [field]
    assert not Capability.objects.within(Scope.everything()).exists()


def test_the_same_test_by_the_same_method_once(network, head, capability):
    with pytest.raises(Conflict):
        services.add_capability(head, owner_id=network["tier2"].pk, **VALUES)
    other = services.add_capability(head, owner_id=network["tier2"].pk, **{**VALUES, "method": "Mikroskopis"})
    with pytest.raises(Conflict):
        services.alter_capability(
            head, owner_id=network["tier2"].pk, capability_id=other.id, changes={"method": "GeneXpert"}
        )
    assert count(network["tier2"].pk) == 2


def test_an_office_has_no_capabilities(network, make_actor):
    with pytest.raises(Refused):
        services.add_capability(SYSTEM, owner_id=network["city_office"].pk, **VALUES)


def test_changes_are_journaled_and_none_is_none(network, head, capability):
    lab = network["tier2"].pk
    services.alter_capability(head, owner_id=lab, capability_id=capability.id, changes={"price": 175_000})
    assert history(Scope.of(lab), capability.id)[-1].payload["changes"] == {"price": 175_000}
    services.alter_capability(head, owner_id=lab, capability_id=capability.id, changes={"price": 175_000})
    assert count(lab) == 2


def test_pause_needs_a_reason_and_resume_takes_it_away(network, head, capability):
    lab = network["tier2"].pk
    call = {"owner_id": lab, "capability_id": capability.id}
    for reason in ("", "  ", "x" * 201):
        with pytest.raises(Refused):
            services.pause_capability(head, **call, reason=reason)
    services.pause_capability(head, **call, reason="Katrid habis")
    assert queries.capability(lab, capability.id).reason == "Katrid habis"
    assert queries.can_do(lab, ["TCMTB"]) == set()
    with pytest.raises(MoveRefused):
        services.pause_capability(head, **call, reason="lagi")
    services.resume_capability(head, **call)
    assert (queries.capability(lab, capability.id).status, queries.capability(lab, capability.id).reason) == (
        "active",
        "",
    )
    with pytest.raises(MoveRefused):
        services.resume_capability(head, **call)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "paused", "reason": ""},
        {"status": "active", "reason": "kenapa"},
        {"status": "gone"},
        {"tat_hours": 0},
        {"price": -1},
    ],
)
def test_the_database_holds_the_same_line(network, values):
    row = Capability(owner_id=network["tier2"].pk, test_code="X", **{"tat_hours": 1, **values})
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_removing_leaves_the_journal(network, head, capability):
    lab = network["tier2"].pk
    with pytest.raises(Refused):
        services.remove_capability(head, owner_id=lab, capability_id=capability.id, reason=" ")
    services.remove_capability(head, owner_id=lab, capability_id=capability.id, reason="Alat dipindahkan")
    assert queries.capabilities_of(lab) == []
    lines = history(Scope.of(lab), capability.id)
    assert [line.event for line in lines] == ["resources.capability_added", "resources.capability_removed"]
    assert lines[-1].payload["reason"] == "Alat dipindahkan"


def test_can_do_is_one_query(network, head, capability, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert queries.can_do(network["tier2"].pk, ["TCMTB", "HB"]) == {"TCMTB"}
    assert queries.can_do(network["tier3"].pk, ["TCMTB"]) == set()


def test_laboratories_for_a_test_in_the_order_of_referral(network, make_organisation):
    def can(organisation, **more):
        services.add_capability(SYSTEM, owner_id=organisation.pk, **{**VALUES, **more})

    near = make_organisation("LAB-2B", tier=2, area="73.06")
    far = make_organisation("LAB-2C", tier=2, area="32.73")
    hospital = make_organisation("RS-1", kind="rumah_sakit", tier=None, area="73.71")
    closed = make_organisation("LAB-2D", tier=2, area="73.71")
    paused = make_organisation("LAB-2E", tier=2, area="73.71")
    for organisation in (far, near, hospital, closed, paused, network["tier4"], network["tier3"], network["tier1"]):
        can(organisation)
    can(near, method="Kultur", accredited=True)
    network_services.close_organisation(SYSTEM, organisation_id=closed.pk, reason="Digabung")
    (row,) = queries.capabilities_of(paused.pk)
    services.pause_capability(SYSTEM, owner_id=paused.pk, capability_id=row.id, reason="Alat rusak")

    found = queries.laboratories_for("TCMTB", network["tier1"].pk)
    assert [(c.code, c.method) for c in found] == [
        ("LAB-3", "GeneXpert"),
        ("LAB-4", "GeneXpert"),
        ("LAB-2B", "Kultur"),
        ("LAB-2B", "GeneXpert"),
        ("LAB-2C", "GeneXpert"),
        ("RS-1", "GeneXpert"),
    ]
    assert [c.is_supervisor for c in found] == [True, True, False, False, False, False]
    assert found[2].distance_km < 60 < 1000 < found[4].distance_km
    assert queries.laboratories_for("TIDAK-ADA", network["tier1"].pk) == []
    # Of a horizontal partner and for the one who has no supervisor.
    assert "LAB-1" in {c.code for c in queries.laboratories_for("TCMTB", far.pk)}


def test_queries_do_not_grow_with_laboratories(network, make_organisation, django_assert_max_num_queries):
    for n in range(8):
        lab = make_organisation(f"LAB-N{n}", tier=2, area="73.06")
        services.add_capability(SYSTEM, owner_id=lab.pk, **VALUES)
    with django_assert_max_num_queries(10):
        assert len(queries.laboratories_for("TCMTB", network["tier1"].pk)) == 8
    assert queries.laboratories_counts(["TCMTB", "HB"]) == {"TCMTB": 8}


def test_a_new_price_holds_for_the_next_order(capability, network, head):
    lab = network["tier2"].pk
    assert prices.prices_for(lab, ["TCMTB", "HB"]) == {"TCMTB": Price(150_000)}
    services.alter_capability(head, owner_id=lab, capability_id=capability.id, changes={"price": 175_000})
    assert prices.prices_for(lab, ["TCMTB"]) == {"TCMTB": Price(175_000)}
    services.pause_capability(head, owner_id=lab, capability_id=capability.id, reason="Alat rusak")
    assert prices.prices_for(lab, ["TCMTB"]) == {}
