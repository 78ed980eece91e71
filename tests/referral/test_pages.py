"""The screens: what is sent with a few keys, what is decided, who may see what; and the paper that travels along."""

from __future__ import annotations

import io
import re
from uuid import uuid4

import pytest
from django.urls import reverse
from pypdf import PdfReader

from laras.core.models import User
from laras.orders import queries as orders
from laras.people.models import Patient
from laras.referral import queries
from laras.referral.models import Incoming, IncomingItem, Outgoing

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(sign_in):
    def enter(lab, who="dewi"):
        return sign_in(User.objects.get(username=f"{lab.owner.code.lower()}-{who}"))

    return enter


def page(client, name, *args):
    answer = client.get(reverse(f"referral:{name}", args=args))
    assert answer.status_code == 200, answer.content[:300]
    return answer.content.decode()


def test_what_needs_a_referral_is_sent_from_its_page(at, puskesmas, district, region):
    made = puskesmas.order("GDP", "TG", urgency="urgent")
    browser = at(puskesmas)
    shown = page(browser, "outgoing")
    assert made.number in shown
    assert "Siti Aminah" in shown
    assert shown.index("Labkesmas LAB-C") < shown.index("Labkesmas LAB-B"), "who does all stands first"
    assert "Bila dibagi menurut jenjang" in shown
    assert "ke Labkesmas LAB-B; " in shown
    nothing = browser.post(reverse("referral:send", args=[made.id]), {"recipient": region.id, "form_key": "k0"})
    assert nothing.status_code == 422
    assert "Centang paling sedikit satu pemeriksaan" in nothing.content.decode()
    assert "mengerjakan 1 dari 2 pemeriksaan" in shown or "meneruskan ke jenjang" in shown
    views = puskesmas.results(made.id)
    answer = browser.post(
        reverse("referral:send", args=[made.id]),
        {"recipient": region.id, "results": [v.id for v in views.values()], "courier": "Ambulans", "form_key": "k1"},
    )
    row = Outgoing.rows.get()
    assert answer.status_code == 303
    assert answer.url == reverse("referral:outgoing_referral", args=[row.id])
    # Pressed twice: one referral.
    browser.post(
        reverse("referral:send", args=[made.id]),
        {"recipient": region.id, "results": [v.id for v in views.values()], "form_key": "k1"},
    )
    assert Outgoing.rows.count() == 1
    shown = page(browser, "outgoing_referral", row.id)
    assert "Labkesmas LAB-C" in shown
    assert "Menunggu diterima di Labkesmas LAB-C" in shown
    assert row.number in page(browser, "outgoing")
    assert row.number in page(browser, "sent")


def test_a_refused_sending_keeps_what_was_typed(at, puskesmas, district, region):
    made = puskesmas.order("GDP", "TG")
    browser = at(puskesmas)
    answer = browser.post(reverse("referral:send", args=[made.id]), {"recipient": region.id, "courier": "Pak Lalu"})
    assert answer.status_code == 422
    assert "Pak Lalu" in answer.content.decode()
    assert Outgoing.rows.count() == 0


def test_an_order_without_need_leads_back(at, puskesmas, district):
    made = puskesmas.order("HB")
    answer = at(puskesmas).post(reverse("referral:send", args=[made.id]), {"recipient": district.id})
    assert (answer.status_code, answer.url) == (303, reverse("referral:outgoing"))


def test_the_manifest_is_a_paper(at, puskesmas, district):
    made = puskesmas.order("GDP", "CHOL")
    row = puskesmas.send(district, made.id, courier="Ambulans")
    answer = at(puskesmas).get(reverse("referral:manifest", args=[row.id]))
    assert answer["Content-Type"] == "application/pdf"
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.content)).pages)
    for word in (row.number, "Siti Aminah", "Labkesmas LAB-B", "Ambulans"):
        assert word in text


