"""Compile the message catalogues (``.po`` to ``.mo``) with Babel, so that no gettext tools are needed."""

from __future__ import annotations

from pathlib import Path


def compile_all() -> int:
    """Compile every catalogue below the package; answers how many."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    count = 0
    for source in (Path(__file__).resolve().parent.parent / "locale").rglob("*.po"):
        with source.open("rb") as file:
            catalog = read_po(file)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)
        count += 1
    return count


if __name__ == "__main__":
    compile_all()
