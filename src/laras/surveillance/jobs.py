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


@task()
def send_notices(owner_id: str, channel: str) -> None:
    """Send what is due on a channel (``email``, ``webhook``), all in one message. What fails is tried again by the jobs."""
    from laras.surveillance import queries, sending, services

    office = UUID(owner_id)
    asked, rows = queries.notice_settings(office), services.unsent(office, channel)
    if not rows or channel not in services.channels(asked):
        return
    if channel == "email":
        sending.send_mail(asked.emails, rows)
    else:
        sending.post(asked.webhook, services.webhook_key(asked), rows)
    services.note_sent(ACTOR, owner_id=office, channel=channel, notice_ids=[one.id for one in rows])


@task()
def escalate(owner_id: str) -> None:
    """Tell the office above what this one left alone. Safe to run twice."""
    from laras.surveillance import services

    services.escalate(ACTOR, owner_id=UUID(owner_id))


@task()
def tell_declared(owner_id: str, outbreak_id: str) -> None:
    """Tell the offices above of a declared outbreak. Safe to run twice."""
    from laras.surveillance import services

    services.tell_of_declared(ACTOR, owner_id=UUID(owner_id), outbreak_id=UUID(outbreak_id))


def send_again() -> int:
    """For the nightly rounds: what servers did not take although it was tried five times. Answers how many offices."""
    from laras.surveillance import queries, services

    offices = services.owners_unsent(clock.now() - services.SENT_WITHIN)
    for owner_id in offices:
        for channel in services.channels(queries.notice_settings(owner_id)):
            send_notices.enqueue(str(owner_id), channel)
    return len(offices)
