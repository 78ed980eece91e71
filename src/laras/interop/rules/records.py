"""The upper layer of ASTM: the records of a message, their fields, repeats and components.

Source: CLSI LIS02-A2 (ASTM E1394-97), sections 5 and 6. The header declares the four delimiters: ``H|\\^&`` says field ``|``,
repeat ``\\``, component ``^``, escape ``&``. Fields are counted from 1, the letter of the record being the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from laras.interop.types import Unreadable

LETTERS: Final = frozenset("HPORCQSML")
LONGEST_FIELD: Final = 65_536
MOST_RECORDS: Final = 20_000


class Segment(Protocol):
    """A record or a segment, whatever the protocol: ``name`` (``R``, ``OBX``) and ``place``, counted from 1 in its message."""

    @property
    def name(self) -> str: ...

    @property
    def place(self) -> int: ...

    def text(self, field: int, component: int = 0, repeat: int = 1) -> str:
        """A field without escapes (component 0: whole, with its repeats and components); empty when it is not there."""
        ...


@dataclass(frozen=True, slots=True)
class Delimiters:
    """As the header declares them."""

    field: str = "|"
    repeat: str = "\\"
    component: str = "^"
    escape: str = "&"

    def unescape(self, text: str) -> str:
        """``text`` with its escape sequences read. What is no sequence stays as it was sent: many devices write the mark
        without meaning it."""
        mark = self.escape
        if mark not in text:
            return text
        parts = text.split(mark)
        read, at = [parts[0]], 1
        while at < len(parts):
            meant = self._meant(parts[at]) if at + 1 < len(parts) else None
            if meant is None:
                read.append(mark + parts[at])
                at += 1
            else:
                read += [meant, parts[at + 1]]
                at += 2
        return "".join(read)

    def _meant(self, code: str) -> str | None:
        plain = {"F": self.field, "S": self.component, "R": self.repeat, "E": self.escape}
        if code in plain:
            return plain[code]
        if code[:1] == "X" and len(code) > 1 and len(code) % 2 == 1:
            try:
                return bytes.fromhex(code[1:]).decode("latin-1")
            except ValueError:
                return None
        return None

    def escaped(self, text: str) -> str:
        """``text`` so that it can stand in a component."""
        marks = {self.escape: "E", self.field: "F", self.component: "S", self.repeat: "R"}
        return "".join(f"{self.escape}{marks[one]}{self.escape}" if one in marks else one for one in text)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its letter, its place in the message (from 1), its fields as sent."""

    name: str
    place: int
    fields: tuple[str, ...]
    delimiters: Delimiters

    def repeats(self, field: int) -> list[str]:
        """The repeats of a field as sent; the declaring field of the header is never taken apart."""
        if not 1 <= field <= len(self.fields):
            return []
        if self.name == "H" and field == 2:
            return [self.fields[1]]
        return self.fields[field - 1].split(self.delimiters.repeat)

    def text(self, field: int, component: int = 0, repeat: int = 1) -> str:
        """See :class:`Segment`."""
        if component == 0 and repeat == 1 and 1 <= field <= len(self.fields):
            return self.delimiters.unescape(self.fields[field - 1])
        found = self.repeats(field)
        if len(found) < repeat:
            return ""
        if component == 0:
            return self.delimiters.unescape(found[repeat - 1])
        parts = found[repeat - 1].split(self.delimiters.component)
        return self.delimiters.unescape(parts[component - 1]) if component <= len(parts) else ""


def read_message(text: bytes, *, encoding: str = "utf-8") -> list[Record]:
    """The records of one message, from header to terminator.

    Raises :class:`Unreadable`: ``no_header``, ``delimiters``, ``encoding``, ``unknown_record``, ``field_too_long``,
    ``too_many_records``, ``no_terminator``, ``second_header``.
    """
    lines = [line.strip(b"\n") for line in text.split(b"\r")]
    lines = [line for line in lines if line]
    if not lines or lines[0][:1] not in (b"H", b"h"):
        raise Unreadable("no_header", record=1, begins=lines[0][:12].decode("latin-1") if lines else "")
    if len(lines) > MOST_RECORDS:
        raise Unreadable("too_many_records", most=MOST_RECORDS)
    delimiters = _declared(lines[0])
    found = list(_records(lines, delimiters, encoding))
    if found[-1].name != "L":
        raise Unreadable("no_terminator", record=len(found), name=found[-1].name)
    return found


def _declared(header: bytes) -> Delimiters:
    marks = header[1:5].decode("latin-1")
    if len(marks) < 4 or len(set(marks)) < 4 or any(mark.isalnum() or not mark.isprintable() for mark in marks):
        raise Unreadable("delimiters", record=1, name="H", field=2, given=marks)
    return Delimiters(*marks)


def _records(lines: list[bytes], delimiters: Delimiters, encoding: str) -> Iterator[Record]:
    for place, line in enumerate(lines, start=1):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError as error:
            name = line[:1].decode("latin-1")
            raise Unreadable("encoding", record=place, name=name, encoding=encoding, at=error.start + 1) from error
        name = text[0].upper()
        if name not in LETTERS or text[1:2] not in ("", delimiters.field):
            raise Unreadable("unknown_record", record=place, name=text[:1], begins=text[:12])
        if place > 1 and name == "H":
            raise Unreadable("second_header", record=place, name="H")
        fields = tuple(text.split(delimiters.field))
        if name == "H":
            # The mark of fields declares itself: what stands behind it is field 2, not a field of its own.
            fields = ("H", text[2:5], *fields[2:])
        longest = max(range(len(fields)), key=lambda at: len(fields[at]))
        if len(fields[longest]) > LONGEST_FIELD:
            raise Unreadable(
                "field_too_long",
                record=place,
                name=name,
                field=longest + 1,
                size=len(fields[longest]),
                most=LONGEST_FIELD,
            )
        yield Record(name, place, fields, delimiters)
