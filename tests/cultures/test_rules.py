from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.cultures import rules, sheets, shipped
from laras.cultures.types import Breakpoint, DrugSaid, FirstIsolate, IsolateSaid, Measure, PanelLine

pytestmark = pytest.mark.pure

ZONE = Breakpoint(2, "CIP", "zone", group="ENTERO", s=Decimal(26), r=Decimal(21))
MIC = Breakpoint(3, "CIP", "mic", group="ENTERO", s=Decimal("0.25"), r=Decimal(1))


def judge(rows, raw, method, organism="ECO", group="ENTERO", antibiotic="CIP", site=""):
    measure = rules.read_measure(raw, method)
    return rules.judge(
        rows, measure, organism=organism, group=group, antibiotic=antibiotic, method=method, site=site
    )  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "category"), [("26", "S"), ("40", "S"), ("25", "I"), ("22", "I"), ("21", "R"), ("6", "R")]
)
def test_zones(raw, category):
    assert judge([ZONE], raw, "disk").category == category


@pytest.mark.parametrize(
    ("raw", "category", "reason"),
    [
        ("0,25", "S", ""), ("<=0,25", "S", ""), ("0.5", "I", ""), ("1", "R", ""), (">0.5", "", "operator"), ("≥1", "R", ""),
        (">4", "R", ""), ("<=0.5", "", "operator"), ("<0,5", "", "operator"), ("≤2", "", "operator"),
    ],
)  # fmt: skip
def test_mics_with_their_operator(raw, category, reason):
    said = judge([MIC], raw, "mic")
    assert (said.category, said.reason) == (category, reason)


def test_strict_bounds_and_susceptible_only():
    strict = Breakpoint(2, "CIP", "mic", s=Decimal(1), r=Decimal(1), strict=True)
    assert [judge([strict], raw, "mic").category for raw in ("1", "1,5", ">1")] == ["S", "R", "R"]
    only = Breakpoint(2, "CIP", "zone", s=Decimal(20))
    assert judge([only], "20", "disk").category == "S"
    assert judge([only], "19", "disk").reason == "only_s"
    dose = Breakpoint(2, "CIP", "zone", s=Decimal(25), r=Decimal(18), between="SDD")
    assert judge([dose], "20", "disk").category == "SDD"


def test_the_most_fitting_row_judges():
    species = Breakpoint(5, "CIP", "zone", organism="ECO", s=Decimal(30), r=Decimal(29))
    urine = Breakpoint(6, "CIP", "zone", organism="ECO", site="urine", s=Decimal(16), r=Decimal(15))
    anything = Breakpoint(7, "CIP", "zone", s=Decimal(10), r=Decimal(9))
    rows = [anything, ZONE, species, urine]
    assert judge(rows, "27", "disk").row == 5
    assert judge(rows, "27", "disk", site="urine").row == 6
    assert judge(rows, "27", "disk", organism="KPN").row == 2
    assert judge(rows, "27", "disk", organism="PAE", group="PSEUDO").row == 7
    assert judge([urine], "27", "disk").reason == "no_breakpoint"
    assert (
        judge([ZONE, Breakpoint(9, "CIP", "zone", group="ENTERO", s=Decimal(20))], "27", "disk").reason == "ambiguous"
    )


def test_what_is_not_judged_says_why():
    assert judge([], "27", "disk").reason == "no_table"
    assert judge([ZONE], "27", "disk", organism="").reason == "no_organism"
    assert judge([ZONE], "27", "disk", antibiotic="GEN").reason == "no_breakpoint"
    assert judge([ZONE], "1", "mic").reason == "no_breakpoint"  # a zone's bound judges no MIC
    natural = Breakpoint(4, "AMP", "intrinsic", organism="KPN")
    said = judge(
        [natural, Breakpoint(5, "AMP", "zone", s=Decimal(17), r=Decimal(13))], "6", "disk", "KPN", antibiotic="AMP"
    )
    assert (said.category, said.reason, said.row) == ("", "intrinsic", 4)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from(["", "<", "<=", ">", ">="]),
    st.integers(1, 44),
)
def test_an_operator_is_judged_only_when_every_value_it_allows_agrees(a, b, strict, operator, value):
    low, high = sorted((a, b))
    if low == high and not strict:
        high += 1
    row = Breakpoint(2, "CIP", "mic", s=Decimal(low), r=Decimal(high), strict=strict)
    assert rules.table_problem(row) == ""

    def plainly(x):
        if x <= low:
            return "S"
        return "R" if (x > high if strict else x >= high) else "I"

    # A fine grid of what the true value can be.
    grid = [Decimal(n) / 4 for n in range(1, 400)]
    allowed = {
        "": [Decimal(value)], "<": [x for x in grid if x < value], "<=": [x for x in grid if x <= value],
        ">": [x for x in grid if x > value], ">=": [x for x in grid if x >= value],
    }[operator]  # fmt: skip
    said = {plainly(x) for x in allowed}
    found = rules.judge(
        [row], Measure("", operator, Decimal(value)), organism="ECO", group="", antibiotic="CIP", method="mic"
    )
    assert found.category == (said.pop() if len(said) == 1 else "")


