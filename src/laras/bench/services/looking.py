"""The second and third look: verification, validation, and the ways back to the bench."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import queries, rules, words
from laras.bench.events import (
    ResultAmended,
    ResultRepeated,
    ResultResumed,
    ResultReturned,
    ResultValidated,
    ResultVerified,
)
from laras.bench.models import CriticalCall, Hold, Result
from laras.bench.services import rows
from laras.bench.states import RESULT
from laras.bench.types import BatchReport, RowProblem
from laras.catalogue.types import unpack
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, DomainError, Problem, Refused
from laras.core.scope import Scope
from laras.core.unit import use_case


@use_case
def verify_result(actor: Actor, *, owner_id: UUID, result_id: UUID, seen: int | None = None) -> Result:
    """A second person found the value technically right. ``seen``: how many values it had when that person looked.

    Raises Refused (code ``same_person``) for a person who entered any value of the result, with whatever account.
    """
    actor.require("bench.verify", owner_id)
    person = rows.person_of(actor)
    result = rows.lock_one(owner_id, result_id)
    _check_seen(result, seen)
    _check_verify(result, person, queries.enterers_of(Scope.of(owner_id), [result_id]))
    _verify(actor, owner_id, [result], person)
    return result


@use_case
def verify_many(
    actor: Actor, *, owner_id: UUID, result_ids: Sequence[UUID], seen: Sequence[int] | None = None
) -> BatchReport:
    """Verify normal results together; what a person must look at by itself (``attention``), and every other row that cannot
    be verified, is named. Nothing happens when one is not this laboratory's."""
    actor.require("bench.verify", owner_id)
    person = rows.person_of(actor)
    entered = queries.enterers_of(Scope.of(owner_id), result_ids)

    def check(result: Result) -> None:
        _check_verify(result, person, entered)
        _check_normal(result)

    chosen, report = _choose(owner_id, result_ids, seen, check)
    _verify(actor, owner_id, chosen, person)
    return report


def _check_verify(result: Result, person: UUID, entered: dict[UUID, set[UUID]]) -> None:
    RESULT.move(result.status, "verify")
    if not rules.may_look(person, entered.get(result.id, set())):
        raise Refused(
            _("Anda yang mengisi hasil ini. Verifikasi harus oleh orang lain, juga bila Anda masuk dengan akun lain."),
            code="same_person",
        )


def _verify(actor: Actor, owner_id: UUID, chosen: Sequence[Result], person: UUID) -> None:
    now = clock.now()
    for result in chosen:
        result.status = RESULT.move(result.status, "verify")
        result.verified_by, result.verified_at = person, now
        journal.record(
            actor,
            owner=owner_id,
            event=ResultVerified(**rows.facts(result), sequence=result.entries),
            subject=result.order_id,
        )
    Result.objects.within(Scope.of(owner_id)).filter(id__in=[result.id for result in chosen]).update(
        status="verified", verified_by=person, verified_at=now
    )


# --- Validation -------------------------------------------------------------------------------------------------------


@use_case
def validate_result(
    actor: Actor,
    *,
    owner_id: UUID,
    result_id: UUID,
    seen: int | None = None,
    comment: str | None = None,
    uncalled_reason: str = "",
) -> Result:
    """The responsible person answers for the result.

    An open critical call refuses (code ``call_first``) unless ``uncalled_reason`` says why nobody was told; the reason
    goes to the journal and onto the call, which stays open until somebody is told. A hold refuses (``held``). A person
    who entered any value of the result is refused (``same_person``); the verifier may validate.
    """
    actor.require("bench.validate", owner_id)
    person = rows.person_of(actor)
    result = rows.lock_one(owner_id, result_id)
    _check_seen(result, seen)
    calls = _open_calls(owner_id, [result_id])
    _check_validate(
        result,
        person,
        queries.enterers_of(Scope.of(owner_id), [result_id]),
        _holds(owner_id, [result]),
        not uncalled_reason.strip(),
        calls,
    )
    if comment is not None:
        result.comment = rows.short(comment, "comment", 500)
    reason = rows.reason_of(uncalled_reason, "uncalled_reason") if calls.get(result_id) else ""
    if reason:
        CriticalCall.objects.within(Scope.of(owner_id)).filter(id__in=calls[result_id]).update(note=reason)
    _validate(actor, owner_id, [result], person, note=reason)
    return result


