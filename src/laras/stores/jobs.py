"""Every night: what expired with the day pauses its tests."""

from __future__ import annotations


def reckon_all() -> int:
    """For the nightly rounds: every laboratory that keeps reagents here. Answers how many."""
    from laras.core.actor import system_actor
    from laras.stores import queries, services

    owners = queries.owners()
    for owner_id in owners:
        services.reckon(system_actor("job:stores"), owner_id=owner_id)
    return len(owners)
