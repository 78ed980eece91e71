"""Case definitions: which results are cases, and which findings of one person are one case."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.catalogue.layers import decode, merge
from laras.catalogue.shipped import shipped_rows
from laras.orders.states import PURPOSES
from laras.surveillance import shipped
from laras.surveillance.rules.cases import episodes, flaw, meets, names_organism, sunday, which_cases
from laras.surveillance.rules.methods import METHODS
from laras.surveillance.rules.weekly import parameters
from laras.surveillance.types import CLASSIFICATIONS, Definition, Finding, Sign

KNOWN = shipped.definitions()
KEY = UUID(int=1)


def definition(when: str, *values: str, void: tuple[str, ...] = (), **more) -> Definition:
    return Definition(
        "UJI/X", "CAMPAK", more.pop("classification", "confirmed"), "X", when, values, void, (), "ours", "uji", **more
    )


def found(test: str, **values) -> list[tuple[str, str]]:
    values.setdefault("kind", "coded")
    return [(m.disease, m.classification) for m in which_cases([Finding(KEY, test, **values)], KNOWN)]


@pytest.mark.parametrize(
    ("test", "values", "said"),
    [
        ("CAMIGM", {"answer": "POS"}, [("CAMPAK", "confirmed")]),
        ("CAMIGM", {"answer": "NEG"}, [("CAMPAK", "")]),
        ("CAMIGM", {"answer": "INC"}, []),  # says nothing: neither a case nor a test in the denominator
        ("DENIGM", {"answer": "POS"}, [("DENGUE", "probable")]),
        ("USAP-DUBUR", {"answer": "POS"}, []),  # a food handler's routine swab
        ("USAP-DUBUR", {"answer": "POS", "purpose": "outbreak"}, [("KERPANG", "suspected")]),
        ("ECOLI", {"kind": "number", "number": Decimal(3), "meets_limit": False}, [("ECOLIAIR", "confirmed")]),
        ("ECOLI", {"kind": "number", "number": Decimal(0), "meets_limit": True}, [("ECOLIAIR", "")]),
        ("KULFESES", {"kind": "text", "text": "Tumbuh Shigella flexneri"}, [("DISENTRI", "confirmed")]),
        ("KULFESES", {"kind": "text", "text": "Tidak tumbuh Salmonella, Shigella"}, [("DISENTRI", "")]),
        ("HB", {"kind": "number", "number": Decimal(12)}, []),
        ("CAMIGM", {"kind": "", "answer": ""}, []),
    ],
)
def test_what_a_result_says(test, values, said):
    assert found(test, **values) == said


def test_the_strongest_definition_speaks_and_a_test_may_speak_of_two_diseases():
    text = {"kind": "text", "text": "Salmonella enteritidis. Shigella tidak ditemukan"}
    assert sorted(found("KULFESES", **text, purpose="outbreak")) == [("DISENTRI", ""), ("KERPANG", "confirmed")]


@pytest.mark.parametrize(
    ("operator", "number", "until", "met"),
    [("", "400", None, True), ("", "399", None, False), ("<", "400", None, False), ("<=", "400", None, None),
     ("<", "800", None, None), (">", "400", None, True), (">", "100", None, None), ("", "100", "200", False),
     ("", "100", "800", None)],
)  # fmt: skip
def test_a_bound_against_a_value_that_is_not_exact(operator, number, until, met):
    value = Finding(KEY, "X", "number", Decimal(number), Decimal(until) if until else None, operator)
    assert meets(value, definition("at_least", "400")) is met


def test_a_limit_that_did_not_judge_leaves_it_undecided():
    (match,) = which_cases([Finding(KEY, "ECOLI", "number", Decimal(3))], KNOWN)
    assert (match.classification, match.undecided) == ("", True)


def test_a_denied_organism_is_none():
    assert names_organism("Kultur: Neisseria meningitidis", ["neisseria meningitidis"])
    assert not names_organism("Neisseria meningitidis negatif", ["Neisseria meningitidis"])


def sign(day: int, classification: str = "confirmed") -> Sign:
    return Sign(uuid4(), date(2026, 1, 1) + timedelta(days=day), classification)  # type: ignore[arg-type]


def test_findings_within_the_window_are_one_case_and_the_strongest_names_it():
    one = episodes([sign(10, "suspected"), sign(0, "probable"), sign(25)], days=15, least="probable")
    assert [(e.day.day, e.last.day, e.classification) for e in one] == [(1, 26, "confirmed")]
    two = episodes([sign(0), sign(16)], days=15, least="probable")
    assert len(two) == 2
    assert episodes([sign(0, "suspected")], days=15, least="probable") == []
    assert episodes([sign(0, "")], days=15, least="suspected") == []


@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from(CLASSIFICATIONS[1:])), max_size=12), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_episodes_do_not_depend_on_the_order_and_lose_no_sign(days, window):
    signs = [Sign(UUID(int=n), date(2026, 1, 1) + timedelta(days=d), c) for n, (d, c) in enumerate(days)]
    built = episodes(signs, days=window, least="suspected")
    assert built == episodes(signs[::-1], days=window, least="suspected")
    assert sorted(key.int for one in built for key in one.signs) == list(range(len(signs)))
    assert all((after.day - before.last).days > window for before, after in itertools.pairwise(built))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
@settings(max_examples=40, deadline=None)
def test_a_week_begins_on_its_sunday(day):
    first = sunday(day)
    assert first.isoweekday() == 7
    assert 0 <= (day - first).days <= 6


# --- The shipped tables -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def catalogue():
    return merge([decode("shipped", "laras/test", "shipped", "laras", shipped_rows())])


def test_the_shipped_definitions_hold_against_the_catalogue(catalogue):
    answers = {code: [a.code for a in catalogue.answers(code)] for code in catalogue.tests}
    text = shipped._text("definitions.csv")
    rows = shipped.read_definitions(text, answers)
    assert len(rows) > 30
    assert {purpose for row in rows for purpose in row.purposes} <= set(PURPOSES)
    assert {row.disease for row in rows} <= set(KNOWN.diseases)
    for row in rows:
        subject, test = KNOWN.diseases[row.disease].subject, catalogue.tests[row.test]
        assert test.subject == subject, row.key
        assert {"answer": "coded", "organism": "text"}.get(row.when, test.kind) == test.kind, row.key


def test_the_shipped_diseases_can_be_judged():
    letters = [one.letter for one in KNOWN.diseases.values() if one.letter]
    assert letters == [chr(n) for n in range(ord("A"), ord("X") + 1)], "the 24 weekly diseases"
    for one in KNOWN.diseases.values():
        assert one.method in METHODS
        assert parameters(one.parameters, one.method)
        assert one.least in CLASSIFICATIONS[1:]
        assert one.episode_days > 0
        assert one.source
        assert one.rule_source
        assert one.rule_status


HEAD = ",".join(shipped.HEADING) + "\n"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("A,CAMPAK,confirmed,CAMIGM,answer,POS;NEG;INC,,,ours,uji,", "value"),  # every answer: everything
        ("A,CAMPAK,confirmed,CAMIGM,answer,,,,ours,uji,", "value"),
        ("A,CAMPAK,confirmed,CAMIGM,answer,ADA,,,ours,uji,", "value"),
        ("A,CAMPAK,confirmed,WBC,at_least,0,,,ours,uji,", "value"),
        ("A,CAMPAK,sure,CAMIGM,answer,POS,,,ours,uji,", "classification"),
        ("A,CAMPAKX,confirmed,CAMIGM,answer,POS,,,ours,uji,", "disease"),
        ("A,CAMPAK,confirmed,TIDAKADA,answer,POS,,,ours,uji,", "test"),
        ("A,CAMPAK,confirmed,CAMIGM,always,,,,ours,uji,", "when"),
        ("A,CAMPAK,confirmed,KULFESES,organism,a,,,ours,uji,", "value"),
        ("A,CAMPAK,confirmed,CAMIGM,answer,POS,,,ours,,", "source"),
    ],
)
def test_a_definition_that_cannot_be_used_names_row_and_field(catalogue, row, field):
    answers = {code: [a.code for a in catalogue.answers(code)] for code in catalogue.tests}
    with pytest.raises(shipped.BadRow) as refused:
        shipped.read_definitions(HEAD + row + "\n", answers)
    assert (refused.value.row, refused.value.field) == (2, field)


def test_an_unknown_condition_is_no_silent_answer():
    assert flaw(definition("always", "x")) == ("when", "always")
    with pytest.raises(ValueError, match="when"):
        meets(Finding(KEY, "X", "coded"), definition("always", "x"))
