"""Rows at the speed of the database.

:class:`Rows` is for bulk loads (shipped tables, the demo, imports): COPY on PostgreSQL, one prepared statement on SQLite.
:func:`insert` is for the few rows of one use case: what Django's ``bulk_create`` does for new rows with their own keys, at a
fifth of its cost, which is most of what a registration costs. Constraints of the database hold either way; the checks of
services and the journal are the caller's affair.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=models.Model)


Collected = tuple[list[str], list[list[Any]]]
"""Columns, and rows in the database's form."""


class Rows:
    """Collects rows of one table, given as keywords by attribute name (``owner_id=...``), and writes them together.

    What is not given takes the field's default, so that a new column with a default needs no change here. Keys may be
    given as ``UUID`` or as text.
    """

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.count = 0
        self._fields = {f.attname: f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)}
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._elsewhere: list[Collected] = []

    def add(self, **values: Any) -> None:
        """Collect one row. Raises KeyError for a name that is no column."""
        names = tuple(values)
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._shapes[names] = _Shape(self._fields, names)
        row = list(values.values())
        for at, adapt in shape.adapted:
            value = row[at]
            if value is not None:
                row[at] = adapt(value)
        for make in shape.made:
            row.append(make())
        row += shape.fixed
        shape.rows.append(row)
        self.count += 1

    def extend(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            self.add(**row)

    def take_out(self) -> list[Collected]:
        """What was collected; nothing is left. Another process may :meth:`put_in` and write it."""
        found = self._elsewhere + [(shape.columns, shape.rows) for shape in self._shapes.values() if shape.rows]
        self._elsewhere = []
        for shape in self._shapes.values():
            shape.rows = []
        return found

    def put_in(self, collected: Iterable[Collected]) -> None:
        self._elsewhere += collected

    def write(self) -> None:
        """Write what was collected, inside the open transaction."""
        quote = connection.ops.quote_name
        table = quote(self.model._meta.db_table)
        for names, rows in self.take_out():
            columns = ", ".join(quote(column) for column in names)
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                        for row in rows:
                            copy.write_row(row)
                else:
                    marks = ", ".join(["%s"] * len(names))
                    cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


class _Shape:
    """Rows that name the same columns: what must be adapted, what is made per row, what is the same in all of them."""

    def __init__(self, fields: Mapping[str, models.Field], names: tuple[str, ...]) -> None:
        rest = [field for name, field in fields.items() if name not in names]
        made = [field for field in rest if field.has_default() and callable(field.default)]
        fixed = [field for field in rest if field not in made]
        self.columns = [field.column for field in (*(fields[name] for name in names), *made, *fixed)]
        adapters = ((at, _adapter(fields[name])) for at, name in enumerate(names))
        self.adapted = [(at, adapt) for at, adapt in adapters if adapt is not None]
        self.made = [partial(_value, field) for field in made]
        self.fixed = [_value(field) for field in fixed]
        self.rows: list[list[Any]] = []


def _value(field: models.Field) -> Any:
    """The field's default in the database's form."""
    value, adapt = field.get_default(), _adapter(field)
    return adapt(value) if adapt is not None and value is not None else value


@dataclass(frozen=True, slots=True)
class _Plan:
    """How rows of one table are inserted; made once for each table and database."""

    head: str
    marks: str
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]


@cache
def _plan(model: type[models.Model]) -> _Plan:
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    return _Plan(
        head=f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ",
        marks="(" + ", ".join(["%s"] * len(fields)) + ")",
        columns=tuple((field.attname, _adapter(field)) for field in fields),
    )


@cache
def _plain(model: type[models.Model]) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]:
    fields = model._meta.concrete_fields
    made = tuple((f.attname, f.default) for f in fields if f.has_default() and callable(f.default))
    return {f.attname: None if f.attname in dict(made) else f.get_default() for f in fields}, made


