from __future__ import annotations

import io

import pytest

from laras.core.errors import Forbidden, Refused
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.resources import queries, services
from laras.resources.models import SheetColumn
from tests.network.conftest import SYSTEM

SHEET = "Kode lab;Uraian barang (milik);Berfungsi;Warna\nLAB-2;Inkubator;2;biru\nLAB-2;Alat rahasia;1;merah\n"


@pytest.fixture(autouse=True)
def _standard(db, with_context):
    services.load_shipped_standards()


@pytest.fixture
def visit(sign_in, make_user, network):
    def enter(where, role):
        return sign_in(make_user(f"{where}-{role}", network[where].owner, role))

    return enter


def send(client, text, kind="equipment"):
    return client.post("/kemampuan/berkas/", {"kind": kind, "file": io.BytesIO(text.encode())})


def press(client, step, shown, said=None, **more):
    """The next press on a preview, with what stands in its fields or ``said`` of its headings."""
    columns = dict(shown.context["open"]) | (said or {})
    given = {"kind": shown.context["kind"], "sheet": shown.context["sheet"]}
    pairs = {"heading": list(columns), "column": list(columns.values())}
    return client.post(f"/kemampuan/berkas/{step}/", given | pairs | more)


def held(lab):
    return {row.name: row.functioning for row in queries.equipment(Scope.of(lab.pk))}


def test_a_sheet_is_previewed_its_headings_explained_and_remembered(visit, network):
    lab, client = network["tier2"], visit("tier2", "head")
    assert client.get("/kemampuan/berkas/?kind=permits").context["form"].initial == {"kind": "permits"}
    shown = send(client, SHEET)
    assert (shown.status_code, shown.context["plan"].problems[0].field) == (422, "item")
    assert shown.context["open"] == [("Uraian barang (milik)", ""), ("Warna", "")]
    shown = press(client, "periksa", shown, {"Uraian barang (milik)": "item"})
    assert (shown.status_code, shown.context["plan"].changed, shown.context["unmatched_count"]) == (200, 2, 1)
    assert "Alat rahasia" in shown.content.decode()
    assert (held(lab), queries.remembered_columns(lab.pk, "equipment")) == ({}, {})
    taken = press(client, "terima", shown, form_key="a")
    assert (taken.status_code, taken.headers["Location"]) == (303, f"/kemampuan/{lab.pk}/alat/")
    assert held(lab) == {"Inkubator": 2, "Alat rahasia": 1}
    assert queries.remembered_columns(lab.pk, "equipment") == {"Uraian barang (milik)": "item"}
    # The next sheet is understood at once; what is no longer meant is forgotten when it is taken so.
    again = send(client, SHEET)
    assert (again.status_code, again.context["plan"].same) == (200, 2)
    other = "Kode lab;Alat;Berfungsi;Uraian barang (milik)\nLAB-2;Inkubator;3;putih\n"
    twice = send(client, other)
    assert twice.status_code == 422
    shown = press(client, "periksa", twice, {"Uraian barang (milik)": ""})
    assert press(client, "terima", shown, form_key="b").status_code == 303
    assert (held(lab)["Inkubator"], queries.remembered_columns(lab.pk, "equipment")) == (3, {})


def test_another_laboratory_is_refused_and_so_is_who_may_not_write(visit, network):
    client = visit("tier2", "head")
    shown = send(client, "lab_code,item,functioning\nLAB-3,Inkubator,2\n")
    assert [(one.row, one.field) for one in shown.context["plan"].problems] == [(2, "lab_code")]
    assert press(client, "terima", shown, form_key="a").status_code == 422
    assert held(network["tier3"]) == {}
    assert client.post("/kemampuan/berkas/terima/", {"kind": "equipment"}).status_code == 422
    assert send(client, "x", kind="staff").status_code == 422
    assert visit("tier2", "analyst").get("/kemampuan/berkas/").status_code == 403


def test_permits_come_through_the_same_page(visit, network):
    lab, client = network["tier2"], visit("tier2", "head")
    shown = send(client, "Kode lab;Jenis;Surat;Mulai berlaku\nLAB-2;SLF;SLF/1;2024-01-05\n", "permits")
    shown = press(client, "periksa", shown, {"Surat": "number"})
    assert (shown.status_code, shown.context["plan"].new) == (200, 1)
    taken = press(client, "terima", shown, form_key="a")
    assert taken.headers["Location"] == f"/kemampuan/{lab.pk}/izin/"
    assert [row.number for row in queries.permits(Scope.of(lab.pk))] == ["SLF/1"]
    assert queries.remembered_columns(lab.pk, "equipment") == {}


def test_headings_are_remembered_by_their_owner_once(network, make_actor):
    lab, other = network["tier2"], network["tier3"]
    head = make_actor("kepala", lab.owner, "head")
    for _time in range(2):
        services.remember_columns(head, owner_id=lab.pk, kind="permits", columns={"Surat": "number"})
    entries = JournalEntry.objects.within(Scope.of(lab.pk)).filter(event="resources.columns_remembered")
    assert entries.count() == SheetColumn.objects.within(Scope.everything()).count() == 1
    with pytest.raises(Forbidden):
        services.remember_columns(head, owner_id=other.pk, kind="permits", columns={"Surat": "number"})
    with pytest.raises(Refused):
        services.remember_columns(SYSTEM, owner_id=lab.pk, kind="permits", columns={"Surat": "item"})
