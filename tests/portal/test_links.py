"""Walk the pages as each role does, from the first page along every link that is shown: none is dead, none is heavy."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from laras.core import clock
from laras.core.rights import ROLES
from tests.product import world as worlds

pytestmark = [pytest.mark.django_db, pytest.mark.either]

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
HREF = re.compile(r'<(?:a|link|use|script|img)\b[^>]*?\s(?:href|src)="([^"]+)"')
SHAPES = 2  # pages of one address with other objects in it, and with other queries, say the same after two of them
WIRE = 130 * 1024


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[worlds.World]:
    with django_db_blocker.unblock(), clock.at(worlds.MONDAY), transaction.atomic():
        yield worlds.build()
        transaction.set_rollback(True)
    worlds.catalogue_queries._memory.clear()


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.session
    session["second_factor"] = True
    session.save()
    return client


def walk(client: Client, start: str = "/") -> Iterator[tuple[str, str, object]]:
    """(address, page that shows it, answer) of everything that can be reached by links, files included."""
    seen, shapes = {start}, Counter()
    waiting = [(start, "")]
    while waiting:
        address, shown_on = waiting.pop(0)
        answer = client.get(address, follow=True)
        yield address, shown_on, answer
        if not answer.get("Content-Type", "").startswith("text/html") or answer.status_code >= 400:
            continue
        for href in HREF.findall(answer.content.decode()):
            parts = urlsplit(urljoin(address, unescape(href)))
            if parts.scheme not in ("", "http") or parts.netloc or parts.path.startswith("/static/"):
                continue
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            shape = (resolve_route(parts.path), bool(parts.query))
            if target in seen or shapes[shape] >= SHAPES:
                continue
            seen.add(target)
            shapes[shape] += 1
            waiting.append((target, address))


def resolve_route(path: str) -> str:
    """The pattern that answers; an address without one stands for itself, for it is a dead link."""
    try:
        return resolve(path).route
    except Resolver404:
        return path


@pytest.mark.parametrize("role", sorted(ROLES))
def test_no_link_is_dead_and_no_page_is_heavy(role, world):
    dead, heavy, pages = [], [], 0
    for address, shown_on, answer in walk(sign_in(world.users[role])):
        pages += 1
        if answer.status_code >= 400:
            dead.append(f"{answer.status_code} {address} (shown on {shown_on})")
        elif answer.get("Content-Type", "").startswith("text/html") and len(gzip.compress(answer.content)) > WIRE:
            heavy.append(address)
    assert pages > 5, "nothing was walked"
    assert dead == []
    assert heavy == []


def test_a_dead_link_is_found(world):
    """The walk itself: a page that shows an address that is not there."""
    found = [answer.status_code for _address, _on, answer in walk(sign_in(world.users["cashier"]), "/tidak-ada/")]
    assert found[0] == 404
