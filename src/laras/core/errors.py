"""Refusals of the domain. Services raise them; ``core.web`` and ``core.api`` turn them into pages and problem+json."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: which field (of which row, counted from 1) and what to do, in the user's language."""

    field: str
    message: str
    row: int | None = None


class DomainError(Exception):
    """A refusal that a person can understand; ``status`` is its HTTP status, ``code`` its stable name for scripts."""

    status = 422
    code = "refused"

    def __init__(self, message: str, *, code: str | None = None, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)
        if code:
            self.code = code

    def __str__(self) -> str:
        return str(self.message)


class Refused(DomainError):
    """The input or the moment is wrong; nothing was changed."""


class MoveRefused(Refused):
    """The thing is not in a state from which this move is possible."""

    status = 409
    code = "move_refused"


class Conflict(DomainError):
    """Somebody else was first, or the same key came with other content."""

    status = 409
    code = "conflict"


class Forbidden(DomainError):
    """The person lacks the right here."""

    status = 403
    code = "forbidden"

    def __init__(self, message: str | None = None, *, right: str = "") -> None:
        super().__init__(message or _("Peran Anda tidak mencakup tindakan ini."))
        self.right = right


class NotFound(DomainError):
    """There is no such row in the scope: the same answer whether it is another laboratory's or nobody's."""

    status = 404
    code = "not_found"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or _("Tidak ditemukan di laboratorium ini."))


class ScopeMissing(RuntimeError):
    """A query on a scoped table ran without a scope: a mistake of the programmer, never shown as data."""
