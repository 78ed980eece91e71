"""What holds for the whole product: privacy classes, documents that follow the code, services that are whole."""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from laras.cli import diagrams
from laras.core.privacy import field_classes, unclassed_fields

ROOT = Path(__file__).resolve().parents[2]
MODELS = [m for m in apps.get_models() if m.__module__.startswith("laras.")]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_every_column_has_a_privacy_class(model):
    assert unclassed_fields(model) == []
    own = {field.name for field in model._meta.get_fields()}
    assert set(field_classes(model)) <= own, "a class names a field that is gone"


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_every_status_column_has_a_constraint(model):
    names = {f.name for f in model._meta.concrete_fields} & {"status", "kind"}
    conditions = " ".join(str(c.condition) for c in model._meta.constraints if isinstance(c, models.CheckConstraint))
    free = {("bench.Hold", "kind"), ("orders.Site", "kind"), ("core.IdempotencyKey", "status")}
    for name in names:
        if (model._meta.label, name) not in free:
            assert f"'{name}" in conditions, f"{model._meta.label}.{name} takes any text"


def test_the_state_diagrams_follow_the_code():
    for name, text in diagrams.pages().items():
        assert (ROOT / "docs/states" / name).read_text() == text, "run: python -m laras.cli.diagrams"


def use_cases():
    for config in apps.get_app_configs():
        name = f"{config.name}.services"
        if not config.name.startswith("laras.") or not find_spec(name):
            continue
        for function in vars(import_module(name)).values():
            if getattr(function, "is_use_case", False):
                yield f"{config.label}.{function.__name__}", function


@pytest.mark.parametrize(("name", "function"), [pytest.param(*pair, id=pair[0]) for pair in use_cases()])
def test_a_use_case_takes_the_actor_first_and_the_rest_by_name(name, function):
    parameters = list(inspect.signature(function).parameters.values())
    assert parameters[0].name == "actor"
    assert all(p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD) for p in parameters[1:])
