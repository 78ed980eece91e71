from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from laras.core.api import new_token, token_digest
from laras.core.errors import NotFound
from laras.core.models import ApiToken, Owner
from laras.network import queries
from laras.network.commands import network as command
from laras.network.models import OrganisationVersion
from laras.network.rules import LEVELS
from tests.network.test_import import GOOD, HEADING


@pytest.fixture
def call(client, make_user):
    """``call(owner, role)(method, path, body)`` -> the answer to a token of a new person there."""

    def caller(owner, *roles):
        user = make_user(f"api-{owner.code}-{'-'.join(roles)}".lower(), owner, *roles)
        token = new_token()
        rights = sorted({right for row in user.assignments.all() for right in _rights(row.role)})
        ApiToken.objects.create(user=user, owner=owner, label="uji", digest=token_digest(token), rights=rights)

        def send(method, path, body=None, key=None):
            headers = {"authorization": f"Bearer {token}"}
            if key:
                headers["idempotency-key"] = key
            return client.generic(
                method.upper(),
                f"/api/v1{path}",
                json.dumps(body) if body is not None else "",
                content_type="application/json",
                headers=headers,
            )

        return send

    return caller


def _rights(role: str):
    from laras.core.rights import ROLES

    return ROLES[role].rights


# --- API ---------------------------------------------------------------------------------------------
def test_areas_page_by_code(network, call):
    api = call(network["tier2"].owner, "analyst")
    first = api("get", "/areas?level=provinsi&limit=20").json()
    second = api("get", f"/areas?level=provinsi&limit=20&after={first['next']}").json()
    codes = [row["code"] for row in first["items"] + second["items"]]
    assert len(codes) == 38
    assert codes == sorted(codes)
    assert second["next"] is None
    assert api("get", "/areas?parent=73").json()["items"][0]["code"] == "73.06"
    assert [row["code"] for row in api("get", "/areas?search=parepare").json()["items"]] == ["73.72"]


def test_one_area_with_its_history(network, call):
    area = call(network["tier2"].owner, "analyst")("get", "/areas/91.01").json()
    assert (area["code"], area["path"]) == ("93.01", ["Papua Selatan"])
    assert [row["code"] for row in area["versions"]] == ["93.01", "91.01"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/areas/99.99", 404),
        ("/areas?level=negara", 422),
        ("/areas?parent=xx", 422),
        ("/areas?limit=0", 422),
        ("/areas?search=%00", 200),
        ("/areas?after=%00", 200),
        ("/areas?on=kemarin", 422),
        ("/laboratories?tier=9", 422),
        ("/laboratories?search=%27%3B%00", 200),
        ("/organisations/TIDAK%00ADA", 404),
    ],
)
def test_strange_questions_get_clear_answers(network, call, path, status):
    answer = call(network["tier2"].owner, "analyst")("get", path)
    assert answer.status_code == status
    if status >= 400:
        assert answer["Content-Type"] == "application/problem+json"


def test_the_directory_is_open_to_every_token_and_to_nobody_else(network, call, client):
    rows = call(network["tier1"].owner, "cashier")("get", "/laboratories?tier=2").json()["items"]
    assert [(row["code"], row["supervisor"], row["area"]) for row in rows] == [("LAB-2", "LAB-3", "73.71")]
    assert client.get("/api/v1/laboratories").status_code == 401


def test_create_once_per_key(network, call):
    api = call(network["province_office"].owner, "network_manager")
    body = {"code": "PKM-X", "name": "Puskesmas Uji", "kind": "puskesmas", "tier": 1, "area": "73.71.01"}
    first = api("post", "/organisations", {**body, "supervisor": "LAB-2"}, "k1")
    assert first.status_code == 201, first.content
    assert first.json()["supervisor"] == "LAB-2"
    assert api("post", "/organisations", {**body, "supervisor": "LAB-2"}, "k1").json() == first.json()
    assert api("post", "/organisations", {**body, "code": "PKM-Y"}, "k1").status_code == 409
    assert api("post", "/organisations", {**body, "code": "PKM-Y"}).status_code == 422
    wrong = api("post", "/organisations", {**body, "tier": 99, "name": ""}, "k2")
    assert wrong.status_code == 422
    assert {problem["field"] for problem in wrong.json()["problems"]} == {"tier", "name", "code"}
    for field, value in (("area", "99"), ("supervisor", "TIDAK"), ("region", 77)):
        answer = api("post", "/organisations", {**body, "code": "PKM-Z", field: value}, f"k-{field}")
        assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, field)
    assert Owner.objects.filter(code__startswith="PKM-").count() == 1


