"""Official boundaries from a file: read, checked, looked at, used, and taken back; points of laboratories held against them."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile

from laras.core.actor import actor_of
from laras.core.errors import Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.network import queries, rules, services
from laras.network.commands import network as command
from laras.network.models import BoundarySet
from laras.network.rules import topology
from tests.network.conftest import SYSTEM
from tests.network.test_import import HEADING
from tests.network.test_import import plan as plan_laboratories

# A square around Makassar and one around Parepare, west of the true ones' sea.
MAKASSAR = [[119.3, -5.3], [119.6, -5.3], [119.6, -5.0], [119.3, -5.0], [119.3, -5.3]]
PAREPARE = [[119.5, -4.2], [119.8, -4.2], [119.8, -3.9], [119.5, -3.9], [119.5, -4.2]]


def geojson(*parts, name="kode"):
    features = [
        {
            "type": "Feature",
            "properties": {name: code, "nama": "x"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for code, ring in parts
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


GOOD = geojson(("7371", MAKASSAR), ("73.72", PAREPARE))


def topojson():
    """The same two squares; the second with a quantised transform would be the same points."""
    arcs = [MAKASSAR, PAREPARE]
    geometries = [{"type": "Polygon", "arcs": [[n]], "id": code} for n, code in enumerate(("7371", "7372"))]
    whole = {
        "type": "Topology",
        "objects": {"a": {"type": "GeometryCollection", "geometries": geometries}},
        "arcs": arcs,
    }
    return json.dumps(whole).encode()


def shapefile():
    shapes = b""
    for number, ring in enumerate((MAKASSAR, PAREPARE), 1):
        record = struct.pack("<i4d2i", 5, 0, 0, 0, 0, 1, len(ring)) + struct.pack("<i", 0)
        record += b"".join(struct.pack("<2d", *pair) for pair in ring)
        shapes += struct.pack(">2i", number, len(record) // 2) + record
    head = struct.pack(">i", 9994) + b"\0" * 96
    fields = b"KODE\0\0\0\0\0\0\0" + b"C" + b"\0" * 4 + bytes([5]) + b"\0" * 15
    rows = b"".join(b" " + code for code in (b"73.71", b"73.72"))
    dbf = b"\x03\0\0\0" + struct.pack("<IHH", 2, 32 + 32 + 1, 6) + b"\0" * 20 + fields + b"\r" + rows
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("batas.shp", head + shapes)
        archive.writestr("batas.dbf", dbf)
    return content.getvalue()


def lying_table():
    """A shapefile whose table says that it has four thousand million rows."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(shapefile())) as whole, zipfile.ZipFile(content, "w") as archive:
        table = bytearray(whole.read("batas.dbf"))
        table[4:8] = b"\xff" * 4
        archive.writestr("batas.shp", whole.read("batas.shp"))
        archive.writestr("batas.dbf", bytes(table))
    return content.getvalue()


def plan(content, level=2, actor=SYSTEM, office=None):
    return services.plan_boundaries(actor, office_id=office, level=level, content=content)


@pytest.fixture
def bring(network):
    def make(content=GOOD, *, level=2, office="ministry", source="Peta uji 2026"):
        return services.bring_boundaries(
            SYSTEM, office_id=network[office].pk, level=level, content=content, file_name="b.geojson", source=source
        )

    return make


@pytest.mark.parametrize("make", [lambda: GOOD, topojson, shapefile], ids=["geojson", "topojson", "shapefile"])
def test_three_kinds_of_files_say_the_same(areas, make):
    found = plan(make())
    assert found.problems == ()
    assert list(found.areas) == ["73.71", "73.72"]
    assert "73.06" in found.missing
    west, north, east, south = topology.bounds(found.lines.rings("73.71"))
    assert topology.degrees((west, north)) == pytest.approx((-5.0, 119.3))
    assert topology.degrees((east, south)) == pytest.approx((-5.3, 119.6))


