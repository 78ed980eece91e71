"""Message catalogues without gettext tools: what the sources say, the ``.po`` of each language, and its compiled ``.mo``.

``python -m laras.cli.translations`` compiles every catalogue (``make setup`` does). ``--extract`` brings the ``.po`` files up to
the sources: new messages come in untranslated, gone ones leave, kept ones stay as they are. ``--check`` says what is wanting
and changes nothing. Needs Babel, which is a development dependency.

Message ids are Indonesian, so a catalogue exists for the other languages only. The files name no place and no day, and stand in
the order of their ids, so that moving a line of code changes none of them.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

PACKAGE = Path(__file__).resolve().parent.parent
LOCALE = PACKAGE / "locale"

# Which arguments of a call are message id and plural; "c" marks the context.
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
NAMED = re.compile(r"%\((\w+)\)")
BRACED = re.compile(r"\{\w*\}")
HEADER = """\
# Messages of Laras: Indonesian ids, translated.
# Brought up to the sources by: python -m laras.cli.translations --extract
msgid ""
msgstr ""
"Project-Id-Version: laras\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


def sources() -> Iterator[Path]:
    """Every file of the package that can hold a message: Python, pages, and the texts of mails."""
    for path in sorted(PACKAGE.rglob("*")):
        parts = path.relative_to(PACKAGE).parts
        code = path.suffix == ".py" and "migrations" not in parts
        page = path.suffix in (".html", ".txt") and "templates" in parts
        if code or page:
            yield path


def messages_in(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    """``(id, context)`` of each message in a file; the id is a pair when the message has a plural."""
    from babel.messages.extract import extract
    from django.utils.translation.template import templatize

    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Django's own rewriting of a template into calls of gettext, whatever stands between them being blanked out;
        # a page's indentation means nothing to Python.
        text = "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())
    for _line, found, _comments, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
        yield found, context


def extract_all() -> Catalog:
    """A catalogue without translations of all that the sources say."""
    from babel.messages.catalog import Catalog

    catalog = Catalog(charset="utf-8")
    for path in sources():
        for found, context in messages_in(path):
            catalog.add(found, context=context)
    return catalog


def catalogues() -> list[Path]:
    return sorted(LOCALE.rglob("*.po"))


def read(path: Path) -> Catalog:
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def write(path: Path, catalog: Catalog) -> None:
    from babel.messages.pofile import write_po

    out = io.BytesIO()
    write_po(out, catalog, width=100, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    head = HEADER.format(language=path.parent.parent.name, plural=catalog.plural_forms)
    path.write_bytes(head.encode() + out.getvalue())


def update_all() -> int:
    """Bring every catalogue up to the sources; answers how many messages still want a translation."""
    from babel.messages.catalog import Catalog

    wanted = extract_all()
    empty = 0
    for path in catalogues():
        old, new = read(path), Catalog(locale=path.parent.parent.name, charset="utf-8")
        for message in wanted:
            if not message.id:
                continue
            kept = old.get(key_of(message), message.context)
            # A message that gained or lost its plural is a new one.
            same = kept is not None and isinstance(kept.id, str) == isinstance(message.id, str)
            new.add(message.id, kept.string if same else None, flags=message.flags, context=message.context)
        write(path, new)
        empty += sum(not filled(message) for message in new if message.id)
    return empty


def key_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def filled(message: Message) -> bool:
    return all(texts(message.string))


def texts(given: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (given or "",) if isinstance(given, str) or given is None else tuple(given)


def placeholders(text: str) -> set[str]:
    """``%(name)s`` and ``{name}`` of a text. How often each stands in it is the translator's business."""
    return set(NAMED.findall(text)) | set(BRACED.findall(text))


def faults(path: Path, wanted: Catalog | None = None) -> list[str]:
    """What is wrong with a catalogue, one sentence each: untranslated, gone from the sources, other placeholders."""
    wanted = wanted or extract_all()
    catalog = read(path)
    found = []
    for message in wanted:
        if not message.id:
            continue
        given = catalog.get(key_of(message), message.context)
        if given is None or isinstance(given.id, str) != isinstance(message.id, str):
            found.append(f"not in the catalogue: {key_of(message)}")
        elif not filled(given):
            found.append(f"not translated: {key_of(message)}")
        elif any(placeholders(one) - placeholders(" ".join(texts(message.id))) for one in texts(given.string)):
            found.append(f"placeholder that the message does not have: {key_of(message)}")
        # The singular may leave its number out ("one sample"); the last form carries everything.
        elif placeholders(texts(given.string)[-1]) != placeholders(texts(message.id)[-1]):
            found.append(f"placeholder lost: {key_of(message)}")
    for message in catalog:
        if message.id and wanted.get(key_of(message), message.context) is None:
            found.append(f"gone from the sources: {key_of(message)}")
    found += [f"gone from the sources: {key_of(message)}" for message in catalog.obsolete.values()]
    return found


def compile_all() -> int:
    """Compile every catalogue below the package; answers how many."""
    from babel.messages.mofile import write_mo

    count = 0
    for source in catalogues():
        catalog, target = read(source), source.with_suffix(".mo")
        # Whole or not at all: a server may be reading the old one now.
        part = target.with_name(f".{target.name}.{os.getpid()}")
        with part.open("wb") as file:
            write_mo(file, catalog)
        part.replace(target)
        count += 1
    return count


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m laras.cli.translations", description=__doc__.partition("\n")[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--extract", action="store_true", help="bring the .po files up to the sources, then compile")
    choice.add_argument("--check", action="store_true", help="list what is wanting; 1 when anything is")
    given = parser.parse_args(arguments)
    if given.check:
        wanted = extract_all()
        found = [f"{path.relative_to(PACKAGE)}: {fault}" for path in catalogues() for fault in faults(path, wanted)]
        print("\n".join(found) or "complete")
        return bool(found)
    if given.extract:
        print(f"{update_all()} not translated")
    compile_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