def new(model: type[Row], **values: Any) -> Row:
    """An unsaved instance from values by attribute name (``owner_id=...``), as the constructor makes it, at a sixth of its cost.

    The constructor walks all fields through descriptors and signals; a registration makes some fifteen rows. Raises
    TypeError for a name that is no column.
    """
    plain, made = _plain(model)
    if not values.keys() <= plain.keys():
        raise TypeError(f"{model.__name__} has no {', '.join(sorted(values.keys() - plain.keys()))}")
    row = model.__new__(model)
    state = row.__dict__
    state["_state"] = ModelState()
    state.update(plain)
    for name, make in made:
        if name not in values:
            state[name] = make()
    state.update(values)
    return row


def insert(instances: Sequence[models.Model]) -> None:
    """Insert new rows of one table whose keys are set, in one statement. Raises ``IntegrityError`` like ``save``."""
    insert_all(instances)


def insert_all(*tables: Sequence[models.Model], then: tuple[str, Sequence[Any]] | None = None) -> None:
    """Insert new rows of several tables, parents first, and run one more statement behind them.

    One message of prepared statements on PostgreSQL, where waiting for each answer and planning each statement anew is most
    of what a row costs; a statement for each on SQLite, where there is nobody to wait for. Raises ``IntegrityError`` like ``save``.
    """
    filled = [rows for rows in tables if rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            from laras.core.postgresql import prepared

            message = [prepared.insertion(*_records(rows)) for rows in filled]
            if then is not None:
                message.append(prepared.statement(*then))
            if message:
                cursor.execute("; ".join(message))
        else:
            for rows in filled:
                cursor.execute(*_statement(rows))
            if then is not None:
                cursor.execute(*then)
    for rows in tables:
        for instance in rows:
            instance._state.adding = False
            instance._state.db = connection.alias


def _records(instances: Sequence[models.Model]) -> tuple[str, tuple[str, ...], list[dict[str, Any]]]:
    """Table, columns, and each row's values by column; what is nothing is left out."""
    model = type(instances[0])
    table, names, columns = _table(model)
    records = []
    for instance in instances:
        state = instance.__dict__
        records.append({column: value for column, name in names if (value := state[name]) is not None})
    return table, columns, records


@cache
def _table(model: type[models.Model]) -> tuple[str, tuple[tuple[str, str], ...], tuple[str, ...]]:
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    names = tuple((field.column, field.attname) for field in fields)
    return model._meta.db_table, names, tuple(column for column, _name in names)


def _statement(instances: Sequence[models.Model]) -> tuple[str, list[Any]]:
    plan = _plan(type(instances[0]))
    values: list[Any] = []
    for instance in instances:
        state = instance.__dict__
        for name, adapt in plan.columns:
            value = state[name]
            values.append(adapt(value) if adapt is not None and value is not None else value)
    return plan.head + ", ".join([plan.marks] * len(instances)), values


def _adapter(field: models.Field) -> Callable[[Any], Any] | None:
    """From Python's value to what the database's fast road takes; None where it takes the value as it is."""
    kind = field
    while kind.is_relation:  # the key of a row may itself be a reference
        kind = kind.target_field
    if isinstance(kind, models.JSONField):
        return lambda value: json.dumps(value, ensure_ascii=False, default=str)
    if connection.vendor == "postgresql":
        return None
    if isinstance(kind, models.UUIDField):
        return _hex
    if isinstance(kind, models.DateTimeField):
        return _moment
    if isinstance(kind, models.DateField):
        return lambda value: value.isoformat()
    if isinstance(kind, models.DecimalField):
        return lambda value: str(value)
    return None


def _hex(value: UUID | str) -> str:
    return value.replace("-", "") if isinstance(value, str) else value.hex


@lru_cache(maxsize=4096)  # one moment stands in a dozen rows of an order
def _moment(value: datetime) -> str:
    """As Django stores it on SQLite: UTC without its name."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
