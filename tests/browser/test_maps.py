"""The map of the network in a browser: walked with the keyboard, opened down to a kabkota, said by a table too."""

from __future__ import annotations

import re
from unittest import mock

import pytest
from playwright.sync_api import expect
from tests.network import places
from tests.network.conftest import build_network

from laras.network import services as network
from laras.network import shipped
from laras.resources import services


@pytest.fixture
def officer(live_server, make_user):
    with mock.patch.object(shipped, "read_areas", return_value=iter(places.few_rows())):
        network.load_shipped_areas()
    found = build_network()
    network.rebuild_reach()
    services.load_shipped_standards()
    return make_user("petugas", found["ministry"].owner, "officer")


def test_from_the_nation_to_a_laboratory(page, officer, sign_in_browser, assert_accessible):
    sign_in_browser(page, officer)
    page.goto("/kemampuan/peta/")
    expect(page.get_by_role("heading", name="Indonesia")).to_be_visible()
    province = page.locator(".map .areas a", has_text="Sulawesi Selatan")
    assert province.bounding_box()["width"] > 20
    filled = "(one) => getComputedStyle(one.querySelector('path')).fill"
    assert province.evaluate(filled) != page.locator(".map .areas a", has_text="Aceh").evaluate(filled)
    assert_accessible(page)

    # One stop of the Tab key; arrows walk to the neighbour, and what is reached is said.
    province.focus()
    expect(page.locator("[data-map-said]")).to_contain_text("Sulawesi Selatan: 4 laboratorium")
    assert page.locator(".map .areas a[tabindex='0']").count() == 1
    page.keyboard.press("ArrowUp")
    expect(page.locator("[data-map-said]")).to_contain_text("Sulawesi")
    assert "Selatan" not in page.locator("[data-map-said]").inner_text()
    page.keyboard.press("ArrowDown")
    province.focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("area=73"))
    expect(page.get_by_role("row", name=re.compile("Kota Makassar"))).to_contain_text("4")
    page.locator(".map .areas a", has_text="Kota Makassar").first.dispatch_event("click")
    expect(page.get_by_role("heading", name="Kota Makassar")).to_be_visible()
    expect(page.get_by_role("link", name="Lab uji LAB-2", exact=True)).to_be_visible()

    # Filtering draws a new map, which listens too.
    page.get_by_label("Titik menurut").select_option("score")
    expect(page.locator(".map-legend").nth(1)).to_contain_text("belum melapor (4)")
    page.get_by_label("Kode pemeriksaan").press_sequentially("TCM")
    expect(page.locator("#test-options option").first).to_have_attribute("value", re.compile("TCM"))
    expect(page.locator(".map-legend").nth(1)).to_be_visible()
    page.get_by_role("link", name="Garis pembinaan Lab uji LAB-2").click()
    expect(page.locator(".map .ties")).to_have_count(1)
    assert_accessible(page)
