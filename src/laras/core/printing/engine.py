"""Typst templates plus plain data make PDF bytes: the same data always makes the same bytes.

A template is a ``.typ`` file inside the package `laras`. It reads its data as
``json(bytes(sys.inputs.data))``; every value arrives as a string, number, list or dictionary and is set with
``#value``, so that markup in a name is never evaluated. Nothing is fetched: templates may not import
packages, system fonts are ignored, and dates come from the caller, never from a clock.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib.util
import json
import re
import threading
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

#: Everything below this directory may be read by a template (``#import "/core/printing/typst/house.typ"``).
ROOT = Path(__file__).resolve().parents[2]

#: Families in the order they are tried. Fira Sans (OFL 1.1) comes from the package ``fontpkg-fira-sans``;
#: the others are embedded in typst and carry Arabic, Greek, Cyrillic and symbols for names that need them.
FAMILIES = ("Fira Sans", "DejaVu Sans Mono", "Libertinus Serif", "New Computer Modern")
FONT_PACKAGE = "fontpkg_fira_sans"

# A token longer than this may be broken anywhere, since no column is wide enough for it.
LONGEST_TOKEN = 24
_ZERO_WIDTH_SPACE = "\u200b"
_LONG_TOKEN = re.compile(rf"[^\s\u200b]{{{LONGEST_TOKEN + 1},}}")
# Bidirectional controls would let a name reorder what stands beside it; the script's own direction remains.
_REORDERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class PrintError(ValueError):
    """A document cannot be printed: broken template, unsafe picture, unencodable barcode."""


def clean(text: str, *, breakable: bool = True) -> str:
    """The text as it can be set: NFC, one line, no control or reordering characters, breakable if overlong.

    Everything visible is kept: ``#``, ``"``, ``<b>``, right-to-left letters and emoji print as they stand.
    """
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    text = _REORDERING.sub("", text)
    text = "".join(" " if c in "\n\r\t\v\f\x85\u2028\u2029" else c for c in text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs"))
    return (_LONG_TOKEN.sub(_break_token, text) if breakable else text).strip()


def _break_token(found: re.Match[str]) -> str:
    token = found.group()
    pieces: list[str] = []
    for c in token:
        # A combining mark stays on its letter.
        if unicodedata.combining(c) and pieces:
            pieces[-1] += c
        else:
            pieces.append(c)
    return _ZERO_WIDTH_SPACE.join("".join(pieces[i : i + 8]) for i in range(0, len(pieces), 8))


def plain(value: Any, *, key: str = "") -> Any:
    """Dataclasses, tuples, mappings and dates as JSON values; texts cleaned, ``*_svg`` checked and kept."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        if key.endswith("_svg"):
            return check_svg(value) if value else ""
        # An address is copied and clicked: typst breaks it without adding characters.
        return clean(value, breakable=not key.endswith("_url"))
    if isinstance(value, datetime | date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name), key=f.name) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {clean(str(k)): plain(v, key=str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v, key=key) for v in value]
    raise PrintError(f"{type(value).__name__} cannot be printed")


_LARGEST_SVG = 400_000
_UNSAFE_SVG = re.compile(r"<!(?:DOCTYPE|ENTITY)|<\s*(?:script|foreignObject|style)\b|\bon\w+\s*=", re.IGNORECASE)
_LINK = re.compile(r"""(?:\bhref|\bsrc)\s*=\s*(["'])(.*?)\1""", re.IGNORECASE | re.DOTALL)


def check_svg(text: str) -> str:
    """The SVG itself, or `PrintError` if it is too large, active, or points outside itself."""
    if len(text) > _LARGEST_SVG:
        raise PrintError("the picture is larger than 400 KB")
    if "<svg" not in text[:2000]:
        raise PrintError("the picture is not an SVG")
    if _UNSAFE_SVG.search(text):
        raise PrintError("the picture contains scripts, styles or entities")
    for link in _LINK.finditer(text):
        target = link.group(2).strip()
        if not (target.startswith("#") or re.match(r"data:image/(png|jpeg);base64,", target)):
            raise PrintError("the picture points outside itself")
    return text


