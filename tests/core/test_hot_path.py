"""What the fast road of a registration must not lose."""

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from laras.core import bulk
from laras.core.models import JournalEntry, Owner, StaffPerson
from laras.core.postgresql import base

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


@pytest.mark.django_db
def test_rows_of_several_tables_arrive_as_they_were_given() -> None:
    names = ["100 % \\ ' %s {} \n \" ; -- é 測", "E'\\x41' || %(a)s", "'; DROP TABLE core_owner; --"]
    people = [bulk.new(StaffPerson, name=name) for name in names]
    owners = [bulk.new(Owner, code=f"UJI-{n}", name=name, kind="laboratory") for n, name in enumerate(names)]
    rename = "UPDATE core_staff_person SET title = %s WHERE name = %s"
    bulk.insert_all(people, [], owners, then=(rename, ["50 %\\", names[1]]))
    assert sorted(StaffPerson.objects.filter(name__in=names).values_list("name", "title")) == sorted(
        (name, "50 %\\" if name == names[1] else "") for name in names
    )
    assert list(Owner.objects.filter(code__startswith="UJI-").order_by("code").values_list("name", flat=True)) == names
    assert not people[0]._state.adding


@pytest.mark.django_db
def test_a_row_that_the_database_refuses_takes_its_neighbours_along() -> None:
    person, twice = bulk.new(StaffPerson, name="Satu"), bulk.new(Owner, code="DUA", name="Dua", kind="laboratory")
    again = bulk.new(Owner, code="DUA", name="Dua lagi", kind="laboratory")
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert_all([person], [twice, again])
    assert not StaffPerson.objects.filter(name="Satu").exists()


def test_the_server_is_asked_for_its_health_once_a_second_and_never_amid_a_transaction(monkeypatch) -> None:
    wrapper = base.DatabaseWrapper({"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, "OPTIONS": {}}, "uji")
    wrapper.connection, wrapper.health_check_enabled = object(), True
    asked, now = [], [100.0]
    monkeypatch.setattr(wrapper, "is_usable", lambda: asked.append(now[0]) or True)
    monkeypatch.setattr(base.time, "monotonic", lambda: now[0])
    for request_begins in (100.0, 100.5, 101.2):
        now[0], wrapper.health_check_done = request_begins, False
        wrapper.close_if_health_check_failed()
        now[0] += 5  # a slow request's later statements
        wrapper.close_if_health_check_failed()
    assert asked == [100.0, 101.2]
