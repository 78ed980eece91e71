"""What formulas make of the values of an order: shown beside the empty cell, and entered when a person says so.

A reckoned value is a value like any other: the person who lets it be entered answers for it, and another one looks at it. It is
a function of the values that stand, so that asking again tells whether it still holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import queries, words
from laras.bench.models import Result
from laras.bench.persons_at import years_of
from laras.bench.reference import formulas
from laras.bench.rules.formulas import Formula, Input, NotCalculated, calculate
from laras.bench.types import Calculated
from laras.catalogue import queries as catalogues
from laras.catalogue import words as catalogue_words
from laras.catalogue.types import Catalogue
from laras.core.models import Owner
from laras.core.scope import Scope

STANDS = ("entered", "verified", "validated")
MARK = ","


def method_of(formula: Formula) -> str:
    """How a reckoned result calls its method; by this it is known again."""
    return f"Perhitungan ({formula.name})"


def is_calculated(result: Result) -> bool:
    formula = formulas().get(result.test_code)
    return formula is not None and result.method == method_of(formula)


def made_from(test_code: str) -> frozenset[str]:
    """The tests that are reckoned from this one."""
    return frozenset(code for code, formula in formulas().items() if test_code in formula.inputs)


def proposals(scope: Scope, owner: Owner, rows: Sequence[Result]) -> dict[UUID, Calculated]:
    """Result -> what its formula says now, for those of ``rows`` (with order, patient and sample) that have one: the empty
    ones, and those that were reckoned before and would be another value today. One query, none when no row has a formula.
    """
    wanted = [row for row in rows if row.test_code in formulas() and (row.status == "waiting" or is_calculated(row))]
    if not wanted:
        return {}
    codes = {code for row in wanted for code in formulas()[row.test_code].inputs}
    standing: dict[tuple[UUID, str], list[Result]] = {}
    found = Result.objects.within(scope).filter(
        order_id__in={row.order_id for row in wanted}, test_code__in=codes, status__in=STANDS
    )
    for one in found.order_by("id"):
        standing.setdefault((one.order_id, one.test_code), []).append(one)
    catalogue = catalogues.effective(owner.id)
    answers = (_of(row, standing, catalogue, owner.zone) for row in wanted)
    return {
        one.result_id: one
        for row, one in zip(wanted, answers, strict=True)
        if row.status == "waiting" or (one.raw and one.raw != row.raw)
    }


def _of(
    row: Result, standing: dict[tuple[UUID, str], list[Result]], catalogue: Catalogue, zone: str
) -> Calculated:  # fmt: skip
    formula = formulas()[row.test_code]
    name = formula.name_en if catalogue_words.is_english() else formula.name
    test = catalogue.tests.get(row.test_code)
    parts: dict[str, Result] = {}
    for code in formula.inputs:
        there = standing.get((row.order_id, code), [])
        # Of two samples in one order the value of the same sample belongs here; else none of them does.
        same = there if len(there) == 1 else [one for one in there if one.sample_id == row.sample_id]
        if len(same) == 1:
            parts[code] = same[0]
    values = {code: Input(one.number, _ucum(catalogue, code), one.operator) for code, one in parts.items()}
    try:
        if test is None:
            raise NotCalculated("missing", row.test_code)
        number = calculate(formula, values, unit=test.ucum, sex=_sex(row), age=years_of(row, zone), signed=test.signed)
    except NotCalculated as problem:
        return Calculated(row.id, name, why=_why(problem, formula, catalogue))
    raw = str(number.quantize(Decimal(1).scaleb(-(test.decimals or 0)), rounding=ROUND_HALF_UP)).replace(".", MARK)
    made_of = "; ".join(f"{code} {one.raw} {one.unit}".strip() for code, one in parts.items())
    return Calculated(row.id, name, raw, made_of, tuple(one.id for one in parts.values()))


def _ucum(catalogue: Catalogue, code: str) -> str:
    test = catalogue.tests.get(code)
    return test.ucum if test else ""


def _sex(row: Result) -> str:
    return row.order.patient.sex if row.order.patient else ""


def _why(problem: NotCalculated, formula: Formula, catalogue: Catalogue) -> str:
    if problem.code == "condition":
        return formula.unless_en if catalogue_words.is_english() else formula.unless
    test = catalogue.tests.get(problem.of)
    name = catalogue_words.name_of(test) if test else problem.of
    return str(words.NOT_CALCULATED[problem.code]) % {"test": name}


def proposals_of(scope: Scope, owner: Owner, ids: Iterable[UUID]) -> dict[UUID, Calculated]:
    """:func:`proposals` of results by their keys; those without a formula are left out."""
    return proposals(scope, owner, queries.rows_with_things(scope, ids))


def no_formula() -> str:
    return _("Tidak ada rumus untuk pemeriksaan ini, atau nilainya sudah sesuai.")
