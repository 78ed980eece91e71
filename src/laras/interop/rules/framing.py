"""The lower layer of ASTM: bytes of a line to messages, and back.

Source: CLSI LIS01-A2 (ASTM E1381-02), sections 6.2 to 6.6. A sender bids with ENQ, sends frames one by one, each answered
with ACK or NAK, and ends with EOT::

    <STX> frame-number text <ETB | ETX> checksum <CR> <LF>

The frame number runs 1, 2 ... 7, 0, 1; the checksum is the sum of all bytes from the frame number to ETB or ETX, modulo
256, as two hexadecimal digits. Nothing here waits, so bytes may come split and joined in any way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

STX, ETX, EOT, ENQ, ACK, LF, CR, NAK, ETB = 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0D, 0x15, 0x17

LONGEST_FRAME: Final = 64_000
"""Characters of text in a frame (LIS01-A2, 6.3.1.2); older devices keep to 240."""
LONGEST_MESSAGE: Final = 8 * 1024 * 1024
"""Bytes of one message. A chemistry line sends some thousand bytes; what is longer is not one."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One byte to send back: ACK or NAK. ``reason`` says why a frame was not taken."""

    byte: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Captured:
    """A message, or what came of one. ``raw`` are its bytes as they came, ``text`` its records, each ended by CR.

    ``broken`` is empty for a whole message, from header to terminator; else the reason why it is not.
    """

    raw: bytes
    text: bytes
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Complete:
    """These messages are whole; the ACK of their last frame is due once they are stored."""

    messages: tuple[Captured, ...]


Event = Reply | Complete | Captured

