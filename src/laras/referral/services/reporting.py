"""The receiver's side after acceptance: results on their way back, and work that ends without one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from laras.bench import queries as bench_queries
from laras.bench.types import ExternalValue, ResultView
from laras.core import clock
from laras.core.actor import Actor
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.referral import codec, queries, rules
from laras.referral.events import ReferralAccepted, ReferralMoved, ReferralRefused, ReferralResulted
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem
from laras.referral.services import ledger
from laras.referral.services.answering import answer
from laras.referral.states import INCOMING
from laras.referral.types import ReportedResult, ResultStatus


@use_case
def note_report(
    actor: Actor,
    *,
    owner_id: UUID,
    order_id: UUID,
    released_at: datetime,
    number: str = "",
    interim: bool = False,
    cause: UUID | None = None,
) -> int:
    """A report of one of our orders was released: if it came by referral, its results go to the sender. Answers how
    many.

    Only what was validated until the release goes, so that a handler that comes late never runs before the report. A
    value that the sender has already is not sent again.
    """
    if not interim:
        actor.require("referral.send", owner_id)
        went = Outgoing.objects.within(Scope.of(owner_id)).filter(order_id=order_id, status="completed")
        went.filter(reported_at__isnull=True).update(reported_at=released_at)
    row = _of_order(owner_id, order_id)
    if row is None:
        return 0
    views = [
        view for view in bench_queries.results_of(Scope.of(owner_id), order_id) if _was_in_report(view, released_at)
    ]
    return _report(actor, row, views, number, released_at, "interim" if interim else "final", cause)


def _was_in_report(view: ResultView, released_at: datetime) -> bool:
    """Validated until the release and not held at that moment."""
    if view.status != "validated" or any(hold.placed_at <= released_at for hold in view.holds):
        return False
    return view.external or (view.validated_at is not None and view.validated_at <= released_at)


@use_case
def note_external_result(
    actor: Actor,
    *,
    owner_id: UUID,
    order_id: UUID,
    result_id: UUID,
    interim: bool | None = None,
    cause: UUID | None = None,
) -> int:
    """A further laboratory's result stands in one of our orders: if that came by referral, it goes to the one before
    us at once, with the laboratory that performed it. Answers how many (0 or 1). ``interim``: it is not that laboratory's last
    word (None: look it up).
    """
    row = _of_order(owner_id, order_id)
    if row is None:
        return 0
    view = bench_queries.views_by_id(Scope.of(owner_id), [result_id]).get(result_id)
    if view is None or view.status != "validated" or not view.external:
        return 0
    if interim is None:
        sent = OutgoingItem.objects.within(Scope.of(owner_id)).filter(result_id=result_id, status="resulted")
        journey = sent.order_by("-id").values_list("journey", flat=True).first() or []
        said = [step.get("status") for step in journey if step["what"] in ("reported", "returned")]
        interim = bool(said) and said[-1] == "interim"
    return _report(actor, row, [view], "", clock.now(), "interim" if interim else "final", cause)


@use_case
def note_withdrawn_report(
    actor: Actor, *, owner_id: UUID, order_id: UUID, number: str, at: datetime, cause: UUID | None = None
) -> int:
    """A report of ours was taken out of validity: who got its results by referral must not rely on them. Answers how many."""
    row = _of_order(owner_id, order_id)
    if row is None:
        return 0
    items = queries.items_of_incoming(Scope.of(owner_id), [row.id])[row.id]
    own = [item for item in items if item.reported and item.reported["performer"] == str(owner_id)]
    return withdraw_results(actor, row, [item for item in own if item.reported.get("report") == number], at, cause)


def withdraw_results(
    actor: Actor, row: Incoming, items: Sequence[IncomingItem], at: datetime, cause: UUID | None
) -> int:
    """Tell the laboratory before us that these results no longer stand."""
    chosen = [item for item in items if item.reported and not item.reported.get("withdrawn")]
    for item in chosen:
        _remember(row, item)
        item.reported_revision += 1
        item.reported = {**item.reported, "withdrawn": True, "revision": item.reported_revision}
        item.answered_at = at
    if chosen:
        IncomingItem.rows.bulk_update(chosen, ["reported_revision", "reported", "answered_at", "told"])
        answer(actor, row, ReferralResulted, cause=cause)
    return len(chosen)


def _remember(row: Incoming, item: IncomingItem) -> None:
    """What was reported until now stays in the journey of the specimen."""
    if item.reported and item.answered_at:
        item.told = [*item.told, codec.write(queries.report_step(row.owner, item))]


def _of_order(owner_id: UUID, order_id: UUID) -> Incoming | None:
    rows = Incoming.objects.within(Scope.of(owner_id)).select_related("sender", "owner", "order")
    return (
        rows.select_for_update(of=("self",))
        .filter(order_id=order_id, status__in=INCOMING.moves["complete"].sources)
        .first()
    )


def _report(
    actor: Actor,
    row: Incoming,
    views: Sequence[ResultView],
    report: str,
    at: datetime,
    status: ResultStatus,
    cause: UUID | None,
) -> int:
    items = queries.items_of_incoming(Scope.of(row.owner_id), [row.id])[row.id]
    by_requested = {item.requested_id: item for item in items if item.requested_id and item.status != "refused"}
    performers = {o.id: o for o in Owner.objects.filter(id__in={v.performer_id for v in views if v.performer_id})}
    changed = []
    for view in views:
        item = by_requested.get(view.requested_id)
        if item is None:
            continue
        performer = performers.get(view.performer_id, row.owner) if view.performer_id else row.owner
        name = view.performer_name if view.performer_id else row.owner.name
        value = ExternalValue.of(view).to_message()
        before = item.reported or {}
        known = before.get("value") == value and before.get("performer") == str(performer.id)
        # The same value again is news only when the report that bears it is the final one at last.
        final = before.get("status") == "interim" and status == "final"
        if known and not before.get("withdrawn") and not final:
            continue
        provisional = status == "interim" and before.get("status", "interim") == "interim"
        _remember(row, item)
        item.reported_revision += 1
        item.reported = codec.write(
            ReportedResult(
                revision=item.reported_revision,
                status=status if provisional or item.reported_revision == 1 or (known and final) else "amended",
                performer=performer.id,
                performer_code=performer.code,
                performer_name=name,
                value=value,
                report=view.performer_report if view.performer_id else report,
                reported_at=at,
                final_at=None if provisional else _moment(before.get("final_at")) or at,
            )
        )
        item.status, item.answered_at = "resulted", at
        changed.append(item)
    if not changed:
        return 0
    IncomingItem.rows.bulk_update(changed, ["status", "reported_revision", "reported", "answered_at", "told"])
    ledger.book_reported(actor, row, changed)
    _settle(row, items)
    answer(actor, row, ReferralResulted, cause=cause)
    return len(changed)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _settle(row: Incoming, items: Sequence[IncomingItem]) -> None:
    """The referral's state from its items, after one of them changed."""
    target = rules.receiver_status(item.status for item in items)  # type: ignore[misc]
    if target == "completed":
        row.status = INCOMING.move(row.status, "complete")
        row.completed_at = clock.now()
    elif target == "refused":
        row.status = INCOMING.move(row.status, "refuse")
    row.save(update_fields=["status", "completed_at"])


