"""Referrals through ``/api/v1/`` and ``laras referral``."""

from __future__ import annotations

import base64
import json

import pytest
from click.testing import CliRunner

from laras.core.api import new_token, token_digest
from laras.core.models import ApiToken, User
from laras.referral import services
from laras.referral.commands import referral
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem
from laras.referral.services.common import REFERRAL_NUMBER

pytestmark = pytest.mark.django_db
RIGHTS = ["referral", "orders", "people", "bench", "reports"]


@pytest.fixture
def call(client):
    """``call(lab, "post", "/referrals", {...}, key="1")`` -> status and body, as the lab's counter."""
    tokens = {}

    def send(lab, method, path, body=None, *, key="", who="dewi"):
        user = User.objects.get(username=f"{lab.owner.code.lower()}-{who}")
        if user not in tokens:
            tokens[user] = new_token()
            ApiToken.objects.create(
                user=user, owner=lab.owner, label="uji", digest=token_digest(tokens[user]), rights=RIGHTS
            )
        headers = {"Authorization": f"Bearer {tokens[user]}"} | ({"Idempotency-Key": key} if key else {})
        if method == "get":
            answer = client.get(f"/api/v1{path}", body or {}, headers=headers)
        else:
            answer = getattr(client, method)(
                f"/api/v1{path}", json.dumps(body or {}), content_type="application/json", headers=headers
            )
        if answer["Content-Type"] == "application/pdf":
            return answer.status_code, answer.content
        return answer.status_code, json.loads(answer.content)

    return send


def test_the_whole_way_through_the_api(call, puskesmas, district):
    made = puskesmas.order("GDP", "CHOL")
    status, needs = call(puskesmas, "get", "/referrals/needs")
    assert status == 200
    assert [need["order_number"] for need in needs] == [made.number]
    ids = [one["id"] for one in needs[0]["results"]]
    status, candidates = call(puskesmas, "get", f"/referrals/candidates?result={ids[0]}&result={ids[1]}")
    assert (status, candidates[0]["code"], candidates[0]["missing"]) == (200, "LAB-B", [])
    assert candidates[0]["reasons"][0] == {
        "code": "all_tests", "value": 2, "text": "mengerjakan semua pemeriksaan", "hours": 0,
    }  # fmt: skip
    assert candidates[0]["refused"] is None
    assert candidates[0]["score"] > 24

    body = {"recipient_id": candidates[0]["owner_id"], "result_ids": ids, "courier": "Ambulans"}
    assert call(puskesmas, "post", "/referrals", body)[0] == 422, "a create needs its key"
    status, sent = call(puskesmas, "post", "/referrals", body, key="k1")
    assert (status, sent["status"], len(sent["items"])) == (201, "sent", 2)
    assert call(puskesmas, "post", "/referrals", body, key="k1")[1]["id"] == sent["id"]
    assert Outgoing.rows.count() == 1
    status, paper = call(puskesmas, "get", f"/referrals/outgoing/{sent['id']}/manifest")
    assert paper.startswith(b"%PDF")

    status, page = call(district, "get", "/referrals/incoming", {"number": sent["number"]})
    came = page["items"][0]
    assert (came["status"], came["person"]["full_name"], came["sender_code"]) == ("announced", "Siti Aminah", "PKM-A")
    chol = next(item for item in came["items"] if item["test_code"] == "CHOL")
    status, taken = call(
        district,
        "post",
        f"/referrals/incoming/{came['id']}/accept",
        {"refusals": [{"item_id": chol["id"], "reason": "insufficient"}], "temperature": 4.5},
        key="k2",
    )
    assert (status, taken["status"], taken["person"]) == (200, "accepted", None)
    assert {item["test_code"]: item["status"] for item in taken["items"]} == {"GDP": "accepted", "CHOL": "refused"}
    status, seen = call(puskesmas, "get", f"/referrals/outgoing/{sent['id']}")
    assert (seen["status"], seen["remote_order"]) == ("accepted", taken["order_number"])

    status, ways = call(puskesmas, "get", f"/orders/{made.id}/journey")
    way = next(one for one in ways if one["tests"] == ["GDP"])
    assert [step["what"] for step in way["steps"]] == ["registered", "sent", "received"]
    assert (way["holder"], way["next"], way["next_lab"]) == ("LAB-B", "perform", "LAB-B")
    status, open_ones = call(puskesmas, "get", "/referrals/ageing")
    assert [one["kind"] for one in open_ones] == ["unfinished"]
    assert call(puskesmas, "post", f"/referrals/outgoing/{sent['id']}/cancel", {"reason": "Tidak jadi"})[0] == 409


