"""The unit of work: one use case, one transaction, one journal.

``@use_case`` (or ``with unit():``) opens it; use cases called inside join it. At the end of the outermost one, with the work
done, the journal's head is locked (last of all locks), the entries get their places in the chain, the transaction
commits and the subscribers of what happened are woken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.db import models, transaction

from laras.core import wall

if TYPE_CHECKING:
    from laras.core.journal import Pending

P = ParamSpec("P")
R = TypeVar("R")


class _State(threading.local):
    pending: list[Pending] | None = None
    last: list[models.Model]


_state = _State()


def current() -> list[Pending]:
    """The entries of the open unit; outside a unit nothing may be written to a journal."""
    if _state.pending is None:
        raise RuntimeError("journal written outside a use case")
    return _state.pending


def write_last(row: models.Model) -> None:
    """Insert this row with the journal's entries, when the open unit ends well: it costs no round trip of its own."""
    current()
    _state.last.append(row)


@contextmanager
def unit() -> Iterator[None]:
    """Open a unit of work, or join the open one."""
    if _state.pending is not None:
        yield
        return
    from laras.core import delivery, journal

    _state.pending, _state.last = [], []
    wall.enter_unit()
    try:
        with transaction.atomic():
            yield
            written = journal.flush(_state.pending, _state.last)
    finally:
        _state.pending = None
        wall.leave_unit()
    delivery.wake(written)


def use_case(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function as one unit of work."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with unit():
            return function(*args, **kwargs)

    run.is_use_case = True  # type: ignore[attr-defined]
    return run
