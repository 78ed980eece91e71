"""Signals, events and notices over the API: what a gateway or a dashboard may read, and acknowledging."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from laras.core.actor import system_actor
from laras.core.services import create_token
from laras.surveillance import services
from laras.surveillance.models import Signal
from tests.product import world as worlds

pytestmark = pytest.mark.either


def caller_of(office, *rights):
    soon = worlds.MONDAY + timedelta(days=30)
    _id, key = create_token(office.officer, owner_id=office.id, label="uji", rights=list(rights), expires_at=soon)

    def call(path, method="get"):
        answer = getattr(Client(), method)(f"/api/v1{path}", headers={"Authorization": f"Bearer {key}"})
        return answer.status_code, json.loads(answer.content)

    return call


def test_a_gateway_reads_signals_and_events_and_acknowledges(world):
    city, officer = caller_of(world.city, "surveillance.read", "surveillance.triage"), world.city.officer
    services.adopt_threshold(officer, owner_id=world.city.id, disease="CAMPAK", cases=1, reason="Keputusan")
    world.lab.tested(world.lab.person(full_name="Anak Rahasia"), "CAMIGM", "Positif")
    services.judge(system_actor("job:test"), owner_id=world.city.id)
    row = Signal.objects.within(world.city.scope).get()

    status, found = city("/signals?status=new")
    assert status == 200
    assert [(one["id"], one["disease"], one["observed"], one["office"]) for one in found["items"]] == [
        (str(row.id), "CAMPAK", 1, "DK-K")
    ]
    (notice,) = city("/notices?waiting=true")[1]["items"]
    assert notice["about"] == str(row.id)
    status, told = city(f"/notices/{notice['id']}/acknowledge", "post")
    assert (status, told["acknowledged_at"] is not None) == (200, True)
    assert city("/notices?waiting=true")[1]["items"] == []

    event = services.join_signal(
        officer, owner_id=world.city.id, signal_id=row.id, reason="Satu kelas", title="Campak di SD Rahasia"
    )
    (listed,) = city("/outbreaks?status=alert")[1]["items"]
    assert (listed["number"], listed["cases"], listed["disease"]) == (event.number, 1, "CAMPAK")
    assert city(f"/outbreaks/{event.id}")[1] == listed
    assert city(f"/signals/{row.id}")[1]["outbreak"] == str(event.id)
    assert "Rahasia" not in json.dumps(listed)

    # The province reaches what its cities have, a neighbour nothing, and reading is not acknowledging.
    province = caller_of(world.province, "surveillance.read")
    assert province(f"/outbreaks/{event.id}")[0] == 200
    assert province(f"/notices/{notice['id']}/acknowledge", "post")[0] in (403, 404)
    assert province("/notices")[1]["items"] == []
    neighbour = caller_of(world.elsewhere, "surveillance.read", "surveillance.triage")
    for path in (f"/signals/{row.id}", f"/outbreaks/{event.id}"):
        assert neighbour(path)[0] == 404
    assert neighbour(f"/notices/{notice['id']}/acknowledge", "post")[0] == 404
    assert city("/signals?after=bukan")[0] == 422
