"""Results as they leave the module: with names of persons, holds, calls, and their words on a screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Max

from laras.bench import rules, words
from laras.bench.models import AutoRule, CriticalCall, Result, ResultValue
from laras.bench.queries.calls import call_view
from laras.bench.queries.holds import hold_view, standing
from laras.bench.queries.persons import names_of
from laras.bench.queries.rows import with_its_things
from laras.bench.types import CallView, HoldView, OnScreen, ResultView, ValueView, WorkItem
from laras.catalogue import queries as catalogues
from laras.catalogue import rules as catalogue_rules
from laras.catalogue import words as catalogue_words
from laras.catalogue.types import Catalogue, ParsedValue, TestInfo, unpack
from laras.core.scope import Scope, get_or_404


def get_result(scope: Scope, result_id: UUID | str) -> Result:
    """The row with its order, subject and sample. Raises NotFound."""
    return get_or_404(with_its_things(Result.objects.within(scope)), id=result_id)


def view(scope: Scope, result_id: UUID | str) -> ResultView:
    """One result with everything. Raises NotFound."""
    return views(scope, [get_result(scope, result_id)])[0]


def result_of_requested(scope: Scope, requested_ids: Iterable[UUID]) -> dict[UUID, ResultView]:
    """Requested test -> its result, for those that have one."""
    rows = with_its_things(Result.objects.within(scope).filter(requested_id__in=list(requested_ids)))
    return {row.requested_id: row for row in views(scope, list(rows))}


def views_by_id(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, ResultView]:
    """Several at once; unknown ids are left out."""
    rows = list(with_its_things(Result.objects.within(scope).filter(id__in=list(ids))))
    return {row.id: row for row in views(scope, rows)}


def results_of(scope: Scope, order_id: UUID) -> list[ResultView]:
    """The results of an order in the order of its lines; five queries, however many there are."""
    rows = Result.objects.within(scope).filter(order_id=order_id)
    return views(scope, list(with_its_things(rows).order_by("requested__position", "sample__position", "id")))


def statuses_of(scope: Scope, order_id: UUID) -> dict[UUID, str]:
    """Requested test -> status of its result, of one order; one query."""
    rows = Result.objects.within(scope).filter(order_id=order_id).order_by()
    return dict(rows.values_list("requested_id", "status"))


def work_items(scope: Scope, rows: Sequence[Result]) -> list[WorkItem]:
    """Views with their subjects; the rows come with order, patient and site."""
    found = []
    for row, shown in zip(rows, views(scope, rows), strict=True):
        order = row.order
        patient = order.patient
        found.append(
            WorkItem(
                result=shown,
                subject_kind=order.subject_kind,
                subject=patient.full_name if patient else _place(order),
                sex=patient.sex if patient else "",
                birth_date=patient.birth_date if patient else None,
                patient_id=order.patient_id,
                purpose=order.purpose,
                standard=order.standard,
            )
        )
    return found


def _place(order: Any) -> str:
    return " · ".join(part for part in (order.site.name if order.site else "", order.subject_label) if part)


def views(scope: Scope, rows: Sequence[Result]) -> list[ResultView]:
    """Rows as they leave the module, with names of persons, holds and calls; three queries for all of them."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    order_ids = {row.order_id for row in rows}
    holds = standing(scope, order_ids)
    calls = list(
        CriticalCall.objects.within(scope).filter(result_id__in=ids, withdrawn_at__isnull=True).order_by("opened_at")
    )
    persons = {row.entered_by for row in rows} | {row.verified_by for row in rows} | {row.validated_by for row in rows}
    persons |= {call.called_by for call in calls} | {hold.placed_by for hold in holds}
    names = names_of(persons)
    hold_views = [hold_view(hold, names) for hold in holds]
    call_views: dict[UUID, list[CallView]] = {}
    for call in calls:
        call_views.setdefault(call.result_id, []).append(call_view(call, names))
    rule_ids = {row.verified_by_rule_id for row in rows if row.verified_by_rule_id}
    labels = {one.id: one.label for one in AutoRule.objects.within(scope).filter(id__in=rule_ids)} if rule_ids else {}
    catalogue_of = {owner_id: catalogues.effective(owner_id) for owner_id in {row.owner_id for row in rows}}
    return [
        _view(
            row,
            catalogue_of[row.owner_id],
            names,
            tuple(h for h in hold_views if h.order_id == row.order_id and h.result_id in (None, row.id)),
            tuple(call_views.get(row.id, ())),
            labels.get(row.verified_by_rule_id, ""),
        )
        for row in rows
    ]


def value_of(row: Result | ResultValue) -> ParsedValue:
    """The stored value as it was parsed."""
    return rules.value_again(
        raw=row.raw,
        kind=row.kind,
        operator=row.operator,
        number=row.number,
        until=row.until,
        answer=row.answer,
        text=row.text,
    )


def shown_value(catalogue: Catalogue, test_code: str, row: Result | ResultValue, *, english: bool = False) -> str:
    """The value as a report prints it; empty while there is none."""
    test = catalogue.tests.get(test_code)
    answers = catalogue.answers(test_code) if test else ()
    if row.kind == "coded" and row.text and not any(answer.code == row.answer for answer in answers):
        return row.text
    return catalogue_rules.format_value(
        value_of(row), test, answers=answers, english=english, mark="." if english else ","
    )


