"""How far a long use case has come, told from within its open transaction to whoever waits for it, and the wish to stop.

Nothing of a transaction is seen from outside before it ends, so this goes through small files of the installation
(``LARAS_DATA/progress``): they hold two numbers, never a name.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from laras.core.errors import Refused
from laras.core.paths import below

KEPT = 3600.0
"""Seconds after which what somebody left behind is swept away."""


class Stopped(Refused):
    """Somebody asked to stop; the transaction is undone as a whole."""

    def __init__(self) -> None:
        super().__init__(_("Dihentikan. Tidak ada yang disimpan."), code="stopped")


@dataclass(frozen=True, slots=True)
class Progress:
    """The way of one piece of work. ``key`` is a secret of the page that started it; ``whose`` is the account."""

    whose: str
    key: str

    def _path(self, suffix: str) -> Path:
        name = hashlib.blake2b(f"{self.whose}\n{self.key}".encode(errors="replace"), digest_size=16).hexdigest()
        return below("progress") / f"{name}.{suffix}"

    def tell(self, done: int, total: int) -> None:
        """Say how far it is. Raises :class:`Stopped` when somebody asked to stop."""
        if self._path("stop").exists():
            raise Stopped
        path = self._path("at")
        draft = path.with_suffix(".new")
        draft.write_text(f"{done} {total}")
        draft.replace(path)

    def read(self) -> tuple[int, int] | None:
        """Done and total; None before it began and after it ended."""
        with suppress(OSError, ValueError):
            done, total = self._path("at").read_text().split()
            return int(done), int(total)
        return None

    def stop(self) -> None:
        """Ask to stop. What has ended already stays as it is."""
        self._path("stop").touch()

    def forget(self) -> None:
        """The work has ended; with it go the files of work whose process was killed."""
        for suffix in ("at", "stop"):
            self._path(suffix).unlink(missing_ok=True)
        for path in below("progress").iterdir():
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > KEPT:
                    path.unlink()
