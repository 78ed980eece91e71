from __future__ import annotations

from datetime import timedelta

import pytest

from laras.core import clock
from laras.core.scope import Scope
from laras.network.services import rebuild_reach
from laras.resources import queries, services
from tests.network.conftest import SYSTEM

pytestmark = pytest.mark.usefixtures("with_context")

SHEET = (
    "lab_code,item,functioning\n{code},Inkubator,{n}\n{code},Biosafety Cabinet Class II Type A2,1\n{code},Kulkas,2\n"
)


@pytest.fixture(autouse=True)
def _standard(db):
    services.load_shipped_standards()


@pytest.fixture
def lab(network):
    return network["tier2"]


@pytest.fixture
def visit(sign_in, make_user, network):
    def enter(where, role):
        return sign_in(make_user(f"{where}-{role}", network[where].owner, role))

    return enter


def address(lab, *parts):
    return "/".join(["/kemampuan", str(lab.pk), "alat", *map(str, parts), ""])


def take(code, n, **more):
    services.accept_equipment(SYSTEM, content=SHEET.format(code=code, n=n).encode(), **more)


def test_a_figure_opens_to_its_rows(visit, lab):
    take("LAB-2", 2, valid_from=clock.today() - timedelta(days=30))
    take("LAB-2", 0)
    client = visit("tier2", "head")
    page = client.get(address(lab))
    text = page.content.decode()
    assert (page.context["score"].total.met, page.context["score"].total.absent) == (0, 1)
    assert len(page.context["unmatched"]) == 2
    assert "Biosafety Cabinet" in text
    only = client.get(address(lab), {"state": "absent", "category": "B. Mikrobiologi"}).context["lines"]
    assert [one["line"].item.code for one in only] == ["B-04"]
    before = client.get(address(lab), {"on": (clock.today() - timedelta(days=1)).isoformat()})
    assert before.context["score"].total.met == 1
    assert "Tambah alat" not in before.content.decode()
    none = client.get(address(lab), {"on": "2020-01-01"})
    assert "Belum ada standar pada hari itu" in none.content.decode()


def test_a_head_adds_changes_matches_and_removes(visit, lab):
    take("LAB-2", 2)
    client, scope = visit("tier2", "head"), Scope.of(lab.pk)
    added = client.post(
        address(lab, "tambah"), {"item_code": "B-05", "name": "Inkubator CO2", "functioning": "1", "form_key": "a"}
    )
    assert (added.status_code, added.headers["Location"]) == (303, address(lab))
    row = queries.equipment(scope).get(item_code="B-05")
    wrong = client.post(
        address(lab, row.id, "ubah"),
        {"item_code": "B-05", "name": "x", "functioning": "3", "total": "2", "form_key": "b"},
    )
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"functioning"})
    assert client.get(address(lab, row.id, "ubah")).status_code == 200
    waiting = queries.unmatched(scope).get(name__startswith="Biosafety")
    assert "Mungkin" in client.get(address(lab, waiting.id, "cocokkan")).content.decode()
    assert client.post(address(lab, waiting.id, "cocokkan"), {"item_code": "B-07", "form_key": "c"}).status_code == 303
    fridge = queries.unmatched(scope).get(name="Kulkas")
    assert client.post(address(lab, fridge.id, "cocokkan"), {"item_code": "-", "form_key": "d"}).status_code == 303
    assert not queries.unmatched(scope).exists()
    assert client.post(address(lab, row.id, "hapus"), {"form_key": "e"}).status_code == 303
    assert client.post(address(lab, "sisanya-tidak-ada"), {"form_key": "f"}).status_code == 303
    page = client.get(address(lab))
    assert page.context["score"].total.not_reported == 0
    assert [one.way for one, _who in page.context["reports"]] == ["import"]
    assert client.post(address(lab, "laporkan"), {"form_key": "g"}).status_code == 303
    (said, who), _import = client.get(address(lab)).context["reports"]
    items = page.context["score"].total.required + len(page.context["others"])
    assert (said.way, said.items, said.changed, who) == ("confirmed", items, 0, "Tier2-Head")


