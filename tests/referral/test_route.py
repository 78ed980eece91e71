"""Routing where it is used: the command, the page, the service that asks for a reason, the calendar of pick-ups."""

from __future__ import annotations

import json
from datetime import date, time, timedelta

import pytest
from click.testing import CliRunner
from django.urls import reverse

from laras.core import clock
from laras.core.actor import system_actor
from laras.core.errors import DomainError, Forbidden, NotFound, Refused
from laras.core.models import User
from laras.network import queries as network
from laras.network.types import Place
from laras.partners import services as partners
from laras.referral import queries, services
from laras.referral.commands import route
from laras.referral.models import Pickup
from laras.resources.models import Capability

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger(make_lab):
    """A hospital beside the puskesmas, outside the five tiers."""
    lab = make_lab("RS-D", 3, "GDP", "TG")
    lab.owner.tier = None
    lab.owner.save(update_fields=["tier"])
    return lab


@pytest.fixture
def placed(monkeypatch):
    """Where the laboratories stand; the network's own tables have their own tests."""
    points = {"PKM-A": (-8.6, 116.1), "LAB-B": (-8.7, 116.3), "LAB-C": (-7.3, 112.7), "RS-D": (-8.6, 116.1)}

    def positions(owner_ids, on=None):
        from laras.core.models import Owner

        rows = Owner.objects.filter(id__in=list(owner_ids), code__in=points)
        return {row.id: Place(*points[row.code], False) for row in rows}

    monkeypatch.setattr(network, "positions", positions)


def call(*words: str):
    answer = CliRunner().invoke(route, [*words, "--json"])
    return answer, json.loads(answer.stdout) if answer.stdout.strip() else []


def test_the_command_answers_what_scripts_read(puskesmas, district, region, stranger, placed):
    answer, rows = call("--lab", "PKM-A", "--test", "TG")
    assert answer.exit_code == 0
    assert [row["lab"] for row in rows] == ["LAB-C", "LAB-B", "RS-D"]
    assert set(rows[0]) == {"lab", "tier", "score", "tat_hours", "km", "price", "reasons", "refused"}
    assert (rows[0]["tier"], rows[0]["price"], rows[0]["refused"]) == (4, 10000, None)
    assert rows[0]["km"] == pytest.approx(403, abs=5)
    assert rows[0]["tat_hours"] > 24
    assert any("pembina" in reason for reason in rows[0]["reasons"])
    # An outbreak jumps to the neighbour.
    _answer, rows = call("--lab", "PKM-A", "--test", "TG", "--priority", "klb")
    assert rows[0]["lab"] == "RS-D"


def test_what_would_spoil_on_the_way_says_so_and_nobody_left_is_an_error(puskesmas, make_lab, placed):
    far = make_lab("LAB-C", 4, "CAMIGM")
    _answer, rows = call("--lab", "PKM-A", "--test", "CAMIGM", "--age", "24")
    assert rows[0]["refused"] is None
    answer, rows = call("--lab", "PKM-A", "--test", "CAMIGM", "--age", "160")
    assert answer.exit_code != 0
    assert (rows[0]["lab"], "rusak di jalan" in rows[0]["refused"]) == (far.owner.code, True)
    assert isinstance(answer.exception, Refused)
    assert "LAB-C" in str(answer.exception)


def test_nobody_in_reach_names_what_is_missing_and_who_is_nearest(puskesmas, district, region):
    answer, rows = call("--lab", "PKM-A", "--test", "HDL")
    assert (answer.exit_code != 0, rows) == (True, [])
    said = str(answer.exception)
    assert "HDL" in said
    assert "LAB-C" in said  # does most others of clinical chemistry
    Capability.rows.create(owner=district.owner, test_code="HDL", tat_hours=4, status="paused", reason="Reagen habis")
    answer, rows = call("--lab", "PKM-A", "--test", "HDL")
    assert rows[0]["refused"] == "dihentikan sementara: Reagen habis"
    assert "Reagen habis" in str(answer.exception)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--lab", "TIDAK-ADA", "--test", "TG"), "TIDAK-ADA"),
        (("--lab", "PKM-A", "--test", "XYZ"), "XYZ"),
        (("--lab", "PKM-A", "--test", "TG", "--specimen", "Air mata"), "Air mata"),
        (("--lab", "TUTUP", "--test", "TG"), "TUTUP"),
    ],
)
@pytest.mark.either
def test_what_is_unknown_is_named(puskesmas, region, make_owner, words, said):
    closed = make_owner("TUTUP", tier=1)
    closed.closed = True
    closed.save(update_fields=["closed"])
    answer, _rows = call(*words)
    assert answer.exit_code != 0
    assert isinstance(answer.exception, DomainError)
    assert said in str(answer.exception)


def test_a_choice_against_the_rule_needs_its_reason_and_keeps_it(puskesmas, district, region, stranger):
    made = puskesmas.order("GDP")
    with pytest.raises(Refused, match="bukan usulan pertama") as refused:
        puskesmas.send(stranger, made.id, "GDP")
    assert refused.value.problems[0].field == "reason"
    row = puskesmas.send(stranger, made.id, "GDP", reason="Alat di LAB-B rusak, ditelepon")
    assert (row.suggested, row.reason) == ("LAB-B", "Alat di LAB-B rusak, ditelepon")
    # The line of supervision is the way of the tiers: no reason asked, none kept.
    second = puskesmas.order("GDP")
    assert puskesmas.send(region, second.id, "GDP").suggested == ""