# What may not stand in the text of a frame and so ends or restarts one, wherever it comes.
_CONTROL: Final = re.compile(rb"[\x02\x04\x05\x0a]")
_BETWEEN: Final = bytes((CR, LF, ACK, NAK))
_NUMBERS: Final = (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7")


def checksum(content: bytes) -> bytes:
    """Of the bytes from the frame number to ETB or ETX, both included."""
    return b"%02X" % (sum(content) & 0xFF)


@dataclass(slots=True)
class Receiver:
    """The receiving end of one line. :meth:`feed` it what arrives; it answers what to send and what was received.

    ``handshake`` False takes frames without ENQ before them (a device that never sends one, or a capture);
    ``numbers`` and ``checksums`` False leave out those checks for a device that does not count.
    """

    handshake: bool = True
    numbers: bool = True
    checksums: bool = True
    longest: int = LONGEST_MESSAGE
    junk: int = 0
    """Bytes thrown away so far because they belonged to nothing."""
    _open: bool = False
    _expected: int = 1
    _last: bytes = b""
    _frame: bytearray | None = None
    _raw: bytearray = field(default_factory=bytearray)
    _text: bytearray = field(default_factory=bytearray)
    _refused: bytes = b""
    _reason: str = ""
    _seen: int = 0

    @property
    def open(self) -> bool:
        """Whether the other end has the line: it bid, and has not ended."""
        return self._open

    def feed(self, data: bytes) -> list[Event]:
        """What these bytes bring about, in the order in which it has to be done."""
        return list(self._read(data))

    def close(self) -> list[Event]:
        """The line is gone: what has come of a message that is not whole."""
        self._cut()
        self._open = False
        return list(self._give_up("cut_off"))

    def _read(self, data: bytes) -> Iterator[Event]:
        at, end = 0, len(data)
        while at < end:
            found = _CONTROL.search(data, at)
            stop = found.start() if found else end
            if self._frame is None:
                self.junk += len(data[at:stop].translate(None, _BETWEEN))
            else:
                self._frame += data[at:stop]
                if len(self._frame) > LONGEST_FRAME + 8:
                    yield from self._refuse("frame_too_long")
            if stop == end:
                return
            byte = data[stop]
            at = stop + 1
            if byte == STX:
                if self._frame is not None:  # the sender began again
                    self.junk += len(self._frame)
                self._frame = bytearray((STX,)) if self._open or not self.handshake else None
            elif byte == ENQ:
                self._cut()
                yield from self._bid()
            elif byte == EOT:
                self._cut()
                yield from self._end()
            elif self._frame is not None:
                self._frame.append(LF)
                yield from self._take()

    def _cut(self) -> None:
        """A frame that never came to its end."""
        if self._frame is not None:
            self._keep("cut_off")

    def _bid(self) -> Iterator[Event]:
        yield from self._give_up("cut_off")
        self._open, self._expected, self._last = True, 1, b""
        yield Reply(ACK)

    def _end(self) -> Iterator[Event]:
        yield from self._give_up("no_terminator")
        self._open, self._expected, self._last = False, 1, b""

    def _refuse(self, reason: str) -> Iterator[Event]:
        self._keep(reason)
        yield Reply(NAK, reason)

    def _keep(self, reason: str) -> None:
        """The frame that is not taken stays beside the message until it comes right; the first reason is the one."""
        if len(self._refused) < self.longest:
            self._refused += bytes(self._frame or b"")[: LONGEST_FRAME + 8]
        self._reason = self._reason or reason
        self._frame = None

    def _take(self) -> Iterator[Event]:
        frame = bytes(self._frame or b"")
        if len(frame) < 7 or frame[-5] not in (ETX, ETB) or frame[-2] != CR:
            yield from self._refuse("malformed")
        elif self.checksums and frame[-4:-2].upper() != checksum(frame[1:-4]):
            yield from self._refuse("checksum")
        elif self.numbers and frame == self._last:
            self._frame = None
            yield Reply(ACK)  # our ACK was lost: the same frame again is taken once
        elif self.numbers and not self._in_turn(frame):
            yield from self._refuse("frame_number")
        elif len(self._raw) + len(frame) > self.longest:
            yield from self._refuse("message_too_long")
        else:
            self._frame, self._last, self._refused, self._reason = None, frame, b"", ""
            yield from self._add(frame)
            yield Reply(ACK)

    def _in_turn(self, frame: bytes) -> bool:
        """A capture may begin in the middle of a session: there the first frame sets the count."""
        number = frame[1:2]
        return number == b"%d" % self._expected or (not self.handshake and not self._last and number in _NUMBERS)

    def _add(self, frame: bytes) -> Iterator[Event]:
        if frame[1:2] in _NUMBERS:
            self._expected = (frame[1] - 0x30 + 1) % 8
        self._raw += frame
        self._text += frame[2:-5]
        if frame[-5] == ETX and not self._text.endswith(b"\r"):
            self._text += b"\r"
        messages = tuple(self._whole())
        if messages:
            yield Complete(messages)

    def _whole(self) -> Iterator[Captured]:
        """Take off the messages whose terminator record is here; several may stand in one frame."""
        found = []
        while True:
            self._seen, whole = _terminator(self._text, self._seen)
            if not whole:
                break
            found.append(bytes(self._text[: self._seen]))
            del self._text[: self._seen]
            self._seen = 0
        if not found:
            return
        if len(found) == 1 and not self._text:
            yield Captured(bytes(self._raw), found[0])
        else:
            # A frame that belongs to two messages cannot be cut in two: each keeps its records as they came.
            for text in found:
                yield Captured(text, text)
        self._raw[:] = self._text

    def _give_up(self, reason: str) -> Iterator[Event]:
        raw = bytes(self._raw) + self._refused
        if raw:
            yield Captured(raw, bytes(self._text), self._reason or reason)
        self._raw.clear()
        self._text.clear()
        self._refused, self._reason, self._seen = b"", "", 0


def _terminator(text: bytearray, begin: int = 0) -> tuple[int, bool]:
    """(behind the first terminator record, True), or (where the unfinished record begins, False)."""
    while (end := text.find(b"\r", begin)) >= 0:
        if bytes(text[begin : begin + 1]) in (b"L", b"l"):
            return end + 1, True
        begin = end + 1
    return begin, False


# --- The sending end --------------------------------------------------------------------------------------------------


def frames(records: Sequence[bytes], *, first: int = 1, longest: int = 240) -> Iterator[bytes]:
    """Records (without CR) as frames: one to a frame, longer ones over several, ETB in all but the last.

    ``longest`` counts the characters of text in one frame; 240 suits every device (LIS01-A2, 6.3.1.2).
    """
    number = first
    for record in records:
        text = record + b"\r"
        for at in range(0, len(text), longest):
            ending = ETX if at + longest >= len(text) else ETB
            content = b"%d" % number + text[at : at + longest] + bytes((ending,))
            yield bytes((STX,)) + content + checksum(content) + b"\r\n"
            number = (number + 1) % 8


BID_AGAIN: Final = 10.0
"""Seconds after a NAK before the next bid (LIS01-A2, 6.2.6.2)."""
ANSWER_WITHIN: Final = 15.0
"""Seconds that a receiver has to answer a bid or a frame (6.5.2.2)."""
MOST_BIDS: Final = 3
MOST_TRIES: Final = 6
"""Times that a frame is sent before the message is given up (6.5.1.2)."""


@dataclass(slots=True)
class Sender:
    """The sending end of one line: tells a message, frame by frame. Feed it each byte that comes back; it answers what to send.

    ``failed`` says why the message did not arrive (``refused``, ``silent``, ``busy``). Where both ends bid at once the
    instrument goes first (6.2.7.1): then the sender has ``yielded``, and is started anew when the line is free.
    """

    prepared: Sequence[bytes]
    over: bool = False
    yielded: bool = False
    failed: str = ""
    _at: int = -1
    _bids: int = 0
    _tries: int = 0
    _due: float = 0.0
    _paused: bool = False

    def start(self, now: float) -> bytes:
        """Bid for the line."""
        self._at, self._bids, self._tries, self.yielded, self._paused = -1, self._bids + 1, 0, False, False
        self._due = now + ANSWER_WITHIN
        return bytes((ENQ,))

    def take(self, byte: int, now: float) -> bytes:
        if self.over or self.yielded or self._paused:
            return b""
        self._due = now + ANSWER_WITHIN
        if self._at < 0 and byte == ENQ:
            self.yielded = True
            return b""
        if byte == ACK or (byte == EOT and self._at >= 0):  # EOT: taken, but the receiver wants the line
            self._at, self._tries = self._at + 1, 0
            if self._at == len(self.prepared):
                return self._end("")
            self._tries = 1
            return self.prepared[self._at]
        if byte != NAK:
            return b""
        if self._at < 0:
            return self._bid_later(now)
        if self._tries >= MOST_TRIES:
            return self._end("refused")
        self._tries += 1
        return self.prepared[self._at]

    def tick(self, now: float) -> bytes:
        """Called now and then: bid again, or give up."""
        if self.over or self.yielded or now < self._due:
            return b""
        return self.start(now) if self._paused else self._end("silent")

    def _bid_later(self, now: float) -> bytes:
        if self._bids >= MOST_BIDS:
            return self._end("busy")
        self._paused, self._due = True, now + BID_AGAIN
        return b""

    def _end(self, why: str) -> bytes:
        self.over, self.failed = True, why
        return bytes((EOT,))


# --- A capture --------------------------------------------------------------------------------------------------------


def unframe(data: bytes, *, numbers: bool = True, checksums: bool = True) -> list[Captured]:
    """The messages in captured bytes, with frames or as plain records; broken ones say why.

    Both directions may stand in the capture: ACK and NAK between frames are passed over. A frame that was refused and
    then sent again is taken the second time, as on the line.
    """
    if STX in data:
        receiver = Receiver(handshake=False, numbers=numbers, checksums=checksums)
        found: list[Captured] = []
        for event in [*receiver.feed(data), *receiver.close()]:
            if isinstance(event, Complete):
                found += event.messages
            elif isinstance(event, Captured):
                found.append(event)
        return found
    return _plain(data)


def _plain(data: bytes) -> list[Captured]:
    """Records without frames. They end with CR; a file that passed through an editor has LF or both."""
    text = data.translate(None, bytes((ENQ, EOT, ACK, NAK)))
    text = text.replace(b"\r\n", b"\r") if b"\r" in text else text.replace(b"\n", b"\r")
    rest = bytearray(text.strip(b"\r\n "))
    if rest:
        rest += b"\r"
    found = []
    while (cut := _terminator(rest))[1]:
        message = bytes(rest[: cut[0]]).lstrip(b"\r\n ")
        found.append(Captured(message, message))
        del rest[: cut[0]]
    left = bytes(rest).strip(b"\r\n ")
    if left:
        found.append(Captured(left, left + b"\r", "no_terminator"))
    return found
