"""The whole main job in a real browser: a specimen goes from a puskesmas through three tiers and comes back as a signed report."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from laras.basics.nik import build_nik
from laras.catalogue.services import load_shipped_catalogue
from laras.core import journal
from laras.core.actor import system_actor
from laras.core.models import Owner
from laras.core.printing import check_signature
from laras.core.scope import Scope
from laras.core.unit import unit
from laras.network import services as network
from laras.orders.models import Order, Sample
from laras.referral import queries as referral
from laras.referral.models import Incoming, Outgoing
from laras.reports import services as reports
from laras.reports.models import Report
from laras.resources import services as resources
from laras.resources.models import Capability

BORN = date(1985, 1, 23)
SYSTEM = system_actor("job:test")
# Code, tier, kind, supervisor, what it does.
LABS = (
    ("PROV-00", 3, "labkesda_provinsi", None, ("HB", "GDP", "TG")),
    ("KAB-00", 2, "labkesda_kabkota", "PROV-00", ("HB", "GDP", "TG")),
    ("PKM-01", 1, "puskesmas", "KAB-00", ("HB",)),
)
ROLES = {
    "pendaftaran": ("receptionist",),
    "penerima": ("receiver",),
    "analis": ("analyst",),
    "verifikator": ("verifier",),
    "validator": ("validator",),
}


@pytest.fixture
def network_of_three(live_server, make_user, data_root):
    """A puskesmas, its district's and its province's laboratory, five people in each, and a demo signing key."""
    load_shipped_catalogue()
    owners: dict[str, Owner] = {}
    for code, tier, kind, above, tests in LABS:
        with unit():
            made = network.organisations.create_quietly(
                SYSTEM,
                office_id=None,
                code=code,
                kind=kind,
                name=f"Labkesmas {code}",
                tier=tier,
                supervisor_id=owners[above].id if above else None,
                zone="Asia/Makassar",
            )
        owners[code] = made.owner
        Capability.rows.bulk_create(
            Capability(owner=made.owner, test_code=test, method="Fotometri", tat_hours=24, price=20000)
            for test in tests
        )
    network.rebuild_reach()
    users = {
        (code, who): make_user(f"{who}.{code.lower()}", owner, *roles)
        for code, owner in owners.items()
        for who, roles in ROLES.items()
    }
    mark = data_root / "DEMO"
    mark.write_text("uji")
    yield owners, users
    mark.unlink()


@pytest.fixture
def act_as(open_page, sign_in_browser, network_of_three):
    """``act_as("KAB-00", "penerima")``: that person's own browser, at the first page."""
    _owners, users = network_of_three

    def enter(code: str, who: str) -> Page:
        page = sign_in_browser(open_page(), users[code, who])
        page.goto("/")
        expect(page.get_by_role("heading", name="Hari ini", level=1)).to_be_visible()
        return page

    return enter


def scan_all(page: Page, owner: Owner) -> None:
    page.goto(reverse("orders:receiving"))
    for sample in Sample.objects.within(Scope.of(owner.id)).filter(status__in=["expected", "collected"]):
        page.keyboard.type(sample.number)
        page.keyboard.press("Enter")
        expect(page.locator("#penerimaan [role=status]").first).to_contain_text(sample.number)


def send_what_waits(page: Page, owner: Owner) -> Outgoing:
    page.goto(reverse("referral:outgoing"))
    page.get_by_label("Kurir").first.fill("Kurir puskesmas")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/rujukan/keluar/**")
    return Outgoing.objects.within(Scope.of(owner.id)).get()


def accept(page: Page, owner: Owner, sent: Outgoing) -> Order:
    page.goto(reverse("referral:incoming"))
    page.get_by_label("Pindai nomor kotak, nomor rujukan").fill(sent.number)
    page.keyboard.press("Enter")
    page.wait_for_url("**/rujukan/masuk/*-*/")
    page.get_by_role("button", name="Terima rujukan").click()
    expect(page.get_by_role("link", name="Buka permintaan")).to_be_visible()
    return Incoming.objects.within(Scope.of(owner.id)).select_related("order").get(remote=sent.id).order


def enter_value(page: Page, value: str) -> None:
    page.goto(reverse("bench:worklist"))
    page.locator('input[data-cell=""]').first.fill(value)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#pesan")).to_contain_text("1 nilai disimpan")


def verify(page: Page) -> None:
    page.goto(reverse("bench:verification"))
    page.get_by_label("Pilih semua").check()
    page.get_by_role("button", name="Verifikasi").click()
    expect(page.locator("#pesan")).to_contain_text("1 hasil diverifikasi")