def test_cancel_and_refuse(call, puskesmas, district):
    first = puskesmas.send(district, puskesmas.order("GDP").id)
    status, body = call(puskesmas, "post", f"/referrals/outgoing/{first.id}/cancel", {"reason": "Tidak jadi"})
    assert (status, body["status"]) == (200, "cancelled")
    second = puskesmas.send(district, puskesmas.order("GDP").id)
    came = Incoming.rows.get(remote=second.id)
    status, body = call(district, "post", f"/referrals/incoming/{came.id}/refuse", {"reason": "other"})
    assert (status, body["problems"][0]["field"]) == (422, "note")
    status, body = call(district, "post", f"/referrals/incoming/{came.id}/refuse", {"reason": "no such"})
    assert status == 422
    status, body = call(district, "post", f"/referrals/incoming/{came.id}/refuse", {"reason": "late"})
    assert (status, body["status"]) == (200, "refused")


def test_satusehat_s_number_is_kept_beside_ours(call, puskesmas, district):
    sent = puskesmas.send(district, puskesmas.order("GDP").id)
    body = {"system": REFERRAL_NUMBER, "value": "SR-0001"}
    for _again in range(2):
        assert call(puskesmas, "put", f"/referrals/outgoing/{sent.id}/identifiers", body) == (200, [body])
    assert call(puskesmas, "put", f"/referrals/outgoing/{sent.id}/identifiers", {**body, "value": ""})[0] == 422
    assert call(district, "put", f"/referrals/outgoing/{sent.id}/identifiers", body)[0] == 404


def test_strangers_find_nothing_and_those_without_the_right_are_refused(call, puskesmas, district, region):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    came = Incoming.rows.get()
    for method, path, body in (
        ("get", f"/referrals/outgoing/{sent.id}", None),
        ("get", f"/referrals/outgoing/{sent.id}/manifest", None),
        ("get", f"/referrals/incoming/{came.id}", None),
        ("get", f"/orders/{made.id}/journey", None),
        ("get", f"/referrals/candidates?result={OutgoingItem.rows.get().result_id}", None),
        ("post", f"/referrals/outgoing/{sent.id}/cancel", {"reason": "Tidak jadi"}),
        ("post", f"/referrals/incoming/{came.id}/refuse", {"reason": "late"}),
        ("post", f"/referrals/incoming/{came.id}/accept", {}),
    ):
        assert call(region, method, path, body, key=path)[0] == 404, path
    assert call(region, "get", "/referrals/outgoing")[1]["items"] == []
    assert call(region, "get", "/referrals/incoming")[1]["items"] == []
    for path in ("accept", "refuse"):
        body = {"reason": "late"} if path == "refuse" else {}
        answer = call(district, "post", f"/referrals/incoming/{came.id}/{path}", body, key=path, who="ratna")
        assert answer[0] == 403
    assert (Incoming.rows.get().status, Outgoing.rows.get().status) == ("announced", "sent")
    assert Incoming.rows.get().body["person"]["full_name"] == "Siti Aminah"


@pytest.mark.parametrize("text", ["a\x00b", "lone \ud800", "x" * 5000])
def test_odd_texts_are_refused_at_their_field(call, puskesmas, district, text):
    made = puskesmas.order("GDP", "CHOL")
    ids = [str(view.id) for view in puskesmas.results(made.id).values()]
    for field in ("reason", "courier", "packaging", "temperature"):
        body = {"recipient_id": str(district.id), "result_ids": ids, field: text}
        status, answer = call(puskesmas, "post", "/referrals", body, key=field)
        assert (status, answer["problems"][0]["field"]) == (422, field)
    sent = puskesmas.send(district, made.id)
    came = Incoming.rows.get()
    item = IncomingItem.rows.get(test_code="CHOL")
    for body in (
        {"note": text},
        {"condition": text},
        {"tests": [{"item_id": str(item.id), "code": text}]},
        {"refusals": [{"item_id": str(item.id), "reason": "late", "note": text}]},
    ):
        assert call(district, "post", f"/referrals/incoming/{came.id}/accept", body, key=str(body)[:20])[0] == 422
    assert call(district, "post", f"/referrals/incoming/{came.id}/refuse", {"reason": "other", "note": text})[0] == 422
    assert call(puskesmas, "post", f"/referrals/outgoing/{sent.id}/cancel", {"reason": text})[0] == 422
    assert (Incoming.rows.get().status, Outgoing.rows.get().status) == ("announced", "sent")


