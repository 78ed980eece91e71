"""The lower layer of HL7: bytes of a line to messages, and back.

Source: HL7 Version 2.3.1, Implementation Support Guide, appendix C (Minimal Lower Layer Protocol): a message stands between
VT and FS CR. Nothing here waits, so bytes may come split and joined in any way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from laras.interop.rules.framing import Captured

VT: Final = 0x0B
END: Final = b"\x1c\r"
LONGEST_MESSAGE: Final = 16 * 1024 * 1024
"""Bytes of one message; blood count machines send their pictures along."""


@dataclass(slots=True)
class Receiver:
    """The receiving end of one line: :meth:`feed` it what arrives, it answers the messages, whole or broken."""

    longest: int = LONGEST_MESSAGE
    junk: int = 0
    """Bytes thrown away so far because they belonged to nothing."""
    _block: bytearray | None = None

    def feed(self, data: bytes) -> list[Captured]:
        """The messages that these bytes complete."""
        return list(self._read(data))

    def close(self) -> list[Captured]:
        """The line is gone: what has come of a message that is not whole."""
        left, self._block = self._block, None
        return [Captured(bytes(left), bytes(left), "cut_off")] if left else []

    def _read(self, data: bytes) -> Iterator[Captured]:
        while data:
            if self._block is None:
                before, begun, data = data.partition(bytes((VT,)))
                self.junk += len(before.strip(b"\r\n\x1c"))
                if begun:
                    self._block = bytearray()
                continue
            # The end may be cut in two by the line: look again at the byte before.
            seen = max(0, len(self._block) - 1)
            self._block += data
            end = self._block.find(END, seen)
            if end >= 0:
                message, data = bytes(self._block[:end]), bytes(self._block[end + len(END) :])
                self._block = None
                yield Captured(message, message)
            elif len(self._block) > self.longest:
                message, self._block, data = bytes(self._block[: self.longest]), None, b""
                yield Captured(message, message, "message_too_long")
            else:
                data = b""


def block(message: bytes) -> bytes:
    """A message as it goes onto the line."""
    return bytes((VT,)) + message + END
