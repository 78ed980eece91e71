"""The published description of the API is true, and no request that follows it (or nearly does) breaks the server."""

from __future__ import annotations

import json
from collections import defaultdict
from importlib import import_module
from inspect import isclass
from itertools import count
from uuid import uuid4

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from pydantic import BaseModel
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from laras.config.api import ROUTERS
from laras.core import clock
from laras.core.api import forget_tokens
from tests.product import test_permissions as permissions
from tests.product import world as worlds

# Each test is undone by itself, inside the transaction of the module's world, which is opened before.
pytestmark = pytest.mark.django_db

EXAMPLES = 8
PROBLEM_STATUSES = {"400", "401", "403", "404", "409", "422"}


def every_operation():
    for route, methods in permissions.document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {route}", method, route, operation


OPERATIONS = list(every_operation())
CREATES = [o for o in OPERATIONS if o[1] == "post" and "201" in o[3]["responses"]]
KEYED = [o for o in OPERATIONS if any(one["name"] == "Idempotency-Key" for one in o[3].get("parameters", []))]


# --- The document -----------------------------------------------------------------------------------------------------


def test_it_is_a_sound_openapi_document(world):
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    published = json.loads(answer.content)
    assert published["openapi"].startswith("3.1")
    assert published["info"]["title"] == "Laras"
    # Schemathesis reads it against the grammar of OpenAPI and follows every reference.
    schemathesis.openapi.from_dict(published).validate()


@pytest.mark.parametrize(("label", "operation"), [pytest.param(o[0], o[3], id=o[0]) for o in OPERATIONS])
def test_an_operation_says_what_it_does_and_how_it_refuses(label, operation):
    assert operation.get("summary", "").strip()
    assert set(operation["responses"]) >= PROBLEM_STATUSES
    succeeding = {code for code in operation["responses"] if code.startswith("2")}
    assert len(succeeding) == 1, f"{label} declares {sorted(succeeding)} as success"


def test_what_creates_declares_its_idempotency_key():
    """Whoever makes a client from the document sends the key where it is asked for."""
    assert {o[0] for o in CREATES} <= {o[0] for o in KEYED}
    declared = [one for o in KEYED for one in o[3]["parameters"] if one["name"] == "Idempotency-Key"]
    assert all(one["required"] and one["in"] == "header" for one in declared)


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for *_rest, operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_schemas_have_names_of_their_own():
    """In the document two classes of one name would be one, and one of two operations would be described wrongly."""
    found = defaultdict(set)
    for name in ROUTERS:
        for schema in vars(import_module(f"laras.{name}.api")).values():
            if isclass(schema) and issubclass(schema, BaseModel):
                found[schema.__name__].add(schema)
    twice = {name: sorted(c.__module__ for c in classes) for name, classes in found.items() if len(classes) > 1}
    assert twice == {}, twice


# --- Requests ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), clock.at(worlds.MONDAY), transaction.atomic():
        yield worlds.build()
        transaction.set_rollback(True)
    worlds.catalogue_queries._memory.clear()
    forget_tokens()


@pytest.fixture(autouse=True)
def _fresh_tokens():
    forget_tokens()


@pytest.mark.parametrize(("method", "route"), [pytest.param(*o[1:3], id=o[0]) for o in KEYED])
def test_what_declares_an_idempotency_key_asks_for_it(world, method, route):
    one = next(o for o in permissions.operations() if (o.method.lower(), o.route) == (method, route))
    before = worlds.state()
    with worlds.undone():
        answer = permissions.call(one, permissions.api_ids(world.here, one), world.token, key=False)
        after = worlds.state()
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:laras:problem:idempotency_key", answer.content
    assert after == before


@pytest.fixture(scope="module")
def schema():
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.sqlite_only  # a real WSGI handler closes PostgreSQL's connection and with it the world of this module
@pytest.mark.parametrize("label", [o[0] for o in OPERATIONS])
def test_no_request_breaks_the_server(world, schema, label):
    """Sound and unsound requests, half of them on objects that are there: no server error, only declared answers."""
    method, route = label.split()
    operation = schema[route][method]
    one = next(o for o in permissions.operations() if o.label == label)
    ids, turns = permissions.api_ids(world.here, one), count()
    strategy = operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE)

    @seed(20261122)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(strategy)
    def attack(case):
        if next(turns) % 2 == 0:
            case.path_parameters.update({name: str(ids[name]) for name in one.places})
        headers = {"Authorization": f"Bearer {world.token}", "Accept-Encoding": "identity"}
        if method == "POST":
            headers["Idempotency-Key"] = uuid4().hex
        with worlds.undone():
            answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)

    attack()
