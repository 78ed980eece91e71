from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from laras.core import clock
from laras.core.api import new_token, token_digest
from laras.core.models import ApiToken
from laras.core.scope import Scope
from laras.orders.models import Order, Sample
from laras.people.models import Patient

SPACE = Scope.everything()
PATIENT = {"full_name": "Siti Aminah", "sex": "P", "birth_date": "1990-04-12", "no_nik_reason": "absent"}
BODY = {"patient": PATIENT, "codes": ["HB", "PLT", "GDP", "CHOL"]}
SITE = {
    "site": {"name": "Sumur RT 2", "latitude": "-8.58", "longitude": "116.32"},
    "codes": ["ECOLI", "PH"],
    "standard": "AM-PMK2-2023",
    "in_situ": {"ph": "7,1"},
}


class Caller:
    """The API as one token sees it."""

    def __init__(self, client, user, owner, rights):
        token = new_token()
        ApiToken.objects.create(user=user, owner=owner, label="uji", digest=token_digest(token), rights=rights)
        self.client, self.head = client, {"Authorization": f"Bearer {token}"}

    def get(self, path, **query):
        return self.client.get(f"/api/v1{path}", query, headers=self.head)

    def post(self, path, body, key=None):
        head = {**self.head, "Idempotency-Key": key or uuid4().hex}
        return self.client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=head)


@pytest.fixture
def api(client, make_user, lab):
    user = make_user("mesin", lab, "receptionist", "receiver", "sampler")
    return Caller(client, user, lab, ["orders", "people"])


def fields(answer):
    assert answer["Content-Type"] == "application/problem+json"
    return {problem["field"] for problem in answer.json()["problems"]}


def test_a_new_patient_with_four_tests(api):
    answer = api.post("/orders", BODY)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["total"] == 60000
    assert {row["test_code"] for row in made["tests"]} == {"HB", "PLT", "GDP", "CHOL"}
    assert len(made["samples"]) == 2
    # The two writers of JSON differ in the microseconds of a moment only.
    assert {**api.get(f"/orders/{made['id']}").json(), "registered_at": ""} == {**made, "registered_at": ""}
    assert api.get("/orders", q="siti").json()["items"][0]["number"] == made["number"]
    assert api.get("/numbers", number=made["number"].lower()).json()[0]["id"] == made["id"]


def test_the_same_key_makes_one_order(api):
    first = api.post("/orders", BODY, key="k1")
    again = api.post("/orders", BODY, key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert Order.objects.within(SPACE).count() == 1
    assert api.post("/orders", {**BODY, "codes": ["HB"]}, key="k1").status_code == 409


def test_registering_costs_few_statements(api):
    api.post("/orders", BODY)
    more = {**BODY, "patient": {**PATIENT, "full_name": "Budi Santoso", "birth_date": "1980-01-01"}}
    with CaptureQueriesContext(connection) as caught:
        assert api.post("/orders", more).status_code == 201
    asked = [q["sql"] for q in caught if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) <= 20, "\n".join(asked)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"codes": []}, "codes"),
        ({"codes": "HB"}, "codes"),
        ({"codes": ["XYZ"]}, "codes"),
        ({"codes": [None]}, "codes.0"),
        ({"codes": ["HB"] * 121}, "codes"),
        ({"payer": "siapa"}, "payer"),
        ({"urgency": 3}, "urgency"),
        ({"note": "n" * 501}, "note"),
        ({"note": "\x00"}, "note"),
        ({"requester": ["a"]}, "requester"),
        ({"collected_at": "kemarin"}, "collected_at"),
        ({"collected_at": "2020-01-01T00:00:00"}, "collected_at"),
        ({"collected_at": "0001-01-01T00:00:00+14:00"}, "collected_at"),
        ({"collected_at": "9999-12-31T23:59:59-12:00"}, "collected_at"),
        ({"client_id": "bukan"}, "client_id"),
        ({"client_id": str(uuid4())}, "client"),
        ({"patient": None}, "patient"),
        ({"patient": {**PATIENT, "birth_date": "2190-01-01"}}, "patient.birth_date"),
        ({"patient": {**PATIENT, "nik": "1234567890123456"}}, "patient.nik"),
        ({"patient": {**PATIENT, "full_name": "x" * 151}}, "patient.full_name"),
        ({"patient": {**PATIENT, "sex": "X"}}, "patient.sex"),
        ({"subject_kind": "environment"}, "subject_kind"),
    ],
)
def test_bad_input(api, change, field):
    answer = api.post("/orders", {**BODY, **change})
    assert answer.status_code == 422, answer.content
    assert field in fields(answer)
    assert not Order.objects.within(SPACE).exists()
    assert not Patient.objects.within(SPACE).exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"codes": 1e999}'])
