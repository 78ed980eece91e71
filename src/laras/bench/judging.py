"""What a written value would mean for a result: shared by saving it and by showing it while it is typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import calculating, queries, rules, words
from laras.bench.models import Result
from laras.bench.persons_at import person_of
from laras.bench.reference import delta_bounds
from laras.bench.rules import performance
from laras.bench.rules.performance import Measuring
from laras.bench.types import Delta, GridRow, Judged, Narrowing, Tried
from laras.catalogue import queries as catalogues
from laras.catalogue import rules as catalogue_rules
from laras.catalogue import words as catalogue_words
from laras.catalogue.types import Catalogue, ParsedValue, TestInfo, UnknownCode
from laras.core import clock
from laras.core.errors import Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope

ENVIRONMENT = ("environment", "food", "vector")


def air_temperature(in_situ: object) -> Decimal | None:
    """The reading taken at the site, in °C; limits relative to it need it."""
    reading = in_situ.get("air_temperature") if isinstance(in_situ, dict) else None
    try:
        return None if reading in (None, "") else Decimal(str(reading))
    except InvalidOperation:
        return None


def judge_value(
    catalogue: Catalogue,
    test: TestInfo,
    value: ParsedValue,
    *,
    result: Result,
    zone: str,
    measuring: Measuring | None = None,
) -> Judged:
    """The judgement for this result's subject; at a site under the laboratory's decision rule."""
    order = result.order
    if order.subject_kind == "person":
        return rules.judge_person(catalogue, test, value, person_of(result, zone))
    if order.subject_kind in ENVIRONMENT:

        def simple(one: ParsedValue) -> Judged:
            return rules.judge_environment(
                catalogue, test, one, standard=order.standard, air_temperature=air_temperature(order.in_situ)
            )

        if measuring is None:
            return simple(value)
        held = measuring.of(test.code, order.matrix)
        return performance.decide(simple(value), test, value, held, measuring.rule, simple)
    # Calibration, proficiency and control items are judged by their own rules, not against people or sites.
    return Judged(attention=value.kind == "text")


def measuring_for(scope: Scope, rows: Iterable[Result]) -> Measuring | None:
    """What decides of samples from sites; None, and nothing asked, where there are none among these."""
    return queries.measuring(scope) if any(row.order.subject_kind in ENVIRONMENT for row in rows) else None


def judge_against(
    catalogue: Catalogue,
    test: TestInfo,
    value: ParsedValue,
    *,
    result: Result,
    zone: str,
    now: datetime,
    earlier: queries.Earlier | None,
    measuring: Measuring | None = None,
) -> tuple[Judged, Delta]:
    """The judgement, and the change against the previous value of the same person."""
    judged = judge_value(catalogue, test, value, result=result, zone=zone, measuring=measuring)
    if earlier is None:
        return judged, Delta()
    return judged, rules.judge_delta(
        test,
        value,
        earlier.value,
        shown=catalogue_rules.format_value(earlier.value, test, answers=catalogue.answers(test.code)),
        days=earlier.days_before(result, zone),
        unit=test.unit,
        previous_unit=earlier.unit,
        bound=delta_bounds().get(test.code),
    )


def read_entry(catalogue: Catalogue, test_code: str, raw: str, decimal_mark: str | None = None) -> ParsedValue:
    """What was written, taken apart; a missing value is never zero. Raises Refused at ``raw``."""
    try:
        test = catalogue.test(test_code)
    except UnknownCode as error:
        message = _("Pemeriksaan %(code)s tidak ada lagi dalam katalog.") % {"code": test_code}
        raise Refused(message, code="unknown_test", problems=[Problem("raw", message)]) from error
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\t\n\r" for letter in raw):
        raise _bad_value("unreadable", _("Nilai memuat huruf yang tidak dapat disimpan."))
    if decimal_mark not in (None, "", ",", "."):
        raise _bad_value("decimal_mark", _("Tanda desimal adalah koma atau titik."))
    try:
        value = catalogue_rules.read_value(
            test, raw, answers=catalogue.answers(test_code), decimal_mark=decimal_mark or None
        )
    except catalogue_rules.ValueProblem as problem:
        raise _bad_value(
            problem.code, catalogue_words.word(problem.finding, answers=catalogue.answers(test_code))
        ) from problem
    if value.kind == "missing":
        raise _bad_value("missing", _("Nilai kosong tidak disimpan. Tulis nilainya, atau kembalikan ke daftar kerja."))
    if rules.too_wide(value):
        raise _bad_value("too_long", _("Angka ini lebih panjang daripada yang dapat disimpan dengan tepat."))
    return value


def _bad_value(code: str, message: str) -> Refused:
    return Refused(message, code=code, problems=[Problem("raw", message)])


def try_values(owner_id: UUID, written: Sequence[tuple[UUID, str]]) -> list[Tried]:
    """What values would mean if they were saved now; changes nothing. Results that are not here are left out.

    The number of queries does not depend on the number of values.
    """
    scope = Scope.of(owner_id)
    found = {row.id: row for row in queries.rows_with_things(scope, [key for key, _raw in written])}
    catalogue, now = catalogues.effective(owner_id), clock.now()
    zone = Owner.objects.values_list("zone", flat=True).get(id=owner_id)
    earlier = queries.previous_values(scope, list(found.values()))
    held = measuring_for(scope, found.values())
    answers = []
    for key, raw in written:
        result = found.get(key)
        if result is None:
            continue
        try:
            value = read_entry(catalogue, result.test_code, raw)
        except Refused as error:
            answers.append(Tried(key, False, message=str(error)))
            continue
        test = catalogue.test(result.test_code)
        judged, delta = judge_against(
            catalogue, test, value, result=result, zone=zone, now=now, earlier=earlier.get(key), measuring=held
        )
        allowed = catalogue.answers(test.code)
        answers.append(
            Tried(
                key,
                True,
                shown=catalogue_words.value_text(value, test, allowed),
                flag=judged.flag,
                critical=judged.critical,
                attention=judged.attention or bool(delta.exceeded),
                meets_limit=judged.meets_limit,
                judgement=words.words(judged.findings, answers=allowed),
                delta=words.words(delta.findings, answers=allowed),
                brief=" · ".join(
                    filter(
                        None,
                        (
                            words.words(found, answers=allowed, brief=True)
                            for found in (judged.findings, delta.findings)
                        ),
                    )
                ),
            )
        )
    return answers


def grid(
    scope: Scope, owner: Owner, by: Narrowing, *, statuses: Sequence[str], limit: int = 50, offset: int = 0
) -> list[GridRow]:
    """The worklist with what a person needs beside an empty cell: reference, previous value, allowed answers."""
    rows = queries.worklist_rows(scope, by, statuses=statuses, limit=limit, offset=offset)
    catalogue, zone = catalogues.effective(owner.id), owner.zone
    earlier = queries.previous_values(scope, rows)
    made = calculating.proposals(scope, owner, rows)
    clocks = {row.id: clock for row in rows if (clock := queries.clock_of(catalogue, row)) is not None}
    begun = queries.begun_among(scope, clocks)
    found = []
    for row, item in zip(rows, queries.work_items(scope, rows), strict=True):
        test = catalogue.tests.get(row.test_code)
        before = earlier.get(row.id)
        answers = catalogue.answers(test.code) if test else ()
        found.append(
            GridRow(
                item=item,
                unit=test.unit if test else "",
                kind=test.kind if test else "text",
                expected=catalogue_words.answers_in_words(
                    _expected(catalogue, test, row, zone) if test else "", answers
                ),
                previous=catalogue_words.value_text(before.value, test, answers) if before else "",
                previous_at=before.at if before else None,
                answers=test.answers if test else "",
                lacking=words.lacking(_lacking(test, catalogue, row, zone)) if test else "",
                calculated=made.get(row.id),
                holding=clocks.get(row.id),
                begun=row.id in begun,
            )
        )
    return found


def _lacking(test: TestInfo, catalogue: Catalogue, row: Result, zone: str) -> str:
    if row.order.subject_kind != "person":
        return ""
    return rules.lacking_range(catalogue, test, person_of(row, zone))


def _expected(catalogue: Catalogue, test: TestInfo, row: Result, zone: str) -> str:
    if row.order.subject_kind == "person":
        usual = [answer.text for answer in catalogue.answers(test.code) if answer.meaning == "normal"]
        return rules.expected_range(catalogue, test, person_of(row, zone)) or " / ".join(usual)
    if row.order.subject_kind in ENVIRONMENT:
        return rules.expected_limit(catalogue, test, row.order.standard)
    return ""
