"""Patients through `/api/v1/`."""

import json

import pytest

from laras.basics.nik import build_nik
from laras.core import clock
from laras.core.api import new_token, token_digest
from laras.core.models import ApiToken
from laras.core.scope import Scope
from laras.people import queries, services

pytestmark = pytest.mark.django_db

BORN = "1985-01-12"


def nik_of(serial=1):
    from datetime import date

    return build_nik(district="33.22.01", birth_date=date(1985, 1, 12), sex="P", serial=serial)


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A")


@pytest.fixture
def call(client, make_user, lab):
    """``call("post", "/patients", {...}, key="1", owner=lab, roles=("receptionist",))`` -> status and body."""
    tokens = {}

    def token_for(owner, roles):
        if (owner, roles) not in tokens:
            user = make_user(f"api-{len(tokens)}", owner, *roles)
            plain = new_token()
            ApiToken.objects.create(
                user=user,
                owner=owner,
                label="test",
                digest=token_digest(plain),
                rights=["people", "partners"],
            )
            tokens[owner, roles] = plain
        return tokens[owner, roles]

    def send(method, path, body=None, *, key="", owner=lab, roles=("receptionist", "head", "administrator")):
        headers = {"Authorization": f"Bearer {token_for(owner, roles)}"}
        if key:
            headers["Idempotency-Key"] = key
        options = {"headers": headers}
        if method == "get":
            answer = client.get(f"/api/v1{path}", body or {}, **options)
        else:
            content = body if isinstance(body, str | bytes) else json.dumps(body or {})
            answer = getattr(client, method)(f"/api/v1{path}", content, content_type="application/json", **options)
        return answer.status_code, json.loads(answer.content)

    return send


def sulastri(**more):
    return {"full_name": "Sulastri Wahyuni", "sex": "P", "birth_date": BORN, "nik": nik_of()} | more


@pytest.fixture
def patient(call):
    return call("post", "/patients", sulastri(), key="made")[1]


def test_creating_reading_and_listing(call, patient):
    assert patient["mrn"].startswith("RM-")
    status, read = call("get", f"/patients/{patient['id']}")
    assert (status, read["nik"], read["identifiers"]) == (200, nik_of(), [])
    call("post", "/patients", sulastri(nik=nik_of(2), full_name="Kartini"), key="two")
    status, first = call("get", "/patients", {"limit": 1})
    assert [row["id"] for row in first["items"]] == [patient["id"]]
    _status, second = call("get", "/patients", {"limit": 1, "after": first["next"]})
    assert [row["full_name"] for row in second["items"]] == ["Kartini"]
    assert second["next"] is None
    for q in (nik_of(), "sulas", "wahyuni", patient["mrn"]):
        assert [row["id"] for row in call("get", "/patients", {"q": q})[1]["items"]] == [patient["id"]], q


def test_a_repeated_create_makes_one(call, lab):
    first = call("post", "/patients", sulastri(), key="same")
    assert first == call("post", "/patients", sulastri(), key="same")
    assert queries.all_patients(Scope.of(lab.id)).count() == 1
    assert call("post", "/patients", sulastri(full_name="Lain"), key="same")[0] == 409
    assert call("post", "/patients", sulastri())[0] == 422


def test_the_nik_of_another_names_field_and_patient(call, patient):
    status, problem = call("post", "/patients", sulastri(full_name="Orang Lain"), key="x")
    assert (status, problem["type"]) == (422, "urn:laras:problem:number_taken")
    assert problem["problems"][0]["field"] == "nik"
    assert patient["mrn"] in problem["problems"][0]["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("not json", None),
        ("[]", None),
        ({}, "full_name"),
        (sulastri(full_name=7), "full_name"),
        (sulastri(sex="X"), "sex"),
        (sulastri(birth_date="31-02-1985"), "birth_date"),
        (sulastri(birth_date="2999-01-01", nik="", no_nik_reason="absent"), "birth_date"),
        (sulastri(full_name="x" * 5000), "full_name"),
        (sulastri(full_name="Su\u0000lastri"), "full_name"),
        ('{"full_name": "\\ud800 Sulastri", "sex": "P", "birth_date": "1985-01-12"}', "full_name"),
        (sulastri(residence_id="7"), "residence_id"),
        (sulastri(identifiers=[{"system": "", "value": "\ud800"}]), "identifiers"),
    ],
)
def test_bad_input_is_a_problem_and_saves_nothing(call, lab, body, field):
    status, problem = call("post", "/patients", body, key="bad")
    assert status in (400, 422)
    if field:
        assert field in [row["field"] for row in problem["problems"]]
    assert not queries.all_patients(Scope.of(lab.id), status="").exists()


def test_html_and_sql_stay_text(call):
    name = "<script>alert(1)</script>'); DROP TABLE people_patient;--"
    assert call("post", "/patients", sulastri(full_name=name), key="x")[1]["full_name"] == name


