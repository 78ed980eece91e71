"""No scope, no rows: every way in which a query could forget it."""

from __future__ import annotations

import pytest
from django.db.models import Count

from laras.core import clock
from laras.core.errors import NotFound, ScopeMissing
from laras.core.models import Attachment, Reach
from laras.core.scope import Scope, get_or_404

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_labs(make_owner):
    a, b = make_owner("A"), make_owner("B")
    for owner in (a, b):
        Attachment.objects.create(
            owner=owner, digest=owner.code, media_type="x", name="n", size=1, created_at=clock.now()
        )
    return a, b


def digests(rows):
    return sorted(row.digest for row in rows)


@pytest.mark.parametrize(
    "read",
    [
        lambda: list(Attachment.objects.all()),
        lambda: Attachment.objects.count(),
        lambda: Attachment.objects.filter(size=1).exists(),
        lambda: Attachment.objects.first(),
        lambda: Attachment.objects.get(size=1),
        lambda: list(Attachment.objects.values_list("digest")),
        lambda: list(Attachment.objects.iterator()),
        lambda: Attachment.objects.aggregate(Count("id")),
        lambda: list(Attachment.objects.values("owner").annotate(n=Count("id"))),
        lambda: Attachment.objects.update(size=2),
        lambda: Attachment.objects.all().delete(),
        lambda: Attachment.objects.in_bulk(),
        lambda: list(Attachment.objects.raw("select * from core_attachment")),
        lambda: list(Attachment.objects.dates("created_at", "year")),
        lambda: list(Reach.objects.filter(office__in=Attachment.objects.values("owner"))),
        lambda: list(Attachment.objects.union(Attachment.objects.all())),
        lambda: Attachment(digest="A", media_type="x", name="n", size=1, created_at=clock.now()).validate_unique(),
        lambda: Attachment.objects.all().explain(),
    ],
)
def test_a_query_without_a_scope_refuses(two_labs, read):
    with pytest.raises(ScopeMissing):
        read()


def test_a_scope_shows_its_own_rows_only(two_labs):
    a, _b = two_labs
    rows = Attachment.objects.within(Scope.of(a.id))
    assert digests(rows) == ["A"]
    assert rows.count() == 1
    assert rows.aggregate(n=Count("id")) == {"n": 1}
    assert rows.update(size=5) == 1
    assert digests(Attachment.objects.within(Scope.everything()).filter(size=1)) == ["B"]


def test_an_empty_scope_shows_nothing(two_labs):
    assert not Attachment.objects.within(Scope()).exists()


def test_an_office_reaches_what_the_derived_table_says(two_labs, make_owner):
    _a, b = two_labs
    office = make_owner("D", kind="office", tier=None)
    Reach.objects.create(office=office, reached=b, way="jurisdiction")
    assert digests(Attachment.objects.within(Scope.reach(office.id))) == ["B"]
    assert digests(Attachment.objects.within(Scope.reach(office.id) | Scope.of(two_labs[0].id))) == ["A", "B"]


@pytest.mark.parametrize("key", ["", "x", None, "0' or 1=1", "018f0000-0000-7000-8000-000000000000", 7])
def test_a_wrong_address_is_not_found(two_labs, key):
    with pytest.raises(NotFound):
        get_or_404(Attachment.objects.within(Scope.of(two_labs[0].id)), id=key)


def test_deleting_within_a_scope_keeps_the_other_tenant(two_labs):
    a, _b = two_labs
    Attachment.objects.within(Scope.of(a.id)).delete()
    assert digests(Attachment.objects.within(Scope.everything())) == ["B"]
