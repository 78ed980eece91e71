"""Statements that a connection keeps ready, so that PostgreSQL reads and plans each of them once and not at every registration.

Of the processor time that a registration took in the database, well over half went into reading and planning the same few
statements. The driver's own preparing needs a message for each statement, and the second wall sends its setting in the
same message; so these are prepared in SQL (``PREPARE``, ``EXECUTE``) and go together with others in one message.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connection
from psycopg.adapt import Transformer
from psycopg.sql import Identifier

if TYPE_CHECKING:
    from laras.core.postgresql.base import DatabaseWrapper

KEPT = 200
"""So many statements a connection keeps ready; further ones are sent as they are."""


def statement(text: str, values: Sequence[Any]) -> str:
    """``text`` with ``%s`` for each value, as SQL that may be sent together with others.

    Types of the values are those that PostgreSQL infers from their places.
    """
    literals = tuple(_literal(value) for value in values)
    name = _ready(text, len(values))
    if not name:
        return text % literals
    return f"EXECUTE {name} ({', '.join(literals)})" if literals else f"EXECUTE {name}"


def insertion(table: str, columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> str:
    """Insert rows, given by column, as SQL that may be sent together with others.

    They travel as one JSON text, so that one prepared statement serves any number of rows and the driver writes down one
    value and not hundreds. A column that a row does not name is NULL, not its default.
    """
    return statement(_insertion(table, columns), [json.dumps(list(rows), default=_as_text)])


@cache
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(_name(column) for column in columns)
    return f"INSERT INTO {_name(table)} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{_name(table)}, %s)"


def _name(name: str) -> str:
    return Identifier(name).as_string().replace("%", "%%")


def _as_text(value: Any) -> str:
    """What JSON has no form for, in the database's own text form."""
    return "\\x" + bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _literal(value: Any) -> str:
    return Transformer.from_context(connection.connection).as_literal(value).decode()


def _ready(text: str, count: int) -> str:
    """The name under which this connection keeps the statement; empty where it cannot keep it."""
    wrapper: DatabaseWrapper = connection  # type: ignore[assignment]
    wrapper.ensure_connection()
    kept = wrapper.prepared
    name = kept.get(text)
    if name is None:
        if len(kept) >= KEPT or not wrapper.keeps_statements():
            return ""
        name = f"laras_{len(kept)}"
        marks = tuple(f"${n}" for n in range(1, count + 1))
        # Its own message, past the wall: preparing touches no rows, and an answer more would stand before the statement's.
        with wrapper.wrap_database_errors, wrapper.connection.cursor() as cursor:
            cursor.execute(f"PREPARE {name} AS {text % marks}")
        kept[text] = name
    return name
