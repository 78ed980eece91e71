"""How commands answer: JSON for scripts, plain columns for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


def say(rows: Sequence[Mapping[str, Any]] | Mapping[str, Any], as_json: bool, columns: Iterable[str] = ()) -> None:
    """Print rows as a JSON array (or one object), or as a table of ``columns``."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    if isinstance(rows, Mapping):
        for key, value in rows.items():
            click.echo(f"{key}: {value}")
        return
    names = list(columns) or (list(rows[0]) if rows else [])
    table = Table(*names, box=None, header_style="bold")
    for row in rows:
        table.add_row(*("" if row.get(name) is None else str(row[name]) for name in names))
    Console(soft_wrap=True).print(table)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, which leaves stdout to the answer; yields what is told how many are done and how many there are."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