def test_cancelling_on_the_page(at, puskesmas, district):
    row = puskesmas.send(district, puskesmas.order("GDP").id)
    browser = at(puskesmas)
    answer = browser.post(reverse("referral:cancel", args=[row.id]), {"reason": ""})
    assert answer.status_code == 422
    answer = browser.post(reverse("referral:cancel", args=[row.id]), {"reason": "Pasien menolak"})
    assert answer.status_code == 303
    assert puskesmas.outgoing(row).status == "cancelled"
    shown = page(browser, "outgoing_referral", row.id)
    assert "Pasien menolak" in shown
    # Our own reason is not theirs.
    assert "Catatan laboratorium tujuan" not in shown


def test_a_scan_opens_the_announced_referral(at, puskesmas, district):
    made = puskesmas.order("GDP")
    row = puskesmas.send(district, made.id)
    browser = at(district)
    assert row.number in page(browser, "incoming")
    answer = browser.get(reverse("referral:incoming"), {"scan": made.samples[0].number.lower()})
    assert answer.status_code == 302
    shown = page(browser, "incoming_referral", Incoming.rows.get().id)
    assert "Siti Aminah" in shown
    answer = browser.get(reverse("referral:incoming"), {"scan": "PKM-X-1"})
    assert "PKM-X-1" in answer.content.decode()
    assert answer.status_code == 200


def test_accepting_part_on_the_page(at, puskesmas, district):
    made = puskesmas.order("GDP", "CHOL")
    row = puskesmas.send(district, made.id)
    came = Incoming.rows.get()
    chol = IncomingItem.rows.get(test_code="CHOL")
    browser = at(district)
    address = reverse("referral:incoming_referral", args=[came.id])
    answer = browser.post(address, {f"decide_{chol.id.hex}": "other", "received": "on"})
    assert answer.status_code == 422
    assert "Jelaskan alasan lainnya" in answer.content.decode()
    answer = browser.post(
        address,
        {
            f"decide_{chol.id.hex}": "other",
            f"note_{chol.id.hex}": "Reagen habis",
            "received": "on",
            "condition": "Baik",
            "temperature": "4,5",
        },
    )
    assert answer.status_code == 303
    assert puskesmas.status(made.id) == {"GDP": "referred", "CHOL": "to_refer"}
    shown = page(browser, "incoming_referral", came.id)
    assert "Reagen habis" in shown
    assert "Buka permintaan" in shown
    shown = page(at(puskesmas), "outgoing_referral", row.id)
    assert "Reagen habis" in shown
    assert "Dikerjakan di Labkesmas LAB-B" in shown


def test_everything_wrong_with_a_decision_is_said_at_once(at, puskesmas, district):
    puskesmas.send(district, puskesmas.order("GDP", "CHOL").id)
    came, chol = Incoming.rows.get(), IncomingItem.rows.get(test_code="CHOL")
    shown = page(at(district), "incoming_referral", came.id)
    assert shown.index("Siti Aminah") < shown.index("Keputusan"), "who it is stands before what is decided"
    answer = at(district).post(
        reverse("referral:incoming_referral", args=[came.id]),
        {f"decide_{chol.id.hex}": "other", "received": "on", "temperature": "200"},
    )
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "Jelaskan alasan lainnya" in shown
    assert "Paling besar 60" in shown


def test_refusing_after_acceptance_says_what_it_takes_along(at, puskesmas, district):
    made = puskesmas.order("GDP")
    came = district.accept(puskesmas.send(district, made.id))
    browser = at(district)
    assert f"Permintaan {came.order.number} di sini ikut dibatalkan" in page(browser, "incoming_referral", came.id)
    assert browser.post(reverse("referral:refuse", args=[came.id]), {"reason": "hemolysed"}).status_code == 303
    order = orders.order_head(district.scope, came.order_id)
    assert order.status == "cancelled"
    # In words, not as the code.
    assert order.cancel_reason == "Rujukan ditolak: Lisis"
    assert puskesmas.status(made.id) == {"GDP": "to_refer"}


def test_what_was_reported_is_not_refused_any_more(at, puskesmas, district):
    made = puskesmas.order("GDP")
    came = district.accept(puskesmas.send(district, made.id))
    district.perform(came.order_id, "GDP", "90")
    district.release(came.order_id)
    assert "Tolak seluruh rujukan" not in page(at(district), "incoming_referral", came.id)


