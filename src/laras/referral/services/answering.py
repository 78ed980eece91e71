"""The receiver's answers: always the whole state of the referral here, so that the newest one is enough."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from laras.core import journal
from laras.core.actor import Actor
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.referral import codec, jobs, queries
from laras.referral.events import Answered, ReferralMoved
from laras.referral.models import Incoming
from laras.referral.types import Answer, ItemAnswer, ReportedResult


def answer(actor: Actor, row: Incoming, event: type[Answered], *, cause: UUID | None = None) -> int:
    """Tell the sender how its referral stands here now; answers the revision. ``row`` is locked and saved except for
    its ``answer_revision``, which is taken here.
    """
    row.answer_revision += 1
    row.save(update_fields=["answer_revision"])
    journal.record(
        actor,
        owner=row.owner_id,
        event=event(
            referral=row.remote,
            number=row.number,
            revision=row.answer_revision,
            remote_order=row.order.number if row.order_id else "",
        ),
        subject=row.order_id or row.id,
        sealed=codec.write(state_of(row)),
        recipient=row.sender_id,
        cause=cause,
    )
    return row.answer_revision


def state_of(row: Incoming) -> Answer:
    """The referral as it stands here, with the way of each item from here on."""
    scope = Scope.of(row.owner_id)
    sent = queries.sent_items(scope, row.order_id) if row.order_id else {}
    boxes = queries.boxes_of(scope, {one.referral_id for rows in sent.values() for one in rows}) if sent else {}
    items = queries.items_of_incoming(scope, [row.id])[row.id]
    return Answer(
        status=row.status,  # type: ignore[arg-type]
        remote_order=row.order.number if row.order_id else "",
        note=row.note,
        items=tuple(
            ItemAnswer(
                item=item.remote_item,
                state=item.status,  # type: ignore[arg-type]
                reason=item.refusal,
                note=item.note,
                journey=queries.steps_from_here(
                    row.owner,
                    row.order,
                    row,
                    item,
                    sent.get(item.requested_id, ()) if item.requested_id else (),
                    boxes,
                ),
                result=codec.read(ReportedResult, item.reported) if item.reported else None,
            )
            for item in items
        ),
    )


AT_ONCE = 3
"""Of a box, so many laboratories' orders before us are told in the same moment; more are told by the jobs, so that whoever hands over a
full box does not wait."""


def pass_on_boxed(actor: Actor, owner_id: UUID, order_ids: Collection[UUID], *, cause: UUID | None = None) -> None:
    """As :func:`pass_on`, for the orders whose specimens lie in a box."""
    rows = Incoming.objects.within(Scope.of(owner_id)).filter(
        order_id__in=list(order_ids), status__in=("accepted", "completed")
    )
    came = sorted(str(key) for key in rows.values_list("order_id", flat=True))
    if len(came) <= AT_ONCE:
        pass_on(actor, owner_id, [UUID(key) for key in came], cause=cause)
        return
    for begin in range(0, len(came), jobs.TOLD_AT_ONCE):
        jobs.tell_before.enqueue(str(owner_id), came[begin : begin + jobs.TOLD_AT_ONCE])


@use_case
def tell_moved(actor: Actor, *, owner_id: UUID, order_ids: Collection[UUID]) -> None:
    """The laboratories before us hear where the specimens of these orders are; what they know already they pass over."""
    actor.require("referral.send", owner_id)
    pass_on(actor, owner_id, order_ids)


def pass_on(actor: Actor, owner_id: UUID, order_ids: Collection[UUID], *, cause: UUID | None = None) -> None:
    """Our own referrals of orders that themselves came by one have moved: the laboratories before us hear where they are."""
    rows = (
        Incoming.objects.within(Scope.of(owner_id))
        .select_for_update(of=("self",))
        .select_related("owner", "order")
        .filter(order_id__in=list(order_ids), status__in=("accepted", "completed"))
        .order_by("id")
    )
    for row in rows:
        answer(actor, row, ReferralMoved, cause=cause)