def validate(page: Page) -> None:
    page.goto(reverse("bench:validation"))
    page.get_by_role("link", name="Normal").click()
    page.get_by_label("Pilih semua").check()
    page.get_by_role("button", name="Validasi yang dipilih").click()
    expect(page.locator("#pesan")).to_contain_text("1 hasil divalidasi")


def release(page: Page, order: Order) -> Report:
    page.goto(reverse("reports:release", args=[order.id]))
    page.get_by_role("button", name="Terbitkan LHU").click()
    page.wait_for_url(re.compile(r"/lhu/[0-9a-f-]{36}/"))
    return Report.objects.within(Scope.of(order.owner_id)).get(order_id=order.id)


def test_main_job_through_three_tiers(act_as, network_of_three, page, assert_accessible):
    owners, _users = network_of_three
    puskesmas, district, province = owners["PKM-01"], owners["KAB-00"], owners["PROV-00"]

    # 1. The counter of the puskesmas registers somebody new, by keyboard.
    counter = act_as("PKM-01", "pendaftaran")
    counter.goto(reverse("orders:register"))
    counter.keyboard.type(build_nik(district="52.71.01", birth_date=BORN, sex="P", serial=3))
    counter.keyboard.press("Enter")
    expect(counter.locator("#id_full_name")).to_be_focused()
    expect(counter.locator("#id_birth_date")).to_have_value(BORN.isoformat())
    counter.keyboard.type("Sekar Contohwati")
    counter.keyboard.press("Enter")
    expect(counter.locator("#test_q")).to_be_focused()
    for code in ("hb", "tg"):
        counter.keyboard.type(code)
        counter.keyboard.press("Enter")
        expect(counter.locator("#test_q")).to_have_value("")
    counter.keyboard.press("Control+Enter")
    counter.wait_for_url("**/permintaan/*/?baru=1")
    order = Order.objects.within(Scope.of(puskesmas.id)).get()

    # 2. The samples arrive at its bench; what it cannot do goes to the laboratory that supervises it.
    receiver = act_as("PKM-01", "penerima")
    scan_all(receiver, puskesmas)
    first = send_what_waits(receiver, puskesmas)
    assert first.recipient_id == district.id, "the supervising tier is asked first"

    # 3. The district has run out of reagent: it takes the sample under its own number and passes it on to the province.
    paused = Capability.objects.within(Scope.of(district.id)).get(test_code="TG")
    resources.pause_capability(SYSTEM, owner_id=district.id, capability_id=paused.id, reason="Reagen habis")
    middle = act_as("KAB-00", "penerima")
    order_there = accept(middle, district, first)
    assert order_there.number != order.number
    second = send_what_waits(middle, district)
    assert second.recipient_id == province.id

    # 4. The province tests: three persons, then the report leaves.
    top = act_as("PROV-00", "penerima")
    order_above = accept(top, province, second)
    enter_value(act_as("PROV-00", "analis"), "120")
    verify(act_as("PROV-00", "verifikator"))
    doctor_above = act_as("PROV-00", "validator")
    validate(doctor_above)
    release(doctor_above, order_above)

    # 5. The result stands at the puskesmas; its own test follows, and the report that the person asked for.
    enter_value(act_as("PKM-01", "analis"), "13,0")
    verify(act_as("PKM-01", "verifikator"))
    doctor = act_as("PKM-01", "validator")
    validate(doctor)
    report = release(doctor, order)
    assert_accessible(doctor)
    with doctor.expect_response(re.compile(r"/pdf/$")) as answer:
        doctor.evaluate("url => fetch(url)", reverse("reports:pdf", args=[report.id]))
    assert answer.value.headers["content-type"] == "application/pdf"
    pdf = reports.issue_pdf(SYSTEM, owner_id=puskesmas.id, report_id=report.id)
    text = " ".join(" ".join(p.extract_text() for p in PdfReader(BytesIO(pdf)).pages).split())
    for words in ("Sekar Contohwati", "Labkesmas PROV-00", report.number, "120", "13,0"):
        assert words in text
    # The browser's driver keeps an event loop in this thread, and the check wants one of its own.
    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(check_signature, pdf, roots=reports.trusted_roots()).result().good

    # Anybody with the paper may ask whether it is real, and learns nothing of anybody's health.
    page.goto(reverse("reports:public", args=[report.token]))
    expect(page.locator("#isi")).to_contain_text(report.number)
    shown = page.content()
    assert "Contohwati" not in shown
    assert "13,0" not in shown
    assert_accessible(page)

    # Every journal holds and the two ends of each referral agree.
    for owner in owners.values():
        verdict = journal.verify(owner)
        assert verdict.whole, (owner.code, verdict)
        assert verdict.entries > 5
    assert referral.check().contradictions == ()
