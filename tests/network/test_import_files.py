"""Workbooks, days, thousands of rows, and an import that is cut off."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from laras.core import sheets
from laras.core.errors import Refused
from laras.core.models import Owner, Reach
from laras.network import queries, services, sheet
from laras.network.services import laboratory_import
from laras.network.views import importing
from tests.network.conftest import SYSTEM
from tests.network.test_import import HEADING, accept, plan, where

pytestmark = pytest.mark.usefixtures("with_context")

DATED = "kode;nama;tingkat;jenis;kode wilayah;berlaku mulai\r\n"


def workbook(rows) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    page.write_datetime(at, column, value, day)
                else:
                    page.write(at, column, value)
    return out.getvalue()


# --- Workbooks ----------------------------------------------------------------------------------------
ROWS = [
    ["Kode", "Nama Laboratorium", "Tingkat", "Jenis", "Kode Wilayah", "Lintang", "Berlaku mulai", "Bujur"],
    ["A-1", "Puskesmas Uji", 1, "Puskesmas", "73.71.11", -5.09, datetime(2026, 1, 25), 119.53],
    [],
    # Excel makes numbers of codes: 73.71 stays, 73.10 loses its nought, 7371 is whole.
    ["A-2", "Labkesda Uji", 2, "labkesda_kabkota", 73.71, None, "13/2/2026"],
    ["A-3", "Labkesda Uji", 2, "labkesda_kabkota", 7372, None, None],
]


def test_a_workbook_reads_like_its_csv():
    read = sheet.read_sheet(workbook(ROWS))
    assert read.problems == ()
    assert [row.number for row in read.rows] == [2, 4, 5]
    first, second, third = (row.cells for row in read.rows)
    assert (first["tier"], first["lat"], first["valid_from"]) == ("1", "-5.09", "2026-01-25")
    assert (second["area_code"], third["area_code"]) == ("73.71", "7372")
    again = sheet.read_sheet(sheet.as_text(workbook(ROWS)).encode())
    assert [(row.number, row.cells) for row in again.rows] == [(row.number, row.cells) for row in read.rows]


def test_a_code_that_excel_took_for_a_number_gets_its_nought_back():
    read = sheet.read_sheet(workbook([["kode", "nama", "jenis", "wilayah"], ["A", "B", "puskesmas", 73.10]]))
    assert read.rows[0].cells["area_code"] == "73.10"


def test_a_workbook_that_swells_is_refused(monkeypatch):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b" " * 2_000_000)
    monkeypatch.setattr(sheets, "MAX_BOOK_BYTES", 1_000_000)
    assert len(out.getvalue()) < 10_000
    assert [p.code for p in sheet.read_sheet(out.getvalue()).problems] == ["too_big"]


@pytest.mark.parametrize("content", [workbook([]), workbook([["kode"]]), b"\xd0\xcf\x11\xe0 rusak", b"PK\x03\x04"])
def test_odd_workbooks_are_answered(content):
    read = sheet.read_sheet(content)
    assert read.problems
    assert read.rows == ()


def test_a_workbook_is_previewed_and_accepted_on_screen(sign_in, make_user, network):
    client = sign_in(make_user("prov", network["province_office"].owner, "network_manager"))
    preview = client.post("/jejaring/impor/", {"file": SimpleUploadedFile("lab.xlsx", workbook(ROWS))})
    assert (preview.status_code, preview.context["plan"].created) == (200, 3)
    carried = preview.context["accept"].initial["sheet"]
    assert "3 baru" in client.post("/jejaring/impor/terima/", {"sheet": carried}, follow=True).content.decode()
    assert queries.organisation_row(Owner.objects.get(code="A-2").id).valid_from == date(2026, 2, 13)


# --- Days ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("13/12/2025", date(2025, 12, 13)),
        ("12/13/2025", None),
        ("03-04-2025", date(2025, 4, 3)),
        ("3.4.2025", date(2025, 4, 3)),
        ("2025-12-31", date(2025, 12, 31)),
        ("31/02/2025", None),
        ("25/12/25", None),
        ("45678", None),
        ("٢٥/١٢/٢٠٢٥", None),
    ],
)
def test_the_day_goes_first_and_doubt_is_refused(text, day):
    if day is None:
        with pytest.raises(ValueError):
            sheet.read_day(text)
    else:
        assert sheet.read_day(text) == day


def test_days_of_rows(network):
    rows = "A-1;Béla;1;puskesmas;73.71.11;25/12/2025\r\nA-2;B;1;puskesmas;73.71.11;12/25/2025\r\n"
    assert where(plan((DATED + rows).encode("cp1252")).problems) == {(3, "valid_from")}
    accept((DATED + rows.splitlines()[0]).encode("cp1252"))
    row = queries.organisation_row(Owner.objects.get(code="A-1").id)
    assert (row.name, row.valid_from) == ("Béla", date(2025, 12, 25))
    # Again with another name and an earlier day: its history is not rewritten from the middle.
    earlier = DATED + "A-1;Bela;1;puskesmas;73.71.11;24/12/2025"
    assert where(plan(earlier).problems) == {(2, "valid_from")}
    later = DATED + "A-1;Bela;1;puskesmas;73.71.11;31/12/2025"
    assert accept(later).changed == 1
    assert len(queries.organisation_history(row.id)) == 2


def test_a_supervisor_begins_no_later_than_whom_it_supervises(network):
    text = (
        "code,name,tier,kind,area_code,supervisor_code,valid_from\n"
        "A,Puskesmas,1,puskesmas,73.71.11,B,2026-01-01\n"
        "B,Labkesda,2,labkesda_kabkota,73.72,LAB-3,2026-02-01\n"
    )
    assert where(plan(text).problems) == {(2, "valid_from")}
    assert accept(text.replace("2026-02-01", "2026-01-01")).created == 2


def test_a_laboratory_that_begins_tomorrow_is_known_when_the_sheet_comes_again(network):
    text = DATED + "A-1;Puskesmas;1;puskesmas;73.71.11;31/12/2199"
    assert accept(text).created == 1
    again = plan(text)
    assert (again.problems, again.same) == ((), 1)


# --- Other columns ------------------------------------------------------------------------------------
def test_institution_region_and_address(network, make_actor):
    office = network["ministry"]
    manager = make_actor("pusat", office.owner, "network_manager")
    services.create_institution(manager, office_id=office.pk, code="YYS", name="Yayasan Uji", kind="yayasan")
    heading = "code,name,kind,area_code,institusi,regional,alamat,telepon,akreditasi\n"
    text = heading + "RS-9,RS Uji,rumah_sakit,73.71,YYS,8,Jalan Contoh 1,0411-1,LK-1\n"
    accept(text)
    row = queries.organisation_row(Owner.objects.get(code="RS-9").id)
    assert (row.institution_code, row.region, row.address) == ("YYS", 8, "Jalan Contoh 1")
    assert (row.phone, row.accreditation_number) == ("0411-1", "LK-1")
    assert plan(text).same == 1
    wrong = heading + "RS-8,RS Uji,rumah_sakit,73.71,TIDAK,12,,,\n"
    assert where(plan(wrong).problems) == {(2, "institution_code"), (2, "region")}


def test_codes_that_differ_by_capitals_are_one_code(network):
    found = plan(f"{HEADING}\nPKM-1,A,1,puskesmas,73.71,,,\npkm-1,B,1,puskesmas,73.71,,,\n")
    assert where(found.problems) == {(3, "code")}


def test_circles_of_any_length_are_found(network):
    rows = "".join(f"L-{n},Lab,2,labkesda_kabkota,73.71,,,L-{(n + 1) % 5}\n" for n in range(5))
    found = plan(f"{HEADING}\n{rows}L-9,Lab,2,labkesda_kabkota,73.71,,,L-9\n")
    assert {row for row, field in where(found.problems) if field == "supervisor_code"} == {2, 3, 4, 5, 6, 7}
    before = Owner.objects.count()
    with pytest.raises(Refused):
        accept(f"{HEADING}\n{rows}")
    assert Owner.objects.count() == before


# --- Many rows, and being cut off -------------------------------------------------------------------------
def many(count: int) -> str:
    places = ("73.71.11", "73.71.01", "73.06.01", "7371011", "99.99")
    rows = (f"P-{n:04d},Puskesmas {n},1,puskesmas,{places[n % 3]},,,LAB-2" for n in range(count))
    return HEADING + "\n" + "\n".join(rows) + "\n"


def test_a_plan_of_two_thousand_rows_costs_as_few_queries_as_one_of_ten(network):
    asked = []
    for count in (10, 2000):
        with CaptureQueriesContext(connection) as seen:
            found = plan(many(count))
        assert (found.created, found.problems) == (count, ())
        asked.append(len(seen))
    assert asked[1] <= asked[0] < 30


def test_a_killed_import_is_finished_by_the_same_file(network, monkeypatch):
    text, calls = many(9), []
    real = laboratory_import.create_quietly

    def dies_at_the_fifth(*given, **named):
        calls.append(named["code"])
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(*given, **named)

    monkeypatch.setattr(laboratory_import, "create_quietly", dies_at_the_fifth)
    # As when the process dies: not even the reach is brought up to date.
    monkeypatch.setattr(laboratory_import, "rebuild_reach", lambda: 0)
    with pytest.raises(KeyboardInterrupt):
        accept(text)
    assert Owner.objects.filter(code__startswith="P-").count() == 4
    monkeypatch.undo()
    result = accept(text)
    assert (result.created, result.same, result.left) == (5, 4, 0)
    accepted = set(Owner.objects.filter(code__startswith="P-").values_list("id", flat=True))
    reached = Reach.objects.filter(office_id=network["tier2"].pk, way="supervision")
    assert accepted <= set(reached.values_list("reached_id", flat=True))


def test_reach_is_mended_even_when_every_row_is_in_already(network, monkeypatch):
    monkeypatch.setattr(laboratory_import, "rebuild_reach", lambda: 0)
    accept(many(2))
    own = Owner.objects.get(code="P-0000").id
    assert not Reach.objects.filter(reached_id=own, way="supervision").exists()
    monkeypatch.undo()
    assert accept(many(2)).same == 2
    assert Reach.objects.filter(reached_id=own, way="supervision").exists()


def test_a_long_import_goes_on_page_by_page(sign_in, make_user, network, monkeypatch):
    monkeypatch.setattr(importing, "SECONDS", 0.0)  # one laboratory a press
    client = sign_in(make_user("prov", network["province_office"].owner, "network_manager"))
    data = {"sheet": many(3)}
    first = client.post("/jejaring/impor/terima/", data)
    assert first.status_code == 200
    assert "1 dari 3 laboratorium tersimpan" in first.content.decode()
    data |= {name: first.context["accept"].initial[name] for name in ("created", "changed")}
    second = client.post("/jejaring/impor/terima/", data, headers={"HX-Request": "true"})
    assert "2 dari 3 laboratorium tersimpan" in second.content.decode()
    assert "<html" not in second.content.decode()
    data |= {name: second.context["accept"].initial[name] for name in ("created", "changed")}
    last = client.post("/jejaring/impor/terima/", data, headers={"HX-Request": "true"})
    assert (last.status_code, last.headers["HX-Redirect"]) == (204, "/jejaring/")
    assert "3 baru, 0 berubah, 0 tetap" in client.get("/jejaring/").content.decode()


def test_any_actor_is_asked_for_the_right(network, make_actor):
    from laras.core.errors import Forbidden

    head = make_actor("kepala", network["tier2"].owner, "head")
    with pytest.raises(Forbidden):
        services.plan_laboratories(head, office_id=network["tier2"].pk, content=many(1).encode())
    assert services.plan_laboratories(SYSTEM, office_id=None, content=many(1).encode()).created == 1
