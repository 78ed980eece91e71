"""State machines as tables: the statuses, the moves between them and the right each move needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext as _

from laras.core.errors import MoveRefused


@dataclass(frozen=True, slots=True)
class Move:
    """``name`` takes a thing from any of ``sources`` to ``target`` and needs ``right`` (empty: only the system moves)."""

    name: str
    sources: tuple[str, ...]
    target: str
    right: str = ""


class StateMachine:
    """The life of one kind of thing.

    ``states`` maps each status to its label on screens; ``tones`` to the chip's tone (``neutral``, ``active``,
    ``waiting``, ``done``, ``danger``). The first state is the initial one.
    """

    def __init__(
        self,
        name: str,
        *,
        states: Mapping[str, str],
        moves: Iterable[Move],
        tones: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.states = dict(states)
        self.moves = {move.name: move for move in moves}
        self.tones = dict(tones or {})
        self.initial = next(iter(self.states))
        for move in self.moves.values():
            unknown = {*move.sources, move.target} - set(self.states)
            if unknown:
                raise ValueError(f"{name}.{move.name} names unknown states {sorted(unknown)}")

    def can(self, current: str, move: str) -> bool:
        return current in self.moves[move].sources

    def move(self, current: str, move: str) -> str:
        """The state after ``move``; raises :class:`MoveRefused` naming the present state in the user's words."""
        if not self.can(current, move):
            raise MoveRefused(_("Tidak bisa: statusnya sekarang “%(status)s”.") % {"status": self.label(current)})
        return self.moves[move].target

    def right(self, move: str) -> str:
        return self.moves[move].right

    def available(self, current: str) -> list[Move]:
        return [move for move in self.moves.values() if current in move.sources]

    def label(self, state: str) -> str:
        return str(self.states[state])

    def tone(self, state: str) -> str:
        return self.tones.get(state, "neutral")

    @property
    def choices(self) -> list[tuple[str, str]]:
        return list(self.states.items())

    def constraint(self, table: str, field: str = "status") -> CheckConstraint:
        """The database's own copy of the list of statuses."""
        return CheckConstraint(condition=Q(**{f"{field}__in": list(self.states)}), name=f"{table}_{field}_known")

    def mermaid(self) -> str:
        """The diagram for ``docs/states/``."""
        lines = ["stateDiagram-v2", f"  [*] --> {self.initial}"]
        for move in self.moves.values():
            lines += [f"  {source} --> {move.target}: {move.name}" for source in move.sources]
        sources = {source for move in self.moves.values() for source in move.sources}
        lines += [f"  {state} --> [*]" for state in self.states if state not in sources]
        return "\n".join(lines) + "\n"