def test_patch_changes_what_is_sent_and_asks_for_the_right(network, call):
    head = call(network["tier2"].owner, "head")
    assert head("patch", "/organisations/LAB-2", {"phone": "0411"}).json()["phone"] == "0411"
    assert head("patch", "/organisations/LAB-2", {"tier": 3}).status_code == 403
    assert head("patch", "/organisations/LAB-3", {"phone": "0411"}).status_code == 403
    office = call(network["province_office"].owner, "network_manager")
    assert office("patch", "/organisations/LAB-2", {"supervisor": "LAB-4"}).json()["supervisor"] == "LAB-4"
    assert office("patch", "/organisations/LAB-2", {"supervisor": None}).json()["supervisor"] is None
    assert office("patch", "/organisations/TIDAK", {"phone": "1"}).status_code == 404
    assert OrganisationVersion.objects.filter(organisation_id=network["tier2"].pk).count() == 2


def test_import_over_the_api(network, call):
    office = call(network["province_office"].owner, "network_manager")
    plan = office("post", "/laboratories/import/preview", {"csv": GOOD}).json()
    assert (plan["created"], plan["problems"]) == (4, [])
    assert queries.find_organisation("PKM-1") is None
    assert office("post", "/laboratories/import", {"csv": GOOD}).json() == {"created": 4, "changed": 0, "same": 0}
    assert office("post", "/laboratories/import", {"csv": GOOD}).json() == {"created": 0, "changed": 0, "same": 4}
    wrong = office("post", "/laboratories/import", {"csv": f"{HEADING}\nA,,1,puskesmas,73,,,\n"})
    assert (wrong.status_code, wrong.json()["problems"][0]["row"]) == (422, 2)
    assert call(network["tier2"].owner, "head")("post", "/laboratories/import", {"csv": GOOD}).status_code == 403


def test_regions(network, call):
    rows = call(network["tier2"].owner, "analyst")("get", "/regions").json()
    assert len(rows) == 11
    assert sum(len(row["provinces"]) for row in rows) == 38


# --- Commands ----------------------------------------------------------------------------------------
def run(*arguments):
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_labs_keeps_its_contract(network):
    rows = json.loads(run("labs", "--json").stdout)
    assert [set(row) for row in rows] == [{"code", "name", "tier", "kind", "area", "supervisor"}] * 5
    assert json.loads(run("labs", "--tier", "2", "--json").stdout) == [
        {
            "code": "LAB-2",
            "name": "Lab uji LAB-2",
            "tier": 2,
            "kind": "labkesda_kabkota",
            "area": "73.71",
            "supervisor": "LAB-3",
        }
    ]
    inside = json.loads(run("labs", "--area", "7371", "--json").stdout)
    assert [row["code"] for row in inside] == ["LAB-1", "LAB-2", "LAB-3", "LAB-4"]
    assert "LAB-2" in run("labs").stdout
    with pytest.raises(NotFound):
        run("labs", "--area", "99", "--json")


@pytest.mark.parametrize("level", list(LEVELS))
def test_areas_keeps_its_contract(network, level):
    rows = json.loads(run("areas", "--level", level, "--json").stdout)
    assert len(rows) == queries.areas(level=LEVELS[level]).count() > 0
    assert {"code", "name", "parent"} <= set(rows[0])
    assert all(row["code"].count(".") + 1 == LEVELS[level] for row in rows)


def test_import_command(network, tmp_path):
    file = tmp_path / "lab.csv"
    file.write_text(GOOD, encoding="utf-16")
    dry = json.loads(run("labs", "import", str(file), "--dry-run", "--json").stdout)
    assert (dry["saved"], dry["created"]) == (False, 4)
    assert queries.find_organisation("PKM-1") is None
    assert json.loads(run("labs", "import", str(file), "--json").stdout)["saved"] is True
    assert json.loads(run("labs", "import", str(file), "--json").stdout)["same"] == 4
    file.write_text(f"{HEADING}\nA,Nama,9,puskesmas,73.71,,,\n")
    wrong = run("labs", "import", str(file), "--json")
    assert wrong.exit_code == 1
    assert json.loads(wrong.stdout)["problems"][0] == {
        "row": 2,
        "field": "tier",
        "message": "Tingkat “9” bukan 1 sampai 5.",
    }
