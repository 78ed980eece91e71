"""The map of the network: figures by area, marks by kind, within reach; the public sums."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache

from laras.core import clock
from laras.core.scope import Scope
from laras.network import queries as network_queries
from laras.network.drawing import AreaMap, AreaValue, Kind, Mark, draw, svg
from laras.network.rules import PERCENT, Classes
from laras.network.services import rebuild_reach
from laras.network.templatetags.maps import picture
from laras.resources import queries, services
from tests.network.conftest import SYSTEM

EVERYTHING = Scope.everything()


@pytest.fixture
def ground(network, db):
    services.load_shipped_standards()
    rebuild_reach()
    return network


@pytest.fixture
def visit(sign_in, make_user, ground):
    def enter(where, role="officer"):
        return sign_in(make_user(f"{where}-{role}", ground[where].owner, role))

    return enter


def report(lab, items):
    sheet = "lab_code,item,functioning\n" + "".join(f"{lab},{item},{n}\n" for item, n in items)
    services.accept_equipment(SYSTEM, content=sheet.encode())


def meet_all(network, code):
    labs = queries.laboratories(owner_ids=[network[code].pk])
    lines = queries.lines(EVERYTHING, labs[0], queries.standard())
    report(labs[0].code, [(line.item.code, line.minimum) for line in lines])


def test_figures_count_by_area_and_keep_silence_apart_from_little(ground):
    meet_all(ground, "tier2")
    few = queries.lines(EVERYTHING, queries.laboratories(owner_ids=[ground["tier1"].pk])[0], queries.standard())[:2]
    report("LAB-1", [(line.item.code, line.minimum) for line in few])
    found = queries.network_map(EVERYTHING)
    city = {one.code: one for one in queries.figures(found, 2)}["73.71"]
    # LAB-1 to LAB-4 stand there; the balai besar stands in the province of Jakarta and no kabkota is known.
    assert city.tiers == {1: 1, 2: 1, 3: 1, 4: 1}
    assert (city.judged, city.above, city.silent) == (4, 1, 2)
    assert (city.above_percent, city.silent_percent) == (25, 50)
    provinces = {one.code: one for one in queries.figures(found, 1)}
    assert len(provinces) == 38
    assert (provinces["73"].labs, provinces["31"].labs, provinces["11"].above_percent) == (4, 1, None)
    assert [one.code for one in queries.figures(found, 2, inside="73.71")] == ["73.71"]
    assert {one.code: one.labs for one in queries.figures(found, 2)}["31"] == 1


def test_the_worst_permit_decides(ground):
    today = clock.today()

    def permit(code, kind, until):
        paper = {"number": f"{kind}-{code}", "valid_from": today - timedelta(days=900), "valid_until": until}
        services.record_permit(SYSTEM, owner_id=ground[code].pk, kind=kind, values=paper)

    permit("tier1", "operation", None)
    permit("tier2", "operation", today + timedelta(days=30))
    permit("tier2", "wastewater_slo", today + timedelta(days=900))
    permit("tier3", "operation", today - timedelta(days=1))
    permit("tier3", "wastewater_slo", None)
    kinds = queries.permit_kinds_of(EVERYTHING, queries.laboratories())
    by_code = {lab.code: kinds[lab.id] for lab in queries.laboratories()}
    assert by_code == {"LAB-1": "valid", "LAB-2": "soon", "LAB-3": "over", "LAB-4": "unknown", "LAB-5": "unknown"}


def test_who_does_a_test(ground):
    for code in ("tier2", "tier3"):
        services.add_capability(SYSTEM, owner_id=ground[code].pk, test_code="TCMTB", method="x", tat_hours=24)
    row = queries.capabilities(owner_id=ground["tier3"].pk)[0]
    services.pause_capability(SYSTEM, owner_id=ground["tier3"].pk, capability_id=row.id, reason="reagen habis")
    assert queries.doing("TCMTB") == {ground["tier2"].pk: "active", ground["tier3"].pk: "paused"}


@pytest.mark.parametrize(("percent", "kind"), [(100, "high"), (80, "high"), (79.9, "mid"), (50, "mid"), (0, "low")])
def test_kinds_of_scores(percent, kind):
    assert queries.score_kind(percent) == kind
    assert queries.score_kind(queries.SILENT) == "silent"


# --- The drawing, whatever is counted ---------------------------------------------------------------------------------
def test_a_drawing_needs_no_laboratories(db):
    areas = [
        AreaValue("73.71", "Kota Makassar", 12.5, "12,5 per 100.000", "/x?a=1&b=2"),
        AreaValue("73.72", "Kota <Parepare>", None, "tidak ada data"),
        AreaValue("99.99", "Tak dikenal", 3, "3"),
    ]
    found = draw(
        AreaMap("Peta uji", areas, PERCENT, frame=["73.71", "73.72"], kinds=[Kind("k", "Titik")],
                marks=[Mark("k", -5.1, 119.4, "Satu", "/satu")]),
        network_queries.geometry(),
    )  # fmt: skip
    assert found.undrawn == ["Tak dikenal"]
    assert [(one.tone, one.label) for one in found.areas] == [("c0", "13"), ("none", "")]
    assert (found.legend[0].tone, found.legend[0].areas) == ("c0", 1)
    assert found.legend[-1].tone == "none"
    text = str(picture(found))
    assert 'href="/x?a=1&amp;b=2"' in text
    assert "Kota &lt;Parepare&gt;: tidak ada data" in text
    assert 'fill="url(#map-none)"' in text
    assert "<svg" in svg(found)


def test_many_marks_are_one_line_a_kind(db):
    marks = [Mark("k", -5 - n / 1000, 119.5, "x", "/x") for n in range(500)]
    wanted = AreaMap("x", [], Classes((1,), whole=True), kinds=[Kind("k", "Titik"), Kind("l", "Lain")], marks=marks)
    found = draw(wanted, network_queries.geometry())
    assert len(found.marks) == 1
    assert found.marks[0].url == ""
    assert found.marks[0].path.count("M") == 500
    assert [line.areas for line in found.mark_legend] == [500, 0]


# --- Pages ------------------------------------------------------------------------------------------------------------
def test_an_office_sees_its_reach_and_begins_at_its_province(visit, ground):
    page = visit("province_office").get("/kemampuan/peta/").content.decode()
    assert "<h2>Sulawesi Selatan</h2>" in page
    assert re.search(r"Kota Makassar: \d laboratorium", page)
    assert "LAB-2" in page
    assert "LAB-5" not in page  # of the ministry, beyond its reach
    whole = visit("ministry").get("/kemampuan/peta/?area=semua").content.decode()
    assert "<h2>Indonesia</h2>" in whole
    assert whole.count("laboratorium</title>") + whole.count("tidak ada laboratorium</title>") >= 38
    assert "area=73&" in whole or 'area=73"' in whole


def test_one_laboratory_sees_itself_alone(visit, ground):
    page = visit("tier2", "head").get("/kemampuan/peta/").content.decode()
    assert "LAB-2" in page
    assert "LAB-3" not in page
    assert visit("tier2", "receptionist").get("/kemampuan/peta/").status_code == 403


def test_an_area_without_laboratories_of_a_tier_says_zero(visit, ground):
    page = visit("ministry").get("/kemampuan/peta/?area=73").content.decode()
    city = re.search(r"73\.71</span></td>(.*?)</tr>", page, re.S)[1]
    assert re.findall(r'data-label="Tk\. \d">(\d+)<', city) == ["1", "1", "1", "1", "0"]


@pytest.mark.parametrize("points", ["tier", "score", "permit", "test"])
def test_points_and_table_say_the_same(visit, ground, points):
    services.add_capability(SYSTEM, owner_id=ground["tier2"].pk, test_code="TCMTB", method="x", tat_hours=24)
    client = visit("ministry")
    page = client.get(f"/kemampuan/peta/?area=73.71&points={points}&test=TCMTB&lab=LAB-2").content.decode()
    assert "Masukkan pilihan yang valid" not in page
    assert "Lab uji LAB-2" in page
    assert ("Lab uji LAB-3:" in page) == (points != "test")
    assert 'class="ties"' in page
    rows = client.get(f"/kemampuan/peta/?area=73.71&points={points}&test=TCMTB&format=csv&rows=labs").content.decode()
    assert ("LAB-3" in rows) == (points != "test")


def test_files_and_paper(visit, ground):
    client = visit("ministry")
    lines = client.get("/kemampuan/peta/?area=73&format=csv").content.decode().splitlines()
    assert lines[0].startswith("code,name,laboratories,tier_1")
    assert "73.71,Kota Makassar,4,1,1,1,1,0,4,0,4" in lines
    paper = client.get("/kemampuan/peta/?area=73&format=pdf&points=tier")
    assert paper.content.startswith(b"%PDF")
    assert client.get("/kemampuan/peta/?area=99").status_code == 404


def test_everybody_reads_sums_and_nobody_names(client, ground):
    cache.clear()  # they are kept for an hour, over the tests before
    answer = client.get("/kemampuan/peta/publik/?figure=silent")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "max-age=600" in answer["Cache-Control"]
    assert "Sulawesi Selatan: 100 % (4 dari 4)" in page
    assert "LAB-" not in page
    inside = client.get("/kemampuan/peta/publik/?area=73").content.decode()
    assert "Kota Makassar: 4 laboratorium" in inside
    assert "LAB-" not in inside
    assert client.get("/kemampuan/peta/publik/?area=73.71").status_code == 404
