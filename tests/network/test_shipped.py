"""The shipped areas as a whole, without a database."""

from __future__ import annotations

from collections import Counter
from datetime import date

from laras.network import rules, shipped
from tests.network.places import all_rows

TODAY = date(2026, 11, 22)


def present():
    return [row for row in all_rows() if row.valid_until is None]


def test_counts_of_the_official_list():
    counted = Counter(rules.level_of_code(row.code) for row in present())
    assert counted == {1: 38, 2: 514, 3: 7285, 4: 83762}


def test_every_code_and_key_is_one_area():
    codes = Counter(row.code for row in present())
    assert max(codes.values()) == 1
    assert len({row.key for row in all_rows()}) == 91599
    for row in all_rows():
        assert rules.normalise_area_code(row.code) == row.code


def test_parents_exist_one_level_up_and_hold_the_code():
    code_of = {row.key: row.code for row in present()}
    for row in present():
        if row.parent_key is None:
            assert rules.level_of_code(row.code) == 1
        else:
            assert code_of[row.parent_key] == rules.parent_code(row.code)


def test_the_four_newest_provinces_reach_down_to_kelurahan():
    for code, kabkota in (("93", 4), ("94", 8), ("95", 8), ("96", 6)):
        below = [row.code for row in present() if row.code.startswith(f"{code}.")]
        assert sum(1 for c in below if len(c) == 5) == kabkota
        assert sum(1 for c in below if len(c) == 13) > 200


def test_points_lie_in_indonesia_and_near_their_parents():
    by_key = {row.key: row for row in present()}
    without = 0
    for row in present():
        if row.lat is None or row.lon is None:
            without += 1
            continue
        assert rules.in_indonesia(row.lat, row.lon), row
        above = by_key.get(row.parent_key)
        if above is not None and above.lat is not None and rules.level_of_code(row.code) > 1:
            far = rules.distance_km((row.lat, row.lon), (above.lat, above.lon))
            # Kepulauan Aru is 707 km from Ambon; Mapia 211 km from its kecamatan.
            assert far < (230 if rules.level_of_code(row.code) == 4 else 720), row
    assert without < 400


def test_wakatobi_stands_in_the_banda_sea():
    wakatobi = next(row for row in present() if row.code == "74.07")
    assert 123 < wakatobi.lon < 124.5


def test_zones_follow_the_law():
    zones = {row.code: row.zone for row in present() if rules.level_of_code(row.code) == 1}
    assert {code for code, zone in zones.items() if zone == "WIT"} == {
        "81",
        "82",
        *["91", "92", "93", "94", "95", "96"],
    }
    assert zones["61"] == zones["62"] == "WIB"
    assert zones["63"] == zones["51"] == "WITA"
    assert {row.zone for row in all_rows()} == set(rules.ZONES)


def test_area_and_population_are_not_each_other():
    for row in present():
        assert row.area_km2 is None or row.area_km2 > 0
        assert row.population is None or row.population > 0
        if row.area_km2 is not None:
            assert row.area_km2 != row.population


def test_postal_codes_are_five_digits_where_known():
    villages = [row for row in present() if rules.level_of_code(row.code) == 4]
    assert all(row.postal_code == "" or (len(row.postal_code) == 5 and row.postal_code.isdigit()) for row in villages)
    assert sum(1 for row in villages if row.postal_code) > 80_000


def test_versions_of_an_area_follow_each_other():
    periods: dict[str, list[rules.Period]] = {}
    for row in all_rows():
        periods.setdefault(row.key, []).append(rules.Period(row.valid_from, row.valid_until))
    for key, of_area in periods.items():
        assert not rules.any_overlap(of_area), key
        assert sum(1 for period in of_area if TODAY in period) == 1, key


def test_old_papuan_codes_are_not_somebody_elses_today():
    now = {row.code: row.key for row in present()}
    for row in all_rows():
        if row.valid_until is not None and row.code in now:
            assert now[row.code] == row.key


def test_kabkota_that_moved_keep_their_name():
    old = {row.key: row for row in all_rows() if row.valid_until and len(row.code) == 5}
    assert len(old) == 26
    for row in present():
        if row.key in old:
            assert row.name == old[row.key].name
            assert row.code != old[row.key].code
            assert row.code[:2] in ("93", "94", "95", "96")


def test_every_province_has_one_region():
    provinces = [key for region in shipped.read_regions() for key, *_ in region.provinces]
    assert [region.number for region in shipped.read_regions()] == list(range(1, 12))
    assert sorted(provinces) == sorted(row.key for row in present() if rules.level_of_code(row.code) == 1)
    for region in shipped.read_regions():
        for _key, source, status, _note in region.provinces:
            assert status in ("seen", "memory")
            assert source or status == "memory"


def test_sources_name_every_file():
    named = {row["file"] for row in shipped._rows("sources.csv")}
    assert named == {*shipped.FILES, shipped.BOUNDARIES}
