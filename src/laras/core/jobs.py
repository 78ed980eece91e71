"""Jobs: queued work with retries, rounds that recur, and deliveries that a killed process left behind.

Work is enqueued inside the business transaction (``enqueue``), so that it exists exactly when its cause does. A job that fails is
tried again after a pause, five times; what still fails stays visible in ``laras doctor``.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils.module_loading import import_string
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from laras.core import clock, delivery
from laras.core.models import IdempotencyKey

log = logging.getLogger(__name__)
ATTEMPTS = 5
PAUSE = 2.0


@cache
def _worker() -> Worker:
    return Worker(
        queue_names=["default"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="laras",
        excluded_queue_names=[],
    )


def run_once() -> int:
    """Deliveries that wait, then queued tasks; answers how many deliveries were made."""
    made = delivery.catch_up_all()
    _retry_failed()
    _worker().run()
    return made


def _retry_failed() -> None:
    """Give failed tasks their next try: 1, 2, 4, 8 minutes after the failure before."""
    for task in DBTaskResult.objects.failed().filter(finished_at__gte=clock.now() - timedelta(hours=2)):
        tries = len(task.worker_ids)
        if tries < ATTEMPTS and clock.now() >= task.finished_at + timedelta(minutes=2 ** (tries - 1)):
            DBTaskResult.objects.filter(pk=task.pk).update(status="READY", finished_at=None)


def forget_old_keys() -> None:
    """Idempotency keys hold the answers they gave; after three days nobody repeats a request."""
    IdempotencyKey.objects.filter(created_at__lt=clock.now() - timedelta(days=3)).delete()


def forget_finished_tasks() -> None:
    """What succeeded a week ago is of no use to anybody; what failed stays for ``laras doctor``."""
    DBTaskResult.objects.successful().filter(finished_at__lt=clock.now() - timedelta(days=7)).delete()


def refresh_statistics() -> None:
    """Let the database look at its tables: without statistics SQLite takes an organisation's index for everything."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def nightly() -> list[Callable[[], object]]:
    """What runs once a night: the core's own rounds and those named in settings."""
    others = (import_string(name) for name in getattr(settings, "LARAS_NIGHTLY", ()))
    return [forget_old_keys, forget_finished_tasks, refresh_statistics, *others]


def night_of(moment: datetime) -> date:
    """The night to which a moment belongs; a night begins at 02.00 WIB (19.00 UTC)."""
    return (moment - timedelta(hours=19)).date()


def run_forever() -> None:
    """Until a signal: a round every two seconds, the nightly rounds after 02.00 of the installation's zone."""
    running = True

    def stop(_signum: int, _frame: object) -> None:
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    last_night = night_of(clock.now())
    while running:
        try:
            run_once()
            if night_of(clock.now()) != last_night:
                last_night = night_of(clock.now())
                for work in nightly():
                    work()
        except Exception:
            log.exception("a round of jobs failed")
            time.sleep(5)
        close_old_connections()
        time.sleep(PAUSE)