@pytest.mark.parametrize(
    ("content", "row", "said"),
    [
        (b"{", None, "bukan GeoJSON"),
        (b'{"type": "Feature"}', None, "bukan kumpulan wilayah"),
        (b'{"type": "FeatureCollection", "features": []}', None, "tidak berisi wilayah"),
        (b'{"type": "FeatureCollection", "features": [7]}', None, "bukan kumpulan wilayah"),
        (b"PK\x03\x04rusak", None, "shapefile"),
        (lying_table(), None, "shapefile"),
        (geojson(("x", MAKASSAR), name="no"), None, "Kolom di berkas ini: nama, no"),
        (geojson(("7371", MAKASSAR), ("7399", PAREPARE)), 2, "“7399” bukan kode wilayah"),
        (geojson(("7371", [pair[::-1] for pair in MAKASSAR])), 1, "Lintang dan bujur tertukar"),
        (geojson(("7371", [[x * 111_000, y * 111_000] for x, y in MAKASSAR])), 1, "EPSG:4326"),
        (geojson(("7371", [[x - 60, y] for x, y in MAKASSAR])), 1, "di luar Indonesia"),
        (geojson(("7371", MAKASSAR), ("7372", [])), 2, "tidak punya poligon"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(areas, content, row, said):
    problem = plan(content).problems[0]
    assert problem.row == row
    assert said in problem.message


def test_a_code_of_another_area_is_doubted(areas):
    found = plan(geojson(("73.71", PAREPARE)))
    assert found.problems == ()
    assert "Mungkin kodenya kode BPS" in found.warnings[0].message


def test_a_set_is_used_after_it_was_accepted_and_no_longer_after_it_was_withdrawn(network, bring):
    before = queries.geometry()
    row = bring()
    assert queries.geometry() is before
    assert set(queries.geometry_with(row.id).kabkota.areas) == set(before.kabkota.areas)
    services.accept_boundaries(SYSTEM, office_id=network["ministry"].pk, set_id=row.id)
    used = queries.geometry()
    assert used.boxes["73.71"] == (24_800, 11_500, 25_100, 11_800)
    assert used.paths["73.06"] == before.paths["73.06"]
    assert used.boxes["73"][0] <= 24_800
    assert [source[1:3] for source in used.sources] == [("Peta uji 2026", 2), (used.sources[1][1], 512)]
    assert used.approximate
    services.withdraw_boundaries(SYSTEM, office_id=network["ministry"].pk, set_id=row.id)
    assert queries.geometry().paths == before.paths
    events = JournalEntry.objects.within(Scope.of(network["ministry"].pk)).filter(
        event__startswith="network.boundaries"
    )
    assert sorted(events.values_list("event", flat=True)) == [
        "network.boundaries_accepted", "network.boundaries_brought", "network.boundaries_withdrawn",
    ]  # fmt: skip


def test_the_newest_set_wins_and_provinces_may_be_brought_too(network, bring):
    office = network["ministry"].pk
    moved = [[x + 0.05, y] for x, y in MAKASSAR]
    for row in (bring(), bring(geojson(("73.71", moved)), source="Lebih baru")):
        services.accept_boundaries(SYSTEM, office_id=office, set_id=row.id)
    assert queries.geometry().boxes["73.71"][0] == 24_850
    assert queries.geometry().boxes["73.72"] == (25_000, 10_400, 25_300, 10_700)
    row = bring(geojson(("73", [[118, -8], [121, -8], [121, -1], [118, -1], [118, -8]])), level=1, source="Provinsi")
    services.accept_boundaries(SYSTEM, office_id=office, set_id=row.id)
    assert queries.geometry().boxes["73"] == (23_500, 7_500, 26_500, 14_500)
    assert "31" in queries.geometry().provinces.areas


def test_a_province_brings_its_own_and_no_other(network, make_user, bring):
    actor = actor_of(make_user("p", network["province_office"].owner, "network_manager"), "web")
    office = network["province_office"].pk
    assert plan(GOOD, actor=actor, office=office).problems == ()
    papua = [[131.0, -1.2], [131.6, -1.2], [131.6, -0.6], [131.0, -0.6], [131.0, -1.2]]
    with pytest.raises(Forbidden):
        plan(geojson(("96.71", papua)), actor=actor, office=office)
    of_ministry = bring()
    with pytest.raises(NotFound):
        services.accept_boundaries(actor, office_id=office, set_id=of_ministry.id)
    city = actor_of(make_user("k", network["city_office"].owner, "officer"), "web")
    with pytest.raises(Forbidden):
        plan(GOOD, actor=city, office=network["city_office"].pk)


def test_nothing_is_kept_of_a_wrong_file_and_no_move_twice(network, bring):
    with pytest.raises(Refused) as refused:
        bring(geojson(("7399", MAKASSAR), ("7371", MAKASSAR)), source="")
    assert {problem.field for problem in refused.value.problems} == {"kode", "source"}
    assert not BoundarySet.objects.exists()
    row = bring()
    with pytest.raises(MoveRefused):
        services.withdraw_boundaries(SYSTEM, office_id=network["ministry"].pk, set_id=row.id)


def test_pages_from_the_file_to_the_map(visit, network):
    client = visit("ministry", "network_manager")
    file = SimpleUploadedFile("batas.geojson", GOOD)
    answer = client.post("/jejaring/batas/", {"level": "2", "source": "Peta uji", "file": file, "form_key": "k"})
    assert answer.status_code == 303
    page = client.get(answer["Location"]).content.decode()
    assert "Belum dipakai" in page
    assert page.count("dari berkas ini</title>") == 2
    moved = client.post(answer["Location"] + "status/", {"move": "accept", "form_key": "l"})
    assert moved.status_code == 303
    assert "Asal batas: Peta uji" in client.get(answer["Location"]).content.decode()
    page = client.get("/jejaring/batas/").content.decode()
    assert "Peta uji" in page
    assert "512 wilayah" in page
    bad = SimpleUploadedFile("batas.geojson", geojson(("7399", MAKASSAR), ("7371", MAKASSAR)))
    answer = client.post("/jejaring/batas/", {"level": "2", "source": "x", "file": bad, "form_key": "m"})
    assert answer.status_code == 422
    assert "Wilayah ke-1, kode:" in answer.content.decode()
    assert visit("tier2", "head").get("/jejaring/batas/").status_code == 403


def test_a_draft_is_its_office_s_own(visit, bring):
    address = f"/jejaring/batas/{bring().id}/"
    assert visit("ministry", "network_manager").get(address).status_code == 200
    assert visit("province_office", "network_manager").get(address).status_code == 404


def test_command(network, tmp_path):
    path = tmp_path / "batas.geojson"
    path.write_bytes(GOOD)

    def run(*arguments):
        return CliRunner().invoke(command, ["boundaries", *arguments], catch_exceptions=False)

    tried = json.loads(run("import", str(path), "--level", "kabkota", "--dry-run", "--json").output)
    assert (tried["saved"], tried["areas"]) == (False, ["73.71", "73.72"])
    kept = json.loads(run("import", str(path), "--level", "kabkota", "--json").output)
    assert kept["saved"]
    assert BoundarySet.objects.get().office_id == network["ministry"].pk
    sources = json.loads(run("list", "--json").output)
    assert [row["approximate"] for row in sources] == [False, True]
    path.write_bytes(b"{}")
    assert run("import", str(path), "--level", "kabkota").exit_code == 1


# --- Points of laboratories -------------------------------------------------------------------------------------------
def test_points_of_an_import_are_held_against_the_map(network):
    found = plan_laboratories(
        f"{HEADING}\n"
        "PKM-1,Di tempatnya,1,puskesmas,73.71.11,-5.14,119.45,\n"
        "PKM-2,Di laut,1,puskesmas,73.71.11,-5.14,118.20,\n"
        "PKM-3,Di Parepare,1,puskesmas,73.71.11,-4.01,119.64,\n"
        "PKM-4,Tanpa titik,1,puskesmas,73.71.11,,,\n"
    )
    assert found.problems == ()
    sea, elsewhere = found.warnings
    assert (sea.row, sea.field) == (3, "lat")
    assert "di laut" in sea.message
    assert "perkiraan" in sea.message
    assert elsewhere.row == 4
    assert "Parepare" in elsewhere.message
    swapped = plan_laboratories(f"{HEADING}\nPKM-1,Tertukar,1,puskesmas,73.71.11,119.45,-5.14,\n")
    assert ["tertukar" in problem.message for problem in swapped.problems] == [True]


def test_what_is_swapped():
    assert rules.swapped(119.4, -5.1)
    assert not rules.swapped(-5.1, 119.4)
    assert not rules.swapped(48.8, 2.3)
