"""Contract review: what is agreed before samples of sites are accepted, and the laboratory that insists on it."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from laras.core import clock, journal
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.scope import Scope
from laras.orders import reviews, rounds, services
from laras.orders.models import RequestReview, Sample, SitePolicy
from laras.orders.types import SiteInput


@pytest.fixture
def head(make_actor, lab):
    return make_actor("kepala", lab, "head")


@pytest.fixture
def site_order(counter, lab):
    return services.register_site_order(
        counter, owner=lab, new_site=SiteInput("Hotel Contoh"), codes=["ECOLI", "PH"], standard="AM-PMK2-2023"
    )


def agreed(**more):
    given = {
        "answers": {item.code: "yes" for item in reviews.items()},
        "outcome": "agreed",
        "agreed_with": "Wakil Hotel",
        "way": "phone",
    }
    return {**given, **more}


def receive(receiver, lab, made):
    return services.receive_samples(receiver, owner_id=lab.id, sample_ids=[sample.id for sample in made.samples])


def test_the_checklist_says_where_it_comes_from():
    assert len({item.code for item in reviews.items()}) == len(reviews.items()) >= 6
    assert all(item.text and item.text_en and item.source and item.status == "ours" for item in reviews.items())


def test_without_the_rule_nothing_is_asked(site_order, receiver, lab):
    assert receive(receiver, lab, site_order)


def test_a_laboratory_that_insists_receives_only_what_was_agreed(site_order, counter, receiver, head, lab):
    services.insist_on_review(head, owner_id=lab.id, required=True)
    with pytest.raises(Refused) as refused:
        receive(receiver, lab, site_order)
    assert refused.value.code == "not_reviewed"
    assert site_order.number in str(refused.value.message)
    services.review_request(
        counter, owner_id=lab.id, order_id=site_order.id, **agreed(outcome="declined", note="Alat sedang rusak")
    )
    with pytest.raises(Refused):
        receive(receiver, lab, site_order)
    assert not Sample.objects.within(Scope.of(lab.id)).filter(status="received").exists()
    answers = {item.code: "yes" for item in reviews.items()} | {"kapasitas": "no"}
    services.review_request(
        counter,
        owner_id=lab.id,
        order_id=site_order.id,
        **agreed(answers=answers, outcome="changed", note="Dikirim besok"),
    )
    assert receive(receiver, lab, site_order)
    assert journal.verify(lab).whole


def test_people_and_referrals_are_not_reviewed(order, site_order, receiver, head, lab):
    services.insist_on_review(head, owner_id=lab.id, required=True)
    assert receive(receiver, lab, order)
    site_order.order.source = "referral"
    site_order.order.save(update_fields=["source"])
    assert receive(receiver, lab, site_order)


def test_a_review_of_a_plan_counts_for_the_orders_that_come_of_it(counter, sampler, receiver, head, lab):
    plan = services.save_plan(
        counter, owner=lab, plan=services.PlanInput(name="Depot", codes=("PH", "ECOLI"), first_day=date(2026, 11, 24))
    )
    services.add_point(counter, owner_id=lab.id, plan_id=plan.id, new_site=SiteInput("Depot Tirta"))
    visit = services.prepare_visit(sampler, owner=lab, plan_id=plan.id, day=date(2026, 11, 24))
    (one,) = rounds.stops_of(Scope.of(lab.id), visit.id)
    stop = services.take_stop(sampler, owner=lab, stop_id=one.stop.id, taken=services.Taken(taken_at=clock.now()))
    samples = Sample.objects.within(Scope.of(lab.id)).filter(order_id=stop.order_id).values_list("id", flat=True)
    services.insist_on_review(head, owner_id=lab.id, required=True)
    with pytest.raises(Refused):
        services.receive_samples(receiver, owner_id=lab.id, sample_ids=list(samples))
    services.review_request(counter, owner_id=lab.id, plan_id=plan.id, **agreed(way="agreement"))
    assert reviews.review_of(Scope.of(lab.id), stop.order_id).plan_id == plan.id
    # What was said of the one order is nearer than what was said of all.
    services.review_request(
        counter, owner_id=lab.id, order_id=stop.order_id, **agreed(outcome="declined", note="Botol bocor")
    )
    with pytest.raises(Refused):
        services.receive_samples(receiver, owner_id=lab.id, sample_ids=list(samples))
    services.review_request(counter, owner_id=lab.id, order_id=stop.order_id, **agreed())
    assert services.receive_samples(receiver, owner_id=lab.id, sample_ids=list(samples))


def test_everything_that_is_missing_is_named(site_order, counter, lab):
    with pytest.raises(Refused) as refused:
        services.review_request(counter, owner_id=lab.id, order_id=site_order.id, answers={"metode": "mungkin"})
    fields = {problem.field for problem in refused.value.problems}
    assert fields == {*(f"answer_{item.code}" for item in reviews.items()), "outcome", "agreed_with", "way"}
    no = {item.code: "yes" for item in reviews.items()} | {"metode": "no"}
    for wrong, field in (({"answers": no}, "outcome"), ({"outcome": "changed"}, "note")):
        with pytest.raises(Refused) as refused:
            services.review_request(counter, owner_id=lab.id, order_id=site_order.id, **agreed(**wrong))
        assert [problem.field for problem in refused.value.problems] == [field]
    assert not RequestReview.objects.within(Scope.of(lab.id)).exists()


def test_rights_and_neighbours(site_order, order, counter, make_actor, stranger, lab, other):
    with pytest.raises(NotFound):
        services.review_request(stranger, owner_id=other.id, order_id=site_order.id, **agreed())
    with pytest.raises(Forbidden):
        services.review_request(
            make_actor("analis", lab, "cashier"), owner_id=lab.id, order_id=site_order.id, **agreed()
        )
    with pytest.raises(Forbidden):
        services.insist_on_review(counter, owner_id=lab.id, required=True)
    with pytest.raises(Refused):
        services.review_request(counter, owner_id=lab.id, order_id=order.id, **agreed())
    assert not SitePolicy.objects.within(Scope.of(lab.id)).exists()


def test_the_pages(client, site_order, lab, make_user):
    client.force_login(make_user("rina", lab, "receptionist", "quality_manager"))
    detail = reverse("orders:detail", args=[site_order.id])
    assert client.post(reverse("orders:review_policy"), {"required": "on"}).status_code == 303
    assert "Contohnya belum boleh diterima" in client.get(detail).content.decode()
    address = reverse("orders:review_order", args=[site_order.id])
    assert "Metode uji disepakati" in client.get(address).content.decode()
    assert client.post(address, {"outcome": "agreed"}).status_code == 422
    typed = {f"answer_{item.code}": "yes" for item in reviews.items()}
    typed |= {"outcome": "agreed", "agreed_with": "Wakil Hotel", "way": "letter", "note_metode": "SNI terbaru"}
    assert client.post(address, typed)["Location"] == detail
    shown = client.get(detail).content.decode()
    assert "Disepakati" in shown
    assert "Wakil Hotel" in shown
    again = client.get(address).content.decode()
    assert "SNI terbaru" in again
