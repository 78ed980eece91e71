from __future__ import annotations

from datetime import date

import pytest

from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.ids import shipped_id
from laras.core.journal import verify
from laras.core.models import JournalEntry, Owner
from laras.core.scope import Scope
from laras.network import queries, rules, services, shipped
from laras.network.models import Area, AreaVersion, RegionProvince
from laras.network.services import Successor
from tests.network import places
from tests.network.conftest import SYSTEM

BEFORE = date(2020, 5, 1)


def test_loading_again_changes_nothing(areas):
    before = list(AreaVersion.objects.order_by("id").values())
    assert services.load_shipped_areas() == services.areas.Loaded()
    assert list(AreaVersion.objects.order_by("id").values()) == before
    assert RegionProvince.objects.count() == 38


def test_ids_are_the_same_on_every_installation(areas):
    assert areas("73.71") == shipped_id("network.area", "73.71")
    # The code of the first version makes the id.
    assert areas("93.01") == shipped_id("network.area", "91.01")


def test_a_new_shipment_mends_what_it_shipped_and_leaves_what_people_entered(areas, monkeypatch, network):
    services.succeed_area(
        SYSTEM,
        office_id=network["ministry"].pk,
        predecessor_id=areas("73.72"),
        kind="rename",
        on=date(2026, 1, 1),
        successors=[Successor("73.72", "Kota Uji", areas("73.72"))],
        source="Permendagri uji",
    )
    rows = [row._replace(name="Kota Makassar Baru") if row.code == "73.71" else row for row in places.few_rows()]
    monkeypatch.setattr(shipped, "digest", lambda: "1" * 64)
    monkeypatch.setattr(shipped, "read_areas", lambda: iter(rows))
    loaded = services.load_shipped_areas()
    assert (loaded.areas, loaded.versions, loaded.changed) == (0, 0, 1)
    assert queries.find_area("73.71").name == "Kota Makassar Baru"
    assert queries.find_area("73.72").name == "Kota Uji"


def test_codes_of_before_2022_resolve(areas):
    merauke = queries.find_area("91.01")
    assert (merauke.code, merauke.name) == ("93.01", "Kabupaten Merauke")
    assert queries.find_area("9101").area_id == merauke.area_id
    # The kecamatan were numbered anew: 91.04.10 was Siriwo, which is 94.01.06 now.
    assert queries.find_area("910410").code == "94.01.06"
    assert queries.find_area("92.71").code == "96.71"


def test_reports_of_the_time_before_stand_on_the_old_boundary(areas):
    assert [v.name for v in queries.path_of(areas("93.01"), BEFORE)] == ["Kabupaten Merauke", "Papua"]
    assert [v.name for v in queries.path_of(areas("93.01"))] == ["Kabupaten Merauke", "Papua Selatan"]
    assert queries.area_label(areas("93.01")) == "Kabupaten Merauke, Papua Selatan"
    assert queries.version_at(areas("93"), BEFORE) is None
    old = AreaVersion.objects.filter(queries.valid_on(BEFORE)).filter(queries.within(areas("91"), on=BEFORE))
    assert areas("93.01") in set(old.values_list("area_id", flat=True))
    now = AreaVersion.objects.filter(queries.valid_on(date.today())).filter(queries.within(areas("91")))
    assert areas("93.01") not in set(now.values_list("area_id", flat=True))


def test_provinces_know_where_they_came_from(areas):
    assert [(s.kind, s.successor_id) for s in queries.successions_of(areas("93"))] == [("split", areas("93"))]
    assert {s.successor_id for s in queries.successions_of(areas("91"))} == {areas("93"), areas("94"), areas("95")}


@pytest.mark.parametrize("code", ["", "99", "99.01", "abc", "91.99", "7371010000", "'; DROP TABLE", "٧٣"])
def test_unknown_codes_find_nothing(areas, code):
    assert queries.find_area(code) is None


def test_a_code_means_what_it_meant_on_its_day(areas):
    assert queries.find_area("91.01", BEFORE).code == "93.01"
    assert queries.find_area("91.01", date(2024, 1, 1)) is None
    assert queries.find_area("93.01", BEFORE) is None


def test_split_makes_a_new_province_and_moves_what_lies_in_it(areas, network):
    ministry = network["ministry"].pk
    (old, new) = services.succeed_area(
        SYSTEM,
        office_id=ministry,
        predecessor_id=areas("73"),
        kind="split",
        on=date(2026, 6, 1),
        successors=[Successor("73", "Sulawesi Selatan", areas("73")), Successor("77", "Luwu Raya Uji")],
        source="UU uji",
    )
    assert old == areas("73")
    services.succeed_area(
        SYSTEM,
        office_id=ministry,
        predecessor_id=areas("73.72"),
        kind="transfer",
        on=date(2026, 6, 1),
        successors=[Successor("77.01", "Kota Parepare", areas("73.72"), new)],
        source="UU uji",
    )
    parepare = queries.find_area("73.72")
    assert parepare.code == "77.01"
    assert queries.area_label(parepare.area_id) == "Kota Parepare, Luwu Raya Uji"
    assert queries.area_label(parepare.area_id, date(2026, 5, 31)) == "Kota Parepare, Sulawesi Selatan"
    entries = JournalEntry.objects.within(Scope.of(ministry)).filter(event="network.area_succeeded")
    assert entries.count() == 2
    assert verify(Owner.objects.get(pk=ministry)).whole


