"""The content of a report survives its keeping, whatever stands in it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils.safestring import mark_safe
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.bench.types import ResultView
from laras.core import journal
from laras.reports.assembly import Facts, Person, assemble, from_content, says_the_same, takes_back, to_content
from laras.reports.types import (
    Amendment,
    Change,
    CriticalNote,
    Letterhead,
    LhuDocument,
    PatientBlock,
    PerformingLaboratory,
    ResultRow,
    SampleBlock,
    Sender,
    Signer,
    SiteBlock,
    Times,
)

# JSON text in UTF-8 holds no half surrogates; everything else may stand in a name.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
MOMENT = st.none() | st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))
ROW = st.builds(
    ResultRow,
    test=TEXT,
    result=TEXT,
    unit=TEXT,
    limit=TEXT,
    flag=st.sampled_from(["", "L", "H", "LL", "HH", "A", "AA"]),
    note=TEXT,
    complies=st.none() | st.booleans(),
    accredited=st.none() | st.booleans(),
    amended=st.booleans(),
    level=st.integers(0, 2),
    key=TEXT,
)
DOCUMENT = st.builds(
    LhuDocument,
    kind=st.sampled_from(["clinical", "environment"]),
    number=TEXT,
    version=st.integers(1, 99),
    letterhead=st.builds(Letterhead, name=TEXT, parents=st.lists(TEXT, max_size=2).map(tuple), accreditation=TEXT),
    sender=st.builds(Sender, name=TEXT, doctor=TEXT),
    times=st.builds(Times, zone=st.sampled_from(["WIB", "WITA", "WIT"]), registered=MOMENT, released=MOMENT),
    rows=st.lists(ROW, max_size=4).map(tuple),
    signers=st.lists(st.builds(Signer, role=st.just("analyst"), name=TEXT, at=MOMENT), max_size=2).map(tuple),
    patient=st.none() | st.builds(PatientBlock, name=TEXT, birth_date=st.none() | st.dates(date(1900, 1, 1))),
    site=st.none() | st.builds(SiteBlock, name=TEXT, in_situ=st.lists(TEXT, max_size=2).map(tuple)),
    samples=st.lists(st.builds(SampleBlock, lab_code=TEXT, specimen=TEXT, collected_at=MOMENT), max_size=2).map(tuple),
    critical_notes=st.lists(
        st.builds(CriticalNote, test=TEXT, result=TEXT, told_at=MOMENT, read_back=st.booleans()), max_size=2
    ).map(tuple),
    comments=st.lists(TEXT, max_size=2).map(tuple),
    laboratories=st.lists(st.builds(PerformingLaboratory, key=TEXT, name=TEXT), max_size=2).map(tuple),
    amends=st.none()
    | st.builds(
        Amendment,
        version=st.integers(1, 9),
        reason=TEXT,
        issued_at=MOMENT,
        changes=st.lists(st.builds(Change, what=TEXT, before=TEXT, after=TEXT), max_size=2).map(tuple),
    ),
    awaited=st.lists(TEXT, max_size=2).map(tuple),
    section_notes=st.dictionaries(TEXT, TEXT, max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(DOCUMENT)
def test_what_is_kept_is_read_back_whole(document):
    kept = journal.canonical(to_content(document))
    assert from_content(json.loads(kept)) == document
    assert journal.canonical(to_content(from_content(json.loads(kept)))) == kept


@settings(max_examples=40, deadline=None)
@given(DOCUMENT, ROW)
def test_a_reader_is_told_the_same_by_another_version_only_if_nothing_else_differs(document, row):
    again = replace(
        document, number="N", version=document.version + 1, journal_mark="m", verification_url="u", amends=None
    )
    assert says_the_same(document, again)
    longer = replace(document, rows=(*document.rows, row))
    assert not says_the_same(document, longer)


def test_content_of_a_later_release_is_still_read():
    document = LhuDocument("clinical", "N", 1, Letterhead("Lab"), Sender("S"), Times("WIB"), (ResultRow("Hb", "12"),))
    content = to_content(document)
    content["something_new"] = {"a": 1}
    content["rows"][0]["colour"] = "red"
    assert from_content(content) == document


def test_what_is_no_text_is_refused_and_marked_text_is_text():
    bare = LhuDocument("clinical", "N", 1, Letterhead("Lab"), Sender("S"), Times("WIB"), ())
    marked = to_content(replace(bare, order_number=mark_safe("<b>")))
    assert type(marked["order_number"]) is str
    with pytest.raises(TypeError):
        to_content(replace(bare, order_number=1.5))  # type: ignore[arg-type]


def test_completing_an_interim_report_takes_nothing_back():
    hb, plt = ResultRow("Hb", "12", key="A/HB"), ResultRow("Trombosit", "250", key="A/PLT")
    bare = LhuDocument("clinical", "N", 1, Letterhead("Lab"), Sender("S"), Times("WIB"), (hb,), awaited=("Trombosit",))
    assert not takes_back(bare, replace(bare, rows=(hb, plt), awaited=()))
    assert takes_back(bare, replace(bare, rows=(replace(hb, result="13"), plt), awaited=()))
    assert takes_back(bare, replace(bare, rows=(plt,), awaited=()))
    final = replace(bare, rows=(hb, plt), awaited=())
    assert takes_back(final, replace(final, comments=("Puasa.",)))


def view(code: str, **known: Any) -> ResultView:
    """A validated result with nothing unusual about it."""
    empty = {"str": "", "int": 0, "bool": False}
    values = {one.name: empty.get(str(one.type)) for one in fields(ResultView) if one.name not in ("holds", "calls")}
    values |= {"test_code": code, "name": code, "shown": "1", "sample_number": "S-1", "journey": ()}
    return ResultView(**(values | known))


def report(*results: ResultView, accredited: Collection[str] = (), **known: Any) -> LhuDocument:
    facts = Facts(
        order_number="N-1",
        clinical=True,
        zone="WIB",
        letterhead=Letterhead("Lab", accreditation="LM-000-IDN", accreditation_standard="SNI ISO 15189"),
        place="",
        sender=Sender("S"),
        patient=PatientBlock("P"),
        site=None,
        samples=(),
        regulation="",
        registered_at=datetime(2026, 9, 1, tzinfo=UTC),
        accredited=frozenset(accredited),
        persons={1: Person("dr. Ayu", "NIP 1"), 2: Person("Budi"), 3: Person("Cici")},
        sections={},
    )
    return assemble(facts, results, number="L-1", version=1, **({"released_at": None} | known))


def test_the_mark_of_accreditation_stands_only_where_the_scope_covers_a_test():
    both = report(view("HB"), view("PLT"), accredited={"HB"})
    assert both.letterhead.accreditation == "LM-000-IDN"
    assert [row.accredited for row in both.rows] == [True, False]
    outside = report(view("PLT"), accredited={"HB"})
    assert (outside.letterhead.accreditation, outside.letterhead.accreditation_standard) == ("", "")
    assert [row.accredited for row in outside.rows] == [None]
    # What another laboratory performed is not covered by our scope, whatever our scope says of that test.
    elsewhere = report(view("HB", performer_id="x", performer_name="Lab B"), accredited={"HB"})
    assert elsewhere.letterhead.accreditation == ""


def test_validators_are_those_of_our_own_results_with_their_last_moment():
    hour = [datetime(2026, 9, 1, n, tzinfo=UTC) for n in range(5)]
    document = report(
        view("HB", validated_by_id=1, validated_by="ayu", validated_at=hour[1]),
        view("PLT", validated_by_id=1, validated_by="ayu", validated_at=hour[3]),
        view("TG", validated_by_id=9, validated_by="Orang Luar", performer_id="x", performer_name="Lab B"),
        releaser=2,
        released_at=hour[4],
    )
    assert [(one.role, one.name, one.number, one.at) for one in document.signers] == [
        ("validator", "dr. Ayu", "NIP 1", hour[3]),
        ("releaser", "Budi", "", hour[4]),
    ]


def test_another_releaser_tells_the_reader_nothing_new_another_validator_does():
    one = report(view("HB", validated_by_id=1, validated_by="ayu"), releaser=1)
    assert says_the_same(one, report(view("HB", validated_by_id=1, validated_by="ayu"), releaser=2))
    assert not says_the_same(one, report(view("HB", validated_by_id=3, validated_by="cici"), releaser=1))


def test_another_laboratory_s_result_has_its_report_s_day_and_not_our_times():
    came = datetime(2026, 9, 3, 2, tzinfo=UTC)
    steps = (
        {"what": "reported", "number": "B-OLD", "at": "2026-09-01T02:00:00+00:00"},
        {"what": "reported", "number": "B-1", "at": "2026-09-01T23:30:00+00:00"},
        {"what": "returned", "number": "", "at": "2026-09-03T02:00:00+00:00"},
    )
    document = report(
        view("TG", performer_id="x", performer_name="Lab B", performer_report="B-1", journey=steps, entered_at=came,
             validated_at=came),
    )  # fmt: skip
    assert [(lab.name, lab.report_number) for lab in document.laboratories] == [("Lab B", "B-1 (2 Sep 2026)")]
    assert (document.times.tested_from, document.times.tested_to) == (None, None)
    assert document.rows[0].laboratory == "A"


def test_a_rule_that_verified_is_named_where_the_verifier_stands():
    by_rule = [view(code, verified_by_id=None, verified_by_rule="HB v2") for code in ("HB", "HCT")]
    found = [(one.role, one.name) for one in report(*by_rule).signers if one.role == "verifier"]
    assert found == [("verifier", "Aturan HB v2")]
    assert not [one for one in report(view("HB")).signers if one.role == "verifier"]
