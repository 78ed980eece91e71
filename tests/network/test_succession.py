"""Split, merge, rename and transfer of areas with all that lies in them."""

from __future__ import annotations

from datetime import date

import pytest

from laras.core.errors import Forbidden, Refused
from laras.core.journal import verify
from laras.core.models import JournalEntry, Owner, Reach
from laras.core.scope import Scope
from laras.network import queries, rules, services, shipped
from laras.network.models import Area, AreaVersion
from laras.network.rules import AreaNow, Follower, moves_of
from laras.network.services import Successor
from tests.network import places
from tests.network.conftest import SYSTEM

ON = date(2026, 2, 1)
BEFORE = date(2026, 1, 31)

ROOT = AreaNow("p", "73", "Provinsi", None)
BELOW = [
    AreaNow("a", "73.01", "A", "p"),
    AreaNow("b", "73.71", "Kota B", "p"),
    AreaNow("a1", "73.01.01", "A1", "a"),
    AreaNow("a2", "73.01.02", "A2", "a"),
    AreaNow("a1k", "73.01.01.1001", "Lurah", "a1"),
    AreaNow("a1d", "73.01.01.2001", "Desa", "a1"),
]


def told(moves):
    return {move.old_code: move.new_code for move in moves}


# --- What moves, on plain values ---------------------------------------------------------------------
def test_a_split_moves_only_what_the_decision_names_and_all_below_it():
    followers = [Follower("p", "73"), Follower("q", "77")]
    moves, issues = moves_of(ROOT, BELOW, followers, codes={"73.01": "77.01"}, names={"73.01": "A Baru"})
    assert issues == []
    assert told(moves) == {
        "73.01": "77.01",
        "73.01.01": "77.01.01",
        "73.01.02": "77.01.02",
        "73.01.01.1001": "77.01.01.1001",
        "73.01.01.2001": "77.01.01.2001",
    }
    assert [(m.new_name, m.parent) for m in moves if m.area == "a"] == [("A Baru", "q")]
    assert [m.parent for m in moves if m.area == "a1"] == ["a"]


def test_a_decision_may_number_anew_at_any_depth():
    codes = {"73.01": "77.05", "730102": "77.05.09"}
    moves, issues = moves_of(ROOT, BELOW, [Follower("p", "73"), Follower("q", "77")], codes=codes)
    assert issues == []
    assert told(moves)["73.01.02"] == "77.05.09"
    assert told(moves)["73.01.01.1001"] == "77.05.01.1001"


def test_codes_may_change_hands_within_one_decision():
    moves, issues = moves_of(ROOT, BELOW, [Follower("p", "73")], codes={"73.01.01": "73.01.02", "73.01.02": "73.01.01"})
    assert issues == []
    assert told(moves) == {
        "73.01.01": "73.01.02",
        "73.01.02": "73.01.01",
        "73.01.01.1001": "73.01.02.1001",
        "73.01.01.2001": "73.01.02.2001",
    }


def test_a_merge_takes_the_next_free_number_of_the_kind():
    taken = {"74": "t", "74.01": "x", "74.02": "y", "74.71": "z"}
    moves, issues = moves_of(ROOT, BELOW, [Follower("t", "74")], taken=taken)
    assert issues == []
    assert told(moves)["73.01"] == "74.03"
    assert told(moves)["73.71"] == "74.72"
    assert told(moves)["73.01.01.1001"] == "74.03.01.1001"


@pytest.mark.parametrize(
    ("codes", "why"),
    [
        ({"73.01": "88.01"}, "parent_unknown"),
        ({"73.01": "77.01.01"}, "level"),
        ({"73.01": "tujuh"}, "not_code"),
        ({"satu": "77.01"}, "not_code"),
        ({"99.01": "77.01"}, "not_below"),
        ({"73.01": "77.71", "73.71": "77.71"}, "taken"),
        ({"73.01.01": "73.01.02"}, "taken"),
        ({"73.01": "77.09"}, "taken"),
    ],
)
def test_what_cannot_be_is_named(codes, why):
    followers = [Follower("p", "73"), Follower("q", "77")]
    _moves, issues = moves_of(ROOT, BELOW, followers, codes=codes, taken={"77.09": "w"})
    assert why in {issue.why for issue in issues}


def test_a_parent_that_ends_in_several_leaves_nobody_behind_silently():
    followers = [Follower("q", "77"), Follower("r", "78")]
    _moves, issues = moves_of(ROOT, BELOW, followers, codes={"73.01": "77.01"})
    assert [(issue.why, issue.code) for issue in issues] == [("unassigned", "73.71")]


