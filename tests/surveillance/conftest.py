import pytest
from django.db import transaction

from laras.core import clock
from laras.core.api import forget_tokens
from tests.product import world as worlds
from tests.surveillance import network


@pytest.fixture(scope="module")
def _built(django_db_setup, django_db_blocker):
    """Built once for the file, in a transaction around those of its tests."""
    with django_db_blocker.unblock(), clock.at(worlds.MONDAY), transaction.atomic():
        yield network.build()
        transaction.set_rollback(True)
    worlds.catalogue_queries._memory.clear()
    forget_tokens()


@pytest.fixture
def world(_built, db):
    """A city, its office, the province above it and two laboratories, on Monday 16 November 2026."""
    with clock.at(worlds.MONDAY):
        yield _built
