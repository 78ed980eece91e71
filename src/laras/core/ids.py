"""Keys. Made by the owner of the row, so that laboratories without a network can make them too."""

from __future__ import annotations

from uuid import UUID, uuid5

import uuid_utils.compat as uuid_utils

# The namespace of everything that Laras ships: every node derives the same id for the same shipped row.
SHIPPED = UUID("6d5a7b1e-2f0c-5c0a-9a51-1a7a50000001")


def new_id() -> UUID:
    """A UUIDv7: unique without coordination and ordered by time, so that indexes grow at their end."""
    return uuid_utils.uuid7()


def shipped_id(kind: str, key: str) -> UUID:
    """The UUIDv5 of a shipped row, e.g. ``shipped_id("catalogue.test", "HB")``; equal on every installation."""
    return uuid5(SHIPPED, f"{kind}:{key}")
