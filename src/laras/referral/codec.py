"""Messages as JSON values and back. Unknown keys are passed over, so that a newer laboratory can talk to an older
one.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

T = TypeVar("T")


class Unreadable(ValueError):
    """A message whose body does not have the agreed shape. Its text names the field, never the value."""


def write(value: Any) -> Any:
    """Dataclasses, moments and numbers as JSON values; what equals its default is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: write(content)
            for f in dataclasses.fields(value)
            if (content := getattr(value, f.name)) != f.default or f.default is dataclasses.MISSING
        }
    if isinstance(value, Mapping):
        return {str(key): write(content) for key, content in value.items()}
    if isinstance(value, tuple | list):
        return [write(content) for content in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value


def read(kind: type[T], plain: Any) -> T:
    """The dataclass ``kind`` from JSON values. Raises :class:`Unreadable`."""
    if not isinstance(plain, Mapping):
        raise Unreadable(f"{kind.__name__}: not an object")
    given = {}
    for name, (hint, required) in _shape(kind).items():  # type: ignore[arg-type]
        if name in plain:
            given[name] = _value(hint, plain[name], f"{kind.__name__}.{name}")
        elif required:
            raise Unreadable(f"{kind.__name__}.{name}: missing")
    return kind(**given)


@cache
def _shape(kind: type[Any]) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(kind)
    return {
        f.name: (
            hints[f.name],
            f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING,
        )
        for f in dataclasses.fields(kind)
    }


def _value(hint: Any, plain: Any, place: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if plain is None:
            return None
        inner = [part for part in get_args(hint) if part is not type(None)]
        return _value(inner[0], plain, place)
    if origin is Literal:
        if plain not in get_args(hint):
            raise Unreadable(f"{place}: unknown word")
        return plain
    if origin is tuple:
        if not isinstance(plain, list | tuple):
            raise Unreadable(f"{place}: not a list")
        return tuple(_value(get_args(hint)[0], part, place) for part in plain)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(plain, Mapping):
            raise Unreadable(f"{place}: not an object")
        return dict(plain)
    if dataclasses.is_dataclass(hint):
        return read(hint, plain)  # type: ignore[arg-type]
    try:
        return _scalar(hint, plain)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise Unreadable(f"{place}: not a {hint.__name__}") from error


def _scalar(hint: type[Any], plain: Any) -> Any:
    if hint is datetime:
        moment = datetime.fromisoformat(plain)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if hint is date:
        return date.fromisoformat(plain)
    if hint is UUID:
        return plain if isinstance(plain, UUID) else UUID(plain)
    if hint is Decimal:
        if not isinstance(plain, str | int | Decimal) or isinstance(plain, bool):
            raise TypeError
        number = Decimal(plain)
        if not number.is_finite():
            raise ValueError
        return number
    if hint is int and isinstance(plain, bool):
        raise TypeError
    if not isinstance(plain, hint):
        raise TypeError
    return plain
