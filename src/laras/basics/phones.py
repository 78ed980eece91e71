"""Telephone numbers as people in Indonesia type them."""

import re

_FOREIGN = re.compile(r"\+[0-9]{7,15}")
_SERVICE = re.compile(r"[0-9]{5,15}")
_NOISE = re.compile(r"[\s().\-/]")


def clean_phone(text: str) -> str | None:
    """`0812-3456-7890` -> `+6281234567890`; foreign and short service numbers stay; `""` for nothing typed; None for no number at all."""
    bare = _NOISE.sub("", text)
    if not bare:
        return ""
    if bare.isascii():
        # The package compiles two hundred patterns when it is loaded, a quarter of a second of each start.
        from lokal import normalize_phone

        if national := normalize_phone(text):
            return str(national)
    return bare if _FOREIGN.fullmatch(bare) or _SERVICE.fullmatch(bare) else None
