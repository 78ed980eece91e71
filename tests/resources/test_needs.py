from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, transaction
from python_calamine import CalamineWorkbook

from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.network.services import rebuild_reach
from laras.resources import queries, services, shipped
from laras.resources.commands import resources as command
from laras.resources.models import Price
from tests.network.conftest import SYSTEM

HEAD = "lab_code,item,functioning\n"
# Of tier 2: an incubator too few, two that are absent, all else not reported.
SHEET = f"{HEAD}LAB-2,B-04,1\nLAB-2,B-05,0\nLAB-2,A-05,0\n"


@pytest.fixture(autouse=True)
def _standard(db):
    services.load_shipped_standards()


@pytest.fixture
def lab(network):
    services.accept_equipment(SYSTEM, content=SHEET.encode())
    return network["tier2"]


@pytest.fixture
def visit(sign_in, make_user, network, with_context):
    def enter(where, role):
        return sign_in(make_user(f"{where}-{role}", network[where].owner, role))

    return enter


def price(owner, item, amount, fund="", **more):
    values = {"price": amount, "source": "Penawaran uji", "fund": fund, **more}
    return services.set_price(SYSTEM, owner_id=owner.pk, item_code=item, values=values)


def needed(lab, owner, **more):
    labs = queries.laboratories(owner_ids=[lab.pk])
    (found,) = queries.needs(Scope.of(lab.pk), labs, queries.standard(), queries.prices(owner.pk), **more)
    return found


def minimum(code):
    return next(item.minima["tier2"] for item in queries.standard().items if item.code == code)


def test_a_missing_price_is_named_and_is_no_zero(lab, network):
    office = network["province_office"]
    none = needed(lab, office)
    assert (none.lacking.items, none.lacking.unpriced, none.lacking.amount, none.by_fund) == (3, 3, 0, {})
    price(office, "B-05", 120_000_000, "hibah")
    one = needed(lab, office)
    cost = minimum("B-05") * 120_000_000
    assert (one.lacking.unpriced, one.lacking.amount, one.by_fund) == (2, cost, {"hibah": (cost, 0)})
    assert one.lacking.units == minimum("B-04") - 1 + minimum("B-05") + minimum("A-05")
    # What nobody reported stands apart.
    price(office, "C-04", 900_000_000)
    both = needed(lab, office)
    assert both.lacking == one.lacking
    assert both.unknown.amount == minimum("C-04") * 900_000_000 == both.by_fund["apbd"][1]
    assert both.unknown.items == both.unknown.unpriced + 1


def test_a_fund_that_may_not_pay_for_this_tier_gives_way_to_one_that_may(lab, network):
    price(network["province_office"], "B-05", 1000, "dak_nonfisik")
    assert list(needed(lab, network["province_office"]).by_fund) == ["apbd"]
    assert queries.fund_for(None, 4) == "apbn"
    assert queries.fund_for(None, None) == ""


def test_the_nearest_price_holds_and_an_example_says_so(lab, network):
    province, ministry = network["province_office"], network["ministry"]
    services.take_examples(SYSTEM, owner_id=ministry.pk)
    assert services.take_examples(SYSTEM, owner_id=ministry.pk) == 0
    held = queries.prices(lab.pk)
    assert (held["B-05"].status, held["B-05"].office) == ("example", ministry.owner.name)
    example = shipped.example_prices()["B-05"].price * minimum("B-05")
    found = needed(lab, lab).lacking
    assert 0 < example < found.example == found.amount
    price(province, "B-05", 7)
    price(lab, "B-05", 5)
    assert (queries.prices(lab.pk)["B-05"].price, queries.prices(province.pk)["B-05"].price) == (5, 7)
    again = needed(lab, lab).lacking
    assert again.example == found.example - example == again.amount - 5 * minimum("B-05")
    services.remove_price(SYSTEM, owner_id=lab.pk, item_code="B-05")
    assert queries.prices(lab.pk)["B-05"].price == 7
    with pytest.raises(NotFound):
        services.remove_price(SYSTEM, owner_id=lab.pk, item_code="B-05")


def test_the_next_tier_asks_more_and_there_is_none_beyond_the_fourth(lab, network):
    assert needed(lab, lab, goal="next").unknown.items > needed(lab, lab).unknown.items
    fourth = queries.laboratories(owner_ids=[network["tier4"].pk])
    assert queries.needs(Scope.everything(), fourth, queries.standard(), {}, goal="next") == []


@pytest.mark.parametrize(
    ("values", "field"),
    [({"price": 0}, "price"), ({"price": -5}, "price"), ({"price": 10**13}, "price"), ({"source": " "}, "source"),
     ({"fund": "arisan"}, "fund"), ({"lead_weeks": 900}, "lead_weeks")],
)  # fmt: skip
def test_what_is_no_price_is_refused_by_field(network, values, field):
    with pytest.raises(Refused) as refused:
        price(network["province_office"], "B-05", **{"amount": values.pop("price", 5), **values})
    assert [one.field for one in refused.value.problems] == [field]


