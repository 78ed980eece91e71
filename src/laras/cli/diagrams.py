"""Write ``docs/states/``: one diagram per state machine, generated so that it can't fall behind the code."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.utils import translation

from laras.core.states import StateMachine


def machines() -> Iterator[tuple[str, StateMachine]]:
    """Every state machine of every module, as (module, machine)."""
    for config in apps.get_app_configs():
        name = f"{config.name}.states"
        if config.name.startswith("laras.") and find_spec(name):
            found = {id(m): m for m in vars(import_module(name)).values() if isinstance(m, StateMachine)}
            for machine in found.values():
                yield config.label, machine


def page(module: str, machine: StateMachine) -> str:
    """The Markdown page of one machine: diagram, statuses with their labels, moves with the right that each needs."""
    with translation.override("id"):
        states = "\n".join(f"| `{name}` | {label} |" for name, label in machine.states.items())
    moves = "\n".join(
        f"| `{m.name}` | {', '.join(f'`{s}`' for s in m.sources)} | `{m.target}` | {f'`{m.right}`' if m.right else 'the system'} |"
        for m in machine.moves.values()
    )
    return (
        f"# {machine.name}\n\nGenerated from `src/laras/{module}/states.py` by `python -m laras.cli.diagrams`.\n\n"
        f"```mermaid\n{machine.mermaid()}```\n\n| status | on screens |\n|---|---|\n{states}\n\n"
        f"| move | from | to | needs |\n|---|---|---|---|\n{moves}\n"
    )


def pages() -> dict[str, str]:
    return {f"{machine.name}.md": page(module, machine) for module, machine in machines()}


def write(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (root / name).write_text(text)


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laras.config.settings")
    django.setup()
    write(Path("docs/states"))
