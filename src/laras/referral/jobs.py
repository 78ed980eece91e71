"""The nightly look at both ends of every referral."""

from __future__ import annotations

import logging

from laras.referral import queries

log = logging.getLogger(__name__)


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
