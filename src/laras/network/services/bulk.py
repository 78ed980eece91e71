"""Insertion of many rows at the speed of the database: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        # UUIDs and dates need the database's form; the rest is passed as it is.
        wide = [isinstance(_base(field), models.UUIDField | models.DateField) for field in named]
        prepared = (
            [
                _base(field).get_db_prep_save(value, connection) if convert else value
                for field, convert, value in zip(named, wide, row, strict=True)
            ]
            for row in rows
        )
        marks = ", ".join(["%s"] * len(named))
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", prepared)


def _base(field: Any) -> Any:
    """The field whose values are stored: for a foreign key the key of the other table."""
    return getattr(field, "target_field", field) if field.is_relation else field
