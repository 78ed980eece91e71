"""Which of the tested antibiotics the report shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from laras.cultures.types import PanelLine

RESISTING = frozenset({"I", "SDD", "R"})


def reported(lines: Iterable[PanelLine], categories: Mapping[str, str], group: str) -> list[str]:
    """Antibiotics of the report, in the order of the panel, then those that the panel does not name.

    ``categories``: antibiotic -> category, empty when not judged. A line of the organism's group goes before one for any. An
    antibiotic that the panel holds back stays hidden; one that it does not name is shown, so that nothing is hidden
    by forgetting it.
    """
    chosen: dict[str, PanelLine] = {}
    for line in sorted(lines, key=lambda one: (one.position, one.antibiotic)):
        if line.group in ("", group) and (line.antibiotic not in chosen or line.group):
            chosen[line.antibiotic] = line
    shown = [line.antibiotic for line in chosen.values() if line.antibiotic in categories and _says(line, categories)]
    return shown + sorted(code for code in categories if code not in chosen)


def _says(line: PanelLine, categories: Mapping[str, str]) -> bool:
    if line.shown == "cascade":
        return bool(line.after) and all(categories.get(code, "") in RESISTING for code in line.after)
    return line.shown == "always"
