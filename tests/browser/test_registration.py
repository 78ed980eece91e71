"""The page that decides whether people like it: registering without touching the mouse."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.conftest import DESKTOP, PHONE

from laras.basics.nik import build_nik
from laras.catalogue.services import load_shipped_catalogue
from laras.core.scope import Scope
from laras.orders.models import Order, RequestedTest
from laras.people import services as people

SPACE = Scope.everything()
BORN = date(1985, 1, 12)


@pytest.fixture
def desk(page: Page, sign_in_browser, make_owner, make_user):
    """The page of somebody at the counter of a laboratory; answers it with the laboratory and the account."""
    load_shipped_catalogue()
    lab = make_owner("NTB-01", zone="Asia/Makassar")
    user = make_user("ratna", lab, "receptionist", "receiver", "sampler")
    sign_in_browser(page, user)
    page.lab, page.account = lab, user
    return page


def register(owner, user, **values):
    from laras.core.actor import actor_of

    return people.register_patient(actor_of(user, "web"), owner_id=owner.id, **values)


def saved(page: Page):
    page.wait_for_url("**/permintaan/*/?baru=1")
    expect(page.get_by_role("link", name="Cetak label")).to_be_focused()
    return Order.objects.within(SPACE).select_related("patient").get()


def codes_of(order) -> set[str]:
    return set(RequestedTest.objects.within(SPACE).filter(order_id=order.id).values_list("test_code", flat=True))


class Typist:
    """Types without ever looking at the screen, and counts what it costs."""

    def __init__(self, page: Page) -> None:
        self.page, self.strokes, self.began = page, 0, time.monotonic()

    def __call__(self, *keys: str) -> None:
        for key in keys:
            if len(key) > 1 and key[0] == "<":
                self.page.keyboard.press(key[1:-1])
                self.strokes += 1
            else:
                self.page.keyboard.type(key)
                self.strokes += len(key)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def slow_down(page: Page, milliseconds: int) -> None:
    """From now on every answer takes so much longer."""
    network = {"offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", network)


@pytest.fixture(params=[0, 600], ids=["fast", "slow"])
def slow(request, desk: Page):
    """The desk with its form open; each answer comes this many milliseconds late."""

    def open_form(address: str = "/permintaan/baru/") -> Typist:
        desk.goto(address)
        expect(desk.locator("#test_q")).to_be_visible()
        if request.param:
            slow_down(desk, request.param)
        return Typist(desk)

    desk.open_form = open_form
    return desk


def test_a_known_patient_with_three_tests_by_keyboard(slow: Page):
    nik = build_nik(district="52.01.01", birth_date=BORN, sex="P", serial=7)
    known = register(slow.lab, slow.account, full_name="Baiq Lestari", sex="P", birth_date=BORN, nik=nik)
    typist = slow.open_form()
    typist(nik, "<Enter>", "hb", "<Enter>", "plt", "<Enter>", "gdp", "<Enter>", "<Control+Enter>")
    order = saved(slow)
    assert typist.seconds < 20
    assert typist.strokes == 16 + 8 + 5
    assert order.patient_id == known.id
    assert codes_of(order) == {"HB", "PLT", "GDP"}


def test_an_unknown_patient_by_keyboard(slow: Page):
    nik = build_nik(district="52.01.01", birth_date=BORN, sex="P", serial=9)
    typist = slow.open_form()
    # The NIK tells the day of birth and the sex, so that Enter on the name leads to the tests, whatever was answered by then.
    typist(nik, "<Enter>", "Lalu Wirawan", "<Enter>", "hb", "<Enter>", "darah lengkap", "<Enter>", "<Control+Enter>")
    order = saved(slow)
    assert typist.seconds < 45
    assert typist.strokes == 16 + 12 + 2 + 13 + 5
    assert (order.patient.full_name, order.patient.nik, order.patient.birth_date) == ("Lalu Wirawan", nik, BORN)
    assert (order.patient.sex, "HB" in codes_of(order)) == ("P", True)


def test_a_corrected_nik_corrects_what_it_filled_in(desk: Page):
    desk.goto("/permintaan/baru/")
    desk.keyboard.type("5201012312850009")
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_birth_date")).to_have_value("1985-12-23")
    expect(desk.locator("input[name=sex][value=L]")).to_be_checked()
    desk.locator("#id_nik").fill("5201015301850009")
    expect(desk.locator("#id_birth_date")).to_have_value("1985-01-13")
    expect(desk.locator("input[name=sex][value=P]")).to_be_checked()
    # What a person wrote by hand is theirs.
    desk.locator("#id_birth_date").fill("1985-01-14")
    desk.locator("#id_nik").fill("5201011408900009")
    expect(desk.locator("input[name=sex][value=L]")).to_be_checked()
    expect(desk.locator("#id_birth_date")).to_have_value("1985-01-14")


def test_a_test_that_was_not_entered_yet_is_sent_too(slow: Page):
    known = register(slow.lab, slow.account, full_name="Baiq Lestari", sex="P", birth_date=BORN, no_nik_reason="absent")
    typist = slow.open_form(f"/permintaan/baru/?pasien={known.id}")
    slow.locator("#test_q").focus()
    typist("hb", "<Control+Enter>")
    assert codes_of(saved(slow)) == {"HB"}


def two_of_a_name(desk: Page):
    return [
        register(desk.lab, desk.account, full_name=name, sex="P", birth_date=born, no_nik_reason="absent")
        for name, born in (("Baiq Lestari", BORN), ("Baiq Widya", BORN.replace(year=1990)))
    ]


def test_choosing_among_several_ahead_of_the_answer(slow: Page):
    _first, second = two_of_a_name(slow)
    typist = slow.open_form()
    typist("baiq", "<ArrowDown>", "<ArrowDown>", "<Enter>", "hb", "<Enter>", "<Control+Enter>")
    order = saved(slow)
    assert (order.patient_id, codes_of(order)) == (second.id, {"HB"})


def test_keys_that_belong_nowhere_are_shown(desk: Page):
    two_of_a_name(desk)
    desk.goto("/permintaan/baru/")
    expect(desk.locator("#patient_q")).to_be_focused()
    slow_down(desk, 1200)
    Typist(desk)("baiq", "<Enter>", "hb", "<Enter>")
    expect(desk.locator(".ahead")).to_have_text("Ketikan ini belum masuk: hb↵")
    expect(desk.locator("#patient_list [role=option]")).to_have_count(3)
    expect(desk.locator("#patient_q")).to_have_value("baiq")


def test_a_lost_line_loses_nothing_and_makes_one_order(desk: Page, open_page):
    known = register(desk.lab, desk.account, full_name="Baiq Lestari", sex="P", birth_date=BORN, no_nik_reason="absent")
    desk.goto(f"/permintaan/baru/?pasien={known.id}")
    desk.locator("#test_q").focus()
    desk.context.set_offline(True)
    typist = Typist(desk)
    typist("hb", "<Enter>")
    expect(desk.locator("#test_list")).to_contain_text("Tidak dapat mencari sekarang")
    expect(desk.locator("#test_q")).to_have_value("hb")
    desk.context.set_offline(False)
    typist("<Enter>")
    expect(desk.locator("#chosen")).to_contain_text("Hemoglobin")
    # The order is made, and its answer never arrives: the worst moment for a line to break.
    made = []

    def swallow(route: Route) -> None:
        if route.request.method == "POST":
            made.append(route.fetch(max_redirects=0).status)
            route.abort()
        else:
            route.fallback()

    desk.route(re.compile(r"/permintaan/baru/"), swallow)
    typist("<Control+Enter>")
    expect(desk.locator("#putus")).to_contain_text("Sambungan terputus")
    expect(desk.locator("#chosen")).to_contain_text("Hemoglobin")
    assert made == [204]
    desk.unroute(re.compile(r"/permintaan/baru/"))
    desk.reload()
    expect(desk.locator("#chosen")).to_contain_text("Hemoglobin")
    desk.locator("#save").click()
    assert codes_of(saved(desk)) == {"HB"}
    assert Order.objects.within(SPACE).count() == 1
    open_page.complaints.clear()  # the browser's own words about the lost line


def test_a_button_pressed_twice_makes_one_order(desk: Page):
    known = register(desk.lab, desk.account, full_name="Baiq Lestari", sex="P", birth_date=BORN, no_nik_reason="absent")
    desk.goto(f"/permintaan/baru/?pasien={known.id}")
    desk.locator("#test_q").focus()
    Typist(desk)("hb", "<Enter>")
    expect(desk.locator("#chosen .icon-button")).to_have_count(1)
    # Past the guard of the page as well: sendings of one form that are under way at once. Awaited, since all threads of this
    # test's server share one connection, on which the page would see the key of a sending that has not ended.
    desk.evaluate(
        """() => { const form = document.querySelector("[data-register]");
        const send = () => fetch(form.action, { method: "POST", body: new FormData(form) });
        return Promise.allSettled([send(), send(), send()]).then(() => null); }"""
    )
    desk.locator("#save").dblclick()
    saved(desk)
    assert Order.objects.within(SPACE).count() == 1


def test_an_ended_session_keeps_the_form(desk: Page, sign_in_browser, live_server, open_page):
    known = register(desk.lab, desk.account, full_name="Baiq Lestari", sex="P", birth_date=BORN, no_nik_reason="absent")
    desk.goto(f"/permintaan/baru/?pasien={known.id}")
    desk.locator("#test_q").focus()
    typist = Typist(desk)
    typist("hb", "<Enter>")
    expect(desk.locator("#chosen .icon-button")).to_have_count(1)
    desk.locator("#id_note").fill("puasa 10 jam")
    desk.context.clear_cookies(name="sessionid")
    typist("<Control+Enter>")
    expect(desk.locator("#berakhir")).to_contain_text("Sesi Anda sudah berakhir")
    assert not Order.objects.within(SPACE).exists()
    # Signing in, in another tab, gives the browser another token against forgery too.
    sign_in_browser(desk, desk.account)
    desk.context.add_cookies([{"name": "csrftoken", "value": "b" * 32, "url": live_server.url}])
    desk.locator("#save").click()
    order = saved(desk)
    assert (codes_of(order), order.note) == ({"HB"}, "puasa 10 jam")
    open_page.complaints.clear()  # htmx tells of the 401


def test_signing_out_forgets_what_was_typed(desk: Page):
    desk.goto("/permintaan/baru/")
    desk.locator("#id_note").fill("nama yang tidak boleh tinggal")
    desk.wait_for_timeout(500)
    kept = "JSON.stringify({...sessionStorage})"
    assert "tinggal" in desk.evaluate(kept)
    desk.locator("form[data-signout]").evaluate("(form) => form.requestSubmit()")
    desk.wait_for_url("**/login/**")
    assert "tinggal" not in desk.evaluate(kept)


def test_a_name_without_nik_by_keyboard(desk: Page):
    desk.goto("/permintaan/baru/")
    desk.keyboard.type("inaq sumarni")
    expect(desk.locator("#patient_list [aria-selected=true]")).to_contain_text("Pasien baru")
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_nik")).to_be_focused()
    expect(desk.locator("#id_full_name")).to_have_value("Inaq Sumarni")
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_no_nik_reason")).to_be_focused()
    desk.keyboard.type("Belum")
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_birth_date")).to_be_focused()
    desk.locator("#id_birth_date").fill("1960-05-01")
    desk.keyboard.press("Enter")
    desk.keyboard.press("p")
    desk.keyboard.press("Enter")
    expect(desk.locator("#test_q")).to_be_focused()
    desk.keyboard.type("chol")
    desk.keyboard.press("Enter")
    expect(desk.locator("#chosen")).to_contain_text("CHOL")
    desk.keyboard.press("Control+Enter")
    order = saved(desk)
    assert (order.patient.full_name, order.patient.sex, order.patient.no_nik_reason) == ("Inaq Sumarni", "P", "absent")


def test_a_refusal_keeps_everything_and_backspace_removes_the_last_test(desk: Page):
    desk.goto("/permintaan/baru/")
    desk.locator("#test_q").focus()
    for code in ("hb", "gdp"):
        desk.keyboard.type(code)
        desk.keyboard.press("Enter")
        expect(desk.locator("#test_q")).to_have_value("")
    desk.keyboard.press("Backspace")
    expect(desk.locator("#chosen .pick-chip")).to_have_count(1)
    desk.locator("#id_note").fill("demam 3 hari")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".error-summary")).to_contain_text("Pilih pasien")
    expect(desk.locator(".error-summary")).to_be_focused()
    expect(desk.locator("#id_note")).to_have_value("demam 3 hari")
    expect(desk.locator("#chosen")).to_contain_text("Hemoglobin")
    assert not Order.objects.within(SPACE).exists()


def test_a_reload_brings_back_what_was_typed(desk: Page):
    desk.goto("/permintaan/baru/")
    desk.locator("#test_q").focus()
    desk.keyboard.type("hb")
    desk.keyboard.press("Enter")
    expect(desk.locator("#chosen")).to_contain_text("Hemoglobin")
    desk.locator("#id_note").fill("menunggu keluarga")
    desk.wait_for_timeout(400)
    desk.reload()
    expect(desk.locator("#id_note")).to_have_value("menunggu keluarga")
    expect(desk.locator("#chosen")).to_contain_text("Hemoglobin")


def test_an_environmental_order_by_keyboard(desk: Page):
    desk.goto("/permintaan/lingkungan/")
    expect(desk.locator("#site_q")).to_be_focused()
    desk.keyboard.type("Depot Segar")
    expect(desk.locator("#site_list [aria-selected=true]")).to_contain_text("Lokasi baru")
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_site_name")).to_have_value("Depot Segar")
    desk.locator("#id_site_latitude").fill("-8,583069")
    desk.locator("#id_site_longitude").fill("116,320251")
    desk.locator("#id_standard").select_option("AM-PMK2-2023")
    expect(desk.locator("#id_matrix")).to_have_value("air_minum")
    expect(desk.locator("#chosen")).to_contain_text("19 pemeriksaan")
    desk.locator("#id_in_situ_ph").fill("7,1")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url("**/permintaan/*/?baru=1")
    order = Order.objects.within(SPACE).select_related("site").get()
    assert (order.site.name, order.in_situ, order.standard) == ("Depot Segar", {"ph": "7.1"}, "AM-PMK2-2023")


def test_a_scanner_at_the_receiving_counter(desk: Page):
    from laras.core.actor import actor_of
    from laras.orders import services

    known = register(desk.lab, desk.account, full_name="Baiq Lestari", sex="P", birth_date=BORN, no_nik_reason="absent")
    made = services.register_order(
        actor_of(desk.account, "web"), owner=desk.lab, patient_id=known.id, codes=["HB", "GDP"]
    )
    desk.goto("/permintaan/penerimaan/")
    for sample in made.samples:
        expect(desk.locator("#id_scan")).to_be_focused()
        desk.keyboard.type(sample.number)
        desk.keyboard.press("Enter")
        expect(desk.locator("#penerimaan [role=status]").first).to_contain_text(f"Diterima: {sample.number}")
    expect(desk.locator("#penerimaan")).to_contain_text("Semua sampel sudah diterima")


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_open_lists_are_accessible(open_page, sign_in_browser, make_owner, make_user, assert_accessible, size, scheme):
    """The pages as they open are looked at by ``test_every_page.py``."""
    load_shipped_catalogue()
    lab = make_owner("NTB-01", zone="Asia/Makassar")
    user = make_user("ratna", lab, "receptionist", "receiver", "sampler")
    register(lab, user, full_name="Baiq Lestari", sex="P", birth_date=BORN, no_nik_reason="absent")
    page = sign_in_browser(open_page(size, color_scheme=scheme), user)
    page.goto("/permintaan/baru/")
    page.locator("#patient_q").fill("baiq")
    expect(page.locator("#patient_list [role=option]").first).to_contain_text("Baiq Lestari")
    page.locator("#test_q").fill("hb")
    expect(page.locator("#test_list [role=option]").first).to_contain_text("Hemoglobin")
    assert_accessible(page)
