"""Lines for the log that name what failed and where, never whose data it was about.

Messages of exceptions quote values: a violated constraint of PostgreSQL names the NIK that was there already. So a
traceback is written without them: the place in our code, and the class of what was raised.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LineFormatter(logging.Formatter):
    def formatException(self, ei: Raised) -> str:
        """The frames and the classes of the raised errors, the cause first; no messages."""
        parts: list[str] = []
        error = ei[1]
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__))
            parts.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(reversed(parts))