def test_what_is_no_json_is_told(api, body):
    head = {**api.head, "Idempotency-Key": "k"}
    answer = api.client.post("/api/v1/orders", body, content_type="application/json", headers=head)
    assert answer.status_code in (400, 422)


def test_without_key_token_or_right(api, client, make_user, lab):
    assert client.post("/api/v1/orders", json.dumps(BODY), content_type="application/json").status_code == 401
    answer = client.post("/api/v1/orders", json.dumps(BODY), content_type="application/json", headers=api.head)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:laras:problem:idempotency_key")
    reader = Caller(client, make_user("pembaca", lab, "receptionist"), lab, ["orders.read"])
    assert reader.post("/orders", BODY).status_code == 403
    assert reader.get("/orders").status_code == 200
    blind = Caller(client, make_user("buta", lab, "courier"), lab, ["orders"])
    for path in ("/orders", "/samples", "/sites", f"/orders/{uuid4()}", f"/samples/{uuid4()}"):
        assert blind.get(path).status_code == 403
    assert not Order.objects.within(SPACE).exists()


def test_another_laboratorys_rows_are_not_found(api, client, make_user, other):
    made = api.post("/orders", BODY).json()
    sample = made["samples"][0]["id"]
    foreign = Caller(
        client, make_user("asing", other, "receptionist", "receiver", "sampler"), other, ["orders", "people"]
    )
    assert foreign.get("/orders").json()["items"] == []
    for path in (f"/orders/{made['id']}", f"/orders/{made['id']}/labels", f"/orders/{made['id']}/history",
                 f"/orders/{made['id']}/custody", f"/samples/{sample}"):  # fmt: skip
        assert foreign.get(path).status_code == 404
    for path, body in (
        (f"/orders/{made['id']}/cancel", {"reason": "x"}),
        (f"/orders/{made['id']}/tests", {"codes": ["UREA"]}),
        (f"/orders/{made['id']}/lines/{made['lines'][0]['id']}/cancel", {"reason": "x"}),
        ("/samples/collect", {"sample_ids": [sample]}),
        ("/samples/receive", {"sample_ids": [sample]}),
        (f"/samples/{sample}/refuse", {"reason": "late"}),
        ("/samples/hand-over", {"sample_ids": [sample], "to": "x"}),
        (f"/samples/{sample}/dispose", {}),
    ):
        assert foreign.post(path, body).status_code == 404, path
    assert foreign.post("/orders", {"patient_id": made["patient_id"], "codes": ["HB"]}).status_code == 404
    assert api.get(f"/orders/{made['id']}").json()["status"] == "registered"


