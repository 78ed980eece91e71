"""Rules about people: pure, so properties instead of examples where there are any."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.basics.nik import build_nik
from laras.basics.phones import clean_phone
from laras.people.rules import (
    RetentionRule,
    check_input,
    clean_input,
    compare_people,
    differs_from_nik,
    kept_until,
    matching_token,
    may_erase,
    rank_suggestions,
    tokens_of,
)
from laras.people.types import Identity, PatientInput

TODAY = date(2026, 11, 22)
RULE = RetentionRule("people.patient", "25 tahun", 25, "aturan", "memory")

texts = st.text(max_size=40)
births = st.none() | st.dates(min_value=date(1920, 1, 1), max_value=TODAY)
people = st.builds(
    Identity,
    full_name=st.sampled_from(["Siti Aminah", "St. Aminah", "Budi", "Moh. Jusuf", "Muhammad Yusuf", ""]),
    sex=st.sampled_from(["L", "P", "U"]),
    birth_date=st.none() | st.sampled_from([date(1985, 1, 12), date(1985, 12, 1), date(1986, 5, 1)]),
    birth_date_estimated=st.booleans(),
    nik=st.sampled_from(["", "3322015201850001", "3322015201850002", "3374015201850001"]),
    passport_number=st.sampled_from(["", "C1234567"]),
    mother_nik=st.sampled_from(["", "3322015201600001"]),
    phone=st.sampled_from(["", "+6281234567890"]),
)


@given(
    st.builds(
        PatientInput,
        full_name=texts,
        sex=texts,
        birth_date=st.none() | st.dates(),
        birth_date_estimated=st.booleans(),
        nik=texts,
        no_nik_reason=st.sampled_from(["", "absent", "foreign", "newborn", "unidentified", "x"]),
        passport_number=texts,
        mother_nik=texts,
        mother_name=texts,
        description=texts,
        mrn=texts,
        phone=texts,
        address=texts,
        privacy_note=texts,
    )
)
def test_any_input_gets_an_answer_and_cleaning_is_stable(given_input):
    cleaned = clean_input(given_input)
    assert clean_input(cleaned) == cleaned
    problems = check_input(cleaned, today=TODAY)
    # What passes may be stored: a NIK of 16 digits or a reason, never both or none.
    if not problems:
        assert (len(cleaned.nik) == 16) != bool(cleaned.no_nik_reason)
        assert cleaned.full_name


@given(births.filter(bool), st.sampled_from(["L", "P"]))
def test_a_whole_registration_has_no_problem(born, sex):
    nik = build_nik(district="332201", birth_date=born, sex=sex, serial=7)
    given_input = clean_input(PatientInput("Siti Aminah", sex, born, nik=nik))
    assert check_input(given_input, today=TODAY) == []
    assert not differs_from_nik(given_input, today=TODAY)


def test_a_difference_from_the_nik_is_a_doubt_and_not_a_fault():
    given_input = PatientInput("Siti", "L", date(1985, 1, 13), nik="3322015201850001")
    problems = check_input(given_input, today=TODAY)
    assert [(p.field, p.doubt) for p in problems] == [("birth_date", True), ("sex", True)]
    assert differs_from_nik(given_input, today=TODAY)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0812-3456-7890", "+6281234567890"),
        ("+62 812 3456 7890", "+6281234567890"),
        ("(024) 555 1234", "+62245551234"),
        ("+65 6123 4567", "+6561234567"),
        ("", ""),
        ("  ", ""),
        ("telepon", None),
        ("08", None),
        ("٠٨١٢٣٤٥٦٧٨٩٠", None),
    ],
)
def test_phones(typed, stored):
    assert clean_phone(typed) == stored


@given(people, people)
def test_likeness_is_symmetric_and_bounded(one, other):
    there, back = compare_people(one, other), compare_people(other, one)
    assert there == back
    assert 0 <= there.score <= 100
    same_number = (one.nik and one.nik == other.nik) or (
        one.passport_number and one.passport_number == other.passport_number
    )
    assert (there.score == 100) == bool(same_number)


@given(people)
def test_everybody_with_a_name_and_birth_date_is_like_themselves(one):
    if one.full_name and one.birth_date:
        assert compare_people(one, one).likely


BASE = Identity("Siti Aminah", "P", date(1985, 1, 12), phone="+6281234567890")


@pytest.mark.parametrize(
    ("change", "reason", "least", "most"),
    [
        ({"phone": ""}, "same_name_and_birth_date", 90, 90),
        ({"full_name": "St. Aminah"}, "sounds_alike_and_birth_date", 80, 80),
        ({"birth_date": date(1985, 12, 1)}, "name_and_near_birth_date", 60, 65),
        ({"birth_date": date(1958, 1, 12)}, "name_and_near_birth_date", 60, 65),
        ({"birth_date": date(1986, 7, 1), "birth_date_estimated": True}, "name_and_near_birth_date", 60, 65),
        ({"birth_date": date(1970, 3, 2)}, "sounds_alike_and_phone", 65, 65),
        ({"sex": "L"}, "different_sex", 65, 65),
    ],
)
def test_reasons(change, reason, least, most):
    likeness = compare_people(BASE, replace(BASE, **change))
    assert reason in likeness.reasons
    assert least <= likeness.score <= most


def test_two_niks_speak_against_a_namesake():
    one = replace(BASE, nik="3322015201850001")
    assert not compare_people(one, replace(BASE, nik="3374015201850042")).possible
    slip = compare_people(one, replace(BASE, nik="3322015201850010"))
    assert "nik_one_digit_off" in slip.reasons
    assert slip.likely


def test_twins_are_asked_about_and_not_likely():
    one = Identity("Bayi Satu", "L", date(2026, 11, 1), mother_nik="3322015201850001")
    likeness = compare_people(one, replace(one, full_name="Bayi Dua"))
    assert likeness.possible
    assert not likeness.likely


def test_strangers_have_nothing_in_common():
    assert compare_people(BASE, Identity("Budi", "L", date(1990, 1, 1))).score == 0


def test_suggestions_come_best_first_and_only_the_possible():
    rows = [
        (uuid4(), Identity("Budi", "L")),
        (uuid4(), replace(BASE, full_name="St. Aminah")),
        (uuid4(), BASE),
    ]
    assert [row.patient_id for row in rank_suggestions(BASE, rows)] == [rows[2][0], rows[1][0]]


@given(st.binary(min_size=1, max_size=40), texts, texts)
def test_tokens_depend_on_key_kind_and_value(key, one, other):
    token = matching_token(key, "nik", one)
    assert (token == "") == (one == "")
    if one and other:
        assert (matching_token(key, "nik", other) == token) == (one == other)
        assert matching_token(key + b"2", "nik", one) != token
        assert matching_token(key, "name", one) != token


def test_a_name_token_needs_an_exact_birth_date():
    key = b"k"
    assert tokens_of(key, BASE)[1] == tokens_of(key, replace(BASE, full_name="St. Aminah"))[1] != ""
    assert tokens_of(key, replace(BASE, birth_date_estimated=True))[1] == ""


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2026, 1, 1), timezones=st.just(UTC)))
def test_records_stay_for_the_years_of_the_law(served):
    day = kept_until(RULE, served)
    assert day.year == served.year + 25
    assert may_erase(RULE, last_service=served, today=day)
    assert not may_erase(RULE, last_service=served, today=day - timedelta(days=1))
    assert may_erase(RULE, last_service=None, today=TODAY)
