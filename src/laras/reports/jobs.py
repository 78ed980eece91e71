"""Queued work of reports: drawing and signing after a release, and a nightly look for what was missed."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django_tasks import task

from laras.core import clock
from laras.core.actor import system_actor

log = logging.getLogger(__name__)
ACTOR = system_actor("job:reports")


@task()
def issue_released(owner_id: str, report_id: str) -> None:
    """Draw, sign and keep one report. Safe to run twice; what fails is tried again by the jobs."""
    from laras.reports import services

    services.issue_pdf(ACTOR, owner_id=UUID(owner_id), report_id=UUID(report_id))


def issue_missed() -> int:
    """For the nightly rounds: reports of the last week whose job was lost. Answers how many were issued."""
    from laras.reports import queries, services

    issued = 0
    for owner_id in queries.owners_releasing(since=clock.now() - timedelta(days=7)):
        batch = services.issue_waiting(ACTOR, owner_id=owner_id)
        issued += batch.done
        for report_id, problem in batch.problems.items():
            log.error("report %s was not issued: %s", report_id, problem)
    return issued
