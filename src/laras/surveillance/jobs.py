"""Queued work of surveillance: judging what was counted, at once for the diseases that changed and every night for all."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django_tasks import task

from laras.core import clock
from laras.core.actor import system_actor

ACTOR = system_actor("job:surveillance")
LOOK_BACK = 30
"""Days in which a result that was opened again is looked at every night."""


@task()
def judge_office(owner_id: str) -> None:
    """Judge what was counted at an office since the last time, there and at the offices above. Safe to run twice."""
    from laras.surveillance import queries, services

    if diseases := services.take_waiting(ACTOR, owner_id=UUID(owner_id)):
        for office_id in queries.offices_over(UUID(owner_id)):
            services.judge(ACTOR, owner_id=office_id, diseases=diseases)


def judge_all() -> int:
    """For the nightly rounds: every office, every disease that was ever counted. Answers how many offices."""
    from laras.surveillance import queries, services

    services.tell_confirmed(ACTOR, since=clock.now() - timedelta(days=LOOK_BACK))
    offices = queries.counting_offices()
    for office_id in offices:
        services.judge(ACTOR, owner_id=office_id)
    return len(offices)
