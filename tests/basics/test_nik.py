from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.basics.nik import (
    PROVINCE_CODES,
    NikFacts,
    NikRefusal,
    build_nik,
    compare_with_nik,
    mask_nik,
    read_nik,
)

TODAY = date(2026, 11, 22)
births = st.dates(min_value=date(1927, 1, 1), max_value=TODAY)
provinces = st.sampled_from(sorted(PROVINCE_CODES))


def facts_of(text: str, **more: object) -> NikFacts:
    facts = read_nik(text, today=TODAY, **more)  # type: ignore[arg-type]
    assert isinstance(facts, NikFacts), facts
    return facts


@given(provinces, births, st.sampled_from(["L", "P"]), st.integers(1, 9999))
def test_what_is_built_reads_back(province, born, sex, serial):
    nik = build_nik(district=f"{province}.01.02", birth_date=born, sex=sex, serial=serial)
    facts = facts_of(nik)
    assert (facts.sex, facts.serial, facts.province) == (sex, f"{serial:04d}", province)
    assert born in facts.birth_dates
    assert compare_with_nik(facts, birth_date=born, sex=sex) == ()


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text):
    answer = read_nik(text, today=TODAY)
    assert isinstance(answer, NikFacts | NikRefusal)


@given(st.from_regex(r"[0-9]{16}", fullmatch=True))
def test_no_date_of_birth_lies_after_today(text):
    answer = read_nik(text, today=TODAY)
    if isinstance(answer, NikFacts):
        assert answer.birth_dates
        assert all(born <= TODAY for born in answer.birth_dates)
        assert list(answer.birth_dates) == sorted(answer.birth_dates, reverse=True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "length"),
        ("33220112018500", "length"),
        ("332201120185000A", "length"),
        ("٣٣٢٢٠١١٢٠١٨٥٠٠٠١", "length"),
        ("0022011201850001", "province"),
        ("9922011201850001", "province"),
        ("3322013201850001", "date"),
        ("3322017201850001", "date"),
        ("3322010013850001", "date"),
        ("3322013002850001", "date"),
        ("3322011201850000", "serial"),
    ],
)
def test_refusals_name_the_reason(text, reason):
    answer = read_nik(text, today=TODAY)
    assert isinstance(answer, NikRefusal)
    assert answer.reason == reason


def test_separators_people_type_are_ignored():
    assert facts_of(" 3322-01.520185 0001 ").nik == "3322015201850001"


def test_a_woman_has_forty_added_to_her_day():
    facts = facts_of("3322015201850001")
    assert facts.sex == "P"
    assert facts.birth_date == date(1985, 1, 12)


def test_the_century_is_open_where_both_are_possible():
    facts = facts_of("3322011201200001")
    assert facts.birth_dates == (date(2020, 1, 12), date(1920, 1, 12))
    assert compare_with_nik(facts, birth_date=date(1920, 1, 12)) == ()


def test_29_february_exists_only_in_the_century_that_had_it():
    assert facts_of("3322012902000001").birth_dates == (date(2000, 2, 29),)


def test_a_birth_later_this_year_belongs_to_the_last_century():
    tomorrow = TODAY + timedelta(days=1)
    nik = build_nik(district="332201", birth_date=tomorrow, sex="L", serial=1)
    assert facts_of(nik).birth_dates == (tomorrow.replace(year=1926),)


@pytest.mark.parametrize("province", ["91", "92", "93", "94", "95", "96", "54"])
def test_papuan_codes_of_every_time_and_timor_timur_pass(province):
    assert facts_of(f"{province}99991201850001").province == province


def test_an_unknown_regency_warns_and_passes():
    assert facts_of("9177011201850001", known_regencies={"91.03"}).warnings == ("regency_unknown",)
    assert facts_of("9103011201850001", known_regencies={"91.03"}).warnings == ()


def test_what_differs_is_shown():
    facts = facts_of("3322015201850001")
    assert compare_with_nik(facts, birth_date=date(1985, 1, 13), sex="L") == ("birth_date", "sex")
    assert compare_with_nik(facts, birth_date=None, sex="U") == ()


def test_an_estimated_date_is_compared_by_its_year():
    facts = facts_of("3322015201850001")
    assert compare_with_nik(facts, birth_date=date(1987, 7, 1), birth_date_estimated=True) == ()
    assert compare_with_nik(facts, birth_date=date(1990, 7, 1), birth_date_estimated=True) == ("birth_date",)


def test_masking_hides_the_date_of_birth():
    assert mask_nik("3322015201850001") == "3322••••••••••01"
    assert mask_nik("123") == "•••"


@pytest.mark.parametrize(("district", "serial"), [("33.22", 1), ("33220A", 1), ("332201", 0), ("332201", 10000)])
def test_building_refuses_nonsense(district, serial):
    with pytest.raises(ValueError):
        build_nik(district=district, birth_date=date(1985, 1, 12), sex="L", serial=serial)