def test_only_the_own_table_and_the_database_knows_too(network, make_actor):
    officer = make_actor("petugas", network["province_office"].owner, "officer")
    values = {"price": 5, "source": "SHS"}
    row = services.set_price(officer, owner_id=network["province_office"].pk, item_code="B-05", values=values)
    services.set_price(officer, owner_id=network["province_office"].pk, item_code="B-05", values=values)
    entries = JournalEntry.objects.within(Scope.of(row.owner_id)).filter(event="resources.prices_set")
    assert entries.count() == 1
    with pytest.raises(Forbidden):
        services.set_price(officer, owner_id=network["tier2"].pk, item_code="B-05", values=values)
    with pytest.raises(Refused):
        services.set_price(officer, owner_id=row.owner_id, item_code="Z-99", values=values)
    for wrong in ({"price": 0}, {"source": ""}, {"status": "guess"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Price.objects.within(Scope.of(row.owner_id)).update(**wrong)


def test_a_sheet_of_prices_is_taken_whole_or_not_at_all(network):
    office = network["province_office"]
    good = "Alat;Harga satuan;Sumber;Minggu;Sumber dana\nB-04;45.000.000;SHS 2026;8;DAK fisik\nInkubator CO2;Rp120.000.000;SHS 2026;;\n"
    plan = services.accept_prices(SYSTEM, owner_id=office.pk, content=good.encode())
    assert (len(plan.prices), plan.changed) == (2, 2)
    assert services.plan_prices(SYSTEM, owner_id=office.pk, content=good.encode()).changed == 0
    bad = (
        "item,price,source,lead_weeks,fund\nB-04,nol,SHS,,\nKulkas ajaib,5,SHS,,\nB-05,5,,,\nB-05,5,SHS,-1,\n"
        "A-05,5,SHS,,arisan\nBiosafety Cabinet Class II Type A2,5,SHS,,\nB-07,0,SHS,,\nB-08,5,SHS,,\nB-08,6,SHS,,\n"
    )
    with pytest.raises(Refused) as refused:
        services.accept_prices(SYSTEM, owner_id=office.pk, content=bad.encode())
    assert [(one.row, one.field) for one in refused.value.problems] == [
        (2, "price"), (3, "item"), (4, "source"), (5, "lead_weeks"), (6, "fund"), (7, "item"), (8, "price"), (10, "item"),
    ]  # fmt: skip
    held = queries.own_prices(office.pk)
    assert {code: (row.price, row.lead_weeks, row.fund) for code, row in held.items()} == {
        "B-04": (45_000_000, 8, "dak_fisik"),
        "B-05": (120_000_000, None, ""),
    }


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_an_office_sees_what_its_gaps_cost_and_takes_them_away(visit, lab, network):
    rebuild_reach()
    price(network["province_office"], "B-05", 120_000_000, "dak_fisik")
    client = visit("province_office", "officer")
    page = client.get("/kemampuan/kebutuhan/")
    cost = minimum("B-05") * 120_000_000
    assert page.context["total"].lacking.amount == cost
    assert {one.code: one.lacking.amount for one in page.context["areas"]}["73.71"] == cost
    here = client.get("/kemampuan/kebutuhan/", {"area": "73.71"})
    assert ("dak_fisik", cost) in [(code, known) for code, _label, known, _silent in here.context["funds"]]
    assert here.context["areas"] == []
    assert client.get("/kemampuan/kebutuhan/", {"area": "99"}).context["total"].labs == 0
    assert client.get("/kemampuan/kebutuhan/", headers={"HX-Request": "true"}).status_code == 200
    lines = list(csv.DictReader(io.StringIO(client.get("/kemampuan/kebutuhan/?format=csv&tier=2").content.decode())))
    short = {one["kode"]: one for one in lines if one["keadaan"] == "kurang"}
    assert set(short) == {"A-05", "B-04", "B-05"}
    assert (short["B-05"]["jumlah"], short["B-05"]["sumber_dana"]) == (str(cost), "DAK fisik")
    assert (short["A-05"]["jumlah"], short["A-05"]["sumber_harga"]) == ("", "harga belum ada")
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"/kemampuan/{lab.pk}/kebutuhan/?format=xlsx").content))
    sums = [row[10] for row in book.get_sheet_by_index(0).to_python()[1:]]
    assert sum(value or 0 for value in sums) == cost
    for address in ("/kemampuan/kebutuhan/", f"/kemampuan/{lab.pk}/kebutuhan/"):
        paper = client.get(address, {"format": "pdf"})
        assert (paper.headers["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    one = client.get(f"/kemampuan/{lab.pk}/kebutuhan/").context
    assert one["need"].lacking.amount == cost
    assert sum(line.amount or 0 for line, *_rest in one["lines"] if line.line.functioning is not None) == cost
    assert client.get(f"/kemampuan/{network['tier4'].pk}/kebutuhan/").status_code == 404  # not of this province
    top = visit("tier4", "head").get(f"/kemampuan/{network['tier4'].pk}/kebutuhan/?goal=next")
    assert "Tidak ada standar untuk tujuan ini" in top.content.decode()
    assert visit("tier4", "analyst").get(f"/kemampuan/{lab.pk}/kebutuhan/").status_code == 404
    assert visit("tier2", "receptionist").get("/kemampuan/kebutuhan/").status_code == 403


def test_prices_are_edited_taken_from_a_sheet_and_from_examples_on_pages(visit, network):
    client, office = visit("province_office", "officer"), network["province_office"]
    assert "belum ada" in client.get("/kemampuan/harga/").content.decode()
    one = "/kemampuan/harga/alat/B-05/"
    assert client.get(one).status_code == 200
    assert client.get("/kemampuan/harga/alat/Z-99/").status_code == 404
    wrong = client.post(one, {"price": "nol", "source": ""})
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"price", "source"})
    given = {"price": "120.000.000", "lead_weeks": "12", "fund": "hibah", "source": "Penawaran", "form_key": "a"}
    assert client.post(one, given).status_code == 303
    bad = client.post("/kemampuan/harga/berkas/", {"file": io.BytesIO(b"item,price,source\nB-04,x,y\n")})
    assert bad.status_code == 422
    sheet = b"item,price,source\nB-04,45000000,SHS\n"
    shown = client.post("/kemampuan/harga/berkas/", {"file": io.BytesIO(sheet)})
    assert shown.context["plan"].changed == 1
    taken = client.post("/kemampuan/harga/berkas/terima/", {"sheet": shown.context["sheet"], "form_key": "b"})
    assert taken.status_code == 303
    assert client.post("/kemampuan/harga/contoh/", {"form_key": "c"}).status_code == 303
    held = queries.own_prices(office.pk)
    assert (held["B-05"].price, held["B-04"].status, held["A-05"].status) == (120_000_000, "entered", "example")
    only = client.get("/kemampuan/harga/", {"state": "example"}).context["rows"]
    assert "B-05" not in {item.code for item, *_rest in only}
    assert client.post(f"{one}hapus/", {"form_key": "d"}).status_code == 303
    assert client.get("/kemampuan/harga/", {"format": "csv"}).content.startswith(b"item,")
    reader = visit("tier2", "analyst")
    assert reader.get("/kemampuan/harga/").status_code == 200
    assert reader.post(one, given).status_code == 403