def test_the_page_asks_who_a_similar_person_is(at, puskesmas, district):
    known = district.order("HB").order.patient_id
    puskesmas.send(district, puskesmas.order("GDP").id)
    came = Incoming.rows.get()
    browser = at(district)
    address = reverse("referral:incoming_referral", args=[came.id])
    shown = page(browser, "incoming_referral", came.id)
    assert str(known) in shown
    assert browser.post(address, {"received": "on"}).status_code == 422
    assert browser.post(address, {"received": "on", "patient": str(known)}).status_code == 303
    came.refresh_from_db()
    assert came.order.patient_id == known
    assert Patient.rows.filter(owner=district.owner).count() == 1


def test_refusing_on_the_page(at, puskesmas, district):
    made = puskesmas.order("GDP")
    puskesmas.send(district, made.id)
    came = Incoming.rows.get()
    browser = at(district)
    address = reverse("referral:refuse", args=[came.id])
    assert browser.post(address, {"reason": ""}).status_code == 422
    assert browser.post(address, {"reason": "late"}).status_code == 303
    assert puskesmas.status(made.id) == {"GDP": "to_refer"}
    assert "Melewati batas waktu simpan" in page(browser, "incoming_referral", came.id)
    shown = page(at(puskesmas), "outgoing")
    assert "GDP ditolak Labkesmas LAB-B: Melewati batas waktu simpan" in shown
    assert 'id="berakhir"' in shown


def test_what_ended_without_a_result_stays_in_sight_on_both_sides(at, puskesmas, district, region, now):
    refused = puskesmas.send(district, puskesmas.order("GDP").id)
    district.refuse(refused, "other", "Alat rusak")
    cancelled = puskesmas.send(district, puskesmas.order("CHOL").id)
    puskesmas.cancel(cancelled, "Pasien pindah")
    for lab, name in ((puskesmas, "outgoing"), (district, "incoming")):
        shown = page(at(lab), name)
        for word in (refused.number, "Alat rusak", cancelled.number, "Pasien pindah"):
            assert word in shown, (name, word)
    now.forward(days=40)
    for lab, first, every in ((puskesmas, "outgoing", "sent"), (district, "incoming", "received")):
        browser = at(lab)
        assert cancelled.number not in page(browser, first)
        shown = page(browser, every)
        assert refused.number in shown
        assert cancelled.number in shown
    browser = at(district)
    address = reverse("referral:received")
    only = browser.get(address, {"status": "refused"}).content.decode()
    assert (refused.number in only, cancelled.number in only) == (True, False)
    found = browser.get(address, {"q": cancelled.number.lower()}).content.decode()
    assert (refused.number in found, cancelled.number in found) == (False, True)
    assert browser.get(address, {"after": "x"}).status_code == 422
    assert "Tidak ada rujukan" in page(at(region), "received")


def test_what_we_owe_too_long_is_marked(at, puskesmas, district, now):
    district.accept(puskesmas.send(district, puskesmas.order("GDP").id))
    assert "Terlambat" not in page(at(district), "incoming")
    now.forward(days=5)
    assert "Terlambat" in page(at(district), "incoming")


def test_sending_what_is_not_ours_is_not_found(at, puskesmas, district):
    made = puskesmas.order("GDP")
    for owner, order_id in ((puskesmas, uuid4()), (district, made.id)):
        answer = at(owner).post(reverse("referral:send", args=[order_id]), {"recipient": district.id})
        assert answer.status_code == 404
    assert Outgoing.rows.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "bukan-uuid"},
        {"recipient": "00000000-0000-0000-0000-000000000000"},
        {"results": "'; DROP TABLE x; --"},
        {"results": "00000000-0000-0000-0000-000000000000"},
        {"courier": "x" * 121},
        {"temperature": "x" * 41},
        {"reason": "x" * 241},
        {"courier": "a\x00b"},
    ],
)
def test_odd_input_sends_nothing_and_keeps_the_page(at, puskesmas, district, wrong):
    made = puskesmas.order("GDP")
    result = puskesmas.results(made.id)["GDP"].id
    good = {"recipient": str(district.id), "results": str(result), "courier": "Pak Lalu"}
    answer = at(puskesmas).post(reverse("referral:send", args=[made.id]), {**good, **wrong})
    assert answer.status_code == 422
    assert made.number in answer.content.decode()
    assert Outgoing.rows.count() == 0


