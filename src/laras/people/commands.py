"""``laras people``: the key under which laboratories recognise one person without a name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from laras.core.actor import system_actor
from laras.core.errors import DomainError
from laras.core.output import json_option, say
from laras.people import matching, queries, services


@click.group()
def people() -> None:
    """Patients: the tokens by which one person is recognised across laboratories."""


def _state() -> dict[str, Any]:
    generation, _key = matching.current_key()
    tokens = queries.tokens_by_generation()
    return {
        "generation": generation,
        "patients": sum(tokens.values()),
        "old": sum(tokens.values()) - tokens[generation],
    }


@people.command("tokens")
@json_option
def tokens(as_json: bool) -> None:
    """Which key is in force, and how many patients still carry tokens of an older one."""
    say(_state(), as_json)


@people.command("rotate-key")
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the key that other installations use too; without it a new one is made.",
)
@json_option
def rotate_key(source: Path | None, as_json: bool) -> None:
    """Put another matching key in force and make every patient's tokens again.

    Laboratories recognise each other's patients only under the same key: hand keys/matching-N of LARAS_DATA to the others and
    give it there with --from. When this is interrupted, `laras people renew-tokens` does the rest.
    """
    try:
        given = source.read_text().strip() if source else None
        count = services.rotate_matching_key(system_actor("cli"), key=given)
    except (DomainError, UnicodeDecodeError) as error:
        raise click.ClickException(str(getattr(error, "message", error))) from error
    say(_state() | {"renewed": count}, as_json)


@people.command("renew-tokens")
@json_option
def renew_tokens(as_json: bool) -> None:
    """Make the tokens again that an older key made, as after an interrupted rotation."""
    count = services.renew_all_tokens(system_actor("cli"))
    say({"renewed": count}, as_json)
