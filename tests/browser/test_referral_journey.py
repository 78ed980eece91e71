"""A measles serum from the puskesmas to tier 4 and back, from every side: boxes, a refusal, a warm hour, an amended result.

Sender, courier, receiver, analyst, verifier and validator each work in their own browser; at the end each side reads the same line.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from tests.browser.test_main_job import release, validate, verify
from tests.browser.test_referral import shot

from laras.catalogue.services import load_shipped_catalogue
from laras.core import clock, journal
from laras.core.actor import actor_of, system_actor
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import unit
from laras.network import services as network
from laras.orders import services as orders
from laras.orders.models import Order
from laras.referral import queries as referral
from laras.referral.models import Box, Incoming, IncomingBox, Outgoing
from laras.reports.models import Report
from laras.resources.models import Capability

SYSTEM = system_actor("job:test")
TEST = "CAMIGM"
LABS = (
    ("REG-00", 4, "labkesmas_regional", None),
    ("PROV-00", 3, "labkesda_provinsi", "REG-00"),
    ("KAB-00", 2, "labkesda_kabkota", "PROV-00"),
    ("PKM-01", 1, "puskesmas", "KAB-00"),
)
PEOPLE = {
    "pendaftaran": ("receptionist", "receiver"),
    "penerima": ("receiver",),
    "kurir": ("courier",),
    "analis": ("analyst",),
    "analis2": ("analyst",),
    "verifikator": ("verifier",),
    "validator": ("validator",),
}


@pytest.fixture
def four_tiers(live_server, make_user):
    """One chain of supervision; only tier 4 does measles IgM."""
    load_shipped_catalogue()
    owners: dict[str, Owner] = {}
    for code, tier, kind, above in LABS:
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
    Capability.rows.create(owner=owners["REG-00"], test_code=TEST, method="ELISA", tat_hours=96, price=150000)
    network.rebuild_reach()
    users = {
        (code, who): make_user(f"{who}.{code.lower()}", owner, *roles)
        for code, owner in owners.items()
        for who, roles in PEOPLE.items()
    }
    return owners, users


@pytest.fixture
def act_as(open_page, sign_in_browser, four_tiers):
    """``act_as("KAB-00", "penerima")``: that person's own browser; the same one when asked for again."""
    pages: dict[tuple[str, str], Page] = {}

    def enter(code: str, who: str) -> Page:
        if (code, who) not in pages:
            pages[code, who] = sign_in_browser(open_page(), four_tiers[1][code, who])
        return pages[code, who]

    return enter


def send_in_a_box(page: Page, sender: Owner, recipient: Owner, courier: str) -> Box:
    """Refer what waits, pack it, sign it over."""
    page.goto(reverse("referral:outgoing"))
    page.get_by_label("Laboratorium tujuan").first.select_option(str(recipient.id))
    page.get_by_role("button", name="Kirim rujukan").first.click()
    page.wait_for_url("**/rujukan/keluar/**")
    row = Outgoing.objects.within(Scope.of(sender.id)).get(status="sent")
    page.goto(reverse("referral:boxes"))
    page.get_by_label("Laboratorium tujuan").select_option(str(recipient.id))
    page.get_by_role("button", name="Buka kotak").click()
    page.wait_for_url(re.compile(r"/kotak/[0-9a-f-]{36}/"))
    page.get_by_label("Pindai label sampel atau nomor rujukan").fill(row.number)
    page.keyboard.press("Enter")
    expect(page.locator("#pesan")).to_contain_text("1 sampel masuk kotak")
    page.get_by_label("Diserahkan kepada").fill(courier)
    page.get_by_label("Tempat").fill("Loket")
    page.get_by_role("button", name="Serahkan", exact=True).click()
    expect(page.locator("#pesan")).to_contain_text("Kotak diserahkan")
    return Box.objects.within(Scope.of(sender.id)).get(status="handed")


def arrive(page: Page, owner: Owner, box: Box) -> IncomingBox:
    """Scan the box that stands on the counter."""
    page.goto(reverse("referral:incoming"))
    page.get_by_label("Pindai nomor kotak, nomor rujukan").fill(box.number)
    page.keyboard.press("Enter")
    page.wait_for_url("**/kotak-masuk/**")
    page.get_by_label("Tempat").fill("Penerimaan")
    page.get_by_role("button", name="Kotak ada di sini").click()
    expect(page.locator("#pesan")).to_contain_text("Kotak sudah di sini")
    return IncomingBox.objects.within(Scope.of(owner.id)).get(remote=box.id)


def find(page: Page, came: IncomingBox, finding: str = "present", note: str = "") -> None:
    (item,) = referral.items_of_incoming_box(Scope.of(came.owner_id), came.id)
    page.get_by_label("Pindai label sampel pengirim").fill(item.sample_number)
    page.get_by_role("combobox", name="Temuan").select_option(finding)
    page.get_by_role("textbox", name="Keterangan").fill(note)
    page.get_by_role("button", name="Catat temuan").click()
    expect(page.locator("#pesan")).to_contain_text(item.sample_number)


