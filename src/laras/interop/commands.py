"""``laras analyzer``: what analyzers sent."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from laras.catalogue.layers import decode, merge
from laras.catalogue.queries import effective
from laras.catalogue.shipped import shipped_rows
from laras.catalogue.types import Catalogue
from laras.core import clock
from laras.core.errors import NotFound
from laras.core.models import Owner
from laras.core.output import json_option, say
from laras.interop import devices
from laras.interop.rules.profiles import Profile
from laras.interop.types import Unreadable
from laras.interop.words import say as say_trouble

profile_option = click.option(
    "--profile", "profile_name", required=True, help="Name of a shipped profile, or a file of yours (.toml)."
)


@click.group()
def analyzer() -> None:
    """Analyzers: their profiles, what they sent, captured streams."""


def find_profile(name: str) -> Profile:
    """A shipped profile by name, or one in a file. Raises NotFound or Refused."""
    return devices.from_file(Path(name)) if name.endswith(".toml") else devices.shipped(name)


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
    profile = find_profile(profile_name)
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
