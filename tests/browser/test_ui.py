"""The frame and the core's own pages in a real browser: accessible, light and dark, wide and narrow, and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESKTOP, PHONE

from laras.core import services
from laras.core.actor import actor_of
from laras.core.models import RoleAssignment, User

pytestmark = pytest.mark.django_db(transaction=True)
LOOKS = [(DESKTOP, "light"), (PHONE, "dark")]
PASSWORD = "kata sandi uji 1"


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A", name="Labkesda Kota Melati")


@pytest.fixture
def admin(make_user, lab):
    return make_user("agus", lab, "administrator")


@pytest.fixture
def staff(lab, admin):
    """Three accounts made by the administrator."""
    boss = actor_of(admin, "web")
    for username, name, role in [
        ("rina", "Rina Lestari", "receptionist"),
        ("bayu", "Bayu Pratama", "analyst"),
        ("sinta", "Sinta Maharani", "validator"),
    ]:
        services.create_user(boss, owner_id=lab.id, username=username, name=name, roles=[role])
    return User.objects.get(username="rina")


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_pages_are_accessible(open_page, sign_in_browser, assert_accessible, admin, staff, size, scheme):
    """What has no address of its own (``test_every_page.py`` looks at all others), and the page with all the components."""
    page: Page = open_page(size, scheme)
    page.goto("/akun/login/")
    assert_accessible(page)
    sign_in_browser(page, admin)
    paths = ("/akun/password/change/", "/akun/reauthenticate/", "/akun/logout/", "/tidak-ada/")
    for path in ("/komponen/", f"/pengguna/{staff.pk}/", *(paths if size == DESKTOP else ())):
        page.goto(path)
        expect(page.locator("h1")).to_have_count(1)
        assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_menus_and_dialogs_are_accessible_when_open(
    open_page, sign_in_browser, assert_accessible, admin, staff, scheme
):
    page = sign_in_browser(open_page(color_scheme=scheme), admin)
    page.goto(f"/pengguna/{staff.pk}/")
    page.locator(".user > summary").click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.locator(".user .popup")).to_be_hidden()
    page.get_by_role("button", name="Nonaktifkan…").click()
    expect(page.locator("#aktif textarea")).to_be_focused()
    assert_accessible(page)
    page.get_by_role("button", name="Nonaktifkan", exact=True).click()
    # Nothing typed: the page comes back with the dialog open, the error in it and the reason focused again.
    expect(page.locator("dialog#aktif")).to_be_visible()
    expect(page.locator("#aktif .error").first).to_be_visible()
    assert_accessible(page)
    page.locator("#aktif textarea").fill("Pindah tugas")
    page.get_by_role("button", name="Nonaktifkan", exact=True).click()
    expect(page.locator("#pesan .notice.done")).to_contain_text("dinonaktifkan")


def test_sign_in_by_hand_and_out_again(page, admin, make_user, lab):
    make_user("dewi", lab, "analyst")
    page.goto("/profil/")
    expect(page).to_have_url(re.compile("/akun/login/"))
    expect(page.get_by_label("Nama pengguna")).to_be_focused()
    page.keyboard.type("dewi")
    page.keyboard.press("Tab")
    page.keyboard.type("salah sekali")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.get_by_label("Nama pengguna")).to_have_value("dewi")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Profil dan keamanan")
    page.locator(".user > summary").click()
    page.get_by_role("button", name="Keluar").click()
    page.goto("/profil/")
    expect(page).to_have_url(re.compile("/akun/login/"))


def test_keyboard_reaches_search_and_rows(page, sign_in_browser, admin, staff):
    sign_in_browser(page, admin)
    page.goto("/pengguna/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#scan")).to_be_focused()
    page.keyboard.type("a/b")  # inside a field a slash is a slash
    expect(page.locator("#scan")).to_have_value("a/b")
    links = page.locator("table .row-link")
    links.first.focus()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/pengguna/[0-9a-f-]{36}/"))


def test_the_check_itself_finds_faults(page, assert_accessible, live_server):
    page.goto("/akun/login/")
    page.evaluate("document.querySelector('label').remove()")
    with pytest.raises(AssertionError, match="label"):
        assert_accessible(page)
    page.goto("/akun/login/")
    page.evaluate("document.body.append(Object.assign(document.createElement('hr'), {width: '3000'}))")
    with pytest.raises(AssertionError, match="sideways"):
        assert_accessible(page)


def test_list_is_filtered_while_typing_and_its_state_is_in_the_address(page, sign_in_browser, admin, staff):
    sign_in_browser(page, admin)
    page.goto("/pengguna/")
    expect(page.locator("#rows .row-link")).to_have_count(4)
    page.get_by_label("Nama", exact=True).press_sequentially("bay")
    expect(page.locator("#rows .row-link")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=bay"))
    page.get_by_label("Peran").select_option("receptionist")
    expect(page.locator("#rows .empty-title")).to_be_visible()
    page.reload()
    expect(page.locator("#rows .empty-title")).to_be_visible()
    page.get_by_role("link", name="Hapus saringan").click()
    expect(page.locator("#rows .row-link")).to_have_count(4)


def test_ended_session_and_lost_line_leave_the_page_as_it_is(page, open_page, sign_in_browser, admin, staff):
    sign_in_browser(page, admin)
    page.goto("/pengguna/")
    page.context.set_offline(True)
    page.get_by_label("Nama", exact=True).press_sequentially("b")
    toast = page.locator("#putus")
    expect(toast).to_contain_text("Sambungan terputus")
    expect(page.locator("#rows .row-link")).to_have_count(4)
    page.context.set_offline(False)
    toast.get_by_role("button", name="Coba lagi").click()
    expect(page).to_have_url(re.compile("q=b"))
    expect(toast).to_have_count(0)
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("Nama", exact=True).fill("ba")
    notice = page.locator("#berakhir")
    expect(notice).to_contain_text("Sesi Anda sudah berakhir")
    expect(notice.get_by_role("link")).to_have_attribute("target", "_blank")
    expect(page.get_by_label("Nama", exact=True)).to_have_value("ba")
    expect(page.locator("table")).to_be_visible()
    open_page.complaints.clear()  # the browser's own words about the lost line


def test_theme_is_kept(page, sign_in_browser, admin):
    sign_in_browser(page, admin)
    page.goto("/komponen/")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.locator(".page-actions [data-theme-toggle]").click()
    page.goto("/pengguna/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light


def test_typed_things_survive_reload_and_an_ended_session(page, sign_in_browser, admin, lab):
    sign_in_browser(page, admin)
    page.goto("/pengguna/baru/")
    page.get_by_label("Nama lengkap").fill("Wulan <Sari>")
    page.get_by_label("Nama pengguna").fill("wulan")
    page.get_by_label("Analis (ATLM)").check()
    page.wait_for_timeout(400)
    page.reload()
    expect(page.get_by_label("Nama lengkap")).to_have_value("Wulan <Sari>")
    expect(page.get_by_label("Analis (ATLM)")).to_be_checked()
    # The session ends while the form is open; the press of the button loses nothing.
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Buat akun").click()
    expect(page.locator("h1")).to_have_text("Sesi berakhir")
    sign_in_browser(page, admin)
    page.goto("/pengguna/baru/")
    expect(page.get_by_label("Nama lengkap")).to_have_value("Wulan <Sari>")
    page.get_by_role("button", name="Buat akun").click()
    expect(page.locator("h1")).to_have_text("Wulan <Sari>")
    # Saved: the next form starts empty.
    page.goto("/pengguna/baru/")
    expect(page.get_by_label("Nama lengkap")).to_have_value("")
    assert User.objects.filter(username="wulan").count() == 1


def test_refused_form_keeps_what_was_typed_and_leads_to_the_field(page, sign_in_browser, admin):
    sign_in_browser(page, admin)
    page.goto("/pengguna/baru/")
    page.get_by_label("Nama lengkap").fill("Wulan Sari")
    page.get_by_role("button", name="Buat akun").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.get_by_label("Nama lengkap")).to_have_value("Wulan Sari")
    page.locator(".error-summary a", has_text="Nama pengguna").click()
    expect(page.get_by_label("Nama pengguna")).to_be_focused()


def test_button_pressed_twice_makes_one(page, sign_in_browser, admin):
    sign_in_browser(page, admin)
    page.goto("/pengguna/baru/")
    page.get_by_label("Nama lengkap").fill("Wulan Sari")
    page.get_by_label("Nama pengguna").fill("wulan")
    page.get_by_label("Analis (ATLM)").check()
    page.get_by_role("button", name="Buat akun").dblclick()
    expect(page.locator("h1")).to_have_text("Wulan Sari")
    assert User.objects.filter(person__name="Wulan Sari").count() == 1
    expect(page.locator(".once .code")).to_have_text(re.compile(r"^[a-z0-9-]{19}$"))


def test_drafts_of_one_person_are_not_shown_to_the_next(page, sign_in_browser, admin, make_user, lab):
    sign_in_browser(page, admin)
    page.goto("/pengguna/baru/")
    page.get_by_label("Nama lengkap").fill("Rahasia")
    page.wait_for_timeout(400)
    sign_in_browser(page, make_user("wati", lab, "administrator"))
    page.goto("/pengguna/baru/")
    expect(page.get_by_label("Nama lengkap")).to_have_value("")
    assert page.evaluate("Object.values(sessionStorage).join(' ')").find("Rahasia") == -1


def test_switching_the_organisation_and_the_language(page, sign_in_browser, make_user, make_owner, lab):
    user = make_user("dewi", lab, "analyst")
    RoleAssignment.objects.create(user=user, owner=make_owner("LAB-B", name="Labkesda Kenanga"), role="analyst")
    sign_in_browser(page, user)
    page.goto("/profil/")
    page.locator(".top .where > summary").click()
    page.get_by_role("button", name="Labkesda Kenanga").click()
    page.goto("/profil/")
    expect(page.locator(".top .where-name")).to_have_text("Labkesda Kenanga")
    page.locator(".user > summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_rows_become_cards_and_the_selection_counts(open_page, sign_in_browser, admin):
    page = sign_in_browser(open_page(PHONE), admin)
    page.goto("/komponen/")
    row = page.locator("#tabel tbody tr").first
    assert row.evaluate("e => getComputedStyle(e).display") == "block"
    expect(page.locator(".bulk-bar button")).to_be_disabled()
    page.locator("#tabel [data-select]").first.check()
    expect(page.locator("[data-selected]")).to_have_text("1")
    expect(page.locator(".bulk-bar button")).to_be_enabled()


def test_print_leaves_out_the_frame(page, sign_in_browser, admin, staff):
    sign_in_browser(page, admin)
    page.goto("/jejak-audit/")
    page.emulate_media(media="print")
    for part in (".top", ".page-actions", ".filters"):
        expect(page.locator(part).first).to_be_hidden()
    expect(page.locator("table")).to_be_visible()


def test_works_with_touch_targets_on_a_phone(phone, sign_in_browser, admin):
    sign_in_browser(phone, admin)
    phone.goto("/pengguna/baru/")
    small = phone.evaluate(
        """() => [...document.querySelectorAll('button, .button, input[type=text], select')]
            .filter(e => e.offsetParent && e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"""
    )
    assert small == []