def test_the_way_of_the_samples(api):
    made = api.post("/orders", BODY).json()
    ids = [row["id"] for row in made["samples"]]
    at = (clock.now() - timedelta(minutes=5)).isoformat()
    taken = api.post("/samples/collect", {"sample_ids": ids, "collected_at": at, "collector": "Ida"}).json()
    assert {row["status"] for row in taken} == {"collected"}
    assert len(api.get("/samples").json()) == 2
    assert api.post("/samples/hand-over", {"sample_ids": ids, "to": "Kurir"}).status_code == 201
    got = api.post("/samples/receive", {"sample_ids": ids[:1], "temperature": "4.2", "condition": "Baik"})
    assert got.json()[0]["temperature"] == "4.2"
    assert api.post("/samples/receive", {"sample_ids": ids}).status_code == 409
    refused = api.post(f"/samples/{ids[1]}/refuse", {"reason": "clotted", "replacement": True}).json()
    assert refused["replacement"]["replaces_id"] == ids[1]
    assert api.get(f"/orders/{made['id']}").json()["status"] == "working"
    links = [row["action"] for row in api.get(f"/orders/{made['id']}/custody").json()]
    assert sorted(links) == ["collected", "collected", "handed", "handed", "received", "refused"]
    told = [row["event"] for row in api.get(f"/orders/{made['id']}/history").json()]
    assert {"orders.order_registered", "orders.sample_collected", "orders.sample_refused"} <= set(told)
    added = api.post(f"/orders/{made['id']}/tests", {"codes": ["WBC"]})
    assert "WBC" in {row["test_code"] for row in added.json()["tests"]}
    line = next(row["id"] for row in added.json()["lines"] if row["code"] == "WBC")
    assert api.post(f"/orders/{made['id']}/lines/{line}/cancel", {"reason": "salah"}).status_code == 200
    assert api.post(f"/orders/{made['id']}/cancel", {"reason": ""}).status_code == 422
    assert api.post(f"/orders/{made['id']}/cancel", {"reason": "Pasien pulang"}).json()["status"] == "cancelled"


def test_labels(api):
    made = api.post("/orders", {**BODY, "patient": {**PATIENT, "full_name": '<b>Siti #set</b> "x"'}}).json()
    for query in ({}, {"stock": "70x40"}, {"sheet": "a4-24", "skip": 3}):
        answer = api.get(f"/orders/{made['id']}/labels", **query)
        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF")
    zpl = api.get(f"/orders/{made['id']}/labels.zpl").content.decode()
    assert zpl.count("^XA") == len(made["samples"])
    assert "<b>" not in zpl
    assert api.get(f"/orders/{made['id']}/labels", sheet="a4-24", skip=24).status_code == 422
    assert api.get(f"/orders/{made['id']}/labels", stock="1x1").status_code == 422
    api.post(f"/orders/{made['id']}/cancel", {"reason": "x"})
    assert api.get(f"/orders/{made['id']}/labels").status_code == 422


def test_site_orders(api):
    made = api.post("/site-orders", SITE)
    assert made.status_code == 201, made.content
    assert made.json()["in_situ"] == {"ph": "7.1"}
    assert made.json()["matrix"] == "air_minum"
    assert [row["name"] for row in api.get("/sites", q="rt 2").json()] == ["Sumur RT 2"]
    swapped = api.post("/site-orders", {**SITE, "site": {"name": "x", "latitude": "116.3", "longitude": "-8.5"}})
    assert fields(swapped) == {"site.latitude"}
    assert "tertukar" in swapped.json()["problems"][0]["message"]
    for change in ({"in_situ": {"ph": "x"}}, {"standard": "X"}, {"points": ["a"] * 21}, {"in_situ": {"ph": 7}},
                   {"site": {"name": "x", "latitude": "NaN", "longitude": "1"}}, {"codes": ["HB"]}):  # fmt: skip
        assert api.post("/site-orders", {**SITE, **change}).status_code == 422
    assert api.post("/sites", {"name": "Depot air", "latitude": "-8.6", "longitude": "116.1"}).status_code == 201
    assert api.post("/sites", {"name": "Jauh", "latitude": "48", "longitude": "2"}).status_code == 422


def test_pages_of_orders(api, counter, lab, patient):
    from laras.orders import services

    for _ in range(7):
        services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB"])
    seen, after = [], ""
    while True:
        page = api.get("/orders", limit=3, after=after).json()
        seen += [row["number"] for row in page["items"]]
        if not page["next"]:
            break
        after = page["next"]
    assert len(seen) == len(set(seen)) == 7
    assert api.get("/orders", after="omong kosong").status_code == 422
    assert api.get("/orders", after=f"0001-01-01T00:00:00+14:00~{uuid4()}").status_code == 422
    assert api.get("/orders", day_from="0001-01-01", day_until="9999-12-31").json()["items"]
    assert api.get("/orders", day_from="9999-12-31").json()["items"] == []
    assert api.get("/orders", limit=0).status_code == 422
    assert api.get("/orders", status="x").status_code == 422
    assert api.get("/orders", q="\x00'\"--").status_code == 200
    assert Sample.objects.within(SPACE).count() == 7
