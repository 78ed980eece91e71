"""Jobs: queued work with retries, rounds that recur, and deliveries that a killed process left behind.

Work is enqueued inside the business transaction (``enqueue``), so that it exists exactly when its cause does. A job that fails is
tried again after a pause, five times; what still fails stays visible in ``laras doctor``.

The rounds of a night are one such job, whose key is the night's: however many processes ask for it, it exists once, and one that
was off at two o'clock asks when it starts.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections, connection, connections
from django.utils.module_loading import import_string
from django_tasks import task
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult, get_date_max

from laras.core import clock, delivery
from laras.core.ids import shipped_id
from laras.core.models import IdempotencyKey

log = logging.getLogger(__name__)
ATTEMPTS = 5
PAUSE = 2.0
LOST_AFTER = timedelta(hours=2)
"""A task that runs longer than this was cut off with its process."""
GROWN_BY = 24_000_000
"""Bytes of memory above those of its start with which a jobs process that has nothing to do begins anew."""
ANEW = "LARAS_JOBS_ANEW"
"""In the environment of a process that began anew: when (seconds since 1970), so that it happens once an hour at most."""


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
    _retry_lost()
    _worker().run()
    return made


def _retry_failed() -> None:
    """Give failed tasks their next try: 1, 2, 4, 8 minutes after the failure before."""
    for row in DBTaskResult.objects.failed().filter(finished_at__gte=clock.now() - timedelta(hours=2)):
        tries = len(row.worker_ids)
        if tries < ATTEMPTS and clock.now() >= row.finished_at + timedelta(minutes=2 ** (tries - 1)):
            DBTaskResult.objects.filter(pk=row.pk).update(status="READY", finished_at=None)


def _retry_lost() -> None:
    """Tasks whose process was killed in the middle count as tried once."""
    lost = DBTaskResult.objects.running().filter(started_at__lt=clock.now() - LOST_AFTER)
    for row in lost:
        status = "READY" if len(row.worker_ids) < ATTEMPTS else "FAILED"
        finished = None if status == "READY" else clock.now()
        DBTaskResult.objects.filter(pk=row.pk, status="RUNNING").update(status=status, finished_at=finished)


def forget_old_keys() -> None:
    """Idempotency keys hold the answers they gave; after three days nobody repeats a request."""
    IdempotencyKey.objects.filter(created_at__lt=clock.now() - timedelta(days=3)).delete()


def forget_finished_tasks() -> None:
    """What succeeded a week ago is of no use to anybody; what failed stays for ``laras doctor``."""
    DBTaskResult.objects.successful().filter(finished_at__lt=clock.now() - timedelta(days=7)).delete()


def refresh_statistics() -> None:
    """Let the database look at its tables: without statistics SQLite takes an organisation's index for everything.

    It keeps averages only. Where nearly all rows hold one value and the others are asked for (samples not yet received), the
    average says that the index helps nobody, and the table is read: of those indexes (``LARAS_RARE_INDEXES``: organisation,
    value) it is told that the value narrows a thousandfold.
    """
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            # By name: all that there is would take in the catalogues that PostgreSQL's databases share, and wait for each other.
            tables = connection.introspection.django_table_names(only_existing=True)
            cursor.execute("ANALYZE " + ", ".join(map(connection.ops.quote_name, tables)))
            return
        cursor.execute("ANALYZE")
        for name in settings.LARAS_RARE_INDEXES:
            cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = %s", [name])
            for (stat,) in cursor.fetchall():
                rows, owned, *deeper = map(int, stat.split())
                told = [rows, owned, *(min(number, max(1, rows // 1000)) for number in deeper)]
                cursor.execute("UPDATE sqlite_stat1 SET stat = %s WHERE idx = %s", [" ".join(map(str, told)), name])
        cursor.execute("ANALYZE sqlite_schema")


def nightly() -> list[Callable[[], object]]:
    """What runs once a night: the core's own rounds and those named in settings."""
    others = (import_string(name) for name in getattr(settings, "LARAS_NIGHTLY", ()))
    return [forget_old_keys, forget_finished_tasks, refresh_statistics, *others]


def night_of(moment: datetime) -> date:
    """The night to which a moment belongs; a night begins at 02.00 WIB (19.00 UTC)."""
    return (moment - timedelta(hours=19)).date()


@task()
def run_night(night: str) -> None:
    """The rounds of one night. Each gets its turn; when any failed the night is tried again, as every job is."""
    failed = []
    for work in nightly():
        try:
            work()
        except Exception as error:
            name = getattr(work, "__name__", str(work))
            log.exception("nightly %s failed", name)
            failed.append(f"{name}: {type(error).__name__}")
    if failed:
        raise RuntimeError(f"night {night}: {', '.join(failed)}")


def ask_for_night(night: date) -> None:
    """Let the rounds of this night be run, once in this installation. Asking again changes nothing."""
    wanted = DBTaskResult(
        id=shipped_id("core.night", night.isoformat()),
        args_kwargs={"args": [night.isoformat()], "kwargs": {}},
        priority=run_night.priority,
        task_path=run_night.module_path,
        queue_name=run_night.queue_name,
        backend_name=run_night.backend,
        run_after=get_date_max(),  # the package's word for at once
    )
    DBTaskResult.objects.bulk_create([wanted], ignore_conflicts=True)


def run_forever() -> None:
    """Until a signal: a round every two seconds, the nightly rounds after 02.00 WIB or, when missed, at once."""
    running = True

    def stop(_signum: int, _frame: object) -> None:
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    asked, small = None, _resident()
    while running:
        pause = PAUSE
        try:
            night = night_of(clock.now())
            if night != asked:
                ask_for_night(night)
                asked = night
            run_once()
        except Exception:
            log.exception("a round of jobs failed")
            pause += 5
        close_old_connections()
        if running and should_begin_anew(small, _resident(), time.time()):
            _begin_anew()
        until = time.monotonic() + pause
        while running and time.monotonic() < until:
            time.sleep(0.2)


def _resident() -> int:
    """Bytes that this process holds in memory now; 0 where Linux does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def should_begin_anew(at_start: int, now: int, seconds: float) -> bool:
    """A night of detection or a file of thousands leaves half as much again in memory as jobs need, until the next restart: on an
    old PC that is another program's room. Bytes at the start and now; ``seconds`` since 1970."""
    return now - at_start > GROWN_BY and seconds - float(os.environ.get(ANEW, "0")) > 3600


def _begin_anew() -> None:
    """The same process with the same number and the same command, so that its supervisor need not know. Between two rounds nothing
    is under way, and no connection is left to the database's goodwill."""
    os.environ[ANEW] = str(time.time())
    connections.close_all()
    log.info("jobs begin anew: memory was grown")
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