def test_the_command_tells_the_same(lab, network):
    office = network["province_office"]
    price(office, "B-05", 120_000_000, "dak_fisik")
    run = CliRunner().invoke(command, ["needs", "--office", office.owner.code, "--lab", "LAB-2", "--json"])
    answer = json.loads(run.output)
    cost = minimum("B-05") * 120_000_000
    assert (answer["lacking"]["amount"], answer["lacking"]["unpriced"]) == (cost, 2)
    assert answer["by_fund"]["dak_fisik"] == {"lacking": cost, "unknown": 0}
    assert [one["amount"] for one in answer["items"] if one["item"] in ("A-05", "B-05")] == [None, cost]


def test_gaps_of_a_laboratory_carry_price_and_fund_and_no_price_is_no_zero(lab, network):
    def asked(*more):
        return json.loads(CliRunner().invoke(command, ["gaps", "--lab", "LAB-2", "--json", *more]).output)

    none = asked()
    assert (none["amount"], none["unpriced"], none["by_fund"]) == (None, none["items"], {})
    assert {row["fund"] for row in none["gaps"]} == {"apbd"}
    price(network["province_office"], "B-05", 7, "dak_fisik", lead_weeks=9)
    price(lab, "C-04", 5)
    own, office = asked(), asked("--office", network["province_office"].owner.code)
    (line,) = [row for row in own["gaps"] if row["item"] == "B-05"]
    cost = minimum("B-05") * 7
    assert (line["price"], line["amount"], line["fund"], line["lead_weeks"]) == (7, cost, "dak_fisik", 9)
    assert (line["price_source"], line["price_status"]) == ("Penawaran uji", "entered")
    assert own["by_fund"] == {"apbd": minimum("C-04") * 5, "dak_fisik": cost}
    assert (own["amount"], own["unpriced"]) == (cost + minimum("C-04") * 5, own["items"] - 2)
    assert (office["amount"], office["unpriced"]) == (cost, own["items"] - 1)
    assert asked("--to-tier", "3")["amount"] > 0


def test_examples_fill_what_has_no_price_and_hide_none_from_above(lab, network):
    price(network["province_office"], "B-05", 7)
    whole = needed(lab, lab)
    assert (whole.lacking.known, whole.unknown.known) == (minimum("B-05") * 7, None)
    services.take_examples(SYSTEM, owner_id=lab.pk)
    held = queries.prices(lab.pk)
    assert (held["B-05"].price, held["B-05"].status, held["B-04"].status) == (7, "entered", "example")
    after = needed(lab, lab).unknown
    assert after.known == after.example > 0