# --- Recorded ------------------------------------------------------------------------------------------
def succeed(network, predecessor, kind, successors, **more):
    return services.succeed_area(
        more.pop("actor", SYSTEM),
        office_id=more.pop("office", network["ministry"].pk),
        predecessor_id=predecessor,
        kind=kind,
        on=more.pop("on", ON),
        successors=successors,
        source="Permendagri uji 1/2026",
        **more,
    )


def test_a_city_moves_with_its_kecamatan_and_kelurahan(areas, network):
    ministry = network["ministry"].pk
    city, kecamatan = areas("73.71"), areas("73.71.11")
    (new_province,) = [
        one
        for one in succeed(
            network,
            areas("73"),
            "split",
            [Successor("73", "Sulawesi Selatan", areas("73")), Successor("77", "Provinsi Uji")],
            codes={"73.71": "77.71"},
            names={"73.71": "Kota Uji"},
        )
        if one != areas("73")
    ]
    assert queries.find_area("73.71.11").code == "77.71.11"
    assert queries.version_at(kecamatan).parent_id == city
    assert queries.area_label(kecamatan).endswith("Kota Uji, Provinsi Uji")
    assert queries.area_label(kecamatan, BEFORE).endswith("Kota Makassar, Sulawesi Selatan")
    villages = AreaVersion.objects.filter(queries.valid_on(ON), parent_id=kecamatan)
    assert villages.exists()
    assert all(v.code.startswith("77.71.11.") and v.valid_from == ON for v in villages)
    # The part that stayed keeps its codes and has no new version.
    assert queries.version_at(areas("73.72")).valid_from is None
    assert queries.version_at(new_province).status == "entered"
    entry = JournalEntry.objects.within(Scope.of(ministry)).get(event="network.area_succeeded")
    assert b'"73.71.11":"77.71.11"' in bytes(entry.payload).replace(b" ", b"")
    assert verify(Owner.objects.get(pk=ministry)).whole


def test_who_reaches_whom_follows_the_areas(areas, network):
    """The city leaves the province: its office no longer reaches the city's laboratory by jurisdiction."""
    province, lab = network["province_office"].pk, network["tier2"].pk
    reach = Reach.objects.filter(office_id=province, reached_id=lab, way="jurisdiction")
    assert reach.exists()
    succeed(
        network,
        areas("73"),
        "split",
        [Successor("73", "Sulawesi Selatan", areas("73")), Successor("77", "Provinsi Uji")],
        codes={"73.71": "77.71"},
    )
    assert not reach.exists()


def test_a_merged_city_brings_its_kecamatan_along(areas, network):
    kecamatan = areas("73.71.11")
    succeed(network, areas("73.71"), "merge", [Successor("", "", areas("73.72"))])
    assert queries.version_at(areas("73.72")).valid_from is None
    assert queries.version_at(kecamatan).parent_id == areas("73.72")
    assert queries.version_at(kecamatan).code.startswith("73.72.")
    # The old code leads to what took the city in, and the label of the ended one is what it was.
    assert queries.find_area("73.71").code == "73.72"


def test_another_code_of_a_city_recodes_all_of_it(areas, network):
    succeed(network, areas("73.71"), "rename", [Successor("73.99", "Kota Makassar", areas("73.71"))])
    assert queries.find_area("73.71.11").code == "73.99.11"
    assert queries.version_at(areas("73.99.11")).population == queries.history_of(areas("73.99.11"))[-1].population


def test_a_preview_is_what_is_recorded_and_saves_nothing(areas, network):
    before = list(AreaVersion.objects.order_by("id").values())
    call = {
        "office_id": network["ministry"].pk,
        "predecessor_id": areas("73.71"),
        "kind": "rename",
        "on": ON,
        "successors": [Successor("73.99", "Kota Lain", areas("73.71"))],
        "source": "UU uji",
    }
    plan = services.plan_succession(SYSTEM, **call)
    assert plan.problems == ()
    assert plan.moved_by_level()[3] == 2
    assert list(AreaVersion.objects.order_by("id").values()) == before
    services.succeed_area(SYSTEM, **call)
    now = AreaVersion.objects.filter(valid_from=ON)
    assert {v.code for v in now} == {"73.99", *(move.new_code for move in plan.moves)}