def test_a_specimen_that_would_spoil_is_not_sent(puskesmas, make_lab, placed, now):
    far = make_lab("LAB-C", 4, "CAMIGM")
    made = puskesmas.order("CAMIGM", collected_at=clock.now() - timedelta(hours=160))
    with pytest.raises(Refused, match="rusak di jalan") as refused:
        puskesmas.send(far, made.id, "CAMIGM", reason="Tetap kirim")
    assert refused.value.code == "spoils"


def test_an_agreement_is_known_to_the_one_with_whom_it_was_made(puskesmas, district, stranger, now):
    clerk = system_actor("job:uji")
    client = partners.register_client(
        clerk, owner_id=stranger.id, name="Puskesmas A", kind="facility", organisation_id=puskesmas.id
    )
    agreement = partners.draft_agreement(
        clerk, owner_id=stranger.id, client_id=client.id, number="PKS-1", title="Rujukan", valid_from=date(2026, 1, 1)
    )
    assert stranger.id not in queries.Router(puskesmas.id, ["TG"]).agreed(["TG"], "")["agreements"]
    partners.sign_agreement(clerk, owner_id=stranger.id, agreement_id=agreement.id)
    assert queries.Router(puskesmas.id, ["TG"]).agreed(["TG"], "")["agreements"] == {stranger.id}
    assert queries.Router(district.id, ["TG"]).agreed(["TG"], "")["agreements"] == frozenset()


# --- The calendar -----------------------------------------------------------------------------------------------------------


def test_the_next_pick_up_counts_into_the_hours(puskesmas, district, placed):
    before = queries.Router(puskesmas.id, ["GDP"]).rank([queries.Wanted("GDP")])[0]
    # Monday 09.00 in Makassar: the courier comes at 14.00.
    services.add_pickup(puskesmas.counter, owner_id=puskesmas.id, weekday=0, at=time(14, 0), courier="Kurir A")
    after = queries.Router(puskesmas.id, ["GDP"]).rank([queries.Wanted("GDP")])[0]
    assert after.score == pytest.approx(before.score + 5, abs=0.11)
    assert "penjemputan berikutnya 5,0 jam lagi" in [reason.text for reason in after.reasons]


def test_the_calendar_belongs_to_its_laboratory(puskesmas, district):
    row = services.add_pickup(puskesmas.counter, owner_id=puskesmas.id, weekday=3, at=time(9, 0))
    with pytest.raises(Refused, match="sudah ada"):
        services.add_pickup(puskesmas.counter, owner_id=puskesmas.id, weekday=3, at=time(9, 0))
    with pytest.raises(Refused, match="Hari"):
        services.add_pickup(puskesmas.counter, owner_id=puskesmas.id, weekday=7, at=time(9, 0))
    with pytest.raises(Forbidden):
        services.add_pickup(puskesmas.doctor, owner_id=puskesmas.id, weekday=3, at=time(10, 0))
    with pytest.raises(NotFound):
        services.remove_pickup(district.counter, owner_id=district.id, pickup_id=row.id)
    services.remove_pickup(puskesmas.counter, owner_id=puskesmas.id, pickup_id=row.id)
    assert not Pickup.objects.within(puskesmas.scope).exists()


def test_the_page_shows_why_and_asks_for_a_reason(sign_in, puskesmas, district, stranger, make_lab):
    Capability.rows.create(
        owner=make_lab("LAB-E", 3).owner, test_code="GDP", tat_hours=4, status="paused", reason="Reagen habis"
    )
    made = puskesmas.order("GDP")
    client = sign_in(User.objects.get(username="pkm-a-dewi"))
    shown = client.get(reverse("referral:outgoing")).content.decode()
    assert "pembina laboratorium ini (tingkat 2)" in shown
    assert "dihentikan sementara: Reagen habis" in shown
    assert shown.count(f'value="{stranger.id}"') == 1
    sent = {"recipient": str(stranger.id), "results": [str(puskesmas.results(made.id)["GDP"].id)]}
    refused = client.post(reverse("referral:send", args=[made.id]), sent)
    assert refused.status_code == 422
    assert "bukan usulan pertama" in refused.content.decode()
    went = client.post(reverse("referral:send", args=[made.id]), {**sent, "reason": "Alat rusak"})
    detail = client.get(went["Location"]).content.decode()
    assert "Usulan aturan" in detail
    assert "LAB-B" in detail


def test_the_page_of_the_calendar(sign_in, puskesmas):
    client, address = sign_in(User.objects.get(username="pkm-a-dewi")), reverse("referral:calendar")
    assert "Belum ada jadwal" in client.get(address).content.decode()
    wrong = client.post(address, {"weekday": "3", "at": "siang"})
    assert (wrong.status_code, "misalnya 13.30" in wrong.content.decode()) == (422, True)
    assert client.post(address, {"weekday": "3", "at": "13.30", "courier": "Kurir A"}).status_code in (302, 303)
    shown = client.get(address).content.decode()
    assert "Kamis" in shown
    assert "13.30" in shown
    row = Pickup.objects.within(puskesmas.scope).get()
    client.post(reverse("referral:remove_pickup", args=[row.id]))
    assert not Pickup.objects.within(puskesmas.scope).exists()