@use_case
def validate_many(
    actor: Actor, *, owner_id: UUID, result_ids: Sequence[UUID], seen: Sequence[int] | None = None
) -> BatchReport:
    """Validate normal results together. What a person must look at by itself (``attention``) is named instead."""
    actor.require("bench.validate", owner_id)
    person = rows.person_of(actor)
    entered, calls = queries.enterers_of(Scope.of(owner_id), result_ids), _open_calls(owner_id, result_ids)
    holds: dict[UUID, str] = {}

    def check(result: Result) -> None:
        RESULT.move(result.status, "validate")
        _check_normal(result)
        _check_validate(result, person, entered, holds, True, calls)

    locked = rows.lock(owner_id, result_ids)
    holds.update(_holds(owner_id, list(locked.values())))
    chosen, report = _choose(owner_id, result_ids, seen, check, locked)
    _validate(actor, owner_id, chosen, person)
    return report


def _check_validate(
    result: Result,
    person: UUID,
    entered: dict[UUID, set[UUID]],
    holds: dict[UUID, str],
    must_call: bool,
    calls: dict[UUID, list[UUID]],
) -> None:
    RESULT.move(result.status, "validate")
    if not rules.may_look(person, entered.get(result.id, set())):
        raise Refused(
            _("Anda yang mengisi hasil ini. Validasi harus oleh orang lain, juga bila Anda masuk dengan akun lain."),
            code="same_person",
        )
    if result.id in holds:
        raise Refused(_("Hasil ini ditahan: %(reason)s") % {"reason": holds[result.id]}, code="held")
    if must_call and calls.get(result.id):
        message = _("Nilai kritis ini belum dilaporkan. Laporkan dahulu, atau sebutkan mengapa belum.")
        raise Refused(message, code="call_first", problems=[Problem("uncalled_reason", message)])


def _validate(actor: Actor, owner_id: UUID, chosen: Sequence[Result], person: UUID, note: str = "") -> None:
    now = clock.now()
    for result in chosen:
        result.status = RESULT.move(result.status, "validate")
        result.validated_by, result.validated_at = person, now
        sealed = {"comment": result.comment, **({"uncalled_reason": note} if note else {})}
        journal.record(
            actor,
            owner=owner_id,
            event=ResultValidated(**rows.facts(result), sequence=result.entries),
            subject=result.order_id,
            sealed=sealed if any(sealed.values()) else None,
        )
    rows.store(chosen, ["status", "validated_by", "validated_at", "comment"])


# --- Back to the bench ------------------------------------------------------------------------------------------------


@use_case
def return_result(actor: Actor, *, owner_id: UUID, result_id: UUID, reason: str) -> Result:
    """The verifier or validator does not accept the value: it goes back to the worklist with the reason."""
    actor.require("bench.verify", owner_id)
    return _back(actor, owner_id, result_id, "return", ResultReturned, reason)


@use_case
def repeat_result(actor: Actor, *, owner_id: UUID, result_id: UUID, reason: str) -> Result:
    """The examination shall be done again; every value so far stays on record."""
    if not actor.can("bench.enter", owner_id):
        actor.require("bench.verify", owner_id)
    return _back(actor, owner_id, result_id, "repeat", ResultRepeated, reason)


def _back(
    actor: Actor, owner_id: UUID, result_id: UUID, move: str, event: type[ResultReturned | ResultRepeated], reason: str
) -> Result:
    reason = rows.reason_of(reason)
    result = rows.lock_one(owner_id, result_id)
    result.status = RESULT.move(result.status, move)
    before = rows.sealed_value(result)
    changed = rows.empty(result)
    result.return_reason = reason if move == "return" else ""
    rows.store([result], [*changed, "status", "return_reason"])
    journal.record(
        actor,
        owner=owner_id,
        event=event(**rows.facts(result)),
        subject=result.order_id,
        sealed={"reason": reason, "value": before},
    )
    return result


@use_case
def amend_result(actor: Actor, *, owner_id: UUID, result_id: UUID, reason: str) -> Result:
    """Take a validated result back, also after its report was released: ``revision`` rises, and the new value must be
    entered, verified and validated as if it were the first, by persons who never entered one of its values.

    Raises Refused (code ``external``) for a result of another laboratory, which must amend it itself.
    """
    actor.require("reports.amend", owner_id)
    reason = rows.reason_of(reason)
    result = rows.lock_one(owner_id, result_id)
    status = RESULT.move(result.status, "amend")
    if result.performer_id is not None:
        raise Refused(
            _("Hasil ini milik %(laboratory)s. Minta laboratorium itu memperbaikinya.")
            % {"laboratory": result.performer_name},
            code="external",
        )
    before = rows.sealed_value(result)
    changed = rows.empty(result)
    result.status = status
    result.revision += 1
    result.return_reason = reason
    rows.store([result], [*changed, "status", "revision", "return_reason"])
    journal.record(
        actor,
        owner=owner_id,
        event=ResultAmended(**rows.facts(result)),
        subject=result.order_id,
        sealed={"reason": reason, "value": before},
    )
    return result


