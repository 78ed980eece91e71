"""What rules find is kept as codes and said in one place, in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

import laras
from laras.bench import words as bench
from laras.catalogue import rules, words
from laras.catalogue.types import CodedAnswer, Finding, pack, unpack
from laras.cli import translations

SOURCES = Path(laras.__file__).parent
RULES = [*(SOURCES / "catalogue/rules").glob("*.py"), *(SOURCES / "bench/rules").glob("*.py")]
KNOWN = {**words.SENTENCES, **bench.SENTENCES}
# Said by functions of their own, or made of a variable.
ELSEWHERE = {"before"}


def codes_in_rules() -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in RULES)
    found = set(re.findall(r'Finding(?:\.of)?\(\s*"(\w+)"', text))
    found |= set(re.findall(r'ValueProblem\(\s*"\w+", "(\w+)"', text))
    return found | {
        "not_adopted_for_age",
        "no_range_for_age",
        "person_unknown",
        "not_a_titre",
        "a_titre",
        "critical_for_others",
    }


def test_every_code_of_a_rule_has_a_sentence():
    assert len(codes_in_rules()) > 70, "the rules are not read"
    assert codes_in_rules() - KNOWN.keys() - ELSEWHERE == set()


def test_rules_hold_no_sentences():
    """A string with a blank in a rule's code is a docstring or a fault in the making."""
    assert not [
        path.name
        for path in RULES
        if re.search(r'(?:Judgement|Problem|Finding)\([^)]*"[A-Z][a-z]+ [a-z]', path.read_text())
    ]


@pytest.fixture
def english():
    translations.compile_all()
    with translation.override("en"):
        yield


def test_a_finding_is_said_in_both_languages(english):
    found = (Finding.of("below", range="40,0 - 52,0"), Finding.of("critical_if", below="< 20", above="> 60"))
    assert words.words(found) == "Below the reference 40.0 - 52.0; critical if < 20 or > 60"
    with translation.override("id"):
        assert words.words(found) == "Di bawah rujukan 40,0 - 52,0; kritis bila < 20 atau > 60"
        assert bench.words(found, brief=True) == "Di bawah rujukan; kritis bila < 20 atau > 60"
    answers = (CodedAnswer("P", "NEG", "Negatif", "Negative"), CodedAnswer("P", "TR", "Samar", "Trace"))
    assert words.word(Finding.of("answer_unexpected", answers="Negatif / Samar"), answers=answers).endswith(
        "Negative / Trace"
    )


def test_figures_follow_the_language_and_what_was_typed_does_not(english):
    """On one screen 1.234 has one meaning."""
    limit = Finding.of("fails", limit="maks. 1.234,5")
    assert words.word(limit) == "Fails the limit: maks. 1,234.5"
    typed = Finding.of("ambiguous", written="1.234", whole="1234", fraction="1,234")
    assert "“1.234”" in words.word(typed)
    value = rules.parse_value("1.234,5")
    assert words.value_text(value, None) == "1,234.5"
    with translation.override("id"):
        assert words.word(limit).endswith("1.234,5")
        assert words.value_text(value, None) == "1.234,5"


def test_what_nobody_knows_is_shown_and_breaks_nothing():
    assert words.word(Finding("from_the_future")) == "from_the_future"
    assert words.word(Finding("within")) == "within"  # its range is missing
    assert words.words(unpack("Dalam rujukan 1 - 2")) == "Dalam rujukan 1 - 2"
    assert words.words(unpack("")) == ""
    assert [f.code for f in unpack('[["a"]')] == ["plain"]
    assert unpack("[]") == ()
    assert [f.code for f in unpack("17")] == ["plain"]


TEXTS = st.text('ab7 ,."\\[]{}é≤\n\x00', max_size=12)


@given(st.lists(st.tuples(TEXTS, st.dictionaries(st.sampled_from(["range", "code", "n"]), TEXTS)), max_size=5))
def test_findings_are_kept_as_they_are_or_left_off_whole(made):
    findings = tuple(Finding.of(code, **given) for code, given in made)
    assert unpack(pack(findings, 10_000)) == findings
    short = pack(findings, 60)
    assert len(short) <= 60
    assert unpack(short) == findings[: len(unpack(short))]
