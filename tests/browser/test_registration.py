"""The page that decides whether people like it: registering without touching the mouse."""

from __future__ import annotations

import time
from datetime import date

import pytest
from playwright.sync_api import Page, expect

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


def test_a_known_patient_with_three_tests_by_keyboard(desk: Page):
    nik = build_nik(district="52.01.01", birth_date=BORN, sex="P", serial=7)
    known = register(desk.lab, desk.account, full_name="Baiq Lestari", sex="P", birth_date=BORN, nik=nik)
    desk.goto("/permintaan/baru/")
    expect(desk.locator("#patient_q")).to_be_focused()
    began = time.monotonic()
    desk.keyboard.type(nik)
    desk.keyboard.press("Enter")
    expect(desk.locator("#test_q")).to_be_focused()
    for code in ("hb", "plt", "gdp"):
        desk.keyboard.type(code)
        desk.keyboard.press("Enter")
        expect(desk.locator("#test_q")).to_have_value("")
    expect(desk.locator("#patient-card")).to_contain_text("Baiq Lestari")
    expect(desk.locator("#plan")).to_contain_text("Darah EDTA")
    desk.keyboard.press("Enter")
    expect(desk.locator("#save")).to_be_focused()
    desk.keyboard.press("Enter")
    order = saved(desk)
    assert time.monotonic() - began < 20
    assert order.patient_id == known.id
    assert codes_of(order) == {"HB", "PLT", "GDP"}


def test_an_unknown_patient_by_keyboard(desk: Page):
    nik = build_nik(district="52.01.01", birth_date=BORN, sex="P", serial=9)
    desk.goto("/permintaan/baru/")
    began = time.monotonic()
    desk.keyboard.type(nik)
    desk.keyboard.press("Enter")
    expect(desk.locator("#id_full_name")).to_be_focused()
    # The NIK tells the day of birth and the sex.
    expect(desk.locator("#id_birth_date")).to_have_value("1985-01-12")
    expect(desk.locator("input[name=sex][value=P]")).to_be_checked()
    desk.keyboard.type("Lalu Wirawan")
    desk.keyboard.press("Enter")
    expect(desk.locator("#test_q")).to_be_focused()
    desk.keyboard.type("darah lengkap")
    expect(desk.locator("#test_list [aria-selected=true]")).to_contain_text("Darah lengkap")
    desk.keyboard.press("Enter")
    expect(desk.locator("#chosen")).to_contain_text("Darah lengkap")
    desk.keyboard.press("Control+Enter")
    order = saved(desk)
    assert time.monotonic() - began < 45
    assert (order.patient.full_name, order.patient.nik, order.patient.birth_date) == ("Lalu Wirawan", nik, BORN)
    assert "HB" in codes_of(order)


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1366, "height": 768}, {"width": 390, "height": 844}])
def test_the_pages_are_accessible(open_page, sign_in_browser, make_owner, make_user, assert_accessible, size, scheme):
    from laras.core.actor import actor_of
    from laras.orders import services

    load_shipped_catalogue()
    lab = make_owner("NTB-01", zone="Asia/Makassar")
    user = make_user("ratna", lab, "receptionist", "receiver", "sampler")
    known = register(lab, user, full_name="Baiq Lestari", sex="P", birth_date=BORN, no_nik_reason="absent")
    actor = actor_of(user, "web")
    made = services.register_order(actor, owner=lab, patient_id=known.id, codes=["DL", "GDP", "UL"], urgency="urgent")
    page = sign_in_browser(open_page(size, color_scheme=scheme), user)
    for address in (
        "/permintaan/",
        "/permintaan/baru/",
        "/permintaan/lingkungan/",
        "/permintaan/penerimaan/",
        "/permintaan/pengambilan/",
        f"/permintaan/{made.id}/",
        f"/permintaan/{made.id}/formulir/",
        f"/permintaan/sampel/{made.samples[0].id}/tolak/",
    ):
        page.goto(address)
        assert_accessible(page)
    page.goto("/permintaan/baru/")
    page.locator("#patient_q").fill("baiq")
    expect(page.locator("#patient_list [role=option]").first).to_contain_text("Baiq Lestari")
    page.locator("#test_q").fill("hb")
    expect(page.locator("#test_list [role=option]").first).to_contain_text("Hemoglobin")
    assert_accessible(page)