# --- Work that ends without a result
# ----------------------------------------------------------------------------------


@use_case
def note_tests_cancelled(
    actor: Actor,
    *,
    owner_id: UUID,
    order_id: UUID,
    requested_ids: Iterable[UUID],
    reason: str = "cancelled",
    note: str = "",
    cause: UUID | None = None,
) -> int:
    """Tests of an order that came by referral will not be done here: the sender may refer them elsewhere. Answers how
    many.
    """
    row = _of_order(owner_id, order_id)
    if row is None:
        return 0
    ended = set(requested_ids)
    items = queries.items_of_incoming(Scope.of(owner_id), [row.id])[row.id]
    chosen = [item for item in items if item.requested_id in ended and item.status == "accepted"]
    if not chosen:
        return 0
    now = clock.now()
    for item in chosen:
        item.status, item.refusal, item.note, item.answered_at = "refused", reason, note[:240], now
    IncomingItem.rows.bulk_update(chosen, ["status", "refusal", "note", "answered_at"])
    _settle(row, items)
    answer(actor, row, ReferralRefused if row.status == "refused" else ReferralAccepted, cause=cause)
    return len(chosen)


@use_case
def note_refused_sample(
    actor: Actor,
    *,
    owner_id: UUID,
    order_id: UUID,
    requested_ids: Iterable[UUID],
    reason: str,
    replacement: bool,
    note: str = "",
    cause: UUID | None = None,
) -> int:
    """A sample that came by referral is not fit. Without a replacement its tests are refused to the sender; with one
    they stay ours and the sender reads why another sample is asked for. Answers how many tests.
    """
    if not replacement:
        return note_tests_cancelled(
            actor,
            owner_id=owner_id,
            order_id=order_id,
            requested_ids=requested_ids,
            reason=reason if reason in rules.REFUSALS else "other",
            note=note,
            cause=cause,
        )
    row = _of_order(owner_id, order_id)
    if row is None:
        return 0
    waiting = set(requested_ids)
    items = queries.items_of_incoming(Scope.of(owner_id), [row.id])[row.id]
    chosen = [item for item in items if item.requested_id in waiting and item.status == "accepted"]
    for item in chosen:
        item.refusal, item.note = reason[:16], note[:240]
    if chosen:
        IncomingItem.rows.bulk_update(chosen, ["refusal", "note"])
        answer(actor, row, ReferralMoved, cause=cause)
    return len(chosen)
