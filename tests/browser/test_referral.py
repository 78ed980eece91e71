"""Referral as people use it: sent with a few keys, opened by a scan, taken in part, followed on its way."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from tests.referral.conftest import Lab

from laras.catalogue import queries as catalogue_queries
from laras.catalogue.layers import decode, merge
from laras.catalogue.shipped import shipped_rows
from laras.core import clock
from laras.core.actor import actor_of
from laras.core.models import Owner
from laras.network import queries as network
from laras.referral import services
from laras.referral.models import Incoming, Outgoing


@pytest.fixture
def labs(live_server, make_owner, make_user, monkeypatch):
    """A puskesmas, its district's and the region's laboratory, and the person at the counter of each."""
    plain = merge([decode("shipped", "laras/test", "shipped", "laras", shipped_rows())])
    monkeypatch.setattr(catalogue_queries, "effective", lambda owner_id: plain)
    above = {"PKM-A": ["LAB-B", "LAB-C"], "LAB-B": ["LAB-C"]}

    def chain(owner_id, on=None):
        code = Owner.objects.values_list("code", flat=True).get(id=owner_id)
        return list(Owner.objects.filter(code__in=above.get(code, [])).order_by("tier").values_list("id", flat=True))

    monkeypatch.setattr(network, "supervisor_chain", chain)
    found = {}
    for code, tier, tests in (("PKM-A", 1, ["HB"]), ("LAB-B", 2, ["GDP", "CHOL"]), ("LAB-C", 4, ["GDP", "TG"])):
        owner = make_owner(code, name=f"Labkesmas {code}", tier=tier)
        user = make_user(f"{code.lower()}-dewi", owner, "receptionist", "receiver")
        lab = Lab(owner, actor_of(user, "web"), None, None, None)
        lab.can(*tests)
        found[code] = (lab, user)
    return found


def shot(page, name):
    folder = os.environ.get("LARAS_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_referral_from_need_to_answer(labs, page, open_page, sign_in_browser, assert_accessible):
    (puskesmas, dewi), (_district, sari) = labs["PKM-A"], labs["LAB-B"]
    made = puskesmas.order("GDP", "CHOL", urgency="urgent", receive=True)
    sign_in_browser(page, dewi)
    page.goto(reverse("referral:outgoing"))
    expect(page.get_by_role("heading", name=made.number)).to_be_visible()
    assert_accessible(page)
    shot(page, "keluar")
    page.get_by_label("Kurir").first.fill("Ambulans")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/rujukan/keluar/**")
    row = Outgoing.rows.get()
    assert (row.recipient.code, row.courier) == ("LAB-B", "Ambulans")
    assert_accessible(page)
    shot(page, "keluar-satu")
    page.goto(reverse("referral:sent"))
    assert_accessible(page)

    other = open_page()
    sign_in_browser(other, sari)
    other.goto(reverse("referral:incoming"))
    assert_accessible(other)
    shot(other, "masuk")
    other.get_by_label("Pindai nomor kotak, nomor rujukan").fill(row.number)
    other.keyboard.press("Enter")
    other.wait_for_url("**/rujukan/masuk/*-*/")
    expect(other.get_by_text("Siti Aminah").first).to_be_visible()
    assert_accessible(other)
    shot(other, "masuk-satu")
    other.get_by_label("Keputusan untuk").nth(1).select_option("insufficient")
    other.get_by_role("button", name="Terima rujukan").click()
    expect(other.get_by_role("link", name="Buka permintaan")).to_be_visible()
    assert Incoming.rows.get().status == "accepted"
    assert_accessible(other)
    shot(other, "masuk-diterima")
    page.goto(reverse("referral:outgoing_referral", args=[row.id]))
    expect(page.get_by_text("Volume kurang").first).to_be_visible()
    assert_accessible(page)
    shot(page, "keluar-dijawab")
    page.goto(reverse("orders:detail", args=[made.id]))
    assert_accessible(page)
    shot(page, "permintaan")


def test_on_a_phone_in_the_dark(labs, open_page, sign_in_browser, assert_accessible):
    (puskesmas, dewi), (district, sari) = labs["PKM-A"], labs["LAB-B"]
    puskesmas.order("TG")
    made = puskesmas.order("GDP", person={"full_name": "Lalu Wirajaya", "sex": "L"})
    row = puskesmas.send(district, made.id)
    phone = open_page({"width": 390, "height": 844}, "dark")
    sign_in_browser(phone, dewi)
    for name, args in (("outgoing", []), ("sent", []), ("outgoing_referral", [row.id])):
        phone.goto(reverse(f"referral:{name}", args=args))
        assert_accessible(phone)
        shot(phone, f"telepon-{name}")
    box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
    services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=row.number)
    before, after = (f"{clock.now() + timedelta(minutes=n):%Y-%m-%dT%H:%M:%S}+00:00" for n in (-120, 5))
    warm = f"waktu;suhu\n{before};12,5\n{after};4\n"
    services.add_log(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, content=warm.encode())
    phone.goto(reverse("referral:box", args=[box.id]))
    expect(phone.get_by_text("Suhu diragukan")).to_be_visible()
    assert_accessible(phone)
    shot(phone, "telepon-kotak")
    sign_in_browser(phone, sari)
    for name, args in (("incoming", []), ("incoming_referral", [Incoming.rows.get().id])):
        phone.goto(reverse(f"referral:{name}", args=args))
        assert_accessible(phone)
        shot(phone, f"telepon-{name}")
    phone.get_by_role("button", name="Tolak seluruh rujukan").click()
    phone.get_by_label("Alasan penolakan").select_option("late")
    phone.get_by_role("button", name="Tolak rujukan", exact=True).click()
    expect(phone.get_by_text("Melewati batas waktu simpan").first).to_be_visible()
    assert puskesmas.status(made.id) == {"GDP": "to_refer"}
