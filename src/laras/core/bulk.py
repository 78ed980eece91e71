"""Many rows at the speed of the database: COPY on PostgreSQL, one prepared statement on SQLite.

For bulk loads only (shipped tables, the demo, imports): constraints of the database hold, the checks of services and the
journal are the caller's affair.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models

CHUNK = 20_000


class Rows:
    """Collects rows of one table, given as keywords by attribute name (``owner_id=...``), and writes them in chunks.

    What is not given takes the field's default, so that a new column with a default needs no change here.
    """

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
        self._place = {field.attname: (at, _adapter(field)) for at, field in enumerate(self.fields)}
        self._made = {f.attname: f.default for f in self.fields if f.has_default() and callable(f.default)}
        # A row begins as a copy of the defaults, already in the database's form; only what is given costs anything.
        self._template: list[Any] = []
        for field in self.fields:
            adapt = self._place[field.attname][1]
            default = None if field.attname in self._made else field.get_default()
            self._template.append(adapt(default) if adapt and default is not None else default)
        self._rows: list[list[Any]] = []
        self.count = 0

    def add(self, **values: Any) -> None:
        """Collect one row. Raises KeyError for a name that is no column."""
        row = self._template.copy()
        place = self._place
        for name, value in values.items():
            at, adapt = place[name]
            row[at] = adapt(value) if adapt is not None and value is not None else value
        for name, make in self._made.items():
            if name not in values:
                at, adapt = place[name]
                made = make()
                row[at] = adapt(made) if adapt is not None and made is not None else made
        self._rows.append(row)
        self.count += 1

    def extend(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            self.add(**row)

    def write(self) -> None:
        """Write what was collected, inside the open transaction."""
        if not self._rows:
            return
        columns = ", ".join(connection.ops.quote_name(field.column) for field in self.fields)
        table = connection.ops.quote_name(self.model._meta.db_table)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in self._rows:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(self.fields))
                statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"
                cursor.executemany(statement, self._rows)
        self._rows = []


def _adapter(field: models.Field) -> Callable[[Any], Any] | None:
    """From Python's value to what the database's fast road takes; None where it takes the value as it is."""
    kind = getattr(field, "target_field", field) if field.is_relation else field
    if isinstance(kind, models.JSONField):
        return lambda value: json.dumps(value, ensure_ascii=False, default=str)
    if connection.vendor == "postgresql":
        return None
    if isinstance(kind, models.UUIDField):
        return lambda value: value.hex
    if isinstance(kind, models.DateTimeField):
        return _moment
    if isinstance(kind, models.DateField):
        return lambda value: value.isoformat()
    if isinstance(kind, models.DecimalField):
        return lambda value: str(value)
    return None


def _moment(value: datetime) -> str:
    """As Django stores it on SQLite: UTC without its name."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
