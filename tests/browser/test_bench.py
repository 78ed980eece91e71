"""The grid of values as people use it: arrows, Enter, a pasted column, judged while typed, nothing lost with the line."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from uuid import UUID

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import DESKTOP, PHONE

from laras.bench.models import CriticalCall, Result
from laras.catalogue import queries as catalogue_queries
from laras.catalogue.layers import decode, merge
from laras.catalogue.shipped import shipped_rows
from laras.core.actor import actor_of
from laras.orders import services as orders
from laras.people import services as people
from laras.resources.models import Capability

CODES = ["HB", "HCT", "PLT", "ABO"]


@pytest.fixture
def staff(live_server, make_owner, make_user, monkeypatch):
    """A laboratory with four open tests, an analyst, a verifier and a validator."""
    plain = merge([decode("shipped", "laras/test", "shipped", "laras", shipped_rows())])
    adopted = {
        code: tuple(
            replace(row, provenance=replace(row.provenance, status="adopted")) for row in rows if row.practice == "a"
        )
        for code, rows in plain.criticals_by_test.items()
    }
    catalogue = replace(plain, criticals_by_test=MappingProxyType(adopted))
    monkeypatch.setattr(catalogue_queries, "effective", lambda owner_id: catalogue)
    lab = make_owner("NTB-01", zone="Asia/Makassar")
    users = {
        "analyst": make_user("made", lab, "analyst"),
        "verifier": make_user("wayan", lab, "verifier"),
        "validator": make_user("ratna", lab, "validator"),
    }
    counter = actor_of(make_user("dewi", lab, "receptionist", "receiver"), "web")
    for code in CODES:
        Capability.rows.create(owner=lab, test_code=code, method="", tat_hours=4)
    patient = people.register_patient(
        counter, owner_id=lab.id, full_name="Siti Aminah", sex="P", birth_date=date(1990, 4, 12), no_nik_reason="absent"
    )
    order = orders.register_order(counter, owner=lab, codes=CODES, patient_id=patient.id)
    orders.receive_samples(counter, owner_id=lab.id, sample_ids=[sample.id for sample in order.samples])
    return users


def cell(page, code):
    return page.locator(f'tr[data-row="{Result.rows.get(test_code=code).id}"] input[data-cell=""]')


def note(page, code):
    return page.locator(f'tr[data-row="{Result.rows.get(test_code=code).id}"] [data-note]')


@pytest.fixture
def grid(page, sign_in_browser, staff):
    sign_in_browser(page, staff["analyst"])
    page.goto("/meja-kerja/")
    return page


def order_of_cells(page):
    return [
        re.sub("^raw-", "", name)
        for name in page.eval_on_selector_all('input[data-cell=""]', "all => all.map(c => c.name)")
    ]


def test_arrows_and_enter_walk_down_and_up(grid):
    names = [f"raw-{key}" for key in order_of_cells(grid)]
    grid.locator('input[data-cell=""]').first.focus()
    here = "document.activeElement.name"
    grid.keyboard.type("13")
    grid.keyboard.press("Enter")
    assert grid.evaluate(here) == names[1]
    grid.keyboard.press("ArrowDown")
    assert grid.evaluate(here) == names[2]
    grid.keyboard.press("ArrowUp")
    grid.keyboard.press("Shift+Enter")
    assert grid.evaluate(here) == names[0]
    grid.keyboard.press("ArrowRight")
    assert grid.evaluate(here).startswith("comment-")
    grid.keyboard.press("ArrowLeft")
    assert grid.evaluate(here) == names[0]


def test_judged_while_typed_and_the_error_stands_at_the_cell(grid):
    cell(grid, "HB").fill("5,1")
    expect(note(grid, "HB")).to_contain_text("kritis bila")
    cell(grid, "PLT").fill("1.234")
    expect(note(grid, "PLT")).to_contain_text("dapat berarti")
    expect(cell(grid, "PLT")).to_have_attribute("aria-invalid", "true")
    cell(grid, "PLT").fill("250")
    expect(note(grid, "PLT")).to_contain_text("Dalam rujukan")
    expect(cell(grid, "PLT")).not_to_have_attribute("aria-invalid", "true")
    assert Result.rows.filter(status="entered").count() == 0


def test_a_column_is_pasted_and_saved_in_one_request(grid):
    sent = []
    grid.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    first = grid.locator('input[data-cell=""]').first
    first.focus()
    by_code = dict(Result.rows.values_list("id", "test_code"))
    order = [by_code[key] for key in map(UUID, order_of_cells(grid))]
    values = {"HB": "13", "HCT": "40", "PLT": "250", "ABO": "O"}
    text = "\n".join(values[code] for code in order) + "\n"
    first.evaluate(
        """(input, text) => { const data = new DataTransfer(); data.setData("text/plain", text);
        input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }""",
        text,
    )
    expect(grid.locator("[data-grid-status]")).to_have_text("4 belum disimpan")
    expect(note(grid, "PLT")).to_contain_text("Dalam rujukan")
    sent.clear()
    grid.keyboard.press("Control+Enter")
    expect(grid.locator("#pesan")).to_contain_text("4 nilai disimpan")
    assert len(sent) == 1
    assert dict(Result.rows.values_list("test_code", "raw")) == values
    expect(grid.locator("#isi")).to_contain_text("Tidak ada yang menunggu di sini")


def test_what_is_wrong_stays_and_what_is_right_is_saved(grid):
    cell(grid, "HB").fill("13")
    cell(grid, "PLT").fill("1.234")
    grid.get_by_role("button", name="Simpan", exact=True).click()
    expect(grid.locator("[data-grid-status]")).to_contain_text("Sebagian belum disimpan")
    expect(cell(grid, "PLT")).to_have_value("1.234")
    expect(cell(grid, "PLT")).to_be_focused()
    assert Result.rows.get(test_code="HB").status == "entered"
    cell(grid, "PLT").fill("250")
    grid.keyboard.press("Control+Enter")
    expect(grid.locator("#pesan")).to_contain_text("nilai disimpan")
    assert Result.rows.get(test_code="HB").entries == 1


def test_a_lost_line_loses_nothing(grid, open_page):
    cell(grid, "HB").fill("13")
    grid.context.set_offline(True)
    grid.keyboard.press("Control+Enter")
    expect(grid.locator("[data-grid-status]")).to_contain_text("Sambungan terputus")
    expect(cell(grid, "HB")).to_have_value("13")
    assert Result.rows.get(test_code="HB").status == "waiting"
    grid.context.set_offline(False)
    expect(grid.locator("#pesan")).to_contain_text("1 nilai disimpan")
    assert Result.rows.get(test_code="HB").raw == "13"
    open_page.complaints[:] = [line for line in open_page.complaints if "ERR_INTERNET_DISCONNECTED" not in line]


def test_a_reload_brings_back_what_was_typed(grid):
    cell(grid, "HB").fill("13")
    grid.wait_for_timeout(400)
    grid.reload()
    expect(cell(grid, "HB")).to_have_value("13")
    expect(grid.locator("[data-grid-status]")).to_have_text("1 belum disimpan")
    expect(note(grid, "HB")).to_contain_text("Dalam rujukan")


def test_two_analysts_in_one_cell(grid, open_page, sign_in_browser, staff):
    """The later one sees the other's value and says whether his own shall stand; nothing is overwritten unseen."""
    other = sign_in_browser(open_page(), staff["verifier"])
    other.goto("/meja-kerja/")
    cell(grid, "HB").fill("13")
    grid.keyboard.press("Control+Enter")
    expect(grid.locator("#pesan")).to_contain_text("1 nilai disimpan")
    cell(other, "HB").fill("12,5")
    other.keyboard.press("Control+Enter")
    expect(note(other, "HB")).to_contain_text("Sekarang terisi 13")
    assert Result.rows.get(test_code="HB").raw == "13"
    other.get_by_role("button", name="Simpan nilai saya").click()
    expect(other.locator("#pesan")).to_contain_text("1 nilai disimpan")
    row = Result.rows.get(test_code="HB")
    assert (row.raw, row.entries) == ("12,5", 2)