def svg_of_bitmap(picture: bytes) -> str:
    """A PNG or JPEG wrapped as SVG, for a logo that exists only so. Raises `PrintError` for anything else."""
    if picture.startswith(b"\x89PNG\r\n\x1a\n") and len(picture) > 24:
        kind, width, height = "png", int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")
    elif picture.startswith(b"\xff\xd8"):
        kind, (width, height) = "jpeg", _jpeg_size(picture)
    else:
        raise PrintError("the picture is neither PNG nor JPEG")
    if not (0 < width <= 4000 and 0 < height <= 4000):
        raise PrintError("the picture is empty or wider or higher than 4000 pixels")
    packed = base64.b64encode(picture).decode("ascii")
    return check_svg(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/{kind};base64,{packed}"/></svg>'
    )


def _jpeg_size(picture: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 < len(picture) and picture[at] == 0xFF:
        marker, length = picture[at + 1], int.from_bytes(picture[at + 2 : at + 4], "big")
        # Start-of-frame markers hold the size; C4, C8 and CC in their range are tables.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(picture[at + 7 : at + 9], "big"), int.from_bytes(picture[at + 5 : at + 7], "big")
        at += 2 + length
    raise PrintError("the JPEG has no size")


@lru_cache(maxsize=1)
def fonts() -> typst.Fonts:
    """The fonts of every document, loaded once per process. About 10 ms."""
    found = importlib.util.find_spec(FONT_PACKAGE)
    paths: list[Path] = []
    if found and found.origin:
        paths.append(Path(found.origin).parent / "files")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=paths)


def has_house_font() -> bool:
    """Whether the packaged font is there; without it documents fall back to a font inside typst."""
    return FAMILIES[0] in fonts().families()


_IMPORT = re.compile(r"""(?:\bimport|\binclude|\bimage\(|\bread\(|\bplugin\()\s*"([^"]*)\"""")


def _check_template(path: Path) -> None:
    """Refuse a template that is not there or asks for a package: typst would fetch it from the network."""
    if not path.is_file():
        raise PrintError(f"no template {path.name}")
    for target in _IMPORT.findall(path.read_text(encoding="utf-8")):
        if target.startswith("@"):
            raise PrintError(f"{path.name} asks for the package {target}")
        if target.endswith(".typ"):
            _check_template(ROOT / target.lstrip("/") if target.startswith("/") else path.parent / target)


class Template:
    """One compiled template, kept for the life of the process and safe to call from several threads.

    The first call costs some 100 ms (parse, fonts), later ones a few milliseconds plus the layout.
    """

    def __init__(self, path: str) -> None:
        """`path` is relative to the package `laras`, e.g. ``"reports/templates_typst/lhu.typ"``."""
        self.path = ROOT / path
        _check_template(self.path)
        self._lock = threading.Lock()
        self._compiler: typst.Compiler | None = None

    def pdf(self, data: Mapping[str, Any], *, created_at: datetime | None = None, archival: bool = True) -> bytes:
        """PDF bytes of `data` (already `plain`). `created_at` becomes the creation date of the file.

        `archival` makes PDF/A-2a and PDF/UA-1 (to keep for years, to be read aloud). Where a name holds a
        character that no font has (an emoji), those are out of reach and the same page comes as plain PDF.
        """
        stamp = int((created_at or _EPOCH).timestamp())
        packed = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        with self._lock:
            if archival:
                with suppress(typst.TypstError):
                    return self._compile(packed, stamp, standards=["a-2a", "ua-1"])
            try:
                return self._compile(packed, stamp, tags=archival)
            except typst.TypstError as error:
                raise PrintError(f"{self.path.name}: {error.message}") from error

    def _compile(self, packed: str, stamp: int, *, standards: list[Any] | None = None, tags: bool = True) -> bytes:
        result = self._ready().compile(
            format="pdf", sys_inputs={"data": packed}, timestamp=stamp, pdf_standards=standards or [], pdf_tags=tags
        )
        if not isinstance(result, bytes):
            raise PrintError(f"{self.path.name}: no PDF came out")
        return result

    def _ready(self) -> typst.Compiler:
        if self._compiler is None:
            self._compiler = typst.Compiler(
                self.path,
                root=ROOT,
                font_paths=fonts(),
                ignore_system_fonts=True,
            )
        return self._compiler


@lru_cache(maxsize=32)
def template(path: str) -> Template:
    """The template at `path`, one per process."""
    return Template(path)


def render(path: str, data: Mapping[str, Any], *, created_at: datetime | None = None, archival: bool = True) -> bytes:
    """Compile the template at `path` with `data`; texts are cleaned here.

    Raises `PrintError`. `created_at` defaults to a fixed moment, so that equal data give equal bytes.
    """
    ready = plain(data)
    ready["families"] = list(FAMILIES)
    return template(path).pdf(ready, created_at=created_at, archival=archival)
