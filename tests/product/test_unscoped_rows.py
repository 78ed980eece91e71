"""``Model.rows`` asks without a scope: outside ``core`` nothing reads through it."""

from __future__ import annotations

import ast
from pathlib import Path

import laras

PACKAGE = Path(laras.__file__).parent
# Migrations see old tables; the demo loads 31 laboratories at once.
FREE = ("core", "demo")
# Writing rows that carry their owner reads nothing. New code takes core.bulk.insert, or .objects.within(scope); what is listed
# here shall only become less.
WRITES = {"bulk_create", "bulk_update", "create"}
WRITERS = {"orders", "people", "referral"}


def unscoped(source: str) -> list[tuple[int, str]]:
    """(line, what is called) for each ``Name.rows`` of a capitalised name; ``""`` when it is not called at once."""
    tree = ast.parse(source)
    called = {
        id(node.func.value): node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return sorted(
        (node.lineno, called.get(id(node), ""))
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("rows", "_base_manager")
        and isinstance(node.value, ast.Name)
        and node.value.id[:1].isupper()
    )


def test_each_way_is_seen():
    source = "a = Result.rows.filter(id=1)\nb = Result.rows\nc = page.rows\nd = Result.rows.bulk_create([])\n"
    assert unscoped(source) == [(1, "filter"), (2, ""), (4, "bulk_create")]
    assert unscoped("x = Result._base_manager.all()") == [(1, "all")]


def test_nothing_outside_core_reads_without_a_scope():
    found, read = [], 0
    for path in PACKAGE.rglob("*.py"):
        module = path.relative_to(PACKAGE).parts[0]
        if module in FREE or "migrations" in path.parts:
            continue
        read += 1
        for line, call in unscoped(path.read_text(encoding="utf-8")):
            if not (call in WRITES and module in WRITERS):
                found.append(f"{path.relative_to(PACKAGE)}:{line} .rows.{call}")
    assert read > 200
    assert not found, "use .objects.within(scope), or core.bulk.insert for new rows:\n" + "\n".join(found)
