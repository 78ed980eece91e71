"""HL7 version 2: messages taken apart by the library ``hl7``, and the answer that acknowledges one.

Taken in: ORU^R01 (unsolicited results) and OUL^R22 (specimen oriented). Pictures (OBX of type ED) are kept in the stored
bytes and not taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import hl7

from laras.interop.rules.profiles import SEPARATORS, Profile
from laras.interop.rules.records import LONGEST_FIELD, MOST_RECORDS, Segment
from laras.interop.types import Unreadable

TYPES: Final = frozenset({("ORU", "R01"), ("OUL", "R22")})
CHARSETS: Final = {"": "", "ASCII": "ascii", "UNICODE": "utf-8", "UNICODE UTF-8": "utf-8", "8859/1": "latin-1"}
"""HL7 table 0211, as far as devices use it. Empty: the profile says."""
_NAME: Final = re.compile(r"^[A-Z][A-Z0-9]{2}$")


@dataclass(frozen=True, slots=True)
class Hl7Segment:
    """One segment of a parsed message; see :class:`laras.interop.rules.records.Segment`."""

    name: str
    place: int
    segment: hl7.Segment
    message: hl7.Message

    def text(self, field: int, component: int = 0, repeat: int = 1) -> str:
        if field >= len(self.segment):
            return ""
        sent = str(self.segment[field])
        if self.name == "MSH" and field <= 2:
            return sent
        _segments, _fields, again, within, part = self.message.separators
        repeats = sent.split(again)
        if component == 0:
            # The whole field, repeats and all, as an abnormal flag is sent: H~N.
            return str(self.message.unescape(sent if repeat == 1 else (repeats[repeat - 1 : repeat] or [""])[0]))
        parts = (repeats[repeat - 1 : repeat] or [""])[0].split(within)
        return str(self.message.unescape(parts[component - 1].split(part)[0])) if component <= len(parts) else ""


def read_message(content: bytes, profile: Profile) -> Sequence[Segment]:
    """The segments of one message.

    Raises :class:`Unreadable`: ``no_header``, ``delimiters``, ``separator``, ``charset``, ``encoding``, ``unknown_record``,
    ``field_too_long``, ``too_many_records``, ``message_type``.
    """
    lines = _lines(content, profile)
    charset = _charset(lines[0], profile)
    kept: list[tuple[int, str]] = []
    for place, line in enumerate(lines, start=1):
        name = line[:3].decode("latin-1")
        if not _NAME.match(name) or line[3:4] != lines[0][3:4]:
            raise Unreadable("unknown_record", record=place, name=name, begins=line[:12].decode("latin-1"))
        fields = line.split(lines[0][3:4])
        if name == "OBX" and len(fields) > 2 and fields[2] == b"ED":
            continue
        longest = max(range(len(fields)), key=lambda at: len(fields[at]))
        if len(fields[longest]) > LONGEST_FIELD:
            # The mark behind MSH is a field of its own.
            at = longest + (1 if name == "MSH" else 0)
            raise Unreadable(
                "field_too_long", record=place, name=name, field=at, size=len(fields[longest]), most=LONGEST_FIELD
            )
        try:
            kept.append((place, line.decode(charset)))
        except UnicodeDecodeError as error:
            raise Unreadable("encoding", record=place, name=name, encoding=charset, at=error.start + 1) from error
    message = hl7.parse("\r".join(line for _place, line in kept) + "\r")
    header = message.segment("MSH")
    kind = tuple(str(header[9]).split(message.separators[3])[:2]) if len(header) > 9 else ("", "")
    if kind not in TYPES:
        known = ", ".join("^".join(one) for one in sorted(TYPES))
        raise Unreadable("message_type", record=1, name="MSH", field=9, written="^".join(kind), known=known)
    return [
        Hl7Segment(str(segment[0]), place, segment, message)
        for (place, _line), segment in zip(kept, message, strict=True)
    ]


def _lines(content: bytes, profile: Profile) -> list[bytes]:
    begins = content[:12].decode("latin-1")
    if not content.startswith(b"MSH"):
        raise Unreadable("no_header", record=1, begins=begins)
    marks = content[3:8].decode("latin-1")
    if len(set(marks)) < 5 or any(mark.isalnum() or mark in "\r\n" for mark in marks):
        raise Unreadable("delimiters", record=1, name="MSH", field=2, given=marks)
    wanted = profile.separator.encode()
    lines = content.split(wanted)
    for place, line in enumerate(lines, start=1):
        if b"\n" in line or b"\r" in line:
            name = line.lstrip(b"\r\n")[:3].decode("latin-1")
            names = {mark: said for said, mark in SEPARATORS.items()}
            raise Unreadable("separator", record=place, name=name, wanted=names[profile.separator])
    lines = [line for line in lines if line]
    if len(lines) > MOST_RECORDS:
        raise Unreadable("too_many_records", most=MOST_RECORDS)
    return lines


def _charset(header: bytes, profile: Profile) -> str:
    fields = header.split(header[3:4])
    said = fields[17].decode("latin-1").strip().upper() if len(fields) > 17 else ""
    if said not in CHARSETS:
        raise Unreadable(
            "charset", record=1, name="MSH", field=18, written=said, known=", ".join(filter(None, CHARSETS))
        )
    return CHARSETS[said] or profile.encoding


def acknowledgement(content: bytes, code: str, why: str = "") -> bytes:
    """The ACK for a message: ``AA`` it is stored, ``AE`` it could not be stored, ``AR`` it is no message.

    Made from the header alone, so that a message that cannot be read is answered too. ``why`` goes into MSA-3.
    """
    header = content.replace(b"\n", b"\r").partition(b"\r")[0].decode("latin-1")[:2000]
    try:
        answer = hl7.parse(header + "\r").create_ack(code, application="LARAS", facility="")
    except (hl7.HL7Exception, ValueError, KeyError, IndexError, TypeError):
        # A header too short to answer from: what identifies the message is returned all the same.
        told = (header.split("|") + [""] * 10)[9] if header.startswith("MSH|") else ""
        plain = hl7.parse(f"MSH|^~\\&|||||||ORU^R01|{told}|P|2.3.1\r")
        answer = plain.create_ack(code, application="LARAS", facility="")
    said = str(answer).rstrip("\r")
    return (f"{said}|{why}\r" if why else f"{said}\r").encode("latin-1", "replace")
