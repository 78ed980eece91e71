"""The nightly rounds: once a night, caught up when missed, never twice, tried again when they failed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from laras.core import clock, jobs

pytestmark = pytest.mark.django_db
BEFORE = datetime(2026, 11, 20, 18, 59, tzinfo=UTC)
AFTER = BEFORE + timedelta(minutes=2)
done: list[str] = []
broken = {"now": False}


def count_round() -> None:
    done.append("round")


def break_down() -> None:
    if broken["now"]:
        raise OSError("disk")


@pytest.fixture(autouse=True)
def rounds(monkeypatch):
    done.clear()
    broken["now"] = False
    monkeypatch.setattr(jobs.delivery, "catch_up_all", lambda: 0)
    monkeypatch.setattr(jobs, "close_old_connections", lambda: None)
    # The worker closes connections between tasks, which a test's transaction would not survive.
    monkeypatch.setattr("django_tasks_db.management.commands.db_worker.close_old_connections", lambda: None)
    jobs._worker.cache_clear()
    with override_settings(LARAS_NIGHTLY=("tests.core.test_jobs.break_down", "tests.core.test_jobs.count_round")):
        yield
    jobs._worker.cache_clear()


def round_at(moment: datetime) -> None:
    """One turn of a jobs process that has just started."""
    with clock.at(moment):
        jobs.ask_for_night(jobs.night_of(clock.now()))
        jobs.run_once()


def test_a_night_begins_at_two_in_the_morning_of_jakarta():
    assert jobs.night_of(BEFORE) == date(2026, 11, 19)
    assert jobs.night_of(AFTER) == date(2026, 11, 20)


def test_rounds_run_once_a_night():
    for minutes in range(0, 3 * 24 * 60, 90):
        round_at(BEFORE + timedelta(minutes=minutes))
    assert len(done) == 1 + 3, "the night it began in, and each that came"


def test_a_process_that_was_off_catches_up_with_the_last_night_only():
    round_at(BEFORE)
    round_at(AFTER + timedelta(days=4, hours=9))
    assert len(done) == 2


def test_two_processes_run_a_night_once():
    with clock.at(AFTER):
        night = jobs.night_of(clock.now())
        jobs.ask_for_night(night)
        jobs.ask_for_night(night)
        assert DBTaskResult.objects.count() == 1
        jobs.run_once()
        jobs._worker.cache_clear()  # another process
        jobs.ask_for_night(night)
        jobs.run_once()
    assert len(done) == 1


def test_what_failed_keeps_nobody_else_from_running_and_is_tried_again():
    broken["now"] = True
    round_at(AFTER)
    task = DBTaskResult.objects.get()
    assert (task.status, len(done)) == ("FAILED", 1)
    assert "break_down: OSError" in task.traceback
    broken["now"] = False
    finished = task.finished_at
    with clock.at(finished + timedelta(seconds=50)):
        jobs.run_once()
    assert len(done) == 1, "not before its pause is over"
    with clock.at(finished + timedelta(seconds=70)):
        jobs.run_once()
    task.refresh_from_db()
    assert (task.status, len(done)) == ("SUCCESSFUL", 2)


@pytest.mark.parametrize(("tries", "status"), [(1, "SUCCESSFUL"), (jobs.ATTEMPTS, "FAILED")])
def test_a_task_whose_process_was_killed_is_taken_up_again_but_not_for_ever(tries, status):
    now = timezone.now()
    jobs.ask_for_night(jobs.night_of(now))
    rows = DBTaskResult.objects.all()
    rows.update(status="RUNNING", worker_ids=["x"] * tries, started_at=now - timedelta(minutes=5))
    jobs.run_once()
    assert rows.get().status == "RUNNING", "it may still be at work"
    rows.update(started_at=now - jobs.LOST_AFTER - timedelta(minutes=1))
    jobs.run_once()
    assert rows.get().status == status


@pytest.mark.sqlite_only
@pytest.mark.django_db
def test_rare_values_are_looked_for_by_their_index(make_owner, settings):
    """All rows but few hold one value: the average alone would make SQLite read the table."""
    owner = make_owner("NTB-01")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE rare (owner text, value text, other text)")
        cursor.execute("CREATE INDEX rare_value ON rare (owner, value)")
        cursor.executemany("INSERT INTO rare VALUES (%s, %s, %s)", [(str(owner.pk), "done", "x")] * 5000)
        settings.LARAS_RARE_INDEXES = ("rare_value",)
        jobs.refresh_statistics()
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'rare_value'")
        assert cursor.fetchone() == ("5000 5000 5",)


@pytest.mark.django_db
def test_the_indexes_of_rare_values_exist(settings):
    """A renamed index would go back to being read past, and nothing would say so."""
    with connection.cursor() as cursor:
        found = {
            name
            for table in connection.introspection.table_names(cursor)
            for name in connection.introspection.get_constraints(cursor, table)
        }
    assert settings.LARAS_RARE_INDEXES
    assert set(settings.LARAS_RARE_INDEXES) <= found


def test_a_process_that_has_grown_begins_anew_once_an_hour(monkeypatch):
    monkeypatch.delenv(jobs.ANEW, raising=False)
    assert not jobs.should_begin_anew(100_000_000, 110_000_000, 1e9)
    assert jobs.should_begin_anew(100_000_000, 140_000_000, 1e9)
    monkeypatch.setenv(jobs.ANEW, str(1e9))
    assert not jobs.should_begin_anew(100_000_000, 140_000_000, 1e9 + 3599)
    assert jobs.should_begin_anew(100_000_000, 140_000_000, 1e9 + 3601)
