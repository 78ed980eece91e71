"""The API of successions, jurisdictions, institutions, regions and closings; and the commands that read them."""

from __future__ import annotations

import json

from click.testing import CliRunner

from laras.network import queries
from laras.network.commands import network as command
from tests.network.test_api_and_cli import call as call  # the fixture

SPLIT = {
    "kind": "split",
    "on": "2026-02-01",
    "source": "Perda uji 2/2026",
    "successors": [
        {"code": "73.71.11", "name": "Biringkanaya", "area": "73.71.11"},
        {"code": "73.71.77", "name": "Baru"},
    ],
}


def test_a_succession_is_previewed_and_recorded(network, call, areas):
    api = call(network["province_office"].owner, "network_manager")
    plan = api("post", "/areas/73.71.11/successions/preview", SPLIT).json()
    assert (plan["ended"], plan["problems"], plan["moves"]) == (False, [], [])
    assert [one["created"] for one in plan["successors"]] == [False, True]
    assert queries.find_area("73.71.77") is None
    made = api("post", "/areas/73.71.11/successions", SPLIT, key="a")
    assert made.status_code == 201
    assert [one["other"] for one in made.json()["successions"]] == ["73.71.77"]
    assert api("post", "/areas/73.71.11/successions", SPLIT, key="a").json() == made.json()
    wrong = api(
        "post", "/areas/73.71.11/successions", {**SPLIT, "moved": [{"old_code": "1", "new_code": "2"}]}, key="b"
    )
    assert wrong.status_code == 422
    city = call(network["tier2"].owner, "head")
    assert city("post", "/areas/73.71.11/successions", SPLIT, key="c").status_code == 403
    assert api("get", "/areas/99.99/responsible").status_code == 404


def test_jurisdictions_by_api(network, call):
    api = call(network["province_office"].owner, "network_manager")
    address = "/organisations/DINKES-7371/jurisdictions"
    body = {"claims": [{"area": "73.71"}, {"area": "73.72"}], "valid_from": "2026-01-01", "basis": "Perda uji"}
    answer = api("put", address, body)
    assert {(row["area"], row["valid_from"], row["basis"]) for row in answer.json()} == {
        ("73.71", "2024-01-01", ""),
        ("73.72", "2026-01-01", "Perda uji"),
    }
    assert [row["organisation"] for row in api("get", "/areas/73.72/responsible").json()] == [
        "DINKES-7371", "DINKES-73", "KEMKES"
    ]  # fmt: skip
    assert [row["organisation"] for row in api("get", "/areas/73.72/responsible?on=2025-12-31").json()] == [
        "DINKES-73", "KEMKES"
    ]  # fmt: skip
    nation = call(network["ministry"].owner, "network_manager")
    for claims in ([{}], [{"area": "73.71", "national": True}], [{"area": "99"}], [{"region": 99}]):
        assert nation("put", address, {"claims": claims}).status_code == 422, claims
    assert api("put", address, {"claims": [{"national": True}]}).status_code == 403


def test_institutions_regions_and_closing_by_api(network, call):
    api = call(network["ministry"].owner, "network_manager")
    assert (
        api("post", "/institutions", {"code": "YYS", "name": "Yayasan", "kind": "yayasan"}, key="a").status_code == 201
    )
    assert api("patch", "/organisations/LAB-2", {"institution": "YYS"}).json()["institution"] == "YYS"
    assert api("patch", "/institutions/YYS", {"name": "Yayasan Uji"}).json()["organisations"] == 1
    assert [row["name"] for row in api("get", "/institutions?search=uji").json()["items"]] == ["Yayasan Uji"]
    assert api("patch", "/institutions/TIDAK", {}).status_code == 404
    assert api("patch", "/organisations/LAB-2", {"institution": "TIDAK"}).status_code == 422

    moved = api("post", "/regions/provinces", {"province": "72", "region": 9, "source": "KMK uji"}).json()
    nine = next(one for one in moved if one["number"] == 9)
    assert "72" in nine["provinces"]
    assert "72" not in nine["unverified"]
    assert api("post", "/regions/provinces", {"province": "72", "region": 99, "source": "x"}).status_code == 422

    body = {
        "code": "LAB-2B",
        "name": "Lab Baru",
        "kind": "labkesda_kabkota",
        "tier": 2,
        "area": "73.72",
        "supervisor": "LAB-3",
    }
    assert api("post", "/organisations", body, key="b").status_code == 201
    assert api("post", "/organisations/LAB-2/close", {"reason": "SK uji"}).status_code == 422
    closed = api("post", "/organisations/LAB-2/close", {"reason": "SK uji", "successor": "LAB-2B", "hand_over": True})
    assert (closed.json()["closed"], closed.json()["successors"]) == (True, ["LAB-2B"])
    assert api("get", "/organisations/LAB-1").json()["supervisor"] == "LAB-2B"
    opened = api("post", "/organisations/LAB-2/reopen", {"reason": "Keliru"}).json()
    assert (opened["closed"], opened["successors"], len(opened["versions"]) >= 1) == (False, [], True)


def test_commands_read_history_and_responsibility(network, areas):
    def say(*arguments):
        return json.loads(CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False).output)

    assert [(row["code"], row["parent"]) for row in say("history", "9101")] == [("93.01", "93"), ("91.01", "91")]
    assert [row["code"] for row in say("responsible", "73.71.11")] == ["DINKES-7371", "DINKES-73", "KEMKES"]
    assert say("responsible", "73.71.11", "--on", "2023-01-01") == []
    assert say("institutions") == []
