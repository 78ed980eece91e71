"""A real Chromium against the running pages. Every test fails when a page asks an address outside this machine.

``browser_page`` (alias ``page``) is a page at 1366x768, ``phone`` one at 390x844; ``sign_in_browser(page, user)`` puts a session that
passed the second factor into a page; ``assert_accessible(page)`` runs axe and looks for horizontal scrolling.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # No name leads anywhere but here. What a page asks all the same is seen by ``open_page``.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
# Two cores may be shared with other tests: what a person would wait for, a test waits for.
expect.set_options(timeout=20_000)
LOCAL = {"127.0.0.1", "localhost"}
ASKING = {"http", "https", "ws", "wss", "ftp"}
AXE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOK = """
([given, chains]) => axe.run(chains ? { include: chains.map((chain) => window.standing.get(chain)) } : document,
    { resultTypes: ["violations"], preload: false, ...given }).then((found) => found.violations
  .filter((v) => v.impact === "serious" || v.impact === "critical")
  .map((v) => `${v.id} (${v.impact}): ${v.help}: ` + v.nodes.slice(0, 4)
    .map((n) => `${n.target} ${(n.failureSummary || "").replaceAll("\\n", " ")}`).join(" | ")))
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("LARAS_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.fail("Chromium belum ada. Pasang: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """``open_page(size=PHONE, color_scheme="dark")`` -> a page of its own context, watched for what it asks and logs."""
    contexts: list[BrowserContext] = []
    outside: list[str] = []
    complaints: list[str] = []

    def watch(request: Request) -> None:
        # Seen, not held: a request that waits for a handler is answered without the browser's cache.
        address = urlsplit(request.url)
        if address.scheme in ASKING and address.hostname not in LOCAL:
            outside.append(request.url)

    def note(message) -> None:
        if message.type == "error" and "the server responded with a status of" not in message.text:
            complaints.append(message.text)

    def make(size: dict[str, int] = DESKTOP, color_scheme: str = "light", **options) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport=size,
            color_scheme=color_scheme,
            locale="id-ID",
            timezone_id="Asia/Jakarta",
            reduced_motion="reduce",
            has_touch=size == PHONE,
            **options,
        )
        context.set_default_timeout(45_000)
        context.on("request", watch)
        context.on("console", note)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        contexts.append(context)
        return context.new_page()

    make.complaints = complaints
    yield make
    for context in contexts:
        context.close()
    assert outside == [], "a page asked an address outside this machine"
    assert complaints == [], "a page made the browser complain"


@pytest.fixture
def browser_page(open_page) -> Page:
    return open_page()


@pytest.fixture
def page(browser_page: Page) -> Page:
    return browser_page


@pytest.fixture
def phone(open_page) -> Page:
    return open_page(PHONE)


@pytest.fixture
def sign_in_browser(live_server) -> Callable[..., Page]:
    """``sign_in_browser(page, user)``: the page's browser now holds a session of this account, second factor passed."""

    def enter(page: Page, user) -> Page:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        session["second_factor"] = True
        session.save()
        page.context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": session.session_key,
                    "url": live_server.url,
                    "httpOnly": True,
                    "sameSite": "Lax",
                }
            ]
        )
        return page

    return enter


def faults(page: Page, rules: dict[str, object] | None = None, chains: list[str] | None = None) -> list[str]:
    """What axe finds that is serious or critical, on the whole page or on the elements that the page keeps as `standing` under
    these names. It is put into a page once, and names the places only when there are any."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    given = {"runOnly": AXE, **(rules or {})}
    if not page.evaluate(LOOK, [{**given, "selectors": False}, chains]):
        return []
    found: list[str] = page.evaluate(LOOK, [given, chains])
    return found


def sideways(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return max(0, wide)


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """Axe finds nothing serious or critical on the page, and the page is no wider than its window."""

    def check(page: Page) -> None:
        assert faults(page) == [], page.url
        assert sideways(page) == 0, f"{page.url} scrolls sideways"

    return check