@pytest.mark.parametrize(
    ("kind", "given", "more", "field"),
    [
        ("split", [("73", "A", "73.71")], {}, "successors"),
        ("split", [("73.71", "A", "73.71"), ("73.72", "B", None)], {}, "code"),
        ("split", [("73.71", "A", "73.71"), ("74.99", "B", None)], {}, "code"),
        ("split", [("73.71", "A", "73.71"), ("73.98", "", None)], {}, "name"),
        ("split", [("73.71", "A", "73.71"), ("73.98", "B", "73.72")], {}, "successors"),
        ("split", [("73.97", "A", None), ("73.98", "B", None)], {}, "codes"),
        ("merge", [("", "", "73.71.11")], {}, "successors"),
        ("rename", [("73.71", "Kota Makassar", "73.71")], {}, "code"),
        ("transfer", [("73.71", "Kota Makassar", "73.71")], {}, "code"),
        ("rename", [("73.99", "Kota", "73.71")], {"codes": {"73.06": "73.99"}}, "codes"),
        ("rename", [("73.99", "Kota", "73.71")], {"names": {"73.71.11": "x" * 101}}, "names"),
    ],
)
def test_problems_name_their_field_and_nothing_is_written(areas, network, kind, given, more, field):
    before = (list(AreaVersion.objects.order_by("id").values()), Area.objects.count())
    successors = [Successor(code, name, areas(own) if own else None) for code, name, own in given]
    with pytest.raises(Refused) as refused:
        succeed(network, areas("73.71"), kind, successors, **more)
    assert field in {problem.field for problem in refused.value.problems}
    assert (list(AreaVersion.objects.order_by("id").values()), Area.objects.count()) == before


def test_a_second_change_must_come_after_the_first(areas, network):
    rename = [Successor("73.71", "Kota Satu", areas("73.71"))]
    succeed(network, areas("73.71"), "rename", rename, on=date(2026, 5, 1))
    with pytest.raises(Refused) as refused:
        succeed(network, areas("73.71"), "rename", [Successor("73.71", "Kota Dua", areas("73.71"))], on=ON)
    assert [p.field for p in refused.value.problems] == ["on"]


def test_both_sides_of_a_merge_must_be_the_offices_own(areas, network, make_actor):
    city = network["city_office"]
    actor = make_actor("kota", city.owner, "network_manager")
    kecamatan, other = areas("73.71.11"), areas("73.06.01")
    with pytest.raises(Forbidden):
        succeed(network, kecamatan, "merge", [Successor("", "", other)], actor=actor, office=city.pk)
    succeed(network, kecamatan, "merge", [Successor("", "", areas("73.71.01"))], actor=actor, office=city.pk)
    assert queries.version_at(kecamatan) is None


def test_moving_an_area_to_another_offices_land_is_refused(areas, network, make_actor):
    city = network["city_office"]
    actor = make_actor("kota", city.owner, "network_manager")
    with pytest.raises(Forbidden):
        succeed(
            network,
            areas("73.71.11"),
            "transfer",
            [Successor("73.06.99", "Pindah", areas("73.71.11"), areas("73.06"))],
            actor=actor,
            office=city.pk,
        )
    village = AreaVersion.objects.filter(parent_id=areas("73.71.11"), valid_until__isnull=True).first()
    with pytest.raises(Forbidden):
        succeed(
            network,
            areas("73.71.11"),
            "rename",
            [Successor("73.71.11", "Nama Lain", areas("73.71.11"))],
            codes={village.code: "73.06.01.2999"},
            actor=actor,
            office=city.pk,
        )


def test_what_we_ship_later_meets_what_an_office_entered(areas, network, monkeypatch):
    """An office records a new kecamatan; a later shipment holds it too: one area, the office's."""
    own = succeed(
        network,
        areas("73.71.11"),
        "split",
        [Successor("73.71.11", "Biringkanaya", areas("73.71.11")), Successor("73.71.77", "Kecamatan Uji")],
    )[1]
    shipped_row = next(row for row in places.few_rows() if row.code == "73.71.11")
    fresh = shipped_row._replace(key="73.71.77", code="73.71.77", name="Kecamatan Resmi")
    village = shipped_row._replace(key="73.71.77.1001", code="73.71.77.1001", name="Lurah", parent_key="73.71.77")
    monkeypatch.setattr(shipped, "digest", lambda: "2" * 64)
    monkeypatch.setattr(shipped, "read_areas", lambda: iter([*places.few_rows(), fresh, village]))
    services.load_shipped_areas()
    assert areas("73.71.77") == own
    assert queries.find_area("73.71.77").name == "Kecamatan Uji"
    assert queries.find_area("73.71.77.1001").parent_id == own


def test_an_area_that_ended_keeps_its_name(areas, network):
    kecamatan = areas("73.71.11")
    succeed(network, kecamatan, "merge", [Successor("", "", areas("73.71.01"))])
    assert queries.area_label(kecamatan).startswith("Biringkanaya, Kota Makassar")


def test_levels_of_rules():
    assert rules.level_of_code("73.71.11") == 3
