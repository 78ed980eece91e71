from __future__ import annotations

import codecs
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.core.errors import Forbidden, Refused
from laras.core.journal import verify
from laras.core.models import JournalEntry, Owner
from laras.core.scope import Scope
from laras.network import queries, services, sheet
from laras.network.models import OrganisationVersion
from tests.network.conftest import SYSTEM

HEADING = "code,name,tier,kind,area_code,lat,lon,supervisor_code"
GOOD = f"""{HEADING}
PKM-1,Puskesmas Uji Satu,1,puskesmas,73.71.11,-5.09,119.53,LAB-2
PKM-2,"Puskesmas Uji, Dua",1,puskesmas,737101,,,PKM-9
PKM-9,Labkesda Uji,2,labkesda_kabkota,73.72,,,LAB-3
RS-1,Rumah Sakit Uji,,rumah_sakit,73.71,,,
"""


def plan(text, actor=SYSTEM, office=None):
    content = text.encode() if isinstance(text, str) else text
    return services.plan_laboratories(actor, office_id=office, content=content)


def accept(text, actor=SYSTEM, office=None):
    content = text.encode() if isinstance(text, str) else text
    return services.accept_laboratories(actor, office_id=office, content=content)


def where(found) -> set[tuple[int | None, str]]:
    return {(problem.row, problem.field) for problem in found}


# --- The sheet ---------------------------------------------------------------------------------------
ENCODINGS = [
    lambda text: text.encode("utf-8"),
    lambda text: codecs.BOM_UTF8 + text.encode("utf-8"),
    lambda text: text.encode("utf-16"),
    lambda text: text.encode("utf-16-le"),
    lambda text: text.encode("utf-16-be"),
    lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
]


@pytest.mark.parametrize("encode", ENCODINGS)
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_usual_file_reads_the_same(encode, sign, newline):
    text = "kode,nama,tingkat,jenis,kode wilayah\nA-1,Puskesmas Béla,1,puskesmas,73.71\n"
    read = sheet.read_sheet(encode(text.replace(",", sign).replace("\n", newline)))
    assert read.problems == ()
    assert [row.cells for row in read.rows] == [
        {"code": "A-1", "name": "Puskesmas Béla", "tier": "1", "kind": "puskesmas", "area_code": "73.71"}
    ]
    assert read.rows[0].number == 2


def test_windows_1252_and_the_line_that_excel_writes():
    read = sheet.read_sheet("sep=;\r\ncode;name;kind;area_code\r\nA;Béla;puskesmas;73\r\n\r\n".encode("cp1252"))
    assert read.rows[0].cells["name"] == "Béla"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"code,name,kind,area_code\n", "empty"),
        (b"PK\x03\x04\x14\x00\x06\x00" + bytes(range(256)), "not_book"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not_text"),
        (b"code,name\nA,B\n", "column_missing"),
        (b"code,name,kind,area_code,nama\n", "column_twice"),
        (b"x" * (sheet.MAX_BYTES + 1), "too_big"),
        (b"code,name,kind,area_code\n" + b"A,B,puskesmas,73\n" * 20_001, "too_many_rows"),
        (b'code,name,kind,area_code\nA,"' + b"x" * 200_000 + b'",p,73\n', "not_csv"),
    ],
)
def test_files_that_are_no_sheet(content, code):
    read = sheet.read_sheet(content)
    assert code in {problem.code for problem in read.problems}
    assert read.rows == ()


@given(st.binary(max_size=400))
def test_any_bytes_are_answered(content):
    sheet.read_sheet(content)
    sheet.read_sheet(b"code,name,kind,area_code\n" + content)


@given(st.text(max_size=30))
def test_degrees_are_numbers_or_refused(text):
    with suppress(ValueError):
        assert abs(sheet.read_degrees(text)) < 1000