def first_notes(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Result of a site -> what was noted beside its first value; nothing is asked for no results."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = ResultValue.objects.within(scope).filter(
        result_id__in=wanted, sequence=1, result__order__patient__isnull=True
    )
    return dict(rows.exclude(note="").order_by().values_list("result_id", "note"))


def value_here(catalogue: Catalogue, test_code: str, row: Result | ResultValue) -> str:
    """The value in the language of the screen."""
    return shown_value(catalogue, test_code, row, english=catalogue_words.is_english())


def _on_screen(row: Result, catalogue: Catalogue, test: TestInfo | None) -> OnScreen:
    name = catalogue_words.name_of(test) if test else row.test_code
    if not row.kind:
        return OnScreen(name)
    answers = catalogue.answers(row.test_code) if test else ()
    judged, change = unpack(row.judgement), unpack(row.delta)
    return OnScreen(
        name=name,
        value=value_here(catalogue, row.test_code, row),
        reference=catalogue_words.answers_in_words(row.reference, answers),
        judgement=words.words(judged, answers=answers),
        brief=words.words(judged, answers=answers, brief=True),
        change=words.words(change, answers=answers),
        change_brief=words.words(change, answers=answers, brief=True),
        alone=words.alone(
            rules.why_alone(
                abnormal=row.abnormal,
                critical=row.critical,
                flag=row.flag,
                meets_limit=row.meets_limit,
                change=[finding.code for finding in change],
            )
        ),
        stopped=words.stopped(row.auto_stopped.split()),
    )


def _view(
    row: Result,
    catalogue: Catalogue,
    names: dict[UUID | None, str],
    holds: tuple[HoldView, ...],
    calls: tuple[CallView, ...],
    rule: str,
) -> ResultView:
    test = catalogue.tests.get(row.test_code)
    return ResultView(
        id=row.id,
        owner_id=row.owner_id,
        order_id=row.order_id,
        order_number=row.order.number,
        requested_id=row.requested_id,
        sample_id=row.sample_id,
        sample_number=row.sample.number,
        specimen=row.sample.specimen,
        collected_at=row.sample.collected_at,
        received_at=row.sample.received_at,
        test_code=row.test_code,
        name=test.name if test else row.test_code,
        name_en=test.name_en if test else row.test_code,
        discipline=row.discipline,
        position=row.requested.position,
        urgency=row.urgency,
        status=row.status,
        opened_at=row.opened_at,
        due_at=row.due_at,
        raw=row.raw,
        kind=row.kind,
        operator=row.operator,
        number=row.number,
        until=row.until,
        unit=row.unit,
        answer=row.answer,
        text=row.text,
        shown=shown_value(catalogue, row.test_code, row),
        flag=row.flag,
        critical=row.critical,
        provisional=row.provisional,
        attention=row.abnormal,
        reference=row.reference,
        judgement=row.judgement,
        basis=row.basis,
        meets_limit=row.meets_limit,
        limit_text=row.limit_text,
        limit_basis=row.limit_basis,
        delta=row.delta,
        comment=row.comment,
        revision=row.revision,
        entries=row.entries,
        method=row.method,
        instrument=row.instrument,
        reagent_lot=row.reagent_lot,
        run=row.run,
        control_state=row.control_state,
        performer_id=row.performer_id,
        performer_name=row.performer_name,
        performer_report=row.performer_report,
        journey=tuple(row.journey),
        entered_by_id=row.entered_by,
        entered_by=names.get(row.entered_by, ""),
        entered_at=row.entered_at,
        verified_by_id=row.verified_by,
        verified_by=names.get(row.verified_by, ""),
        verified_at=row.verified_at,
        validated_by_id=row.validated_by,
        validated_by=names.get(row.validated_by, ""),
        validated_at=row.validated_at,
        return_reason=row.return_reason,
        verified_by_rule=rule,
        auto_stopped=row.auto_stopped,
        screen=_on_screen(row, catalogue, test),
        holds=holds,
        calls=calls,
    )


def values_of(scope: Scope, result_id: UUID) -> list[ValueView]:
    """Every value that was entered for a result, oldest first. Raises NotFound."""
    result = get_or_404(Result.objects.within(scope), id=result_id)
    rows = list(ResultValue.objects.within(scope).filter(result_id=result_id).order_by("sequence"))
    names = names_of(row.entered_by for row in rows)
    catalogue = catalogues.effective(result.owner_id)
    return [
        ValueView(
            sequence=row.sequence,
            reason=row.reason,
            revision=row.revision,
            raw=row.raw,
            shown=value_here(catalogue, result.test_code, row),
            unit=row.unit,
            flag=row.flag,
            note=row.note,
            instrument=row.instrument,
            reagent_lot=row.reagent_lot,
            entered_at=row.entered_at,
            entered_by_id=row.entered_by,
            entered_by=names.get(row.entered_by, ""),
        )
        for row in rows
    ]


def last_revisions(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, int]:
    """Result -> revision under which its newest value was entered."""
    rows = ResultValue.objects.within(scope).filter(result_id__in=list(ids)).order_by()
    return dict(rows.values_list("result_id").annotate(newest=Max("revision")))