def test_correcting(call, patient):
    path = f"/patients/{patient['id']}"
    status, changed = call("patch", path, {"address": "Jalan Mawar 7", "version": 1})
    assert (status, changed["address"], changed["version"]) == (200, "Jalan Mawar 7", 2)
    assert call("patch", path, {"address": "x", "version": 1})[0] == 409
    assert call("patch", path, {"full_name": None})[1]["full_name"] == "Sulastri Wahyuni"
    assert call("patch", path, {"nik": "7"})[0] == 422
    status, changed = call("post", f"{path}/identifiers", {"system": "bpjs", "value": "0001"})
    assert (status, changed["identifiers"]) == (200, [{"system": "bpjs", "value": "0001"}])


def test_duplicates_merge_and_undo(call, patient):
    twin = {"full_name": "SULASTRI WAHJOENI", "sex": "P", "birth_date": BORN}
    status, found = call("post", "/patients/duplicates", twin)
    assert (status, found[0]["patient"]["id"], found[0]["likely"]) == (200, patient["id"], True)
    assert found[0]["reasons"] == ["sounds_alike_and_birth_date"]
    status, problem = call("post", "/patients", twin | {"no_nik_reason": "absent"}, key="t")
    assert (status, problem["type"]) == (422, "urn:laras:problem:possible_duplicate")
    other = call("post", "/patients", twin | {"no_nik_reason": "absent", "duplicates_checked": True}, key="u")[1]
    assert [row["patient"]["id"] for row in call("get", f"/patients/{other['id']}/duplicates")[1]] == [patient["id"]]
    body = {"other_id": other["id"], "take": ["full_name"], "reason": "orang yang sama"}
    status, merge = call("post", f"/patients/{patient['id']}/merges", body, key="m")
    assert (status, merge["fields"]) == (201, ["full_name"])
    assert call("get", f"/patients/{other['id']}")[1]["merged_into_id"] == patient["id"]
    status, undone = call("post", f"/patient-merges/{merge['id']}/undo", {"reason": "dua orang"})
    assert (status, undone["undone_at"] is not None) == (200, True)
    assert call("get", f"/patients/{patient['id']}")[1]["full_name"] == "Sulastri Wahyuni"
    assert len(call("get", f"/patients/{patient['id']}/merges")[1]) == 1


def test_consents(call, patient):
    path = f"/patients/{patient['id']}/consents"
    assert {row["purpose"] for row in call("get", "/consent-texts")[1]} >= {"examination"}
    status, consent = call("post", path, {"purpose": "examination"}, key="c")
    assert (status, consent["status"]) == (201, "given")
    assert call("post", path, {"purpose": "examination", "given_at": "2026-01-01T00:00:00"}, key="d")[0] == 422
    for moment in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+00:00"):
        assert call("post", path, {"purpose": "examination", "given_at": moment}, key=moment)[0] == 422
    status, withdrawn = call("post", f"/consents/{consent['id']}/withdraw", {})
    assert (status, withdrawn["status"]) == (200, "withdrawn")
    assert call("post", f"/consents/{consent['id']}/withdraw", {})[0] == 409
    assert [row["status"] for row in call("get", path)[1]] == ["withdrawn"]


def test_erasure_is_refused_by_the_law(call, patient, monkeypatch):
    monkeypatch.setattr(services.erasing, "RETENTION_SOURCES", [lambda owner, ids: clock.now()])
    status, problem = call("post", f"/patients/{patient['id']}/erase", {"reason": "diminta pasien"})
    assert (status, problem["type"]) == (422, "urn:laras:problem:retention")


def test_another_laboratory_finds_nothing(call, patient, make_owner):
    other = make_owner("LAB-B")
    assert call("get", "/patients", owner=other)[1]["items"] == []
    for method, path, body in (
        ("get", "", None),
        ("patch", "", {"address": "x"}),
        ("get", "/duplicates", None),
        ("get", "/consents", None),
        ("get", "/merges", None),
        ("post", "/consents", {"purpose": "examination"}),
        ("post", "/erase", {"reason": "x y z"}),
        ("post", "/identifiers", {"system": "a", "value": "b"}),
    ):
        assert call(method, f"/patients/{patient['id']}{path}", body, key="k" + path, owner=other)[0] == 404


def test_who_may_only_read_changes_nothing(call, patient):
    reader = {"roles": ("cashier",)}
    assert call("get", f"/patients/{patient['id']}", **reader)[0] == 200
    for method, path, body in (
        ("post", "/patients", sulastri(nik=nik_of(3))),
        ("patch", f"/patients/{patient['id']}", {"address": "x"}),
        ("post", f"/patients/{patient['id']}/erase", {"reason": "x y z"}),
    ):
        assert call(method, path, body, key="r" + path, **reader)[0] == 403
    assert call("get", "/patients", roles=("courier",))[0] == 403