def test_degrees_with_comma():
    assert sheet.read_degrees("-5,1391") == -5.1391
    for wrong in ("nan", "inf", "1e5", "5°8'", "١٢", "--5", "5.1.2", ""):
        with pytest.raises(ValueError):
            sheet.read_degrees(wrong)


# --- The plan ----------------------------------------------------------------------------------------
def test_a_plan_saves_nothing(network):
    before = (Owner.objects.count(), JournalEntry.objects.within(Scope.everything()).count())
    found = plan(GOOD)
    assert found.problems == ()
    assert [(row.row, row.code, row.action) for row in found.rows] == [
        (2, "PKM-1", "create"),
        (3, "PKM-2", "create"),
        (4, "PKM-9", "create"),
        (5, "RS-1", "create"),
    ]
    assert found.rows[0].changes["supervisor_id"] == ("", "LAB-2")
    assert found.rows[0].changes["area_id"][1].startswith("73.71.11 ")
    assert (Owner.objects.count(), JournalEntry.objects.within(Scope.everything()).count()) == before


def test_accepting_creates_in_any_order_and_again_changes_nothing(network):
    result = accept(GOOD)
    assert (result.created, result.changed, result.same) == (4, 0, 0)
    two = queries.organisation_row(queries.find_organisation("PKM-2").pk)
    assert (two.name, two.supervisor, two.tier, two.area) == ("Puskesmas Uji, Dua", "PKM-9", 1, "73.71.01")
    assert queries.organisation_row(queries.find_organisation("RS-1").pk).tier is None
    before = list(OrganisationVersion.objects.order_by("id").values())
    entries = JournalEntry.objects.within(Scope.everything()).count()
    again = accept(GOOD)
    assert (again.created, again.changed, again.same) == (0, 0, 4)
    assert list(OrganisationVersion.objects.order_by("id").values()) == before
    assert JournalEntry.objects.within(Scope.everything()).count() == entries
    assert all(verify(owner).whole for owner in Owner.objects.all())


def test_a_changed_row_is_a_new_version_in_its_own_journal(network):
    accept(GOOD)
    text = GOOD.replace("Puskesmas Uji Satu", "Puskesmas Uji Baru").replace("-5.09", "-5,10").replace("119.53", "119,5")
    text = text.replace("-5,10,119,5", '"-5,10","119,5"')
    found = plan(text)
    assert [(row.code, row.action) for row in found.rows][:2] == [("PKM-1", "change"), ("PKM-2", "same")]
    assert set(found.rows[0].changes) == {"name", "lat", "lon"}
    assert found.rows[0].changes["name"] == ("Puskesmas Uji Satu", "Puskesmas Uji Baru")
    assert accept(text).changed == 1
    lab = queries.find_organisation("PKM-1")
    assert JournalEntry.objects.within(Scope.of(lab.pk)).count() == 2


def test_empty_cells_leave_what_is_known(network):
    accept(GOOD)
    accept("code,name,kind,area_code,lat,lon,supervisor_code\nPKM-1,Puskesmas Uji Satu,puskesmas,73.71.11,,,\n")
    one = queries.organisation_row(queries.find_organisation("PKM-1").pk)
    assert (one.lat, one.supervisor, one.tier) == (-5.09, "LAB-2", 1)