def test_a_merged_area_is_followed_to_its_successor(areas, network):
    services.succeed_area(
        SYSTEM,
        office_id=network["ministry"].pk,
        predecessor_id=areas("73.72"),
        kind="merge",
        on=date(2026, 2, 1),
        successors=[Successor("73.71", "Kota Makassar", areas("73.71"))],
        source="UU uji",
    )
    assert queries.find_area("73.72").code == "73.71"
    assert queries.version_at(areas("73.71")).valid_from is None
    assert queries.find_area("73.72").area_id == areas("73.71")


@pytest.mark.parametrize(
    ("kind", "successors", "source", "field"),
    [
        ("explode", [("73.72", "A", True)], "UU", "kind"),
        ("split", [("73.72", "A", True)], "UU", "successors"),
        ("merge", [("73.72", "A", True)], "UU", "successors"),
        ("rename", [("73.72", "A", True)], " ", "source"),
        ("rename", [("73.71", "A", True)], "UU", "code"),
        ("rename", [("73", "A", True)], "UU", "code"),
        ("rename", [("x", "A", True)], "UU", "code"),
        ("rename", [("73.72", " ", True)], "UU", "name"),
    ],
)
def test_wrong_successions_are_refused_and_change_nothing(areas, network, kind, successors, source, field):
    before = list(AreaVersion.objects.order_by("id").values())
    with pytest.raises(Refused) as refused:
        services.succeed_area(
            SYSTEM,
            office_id=network["ministry"].pk,
            predecessor_id=areas("73.72"),
            kind=kind,
            on=date(2026, 2, 1),
            successors=[Successor(c, n, areas("73.72") if own else None) for c, n, own in successors],
            source=source,
        )
    assert field in {problem.field for problem in refused.value.problems}
    assert list(AreaVersion.objects.order_by("id").values()) == before
    assert not Area.objects.exclude(versions__isnull=False).exists()


def test_only_an_office_over_the_area_may_succeed_it(areas, network, make_actor):
    call = {
        "predecessor_id": areas("73.72"),
        "kind": "rename",
        "on": date(2026, 2, 1),
        "successors": [Successor("73.72", "Kota Lain", areas("73.72"))],
        "source": "UU uji",
    }
    officer = make_actor("petugas", network["city_office"].owner, "officer")
    with pytest.raises(Forbidden):
        services.succeed_area(officer, office_id=network["city_office"].pk, **call)
    city = make_actor("kota", network["city_office"].owner, "network_manager")
    with pytest.raises(Forbidden):
        services.succeed_area(city, office_id=network["city_office"].pk, **call)
    # The right is held at the city's office only, whatever office is named.
    with pytest.raises(Forbidden):
        services.succeed_area(city, office_id=network["ministry"].pk, **call)
    province = make_actor("provinsi", network["province_office"].owner, "network_manager")
    services.succeed_area(province, office_id=network["province_office"].pk, **call)
    assert queries.find_area("73.72").name == "Kota Lain"


def test_unknown_area_is_not_found(areas, network):
    with pytest.raises(NotFound):
        services.succeed_area(
            SYSTEM,
            office_id=network["ministry"].pk,
            predecessor_id=areas("93"),
            kind="rename",
            on=BEFORE,
            successors=[Successor("93", "X", areas("93"))],
            source="UU uji",
        )


def test_regions_are_sets_of_provinces(areas):
    eight = next(region for region in queries.regions() if region.number == 8)
    named = {queries.version_at(row.province_id).name for row in queries.provinces_of_region(eight.id)}
    assert {"Sulawesi Selatan", "Sulawesi Barat", "Sulawesi Tenggara"} <= named
    assert queries.regions_of_provinces()[areas("73")] == eight.id


def test_search_and_levels(areas):
    assert queries.areas(level=1).count() == 38
    assert [v.code for v in queries.areas(search="parepare")] == ["73.72"]
    assert {v.code for v in queries.areas(level=2, search="73.")} == {"73.06", "73.71", "73.72"}
    assert list(queries.areas(parent_id=areas("73.72"))) == []
    assert rules.level_of_code(queries.areas(level=3, parent_id=areas("73.71")).first().code) == 3