@pytest.mark.parametrize(
    ("raw", "method", "wrong"),
    [
        ("abc", "mic", "unreadable"), ("", "disk", "unreadable"), ("1.024", "mic", "unclear"), ("22,5", "disk", "range"),
        (">22", "disk", "range"), ("81", "disk", "range"), ("0", "mic", "range"), ("-1", "mic", "unreadable"),
    ],
)  # fmt: skip
def test_measures_that_cannot_be(raw, method, wrong):
    with pytest.raises(ValueError, match=wrong):
        rules.read_measure(raw, method)


def test_measures_as_people_write_them():
    assert rules.read_measure(" ≤ 0,125 ", "mic") == Measure("≤ 0,125", "<=", Decimal("0.125"))
    assert rules.read_measure(">=2/38", "mic").value == 2
    assert rules.read_measure("0", "disk").value == 0


@pytest.mark.parametrize(
    ("raw", "operator", "number"),
    [
        (">10^5", ">", 100_000), ("2 x 10^4 CFU/mL", "", 20_000), ("1,5x10⁵", "", 150_000), ("<1000", "<", 1000),
        ("≥10⁵ koloni/mL", ">=", 100_000), ("0", "", 0),
    ],
)  # fmt: skip
def test_colony_counts(raw, operator, number):
    assert rules.read_count(raw) == (operator, number)


@pytest.mark.parametrize("raw", ["banyak", "10^", "10^99", "1.000"])
def test_counts_that_are_none(raw):
    with pytest.raises(ValueError):
        rules.read_count(raw)


def test_days_of_reading():
    assert rules.read_days("1, 2 5") == (1, 2, 5)
    for wrong in ("", "2 1", "0", "1 1", "91", "satu"):
        with pytest.raises(ValueError):
            rules.read_days(wrong)
    assert rules.next_day([1, 2, 5], []) == 1
    assert rules.next_day([1, 2, 5], [3]) == 5
    assert rules.next_day([1, 2, 5], [6]) is None


def test_the_cascade():
    lines = [
        PanelLine("CIP", position=0), PanelLine("GEN", position=1), PanelLine("MEM", "ENTERO", "cascade", ("CIP", "GEN"), 2),
        PanelLine("AMK", "", "never", (), 3), PanelLine("AMK", "PSEUDO", "always", (), 4),
    ]  # fmt: skip

    def shown(group="ENTERO", **categories):
        return rules.reported(lines, categories, group)

    assert shown(CIP="S", GEN="R", MEM="S", AMK="S") == ["CIP", "GEN"]
    assert shown(CIP="I", GEN="R", MEM="S") == ["CIP", "GEN", "MEM"]
    assert shown(CIP="R", MEM="S") == ["CIP"]  # GEN was not tested: nothing is known of it
    assert shown("PSEUDO", AMK="S", MEM="S") == ["AMK", "MEM"]  # no line of MEM for that group: not hidden
    assert rules.reported([], {"TGC": "S", "AMP": ""}, "ENTERO") == ["AMP", "TGC"]


def test_parasites_by_leukocytes():
    assert rules.parasite_density(120, 200) == 4800  # 120 * 8000 / 200
    assert rules.parasite_density(7, 500, 6200) == 87  # 86.8
    assert rules.parasite_density(0, 500) == 0
    for wrong in ((1, 0), (-1, 200)):
        with pytest.raises(ValueError):
            rules.parasite_density(*wrong)


@pytest.mark.parametrize(
    ("bacilli", "fields", "grade"),
    [(0, 100, "NEG"), (1, 100, "SCANTY"), (9, 100, "SCANTY"), (10, 100, "1+"), (99, 100, "1+"), (50, 50, "2+"),
     (500, 50, "2+"), (201, 20, "3+"), (18, 200, "SCANTY"), (600, 50, "3+")],
)  # fmt: skip
def test_smears(bacilli, fields, grade):
    assert rules.afb_grade(bacilli, fields) == grade


def test_a_smear_needs_its_fields():
    for wrong in ((0, 99), (5, 50), (100, 20)):
        with pytest.raises(ValueError, match="fields"):
            rules.afb_grade(*wrong)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from("AB"), st.integers(0, 9), st.sampled_from("SIR")), max_size=30
    )
)
def test_the_antibiogram_counts_the_first_of_each_person_and_species(rows):
    isolates = [
        FirstIsolate(UUID(int=n), UUID(int=who), species, date(2026, 1, 1) + timedelta(days=day), {"CIP": category})
        for n, (who, species, day, category) in enumerate(rows)
    ]
    lines = {line.organism: line for line in rules.antibiogram(isolates)}
    for species in "AB":
        persons = {who for who, kind, _day, _category in rows if kind == species}
        assert (species in lines) == bool(persons)
        first = [
            min(
                (day, n, category) for n, (one, kind, day, category) in enumerate(rows) if (one, kind) == (who, species)
            )
            for who in persons
        ]
        if persons:
            cell = lines[species].cells["CIP"]
            assert (cell.tested, cell.susceptible) == (len(persons), sum(c == "S" for _d, _n, c in first))
            assert cell.few
            assert lines[species].few


