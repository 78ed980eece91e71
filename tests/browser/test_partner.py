"""A partner's day: what is under way, a report, the price of a test, a visit asked for and answered; and how they got in."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from tests.browser.conftest import PHONE
from tests.reports.conftest import Lab

from laras.catalogue import queries as catalogue_queries
from laras.catalogue.layers import decode, merge
from laras.catalogue.shipped import shipped_rows
from laras.core import clock
from laras.core.actor import actor_of
from laras.core.models import User
from laras.orders import for_partners as orders
from laras.orders import services as order_services
from laras.partners import accounts
from laras.partners import services as partners
from laras.reports.models import Report


@pytest.fixture
def lab(live_server, make_owner, make_actor, monkeypatch):
    plain = merge([decode("shipped", "laras/test", "shipped", "laras", shipped_rows())])
    monkeypatch.setattr(catalogue_queries, "effective", lambda owner_id: plain)
    owner = make_owner("NTB-01", name="Labkesmas Cendana", zone="Asia/Makassar")
    return Lab(
        owner,
        make_actor("loket", owner, "receptionist", "receiver", "sampler"),
        make_actor("analis", owner, "analyst"),
        make_actor("verifikator", owner, "verifier"),
        make_actor("validator", owner, "validator"),
    )


@pytest.fixture
def clinic(lab):
    return partners.register_client(
        lab.counter, owner_id=lab.id, name="Klinik Melati", kind="facility", address="Jalan Contoh 5"
    )


@pytest.fixture
def rina(lab, clinic, make_actor):
    """Somebody of the clinic, which has one order reported, one at the bench and one whose sample was refused."""
    head = make_actor("kepala", lab.owner, "head")
    row, _password = accounts.create_account(
        head, owner_id=lab.id, client_id=clinic.id, username="rina", name="Rina Contoh"
    )
    for n, name in enumerate(("Sari Melati", "Ayu Terbuka", "Wayan Ditolak")):
        order = lab.order("HB", client_id=clinic.id, person={"full_name": name, "birth_date": date(1980, 1, 1 + n)})
        if n == 0:
            lab.perform(order, "HB", "13,7")
            lab.release(order)
        if n == 2:
            sample = orders.order_of(lab.scope, [clinic.id], order).samples[0]
            order_services.refuse_sample(
                lab.counter, owner_id=lab.id, sample_id=sample.id, reason="hemolysed", replacement=True
            )
    User.objects.filter(pk=row.user_id).update(must_change_password=False)
    return User.objects.get(pk=row.user_id)


def test_the_day_of_a_partner(lab, rina, page, open_page, sign_in_browser, assert_accessible):
    sign_in_browser(page, rina)
    page.goto("/")
    expect(page.get_by_role("heading", name="Beranda mitra")).to_be_visible()
    expect(page.get_by_text("Sampel ditolak, mohon dikirim ulang")).to_be_visible()
    assert_accessible(page)

    # One order: where its sample is, and no value.
    page.get_by_role("link", name=re.compile("Permintaan kami")).click()
    expect(page.get_by_text("1 sampel di laboratorium")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("row", name=re.compile("Sari Melati")).click()
    expect(page.get_by_role("link", name=re.compile("Buka PDF"))).to_be_visible()
    assert "13,7" not in page.content()
    assert_accessible(page)
    answer = page.request.get(reverse("portal:partner_report", args=[Report.rows.get().id]))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
    page.goto(reverse("portal:partner_reports"))
    assert_accessible(page)

    # What a test costs.
    page.goto(reverse("portal:partner_prices"))
    page.get_by_label("Pemeriksaan").fill("hemog")
    expect(page.get_by_text("1 pemeriksaan")).to_be_visible()
    expect(page.get_by_text("Rp10.000")).to_be_visible()
    assert_accessible(page)

    # A visit: something is missing first, and nothing typed is lost.
    page.goto(reverse("portal:partner_book"))
    page.get_by_label("Sampel", exact=True).fill("6 tabung darah")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Sampel", exact=True)).to_have_value("6 tabung darah")
    expect(page.get_by_label("Tempat", exact=True)).to_have_value("Jalan Contoh 5")
    assert_accessible(page)
    tomorrow = clock.today("Asia/Makassar") + timedelta(days=1)
    page.get_by_label("Tanggal").fill(tomorrow.isoformat())
    page.get_by_label("Telepon narahubung").fill("081234567890")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Menunggu jawaban")).to_be_visible()
    assert_accessible(page)

    desk = open_page()
    sign_in_browser(desk, User.objects.get(username="loket"))
    desk.goto(reverse("portal:bookings"))
    assert_accessible(desk)
    desk.get_by_role("row", name=re.compile("Klinik Melati")).click()
    desk.get_by_label("Pesan untuk mitra").fill("Pak Made datang")
    assert_accessible(desk)
    desk.get_by_role("button", name="Jadwalkan").click()
    expect(desk.get_by_role("button", name="Sudah dikunjungi")).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("Pak Made datang")).to_be_visible()
    assert_accessible(page)


def test_the_head_lets_somebody_in_and_they_choose_their_password(
    lab, clinic, make_user, page, open_page, sign_in_browser, assert_accessible
):
    sign_in_browser(page, make_user("pemimpin", lab.owner, "head"))
    page.goto(reverse("partners:client", args=[clinic.id]))
    page.get_by_role("link", name="Kelola akun").click()
    assert_accessible(page)
    form = page.locator("form", has=page.get_by_role("button", name="Buat akun"))
    form.get_by_label("Nama lengkap").fill("Sari Contoh")
    form.get_by_label("Nama pengguna").fill("sari.klinik")
    form.get_by_role("button", name="Buat akun").click()
    expect(page.get_by_text("Kata sandi sementara")).to_be_visible()
    password = page.locator(".once .code").first.inner_text().strip()
    assert_accessible(page)
    other = open_page()
    other.goto("/")
    other.get_by_label("Nama pengguna").fill("sari.klinik")
    other.get_by_label("Kata sandi", exact=True).fill(password)
    other.keyboard.press("Enter")
    other.wait_for_url("**/password/change/**")
    assert actor_of(User.objects.get(username="sari.klinik"), "web").can("portal.partner", lab.id)
    page.get_by_role("button", name=re.compile("Cabut…")).click()
    page.get_by_label("Alasan").fill("Salah orang")
    page.get_by_role("button", name="Cabut sekarang").click()
    expect(page.get_by_text("Akun dicabut.")).to_be_visible()
    assert not actor_of(User.objects.get(username="sari.klinik"), "web").can("portal.partner", lab.id)


def test_on_a_phone_in_the_dark(rina, open_page, sign_in_browser, assert_accessible):
    phone = open_page(PHONE, "dark")
    sign_in_browser(phone, rina)
    for name in ("home", "partner_orders", "partner_reports", "partner_prices", "partner_bookings", "partner_book"):
        phone.goto(reverse(f"portal:{name}"))
        assert_accessible(phone)
    phone.goto(reverse("portal:partner_orders"))
    phone.get_by_role("link", name=re.compile("NTB-01")).first.click()
    expect(phone.get_by_text("Perjalanan").first).to_be_visible()
    assert_accessible(phone)
