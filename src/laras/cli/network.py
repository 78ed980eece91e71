"""``laras network``: the directory's own commands, and the check over what its laboratories tell each other."""

from laras.network.commands import network
from laras.referral.commands import check

network.add_command(check)

__all__ = ["network"]