@pytest.mark.parametrize("number", ["\x00", "x" * 200, "'; DROP TABLE", "<script>"])
def test_odd_numbers_find_nothing(call, puskesmas, district, number):
    puskesmas.send(district, puskesmas.order("GDP").id)
    assert call(district, "get", "/referrals/incoming", {"number": number}) == (200, {"items": [], "next": None})


def test_lists_page_by_key(call, puskesmas, district):
    for _n in range(3):
        puskesmas.send(district, puskesmas.order("GDP").id)
    _status, first = call(puskesmas, "get", "/referrals/outgoing", {"limit": 2})
    assert (len(first["items"]), bool(first["next"])) == (2, True)
    _status, second = call(puskesmas, "get", "/referrals/outgoing", {"limit": 2, "after": first["next"]})
    assert (len(second["items"]), second["next"]) == (1, None)
    assert call(puskesmas, "get", "/referrals/outgoing", {"status": "refused"})[1]["items"] == []


def test_the_command_line(puskesmas, district):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    run = CliRunner()
    answer = run.invoke(referral, ["list", "--lab", "PKM-A", "--json"])
    assert [(one["direction"], one["number"], one["status"]) for one in json.loads(answer.output)] == [
        ("out", sent.number, "sent")
    ]
    answer = run.invoke(referral, ["list", "--lab", "LAB-B", "--json"])
    assert [(one["direction"], one["partner"]) for one in json.loads(answer.output)] == [("in", "PKM-A")]
    assert "Aminah" not in answer.output
    assert run.invoke(referral, ["list", "--lab", "NONE"]).exit_code == 1
    answer = run.invoke(referral, ["check", "--json"])
    assert (answer.exit_code, json.loads(answer.output)) == (
        0,
        {"referrals": 1, "under_way": 0, "on_paper": 0, "contradictions": []},
    )
    IncomingItem.rows.update(status="accepted")
    answer = run.invoke(referral, ["check", "--json"])
    assert answer.exit_code == 1
    assert json.loads(answer.output)["contradictions"][0]["receiver_says"] == "accepted r0"
    assert run.invoke(referral, ["check"]).exit_code == 1


def test_paper_through_the_api(call, puskesmas, make_owner):
    clinic = make_owner("RS-Z", name="RS Contoh Z", tier=None)
    services.begin_paper(puskesmas.counter, owner_id=puskesmas.id, code="RS-Z")
    services.add_paper_test(
        puskesmas.counter, owner_id=puskesmas.id, partner_id=clinic.id, test_code="GDP", tat_hours=48
    )
    ids = [str(view.id) for view in puskesmas.results(puskesmas.order("GDP").id).values()]
    body = {"recipient_id": str(clinic.id), "result_ids": ids, "reason": "Terdekat"}
    _status, sent = call(puskesmas, "post", "/referrals", body, key="1")
    assert call(puskesmas, "get", "/referrals/paper/partners")[1][0]["code"] == "RS-Z"
    path = f"/referrals/outgoing/{sent['id']}/paper-decision"
    assert call(puskesmas, "post", path, {"outcome": "accepted", "remote_number": "Z-1"})[1]["status"] == "accepted"
    values = {"lines": [{"item": sent["items"][0]["id"], "raw": "126"}], "report": "LHU-1", "scan": "bukan"}
    status, problem = call(puskesmas, "post", "/referrals/paper/results", values, key="2", who="made")
    assert (status, problem["problems"][0]["field"]) == (422, "scan")
    values["scan"] = base64.b64encode(b"%PDF-1.7 LHU").decode()
    status, entered = call(puskesmas, "post", "/referrals/paper/results", values, key="3", who="made")
    assert status == 201
    again = call(puskesmas, "post", "/referrals/paper/results", values, key="3", who="made")
    assert again == (status, entered), "sent twice, entered once"
    (answer,) = entered["answers"]
    waiting = call(puskesmas, "get", "/referrals/paper/answers", {"waiting": "true"})[1]["items"]
    assert [(one["id"], one["lines"][0]["raw"]) for one in waiting] == [(answer["id"], "126")]
    path = f"/referrals/paper/answers/{answer['id']}"
    assert call(puskesmas, "post", f"{path}/take", who="made")[0] == 403
    status, taken = call(puskesmas, "post", f"{path}/take", who="wayan")
    assert (status, taken["status"], taken["revision"]) == (200, "taken", 2)
    assert Outgoing.rows.get(id=sent["id"]).status == "completed"


