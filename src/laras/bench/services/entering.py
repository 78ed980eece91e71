"""Entering values: read without guessing, judged, kept to the letter; a grid is saved in one unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import judging, queries, rules, words
from laras.bench.events import CriticalOpened, CriticalWithdrawn, ResultCommented, ResultEntered
from laras.bench.models import Beginning, CriticalCall, Result, ResultValue
from laras.bench.rules.performance import Measuring
from laras.bench.services import auto, rows
from laras.bench.services.beginning import beginning_row, keep
from laras.bench.services.holds import hold_what_was_made_of
from laras.bench.services.measuring import keep_measured
from laras.bench.states import RESULT
from laras.bench.types import BatchReport, Entry, RowProblem
from laras.catalogue import queries as catalogues
from laras.catalogue.types import ParsedValue, TestInfo
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, DomainError, Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.templatetags.ui import span
from laras.core.unit import use_case
from laras.orders.rules.holding import OF


@use_case
def enter_result(
    actor: Actor,
    *,
    owner_id: UUID,
    result_id: UUID,
    raw: str,
    reason: str = "",
    note: str = "",
    comment: str | None = None,
    method: str = "",
    instrument: str = "",
    reagent_lot: str = "",
    run: UUID | None = None,
    control_state: str = "",
    seen: int | None = None,
    decimal_mark: str | None = None,
    late_reason: str = "",
    provisional: bool = False,
) -> Result:
    """Enter one value; see :class:`~laras.bench.types.Entry` for the fields.

    Raises Refused (``raw``: missing, ambiguous, unreadable ...), Conflict (somebody entered a value since ``seen``),
    MoveRefused (verified already), NotFound, Forbidden.
    """
    entry = Entry(
        result_id, raw, reason, note, comment, method, instrument, reagent_lot, run, control_state, seen, decimal_mark,
        late_reason, provisional=provisional,
    )  # fmt: skip
    work = Batch(actor, owner_id, [entry])
    work.read(strict=True)
    work.save()
    return work.results[result_id]


@use_case
def enter_many(actor: Actor, *, owner_id: UUID, entries: Sequence[Entry]) -> BatchReport:
    """Enter the values of a grid in one unit: what can be saved is, every other row is named with its reason.

    The number of queries does not depend on the number of rows. Raises NotFound, with nothing saved, when a result is
    not this laboratory's, and Forbidden.
    """
    work = Batch(actor, owner_id, entries)
    work.read(strict=False)
    work.save()
    return work.report()


@use_case
def comment_result(actor: Actor, *, owner_id: UUID, result_id: UUID, comment: str) -> Result:
    """Put words beside a value that is entered or verified; the analyst's until verification, then the validator's."""
    result = None
    if not actor.can("bench.validate", owner_id):
        actor.require("bench.enter", owner_id)
    result = rows.lock_one(owner_id, result_id)
    allowed = ("entered", "verified") if actor.can("bench.validate", owner_id) else ("entered",)
    if result.status not in allowed:
        raise Refused(_("Komentar hanya dapat diubah sebelum hasil divalidasi."), code="move_refused")
    result.comment = rows.short(comment, "comment", 500)
    rows.store([result], ["comment"])
    journal.record(
        actor,
        owner=owner_id,
        event=ResultCommented(**rows.facts(result)),
        subject=result.order_id,
        sealed={"comment": result.comment},
    )
    return result


@dataclass(slots=True)
class _Row:
    place: int
    entry: Entry
    result: Result
    test: TestInfo
    value: ParsedValue
    reason: str
    comment_only: bool = False


class Batch:
    """One saving of values: read all rows, judge them with what one set of queries brought, write them together.

    ``person`` is whose values these are when a job brings them in; ``why`` then says to the journal where from.
    """

    def __init__(
        self, actor: Actor, owner_id: UUID, entries: Sequence[Entry], *, person: UUID | None = None, why: str = ""
    ) -> None:
        actor.require("bench.enter", owner_id)
        self.person = person or rows.person_of(actor)
        self.why = why
        self.actor, self.owner_id, self.entries = actor, owner_id, entries
        self.results = rows.lock(owner_id, [entry.result_id for entry in entries])
        self.catalogue = catalogues.effective(owner_id)
        self.zone = Owner.objects.values_list("zone", flat=True).get(id=owner_id)
        self.now = clock.now()
        self.ready: list[_Row] = []
        self.unchanged: list[UUID] = []
        self.problems: list[RowProblem] = []
        self.beginnings: list[tuple[Result, Beginning]] = []

    def read(self, *, strict: bool) -> None:
        taken: set[UUID] = set()
        for place, entry in enumerate(self.entries, start=1):
            try:
                if entry.result_id in taken:
                    raise Refused(_("Hasil ini ada dua kali dalam kiriman yang sama."))
                taken.add(entry.result_id)
                self._read(place, entry)
            except DomainError as error:
                if strict:
                    raise
                field = error.problems[0].field if error.problems else "raw"
                self.problems.append(RowProblem(place, entry.result_id, str(error), error.code, field))

    def _read(self, place: int, entry: Entry) -> None:
        result = self.results[entry.result_id]
        # Its order's lock does not matter here: a cancelled order has cancelled its results.
        if result.verified_by_rule_id and result.raw == entry.raw and result.entered_by == self.person:
            # The same value once more, which a rule has verified meanwhile: a device repeats itself.
            self.unchanged.append(result.id)
            return
        RESULT.move(result.status, "enter")
        value = judging.read_entry(self.catalogue, result.test_code, entry.raw, entry.decimal_mark)
        same = result.status == "entered" and result.raw == entry.raw and result.entered_by == self.person
        same = (
            same
            and result.provisional == entry.provisional
            and entry.reason in ("", "first")
            and entry.instrument in ("", result.instrument)
        )
        same = same and entry.reagent_lot in ("", result.reagent_lot) and entry.method in ("", result.method)
        comment = None if entry.comment is None else rows.short(entry.comment, "comment", 500)
        changed_comment = comment is not None and comment != result.comment
        if same and not changed_comment:
            self.unchanged.append(result.id)
            return
        if not same and entry.seen is not None and entry.seen != result.entries:
            raise Conflict(
                _("Orang lain sudah mengisi hasil ini sejak halaman dibuka. Muat ulang untuk melihat nilainya."),
                code="entered_meanwhile",
            )
        test = self.catalogue.test(result.test_code)
        if same:
            reason = ""
        else:
            try:
                reason = rules.value_reason(
                    entry.reason,
                    entries=result.entries,
                    amended=result.revision > 0 and result.revision > self._last_revision(result),
                    status=result.status,
                    returned=bool(result.return_reason),
                )
            except ValueError as error:
                message = str(words.PROBLEMS[str(error)])
                raise Refused(message, problems=[Problem("reason", message)]) from error
        row = _Row(place, entry, result, test, value, reason, comment_only=same)
        rows.short(entry.note, "note", 240)
        rows.short(entry.method, "method", 160)
        rows.short(entry.instrument, "instrument", 80)
        rows.short(entry.reagent_lot, "reagent_lot", 60)
        rows.short(entry.control_state, "control_state", 12)
        if not same:
            self._begin(row)
        if comment is not None:
            result.comment = comment
        self.ready.append(row)

    def _begin(self, row: _Row) -> None:
        """A first value of a sample from a site says that its test began, if nobody said so before; a sample that waited
        too long asks for a reason then. A reading at the site had nothing to wait for."""
        result = row.result
        if result.order.subject_kind not in OF or result.entries or self.why == "field" or row.test.in_situ:
            return
        if result.sample.collected_at is None or result.id in self._begun():
            return
        held = queries.clock_of(self.catalogue, result)
        why = rows.short(row.entry.late_reason, "late_reason", 240)
        one = beginning_row(result, held, self.now, self.person, why)
        if one.late and held is not None and not why:
            message = _("Waktu simpan %(hours)d jam sudah lewat %(over)s. Tulis mengapa tetap diuji.") % {
                "hours": held.hours,
                "over": span(-held.left(self.now)),
            }
            raise Refused(message, code="holding_over", problems=[Problem("late_reason", message)])
        self.beginnings.append((result, one))

    def _begun(self) -> set[UUID]:
        if not hasattr(self, "_known_begun"):
            sites = [row.id for row in self.results.values() if row.order.subject_kind in OF]
            self._known_begun = queries.begun_among(Scope.of(self.owner_id), sites)
        return self._known_begun

    def _last_revision(self, result: Result) -> int:
        if not hasattr(self, "_revisions"):
            self._revisions = queries.last_revisions(Scope.of(self.owner_id), self.results)
        return self._revisions.get(result.id, 0)

    def save(self) -> None:
        self._save_comments([row for row in self.ready if row.comment_only])
        fresh = [row for row in self.ready if not row.comment_only]
        if not fresh:
            return
        scope = Scope.of(self.owner_id)
        earlier = queries.previous_values(scope, [row.result for row in fresh])
        told_at_site = self._told_at_site(fresh)
        for row in fresh:
            if row.result.id in told_at_site:
                row.result.comment = ""
        held = judging.measuring_for(scope, [row.result for row in fresh])
        values = [self._apply(row, earlier.get(row.result.id), held) for row in fresh]
        rows.store(
            [row.result for row in fresh],
            [
                *rows.VALUE_FIELDS,
                *rows.WORK_FIELDS,
                *rows.EYE_FIELDS,
                "status",
                "entries",
                "comment",
                "return_reason",
                "device_flag",
                "auto_stopped",
            ],
        )
        bulk.insert(values)
        keep(self.actor, self.owner_id, self.beginnings)
        if held is not None:
            sites = [row.result for row in fresh if row.result.order.subject_kind in OF]
            keep_measured(self.owner_id, sites, held)
        for row, value in zip(fresh, values, strict=True):
            journal.record(
                self.actor,
                owner=self.owner_id,
                event=ResultEntered(**rows.facts(row.result), sequence=value.sequence, why=self.why or value.reason),
                subject=row.result.order_id,
                sealed={**rows.sealed_value(row.result), "note": value.note},
            )
        hold_what_was_made_of(self.actor, self.owner_id, [row.result for row in fresh if row.reason != "first"])
        watch_critical(self.actor, self.owner_id, [(row.result, v) for row, v in zip(fresh, values, strict=True)])
        auto.look(self.actor, self.owner_id, [row.result for row in fresh], earlier, self.zone)

    def _told_at_site(self, fresh: Sequence[_Row]) -> set[UUID]:
        """Results measured anew whose comment still tells of the reading at the site that is replaced."""
        again = {row.result.id: row.result for row in fresh if row.reason in ("repeat", "dilution")}
        notes = queries.first_notes(Scope.of(self.owner_id), [key for key, result in again.items() if result.comment])
        return {key for key, told in notes.items() if again[key].comment == told}

    def _apply(self, row: _Row, earlier: queries.Earlier | None, held: Measuring | None) -> ResultValue:
        result, value, entry, test = row.result, row.value, row.entry, row.test
        judged, delta = judging.judge_against(
            self.catalogue, test, value, result=result, zone=self.zone, now=self.now, earlier=earlier, measuring=held
        )
        result.raw, result.kind, result.operator = entry.raw, value.kind, value.operator
        result.number, result.until, result.unit = value.number, value.until, test.unit
        result.answer = value.text if value.kind == "coded" else ""
        result.text = "" if value.kind == "coded" else value.text
        result.flag, result.critical = judged.flag, judged.critical
        result.abnormal = judged.attention or bool(delta.exceeded)
        result.reference, result.judgement, result.basis = judged.reference, judged.judgement, judged.basis
        result.meets_limit, result.limit_text, result.limit_basis = (
            judged.meets_limit,
            judged.limit_text,
            judged.limit_basis,
        )
        result.delta = delta.text
        result.provisional = entry.provisional
        result.method = " ".join(entry.method.split()) or result.method or test.method[:160]
        result.instrument = " ".join(entry.instrument.split()) or result.instrument
        result.reagent_lot = " ".join(entry.reagent_lot.split()) or result.reagent_lot
        result.run = entry.run or result.run
        result.control_state = " ".join(entry.control_state.split()) or result.control_state
        result.status = RESULT.move(result.status, "enter")
        result.entries += 1
        result.entered_by, result.entered_at = self.person, self.now
        result.verified_by = result.verified_at = result.validated_by = result.validated_at = None
        result.verified_by_rule, result.auto_stopped = None, ""
        result.device_flag = entry.device_flag.strip()[:40]
        result.return_reason = ""
        return value_row(result, reason=row.reason, note=" ".join(entry.note.split()))

    def _save_comments(self, changed: list[_Row]) -> None:
        if not changed:
            return
        rows.store([row.result for row in changed], ["comment"])
        for row in changed:
            journal.record(
                self.actor,
                owner=self.owner_id,
                event=ResultCommented(**rows.facts(row.result)),
                subject=row.result.order_id,
                sealed={"comment": row.result.comment},
            )

    def report(self) -> BatchReport:
        return BatchReport(
            done=tuple(row.result.id for row in self.ready),
            unchanged=tuple(self.unchanged),
            problems=tuple(self.problems),
        )


def value_row(result: Result, *, reason: str, note: str) -> ResultValue:
    """The present value as the row that will never change."""
    return ResultValue(
        owner_id=result.owner_id,
        result_id=result.id,
        sequence=result.entries,
        reason=reason,
        note=note,
        revision=result.revision,
        raw=result.raw,
        kind=result.kind,
        operator=result.operator,
        number=result.number,
        until=result.until,
        unit=result.unit,
        answer=result.answer,
        text=result.text,
        flag=result.flag,
        instrument=result.instrument,
        reagent_lot=result.reagent_lot,
        entered_by=result.entered_by,
        entered_at=result.entered_at or clock.now(),
    )


# --- Critical values --------------------------------------------------------------------------------------------------


def watch_critical(actor: Actor, owner_id: UUID, entered: Sequence[tuple[Result, ResultValue]]) -> None:
    """Open the duty to call for what is critical now, and withdraw it for values that others replaced.

    A critical repeat of a critical value keeps the first clock. Who was told of a critical value is not called a second
    time for a repeat with the same flag; an amendment is always told.
    """
    known: dict[UUID, list[CriticalCall]] = {}
    calls = CriticalCall.objects.within(Scope.of(owner_id)).filter(
        result_id__in=[result.id for result, _value in entered], withdrawn_at__isnull=True
    )
    for call in calls.select_related("value"):
        known.setdefault(call.result_id, []).append(call)
    now = clock.now()
    opened: list[CriticalCall] = []
    withdrawn: list[CriticalCall] = []
    for result, value in entered:
        before = known.get(result.id, [])
        uncalled = [call for call in before if call.called_at is None]
        withdrawn += uncalled
        for call in uncalled:
            journal.record(
                actor,
                owner=owner_id,
                event=CriticalWithdrawn(**rows.facts(result), call=call.id),
                subject=result.order_id,
            )
        told = any(
            call.called_at and call.value.flag == value.flag and call.value.revision == value.revision
            for call in before
        )
        if not result.critical or told:
            continue
        call = CriticalCall(
            owner_id=owner_id,
            result_id=result.id,
            value_id=value.id,
            opened_at=now,
            due_at=rules.call_due(now, min((c.due_at for c in uncalled), default=None)),
        )
        opened.append(call)
        journal.record(
            actor,
            owner=owner_id,
            event=CriticalOpened(**rows.facts(result), call=call.id, due_at=call.due_at.isoformat()),
            subject=result.order_id,
        )
    if withdrawn:
        CriticalCall.objects.within(Scope.of(owner_id)).filter(id__in=[call.id for call in withdrawn]).update(
            withdrawn_at=now, withdrawn_reason=_("Nilai lain menggantikannya")
        )
    if opened:
        bulk.insert(opened)
