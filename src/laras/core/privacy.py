"""Privacy class of every column: what may leave for whom, and what erasure must empty."""

from __future__ import annotations

from typing import Any

CLASSES = {
    "personal": "identifies a person: erasable, never in payloads, logs, addresses or exports for officers",
    "health": "says something of a person's health: shown to those who care for the order only",
    "internal": "the laboratory's own working data",
    "open": "directory and reference data, may be published",
}


def field_classes(model: Any) -> dict[str, str]:
    """Field name -> class, from the ``privacy`` tables of the model and its abstract bases."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        for name, fields in getattr(base, "__dict__", {}).get("privacy", {}).items():
            if name not in CLASSES:
                raise ValueError(f"{model.__name__}: unknown privacy class {name}")
            for field_name in fields:
                found[field_name] = name
    return found


def unclassed_fields(model: Any) -> list[str]:
    """Own concrete fields that no class names."""
    classes = field_classes(model)
    return [field.name for field in model._meta.concrete_fields if field.name not in classes]
