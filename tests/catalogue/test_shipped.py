"""The shipped catalogue is sound, sourced and careful about what it does not know."""

from __future__ import annotations

import csv
import re
from collections import Counter
from importlib.resources import files
from itertools import pairwise

import pytest

from laras.basics import units
from laras.catalogue import rules
from laras.catalogue.codec import CLASSES, Row, digest_of, from_row, key_of, kind_of, to_body
from laras.catalogue.layers import decode, merge
from laras.catalogue.rules.checks import faults_of
from laras.catalogue.shipped import FILES, shipped_digest, shipped_rows
from laras.catalogue.types import STATUSES, Catalogue, Provenance, UnknownCode

# Known code and check digit pairs, beside those of the catalogue itself.
KNOWN_LOINC = ["718-7", "2345-7", "1558-6", "4548-4", "100898-6", "94500-6", "11477-7", "83122-2", "8-3"]


def _csv(kind: str) -> list[dict[str, str]]:
    text = files("laras.catalogue").joinpath("data", FILES[kind]).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_it_is_sound(shipped):
    assert faults_of(shipped) == []


def test_it_is_wide(shipped):
    assert len(shipped.tests) >= 250
    assert {t.subject for t in shipped.tests.values()} == {"person", "environment", "food", "vector", "equipment"}
    assert {t.tier for t in shipped.tests.values()} == {1, 2, 3, 4, 5}
    assert sum(len(rows) for rows in shipped.limits_by_standard.values()) == 182
    assert len(shipped.panel("AM19").members) == 19


def test_every_loinc_has_its_check_digit_and_serves_one_test(shipped):
    codes = [t.loinc for t in shipped.tests.values() if t.loinc]
    codes += [p.loinc for p in shipped.panels.values() if p.loinc]
    assert len(codes) > 150
    for code in [*codes, *KNOWN_LOINC]:
        assert rules.is_loinc(code), code
        body, digit = code.split("-")
        assert not rules.is_loinc(f"{body}-{(int(digit) + 1) % 10}")
        assert not rules.is_loinc(body)
    assert [code for code, n in Counter(codes).items() if n > 1] == []


def test_codes_that_circulate_with_another_meaning_are_not_used_that_way(shipped):
    assert shipped.by_loinc("14563-1").code == "FOB"
    assert shipped.by_loinc("32700-7").code == "MALMIK"
    assert shipped.by_loinc("51587-4").code == "MALRDT"
    assert shipped.by_loinc("10835-4") is None
    assert shipped.test("RBC").ucum == "10*6/uL"


def test_tests_without_loinc_have_a_namespaced_code_of_their_own(shipped):
    local = [t for t in shipped.tests.values() if not t.loinc]
    assert all(t.local_code == f"LARAS:{t.code}" for t in local)
    assert all(not t.local_code for t in shipped.tests.values() if t.loinc)
    assert {t.subject for t in shipped.tests.values() if t.loinc} == {"person"}


@pytest.mark.parametrize("kind", list(FILES))
def test_every_row_has_a_status_and_a_source_that_names_nobody(kind):
    for row in _csv(kind):
        assert row["status"] in STATUSES
        assert len(row["source"]) > 8
        assert not re.search(
            r"https?:|github|scribd|slideshare|\.com|\.sql|RSUD|RSUP|Hermina|\bdemo\b", row["source"], re.I
        )


def test_units_are_convertible_or_stand_alone(shipped):
    for test in shipped.tests.values():
        unit = units.parse_unit(test.ucum)
        if test.kind in ("coded", "text", "titre"):
            assert test.ucum == ""
        assert unit.factor > 0
        assert units.factor(test.ucum, test.ucum) == 1
    assert shipped.test("UPH").ucum == shipped.test("PH").ucum == "[pH]"


def test_nothing_from_memory_judges_and_examples_of_criticals_do_not_either(shipped):
    for rows in shipped.ranges_by_test.values():
        assert all(row.judges == (row.provenance.status not in ("memory", "secondary")) for row in rows)
    for rows in shipped.criticals_by_test.values():
        assert not any(row.judges for row in rows)
        assert all(row.practice for row in rows)
    unsure = [row for rows in shipped.limits_by_standard.values() for row in rows.values() if not row.judges]
    assert {row.standard for row in unsure} >= {"KOLAM-PMK2-2023", "LIMBAH-DOM-P68-2016", "RUANG-PMK1077-2011"}
    assert all(row.judges for row in shipped.limits("AM-PMK2-2023").values())


def test_ranges_of_adults_leave_no_gap_between_ages(shipped):
    for code, rows in shipped.ranges_by_test.items():
        plain = [row for row in rows if not row.condition and row.judges]
        for sex in ("male", "female"):
            own = sorted((r for r in plain if r.sex in ("", sex)), key=lambda r: r.age_from)
            assert own, code
            assert own[-1].age_until is None, code
            for before, after in pairwise(own):
                assert before.age_until == after.age_from, code


