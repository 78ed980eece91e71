"""``laras listen`` and ``laras analyzer``: listening to analyzers, and what they sent."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import click

from laras.catalogue.layers import decode, merge
from laras.catalogue.queries import effective
from laras.catalogue.shipped import shipped_rows
from laras.catalogue.types import Catalogue
from laras.core import clock
from laras.core.actor import system_actor
from laras.core.errors import NotFound, Refused
from laras.core.models import Owner, User
from laras.core.output import json_option, say
from laras.core.scope import Scope
from laras.interop import devices, queries, services
from laras.interop.listener import Line, Listener, read_stored
from laras.interop.rules.profiles import PROTOCOLS
from laras.interop.states import MESSAGE
from laras.interop.types import Unreadable
from laras.interop.words import say as say_trouble

profile_option = click.option(
    "--profile", "profile_name", required=True, help="Name of a shipped profile, or a file of yours (.toml)."
)

LONGEST_PROFILE = 200
"""Letters of a profile's name or file, as a message keeps it."""


@click.group()
def analyzer() -> None:
    """Analyzers: their profiles, what they sent, captured streams."""


def owner_of(code: str) -> Owner:
    """Raises NotFound."""
    owner = Owner.objects.filter(code=code, kind="laboratory").first()
    if owner is None:
        raise NotFound(f"laboratorium {code} tidak dikenal")
    return owner


def _catalogue(code: str) -> Catalogue:
    """That of the laboratory; without one the shipped catalogue, for which no database is needed."""
    if code:
        return effective(owner_of(code).id)
    return merge([decode("shipped", "shipped", "shipped", "laras", shipped_rows())])


@analyzer.command("profiles")
@json_option
def profiles(as_json: bool) -> None:
    """The shipped profiles of devices, and how far their code maps were checked (`status`)."""
    found = [devices.shipped(name) for name in devices.shipped_names()]
    rows = [
        {
            "name": one.name, "label": one.label, "protocol": one.protocol, "status": one.status,
            "codes": len(one.codes) + len(one.combined), "source": one.source,
        }
        for one in found
    ]  # fmt: skip
    say(rows, as_json, ("name", "label", "protocol", "status", "codes"))


