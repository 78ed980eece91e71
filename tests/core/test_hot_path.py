"""What the fast road of a registration must not lose."""

import pytest
from django.apps import apps
from django.db import models

from laras.core import bulk
from laras.core.models import JournalEntry, StaffPerson

LARAS_MODELS = [m for m in apps.get_models() if m.__module__.startswith("laras.")]


@pytest.mark.parametrize("model", LARAS_MODELS, ids=lambda m: m._meta.label)
def test_new_makes_what_the_constructor_makes(model: type[models.Model]) -> None:
    made, fast = model(), bulk.new(model)
    drawn = {f.attname for f in model._meta.concrete_fields if f.has_default() and callable(f.default)}
    for name in [f.attname for f in model._meta.concrete_fields]:
        a, b = getattr(made, name), getattr(fast, name)
        assert type(a) is type(b), name
        assert name in drawn or a == b, name
    assert fast._state.adding
    assert fast._state.db is None


def test_new_draws_defaults_anew_and_refuses_unknown_names() -> None:
    first, second = bulk.new(JournalEntry), bulk.new(JournalEntry)
    assert first.id != second.id
    with pytest.raises(TypeError, match="JournalEntry has no colour"):
        bulk.new(JournalEntry, colour="red")


@pytest.mark.django_db
def test_pages_keep_their_guards_and_the_api_needs_none(client) -> None:
    page = client.get("/akun/login/")
    assert "Content-Security-Policy" in page.headers
    assert "csrftoken" in page.cookies
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert not answer.cookies
    assert "Content-Security-Policy" not in answer.headers
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_and_a_session_opens_no_api(django_user_model) -> None:
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/akun/login/", {"login": "x", "password": "y"}).status_code == 403
    person = StaffPerson.objects.create(name="Seseorang")
    user = django_user_model.objects.create(username="seseorang", password="!", person=person)
    strict.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert strict.get("/api/v1/me").status_code == 401
