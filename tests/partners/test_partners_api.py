"""Clients through `/api/v1/`."""

import json

import pytest

from laras.core.api import new_token, token_digest
from laras.core.models import ApiToken
from laras.core.scope import Scope
from laras.partners import queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A")


@pytest.fixture
def call(client, make_user, lab):
    tokens = {}

    def token_for(owner, role):
        if (owner, role) not in tokens:
            plain = new_token()
            user = make_user(f"api-{len(tokens)}", owner, role)
            ApiToken.objects.create(
                user=user, owner=owner, label="test", digest=token_digest(plain), rights=["partners"]
            )
            tokens[owner, role] = plain
        return tokens[owner, role]

    def send(method, path, body=None, *, key="", owner=lab, role="receptionist"):
        headers = {"Authorization": f"Bearer {token_for(owner, role)}"} | ({"Idempotency-Key": key} if key else {})
        if method == "get":
            answer = client.get(f"/api/v1{path}", body or {}, headers=headers)
        else:
            content = json.dumps(body or {})
            answer = getattr(client, method)(
                f"/api/v1{path}", content, content_type="application/json", headers=headers
            )
        return answer.status_code, json.loads(answer.content)

    return send


@pytest.fixture
def clinic(call):
    return call("post", "/clients", {"name": "Klinik Melati", "kind": "facility"}, key="made")[1]


def test_clients(call, clinic, lab):
    path = f"/clients/{clinic['id']}"
    assert clinic["code"] == "P-0001"
    assert call("post", "/clients", {"name": "Klinik Melati", "kind": "facility"}, key="made")[1] == clinic
    assert queries.all_clients(Scope.of(lab.id)).count() == 1
    assert [row["id"] for row in call("get", "/clients", {"q": "klinik"})[1]["items"]] == [clinic["id"]]
    assert call("get", "/clients", {"kind": "person"})[1]["items"] == []
    status, changed = call("patch", path, {"phone": "0812 3456 7890", "version": 1})
    assert (status, changed["phone"], changed["version"]) == (200, "+6281234567890", 2)
    assert call("patch", path, {"phone": "", "version": 1})[0] == 409
    status, changed = call("post", f"{path}/identifiers", {"system": "pcare", "value": "0001"})
    assert changed["identifiers"] == [{"system": "pcare", "value": "0001"}]
    assert call("post", f"{path}/close")[1]["status"] == "closed"
    assert call("post", f"{path}/close")[0] == 409
    assert call("post", f"{path}/reopen")[1]["status"] == "active"


def test_doctors(call, clinic):
    path = f"/clients/{clinic['id']}/practitioners"
    status, doctor = call("post", path, {"name": "dr. Budi"}, key="d")
    assert (status, doctor["active"]) == (201, True)
    gone = {"name": "dr. Budi", "active": False}
    assert call("put", f"/practitioners/{doctor['id']}", gone)[1]["active"] is False
    assert call("get", path)[1] == []
    assert len(call("get", path, {"all": True})[1]) == 1


def test_agreements(call, clinic):
    path = f"/clients/{clinic['id']}/agreements"
    draft = {"number": "PKS/1", "title": "Rujukan", "valid_from": "2026-01-01"}
    status, agreement = call("post", path, draft, key="a")
    assert (status, agreement["status"]) == (201, "draft")
    one = f"/agreements/{agreement['id']}"
    assert call("patch", one, {"valid_until": "2025-01-01"})[0] == 422
    assert call("patch", one, {"title": "Rujukan mikrobiologi"})[1]["title"] == "Rujukan mikrobiologi"
    assert call("post", f"{one}/sign")[1]["status"] == "signed"
    assert call("patch", one, {"title": "x"})[0] == 409
    assert call("post", f"{one}/end", {"reason": ""})[0] == 422
    assert call("post", f"{one}/end", {"reason": "sepakat"})[1]["status"] == "ended"
    assert len(call("get", path)[1]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": 1, "kind": "facility"}, "name"),
        ({"name": "x" * 999, "kind": "facility"}, "name"),
        ({"name": "Kli\u0000nik", "kind": "facility"}, "name"),
        ({"name": "Klinik \ud800", "kind": "facility"}, "name"),
        ({"name": "Klinik", "kind": "friend"}, "kind"),
        ({"name": "Klinik", "kind": "facility", "email": "x"}, "email"),
        ({"name": "Klinik", "kind": "facility", "organisation_id": 7}, "organisation_id"),
    ],
)
def test_bad_input_is_a_problem_and_saves_nothing(call, lab, body, field):
    status, problem = call("post", "/clients", body, key="bad")
    assert status == 422
    assert field in [row["field"] for row in problem["problems"]]
    assert not queries.all_clients(Scope.of(lab.id), status="").exists()


def test_rights_and_other_laboratories(call, clinic, make_owner):
    other = make_owner("LAB-B")
    path = f"/clients/{clinic['id']}"
    assert call("get", "/clients", owner=other)[1]["items"] == []
    for method, more, body in (
        ("get", "", None),
        ("patch", "", {"name": "x"}),
        ("post", "/close", None),
        ("get", "/practitioners", None),
        ("post", "/agreements", {"number": "1", "title": "x", "valid_from": "2026-01-01"}),
    ):
        assert call(method, path + more, body, key="k" + more, owner=other)[0] == 404
    assert call("patch", path, {"name": "x"}, role="cashier")[0] == 403
    assert call("get", path, role="cashier")[0] == 200
    assert call("get", path, role="courier")[0] == 403
