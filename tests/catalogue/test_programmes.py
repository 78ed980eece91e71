"""What a programme asks for of whom and when, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.catalogue.rules.checks import faults_of
from laras.catalogue.rules.programmes import after, codes_of, decide, due_between, is_span, words_of
from laras.catalogue.types import ItemInfo, Provenance

pytestmark = pytest.mark.pure
DAY = date(2026, 11, 23)


def reasons(found):
    return {row.item.order: row.reason for row in found}


def test_age_goes_by_birthdays_and_sex_decides(shipped):
    items = shipped.items("CKG")
    forty = decide(items, day=DAY, sex="P", born=date(1986, 11, 23))
    assert {"GDPOC", "HBSAGR", "ANTIHCV", "LIPID", "UREUM", "KREA", "HPVDNA"} == set(codes_of(forty))
    younger = reasons(decide(items, day=DAY, sex="P", born=date(1986, 11, 24)))
    assert younger["LIPID"] == "too_young"
    assert younger["HPVDNA"] == "asked"
    man = reasons(decide(items, day=DAY, sex="L", born=date(1960, 1, 1)))
    assert (man["HPVDNA"], man["FOB"], man["SHK"]) == ("other_sex", "asked", "too_old")
    newborn = decide(items, day=DAY, sex="U", born=DAY - timedelta(days=2))
    assert codes_of(newborn) == ("SHK", "G6PD", "HAK")
    assert not {"SHK", "GDPOC"} & set(codes_of(decide(items, day=DAY, sex="L", born=None)))


def test_what_is_said_of_a_person_and_what_nobody_read(shipped):
    items = shipped.items("CKG-SEKOLAH")
    born = date(2013, 5, 1)
    assert "HB" in codes_of(decide(items, day=DAY, sex="P", born=born, said={"Kelas 7"}))
    assert "HB" not in codes_of(decide(items, day=DAY, sex="L", born=born, said={"Kelas 7"}))
    assert words_of(items) == ("Kelas 7", "Kelas 10", "Terduga TB")
    # From memory: shown as an example until somebody adopts it.
    said = decide(items, day=DAY, sex="L", born=born, said={"Terduga TB"})
    assert reasons(said)["TCMTB"] == "example"
    adopted = [replace(item, provenance=Provenance(status="adopted")) for item in items]
    assert "TCMTB" in codes_of(decide(adopted, day=DAY, sex="L", born=born, said={"Terduga TB"}))


def test_not_earlier_than_the_interval(shipped):
    items = shipped.items("PROLANIS-DM")
    last = {"GDP": date(2026, 10, 31), "HBA1C": date(2026, 8, 24), "UREUM": date(2026, 5, 23)}
    found = {row.item.order: row for row in decide(items, day=DAY, sex="L", born=date(1960, 1, 1), last=last)}
    # A month after the 31st is over on the 30th.
    assert (found["GDP"].reason, found["GDP"].until) == ("too_early", date(2026, 11, 30))
    assert (found["HBA1C"].reason, found["HBA1C"].until) == ("too_early", date(2026, 11, 24))
    assert found["UREUM"].reason == "asked"
    assert found["UREUM"].last == date(2026, 5, 23)
    assert found["GD2PP"].reason == "asked"


def test_who_is_due(shipped):
    items = shipped.items("PROLANIS-DM")
    last = {
        "GDP": date(2026, 10, 20),
        "HBA1C": date(2026, 5, 2),
        "UREUM": date(2026, 11, 2),
        "GD2PP": date(2026, 11, 3),
    }
    rows = {row.item.order: row for row in due_between(items, last, date(2026, 11, 1), date(2026, 11, 30))}
    assert set(rows) == {"GDP", "HBA1C"}
    assert (rows["HBA1C"].since, rows["HBA1C"].by) == (date(2026, 8, 2), date(2026, 11, 2))


@settings(max_examples=40)
@given(born=st.dates(date(1930, 1, 1), DAY), age=st.integers(1, 90), day=st.dates(date(1990, 1, 1), date(2026, 12, 31)))
def test_one_day_parts_two_ages(born, age, day):
    old = ItemInfo("a", "P", "HB", "", age_from=f"{age}y", provenance=Provenance(status="ours"))
    young = replace(old, age_from="", age_until=f"{age}y")
    found = decide([old, young], day=day, sex="L", born=born)
    assert sum(row.asked for row in found) == 1
    assert found[0].asked == (day >= after(born, f"{age}y"))


def test_spans():
    assert [is_span(text) for text in ("2y", "18m", "3d", "0d", "2", "y", "-1m", "2 y", "99999y")] == [True] * 3 + [
        False
    ] * 6
    assert after(date(2026, 8, 31), "6m") == date(2027, 2, 28)
    with pytest.raises(ValueError):
        after(DAY, "x")


def test_faults_of_programmes_are_named(shipped):
    wrong = ItemInfo("k", "CKG", "TIDAKADA", "", sex="wanita", age_from="dua tahun")
    bad = replace(shipped, items_by_programme={**shipped.items_by_programme, "CKG": (wrong,), "LAIN": (wrong,)})
    assert {fault.code for fault in faults_of(bad)} == {"item_order", "sex", "span", "item_programme"}
