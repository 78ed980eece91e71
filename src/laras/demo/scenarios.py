"""Referrals of the demo network, played with the real services so that both ends and their journals are genuine."""

from __future__ import annotations

from laras.core.models import Owner
from laras.demo.network import Staff


def play(owners: dict[str, Owner], staff: dict[str, Staff]) -> None:
    """Play them."""
