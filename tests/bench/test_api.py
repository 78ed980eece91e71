"""``/api/v1/`` of the bench: what the screens do, with the same walls, as problem+json."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from laras.bench import services
from laras.bench.models import Result, ResultValue
from laras.core.api import new_token, token_digest
from laras.core.models import ApiToken, JournalEntry, User
from laras.orders.models import Sample


class Caller:
    def __init__(self, client, user, owner, rights=("bench", "reports", "orders")):
        token = new_token()
        ApiToken.objects.create(user=user, owner=owner, label="uji", digest=token_digest(token), rights=list(rights))
        self.client, self.head = client, {"Authorization": f"Bearer {token}"}

    def get(self, path, **query):
        return self.client.get(f"/api/v1{path}", query, headers=self.head)

    def send(self, method, path, body, key=None):
        head = {**self.head, "Idempotency-Key": key or uuid4().hex}
        return self.client.generic(
            method, f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=head
        )

    def post(self, path, body, key=None):
        return self.send("POST", path, body, key)


@pytest.fixture
def as_(client, lab):
    def make(actor, owner=None, rights=("bench", "reports", "orders")):
        return Caller(client, User.objects.get(id=actor.user_id), owner or lab, rights)

    return make


def problem(answer, status, code=None):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    if code:
        assert body["type"].endswith(code)
    return body


def test_from_worklist_to_validation(make_results, analyst, second, doctor, as_):
    row = make_results("HB", urgency="urgent")["HB"]
    bench = as_(analyst)
    work = bench.get("/worklist").json()
    assert work["total"] == 1
    item = work["items"][0]
    assert (item["result"]["id"], item["subject"], item["result"]["urgency"]) == (str(row.id), "Siti Aminah", "urgent")
    answer = bench.post(f"/results/{row.id}/values", {"raw": "<9,5", "seen": 0, "instrument": "Alat A"})
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["raw"], body["operator"], body["number"], body["flag"]) == ("<9,5", "<", "9.500000000", "L")
    assert bench.get("/worklist", status="entered").json()["total"] == 1
    problem(bench.post(f"/results/{row.id}/verify", {}), 403)
    assert as_(second).post(f"/results/{row.id}/verify", {"seen": 1}).json()["status"] == "verified"
    assert as_(doctor).get("/worklist", status="verified").json()["items"][0]["result"]["attention"] is True
    done = as_(doctor).post(f"/results/{row.id}/validate", {"comment": "anjuran"})
    assert (done.json()["status"], done.json()["comment"]) == ("validated", "anjuran")
    detail = bench.get(f"/results/{row.id}").json()
    assert [value["raw"] for value in detail["values"]] == ["<9,5"]
    assert [line["event"] for line in detail["history"]][-1] == "bench.result_validated"
    found = bench.get(f"/orders/{row.order_id}/releasable").json()
    assert (found["ready"], found["validated"]) == (True, [str(row.id)])
    assert bench.get("/worklist/counts").json()["waiting"] == 0


def test_the_same_key_is_one_value_and_another_body_is_refused(make_results, analyst, as_):
    row = make_results("HB")["HB"]
    bench = as_(analyst)
    first = bench.post(f"/results/{row.id}/values", {"raw": "13"}, key="satu")
    again = bench.post(f"/results/{row.id}/values", {"raw": "13"}, key="satu")
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    problem(bench.post(f"/results/{row.id}/values", {"raw": "14"}, key="satu"), 409, "idempotency_key_reused")
    assert ResultValue.rows.count() == 1


def test_a_batch_saves_what_it_can(make_results, analyst, second, as_):
    rows = make_results("HB", "PLT", "HCT")
    bench = as_(analyst)
    body = {"rows": [{"result_id": str(rows[code].id), "raw": raw} for code, raw in (("HB", "13"), ("PLT", "1.234"))]}
    answer = bench.post("/results/values", body).json()
    assert answer["done"] == [str(rows["HB"].id)]
    assert [(p["row"], p["code"], p["field"]) for p in answer["problems"]] == [(2, "ambiguous", "raw")]
    marked = {"rows": [{"result_id": str(rows["PLT"].id), "raw": "150.000", "decimal_mark": ","}]}
    assert bench.post("/results/values", marked).json()["done"] == [str(rows["PLT"].id)]
    tried = bench.post("/results/judge", {"rows": [{"result_id": str(rows["HCT"].id), "raw": "12"}]}).json()
    assert (tried[0]["critical"], tried[0]["flag"]) == (True, "LL")
    report = as_(second).post("/results/verify", {"result_ids": [str(rows["HB"].id), str(rows["HCT"].id)]}).json()
    assert (report["done"], report["problems"][0]["code"]) == ([str(rows["HB"].id)], "move_refused")


def test_two_eyes(make_results, make_actor, lab, second, as_):
    one = make_actor("satu", lab, "analyst", "verifier", "validator")
    row = make_results("HB")["HB"]
    assert as_(one).post(f"/results/{row.id}/values", {"raw": "13"}).status_code == 201
    problem(as_(one).post(f"/results/{row.id}/verify", {}), 422, "same_person")
    assert as_(second).post(f"/results/{row.id}/verify", {}).status_code == 200
    problem(as_(one).post(f"/results/{row.id}/validate", {}), 422, "same_person")


def test_returns_repeats_and_amendments(make_results, analyst, second, doctor, lab, as_):
    row = make_results("HB")["HB"]
    as_(analyst).post(f"/results/{row.id}/values", {"raw": "13"})
    problem(as_(second).post(f"/results/{row.id}/return", {"reason": " "}), 422)
    assert as_(second).post(f"/results/{row.id}/return", {"reason": "cek lagi"}).json()["status"] == "waiting"
    as_(analyst).post(f"/results/{row.id}/values", {"raw": "12,9"})
    assert as_(analyst).post(f"/results/{row.id}/repeat", {"reason": "ragu"}).json()["status"] == "waiting"
    as_(analyst).post(f"/results/{row.id}/values", {"raw": "13,1"})
    as_(second).post(f"/results/{row.id}/verify", {})
    as_(doctor).post(f"/results/{row.id}/validate", {})
    amended = as_(doctor).post(f"/results/{row.id}/amend", {"reason": "sampel tertukar"}).json()
    assert (amended["status"], amended["revision"], amended["shown"]) == ("waiting", 1, "")
    aside = as_(analyst).post(f"/results/{row.id}/set-aside", {"reason": "alat rusak"}).json()
    assert aside["status"] == "to_refer"
    assert as_(analyst).post(f"/results/{row.id}/take-back", {}).json()["status"] == "waiting"


def test_critical_calls_and_holds(make_results, analyst, doctor, lab, as_):
    row = make_results("HB")["HB"]
    bench = as_(analyst)
    bench.post(f"/results/{row.id}/values", {"raw": "5"})
    (open_call,) = bench.get("/critical-calls").json()
    assert open_call["work"]["result"]["id"] == str(row.id)
    address = f"/critical-calls/{open_call['call']['id']}"
    assert problem(bench.post(address, {"receiver": "dr. Jaga"}), 422)["problems"][0]["field"] == "read_back"
    told = bench.post(address, {"receiver": "dr. Jaga", "read_back": True}).json()
    assert (told["receiver"], told["called_by"]) == ("dr. Jaga", "Made")
    problem(bench.post(address, {"receiver": "dr. Jaga", "read_back": True}), 409, "already_called")
    chief = as_(doctor)
    hold = chief.post("/holds", {"result_id": str(row.id), "kind": "quality", "reason": "kontrol keluar batas"})
    assert hold.status_code == 201
    assert [h["id"] for h in chief.get("/holds").json()] == [hold.json()["id"]]
    assert chief.post(f"/holds/{hold.json()['id']}/lift", {"reason": "kontrol baik"}).status_code == 200
    assert chief.get("/holds").json() == []


def test_walls(make_results, analyst, make_actor, other, as_, client):
    row = make_results("HB")["HB"]
    stranger = as_(make_actor("orang", other, "analyst", "verifier", "validator"), other)
    before = JournalEntry.rows.count()
    problem(stranger.get(f"/results/{row.id}"), 404)
    problem(stranger.get(f"/orders/{row.order_id}/releasable"), 404)
    for act, body in (
        ("values", {"raw": "13"}), ("verify", {}), ("validate", {}), ("return", {"reason": "abc"}),
        ("repeat", {"reason": "abc"}), ("amend", {"reason": "abc"}), ("set-aside", {"reason": "abc"}), ("take-back", {}),
    ):  # fmt: skip
        problem(stranger.post(f"/results/{row.id}/{act}", body), 404)
    problem(stranger.post("/results/values", {"rows": [{"result_id": str(row.id), "raw": "1"}]}), 404)
    assert stranger.get("/worklist").json() == {"items": [], "total": 0}
    assert stranger.get("/results").json()["items"] == []
    narrow = as_(analyst, rights=["bench.read"])
    problem(narrow.post(f"/results/{row.id}/values", {"raw": "13"}), 403)
    problem(as_(analyst, rights=["people"]).get("/worklist"), 403)
    assert client.get("/api/v1/worklist").status_code == 401
    row.refresh_from_db()
    assert (row.status, JournalEntry.rows.count()) == ("waiting", before)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"raw": None}, {"raw": 13}, {"raw": "13", "seen": -1}, {"raw": "13", "reason": "karena"},
        {"raw": "13", "decimal_mark": "x"}, {"raw": "13", "comment": "x" * 501}, {"raw": "13", "note": "a\x00b"},
        {"raw": "1\x002"}, {"raw": "x" * 5000}, {"raw": "13", "instrument": "x" * 81}, [], "13",
    ],
)  # fmt: skip
def test_bad_input_is_named_and_changes_nothing(make_results, analyst, as_, body):
    row = make_results("HB")["HB"]
    problem(as_(analyst).post(f"/results/{row.id}/values", body), 422)
    row.refresh_from_db()
    assert (row.status, ResultValue.rows.count()) == ("waiting", 0)


def test_strange_questions(make_results, analyst, as_):
    make_results("HB")
    bench = as_(analyst)
    for query in ({"test": "\x00"}, {"number": "' OR 1=1 --"}, {"discipline": "x" * 500}, {"offset": "0"}):
        assert bench.get("/worklist", **query).status_code == 200
    for query in ({"limit": "0"}, {"limit": "x"}, {"status": "validated"}, {"offset": "-1"}):
        problem(bench.get("/worklist", **query), 422)
    problem(bench.get("/results", after="bukan"), 422)
    problem(bench.get("/results/bukan-id"), 422)
    problem(bench.get(f"/results/{uuid4()}"), 404)


def test_results_page_by_cursor_and_cost_the_same(make_results, make_patient, analyst, as_):
    for letter in "abc":
        make_results("HB", "HCT", who=make_patient(f"Pasien {letter}a"))
    bench = as_(analyst)
    seen, cursor = [], ""
    while True:
        body = bench.get("/results", limit=4, after=cursor).json()
        seen += [row["id"] for row in body["items"]]
        cursor = body["next"]
        if not cursor:
            break
    assert sorted(seen) == sorted(str(key) for key in Result.rows.values_list("id", flat=True))
    sample = Sample.rows.first()
    assert len(bench.get("/results", sample_id=str(sample.id)).json()["items"]) == 2

    def cost():
        with CaptureQueriesContext(connection) as captured:
            bench.get("/worklist")
            bench.get("/results")
        return len(captured)

    before = cost()
    for letter in "defg":
        make_results("HB", "HCT", "PLT", who=make_patient(f"Pasien {letter}b"))
    assert cost() == before


def test_a_value_of_a_person_without_entries_right_stays_out(make_results, counter, lab):
    row = make_results("HB")["HB"]
    from laras.core.errors import Forbidden

    with pytest.raises(Forbidden):
        services.set_aside(counter, owner_id=lab.id, result_id=row.id, reason="alat rusak")
