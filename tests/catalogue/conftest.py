from __future__ import annotations

from collections.abc import Iterator

import pytest

from laras.catalogue import queries
from laras.catalogue.layers import decode, merge
from laras.catalogue.shipped import shipped_rows
from laras.catalogue.types import Catalogue


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """What a test published is rolled back; the process must not remember it."""
    queries.forget()
    yield
    queries.forget()


@pytest.fixture(scope="session")
def shipped() -> Catalogue:
    return merge([decode("shipped", "laras/test", "shipped", "laras", shipped_rows())])


@pytest.fixture
def actor_at():
    """``actor_at(owner, "catalogue.manage")`` -> somebody with these rights there."""
    from laras.core.actor import Actor
    from laras.core.ids import new_id

    def make(owner, *rights: str) -> Actor:
        return Actor(new_id(), new_id(), "test", "Penguji", {owner.id: frozenset(rights)})

    return make