@analyzer.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@profile_option
@click.option("--lab", "code", default="", help="Code of the laboratory whose catalogue gives the LOINC codes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def replay(file: Path, profile_name: str, code: str, as_json: bool) -> None:
    """Print the readings of a captured stream, raw bytes with or without frames. Nothing is stored.

    Exit code 1, with a line on stderr for each, when a message or a reading is refused.
    """
    profile = devices.find(profile_name)
    loinc = {test.code: test.loinc for test in _catalogue(code).tests.values()}
    try:
        messages = devices.captured_in(file.read_bytes(), profile)
    except Unreadable as error:
        click.echo(f"laras: {file.name}: {say_trouble(error.trouble)}", err=True)
        sys.exit(1)
    refused = 0
    for number, captured in enumerate(messages, start=1):
        heard = devices.hear(captured, profile, loinc, now=clock.now())
        troubles = [heard.trouble] if heard.trouble else [one.trouble for one in heard.readings if one.trouble]
        for trouble in troubles:
            refused += 1
            click.echo(f"laras: pesan ke-{number}: {say_trouble(trouble)}", err=True)
        for reading in heard.readings:
            if reading.trouble is None:
                line = reading.as_line()
                said = " ".join(f"{key}={value}" for key, value in line.items() if value)
                click.echo(json.dumps(line, ensure_ascii=False) if as_json else said)
    sys.exit(1 if refused else 0)


# --- What was stored --------------------------------------------------------------------------------------------------


def _scope(code: str) -> Scope:
    return Scope.of(owner_of(code).id) if code else Scope.everything()


@analyzer.command("inbox")
@click.option("--lab", "code", default="", help="Only messages of this laboratory.")
@click.option("--status", type=click.Choice(list(MESSAGE.states)), help="Only messages of this status.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=1_000_000, help="At most so many, the newest first."
)
@json_option
def inbox(code: str, status: str | None, limit: int, as_json: bool) -> None:
    """Stored messages with their state, newest first. No health data."""
    rows = queries.messages(_scope(code), statuses=(status,) if status else ())[:limit]
    lines = (
        {
            "id": str(row.id),
            "received_at": row.received_at.isoformat(),
            "status": row.status,
            "lab": row.owner.code if row.owner else "",
            "line": row.line,
            "peer": row.peer,
            "protocol": row.protocol,
            "profile": row.profile,
            "digest": row.digest,
            "repeats": row.repeats,
            "readings": row.count_readings,
            "waiting": row.count_waiting,
        }
        for row in rows.iterator(2000)
    )
    say(list(lines), as_json, ("received_at", "status", "lab", "line", "profile", "repeats", "readings", "waiting"))


@analyzer.command("raw")
@click.argument("message_id", type=click.UUID)
@click.option("--lab", "code", default="", help="The laboratory whose message it is.")
def raw(message_id: UUID, code: str) -> None:
    """Write the bytes of a stored message to stdout, as they came. Health data."""
    message = queries.get_message(_scope(code), message_id)
    sys.stdout.buffer.write(bytes(message.raw))
    sys.stdout.flush()


@analyzer.command("read")
@json_option
def read(as_json: bool) -> None:
    """Read the stored messages that nobody has read yet; the listener does this by itself."""
    count = 0
    while done := read_stored():
        count += done
    say({"read": count}, as_json)


@analyzer.command("claim")
@click.option("--lab", "code", required=True, help="Code of the laboratory.")
@json_option
def claim(code: str, as_json: bool) -> None:
    """Give the messages that came while no laboratory was named to this one, and read them."""
    count = services.claim_messages(system_actor("cli"), owner_id=owner_of(code).id)
    while read_stored():
        pass
    say({"claimed": count}, as_json)


# --- Instruments ------------------------------------------------------------------------------------------------------


@analyzer.command("instruments")
@click.option("--lab", "code", default="", help="Only those of this laboratory.")
@json_option
def instruments(code: str, as_json: bool) -> None:
    """The instruments that `laras listen` serves when no line is named."""
    rows = [
        {
            "id": str(row.id), "lab": row.owner.code, "name": row.name, "protocol": row.protocol, "address": row.address,
            "profile": row.profile, "enters_by_itself": row.operator is not None,
        }
        for row in queries.instruments(_scope(code))
    ]  # fmt: skip
    say(rows, as_json, ("lab", "name", "protocol", "address", "profile", "enters_by_itself", "id"))


@analyzer.command("add")
@click.option("--lab", "code", required=True, help="Code of the laboratory.")
@click.option("--name", required=True, help="As it stands beside a result.")
@click.option("--protocol", type=click.Choice(PROTOCOLS), required=True)
@click.option("--address", required=True, help="HOST:PORT on which Laras listens for it; one instrument each.")
@profile_option
@click.option("--operator", default="", help="Account of the analyst whose values they are; without, all values wait.")
@json_option
def add(code: str, name: str, protocol: str, address: str, profile_name: str, operator: str, as_json: bool) -> None:
    """Add an instrument. A running `laras listen` serves it within a quarter of a minute."""
    user = User.objects.filter(username=operator).first() if operator else None
    if operator and user is None:
        raise NotFound(f"akun {operator} tidak dikenal")
    row = services.add_instrument(
        system_actor("cli"), owner_id=owner_of(code).id, name=name, protocol=protocol, address=address,
        profile=profile_name, operator=user.pk if user else None,
    )  # fmt: skip
    say({"id": str(row.id), "name": row.name, "address": row.address}, as_json)


@analyzer.command("remove")
@click.argument("instrument_id", type=click.UUID)
@click.option("--lab", "code", required=True, help="Code of the laboratory.")
def remove(instrument_id: UUID, code: str) -> None:
    """Stop serving an instrument; what it sent stays."""
    services.remove_instrument(system_actor("cli"), owner_id=owner_of(code).id, instrument_id=instrument_id)


# --- Listening --------------------------------------------------------------------------------------------------------


@click.command()
@click.option("--astm", multiple=True, metavar="HOST:PORT", help="Listen there for ASTM; may be given several times.")
@click.option("--mllp", multiple=True, metavar="HOST:PORT", help="Listen there for HL7 over MLLP.")
@click.option("--profile", "profile_name", default="", help="Profile of these lines; default: ASTM or HL7 in general.")
@click.option("--lab", "code", default="", help="Laboratory of these lines; default: the only one there is.")
def listen(astm: tuple[str, ...], mllp: tuple[str, ...], profile_name: str, code: str) -> None:
    """Listen to analyzers until stopped; without lines, to all configured instruments.

    A message is acknowledged only when it is stored durably. Values that fit a waiting result are entered for the
    operator of the instrument; all others wait for an analyst.
    """
    named = _lines([("astm", one) for one in astm] + [("hl7", one) for one in mllp], profile_name, code)
    if not named and not _configured(code):
        raise Refused("belum ada alat; tambahkan dengan laras analyzer add, atau sebutkan --astm atau --mllp")
    try:
        asyncio.run(Listener(lambda: named or _configured(code)).run(_announce))
    except OSError as error:
        raise Refused(f"alamat tidak dapat dipakai: {error.strerror or error}") from error


def _lines(addresses: list[tuple[str, str]], profile_name: str, code: str) -> list[Line]:
    wanted = devices.find(profile_name) if profile_name else None
    if profile_name.endswith(".toml"):  # stored with each message, and read from wherever the reader runs
        profile_name = str(Path(profile_name).resolve())
        if len(profile_name) > LONGEST_PROFILE:
            raise Refused(f"{profile_name}: nama berkas terlalu panjang")
    if not addresses:
        return []
    owner_id = owner_of(code).id if code else _only_laboratory()
    lines = []
    for protocol, text in addresses:
        address = services.address_of(text)
        if address is None:
            raise Refused(f"{text}: tulis alamat dan porta, misalnya 127.0.0.1:5000")
        chosen = profile_name if wanted is not None and wanted.protocol == protocol else f"generic-{protocol}"
        lines.append(Line(protocol, *address, profile=chosen, owner_id=owner_id))
    if wanted is not None and wanted.protocol not in {line.protocol for line in lines}:
        raise Refused(f"profil {wanted.name} adalah untuk {wanted.protocol}")
    return lines


def _only_laboratory() -> UUID | None:
    """The laboratory whose lines these are when none is named; None where there are several, or none."""
    found = list(Owner.objects.filter(kind="laboratory", closed=False).values_list("id", flat=True)[:2])
    if len(found) == 1:
        return found[0]
    click.echo(
        "laras: tidak jelas laboratorium mana (--lab); pesan disimpan tanpa laboratorium, "
        "ambil kemudian dengan: laras analyzer claim --lab KODE",
        err=True,
    )
    return None


def _configured(code: str) -> list[Line]:
    found = []
    for row in queries.instruments(_scope(code)):
        address = services.address_of(row.address)
        if address is not None:
            found.append(Line(row.protocol, *address, row.profile, row.owner_id, row.id))
    return found


def _announce(lines: Sequence[Line]) -> None:
    for line in lines:
        click.echo(f"Laras mendengarkan {line.name} ({line.profile})")
    sys.stdout.flush()