def test_a_box_through_the_api(call, puskesmas, district):
    rows = [puskesmas.send(district, puskesmas.order("GDP").id) for _turn in range(2)]
    labels = [next(iter(puskesmas.results(row.order_id).values())).sample_number for row in rows]
    body = {"recipient_id": str(district.id), "packaging": "Tiga lapis"}
    assert call(puskesmas, "post", "/referrals/boxes", body)[0] == 422, "without a key"
    status, box = call(puskesmas, "post", "/referrals/boxes", body, key="b1")
    assert (status, box["status"], box["partner_code"]) == (201, "packing", "LAB-B")
    assert call(puskesmas, "post", "/referrals/boxes", body, key="b1")[1]["id"] == box["id"], "sent twice, one box"
    path = f"/referrals/boxes/{box['id']}"
    status, problem = call(puskesmas, "post", f"{path}/pack", {"scanned": [labels[0], "TAK-ADA"]}, key="b2")
    assert (status, problem["problems"][0]["row"]) == (422, 2)
    assert call(puskesmas, "get", path)[1]["samples"] == [], "all or none"
    status, packed = call(puskesmas, "post", f"{path}/pack", {"scanned": [labels[0], rows[1].number]}, key="b3")
    assert (status, [one["number"] for one in packed["samples"]]) == (200, labels)
    status, gone = call(puskesmas, "post", f"{path}/hand-over", {"courier": "Kurir A", "place": "Loket"}, key="b4")
    assert (gone["status"], gone["steps"][0]["who"]) == ("handed", "Kurir A")
    again = call(puskesmas, "post", f"{path}/hand-over", {"courier": "Kurir A", "place": "Loket"}, key="b4")
    assert len(again[1]["steps"]) == 1, "signed once"
    assert call(district, "get", path)[0] == 404
    (came,) = call(district, "get", "/referrals/incoming-boxes")[1]["items"]
    there = f"/referrals/incoming-boxes/{came['id']}"
    status, here = call(district, "post", f"{there}/receive", {"celsius": "5.5"}, key="c1")
    assert here["status"] == "arrived"
    log = {"content": "waktu;suhu\n2026-11-16 09:00;4\n2026-11-16 09:30;5\n"}
    assert call(district, "post", f"{there}/temperature-log", log, key="c2")[1]["logs"][0]["readings"] == 2
    findings = {"findings": [{"number": labels[0]}, {"number": labels[1], "finding": "aneh"}]}
    status, problem = call(district, "post", f"{there}/findings", findings, key="c3")
    assert (status, problem["problems"][0]["row"]) == (422, 2)
    findings["findings"][1] |= {"finding": "damaged", "note": "Tutup retak"}
    assert call(district, "post", f"{there}/findings", findings, key="c4")[0] == 200
    assert call(district, "post", f"{there}/finish", {}, key="c5")[1]["status"] == "reconciled"
    seen = call(puskesmas, "get", path)[1]
    assert (seen["status"], [one["finding"] for one in seen["samples"]]) == ("reconciled", ["present", "damaged"])
    assert [one["readings"] for one in seen["logs"]] == [2]
    assert [one["id"] for one in call(puskesmas, "get", "/referrals/boxes")[1]["items"]] == [box["id"]]
