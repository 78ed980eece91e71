"""Keys of demo rows: UUIDv7 as text, drawn from the seed instead of from the machine's chance.

They grow by one counter (RFC 9562, method 1), so that every index of the database grows at its end; as text they cost a tenth of
``UUID`` objects, and there are three quarters of a million of them.
"""

from __future__ import annotations

import random
from datetime import datetime


class Keys:
    """``new()`` answers the next key, e.g. ``019aa9d4-0f6c-7000-8d31-...``. Equal seed, moment and ``first`` give equal keys;
    ``first``: how many keys come before these, so that those of one laboratory follow those of another.
    """

    def __init__(self, seed: str, moment: datetime, first: int = 0) -> None:
        self._draw = random.Random(seed).getrandbits
        self._milliseconds = int(moment.timestamp() * 1000)
        self._count = first
        self._head = self._stamp(first)

    def _stamp(self, count: int) -> str:
        stamp = f"{self._milliseconds + (count >> 12):012x}"
        return f"{stamp[:8]}-{stamp[8:]}-7"

    def new(self) -> str:
        count = self._count
        self._count = count + 1
        if count & 0xFFF == 0:
            self._head = self._stamp(count)
        tail = f"{0x8000_0000_0000_0000 | self._draw(62):x}"
        return f"{self._head}{count & 0xFFF:03x}-{tail[:4]}-{tail[4:]}"
