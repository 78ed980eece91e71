"""Registers of staff and rooms: by hand and from a sheet, who reads names, what ends."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, transaction

from laras.core import clock
from laras.core.errors import Conflict, Forbidden, NotFound, Refused
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.network.services import rebuild_reach
from laras.resources import queries, services
from laras.resources.commands import resources as command
from laras.resources.models import Room, Staff
from laras.resources.rules import COLUMNS, read_choice
from laras.resources.types import Item, StandardInfo
from tests.network.conftest import SYSTEM

STAFF = "lab_code,name,code,profession,employment,sip_number,sip_until\n"
ROOMS = "lab_code,building,name,function,area_m2,power_hours,generator,biosafety\n"


def take(kind, text, actor=SYSTEM, **more):
    return services.accept_register(actor, kind=kind, content=text.encode(), **more)


def problems_of(kind, text, actor=SYSTEM):
    with pytest.raises(Refused) as refused:
        take(kind, text, actor)
    return {(one.row, one.field) for one in refused.value.problems}


def staff(lab, on=None):
    return {row.name: row for row in queries.staff(Scope.of(lab.pk), on)}


# --- Rules ------------------------------------------------------------------------------------------------------------
@pytest.mark.pure
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("atlm", "atlm"), ("ATLM", "atlm"), ("Ahli Teknologi  Laboratorium Medik", "atlm"), ("Perawat", "nurse"),
        ("bsl 2", "bsl2"), ("BSL2+", "bsl2plus"),
    ],
)  # fmt: skip
def test_a_choice_is_known_by_code_name_and_what_stands_in_brackets(written, meant):
    names = {
        "bsl2": ("BSL-2",), "bsl2plus": ("BSL-2+",), "atlm": ("Ahli teknologi laboratorium medik (ATLM)",),
        "nurse": ("Perawat", "Ners"),
    }  # fmt: skip
    assert read_choice(written, names) == meant


@pytest.mark.pure
@pytest.mark.parametrize("written", ["", " - ", "peramal", "tenaga"])
def test_what_is_nobody_or_two_is_no_choice(written):
    with pytest.raises(KeyError):
        read_choice(written, {"a": ("Tenaga",), "b": ("tenaga",)})


# --- By hand ----------------------------------------------------------------------------------------------------------
def test_a_person_is_recorded_changes_and_leaves_and_the_past_stays(network, make_actor):
    lab = network["tier2"]
    head = make_actor("kepala", lab.owner, "head")
    first = clock.now() - timedelta(days=10)
    with clock.at(first):
        day = clock.today()
        row = services.record_staff(
            head, owner_id=lab.pk, values={"name": " Sari  Uji ", "profession": "atlm", "code": "X1"}
        )
    assert row.name == "Sari Uji"
    changed = {
        "name": "Sari Uji",
        "profession": "atlm",
        "code": "X1",
        "sip_number": "S/1",
        "sip_until": date(2030, 1, 31),
    }
    later = services.record_staff(head, owner_id=lab.pk, values=changed, member_id=row.id)
    assert services.record_staff(head, owner_id=lab.pk, values=changed, member_id=later.id).id == later.id
    assert staff(lab)["Sari Uji"].sip_until == date(2030, 1, 31)
    assert staff(lab, day)["Sari Uji"].sip_until is None
    with pytest.raises(Conflict):
        services.record_staff(head, owner_id=lab.pk, values={"name": "Lain", "profession": "nurse", "code": "X1"})
    services.end_staff(head, owner_id=lab.pk, member_id=later.id)
    assert staff(lab) == {}
    assert set(staff(lab, day)) == {"Sari Uji"}
    entries = JournalEntry.objects.within(Scope.of(lab.pk)).filter(event="resources.register_changed")
    assert entries.count() == 3
    assert "Sari" not in str([bytes(entry.payload) for entry in entries]), "names are sealed"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "", "profession": "atlm"}, "name"),
        ({"name": "A", "profession": "dukun"}, "profession"),
        ({"name": "A", "profession": "atlm", "sip_until": date(2030, 1, 31)}, "sip_number"),
        ({"name": "A", "profession": "atlm", "position": "x" * 121}, "position"),
    ],
)
def test_what_is_wrong_with_a_person_is_told_at_the_field(network, values, field):
    with pytest.raises(Refused) as refused:
        services.record_staff(SYSTEM, owner_id=network["tier2"].pk, values=values)
    assert [one.field for one in refused.value.problems] == [field]


def test_a_room_is_measured_and_bounded(network):
    lab = network["tier2"]
    good = {"name": "Biakan", "function": "microbiology", "area_m2": Decimal("24.5"), "power_hours": 24, "water": "yes"}
    row = services.record_room(SYSTEM, owner_id=lab.pk, values=good)
    assert (row.area_m2, row.generator) == (Decimal("24.50"), "")
    for wrong in ({"area_m2": Decimal(0)}, {"power_hours": 25}, {"water": "mungkin"}):
        with pytest.raises(Refused):
            services.record_room(SYSTEM, owner_id=lab.pk, values={**good, "name": "Lain", **wrong})
    with pytest.raises(Conflict):
        services.record_room(SYSTEM, owner_id=lab.pk, values=good)
    services.end_room(SYSTEM, owner_id=lab.pk, room_id=row.id)
    assert not queries.rooms(Scope.of(lab.pk)).exists()


def test_the_database_itself_refuses(network):
    lab, day = network["tier2"].owner, date(2026, 1, 31)
    for row in (
        Staff(owner=lab, name="A", profession="dukun", valid_from=day),
        Room(owner=lab, name="B", function="other", power_hours=25, valid_from=day),
        Room(owner=lab, name="B", function="other", valid_from=day, valid_until=day),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)


def test_rights_and_other_laboratories(network, make_actor):
    lab, other = network["tier2"], network["tier3"]
    values = {"name": "A", "profession": "atlm"}
    row = services.record_staff(SYSTEM, owner_id=lab.pk, values=values)
    analyst = make_actor("analis", lab.owner, "analyst")
    with pytest.raises(Forbidden):
        services.record_staff(analyst, owner_id=lab.pk, values=values)
    foreign = make_actor("kepala lain", other.owner, "head")
    with pytest.raises(Forbidden):
        services.end_staff(foreign, owner_id=lab.pk, member_id=row.id)
    with pytest.raises(NotFound):
        services.end_staff(foreign, owner_id=other.pk, member_id=row.id)


# --- From a sheet -----------------------------------------------------------------------------------------------------
def test_a_sheet_records_corrects_and_leaves_what_it_says_already(network):
    lab = network["tier2"]
    text = f"{STAFF}LAB-2,Sari Uji,1,ATLM,PNS,S/1,31/12/2029\nLAB-2,Budi Uji,,dokter umum,,,\nLAB-3,Tono Uji,,sanitarian,,,\n"
    plan = take("staff", text)
    assert (plan.rows, plan.laboratories, plan.new, plan.changed, plan.same) == (3, 2, 3, 0, 0)
    assert (staff(lab)["Sari Uji"].employment, staff(lab)["Sari Uji"].sip_until) == ("pns", date(2029, 12, 31))
    assert staff(lab)["Budi Uji"].profession == "physician"
    again = take("staff", text)
    assert (again.new, again.changed, again.same) == (0, 0, 3)
    # An empty cell says nothing; a number that was not known before belongs to the same name.
    plan = take("staff", f"{STAFF}LAB-2,Sari Ujiana,1,atlm,,,\nLAB-2,Budi Uji,7,dokter,,,\n")
    assert (plan.new, plan.changed, plan.same) == (0, 2, 0)
    assert (staff(lab)["Sari Ujiana"].employment, staff(lab)["Budi Uji"].code) == ("pns", "7")
    assert len(staff(lab)) == 2


def test_rooms_come_from_a_sheet_with_words_of_every_day(network):
    lab = network["tier2"]
    plan = take(
        "rooms", f'{ROOMS}LAB-2,Gedung A,Biakan,Mikrobiologi,"24,5",24,ada,2\nLAB-2,,Loket,reception,,,tidak,\n'
    )
    assert (plan.new, plan.laboratories) == (2, 1)
    rooms = {row.name: row for row in queries.rooms(Scope.of(lab.pk))}
    assert (rooms["Biakan"].area_m2, rooms["Biakan"].generator, rooms["Biakan"].biosafety) == (
        Decimal("24.50"), "yes", "bsl2",
    )  # fmt: skip
    assert (rooms["Loket"].generator, rooms["Loket"].water) == ("no", "")


def test_what_is_wrong_is_named_by_row_and_field_and_nothing_is_saved(network, make_actor):
    text = (
        f"{STAFF}LAB-2,Benar,1,ATLM,,,\nLAB-9,A,,ATLM,,,\nLAB-2,,,ATLM,,,\nLAB-2,B,,peramal,,,\nLAB-2,C,,ATLM,,S/1,kemarin\n"
        "LAB-2,D,,ATLM,,,2029-12-31\nLAB-2,Kembar,1,ATLM,,,\n"
    )
    assert problems_of("staff", text) == {
        (3, "lab_code"), (4, "name"), (5, "profession"), (6, "sip_until"), (7, "sip_number"), (8, "name"),
    }  # fmt: skip
    assert not staff(network["tier2"])
    rooms = f"{ROOMS}LAB-2,,A,other,-3,,,\nLAB-2,,B,other,,25,,\nLAB-2,,C,other,,,entah,\n"
    assert problems_of("rooms", rooms) == {(2, "area_m2"), (3, "power_hours"), (4, "generator")}
    head = make_actor("kepala", network["tier3"].owner, "head")
    assert problems_of("staff", f"{STAFF}LAB-2,A,,ATLM,,,\n", head) == {(2, "lab_code")}


def test_two_of_one_name_are_told_apart_by_their_number(network):
    lab = network["tier2"]
    take("staff", f"{STAFF}LAB-2,Sari Uji,1,ATLM,,,\nLAB-2,Sari Uji,2,perawat,,,\n")
    assert queries.staff(Scope.of(lab.pk)).count() == 2
    assert problems_of("staff", f"{STAFF}LAB-2,Sari Uji,,ATLM,,,\n") == {(2, "code")}


def test_own_headings_and_the_command(network, tmp_path):
    sheet, names = tmp_path / "pegawai.csv", tmp_path / "map.json"
    sheet.write_text("Kode lab;Pegawai;Profesi\nLAB-2;Sari Uji;ATLM\n")
    names.write_text(json.dumps({"columns": {"Pegawai": "name"}}))
    arguments = ["import", str(sheet), "--kind", "staff", "--map", str(names), "--json"]
    dry = CliRunner().invoke(command, [*arguments, "--dry-run"], catch_exceptions=False)
    assert (dry.exit_code, json.loads(dry.stdout)["saved"], json.loads(dry.stdout)["new"]) == (0, False, 1)
    assert not staff(network["tier2"])
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert json.loads(done.stdout)["saved"] is True
    assert set(staff(network["tier2"])) == {"Sari Uji"}
    sheet.write_text("Kode lab;Ruang;Fungsi\nLAB-2;Gudang;entah\n")
    wrong = CliRunner().invoke(command, ["import", str(sheet), "--kind", "rooms", "--json"], catch_exceptions=False)
    assert (wrong.exit_code, [one["row"] for one in json.loads(wrong.stdout)["problems"]]) == (1, [2])


# --- Against a standard -----------------------------------------------------------------------------------------------
def publish(network, kind, **minima):
    items = [Item(code, "Uji", code, dict.fromkeys(COLUMNS, 0) | {"tier2": n}, (), kind) for code, n in minima.items()]
    info = StandardInfo("UJI-1", "Uji", date(2024, 1, 1), "Tabel uji", "entered", "", tuple(items))
    services.publish_standard(SYSTEM, owner_id=network["ministry"].pk, info=info)


def score(*more):
    return json.loads(CliRunner().invoke(command, ["score", "--json", *more], catch_exceptions=False).output)


def test_the_score_of_staff_stands_apart_and_silence_is_not_absence(network):
    services.load_shipped_standards()
    take("staff", f"{STAFF}LAB-2,A,1,ATLM,,,\nLAB-2,B,2,perawat,,,\n")
    assert (score("--lab", "LAB-2")["staff"], score("--lab", "LAB-2")["rooms"]) == (None, None)
    publish(network, "staff", atlm=2, pathologist=1, nurse=1)
    version = ("--standard", "UJI-1")
    found = score("--lab", "LAB-2", *version)["staff"]
    names = ("required", "met", "short", "absent", "not_reported")
    assert [found[name] for name in names] == [3, 1, 1, 0, 1]
    assert (found["percent"], found["percent_of_reported"]) == (33.33, 50.0)
    services.confirm_register(SYSTEM, owner_id=network["tier2"].pk, kind="staff")
    everybody = {one["lab"]: one["staff"] for one in score("--all", *version)}
    assert [everybody["LAB-2"][name] for name in names] == [3, 1, 1, 1, 0]
    assert everybody["LAB-3"] is None, "of tier 3 this standard asks nothing"
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    assert score("--lab", "LAB-2", "--at", yesterday, *version)["staff"]["not_reported"] == 3


def test_pages_stand_with_a_standard_of_rooms_alone(visit, network):
    client, lab = visit("tier2", "head"), network["tier2"]
    with pytest.raises(Refused):
        services.confirm_register(SYSTEM, owner_id=lab.pk, kind="rooms")
    publish(network, "rooms", microbiology=1, waste=1)
    take("rooms", f"{ROOMS}LAB-2,,Biakan,microbiology,,,,\n")
    base = f"/kemampuan/{lab.pk}"
    before = client.get(f"{base}/ruang/").content.decode()
    assert "Belum dilaporkan" in before
    assert "Terpenuhi" in before
    after = client.post(f"{base}/daftar/ruang/lengkap/", follow=True).content.decode()
    assert "Dilaporkan lengkap pada" in after
    assert "Tidak ada" in after
    for path in (f"{base}/alat/", "/kemampuan/pemenuhan/", f"{base}/kebutuhan/", f"{base}/tenaga/"):
        assert client.get(path).status_code == 200


# --- Pages ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def visit(sign_in, make_user, network):
    rebuild_reach()

    def enter(where, role):
        return sign_in(make_user(f"{where}-{role}", network[where].owner, role))

    return enter


def test_names_are_for_the_laboratory_and_who_keeps_its_register(visit, network):
    take("staff", f"{STAFF}LAB-2,Sari Uji,1,ATLM,PNS,S/1,{clock.today() + timedelta(days=20)}\n")
    address = f"/kemampuan/{network['tier2'].pk}/tenaga/"
    own = visit("tier2", "analyst").get(address).content.decode()
    assert "Sari Uji" in own
    assert "Tambah tenaga" not in own
    office = visit("ministry", "officer").get(address).content.decode()
    assert "Ahli teknologi laboratorium medik" in office
    assert "Sari Uji" not in office
    above = visit("tier3", "head").get(address).content.decode()
    assert "Sari Uji" not in above, "who supervises reads professions"
    assert visit("tier1", "head").get(address).status_code == 404


def test_a_head_adds_changes_and_ends(visit, network):
    client, lab = visit("tier2", "head"), network["tier2"]
    base = f"/kemampuan/{lab.pk}/ruang/"
    assert "Belum ada ruang yang dicatat" in client.get(base).content.decode()
    wrong = client.post(f"{base}tambah/", {"name": "", "function": "other"})
    assert wrong.status_code == 422
    done = client.post(f"{base}tambah/", {"name": "Biakan", "function": "microbiology", "area_m2": "24,5"}, follow=True)
    assert "24,5" in done.content.decode()
    (row,) = queries.rooms(Scope.of(lab.pk))
    client.post(f"{base}{row.id}/ubah/", {"name": "Biakan", "function": "microbiology", "area_m2": "30"})
    (row,) = queries.rooms(Scope.of(lab.pk))
    assert row.area_m2 == 30
    assert client.post(f"{base}{row.id}/akhiri/", follow=True).status_code == 200
    assert not queries.rooms(Scope.of(lab.pk)).exists()
    assert client.get(f"/kemampuan/{network['tier3'].pk}/ruang/tambah/").status_code in (403, 404)


def test_licences_that_end_in_reach_without_names(visit, network, django_assert_max_num_queries):
    today = clock.today()
    lines = "".join(f"LAB-2,Orang {n},{n},ATLM,,S/{n},{today + timedelta(days=n - 3)}\n" for n in range(1, 9))
    take("staff", STAFF + lines)
    client = visit("ministry", "officer")
    with django_assert_max_num_queries(30):
        page = client.get("/kemampuan/str-sip/").content.decode()
    assert page.count('href="/kemampuan/' + str(network["tier2"].pk) + '/tenaga/"') == 8
    assert "Orang" not in page
    over = client.get("/kemampuan/str-sip/?days=0&format=csv").content.decode().splitlines()
    assert len(over) == 1 + 2
    assert client.get("/kemampuan/str-sip/?profession=nurse&format=csv").content.decode().count("\n") == 1
    assert "LAB-2" not in visit("tier1", "head").get("/kemampuan/str-sip/?format=csv").content.decode()


def test_a_sheet_on_the_page_is_shown_and_then_taken(visit, network):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = visit("tier2", "head")
    given = SimpleUploadedFile("pegawai.csv", f"{STAFF}LAB-2,Sari Uji,1,ATLM,,,\n".encode())
    shown = client.post("/kemampuan/berkas/", {"kind": "staff", "file": given})
    assert shown.status_code == 200
    assert not staff(network["tier2"])
    text = f"{STAFF}LAB-2,Sari Uji,1,ATLM,,,\n"
    taken = client.post("/kemampuan/berkas/terima/", {"kind": "staff", "sheet": text}, follow=True)
    assert taken.redirect_chain[-1][0] == f"/kemampuan/{network['tier2'].pk}/tenaga/"
    assert set(staff(network["tier2"])) == {"Sari Uji"}