def finish(page: Page) -> None:
    page.get_by_role("button", name="Selesai", exact=True).click()


def take_in(page: Page, owner: Owner, sender: Owner) -> Order:
    row = Incoming.objects.within(Scope.of(owner.id)).get(sender=sender, status="announced")
    page.goto(reverse("referral:incoming_referral", args=[row.id]))
    page.get_by_role("button", name="Terima rujukan").click()
    expect(page.get_by_role("link", name="Buka permintaan")).to_be_visible()
    row.refresh_from_db()
    return row.order


def upload(page: Page, *celsius: str) -> None:
    """The logger's file, a reading every half hour until now."""
    begin = clock.now() - timedelta(minutes=30 * (len(celsius) - 1))
    lines = [f"{begin + timedelta(minutes=30 * n):%Y-%m-%dT%H:%M:%S}+00:00;{value}" for n, value in enumerate(celsius)]
    content = "\n".join(["Waktu;Suhu (°C)", *lines]).encode()
    page.locator("input[type=file]").set_input_files(
        [{"name": "pencatat.csv", "mimeType": "text/csv", "buffer": content}]
    )
    page.get_by_role("button", name="Simpan catatan suhu").click()
    expect(page.locator("#pesan")).to_contain_text(f"{len(celsius)} pembacaan suhu disimpan")


def enter_value(page: Page, value: str) -> None:
    page.goto(reverse("bench:worklist"))
    page.locator('input[data-cell=""]').first.fill(value)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#pesan")).to_contain_text("1 nilai disimpan")


def steps_on(page: Page, order: Order) -> list[str]:
    """The line of the specimen as it stands on the page of the order: what, where, in which box, whose hands."""
    page.goto(reverse("orders:detail", args=[order.id]))
    line = page.get_by_role("list", name=re.compile("Campak")).first
    expect(line).to_be_visible()
    return [" ".join(text.split()) for text in line.get_by_role("listitem").all_inner_texts()]