def test_pressed_twice_sends_once(at, puskesmas, district):
    made = puskesmas.order("GDP")
    result = puskesmas.results(made.id)["GDP"].id
    browser = at(puskesmas)
    key = re.search(r'name="form_key" value="([^"]+)"', page(browser, "outgoing"))
    form = {"recipient": str(district.id), "results": str(result), "form_key": key.group(1) if key else ""}
    answers = [browser.post(reverse("referral:send", args=[made.id]), form) for _twice in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert Outgoing.rows.count() == 1


def test_pressed_twice_decides_once(at, puskesmas, district):
    puskesmas.send(district, puskesmas.order("GDP").id)
    came = Incoming.rows.get()
    browser = at(district)
    for _twice in range(2):
        assert (
            browser.post(reverse("referral:incoming_referral", args=[came.id]), {"received": "on"}).status_code == 303
        )
    assert browser.post(reverse("referral:refuse", args=[came.id]), {"reason": "x" * 300}).status_code == 422
    assert Incoming.rows.get().status == "accepted"


def test_the_order_s_page_shows_the_way(at, puskesmas, district):
    made = puskesmas.order("GDP")
    row = puskesmas.send(district, made.id)
    shown = at(puskesmas).get(reverse("orders:detail", args=[made.id])).content.decode()
    assert 'id="rujukan"' in shown
    assert row.number in shown
    assert "Menunggu diterima di Labkesmas LAB-B" in shown


PAGES = [
    ("outgoing", None),
    ("sent", None),
    ("incoming", None),
    ("received", None),
    ("outgoing_referral", "out"),
    ("incoming_referral", "in"),
]


@pytest.mark.parametrize(("name", "which"), PAGES)
def test_another_laboratory_s_referral_is_not_found(at, puskesmas, district, region, name, which):
    row = puskesmas.send(district, puskesmas.order("GDP").id)
    came = Incoming.rows.get()
    browser = at(region)
    args = {"out": [row.id], "in": [came.id], None: []}[which]
    answer = browser.get(reverse(f"referral:{name}", args=args))
    assert answer.status_code == (404 if which else 200)
    assert row.number not in answer.content.decode()


def test_without_the_right_the_pages_stay_shut(sign_in, make_user, puskesmas, district):
    row = puskesmas.send(district, puskesmas.order("GDP").id)
    browser = sign_in(make_user("kasir", puskesmas.owner, "cashier"))
    for name, args in (("outgoing", []), ("sent", []), ("outgoing_referral", [row.id]), ("manifest", [row.id])):
        assert browser.get(reverse(f"referral:{name}", args=args)).status_code == 403
    browser = sign_in(make_user("kurir", district.owner, "courier"))
    came = Incoming.rows.get()
    shown = page(browser, "incoming_referral", came.id)
    assert "Siti Aminah" not in shown, "a courier sees the box, not the person"
    assert browser.post(reverse("referral:refuse", args=[came.id]), {"reason": "late"}).status_code == 403
    assert browser.post(reverse("referral:incoming_referral", args=[came.id]), {}).status_code == 403
    assert queries.get_incoming(district.scope, came.id).status == "announced"


def test_the_page_asks_as_much_for_many_orders_as_for_one(at, puskesmas, district, region):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = at(puskesmas)
    puskesmas.order("GDP")
    with CaptureQueriesContext(connection) as one:
        page(browser, "outgoing")
    for code in ("CHOL", "TG", "GDP", "CHOL"):
        puskesmas.order(code)
    with CaptureQueriesContext(connection) as many:
        page(browser, "outgoing")
    assert len(many) <= len(one) + 1