def test_thirty_are_enough():
    isolates = [
        FirstIsolate(UUID(int=n), UUID(int=n), "ECO", date(2026, 1, 1), {"CIP": "S" if n % 3 else "R"})
        for n in range(30)
    ]
    (line,) = rules.antibiogram(isolates)
    assert (line.few, line.cells["CIP"].few, line.cells["CIP"].percent) == (False, False, 67)


def test_words_of_the_report():
    drugs = (
        DrugSaid("CIP", "Siprofloksasin", "R", "12 mm", "Difusi cakram"),
        DrugSaid("X", "Obat", "", "9 mm", "", "tanpa"),
    )
    one = IsolateSaid(1, "Escherichia coli", ">10^5", "pathogen", drugs)
    assert rules.final_text(2, [one], "", 1) == (
        "Tumbuh Escherichia coli (>10^5): Siprofloksasin R (12 mm), Obat tidak dinilai (9 mm)."
    )
    assert rules.final_heading(2, [one], "") == "Tumbuh Escherichia coli (>10^5)."
    assert rules.final_text(5, [], "", 1) == "Tidak ada pertumbuhan setelah 5 hari."
    flora = IsolateSaid(2, "Corynebacterium spp.", "", "flora")
    assert "flora normal" in rules.final_heading(2, [flora], "")
    assert (
        rules.interim_text(2, grown=False, grams=[], isolates=[])
        == "Hasil sementara (hari ke-2): belum ada pertumbuhan."
    )
    assert "batang Gram negatif; identifikasi menyusul" in rules.interim_text(
        1, grown=True, grams=["GNB", ""], isolates=[]
    )
    waiting = IsolateSaid(1, "Escherichia coli", "", "pathogen")
    assert rules.interim_text(2, grown=True, grams=["GNB"], isolates=[waiting]).endswith("Uji kepekaan menyusul.")
    long = rules.final_text(2, [IsolateSaid(1, "X" * 100, "", "pathogen", drugs * 80)], "", 7)
    assert len(long) == 2000
    assert long.endswith("pernyataan 7)")


def test_shipped_lists():
    assert {one.group for one in shipped.organisms().values()} == set(shipped.groups())
    assert all(one.status in ("memory", "ours") and one.source for one in shipped.organisms().values())
    assert all(one.days == rules.read_days(" ".join(map(str, one.days))) for one in shipped.protocols().values())
    assert shipped.protocols()["KULTB"].days[-1] == 56
    assert shipped.protocols()["KULDARAH"].days[-1] == 5
    assert shipped.find_organism(" escherichia  coli ") == shipped.find_organism("eco") == "ECO"
    assert shipped.find_antibiotic("Ciprofloxacin") == shipped.find_antibiotic("siprofloksasin") == "CIP"


def test_tables_say_what_is_wrong_by_row():
    good, none = sheets.read_breakpoints(
        b"antibiotik,jenis,kelompok,sensitif,resistan,aturan_r\nCIP,zona,ENTERO,26,21,lebih\n"
    )
    assert none == []
    assert (good[0].s, good[0].strict) == (26, True)
    text = (
        "antibiotik;jenis;organisme;kelompok;sensitif;resistan\nXXX;zona;;;1;1\nCIP;apa;;;20;10\nCIP;zona;;;10;20\n"
        "CIP;alami;ECO;;5;\nCIP;mic;ECO;ENTERO;1;2\nGEN;zona;ECO;;20;10\nGEN;zona;ECO;;21;10\nAMP;mic;;BUKAN;a;2\n"
    )
    _rows, problems = sheets.read_breakpoints(text.encode())
    assert [(one.row, one.field) for one in problems] == [
        (2, "antibiotik"), (3, "jenis"), (4, "sensitif"), (5, "sensitif"), (6, "kelompok"), (8, "antibiotik"),
        (9, "kelompok"), (9, "sensitif"),
    ]  # fmt: skip
    _lines, problems = sheets.read_panel(b"antibiotik;tampil;setelah\nCIP;bertingkat;\nGEN;selalu;CIP\nGEN;entah;\n")
    assert [(one.row, one.field) for one in problems] == [
        (2, "setelah"),
        (3, "setelah"),
        (4, "tampil"),
        (4, "antibiotik"),
    ]
