"""The nightly look at both ends of every referral, and what a full box has to tell behind the counter's back."""

from __future__ import annotations

import logging
from uuid import UUID

from django_tasks import task

from laras.core.actor import system_actor
from laras.referral import queries
from laras.referral.rules import SIDES

TOLD_AT_ONCE = 25
"""Orders that one job tells about."""

log = logging.getLogger(__name__)


@task()
def tell_before(owner_id: str, order_ids: list[str]) -> None:
    """Specimens of orders that came here by referral moved on in a box: the laboratories before us hear. Safe to run twice."""
    from laras.referral import services

    actor = system_actor("job:referral")
    services.tell_moved(actor, owner_id=UUID(owner_id), order_ids=[UUID(key) for key in order_ids])


class Contradicting(RuntimeError):
    """Two ends of a referral say otherwise than each other. Fails the night, so that ``laras doctor`` shows it."""


def compare_ends() -> int:
    """For the nightly rounds: answers how many referrals were compared. Raises Contradicting, after noting each in the log."""
    found = queries.check()
    for one in found.contradictions:
        log.error(
            "referral %s of %s to %s: %s: %r there, %r here",
            one.number,
            one.sender,
            one.receiver,
            one.what,
            one.sender_says,
            one.receiver_says,
        )
    if found.contradictions:
        raise Contradicting(
            f"{len(found.contradictions)} contradictions between ends of referrals: laras network check"
        )
    return found.referrals


def book_earlier_results() -> int:
    """For the nightly rounds: results of before the ledger was kept enter it, at each end; answers how many entries that made."""
    from laras.referral import services

    actor, done = system_actor("job:referral"), 0
    for side in SIDES:
        for owner_id in queries.with_unbooked(side):
            after: UUID | None = None
            while True:
                made, after = services.book_earlier(actor, owner_id=owner_id, side=side, after=after)
                done += made
                if after is None:
                    break
    return done