def test_both_units_of_the_critical_tables_are_there(shipped):
    assert {row.ucum for row in shipped.criticals("WBC")} == {"/uL", "10*3/uL"}
    assert {row.ucum for row in shipped.criticals("PLT")} == {"/uL", "10*3/uL"}
    assert len({row.practice for row in shipped.criticals("HB")}) == 3


def test_every_limit_kind_that_the_regulations_use_is_there(shipped):
    kinds = {row.kind for rows in shipped.limits_by_standard.values() for row in rows.values()}
    assert kinds == {"max", "lt", "min", "range", "text", "negative", "air_temperature", "by_category", "report"}


def test_old_and_new_regulation_judge_the_same_water_differently(shipped):
    test = shipped.test("TDS")
    value = rules.read_value(test, "450")
    verdicts = {
        code: rules.judge_limit(test, shipped.limits(code)["TDS"], value).verdict
        for code in ("AM-PMK2-2023", "AM-PMK492-2010", "AHS-PMK32-2017")
    }
    assert verdicts == {"AM-PMK2-2023": "fails", "AM-PMK492-2010": "meets", "AHS-PMK32-2017": "meets"}


def test_bodies_go_there_and_back(shipped: Catalogue):
    for row in shipped_rows():
        info = from_row(row, Provenance())
        body = to_body(info)
        assert kind_of(info) == row.kind
        assert key_of(row.kind, body) == row.key
        again = from_row(Row(row.kind, row.key, body, row.status, row.source), Provenance())
        assert again == info


@pytest.mark.parametrize(
    "body", [{}, {"code": "X", "extra": 1}, {"test": "X", "population": "all", "low": 7}, {"test": "X", "low": "NaN"}]
)
def test_bodies_of_another_shape_are_refused(body):
    kind = "critical" if "test" in body else "test"
    assert kind in CLASSES
    with pytest.raises(ValueError):
        from_row(Row(kind, "X", body, "ours", "x"), Provenance())


def test_a_body_with_a_field_too_many_is_refused():
    body = {"test": "X", "population": "all", "low": "7"}
    assert from_row(Row("critical", "X/all", body, "ours", "x"), Provenance())
    with pytest.raises(ValueError, match="extra"):
        from_row(Row("critical", "X/all", {**body, "extra": 1}, "ours", "x"), Provenance())


def test_the_digest_depends_on_content_and_not_on_order():
    rows = shipped_rows()
    assert digest_of(reversed(rows)) == shipped_digest()
    assert digest_of(rows[1:]) != shipped_digest()


def test_finding_and_expanding(shipped):
    assert shipped.search("hb")[0].code == "HB"
    assert shipped.search("darah lengkap")[0].code == "DL"
    assert shipped.search("2093-3")[0].code == "CHOL"
    assert {t.subject for t in shipped.search("coli", subject="environment")} == {"environment"}
    assert shipped.search("   ") == ()
    assert shipped.search("glukosa serum xyz") == ()
    assert shipped.expand(["GDS", "DL", "HB"])[:2] == ("GDS", "HB")
    assert len(shipped.expand(["DL", "DL", "HB"])) == len(shipped.panel("DL").members)
    assert "HB" in shipped
    assert "NOPE" not in shipped
    for ask in (shipped.test, shipped.panel, shipped.standard, shipped.limits, shipped.answers):
        with pytest.raises(UnknownCode):
            ask("NOPE")
    with pytest.raises(UnknownCode):
        shipped.expand(["HB", "NOPE"])


def test_merging_lower_layers_override_by_key_and_withdrawing_gives_back(shipped):
    def layer(name, *rows):
        return decode(name, f"{name}/1", "laboratory", name.split("#")[0], rows)

    base = decode("shipped", "laras/1", "shipped", "laras", shipped_rows())
    body = {"test": "HB", "population": "adult", "ucum": "g/dL", "low": "7"}
    own = Row("critical", "HB/adult", body, "adopted", "Keputusan")
    gone = Row("critical", "HB/adult", {}, "adopted", "Keputusan", withdrawn=True)
    other = Row("critical", "HB/adult", {**body, "low": "6"}, "adopted", "Keputusan")

    def low(*layers):
        return [str(r.low) for r in merge([base, *layers]).criticals("HB") if r.judges]

    assert low() == []
    assert low(layer("lab", own)) == ["7"]
    assert low(layer("office", other), layer("lab", own)) == ["7"]
    assert low(layer("office", other), layer("lab", own), layer("lab#2", gone)) == ["6"]
    assert merge([base, layer("lab", own)]).version != merge([base]).version