def test_a_session_that_ended_loses_nothing(grid, sign_in_browser, staff):
    """Out, and in again in another tab, where the form's token changed: the page that was left open goes on."""
    cell(grid, "HB").fill("13")
    grid.context.clear_cookies()
    grid.keyboard.press("Control+Enter")
    expect(grid.locator("[data-grid-status]")).to_contain_text("Sesi Anda sudah berakhir")
    tab = grid.context.new_page()
    sign_in_browser(tab, staff["analyst"])
    tab.goto("/meja-kerja/")
    grid.bring_to_front()
    cell(grid, "HB").press("Control+Enter")
    expect(grid.locator("#pesan")).to_contain_text("1 nilai disimpan")
    assert Result.rows.get(test_code="HB").raw == "13"


def test_three_persons_and_a_critical_call(page, open_page, sign_in_browser, staff, assert_accessible):
    sign_in_browser(page, staff["analyst"])
    page.goto("/meja-kerja/")
    cell(page, "HB").fill("5,1")
    cell(page, "HCT").fill("40")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#pesan")).to_contain_text("2 nilai disimpan")
    page.goto("/meja-kerja/kritis/")
    expect(page.locator("[data-due]")).to_have_text(re.compile("sisa (29|30) mnt"))
    assert_accessible(page)
    page.get_by_role("button", name="Laporkan…").click()
    page.get_by_label("Dilaporkan kepada").fill("dr. Jaga IGD")
    page.get_by_role("button", name="Catat laporan").click()
    # Not yet read back: the dialog stays open with what was typed.
    expect(page.get_by_label("Dilaporkan kepada")).to_have_value("dr. Jaga IGD")
    page.get_by_label("Penerima membacakan ulang").check()
    page.get_by_role("button", name="Catat laporan").click()
    expect(page.locator("#pesan")).to_contain_text("Laporan nilai kritis dicatat")
    assert CriticalCall.rows.get().receiver == "dr. Jaga IGD"

    second = sign_in_browser(open_page(), staff["verifier"])
    second.goto("/meja-kerja/verifikasi/")
    assert_accessible(second)
    second.locator(".look").get_by_role("button", name="Verifikasi").click()
    expect(second.locator("#pesan")).to_contain_text("Hasil diverifikasi")
    # Nothing is left to look at: the page goes on with the normal ones.
    assert_accessible(second)
    second.get_by_label("Pilih semua").check()
    second.get_by_role("button", name="Verifikasi yang dipilih").click()
    expect(second.locator("#pesan")).to_contain_text("1 hasil diverifikasi")

    third = sign_in_browser(open_page(), staff["validator"])
    third.goto("/meja-kerja/validasi/")
    assert_accessible(third)
    third.locator(".look").get_by_role("button", name="Validasi").click()
    expect(third.locator("#pesan")).to_contain_text("Hasil divalidasi")
    third.get_by_role("link", name="Normal").click()
    third.get_by_label("Pilih semua").check()
    third.get_by_role("button", name="Validasi yang dipilih").click()
    expect(third.locator("#pesan")).to_contain_text("1 hasil divalidasi")
    assert dict(Result.rows.filter(test_code__in=["HB", "HCT"]).values_list("test_code", "status")) == {
        "HB": "validated",
        "HCT": "validated",
    }
    third.goto(f"/meja-kerja/hasil/{Result.rows.get(test_code='HB').id}/")
    expect(third.locator("#isi")).to_contain_text("dr. Jaga IGD")
    assert_accessible(third)


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_the_pages_are_accessible(open_page, sign_in_browser, staff, assert_accessible, size, scheme):
    seen = sign_in_browser(open_page(size, color_scheme=scheme), staff["analyst"])
    result = Result.rows.get(test_code="HB").id
    for address in ("/meja-kerja/", "/meja-kerja/?status=to_refer", f"/meja-kerja/hasil/{result}/"):
        seen.goto(address)
        assert_accessible(seen)


def test_what_was_refused_once_is_no_draft_after_it_was_saved(page, sign_in_browser, staff):
    """The refusal stands at another address than the page: both are one draft, and it is gone when the value is kept."""
    sign_in_browser(page, staff["analyst"])
    page.goto(f"/meja-kerja/hasil/{Result.rows.get(test_code='HB').id}/")
    for raw in ("1.250", "13,1"):
        page.locator("#id_raw").fill(raw)
        page.get_by_role("button", name="Simpan nilai").click()
        expect(page.locator(".error-summary" if raw == "1.250" else "#pesan")).to_be_visible()
    assert Result.rows.get(test_code="HB").raw == "13,1"
    expect(page.locator("#id_raw")).to_have_value("")
    expect(page.get_by_text("Isian yang belum tersimpan dikembalikan")).to_have_count(0)
