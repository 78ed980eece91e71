"""Every use case asks for a right before anything else, or stands below with the reason why it does not."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import laras
from laras.core.actor import Actor
from laras.core.errors import Forbidden

pytestmark = pytest.mark.django_db

# Use case -> why it asks for no right of the actor.
HANDLER = "follows an event as the system; no page or operation leads here"
FREE: dict[str, str] = {
    "core.services.change_own_password": "the own account only, whatever its rights",
    "orders.services.changing.order_reported": "a step of releasing, whose use case asked",
    "orders.services.changing.order_reopened": "a step of correcting or withdrawing, whose use case asked",
    "referral.handlers._note_unreadable": HANDLER,
    "referral.services.reporting.note_external_result": HANDLER,
    "referral.services.reporting.note_refused_sample": HANDLER,
    "referral.services.reporting.note_tests_cancelled": HANDLER,
    "referral.services.reporting.note_withdrawn_report": HANDLER,
    "reports.for_partners._note": "the end of handing over, which asked whom the account speaks for",
    "reports.services._keep_pdf": "the end of issuing, which asked; a later reader finds the bytes kept",
}
# Use case -> what it must look at before it knows whose right to ask for, or which it looks up in open data first.
OPEN_DATA = "reads the catalogue, which is open; publishing asks"
FOUND_FIRST = "which right depends on the thing itself; another's or none is not found"
LATER: dict[str, str] = {
    **{
        f"catalogue.services.{name}": OPEN_DATA
        for name in (
            "add_test", "adopt_critical", "adopt_criticals", "adopt_limit", "adopt_range", "adopt_ranges",
            "adopt_standard", "change_test", "set_critical", "set_limit", "set_range",
        )
    },
    "core.services.create_token": "what is handed on is narrowed to what is held: nothing held, nothing handed on",
    "core.services.revoke_token": "the own token needs no right; others' tokens are not found without it",
    "network.services.closing.close_organisation": FOUND_FIRST,
    "network.services.closing.reopen_organisation": FOUND_FIRST,
    "network.services.jurisdictions.set_jurisdiction": FOUND_FIRST,
    "network.services.organisations.alter_organisation": FOUND_FIRST,
    **{
        f"orders.services.{name}": "asks with the laboratory's row in hand"
        for name in (
            "inspections.note_inspection", "quality.add_quality_sample", "rounds.prepare_visit", "rounds.save_plan",
            "rounds.skip_visit", "rounds.take_stop", "vectors.note_survey", "vectors.register_pools",
        )
    },
    "orders.services.registering.register_order": "asks with the laboratory's row in hand",
    "orders.services.registering.register_site_order": "asks with the laboratory's row in hand",
    "partners.bookings.withdraw_booking": "for whom the visit was asked decides who may withdraw it",
}  # fmt: skip
ASKS = re.compile(r"\brequire\w*\(|_require\w*\(|\.can\(|\.grants\b")


def use_cases() -> dict[str, Callable[..., Any]]:
    """Dotted name -> function, from every module of the product."""
    found = {}
    for module in modules():
        for name, function in vars(module).items():
            if getattr(function, "is_use_case", False) and function.__module__ == module.__name__:
                found[f"{module.__name__.removeprefix('laras.')}.{name}"] = function
    return found


def modules() -> Iterator[Any]:
    for info in pkgutil.walk_packages(laras.__path__, "laras."):
        if ".migrations" not in info.name and not info.name.startswith("laras.config.wsgi"):
            yield importlib.import_module(info.name)


def filled(function: Callable[..., Any], owner_id: Any) -> dict[str, Any]:
    """A value of some sort for each parameter that has none; what it is must not matter before the right is asked for."""
    values: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "actor" or parameter.default is not inspect.Parameter.empty:
            continue
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if name in ("owner_id", "office_id", "organisation_id", "lab_id"):
            values[name] = owner_id
        elif name.endswith("_id"):
            values[name] = uuid4()
        elif str(parameter.annotation) == "str":
            values[name] = "contoh"
        else:
            values[name] = []
    return values


def test_there_are_use_cases():
    assert len(use_cases()) > 80


@pytest.mark.parametrize("name", sorted(use_cases()))
def test_without_any_right_nothing_is_done(name, make_owner, make_user):
    owner = make_owner("LAB-A")
    user = make_user("tamu", owner)
    nobody = Actor(user.person_id, user.pk, "web", name="Tamu")
    function = use_cases()[name]
    assert "actor" in inspect.signature(function).parameters or name in FREE, "who acts?"
    with CaptureQueriesContext(connection) as asked:
        try:
            function(nobody, **filled(function, owner.pk))
            outcome = "done"
        except Forbidden:
            outcome = "forbidden"
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"
    written = [q["sql"] for q in asked if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    if name in FREE:
        assert outcome != "forbidden", f"it does ask for a right now: {FREE[name]}"
    elif name in LATER:
        assert outcome != "done"
        assert written == []
        assert outcome != "forbidden", f"it asks first now: {LATER[name]}"
        assert asks(function), "neither it nor what it calls asks for a right"
    else:
        assert (outcome, written) == ("forbidden", [])


def asks(function: Callable[..., Any], depth: int = 3) -> bool:
    """Whether the source of the function, or of one of ours that it calls, asks for a right."""
    function = inspect.unwrap(function)
    source = inspect.getsource(function)
    if ASKS.search(source):
        return True
    called = (function.__globals__.get(name) for name in function.__code__.co_names)
    ours = (one for one in called if inspect.isfunction(one) and inspect.unwrap(one).__module__.startswith("laras."))
    return depth > 0 and any(asks(one, depth - 1) for one in ours)


def test_the_lists_name_use_cases_and_reasons():
    assert set(FREE) | set(LATER) <= set(use_cases())
    assert not set(FREE) & set(LATER)
    assert all(len(reason) > 10 for reason in [*FREE.values(), *LATER.values()])


def test_a_service_that_does_not_ask_is_seen():
    assert not asks(use_cases()["orders.services.changing.order_reopened"], depth=0)
    assert not asks(modules)
