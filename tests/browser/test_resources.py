"""What an office asks of the map of its network, each answer within six actions from its first page."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from playwright.sync_api import expect
from tests.network import places
from tests.network.conftest import SYSTEM, build_network

from laras.core import clock
from laras.network import services as network
from laras.network import shipped
from laras.resources import services
from laras.resources.rules import quarter_of

MOST = 6
SHEET = "lab_code,item,functioning\nLAB-2,Inkubator,1\nLAB-2,B-05,0\n"


@pytest.fixture
def officer(live_server, make_user):
    """Of a province whose laboratory LAB-2 reported long ago, LAB-1 yesterday, and the others never; its IPAL permit ends."""
    with mock.patch.object(shipped, "read_areas", return_value=iter(places.few_rows())):
        network.load_shipped_areas()
    found = build_network()
    network.rebuild_reach()
    services.load_shipped_standards()
    today = clock.today()
    services.accept_equipment(SYSTEM, content=SHEET.encode(), valid_from=today - timedelta(days=500))
    fresh = "lab_code,item,functioning\nLAB-1,Mikroskop binokuler,1\n"
    services.accept_equipment(SYSTEM, content=fresh.encode(), valid_from=today - timedelta(days=1))
    services.set_price(
        SYSTEM,
        owner_id=found["province_office"].pk,
        item_code="B-05",
        values={"price": 120_000_000, "source": "Penawaran uji", "fund": "dak_fisik"},
    )
    quarter = quarter_of(today)
    for code, kind, end in (
        ("tier2", "wastewater_slo", quarter.last),
        ("tier3", "wastewater_slo", quarter.last + timedelta(days=1)),
        ("tier3", "operation", quarter.first),
    ):
        paper = {"number": f"{kind}-{code}", "valid_from": quarter.first - timedelta(days=1000), "valid_until": end}
        services.record_permit(SYSTEM, owner_id=found[code].pk, kind=kind, values=paper)
    return make_user("petugas", found["province_office"].owner, "officer")


class Hand:
    """Acts on a page and counts: a click, a choice, a word typed."""

    def __init__(self, page) -> None:
        self.page, self.actions = page, 0

    def click(self, role: str, name: str) -> None:
        self.actions += 1
        self.page.get_by_role(role, name=name).first.click()

    def choose(self, label: str, option: str) -> None:
        self.actions += 1
        self.page.get_by_label(label, exact=True).select_option(label=option)


def test_an_office_finds_what_is_lacking_what_ends_what_it_costs_and_who_is_silent(
    officer, page, sign_in_browser, assert_accessible
):
    sign_in_browser(page, officer)
    page.goto("/")
    hand = Hand(page)
    hand.click("link", "Pemenuhan standar")
    hand.click("link", "LAB-2")
    hand.choose("Pemenuhan", "Tidak ada")
    rows = page.get_by_role("table", name="Alat yang wajib ada").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("B-05")
    assert hand.actions <= MOST

    page.goto("/")
    hand = Hand(page)
    hand.click("link", "Izin yang berakhir")
    hand.choose("Jenis izin", "IPAL / air limbah")
    ending = page.get_by_role("table", name="Izin yang berakhir").locator("tbody tr")
    expect(ending).to_have_count(1)
    expect(ending.first).to_contain_text("wastewater_slo-tier2")
    expect(ending.first).to_contain_text("Belum diurus")
    assert_accessible(page)
    assert hand.actions <= MOST

    page.goto("/")
    hand = Hand(page)
    hand.click("link", "Kebutuhan")
    hand.click("link", "Kota Makassar")
    expect(page.get_by_role("heading", name="Kota Makassar")).to_be_visible()
    funds = page.get_by_role("table", name="Menurut usulan sumber dana").locator("tbody tr")
    expect(funds.filter(has_text="DAK fisik")).to_contain_text("Rp120.000.000")
    expect(page.get_by_text("Kurang, tanpa harga")).to_be_visible()
    assert_accessible(page)
    assert hand.actions <= MOST

    page.goto("/")
    hand = Hand(page)
    hand.click("link", "Pemenuhan standar")
    hand.click("link", "Pelaporan alat")
    listed = page.get_by_role("table", name="Pelaporan alat").locator("tbody tr")
    expect(listed.filter(has_text="LAB-2")).to_have_count(1)
    expect(listed.filter(has_text="LAB-1")).to_have_count(0)
    assert_accessible(page)
    hand.choose("Tampilkan", "Yang belum pernah melapor")
    expect(listed.filter(has_text="LAB-2")).to_have_count(0)
    expect(listed.filter(has_text="LAB-3")).to_contain_text("belum pernah")
    assert hand.actions <= MOST
