"""The catalogue through ``/api/v1/`` and through ``laras catalogue``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from laras.catalogue import queries
from laras.catalogue.commands import catalogue as command
from laras.catalogue.models import ReferenceRelease
from laras.core.api import new_token, token_digest
from laras.core.models import ApiToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A")


@pytest.fixture
def call(client, make_user, lab):
    tokens = {}

    def send(method, path, body=None, *, key="", owner=lab, role="quality_manager"):
        if (owner, role) not in tokens:
            tokens[owner, role] = new_token()
            user = make_user(f"api-{len(tokens)}", owner, role)
            ApiToken.objects.create(
                user=user, owner=owner, label="uji", digest=token_digest(tokens[owner, role]), rights=["catalogue"]
            )
        headers = {"Authorization": f"Bearer {tokens[owner, role]}"} | ({"Idempotency-Key": key} if key else {})
        address = f"/api/v1/catalogue{path}"
        if method == "get":
            answer = client.get(address, body or {}, headers=headers)
        else:
            answer = getattr(client, method)(
                address, json.dumps(body or {}), content_type="application/json", headers=headers
            )
        return answer.status_code, json.loads(answer.content)

    return send


def test_reading_pages_by_code(call, lab):
    seen, after = [], ""
    while True:
        status, page = call("get", "/tests", {"limit": 150, "after": after})
        assert status == 200
        seen += [row["code"] for row in page["items"]]
        after = page["next"] or ""
        if not after:
            break
    assert seen == list(queries.effective(lab.id).tests)
    assert call("get", "/tests", {"after": "NOPE"})[0] == 404
    assert call("get", "/tests", {"q": "hb"})[1]["items"][0]["loinc"] == "718-7"
    water = call("get", "/tests", {"subject": "environment", "tier": 1})[1]["items"]
    assert {row["subject"] for row in water} == {"environment"}
    assert {row["tier"] for row in water} == {1}
    assert call("get", "/tests", {"tier": 9})[0] == 422


def test_one_test_one_standard_panels(call):
    status, row = call("get", "/tests/HB")
    assert status == 200
    assert {r["origin"]["status"] for r in row["ranges"]} == {"practice", "memory"}
    assert [r["judges"] for r in row["criticals"]] == [False] * 5
    assert row["origin"]["source"].startswith("KMK")
    assert call("get", "/tests/NOPE")[0] == 404
    standard = call("get", "/standards/AM-PMK2-2023")[1]
    assert len(standard["limits"]) == 19
    assert standard["limits"][3]["text"] == "< 300"
    assert call("get", "/standards/NOPE")[0] == 404
    assert "AM-PMK2-2023" in [s["code"] for s in call("get", "/standards")[1]["items"]]
    assert call("get", "/panels", {"limit": 200})[1]["next"] is None
    assert "hematologi" in call("get", "/disciplines")[1]


def test_adopting_is_idempotent_by_its_key(call, lab):
    body = {"kind": "practice", "key": "a", "reason": "Kesepakatan"}
    first = call("post", "/adoptions", body, key="k")
    assert first[0] == 201
    assert call("post", "/adoptions", body, key="k") == first
    assert ReferenceRelease.objects.filter(publisher__owner=lab).count() == 1
    assert call("post", "/adoptions", body)[0] == 422
    assert call("post", "/adoptions", {**body, "key": "zzz"}, key="k2")[0] == 404
    for kind, key in (
        ("critical", "HB/adult@b"),
        ("limit", "AM-KHUSUS/CRT"),
        ("standard", "LIMBAH-FASYANKES"),
        ("range", "HB/all/1827-4383"),
    ):
        assert call("post", "/adoptions", {"kind": kind, "key": key, "reason": "r"}, key=kind)[0] == 201, kind
    assert len(call("get", "/releases")[1]) == 5


def test_every_range_of_a_test_is_adopted_at_once(call):
    body = {"kind": "ranges", "key": "HB", "reason": "Rapat mutu"}
    waiting = [row for row in call("get", "/tests/HB")[1]["ranges"] if not row["judges"]]
    assert len(waiting) > 1
    assert call("post", "/adoptions", body, key="k")[0] == 201
    assert all(row["judges"] for row in call("get", "/tests/HB")[1]["ranges"])
    assert len(call("get", "/releases")[1]) == 1
    # Nothing is left to adopt, and no such test.
    assert call("post", "/adoptions", body, key="k2")[0] == 404
    assert call("post", "/adoptions", {**body, "key": "ZZZ"}, key="k3")[0] == 404


def test_own_rows_through_the_api(call, lab):
    assert call("post", "/criticals", {"test": "K", "low": "2.5", "reason": "r"}, key="1")[0] == 201
    assert call("post", "/ranges", {"test": "CL", "low": 95, "high": "110", "reason": "r"}, key="2")[0] == 201
    new = {"code": "X", "name": "Uji X", "discipline": "kimia_klinik", "ucum": "mg/dL", "unit": "mg/dL", "reason": "r"}
    assert call("post", "/tests", new, key="3")[0] == 201
    assert call("get", "/tests/LAB-A:X")[1]["local_code"] == "LAB-A:X"
    assert call("patch", "/tests/HB", {"method": "Sianmet", "reason": "r"})[0] == 200
    assert call("get", "/tests/HB")[1]["method"] == "Sianmet"
    assert call("post", "/withdrawals", {"kind": "test", "key": "HB", "reason": "r"}, key="4")[0] == 201
    assert call("get", "/tests/HB")[1]["method"] == "Fotometri"
    for key in ("HB", "a\x00b"):
        assert call("post", "/withdrawals", {"kind": "test", "key": key, "reason": "r"}, key=key[:1])[0] == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/criticals", {"test": "K", "low": "NaN", "reason": "r"}),
        ("/criticals", {"test": "K", "low": "1e99", "reason": "r"}),
        ("/criticals", {"test": "K", "reason": "r"}),
        ("/criticals", {"test": "K", "low": 1, "reason": ""}),
        ("/criticals", {"test": "K", "low": 1, "reason": "a\x00b"}),
        ("/ranges", {"test": "HB", "age_from": 9, "age_until": 3, "low": 1, "reason": "r"}),
        ("/ranges", {"test": "HB", "normal": ["NOPE"], "reason": "r"}),
        ("/tests", {"code": "X", "name": "a\x00", "discipline": "kimia_klinik", "reason": "r"}),
        ("/tests", {"code": "X", "name": "X", "discipline": "nope", "reason": "r"}),
        ("/tests", {"code": "../../x", "name": "X", "discipline": "kimia_klinik", "reason": "r"}),
        ("/adoptions", {"kind": "x", "key": "a", "reason": "r"}),
        ("/withdrawals", {"kind": "test", "key": "x" * 400, "reason": "r"}),
    ],
)
def test_bad_bodies_are_refused_and_change_nothing(call, lab, path, body):
    status, answer = call("post", path, body, key="k")
    assert status == 422, answer
    assert answer["type"].startswith("urn:laras:problem:")
    assert not ReferenceRelease.objects.filter(publisher__owner=lab).exists()


def test_rights_and_strangers(call, make_owner, lab):
    body = {"kind": "practice", "key": "a", "reason": "r"}
    assert call("post", "/adoptions", body, key="k", role="analyst")[0] == 403
    assert call("post", "/criticals", {"test": "K", "low": 1, "reason": "r"}, key="k", role="analyst")[0] == 403
    assert call("patch", "/tests/HB", {"method": "x", "reason": "r"}, role="analyst")[0] == 403
    other = make_owner("LAB-B")
    assert call("post", "/adoptions", body, key="k", owner=other)[0] == 201
    assert call("get", "/releases")[1] == []
    assert not any(row["judges"] for row in call("get", "/tests/HB")[1]["criticals"])


# --- laras catalogue ------------------------------------------------------------------------------------------------


def _run(*arguments: str):
    result = CliRunner().invoke(command, list(arguments))
    return result.exit_code, result.output


def test_commands_answer_scripts(lab, shipped):
    code, text = _run("tests", "--json")
    rows = json.loads(text)
    assert code == 0
    assert len(rows) == len(shipped.tests)
    assert {"code", "name", "loinc", "unit", "discipline", "tier"} <= set(rows[0])
    assert all(row["loinc"] or ":" in row["local_code"] for row in rows)
    assert {r["tier"] for r in json.loads(_run("tests", "--json", "--tier", "2")[1])} == {1, 2}
    assert len(json.loads(_run("limits", "AM-PMK2-2023", "--json")[1])) == 19
    assert json.loads(_run("panels", "--json", "--lab", "LAB-A")[1])[0]["tests"]
    assert sum(row["limits"] for row in json.loads(_run("standards", "--json")[1])) == 182
    assert "HB" in _run("tests", "--discipline", "hematologi")[1]
    assert _run("check") == (0, "katalog utuh\n")
    assert "baris" in _run("load")[1]


def test_commands_say_what_they_do_not_know(db):
    assert _run("limits", "NOPE")[0] == 1
    assert _run("tests", "--lab", "NOPE")[0] == 1
    assert _run("tests", "--tier", "9")[0] == 2
