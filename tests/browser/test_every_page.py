"""Axe on every page that has an address, with data: all rules when wide and light, colours in the dark, the width on a phone.

The addresses come from the resolver, so that a new page is looked at from its first day.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page
from tests.browser.conftest import DESKTOP, PHONE
from tests.product import world as worlds
from tests.product.test_permissions import page_ids
from tests.product.test_permissions import pages as addresses

from laras.core import clock

pytestmark = pytest.mark.django_db(transaction=True)

ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What other colours can break; names, roles and order are the same page's.
COLOURS = ["color-contrast", "link-in-text-block"]


def faults(axe: Axe, page: Page, run_only: object, look: str) -> list[str]:
    found = axe.run(page, options={"runOnly": run_only, "resultTypes": ["violations"]}).response["violations"]
    lines = [
        f"{look} {page.url}: {v['id']}: {v['nodes'][0]['target']} {v['nodes'][0].get('failureSummary', '')[:160]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    return lines + sideways(page, look)


def sideways(page: Page, look: str) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{look} {page.url}: scrolls sideways by {wide} px"] if wide > 0 else []


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
    axe, page, signed, found = Axe(), open_page(DESKTOP), None, []
    for user, address in visits:
        if user != signed:
            signed = user
            sign_in_browser(page, user)
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="light")
        page.goto(address)
        if page.locator("h1").count() != 1:
            found.append(f"{address}: {page.locator('h1').count()} headings of the first rank")
        found += faults(axe, page, ALL, "light")
        page.emulate_media(color_scheme="dark")
        found += faults(axe, page, {"type": "rule", "values": COLOURS}, "dark")
        page.set_viewport_size(PHONE)
        found += sideways(page, "phone")
    assert found == [], "\n".join(found)
