"""How the two ends of a box follow each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

FINDINGS = ("present", "missing", "damaged", "temperature", "insufficient", "extra")
"""What the receiver found of one specimen. Labels: ``messages.FINDING_LABELS``."""

REFUSING: Mapping[str, str] = {"damaged": "damaged", "temperature": "temperature", "insufficient": "insufficient"}
"""Finding -> the reason of ``REFUSALS`` with which the receiver sends it back."""


def take_news(*, status: str | None, seen: int, revision: int) -> bool:
    """Whether the sender's message about a box is news: unknown here, or newer. What was reconciled stays as it is."""
    return status is None or (status != "reconciled" and revision > seen)


def take_findings(*, status: str, seen: int, revision: int) -> bool:
    """Whether the receiver's message is news at the sender: newer, and the box is on its way or there."""
    return revision > seen and status in ("handed", "arrived", "reconciled")


def refused_referrals(findings: Iterable[tuple[str, str]], samples: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Referral -> reason, for those of which every specimen was found unfit. ``findings``: (sample, finding);
    ``samples``: referral -> its samples."""
    found = dict(findings)
    whole = {}
    for referral, numbers in samples.items():
        reasons = [REFUSING.get(found.get(number, "")) for number in sorted(numbers)]
        if reasons and all(reasons):
            whole[referral] = str(reasons[0])
    return whole
