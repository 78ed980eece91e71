"""Axe on every page that has an address, with data: all rules when wide and light; colours, light and dark, of what stands where
nothing like it stood on a page before; the width on a phone.

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

# What colours can break: most of what axe costs, so each way of standing on a page is looked at once in each light.
COLOURS = ["color-contrast", "link-in-text-block"]
ALL_BUT_COLOURS = {"runOnly": AXE, "rules": {name: {"enabled": False} for name in COLOURS}}

STANDING = """() => {
  const known = new Map([[document.documentElement, ""]]);
  const ATTRIBUTES = ["class", "type", "aria-current", "aria-invalid", "disabled", "hidden"];
  const chain = (e) => {
    if (!known.has(e)) known.set(e, `${chain(e.parentElement)}>${e.tagName} ${ATTRIBUTES.map((n) => e.getAttribute(n) ?? "")}`);
    return known.get(e);
  };
  const speaks = (e) => e.matches("input, select, textarea") || [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  window.standing = new Map();
  for (const e of document.querySelectorAll("body, body *"))
    if (speaks(e) && !window.standing.has(chain(e))) window.standing.set(chain(e), e);
  return [...window.standing.keys()];
}"""
"""All that decides an element's colours, the elements around it included, for each element that says something."""


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

    def look(how: str, rules: dict[str, object] | None = None, chains: list[str] | None = None) -> None:
        lines = faults(page, rules, chains) if rules else []
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
        look("light", ALL_BUT_COLOURS)
        if new := [chain for chain in page.evaluate(STANDING) if chain not in seen]:
            seen.update(new)
            look("light", {"runOnly": COLOURS}, new)
            page.emulate_media(color_scheme="dark")
            look("dark", {"runOnly": COLOURS}, new)
        page.set_viewport_size(PHONE)
        look("phone")
    assert found == [], "\n".join(found)
