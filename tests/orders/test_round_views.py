"""Pages of rounds of sampling, from the plan to the order, as people press them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from laras.core import clock
from laras.core.scope import Scope
from laras.orders import rounds, services
from laras.orders.models import Order, SamplingPlan, Stop, Visit
from laras.orders.types import SiteInput

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture(autouse=True)
def frozen():
    with clock.at(NOW):
        yield


@pytest.fixture
def field_client(client, lab, make_user):
    user = make_user("putu", lab, "sampler")
    client.force_login(user)
    return client


def page(client, name, *args, status=200, **query):
    answer = client.get(reverse(f"orders:{name}", args=args), query)
    assert answer.status_code == status, answer.content[:400]
    return answer


def made_plan(lab) -> SamplingPlan:
    return SamplingPlan.objects.within(Scope.of(lab.id)).get()


def new_plan(client, lab) -> SamplingPlan:
    client.post(
        reverse("orders:new_plan"),
        {
            "name": "Depot air minum", "kind": "environment", "standard": "AM-PMK2-2023", "codes": "", "frequency": "weekly",
            "first_day": "2026-11-24", "payer": "programme", "purpose": "surveillance", "sampler": "Putu",
        },
    )  # fmt: skip
    plan = made_plan(lab)
    client.post(
        reverse("orders:add_point", args=[plan.id]),
        {"site_name": "Depot Tirta", "site_latitude": "-8,58", "site_longitude": "116,1", "name": "Keran pengisian"},
    )
    return plan


def prepared(client, lab) -> Visit:
    plan = new_plan(client, lab)
    client.post(reverse("orders:prepare_visit", args=[plan.id]), {"day": "2026-11-24"})
    return Visit.objects.within(Scope.of(lab.id)).get()


def test_from_the_plan_to_the_order(field_client, lab):
    visit = prepared(field_client, lab)
    week = page(field_client, "due_visits").content.decode()
    assert "Depot air minum" in week
    assert "0 dari 1 titik terjawab" in week
    stop = Stop.objects.within(Scope.of(lab.id)).get()
    shown = page(field_client, "stop", stop.id).content.decode()
    assert "Depot Tirta" in shown
    assert "24 jam" in shown
    bottles = rounds.get_stop(Scope.of(lab.id), stop.id).bottles
    typed = {
        "arrived_at": "2026-11-23T08:30", "taken_at": "2026-11-23T08:45", "collector": "Putu", "form_key": "kunci",
        "in_situ_residual_chlorine": "0,3", "instrument_residual_chlorine": "DPD saku", "in_situ_ph": "7,2",
        **{f"filled_{bottle.id}": "on" for bottle in bottles},
    }  # fmt: skip
    wrong = field_client.post(reverse("orders:stop", args=[stop.id]), {**typed, "in_situ_ph": "72"})
    assert wrong.status_code == 422
    assert "tidak mungkin" in wrong.content.decode()
    # A line that breaks after the server has saved: the phone sends the same form again.
    for _press in range(2):
        answer = field_client.post(reverse("orders:stop", args=[stop.id]), typed)
        assert (answer.status_code, answer["Location"]) == (303, reverse("orders:visit", args=[visit.id]))
    order = Order.objects.within(Scope.of(lab.id)).get()
    shown = page(field_client, "detail", order.id).content.decode()
    assert visit.number in shown
    assert "DPD saku" in shown
    assert bottles[0].number not in order.number
    # The next point is offered the instrument of this one.
    assert "DPD saku" in rounds.last_instruments(Scope.of(lab.id))["residual_chlorine"]


def test_a_bottle_is_full_or_has_a_reason(field_client, lab):
    prepared(field_client, lab)
    stop = Stop.objects.within(Scope.of(lab.id)).get()
    bottles = rounds.get_stop(Scope.of(lab.id), stop.id).bottles
    address = reverse("orders:stop", args=[stop.id])
    typed = {"taken_at": "2026-11-23T08:45", **{f"filled_{bottle.id}": "on" for bottle in bottles[1:]}}
    assert "Tulis mengapa botol ini tidak diisi" in field_client.post(address, typed).content.decode()
    both = field_client.post(address, {**typed, f"filled_{bottles[0].id}": "on", f"missed_{bottles[0].id}": "Pecah"})
    assert "Hilangkan tanda" in both.content.decode()
    assert field_client.post(address, {**typed, f"missed_{bottles[0].id}": "Pecah"}).status_code == 303


def test_a_stop_that_is_not_taken(field_client, lab):
    visit = prepared(field_client, lab)
    stop = Stop.objects.within(Scope.of(lab.id)).get()
    address = reverse("orders:miss_stop", args=[stop.id])
    assert field_client.post(address, {"reason": ""}).status_code == 422
    assert field_client.post(address, {"reason": "Depot tutup"}).status_code == 303
    assert "Depot tutup" in page(field_client, "visit", visit.id).content.decode()
    page(field_client, "visit_labels", visit.id, status=404)


def test_papers_bear_the_numbers_of_the_bottles(field_client, lab):
    visit = prepared(field_client, lab)
    (one,) = rounds.stops_of(Scope.of(lab.id), visit.id)
    text = "".join(
        p.extract_text() for p in PdfReader(BytesIO(page(field_client, "field_sheet", visit.id).content)).pages
    )
    assert visit.number in text
    assert "Depot Tirta" in text
    assert "Sisa khlor" in text
    assert all(bottle.number in text for bottle in one.bottles)
    labels = PdfReader(BytesIO(page(field_client, "visit_labels", visit.id, lewati="5").content))
    assert all(bottle.number in labels.pages[0].extract_text() for bottle in one.bottles)


def test_a_plan_is_changed_and_closed(field_client, lab):
    plan = new_plan(field_client, lab)
    shown = page(field_client, "edit_plan", plan.id).content.decode()
    assert "Depot air minum" in shown
    answer = field_client.post(
        reverse("orders:edit_plan", args=[plan.id]),
        {
            "name": "Depot air", "kind": "environment", "codes": "ECOLI PH", "frequency": "once", "first_day": "2026-11-24",
            "days": "2026-12-01, 15-12-2026", "payer": "programme", "purpose": "surveillance",
        },
    )  # fmt: skip
    assert answer.status_code == 303
    plan = made_plan(lab)
    assert (plan.codes, plan.days, plan.frequency) == (["ECOLI", "PH"], ["2026-12-01", "2026-12-15"], "once")
    assert field_client.post(reverse("orders:close_plan", args=[plan.id]), {"reason": ""}).status_code == 422
    field_client.post(reverse("orders:close_plan", args=[plan.id]), {"reason": "Anggaran habis"})
    assert "Anggaran habis" in page(field_client, "sampling_plan", plan.id).content.decode()
    assert "Tidak ada yang harus diambil" in page(field_client, "due_visits").content.decode()


def test_a_visit_is_skipped_with_a_reason(field_client, lab):
    plan = new_plan(field_client, lab)
    address = reverse("orders:skip_visit", args=[plan.id])
    assert field_client.post(address, {"day": "2026-11-24", "reason": ""}).status_code == 422
    assert field_client.post(address, {"day": "2026-11-24", "reason": "Banjir di jalan"}).status_code == 303
    assert "Banjir di jalan" in page(field_client, "sampling_plan", plan.id).content.decode()


def test_many_points_cost_no_more_queries(field_client, lab, counter, django_assert_max_num_queries):
    plan = new_plan(field_client, lab)
    for number in range(6):
        services.add_point(counter, owner_id=lab.id, plan_id=plan.id, new_site=SiteInput(f"Depot {number}"))
    visit = services.prepare_visit(counter, owner=lab, plan_id=plan.id, day=date(2026, 11, 24))
    for name, args, most in (("due_visits", (), 12), ("visit", (visit.id,), 12), ("sampling_plan", (plan.id,), 14)):
        with django_assert_max_num_queries(most):
            page(field_client, name, *args)
