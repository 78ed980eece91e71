"""A health office at work: from a signal to a declared and closed KLB with its bulletin."""

from __future__ import annotations

import os

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from tests.product import world as worlds
from tests.surveillance import network

from laras.core import clock
from laras.core.actor import system_actor
from laras.surveillance import services
from laras.surveillance.models import Outbreak, Signal


@pytest.fixture
def office(live_server):
    """A city that takes two cases of measles as a signal, and three children of one school."""
    worlds.catalogue_queries.forget()
    world = network.build()
    services.adopt_threshold(
        world.city.officer, owner_id=world.city.id, disease="CAMPAK", cases=2, reason="Keputusan kepala dinas"
    )
    for n in range(3):
        world.lab.tested(world.lab.person(full_name=f"Anak {'ABC'[n]}"), "CAMIGM", "Positif")
    services.judge(system_actor("job:test"), owner_id=world.city.id)
    yield world.city
    worlds.catalogue_queries.forget()


def shot(page, name):
    folder = os.environ.get("LARAS_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_from_a_signal_to_a_closed_klb(office, page, open_page, sign_in_browser, assert_accessible):
    sign_in_browser(page, office.user)
    page.goto(reverse("surveillance:overview"))
    assert_accessible(page)
    page.get_by_role("link", name="Campak: 3 kasus").click()
    assert_accessible(page)
    page.get_by_role("button", name="Jadikan kejadian…").click()
    page.get_by_label("Judul kejadian baru").fill("Campak di sekolah dasar")
    page.get_by_role("dialog").get_by_label("Alasan").fill("Tiga anak satu kelas")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/surveilans/kejadian/**")
    expect(page.get_by_role("heading", name="Campak di sekolah dasar")).to_be_visible()
    page.get_by_role("button", name="Verifikasi…").click()
    page.get_by_label("Bagaimana diverifikasi").fill("Tim puskesmas mendatangi sekolah")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Laporan W1 jatuh tempo dalam 24 jam")).to_be_visible()
    page.get_by_role("button", name="Nilai risiko…").click()
    page.get_by_label("Tinggi", exact=True).check()
    page.get_by_label("Dasar penilaian").fill("Cakupan imunisasi rendah")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Penilaian risiko dicatat.")).to_be_visible()
    page.get_by_role("button", name="Tampilkan nama").click()
    expect(page.get_by_role("cell", name="Anak A")).to_be_visible()
    assert_accessible(page)
    shot(page, "kejadian")
    event = Outbreak.rows.get()
    place = reverse("surveillance:event", args=[event.id])

    head = open_page()
    sign_in_browser(head, office.head_user)
    head.goto(place)
    head.get_by_role("button", name="Tetapkan KLB…").click()
    head.get_by_label("Nomor keputusan").fill("SK 440/12/2026")
    head.keyboard.press("Control+Enter")
    expect(head.get_by_text("KLB ditetapkan.")).to_be_visible()
    head.get_by_role("button", name="Nyatakan KLB berakhir…").click()
    head.get_by_role("dialog").get_by_role("button", name="Nyatakan KLB berakhir").click()
    expect(head.get_by_text("KLB dinyatakan berakhir.")).to_be_visible()

    page.goto(place)
    page.get_by_role("button", name="Tutup kejadian…").click()
    page.get_by_role("dialog").get_by_label("Kesimpulan").fill("Dua masa inkubasi tanpa kasus baru")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Kejadian ditutup.")).to_be_visible()
    event.refresh_from_db()
    assert (event.status, event.decree) == ("closed", "SK 440/12/2026")
    assert Signal.rows.get().status == "joined"
    week = network.week_name(clock.now())
    bulletin = page.request.get(reverse("surveillance:bulletin", args=[week]))
    assert bulletin.ok
    assert bulletin.body().startswith(b"%PDF")
