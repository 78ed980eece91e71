"""Statements written by hand because every registration asks them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection


def execute(cursor: Any, text: str, values: Sequence[Any]) -> None:
    """Run ``text`` with ``%s`` for each value, kept ready by the connection: SQLite's driver does so by itself."""
    if connection.vendor == "postgresql":
        from laras.core.postgresql import prepared

        cursor.execute(prepared.statement(text, values))
    else:
        cursor.execute(text, values)
