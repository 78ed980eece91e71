"""Opening and cancelling results, and their way to another laboratory and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import rules
from laras.bench.events import (
    ExternalResultReceived,
    ReferralReturned,
    ResultCancelled,
    ResultReferred,
    ResultSetAside,
    ResultsOpened,
    ResultTakenBack,
)
from laras.bench.models import CriticalCall, Result
from laras.bench.services import rows
from laras.bench.services.entering import value_row, watch_critical
from laras.bench.services.field import enter_readings
from laras.bench.states import RESULT
from laras.bench.types import ExternalValue, Received
from laras.catalogue import queries as catalogues
from laras.catalogue.types import pack, unpack
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Refused
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.orders import queries as orders
from laras.orders.rules import ANSWERED
from laras.resources import queries as resources


@use_case
def open_results(
    actor: Actor,
    *,
    owner_id: UUID,
    order_id: UUID,
    sample_id: UUID,
    urgency: str,
    tests: Sequence[tuple[UUID, str]],
) -> list[Result]:
    """Put the tests (requested test, code) of a sample that is here onto the worklist, or aside for referral.

    Safe to call again: what is open stays as it is; what was cancelled because its sample was refused opens anew on the
    replacement. What was measured at the site has its value already and goes to the second eyes. Answers the results
    that were opened.
    """
    actor.require("orders.receive_sample", owner_id)
    scope = Scope.of(owner_id)
    wanted = dict(tests)
    known = {
        row.requested_id: row
        for row in Result.objects.within(scope).select_for_update().filter(requested_id__in=list(wanted))
    }
    now = clock.now()
    catalogue = catalogues.effective(owner_id)
    able = resources.can_do(owner_id, wanted.values())
    readings = orders.field_readings(scope, order_id) if not ANSWERED.isdisjoint(wanted.values()) else {}
    fresh: list[Result] = []
    again: list[Result] = []
    for requested_id, code in wanted.items():
        test = catalogue.tests.get(code)
        row = known.get(requested_id)
        if row is not None and row.status != "cancelled":
            continue
        if row is None:
            row = Result(owner_id=owner_id, requested_id=requested_id, order_id=order_id, test_code=code)
            fresh.append(row)
        else:
            rows.empty(row)
            again.append(row)
        row.sample_id = sample_id
        row.status = (
            "waiting" if code in able or (requested_id not in known and requested_id in readings) else "to_refer"
        )
        row.discipline = test.discipline if test else ""
        row.urgency = urgency
        row.opened_at = now
        row.due_at = rules.due_at(now, test.tat_hours, urgency) if test else None
    bulk.insert(fresh)
    rows.store(
        again,
        [
            *rows.VALUE_FIELDS,
            *rows.EYE_FIELDS,
            "auto_stopped",
            "device_flag",
            "sample",
            "status",
            "discipline",
            "urgency",
            "opened_at",
            "due_at",
        ],
    )
    opened = [*fresh, *again]
    if opened:
        waiting = sum(row.status == "waiting" for row in opened)
        journal.record(
            actor,
            owner=owner_id,
            event=ResultsOpened(order=order_id, sample=sample_id, waiting=waiting, to_refer=len(opened) - waiting),
            subject=order_id,
        )
    enter_readings(
        actor, owner_id, {row.id: readings[row.requested_id] for row in fresh if row.requested_id in readings}
    )
    return opened


# --- Cancelling -------------------------------------------------------------------------------------------------------


@use_case
def cancel_result(actor: Actor, *, owner_id: UUID, result_id: UUID, reason: str) -> Result:
    """Nobody needs this result any more. Validated results are amended, not cancelled (MoveRefused)."""
    actor.require("orders.cancel", owner_id)
    reason = rows.reason_of(reason)
    result = rows.lock_one(owner_id, result_id)
    RESULT.move(result.status, "cancel")
    _cancel(actor, owner_id, [result], reason)
    return result


@use_case
def cancel_results_of(actor: Actor, *, owner_id: UUID, requested_ids: Sequence[UUID], reason: str) -> int:
    """Cancel the open results of these requested tests; finished ones stay. Answers how many; safe to call again."""
    actor.require("orders.cancel", owner_id)
    found = Result.objects.within(Scope.of(owner_id)).select_for_update().filter(requested_id__in=list(requested_ids))
    chosen = [row for row in found.order_by("id") if RESULT.can(row.status, "cancel")]
    _cancel(actor, owner_id, chosen, reason)
    return len(chosen)


def _cancel(actor: Actor, owner_id: UUID, chosen: Sequence[Result], reason: str) -> None:
    for result in chosen:
        result.status = RESULT.move(result.status, "cancel")
        journal.record(
            actor,
            owner=owner_id,
            event=ResultCancelled(**rows.facts(result)),
            subject=result.order_id,
            sealed={"reason": reason, **({"value": rows.sealed_value(result)} if result.kind else {})},
        )
        rows.empty(result)
        result.return_reason = rows.short(reason, "reason", 240)
    rows.store(chosen, [*rows.VALUE_FIELDS, *rows.EYE_FIELDS, "status", "return_reason"])
    CriticalCall.objects.within(Scope.of(owner_id)).filter(
        result_id__in=[result.id for result in chosen], called_at__isnull=True, withdrawn_at__isnull=True
    ).update(withdrawn_at=clock.now(), withdrawn_reason=_("Hasil dibatalkan"))


# --- To another laboratory --------------------------------------------------------------------------------------------


@use_case
def set_aside(actor: Actor, *, owner_id: UUID, result_id: UUID, reason: str) -> Result:
    """The laboratory cannot do it now: another one shall. It leaves the worklist and waits to be referred."""
    actor.require("bench.enter", owner_id)
    return _move(actor, owner_id, result_id, "set_aside", ResultSetAside, rows.reason_of(reason))


@use_case
def take_back(actor: Actor, *, owner_id: UUID, result_id: UUID, reason: str = "") -> Result:
    """The laboratory will do it itself after all."""
    actor.require("bench.enter", owner_id)
    return _move(actor, owner_id, result_id, "take_back", ResultTakenBack, rows.short(reason, "reason", 240))


@use_case
def refer_result(
    actor: Actor, *, owner_id: UUID, result_id: UUID, performer_id: UUID | None = None, performer_name: str = ""
) -> Result:
    """The sample goes to another laboratory. Called by referral inside its own unit."""
    actor.require("referral.send", owner_id)
    result = rows.lock_one(owner_id, result_id)
    result.status = RESULT.move(result.status, "refer")
    changed = rows.empty(result)
    result.performer_id, result.performer_name = performer_id, performer_name[:200]
    # Another laboratory counts its revisions from the beginning.
    result.performer_revision = None
    result.return_reason = ""
    rows.store([result], [*changed, "status", "performer", "performer_name", "performer_revision", "return_reason"])
    journal.record(
        actor,
        owner=owner_id,
        event=ResultReferred(**rows.facts(result), performer=performer_id),
        subject=result.order_id,
    )
    return result


@use_case
def refer_again(actor: Actor, *, owner_id: UUID, result_id: UUID, reason: str = "") -> Result:
    """The laboratory asked refused, or the referral was cancelled: back to "to be referred". Called by referral;
    changes nothing when the result is not away."""
    actor.require("referral.send", owner_id)
    result = rows.lock_one(owner_id, result_id)
    if result.status != "referred":
        return result
    return _leave(actor, result, "refer_again", ReferralReturned, rows.short(reason, "reason", 240))


def _move(actor: Actor, owner_id: UUID, result_id: UUID, move: str, event: type[Any], reason: str) -> Result:
    return _leave(actor, rows.lock_one(owner_id, result_id), move, event, reason)


def _leave(actor: Actor, result: Result, move: str, event: type[Any], reason: str) -> Result:
    result.status = RESULT.move(result.status, move)
    result.performer_id, result.performer_name = None, ""
    result.return_reason = reason
    rows.store([result], ["status", "performer", "performer_name", "return_reason"])
    journal.record(
        actor,
        owner=result.owner_id,
        event=event(**rows.facts(result)),
        subject=result.order_id,
        sealed={"reason": reason} if reason else None,
    )
    return result


@use_case
def receive_external_result(
    actor: Actor,
    *,
    owner_id: UUID,
    result_id: UUID,
    value: ExternalValue,
    performer_id: UUID,
    performer_name: str,
    performer_report: str = "",
    revision: int,
    journey: Sequence[Mapping[str, Any]] = (),
) -> Received:
    """Take over a result that another laboratory entered, verified and validated.

    ``revision`` is the sender's own count for this item and only rises: the same or an older one changes nothing, so a
    message may come twice, late or out of order. A newer one with another value raises our ``revision`` (the report is
    issued again). A result that is not away, or that we validated ourselves, is left alone. The judgement stays that
    of the laboratory that performed the test; a critical value opens our own duty to call.
    """
    actor.require("referral.send", owner_id)
    if value.kind in ("", "missing"):
        raise Refused(_("Hasil tanpa nilai tidak dapat diterima."), code="missing")
    result = rows.lock_one(owner_id, result_id)
    if not RESULT.can(result.status, "receive"):
        return Received(result.id, False, result.revision, "not_referred")
    if result.status == "validated" and result.performer_revision is None:
        return Received(result.id, False, result.revision, "our_own")
    if result.performer_revision is not None and revision <= result.performer_revision:
        return Received(result.id, False, result.revision, "known")
    changed = result.status == "validated" and _content(result) != _content_of(value)
    same = result.status == "validated" and not changed
    result.status = RESULT.move(result.status, "receive")
    result.performer_id, result.performer_name = performer_id, performer_name[:200]
    result.performer_report = performer_report[:60]
    result.performer_revision = revision
    result.journey = [dict(step) for step in journey]
    head = ["status", "performer", "performer_name", "performer_report", "performer_revision", "journey"]
    if same:
        rows.store([result], head)
        return Received(result.id, False, result.revision, "same_value")
    now = clock.now()
    _take_over(result, value)
    result.revision += 1 if changed else 0
    result.entries += 1
    for name in rows.EYE_FIELDS:
        setattr(result, name, None)
    result.entered_at = result.verified_at = result.validated_at = now
    rows.store(
        [result],
        [
            *head,
            *rows.VALUE_FIELDS,
            *rows.EYE_FIELDS,
            "method",
            "comment",
            "revision",
            "entries",
            "return_reason",
        ],
    )
    kept = value_row(result, reason="referral", note="")
    bulk.insert([kept])
    journal.record(
        actor,
        owner=owner_id,
        event=ExternalResultReceived(
            **rows.facts(result),
            sequence=result.entries,
            performer=performer_id,
            performer_revision=revision,
            changed=changed,
        ),
        subject=result.order_id,
        sealed=rows.sealed_value(result),
    )
    watch_critical(actor, owner_id, [(result, kept)])
    return Received(result.id, True, result.revision)


def _content(result: Result) -> tuple[Any, ...]:
    return (
        result.raw, result.kind, result.operator, result.number, result.until, result.unit, result.answer, result.text,
        result.flag, result.reference, result.meets_limit, result.limit_text, result.comment, result.provisional,
    )  # fmt: skip


def _content_of(value: ExternalValue) -> tuple[Any, ...]:
    return (
        value.raw, value.kind, value.operator, value.number, value.until, value.unit, value.answer, value.text,
        value.flag, value.reference, value.meets_limit, value.limit_text, value.comment, value.provisional,
    )  # fmt: skip


def _take_over(result: Result, value: ExternalValue) -> None:
    result.raw, result.kind, result.operator = value.raw, value.kind, value.operator
    result.number, result.until, result.unit = value.number, value.until, value.unit[:40]
    result.answer, result.text = value.answer[:60], value.text
    result.flag, result.critical = value.flag, value.critical
    result.abnormal = value.attention
    result.reference, result.judgement = rules.fit(value.reference, 160), pack(unpack(value.judgement), 400)
    result.basis = value.basis[:400]
    result.meets_limit, result.limit_text = value.meets_limit, rules.fit(value.limit_text, 160)
    result.limit_basis = value.limit_basis[:160]
    result.delta = ""
    result.comment = value.comment[:500]
    result.method = value.method[:160]
    result.provisional = value.provisional
    result.return_reason = ""
