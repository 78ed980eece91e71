"""The check of both ends: finds each kind of contradiction, and calls nothing so that is merely under way."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from click.testing import CliRunner

from laras.cli.network import network
from laras.referral import queries
from laras.referral.jobs import Contradicting, compare_ends
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem

pytestmark = [pytest.mark.django_db]


def run():
    answer = CliRunner().invoke(network, ["check", "--json"])
    return answer.exit_code, json.loads(answer.stdout)


@pytest.fixture
def accepted(puskesmas, district):
    made = puskesmas.order("GDP", "CHOL")
    row = puskesmas.send(district, made.id)
    district.accept(row)
    return row


def test_two_ends_that_agree(accepted, puskesmas, district):
    refused = puskesmas.send(district, puskesmas.order("GDP").id)
    district.refuse(refused)
    assert run() == (0, {"referrals": 2, "under_way": 0, "on_paper": 0, "contradictions": []})
    assert compare_ends() == 2


def test_what_is_on_its_way_is_no_contradiction(accepted, puskesmas, district):
    # The receiver's newest answer has not been acted on, and a referral has not arrived.
    Outgoing.rows.filter(id=accepted.id).update(answer_revision=0, status="sent")
    other = puskesmas.send(district, puskesmas.order("GDP").id)
    IncomingItem.rows.filter(referral__remote=other.id).delete()
    Incoming.rows.filter(remote=other.id).delete()
    code, said = run()
    assert (code, said["referrals"], said["under_way"]) == (0, 2, 2)


@pytest.mark.parametrize("damage", ["status", "revision", "item", "lost", "foreign", "unknown"])
def test_each_kind_is_found_and_fails_the_night(accepted, puskesmas, district, region, damage):
    match damage:
        case "status":
            Outgoing.rows.filter(id=accepted.id).update(status="completed")
            expected = ("status", "completed", "accepted")
        case "revision":
            Outgoing.rows.filter(id=accepted.id).update(answer_revision=9)
            expected = ("revision", "1/9", "1/1")
        case "item":
            item = OutgoingItem.rows.filter(referral=accepted, test_code="GDP")
            item.update(status="resulted", result_revision=2)
            expected = (f"item {item.get().id}", "resulted r2", "accepted r0")
        case "lost":
            item = IncomingItem.rows.filter(referral__remote=accepted.id, test_code="GDP").get()
            item.delete()
            expected = (f"item {item.remote_item}", "accepted r0", "-")
        case "foreign":
            item = IncomingItem.rows.filter(referral__remote=accepted.id, test_code="GDP")
            gone = uuid4()
            kept = item.get().remote_item
            item.update(remote_item=gone)
            code, said = run()
            found = {(one["what"], one["sender_says"], one["receiver_says"]) for one in said["contradictions"]}
            assert found == {(f"item {gone}", "-", "accepted r0"), (f"item {kept}", "accepted r0", "-")}
            return
        case "unknown":
            Incoming.rows.filter(remote=accepted.id).update(remote=uuid4())
            expected = ("unknown", "", "accepted")
    code, said = run()
    (one,) = said["contradictions"]
    assert code == 1
    assert (one["sender"], one["receiver"], one["number"]) == ("PKM-A", "LAB-B", accepted.number)
    assert (one["what"], one["sender_says"], one["receiver_says"]) == expected
    with pytest.raises(Contradicting, match="1 contradictions"):
        compare_ends()


@pytest.mark.either
def test_it_asks_as_often_for_many_as_for_few(accepted, puskesmas, district, django_assert_num_queries):
    queries.check()
    for _turn in range(3):
        puskesmas.send(district, puskesmas.order("GDP").id)
    with django_assert_num_queries(9):
        assert queries.check().referrals == 4
