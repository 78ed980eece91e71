"""Axe on every page that has an address, with data: all rules when wide and light, colours in the dark where a page shows an
element in a place that no page before it had, the width on a phone.

The addresses come from the resolver, so that a new page is looked at from its first day.
"""

from __future__ import annotations

import pytest
from django.test import Client
from tests.browser.conftest import AXE, DESKTOP, PHONE, faults, sideways
from tests.product import world as worlds
from tests.product.test_permissions import page_ids
from tests.product.test_permissions import pages as addresses

from laras.core import clock

pytestmark = pytest.mark.django_db(transaction=True)

# What other colours can break; names, roles and order are the same page's.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}

PLACES = """() => [...new Set([...document.querySelectorAll("body *")].map((one) => [one.parentElement, one].map((e) =>
  [e.tagName, ...["class", "type", "aria-current", "aria-invalid", "disabled", "hidden"].map((name) => e.getAttribute(name))]
).join(">")))]"""
"""What decides an element's colours: what it and the one around it are."""


def shown(client: Client, address: str) -> bool:
    """Is this a whole page? Addresses that only take forms, parts of pages and files are not."""
    answer = client.get(address)
    return answer.status_code == 200 and b"<h1" in answer.content and answer["Content-Type"].startswith("text/html")


def test_every_page_of_every_role_is_accessible(open_page, sign_in_browser):
    with clock.at(worlds.MONDAY):
        world = worlds.build()
    client = Client()
    client.force_login(world.everybody, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["second_factor"] = True
    session.save()
    wanted = [one.address(page_ids(world.here, one)) for one in addresses()]
    visits = [(world.everybody, address) for address in sorted(set(wanted)) if shown(client, address)]
    visits += [(user, "/") for _role, user in sorted(world.users.items())]
    assert len(visits) > 60, "few pages were found"
    page, signed, found, seen = open_page(DESKTOP), None, [], set()

    def look(how: str, *run_only: object) -> None:
        lines = [line for one in run_only for line in faults(page, one)]
        lines += [f"scrolls sideways by {sideways(page)} px"] if sideways(page) else []
        found.extend(f"{how} {page.url}: {line}" for line in lines)

    for user, address in visits:
        if user != signed:
            signed = user
            sign_in_browser(page, user)
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="light")
        page.goto(address)
        if page.locator("h1").count() != 1:
            found.append(f"{address}: {page.locator('h1').count()} headings of the first rank")
        look("light", AXE)
        if not seen.issuperset(places := page.evaluate(PLACES)):
            seen.update(places)
            page.emulate_media(color_scheme="dark")
            look("dark", COLOURS)
        page.set_viewport_size(PHONE)
        look("phone")
    assert found == [], "\n".join(found)