@use_case
def resume_result(actor: Actor, *, owner_id: UUID, result_id: UUID) -> Result:
    """Take up again a result that was validated as provisional; its next value is entered, verified and validated as the
    one before. Nothing is taken back, so it needs no ``reports.amend`` and no reason.

    Raises MoveRefused for a result that is not validated, Refused (code ``final``) for one that is validated for good.
    """
    actor.require("bench.enter", owner_id)
    result = rows.lock_one(owner_id, result_id)
    status = RESULT.move(result.status, "resume")
    if not result.provisional or result.performer_id is not None:
        message = _("Hasil ini sudah final. Hasil final diperbaiki, bukan dilanjutkan.")
        raise Refused(message, code="final")
    before = rows.sealed_value(result)
    changed = rows.empty(result)
    result.status = status
    rows.store([result], [*changed, "status"])
    journal.record(
        actor,
        owner=owner_id,
        event=ResultResumed(**rows.facts(result)),
        subject=result.order_id,
        sealed={"value": before},
    )
    return result


# --- Shared -----------------------------------------------------------------------------------------------------------


def _check_seen(result: Result, seen: int | None) -> None:
    if seen is not None and seen != result.entries:
        raise Conflict(
            _("Nilainya sudah berganti sejak halaman dibuka. Muat ulang dan lihat sekali lagi."),
            code="entered_meanwhile",
        )


def _choose(
    owner_id: UUID,
    result_ids: Sequence[UUID],
    seen: Sequence[int] | None,
    check: Callable[[Result], None],
    locked: dict[UUID, Result] | None = None,
) -> tuple[list[Result], BatchReport]:
    """The results of a batch that pass ``check``, and the report that names the others by their row."""
    if seen is not None and len(seen) != len(result_ids):
        raise Refused(_("Jumlah baris tidak cocok."))
    locked = rows.lock(owner_id, result_ids) if locked is None else locked
    chosen: dict[UUID, Result] = {}
    problems = []
    for place, result_id in enumerate(result_ids, start=1):
        if result_id in chosen:
            continue
        try:
            _check_seen(locked[result_id], seen[place - 1] if seen is not None else None)
            check(locked[result_id])
        except DomainError as error:
            problems.append(RowProblem(place, result_id, str(error), error.code, "result"))
        else:
            chosen[result_id] = locked[result_id]
    return list(chosen.values()), BatchReport(done=tuple(chosen), problems=tuple(problems))


def _check_normal(result: Result) -> None:
    why = rules.why_alone(
        abnormal=result.abnormal,
        critical=result.critical,
        flag=result.flag,
        meets_limit=result.meets_limit,
        change=[finding.code for finding in unpack(result.delta)],
    )
    if why:
        message = _("Perlu dilihat sendiri (%(why)s): tandai hasil ini satu per satu.")
        raise Refused(message % {"why": words.alone(why)}, code="one_by_one")


def _open_calls(owner_id: UUID, ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    calls = CriticalCall.objects.within(Scope.of(owner_id)).filter(
        result_id__in=list(ids), called_at__isnull=True, withdrawn_at__isnull=True
    )
    for result_id, call_id in calls.order_by().values_list("result_id", "id"):
        found.setdefault(result_id, []).append(call_id)
    return found


def _holds(owner_id: UUID, results: Sequence[Result]) -> dict[UUID, str]:
    """Result -> why it is held, by a hold of its own or of its order."""
    holds = Hold.objects.within(Scope.of(owner_id)).filter(
        order_id__in={result.order_id for result in results}, lifted_at__isnull=True
    )
    found: dict[UUID, str] = {}
    for order_id, result_id, reason in holds.order_by("placed_at").values_list("order_id", "result_id", "reason"):
        for result in results:
            if result.order_id == order_id and result_id in (None, result.id):
                found.setdefault(result.id, reason)
    return found
