"""What the fast road of a registration must not lose."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, connections, models, transaction

from laras.core import bulk, statements
from laras.core.models import ApiToken, JournalEntry, Owner, StaffPerson, User
from laras.core.postgresql import base, prepared
from laras.core.scope import Scope
from laras.orders.models import Site

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
def test_each_kind_of_value_arrives_as_it_was_given() -> None:
    at = datetime(2026, 11, 23, 4, 5, 6, 789012, tzinfo=UTC)
    content = ["é \\ \" ' %s", None, {"list": [1, 2.5, True]}]
    owner = bulk.new(Owner, code="UJI", name="Uji", kind="laboratory", tier=2)
    person = bulk.new(StaffPerson, name="Seseorang")
    user = bulk.new(User, username="seseorang", password="!", person_id=person.id)
    token = bulk.new(ApiToken, user_id=user.id, owner_id=owner.id, label="uji", digest="0", rights=content)
    site = bulk.new(Site, owner_id=owner.id, name="Sumur", latitude=Decimal("-8.583333"), longitude=Decimal("116.1"))
    entry = bulk.new(
        JournalEntry, owner_id=owner.id, epoch=1, sequence=1, event="uji.ujian", version=1, subject=owner.id,
        occurred_at=at, recorded_at=at, device="", payload=bytes(range(256)), previous=b"\x00\\'", digest=b"",
    )  # fmt: skip
    bulk.insert_all([owner], [person], [user], [token], [site], [entry])
    assert ApiToken.objects.get(pk=token.pk).rights == content
    assert ApiToken.objects.get(pk=token.pk).revoked_at is None
    kept = Site.objects.within(Scope.of(owner.id)).get()
    assert (kept.latitude, kept.longitude) == (Decimal("-8.583333"), Decimal("116.1"))
    written = JournalEntry.objects.within(Scope.of(owner.id)).get()
    assert (bytes(written.payload), bytes(written.previous)) == (bytes(range(256)), b"\x00\\'")
    assert (written.occurred_at, written.subject, written.person, written.cause) == (at, owner.id, None, None)


@pytest.mark.django_db
def test_a_statement_kept_ready_is_asked_again_with_other_values() -> None:
    asked = "SELECT CAST(%s AS integer) + CAST(%s AS integer)"
    for left, right in ((1, 2), (40, 2)):
        with connection.cursor() as cursor:
            statements.execute(cursor, asked, [left, right])
            assert cursor.fetchall() == [(left + right,)]


@pytest.mark.postgres
@pytest.mark.django_db
def test_behind_a_pooler_nothing_is_kept_ready(monkeypatch) -> None:
    """It tells the client of another process than the one that answers, and the next transaction may have another one."""
    wrapper = connections["default"]
    with monkeypatch.context() as pooled:
        pooled.setattr(wrapper, "prepared", {})
        pooled.setattr(wrapper, "direct", None)
        pooled.setattr(type(wrapper.connection.info), "backend_pid", -1)
        assert prepared.statement("SELECT %s", [7]) == "SELECT 7"
    assert prepared.statement("SELECT %s::integer", [7]).startswith("EXECUTE laras_")


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


def test_a_start_loads_nothing_that_few_requests_need() -> None:
    """Functions of detection and a telephone number's patterns cost a second and 60 MB of every process when loaded with it."""
    code = (
        "import sys, laras.config.wsgi\n"
        "print([name for name in ('scipy.special', 'scipy.stats', 'scipy.optimize', 'lokal') if name in sys.modules])"
    )
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": "laras.config.settings"}
    said = subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
