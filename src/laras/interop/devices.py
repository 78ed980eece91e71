"""The profiles that are shipped, and finding one by its name; a capture read with one."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from laras.core.errors import NotFound, Problem, Refused
from laras.interop.rules import framing, mllp, records
from laras.interop.rules.framing import Captured
from laras.interop.rules.profiles import Profile, WrongProfile, read_profile
from laras.interop.rules.readings import read_readings
from laras.interop.rules.records import Segment
from laras.interop.types import Reading, Trouble, Unreadable
from laras.interop.words import say


def shipped_names() -> list[str]:
    return sorted(one.name.removesuffix(".toml") for one in _place().iterdir() if one.name.endswith(".toml"))


def shipped(name: str) -> Profile:
    """A shipped profile; capitals, blanks and underscores in its name do not matter. Raises :class:`NotFound`."""
    wanted = name.strip().lower().replace("_", "-").replace(" ", "-")
    if wanted not in shipped_names():
        known = ", ".join(shipped_names())
        raise NotFound(_("Profil alat “%(name)s” tidak ada; yang ada: %(known)s.") % {"name": name, "known": known})
    return _shipped(wanted)


@cache
def _shipped(name: str) -> Profile:
    return read_profile(shipped_content(name))


def shipped_content(name: str) -> dict[str, Any]:
    """The table of a shipped profile as its file has it. Raises :class:`NotFound`."""
    if name not in shipped_names():
        raise NotFound(_("Profil alat “%(name)s” tidak ada.") % {"name": name})
    return tomllib.loads(_place().joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def from_file(path: Path) -> Profile:
    """A profile that somebody wrote. Raises :class:`Refused` naming each place that is wrong."""
    try:
        return read_profile(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(_("%(file)s bukan TOML: %(why)s") % {"file": path.name, "why": error}) from error
    except WrongProfile as error:
        problems = [Problem(str(one.given["path"]), say(one).partition(": ")[2] or say(one)) for one in error.troubles]
        raise Refused(_("Profil %(file)s tidak dapat dipakai.") % {"file": path.name}, problems=problems) from error


def find(name: str) -> Profile:
    """A shipped profile by its name, or the one in a file (``.toml``). Raises NotFound, Refused or ``OSError``."""
    return from_file(Path(name)) if name.endswith(".toml") else shipped(name)


def _place() -> Traversable:
    return files("laras.interop").joinpath("profiles")


# --- Reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message says. ``trouble`` says why it cannot be read; then there are no readings."""

    captured: Captured
    readings: tuple[Reading, ...] = ()
    trouble: Trouble | None = None


def segments_of(text: bytes, profile: Profile) -> Sequence[Segment]:
    """The records or segments of one message. Raises :class:`Unreadable`."""
    if profile.protocol == "astm":
        return records.read_message(text, encoding=profile.encoding)
    from laras.interop import hl7  # the library is loaded where a device speaks it

    return hl7.read_message(text, profile)


def hear(
    captured: Captured,
    profile: Profile,
    loinc: Mapping[str, str],
    *,
    now: datetime | None = None,
    zone: tzinfo | None = None,
) -> Heard:
    """Read one message. Never raises for what stands in it."""
    if captured.broken:
        return Heard(captured, trouble=Trouble(captured.broken))
    try:
        found = read_readings(segments_of(captured.text, profile), profile, loinc, now=now, zone=zone)
    except Unreadable as error:
        return Heard(captured, trouble=error.trouble)
    return Heard(captured, tuple(found))


def captured_in(data: bytes, profile: Profile) -> list[Captured]:
    """The messages in a capture, with the frames of its line or without. Raises :class:`Unreadable` for no message at all."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unreadable("utf16")
    data = data.removeprefix(b"\xef\xbb\xbf")
    unframe: Callable[[bytes, Profile], list[Captured]] = _astm if profile.protocol == "astm" else _hl7
    found = unframe(data, profile)
    if not found:
        raise Unreadable("empty")
    return found


def _astm(data: bytes, profile: Profile) -> list[Captured]:
    return framing.unframe(data, numbers=profile.numbers, checksums=profile.checksums)


def _hl7(data: bytes, _profile: Profile) -> list[Captured]:
    if bytes((mllp.VT,)) in data:
        receiver = mllp.Receiver()
        return [*receiver.feed(data), *receiver.close()]
    # Without blocks a message begins at each header.
    starts = [at for at in range(len(data)) if data.startswith(b"MSH", at) and (at == 0 or data[at - 1] in b"\r\n")]
    if not starts:
        return [Captured(data, data)] if data.strip() else []
    ends = [*starts[1:], len(data)]
    pieces = [data[begin:end] for begin, end in zip(starts, ends, strict=True)]
    return [Captured(piece, piece) for piece in pieces]
