"""Insertion of many rows at the speed of the database: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, models


def insert(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert ``rows`` (values in the order of ``fields``, attribute names) inside the open transaction."""
    named = [model._meta.get_field(name) for name in fields]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in named)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(named))
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(_stored(named, rows)))


def _stored(fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """The rows in SQLite's form. Django's own conversion, value by value, would cost more than the insertion."""
    kinds = [getattr(field, "target_field", field) if field.is_relation else field for field in fields]
    keys = [at for at, kind in enumerate(kinds) if isinstance(kind, models.UUIDField)]
    days = [at for at, kind in enumerate(kinds) if isinstance(kind, models.DateField)]
    for row in rows:
        stored = list(row)
        for at in keys:
            if stored[at] is not None:
                stored[at] = stored[at].hex
        for at in days:
            if stored[at] is not None:
                stored[at] = stored[at].isoformat()
        yield stored
