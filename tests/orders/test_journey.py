"""What an order's page says of its samples' way and of its history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from laras.core import clock
from laras.core.scope import Scope
from laras.orders import queries, services
from laras.orders.views.journey import history_items, journeys

NOON = datetime(2026, 3, 13, 4, 0, tzinfo=UTC)


@pytest.fixture
def order(counter, lab, patient):
    with clock.at(NOON):
        return services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB", "GDP"], urgency="urgent")


def told(lab, order):
    return journeys(queries.get_order(Scope.of(lab.id), order.id))


def texts(way):
    return [item["text"] for item in way["items"]]


def test_who_has_it_since_when_and_what_is_next(lab, order, sampler, receiver):
    (way,) = told(lab, order)
    assert (way["holder"], way["next"], way["since"]) == ("Belum diambil dari Siti Aminah", "Diambil", NOON)
    ids = [sample.id for sample in order.samples]
    taken = NOON - timedelta(minutes=20)
    with clock.at(NOON + timedelta(minutes=5)):
        services.collect_samples(
            sampler, owner_id=lab.id, sample_ids=ids, collected_at=taken, collector="Putu", place="Poli KIA"
        )
    (way,) = told(lab, order)
    assert (way["holder"], way["next"], way["since"]) == ("Putu, Poli KIA", "Diterima laboratorium", taken)
    # Taken before it was registered: told in the order in which it happened.
    assert texts(way) == ["Diambil", "Terdaftar", "Diterima laboratorium", "Hasil dan LHU"]
    with clock.at(NOON + timedelta(minutes=30)):
        services.receive_samples(receiver, owner_id=lab.id, sample_ids=ids)
    (way,) = told(lab, order)
    assert (way["next"], [item.get("state") for item in way["items"]][-2:]) == ("Hasil dan LHU", ["now", "next"])
    assert len(way["numbers"]) == 2


def test_samples_that_part_have_a_line_each(lab, order, sampler, receiver):
    first, second = order.samples
    services.collect_samples(sampler, owner_id=lab.id, sample_ids=[first.id, second.id])
    services.hand_over(
        receiver, owner_id=lab.id, sample_ids=[second.id], action="sent", to="Kurir", place="Lab Rujukan"
    )
    services.refuse_sample(receiver, owner_id=lab.id, sample_id=first.id, reason="clotted", replacement=True)
    ways = {tuple(way["numbers"]): way for way in told(lab, order)}
    assert len(ways) == 3
    assert ways[second.number,]["holder"] == "Dikirim ke Lab Rujukan"
    # Where it is now is told by its referral, and not guessed here.
    assert ways[second.number,]["next"] == ""
    assert ways[first.number,]["items"][-1]["tone"] == "danger"
    assert ways[first.number,]["next"] == ""
    services.dispose_sample(receiver, owner_id=lab.id, sample_id=first.id, note="Autoklaf")
    assert {way["holder"] for way in told(lab, order)} >= {"Sudah dimusnahkan"}


@dataclass
class Line:
    event: str
    occurred_at: datetime = NOON
    payload: dict = field(default_factory=dict)
    person_id: object = None
    device: str = "job:x"
    id: object = field(default_factory=uuid4)


def test_the_same_act_on_many_tests_in_one_minute_is_one_line(db):
    def lines(n, event="orders.line_cancelled", at=NOON):
        return [Line(event, at + timedelta(seconds=i), {"code": f"T{i}"}) for i in range(n)]

    assert [len(item.get("more", [])) for item in history_items(lines(19))] == [18]
    assert history_items(lines(19))[0]["more"][-1] == "Pemeriksaan T18 dibatalkan"
    assert len(history_items(lines(2))) == 2
    later = NOON + timedelta(minutes=2)
    assert [len(item.get("more", [])) for item in history_items(lines(4) + lines(3, at=later))] == [3, 2]
    assert len(history_items(lines(1) + lines(1, event="orders.order_cancelled") + lines(1))) == 3


def test_mixed_states_of_a_panel_name_their_codes(sign_in, make_user, lab, counter, patient, monkeypatch):
    made = services.register_order(counter, owner=lab, patient_id=patient.id, codes=["DL"])
    states = {row.id: ("<i>selesai</i>" if row.test_code == "HB" else "<i>menunggu</i>") for row in made.requested}
    monkeypatch.setattr("laras.orders.views.orders.ORDER_PANELS", [])
    monkeypatch.setattr("laras.orders.views.orders.TEST_STATES", [lambda request, found: states])
    desk = sign_in(make_user("ratna", lab, "receptionist"))
    page = desk.get(reverse("orders:detail", args=[made.id])).content.decode()
    lines = page.split('class="state-lines"')[1].split("</td>")[0]
    assert "selesai" in lines
    assert f"× {len(made.requested) - 1}" in lines
    assert '<span class="note code-list">HB</span>' in lines
