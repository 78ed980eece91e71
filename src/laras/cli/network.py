"""``laras network``: the directory's own commands, the check over what its laboratories tell each other, and what they owe."""

from laras.network.commands import network
from laras.referral.commands import check, ledger

network.add_command(check)
network.add_command(ledger)

__all__ = ["network"]