def test_referral_journey_of_a_measles_serum_from_every_side(act_as, four_tiers, assert_accessible):
    owners, users = four_tiers
    puskesmas, district, province, region = (owners[code] for code in ("PKM-01", "KAB-00", "PROV-00", "REG-00"))
    counter = actor_of(users["PKM-01", "pendaftaran"], "web")
    child = {"full_name": "Sekar Contohwati", "sex": "P", "birth_date": date(2020, 5, 17), "no_nik_reason": "absent"}
    made = orders.register_order(
        counter, owner=puskesmas, codes=[TEST], new_patient={**child, "duplicates_checked": True}, urgency="urgent"
    )
    orders.receive_samples(counter, owner_id=puskesmas.id, sample_ids=[sample.id for sample in made.samples])

    # 1. Tier 1 to 2: the sender packs, the courier adds what the logger wrote, the receiver compares.
    sender = act_as("PKM-01", "penerima")
    box = send_in_a_box(sender, puskesmas, district, "Kurir Satu")
    assert_accessible(sender)
    courier = act_as("PKM-01", "kurir")
    courier.goto(reverse("referral:box", args=[box.id]))
    upload(courier, "4,1", "5,0", "4,6")
    expect(courier.get_by_text("Tidak pernah di luar batas pada waktu yang tercatat.")).to_be_visible()
    assert_accessible(courier)
    middle = act_as("KAB-00", "penerima")
    find(middle, arrive(middle, district, box))
    finish(middle)
    expect(middle.locator("#pesan")).to_contain_text("Selesai dicocokkan")
    there = take_in(middle, district, puskesmas)

    # 2. Tier 2 to 3: the first box leaks and is refused; the sender reads why, and sends another.
    box = send_in_a_box(middle, district, province, "Kurir Dua")
    upper = act_as("PROV-00", "penerima")
    find(upper, arrive(upper, province, box), "damaged", "Tutup krio retak")
    finish(upper)
    expect(upper.locator("#pesan")).to_contain_text("Selesai dicocokkan")
    middle.goto(reverse("referral:outgoing"))
    expect(middle.get_by_text("Tutup krio retak").first).to_be_visible()
    box = send_in_a_box(middle, district, province, "Kurir Tiga")
    find(upper, arrive(upper, province, box))
    finish(upper)
    above = take_in(upper, province, district)

    # 3. Tier 3 to 4: it warmed on the way. Nothing is finished until a person says what to do with it.
    box = send_in_a_box(upper, province, region, "Kurir Empat")
    top = act_as("REG-00", "penerima")
    came = arrive(top, region, box)
    upload(top, "4,0", "9,5", "12,4", "7,0")
    expect(top.get_by_text("Suhu pernah di luar batas").first).to_be_visible()
    top.goto(reverse("referral:incoming_box", args=[came.id]))
    assert_accessible(top)
    shot(top, "suhu")
    find(top, came)
    finish(top)
    expect(top.locator("#pesan")).to_contain_text("Suhunya pernah di luar batas")
    find(top, came, "present", "Serum jernih, dikerjakan dengan catatan")
    finish(top)
    expect(top.locator("#pesan")).to_contain_text("Selesai dicocokkan")
    upper.goto(reverse("referral:box", args=[box.id]))
    expect(upper.get_by_text("12,4 °C")).to_be_visible()  # the sender was told
    far = take_in(top, region, province)

    # 4. Tier 4 tests and reports; then it finds its mistake.
    enter_value(act_as("REG-00", "analis"), "Negatif")
    verify(act_as("REG-00", "verifikator"))
    doctor = act_as("REG-00", "validator")
    validate(doctor)
    release(doctor, far)
    origin_doctor = act_as("PKM-01", "validator")
    first = release(origin_doctor, made.order)
    amend(doctor, far, act_as)
    assert_version(Report.objects.within(Scope.of(region.id)), far, 2)

    # 5. The origin's report is open again and is issued anew, with who performed the test.
    origin_doctor.goto(reverse("reports:release", args=[made.id]))
    expect(origin_doctor.get_by_text("Positif").first).to_be_visible()
    expect(origin_doctor.get_by_text("Labkesmas REG-00").first).to_be_visible()
    origin_doctor.get_by_label("Apa yang berubah").first.fill("Hasil laboratorium rujukan diperbaiki")
    origin_doctor.get_by_role("button", name="Terbitkan LHU").click()
    origin_doctor.wait_for_url(re.compile(rf"/lhu/(?!{first.id})[0-9a-f-]{{36}}/"))
    assert_version(Report.objects.within(Scope.of(puskesmas.id)), made.order, 2)

    # Every side reads the same line, each as far as it concerns it: who hands a result on, tier 4 need not know.
    seen = {
        code: [
            text
            for text in steps_on(act_as(code, "analis"), order)
            if "Hasil diteruskan" not in text and not text.startswith(("Hasil kembali", "LHU terbit", "Selesai"))
        ]
        for code, order in (("PKM-01", made.order), ("KAB-00", there), ("PROV-00", above), ("REG-00", far))
    }
    shot(act_as("PKM-01", "analis"), "perjalanan")
    assert seen["PKM-01"] == seen["KAB-00"] == seen["PROV-00"] == seen["REG-00"]
    whole = " | ".join(seen["PKM-01"])
    for words in ("Kurir Satu", "Kurir Dua", "Kurir Tiga", "Kurir Empat", "Tutup krio retak", "12,4 °C", box.number,
                  "Serum jernih, dikerjakan dengan catatan", "Hasil akhir", "Hasil diperbaiki"):  # fmt: skip
        assert words in whole, words

    # Every journal holds, and both ends of each referral agree.
    for owner in owners.values():
        verdict = journal.verify(owner)
        assert verdict.whole, (owner.code, verdict)
        assert verdict.entries > 10
    checked = referral.check()
    assert (checked.referrals, checked.under_way, checked.contradictions) == (4, 0, ())


def amend(doctor: Page, order: Order, act_as) -> None:
    """The validator opens the reported result, another analyst enters it anew, and it goes out again."""
    result = next(iter(order_results(order)))
    doctor.goto(reverse("bench:result", args=[result]))
    doctor.get_by_role("button", name="Perbaiki…").click()
    doctor.get_by_label("Alasan").first.fill("Kontrol positif terlewat")
    doctor.get_by_role("button", name="Buka untuk diperbaiki").click()
    expect(doctor.get_by_text("Kembali ke meja kerja").first).to_be_visible()
    second = act_as("REG-00", "analis2")
    second.goto(reverse("bench:result", args=[result]))
    second.get_by_label("Nilai", exact=True).fill("Positif")
    second.get_by_role("button", name="Simpan nilai").click()
    verifier = act_as("REG-00", "verifikator")
    verifier.goto(reverse("bench:result", args=[result]))
    verifier.get_by_role("button", name="Verifikasi", exact=True).click()
    expect(verifier.get_by_role("button", name="Verifikasi", exact=True)).not_to_be_visible()
    doctor.goto(reverse("bench:result", args=[result]))
    doctor.get_by_role("button", name="Validasi…").click()
    doctor.locator("dialog#validasi").get_by_role("button", name="Validasi").click()
    expect(doctor.get_by_role("button", name="Perbaiki…")).to_be_visible()
    doctor.goto(reverse("reports:release", args=[order.id]))
    doctor.get_by_label("Apa yang berubah").fill("Kontrol positif terlewat")
    doctor.get_by_role("button", name="Terbitkan LHU").click()
    doctor.wait_for_url(re.compile(r"/lhu/[0-9a-f-]{36}/"))


def order_results(order: Order) -> list[object]:
    from laras.bench import queries as bench

    return [view.id for view in bench.results_of(Scope.of(order.owner_id), order.id)]


def assert_version(reports, order: Order, version: int) -> None:
    assert reports.filter(order_id=order.id, version=version).exists()
