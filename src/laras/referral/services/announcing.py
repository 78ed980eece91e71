"""The receiver takes what the sender tells: an announcement, a cancellation."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.referral import codec, queries, rules
from laras.referral.events import (
    CancellationSeen,
    ReferralAnnounced,
    ReferralWithdrawn,
)
from laras.referral.models import Incoming, IncomingItem
from laras.referral.services.answering import answer
from laras.referral.services.common import keep_identifiers, without_identity
from laras.referral.states import INCOMING
from laras.referral.types import Announcement, IncomingState


@use_case
def announce(
    actor: Actor,
    *,
    owner_id: UUID,
    sender_id: UUID,
    referral_id: UUID,
    number: str,
    revision: int,
    announcement: Announcement | None,
    cause: UUID | None = None,
) -> Incoming | None:
    """Put another laboratory's referral on our list; None when it is old news. For the handler of messages.

    Without a body (erased by the sender before it arrived) nothing can be done: the record is made withdrawn.
    """
    actor.require("referral.receive", owner_id)
    row = _known(owner_id, sender_id, referral_id)
    status, seen = _known_state(row)
    if not rules.take_announcement(status=status, seen=seen, revision=revision):
        return None
    now = clock.now()
    fresh = row is None
    if row is None:
        row = Incoming(owner_id=owner_id, sender_id=sender_id, remote=referral_id, number=number[:48], announced_at=now)
    row.message_revision = revision
    if announcement is None:
        row.status, row.decided_at, row.note = "withdrawn", now, _("Isi rujukan sudah dihapus pengirim.")
    else:
        row.body = codec.write(announcement)
        row.urgency = announcement.urgency[:12]
    row.save(force_insert=fresh)
    if announcement is not None:
        IncomingItem.objects.within(Scope.of(owner_id)).filter(referral_id=row.id).delete()
        IncomingItem.rows.bulk_create(
            [
                IncomingItem(
                    owner_id=owner_id,
                    referral=row,
                    remote_item=item.item,
                    test_code=item.test[:60],
                    sample_number=item.sample[:60].upper(),
                )
                for item in announcement.items
            ]
        )
        keep_identifiers(owner_id, queries.INCOMING_ENTITY, row.id, announcement.identifiers)
    journal.record(
        actor,
        owner=owner_id,
        event=ReferralAnnounced(incoming=row.id, number=row.number, sender=sender_id),
        subject=row.id,
        cause=cause,
    )
    return row


@use_case
def withdraw(
    actor: Actor,
    *,
    owner_id: UUID,
    sender_id: UUID,
    referral_id: UUID,
    number: str,
    revision: int,
    reason: str,
    cause: UUID | None = None,
) -> bool:
    """The sender wants its referral back; answers whether that took effect. For the handler of messages.

    What was decided before stays decided: the answer that says so is on its way or there already. A cancellation that
    comes before its referral leaves a withdrawn record, so that the referral cannot come to life afterwards.
    """
    actor.require("referral.receive", owner_id)
    row = _known(owner_id, sender_id, referral_id)
    status, seen = _known_state(row)
    if row is not None and revision <= seen:
        return False
    effective = rules.take_cancellation(status=status, seen=seen, revision=revision)
    now = clock.now()
    fresh = row is None
    if row is None:
        row = Incoming(owner_id=owner_id, sender_id=sender_id, remote=referral_id, number=number[:48], announced_at=now)
    row.message_revision = revision
    if effective:
        row.status = INCOMING.move(row.status, "withdraw")
        row.decided_at, row.note = now, reason[:240]
        row.body = without_identity(row.body)
    row.save(force_insert=fresh)
    journal.record(
        actor,
        owner=owner_id,
        event=CancellationSeen(incoming=row.id, number=row.number, effective=effective),
        subject=row.order_id or row.id,
        cause=cause,
    )
    if effective:
        IncomingItem.objects.within(Scope.of(owner_id)).filter(referral_id=row.id).update(
            status="cancelled", answered_at=now
        )
        answer(actor, row, ReferralWithdrawn, cause=cause)
    return effective


def _known(owner_id: UUID, sender_id: UUID, referral_id: UUID) -> Incoming | None:
    rows = Incoming.objects.within(Scope.of(owner_id)).select_related("sender", "owner", "order")
    return rows.select_for_update(of=("self",)).filter(sender_id=sender_id, remote=referral_id).first()


def _known_state(row: Incoming | None) -> tuple[IncomingState | None, int]:
    """Status and newest message seen; nothing of a referral that is unknown here."""
    return (row.status, row.message_revision) if row is not None else (None, 0)  # type: ignore[return-value]
