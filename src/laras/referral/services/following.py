"""The sender follows what the receiver answers: accepted, refused, resulted, withdrawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.bench.types import ExternalValue
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import DomainError, NotFound, Refused
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.referral import codec, queries, rules
from laras.referral.events import (
    AnswerTaken,
    ResultNotTaken,
)
from laras.referral.messages import refusal_text
from laras.referral.models import Outgoing, OutgoingItem
from laras.referral.services import ledger
from laras.referral.services.answering import pass_on
from laras.referral.services.common import (
    aside,
    lock_incoming,
)
from laras.referral.services.reporting import note_external_result, withdraw_results
from laras.referral.states import OUTGOING
from laras.referral.types import (
    Answer,
    ReportedResult,
    SentItem,
)

HOLD = "referral"
"""The kind of hold that a withdrawn report of another laboratory places on our result."""

_MOVES = {"accepted": "accept", "refused": "refuse", "completed": "complete", "cancelled": "withdraw"}


@use_case
def take_answer(
    actor: Actor,
    *,
    owner_id: UUID,
    sender_id: UUID,
    referral_id: UUID,
    revision: int,
    answer: Answer,
    cause: UUID | None = None,
) -> bool:
    """Follow an answer of the receiver; answers whether it was news. For the handler of messages.

    An answer about an unknown referral, or from a laboratory that was not asked, changes nothing.
    """
    actor.require("referral.send", owner_id)
    row = (
        Outgoing.objects.within(Scope.of(owner_id))
        .select_for_update(of=("self",))
        .select_related("recipient", "owner", "order")
        .filter(id=referral_id, recipient_id=sender_id)
        .first()
    )
    if row is None:
        return False
    items = list(OutgoingItem.objects.within(Scope.of(owner_id)).filter(referral_id=row.id).order_by("id"))
    change = rules.take_answer(
        status=row.status,  # type: ignore[arg-type]
        answer_revision=row.answer_revision,
        items=[SentItem(item.id, item.status, item.result_revision) for item in items],  # type: ignore[arg-type]
        revision=revision,
        answer=answer,
    )
    if not change.changed:
        return False
    said = {one.item: one for one in answer.items}
    by_id = {item.id: item for item in items}
    for after in change.items:
        item = by_id[after.item]
        item.status, item.result_revision = after.state, after.result_revision
        heard = said.get(item.id)
        if heard is not None:
            item.refusal, item.note = heard.reason[:16], heard.note[:240]
            item.journey = codec.write(heard.journey)
    now = clock.now()
    if row.answered_at is None:
        row.answered_at = now
    if change.status != row.status:
        row.status = OUTGOING.move(row.status, _MOVES[change.status])
    if row.status == "completed":
        # An amended result does not make the referral later than it was.
        row.completed_at = row.completed_at or now
    row.remote_order = answer.remote_order[:48] or row.remote_order
    row.answer_note = answer.note[:240]
    row.answer_revision = revision
    row.save(
        update_fields=[
            "status", "answered_at", "completed_at", "remote_order", "answer_note", "answer_revision",
        ]
    )  # fmt: skip
    journal.record(
        actor,
        owner=owner_id,
        event=AnswerTaken(referral=row.id, revision=revision, status=row.status),
        subject=row.order_id,
        cause=cause,
    )
    for back in change.give_back:
        if back.reason == "withdrawn":
            why = row.cancel_reason
        else:
            why = f"{row.recipient.name}: {refusal_text(back.reason, back.note)}"
        bench.refer_again(actor, owner_id=owner_id, result_id=by_id[back.item].result_id, reason=why[:240])
    relayed = False
    for take in change.take:
        if take.result.withdrawn:
            relayed |= _hold(actor, row, by_id[take.item], take.result, cause)
        else:
            relayed |= _take_over(actor, row, by_id[take.item], take.result, cause)
    fields = ["status", "result_revision", "refusal", "note", "journey", "kept_back"]
    OutgoingItem.rows.bulk_update(items, fields)
    ledger.book_taken(actor, row, {by_id[take.item]: take.result for take in change.take})
    if not relayed:
        # With a result, the bench's own event tells the laboratory before us.
        pass_on(actor, owner_id, [row.order_id], cause=cause)
    return True


def _take_over(actor: Actor, row: Outgoing, item: OutgoingItem, result: ReportedResult, cause: UUID | None) -> bool:
    """Put the value into our result. What the bench refuses is kept for a person instead of stopping all other
    messages.
    """
    try:
        with aside():
            received = _receive(actor, row, item, result)
    except (DomainError, KeyError, ValueError, ArithmeticError) as error:
        reason = getattr(error, "code", type(error).__name__)
    else:
        if received.applied or received.reason == "same_value":
            item.kept_back = None
            lifted = bench.lift_holds(
                actor,
                owner_id=row.owner_id,
                order_id=row.order_id,
                kind=HOLD,
                key=str(item.id),
                reason=_("LHU pengganti dari %(lab)s diterima") % {"lab": result.performer_name},
            )
            told = 0
            if not received.applied:
                # The bench saw nothing new, so nobody else tells the laboratory before us that the value stands again, or that
                # it is the last word now.
                told = note_external_result(
                    actor,
                    owner_id=row.owner_id,
                    order_id=row.order_id,
                    result_id=item.result_id,
                    interim=result.status == "interim",
                    cause=cause,
                )
            return bool(received.applied or lifted or told)
        reason = received.reason
    item.kept_back = codec.write(result)
    journal.record(
        actor,
        owner=row.owner_id,
        event=ResultNotTaken(referral=row.id, item=item.id, reason=reason),
        subject=row.order_id,
        cause=cause,
    )
    return False


def _hold(actor: Actor, row: Outgoing, item: OutgoingItem, result: ReportedResult, cause: UUID | None) -> bool:
    """The laboratory that performed it withdrew its report: our result is held until another comes; the one before us hears."""
    bench.place_hold(
        actor,
        owner_id=row.owner_id,
        result_id=item.result_id,
        kind=HOLD,
        key=str(item.id),
        reason=_("LHU %(number)s ditarik oleh %(lab)s") % {"number": result.report, "lab": result.performer_name},
    )
    before = queries.incoming_of_order(Scope.of(row.owner_id), row.order_id)
    if before is None:
        return False
    before = lock_incoming(row.owner_id, before.id)
    view = bench_queries.views_by_id(Scope.of(row.owner_id), [item.result_id])[item.result_id]
    items = queries.items_of_incoming(Scope.of(row.owner_id), [before.id])[before.id]
    mine = [one for one in items if one.requested_id == view.requested_id]
    return bool(withdraw_results(actor, before, mine, clock.now(), cause))


def _receive(actor: Actor, row: Outgoing, item: OutgoingItem, result: ReportedResult) -> Any:
    # Known to this directory by its code even when its key is not.
    performer = (
        Owner.objects.filter(id=result.performer).first() or Owner.objects.filter(code=result.performer_code).first()
    )
    return bench.receive_external_result(
        actor,
        owner_id=row.owner_id,
        result_id=item.result_id,
        value=ExternalValue.from_message(result.value),
        performer_id=performer.id if performer else row.recipient_id,
        performer_name=result.performer_name,
        performer_report=result.report,
        revision=result.revision,
        # Who carried it stays with the referral.
        journey=[step for step in item.journey if step["what"] not in rules.CARRIED],
    )


@use_case
def take_kept_back(actor: Actor, *, owner_id: UUID, item_id: UUID) -> OutgoingItem:
    """Try once more to take over a result that could not be put into ours, after a person mended the cause."""
    actor.require("referral.send", owner_id)
    rows = OutgoingItem.objects.within(Scope.of(owner_id)).select_for_update(of=("self",))
    item = rows.select_related("referral__recipient", "referral__owner").filter(id=item_id).first()
    if item is None:
        raise NotFound()
    if item.kept_back is None:
        raise Refused(_("Tidak ada hasil yang menunggu."), code="nothing_kept")
    received = _receive(actor, item.referral, item, codec.read(ReportedResult, item.kept_back))
    if not received.applied and received.reason != "same_value":
        raise Refused(
            _("Hasil belum dapat diambil: pemeriksaan ini tidak lagi menunggu hasil rujukan."), code=received.reason
        )
    item.kept_back = None
    item.save(update_fields=["kept_back"])
    return item
