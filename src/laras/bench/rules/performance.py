"""How well a test measures, and what follows: detection limit, uncertainty, decision rule, blanks, duplicates, spikes. Pure.

Decision rules after ILAC-G8:09/2019: *simple* acceptance compares the value alone; with a *guard* band as wide as the expanded
uncertainty U a value meets a limit only where the value and value ± U all do, and fails otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from laras.bench.types import Judged
from laras.catalogue.types import Finding, ParsedValue, TestInfo

Rule = Literal["", "simple", "guard"]
Role = Literal["field_blank", "trip_blank", "equipment_blank", "duplicate", "spike"]
BLANKS = ("field_blank", "trip_blank", "equipment_blank")


@dataclass(frozen=True, slots=True)
class Performance:
    """Of a test in a matrix (empty: any) at one laboratory, in the unit of the test. ``u_kind``: ``absolute`` or ``percent`` of the
    value. ``rpd_max`` and the recoveries are percent. What is None was not said and judges nothing."""

    test_code: str
    matrix: str = ""
    lod: Decimal | None = None
    loq: Decimal | None = None
    u_kind: str = "absolute"
    u_value: Decimal | None = None
    k: Decimal = Decimal(2)
    rpd_max: Decimal | None = None
    recovery_low: Decimal | None = None
    recovery_high: Decimal | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Measuring:
    """What a laboratory says of its tests, and the rule by which it states conformity (empty: it chose none)."""

    rule: Rule = ""
    rows: Mapping[tuple[str, str], Performance] = field(default_factory=dict)

    def of(self, test_code: str, matrix: str) -> Performance | None:
        """The row of the matrix before the one of all matrices."""
        return self.rows.get((test_code, matrix)) or self.rows.get((test_code, ""))


def expanded(row: Performance | None, number: Decimal | None) -> Decimal | None:
    """The expanded uncertainty U at this value; None when nobody said it."""
    if row is None or row.u_value is None or number is None:
        return None
    return row.u_value if row.u_kind == "absolute" else abs(number) * row.u_value / 100


def is_exact(value: ParsedValue) -> bool:
    return value.kind == "number" and not value.operator and value.number is not None


def below_lod(row: Performance | None, value: ParsedValue) -> bool:
    """Whether a number is smaller than the laboratory can detect; the detection limit itself is detected."""
    return (
        row is not None
        and row.lod is not None
        and is_exact(value)
        and value.number is not None
        and value.number < row.lod
    )


def decide(
    judged: Judged,
    test: TestInfo,
    value: ParsedValue,
    row: Performance | None,
    rule: Rule,
    judge: Callable[[ParsedValue], Judged],
) -> Judged:
    """The judgement under the laboratory's decision rule. ``judge`` is simple acceptance.

    Counts, words and what is below the detection limit have no band. A value that simply fails fails under both rules. Under
    the guard band an unknown uncertainty leaves undecided what would simply meet: a rule that cannot be evaluated is no pass.
    """
    exact = test.kind == "quantity" and is_exact(value) and not below_lod(row, value)
    if rule != "guard" or judged.meets_limit is not True or not exact or value.number is None:
        return judged
    wide = expanded(row, value.number)
    if wide is None:
        found = (*judged.findings, Finding("guard_unknown"))
        return replace(judged, meets_limit=None, attention=True, findings=found)
    ends = (replace(value, number=value.number + wide), replace(value, number=value.number - wide))
    if all(judge(end).meets_limit is True for end in ends):
        return judged
    shown = f"{wide.normalize():f}".replace(".", ",")
    return replace(
        judged, meets_limit=False, flag="A", attention=True,
        findings=(Finding.of("guard_beyond", band=shown),),
    )  # fmt: skip


# --- Quality samples --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """What a quality sample says of its mate. ``good`` None: not judged, and ``why`` names what is missing.

    ``figure``: percent of difference or recovery, or the blank's own value; ``bound`` and ``upper`` what judged it.
    """

    role: str
    good: bool | None
    why: str
    figure: Decimal | None = None
    bound: Decimal | None = None
    upper: Decimal | None = None


def relative_difference(one: Decimal, other: Decimal) -> Decimal | None:
    """|a - b| over their mean, in percent; None where the mean is nothing."""
    mean = (one + other) / 2
    return None if mean == 0 else abs(one - other) / abs(mean) * 100


def recovery(spiked: Decimal, native: Decimal, added: Decimal) -> Decimal | None:
    """How much of what was added was found, in percent; None when nothing was added."""
    return None if added == 0 else (spiked - native) / added * 100


def check_blank(role: str, blank: ParsedValue, row: Performance | None) -> Checked:
    """Good while nothing is detected: below the detection limit, ``<`` anything up to it, or not detected."""
    if row is None or row.lod is None:
        return Checked(role, None, "no_lod", blank.number)
    if blank.kind == "not_detected" or (blank.operator in ("<", "<=") and (blank.number or 0) <= row.lod):
        return Checked(role, True, "not_detected", None, row.lod)
    if not is_exact(blank) or blank.number is None:
        return Checked(role, None, "no_number", None, row.lod)
    return Checked(role, blank.number < row.lod, "blank", blank.number, row.lod)


def check_duplicate(value: ParsedValue, other: ParsedValue, row: Performance | None) -> Checked:
    """By the relative difference; two values below the detection limit agree."""
    if all(below_lod(row, one) or one.kind == "not_detected" for one in (value, other)):
        return Checked("duplicate", True, "both_below")
    if not (is_exact(value) and is_exact(other)) or value.number is None or other.number is None:
        return Checked("duplicate", None, "no_number")
    figure = relative_difference(value.number, other.number)
    if figure is None:
        same = value.number == other.number
        return Checked(
            "duplicate", True if same else None, "duplicate" if same else "no_mean", Decimal(0) if same else None
        )
    if row is None or row.rpd_max is None:
        return Checked("duplicate", None, "no_bound", figure)
    return Checked("duplicate", figure <= row.rpd_max, "duplicate", figure, row.rpd_max)


def check_spike(native: ParsedValue, spiked: ParsedValue, added: Decimal | None, row: Performance | None) -> Checked:
    """By the recovery; what was not detected before counts as nothing."""
    before = Decimal(0) if below_lod(row, native) or native.kind == "not_detected" else native.number
    if added is None or added <= 0:
        return Checked("spike", None, "no_added")
    if before is None or (before and not is_exact(native)) or not is_exact(spiked) or spiked.number is None:
        return Checked("spike", None, "no_number")
    figure = recovery(spiked.number, before, added)
    if row is None or row.recovery_low is None or row.recovery_high is None:
        return Checked("spike", None, "no_bound", figure)
    good = figure is not None and row.recovery_low <= figure <= row.recovery_high
    return Checked("spike", good, "spike", figure, row.recovery_low, row.recovery_high)
