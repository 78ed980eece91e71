"""Time. Everything inside is UTC; a laboratory's zone is applied when a person looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_frozen: ContextVar[datetime | None] = ContextVar("laras_clock", default=None)

ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today(zone: str = "Asia/Jakarta") -> date:
    """The calendar day in ``zone``: at 23.30 UTC the laboratories of Jayapura already work on the next day."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let ``now()`` answer ``moment`` (aware) inside the block; the demo network and the tests live in past time."""
    if moment.tzinfo is None:
        raise ValueError("clock.at needs an aware datetime")
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