def test_old_papuan_codes_are_taken(network):
    accept(f"{HEADING}\nPKM-P,Puskesmas Uji,1,puskesmas,91.01.01,,,\n")
    assert queries.organisation_row(queries.find_organisation("PKM-P").pk).area == "93.01.01"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",Nama,1,puskesmas,73.71,,,", "code"),
        ("A B,Nama,1,puskesmas,73.71,,,", "code"),
        ("X" * 25 + ",Nama,1,puskesmas,73.71,,,", "code"),
        ("KEMKES,Nama,1,puskesmas,73.71,,,", "code"),
        ("A,,1,puskesmas,73.71,,,", "name"),
        ("A," + "x" * 201 + ",1,puskesmas,73.71,,,", "name"),
        ("A," + "x" * 401 + ",1,puskesmas,73.71,,,", "name"),
        ("A,Nama,7,puskesmas,73.71,,,", "tier"),
        ("A,Nama,satu,puskesmas,73.71,,,", "tier"),
        ("A,Nama,1,warung,73.71,,,", "kind"),
        ("A,Nama,1,dinkes_kabkota,73.71,,,", "kind"),
        ("A,Nama,1,puskesmas,99.99,,,", "area_code"),
        ("A,Nama,1,puskesmas,,,,", "area_code"),
        ("A,Nama,1,puskesmas,73.71,x,119,", "lat"),
        ("A,Nama,1,puskesmas,73.71,-5,,", "lon"),
        ("A,Nama,1,puskesmas,73.71,-5.3,23.5,", "lat"),
        ("A,Nama,1,puskesmas,73.71,119.5,-5.3,", "lat"),
        ("A,Nama,1,puskesmas,73.71,,,TIDAK-ADA", "supervisor_code"),
        ("A,Nama,1,puskesmas,73.71,,,A", "supervisor_code"),
        ("A,Nama,3,labkesda_provinsi,73.71,,,LAB-2", "supervisor_code"),
        ("A,Nama, dengan koma,1,puskesmas,73.71,,,LAB-2", "file"),
    ],
)
def test_each_problem_names_row_and_field_and_nothing_is_saved(network, row, field):
    text = f"{HEADING}\nBAIK,Puskesmas Uji,1,puskesmas,73.71,,,\n{row}\n"
    before = Owner.objects.count()
    found = plan(text)
    assert (3, field) in where(found.problems), found.problems
    assert all(problem.row == 3 for problem in found.problems)
    with pytest.raises(Refused) as refused:
        accept(text)
    assert (3, field) in where(refused.value.problems)
    assert Owner.objects.count() == before


def test_circles_and_doubles_inside_the_file(network):
    text = f"""{HEADING}
A,Lab uji,4,labkesmas_regional,73.71,,,B
B,Lab uji,4,labkesmas_regional,73.71,,,A
C,Lab uji,1,puskesmas,73.71,,,
C,Lab lain,1,puskesmas,73.71,,,
"""
    assert where(plan(text).problems) == {(2, "supervisor_code"), (3, "supervisor_code"), (5, "code")}


def test_markup_and_formulas_stay_text(network):
    accept(f"{HEADING}\n=1+1,<script>alert(1)</script>,1,puskesmas,73.71,,,\n")
    lab = queries.find_organisation("=1+1")
    assert queries.organisation_row(lab.pk).name == "<script>alert(1)</script>"


def test_who_may_import_what(network, make_actor):
    office = network["city_office"]
    city = make_actor("kota", office.owner, "network_manager")
    inside = f"{HEADING}\nPKM-K,Puskesmas Uji,1,puskesmas,73.71.01,,,LAB-2\n"
    assert accept(inside, city, office.pk).created == 1
    outside = plan(GOOD, city, office.pk)
    assert where(outside.problems) == {(4, "area_code")}
    for user, role in (("kepala", "head"), ("petugas", "officer")):
        actor = make_actor(user, office.owner, role)
        with pytest.raises(Forbidden):
            plan(GOOD, actor, office.pk)
        with pytest.raises(Forbidden):
            accept(GOOD, actor, office.pk)


def test_another_citys_laboratory_is_not_taken_over(network, make_actor):
    accept(GOOD)
    office = network["city_office"]
    city = make_actor("kota", office.owner, "network_manager")
    # PKM-9 stands in 73.72; the sheet moves it into the city.
    with pytest.raises(Refused) as refused:
        accept(f"{HEADING}\nPKM-9,Labkesda Uji,2,labkesda_kabkota,73.71,,,LAB-3\n", city, office.pk)
    assert where(refused.value.problems) == {(2, "area_code")}