def test_others_read_or_see_nothing(visit, lab, network):
    take("LAB-2", 2)
    row = queries.equipment(Scope.of(lab.pk)).first()
    analyst = visit("tier2", "analyst")
    assert "Tambah alat" not in analyst.get(address(lab)).content.decode()
    assert analyst.post(address(lab, row.id, "hapus")).status_code == 403
    assert visit("tier4", "analyst").get(address(lab)).status_code == 404
    assert visit("tier2", "receptionist").get(address(lab)).status_code == 403
    head = visit("tier4", "quality_manager")
    assert head.get(address(lab, row.id, "ubah")).status_code == 403
    assert queries.equipment(Scope.of(lab.pk)).filter(id=row.id).exists()


def test_an_officer_sees_who_lacks_what_and_who_is_silent(visit, lab):
    rebuild_reach()
    take("LAB-2", 2)
    client = visit("province_office", "officer")
    page = client.get("/kemampuan/pemenuhan/")
    found = {one.code: one.total for one in page.context["page"]}
    assert found["LAB-2"].met == 1
    assert page.context["silent"] == len(found) - 1 > 0
    silent = client.get("/kemampuan/pemenuhan/", {"reported": "no"}).context["page"].object_list
    assert "LAB-2" not in [one.code for one in silent]
    assert client.get(address(lab)).status_code == 200
    assert [one.code for one in client.get("/kemampuan/pemenuhan/", {"tier": "2"}).context["page"]] == ["LAB-2"]
    assert client.get("/kemampuan/pemenuhan/", {"area": "99"}).context["total"] == 0
    assert client.get("/kemampuan/pemenuhan/", headers={"HX-Request": "true"}).status_code == 200
    own = visit("tier2", "analyst").get("/kemampuan/pemenuhan/").context["page"].object_list
    assert [one.code for one in own] == ["LAB-2"]


def test_who_has_not_reported_is_told_by_province_with_the_last_day(visit, lab):
    rebuild_reach()
    today = clock.today()
    take("LAB-2", 2, valid_from=today - timedelta(days=400))
    client = visit("province_office", "officer")
    page = client.get("/kemampuan/pemenuhan/pelaporan/")
    found = {one.lab.code: one.last for one in page.context["page"]}
    assert found["LAB-2"] == today - timedelta(days=400)
    assert {last for code, last in found.items() if code != "LAB-2"} == {None}
    assert (page.context["late"], page.context["never"]) == (len(found), len(found) - 1)
    (province,) = page.context["provinces"]
    assert (province["code"], province["labs"], province["late"]) == ("73", len(found), len(found))
    never = client.get("/kemampuan/pemenuhan/pelaporan/", {"show": "never"}).context["page"].object_list
    assert sorted(one.lab.code for one in never) == sorted(set(found) - {"LAB-2"})
    before = {"since": (today - timedelta(days=400)).isoformat(), "tier": "2"}
    assert not client.get("/kemampuan/pemenuhan/pelaporan/", before).context["page"].object_list
    assert client.get("/kemampuan/pemenuhan/pelaporan/", {"area": "99"}).context["total"] == 0
    # A change alone is no report; saying that all is as it stands is one, also when nothing changed.
    row = queries.equipment(Scope.of(lab.pk)).get(item_code="B-04")
    services.remove_equipment(SYSTEM, owner_id=lab.pk, equipment_id=row.id)
    shown = {"show": "all", "tier": "2"}
    (one,) = client.get("/kemampuan/pemenuhan/pelaporan/", shown).context["page"]
    assert (one.last, one.way, one.changed) == (today - timedelta(days=400), "import", today)
    services.confirm_equipment(SYSTEM, owner_id=lab.pk)
    (one,) = client.get("/kemampuan/pemenuhan/pelaporan/", shown).context["page"]
    assert (one.last, one.way) == (today, "confirmed")
    answer = (
        visit("tier2", "analyst").get("/kemampuan/pemenuhan/pelaporan/", {"show": "all"}).context["page"].object_list
    )
    assert [one.lab.code for one in answer] == ["LAB-2"]
    assert visit("tier2", "receptionist").get("/kemampuan/pemenuhan/pelaporan/").status_code == 403
