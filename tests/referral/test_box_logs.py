"""A logger's file of a box: from either end or the courier, kept, told to the other end, and decided upon by a person."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from laras.core import attachments, journal
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.models import JournalEntry, User
from laras.core.scope import Scope
from laras.referral import queries, services
from tests.referral.test_boxes import find, hand_over, there

pytestmark = pytest.mark.django_db

# The laboratory's zone is WITA: 01.00 UTC is 09.00 there.
CALM = b"waktu;suhu\n16/11/2026 09:00;4,5\n16/11/2026 10:00;5,1\n16/11/2026 11:00;6,0\n"
WARM = b"waktu;suhu\n16/11/2026 09:00;4,5\n16/11/2026 10:00;12,3\n16/11/2026 13:00;9,1\n16/11/2026 14:00;5,0\n"


@pytest.fixture
def away(puskesmas, district, now):
    """A box with two specimens (GDP, CHOL) of two persons, on its way; its referrals and labels."""
    box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
    rows = [puskesmas.send(district, puskesmas.order(code).id) for code in ("GDP", "CHOL")]
    for row in rows:
        services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=row.number)
    hand_over(puskesmas, box)
    now.forward(hours=6)
    labels = [queries.items_of_outgoing(puskesmas.scope, [row.id])[row.id][0].sample.number for row in rows]
    return box, rows, labels


def log_here(lab, box, content=WARM, who=None, **more):
    return services.add_log(who or lab.counter, owner_id=lab.id, box_id=box.id, content=content, **more)


def log_there(lab, box, content=WARM, **more):
    return services.add_log_on_arrival(lab.counter, owner_id=lab.id, box_id=box.id, content=content, **more)


def arrived(district, box):
    return services.receive_box(district.counter, owner_id=district.id, box_id=there(district, box).id)


def test_the_couriers_file_reaches_the_receiver(away, puskesmas, district, make_actor):
    box, _rows, labels = away
    courier = make_actor("pkm-a-kurir", puskesmas.owner, "courier")
    log = log_here(puskesmas, box, who=courier)
    assert [(one.minutes, one.extreme, one.side) for one in log.excursions] == [(240, Decimal("12.3"), "warm")]
    assert attachments.read(log.digest) == WARM, "the bytes as they came"
    assert services.kept_log(queries.get_box(puskesmas.scope, box.id), log.id) == WARM
    came = there(district, box)
    (told,) = queries.logs_of(came)
    assert (told.id, told.who, told.excursions) == (log.id, courier.name, log.excursions)
    with pytest.raises(NotFound):
        services.kept_log(came, log.id)
    items = queries.items_of_incoming_box(district.scope, came.id)
    doubts = queries.doubts_in_incoming_box(district.scope, came, items)
    assert {number: (one.verdict, one.hours) for number, one in doubts.items()} == dict.fromkeys(
        labels, ("doubtful", 4.0)
    )
    mine = queries.get_box(puskesmas.scope, box.id)
    assert len(queries.doubts_in_box(puskesmas.scope, mine, queries.items_of_box(puskesmas.scope, box.id))) == 2
    # Twice the same file: nothing more happens.
    entries = JournalEntry.rows.count()
    assert log_here(puskesmas, box).id == log.id
    assert JournalEntry.rows.count() == entries


def test_the_receivers_file_reaches_the_sender_even_when_all_is_done(away, puskesmas, district):
    box, _rows, _labels = away
    arrived(district, box)
    services.finish_box(district.counter, owner_id=district.id, box_id=there(district, box).id, rest_missing=True)
    log = log_there(district, there(district, box))
    mine = queries.get_box(puskesmas.scope, box.id)
    assert [one.id for one in queries.logs_of(mine)] == [log.id]
    # And what the sender finds afterwards reaches the receiver, which keeps what it found.
    late = log_here(puskesmas, box, CALM)
    came = there(district, box)
    assert {one.id for one in queries.logs_of(came)} == {log.id, late.id}
    assert came.status == "reconciled"
    for lab in (puskesmas, district):
        assert journal.verify(lab.owner).whole
    entries = [bytes(row.payload) for row in JournalEntry.rows.filter(event__startswith="referral.box_log")]
    assert len(entries) == 2
    assert not [one for one in entries if district.counter.name.encode() in one]


def test_a_calm_log_flags_nothing(away, puskesmas, district):
    box, _rows, _labels = away
    log_here(puskesmas, box, CALM)
    arrived(district, box)
    came = there(district, box)
    assert (
        queries.doubts_in_incoming_box(district.scope, came, queries.items_of_incoming_box(district.scope, came.id))
        == {}
    )
    services.finish_box(district.counter, owner_id=district.id, box_id=came.id, rest_missing=True)


def test_a_person_decides_on_what_was_warm(away, puskesmas, district):
    box, rows, labels = away
    log_here(puskesmas, box)
    arrived(district, box)
    came = there(district, box)
    find(district, came, labels[0])
    find(district, came, labels[1])
    with pytest.raises(Refused, match=labels[0]) as refused:
        services.finish_box(district.counter, owner_id=district.id, box_id=came.id)
    assert refused.value.code == "temperature_undecided"
    find(district, came, labels[0], "present", "Serum tampak baik, dikerjakan dengan catatan")
    find(district, came, labels[1], "temperature")
    services.finish_box(district.counter, owner_id=district.id, box_id=came.id)
    assert [puskesmas.outgoing(row).status for row in rows] == ["sent", "refused"]
    # The remark of the comparison is enough for taking it in.
    assert district.accept(rows[0]).status == "accepted"


def test_without_a_comparison_taking_in_needs_a_remark(away, puskesmas, district):
    box, rows, _labels = away
    log_here(puskesmas, box)
    with pytest.raises(Refused, match="Tulis keterangan") as refused:
        district.accept(rows[0])
    assert refused.value.problems[0].field == "note"
    assert district.accept(rows[0], note="Dikerjakan atas permintaan dokter").note
    # Refusing needs none besides its reason.
    items = queries.items_of_incoming(district.scope, [district.incoming(rows[1]).id])
    assert len(items) == 1
    assert district.refuse(rows[1], "temperature").status == "refused"
    assert queries.check().contradictions == ()


def test_only_what_is_taken_in_needs_the_remark(puskesmas, district, now):
    """Two tests of two specimens in one referral: the one that is refused is decided by that."""
    district.can("PLT")
    box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
    row = puskesmas.send(district, puskesmas.order("GDP").id)
    services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=row.number)
    log_here(puskesmas, box, CALM)  # while it is packed; it goes with the box
    hand_over(puskesmas, box)
    assert len(queries.logs_of(there(district, box))) == 1
    assert district.accept(row).status == "accepted"


@pytest.mark.parametrize(
    ("content", "code", "text"),
    [
        (b"", "size", "kosong"),
        (b"PK\x03\x04\x00\x00", "encoding", "CSV"),
        (b"a;b\n1;2\n", "head", "judul"),
        (b"waktu;suhu\n16/11/2026 09:00;4\nbesok;4\n", "moment", "Baris 3"),
        (b"waktu;suhu\n16/11/2026 09:00;hangat\n", "number", "Baris 2"),
        (b"waktu;suhu\n16/05/2024 09:00;4\n", "not_this_box", "16-05-2024"),
    ],
)
def test_a_wrong_file_is_named_and_nothing_is_kept(away, puskesmas, content, code, text):
    box = away[0]
    entries = JournalEntry.rows.count()
    with pytest.raises(Refused, match=text) as refused:
        log_here(puskesmas, box, content)
    assert (refused.value.code, refused.value.problems[0].field) == (code, "file")
    assert JournalEntry.rows.count() == entries
    assert queries.get_box(puskesmas.scope, box.id).logs == []


def test_the_order_of_the_days_is_asked_when_nothing_tells_it(puskesmas, district, now):
    # Both the tenth of November and the eleventh of October lie within the long way of this box.
    now.forward(days=-40)
    box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
    now.forward(days=40)
    content = b"time;temp\n10/10/2026 09:00;4\n11/10/2026 09:00;4\n10/11/2026 09:00;4\n"
    with pytest.raises(Refused, match="dua cara") as refused:
        log_here(puskesmas, box, content)
    assert (refused.value.code, refused.value.problems[0].field) == ("day_order", "order")
    assert log_here(puskesmas, box, content, order="dmy").last.month == 11


def test_rights_and_walls(away, puskesmas, district, region, make_actor):
    box, _rows, _labels = away
    with pytest.raises(Forbidden):
        log_here(puskesmas, box, who=puskesmas.doctor)
    with pytest.raises(NotFound):
        services.add_log(district.counter, owner_id=district.id, box_id=box.id, content=CALM)
    with pytest.raises(Refused, match="sampai"):
        log_there(district, there(district, box))
    with pytest.raises(NotFound):
        log_there(region, there(district, box))
    assert Scope.of(region.id) != district.scope


def upload(content):
    return SimpleUploadedFile("Catatan Bu Dewi.csv", content, content_type="text/csv")


def test_the_log_on_both_screens(sign_in, away, puskesmas, district):
    box, rows, labels = away
    client = sign_in(User.objects.get(username="pkm-a-dewi"))
    page = reverse("referral:box", args=[box.id])
    assert "Belum ada catatan suhu" in client.get(page).content.decode()
    add = reverse("referral:add_log", args=[box.id])
    assert client.post(add, {}).status_code == 422
    wrong = client.post(add, {"file": upload(b"waktu;suhu\n16/11/2026 09:00;hangat\n"), "order": ""})
    assert (wrong.status_code, "Baris 2: Suhu tidak dapat dibaca." in wrong.content.decode()) == (422, True)
    assert client.post(add, {"file": upload(WARM), "order": ""}).status_code == 303
    shown = client.get(page).content.decode()
    for part in ("<polyline", "12,3 °C", "4 jam", "Terlalu hangat", "Suhu diragukan", "4,0 jam terlalu hangat"):
        assert part in shown, part
    (log,) = queries.logs_of(queries.get_box(puskesmas.scope, box.id))
    file = client.get(reverse("referral:log_file", args=[box.id, log.id]))
    assert (file.content, "Dewi" in file["Content-Disposition"]) == (WARM, False)

    arrived(district, box)
    came = there(district, box)
    client = sign_in(User.objects.get(username="lab-b-dewi"))
    page = reverse("referral:incoming_box", args=[came.id])
    shown = client.get(page).content.decode()
    assert "Ada sampel yang suhunya diragukan" in shown
    assert "Berkas aslinya disimpan di PKM-A." in shown
    assert client.get(reverse("referral:arrived_log_file", args=[came.id, log.id])).status_code == 404
    for number in labels:
        client.post(page, {"scan": number, "finding": "present"})
    halted = client.post(reverse("referral:finish_box", args=[came.id]), follow=True).content.decode()
    assert "Suhunya pernah di luar batas" in halted
    for number in labels:
        client.post(page, {"scan": number, "finding": "present", "note": "Dikerjakan dengan catatan"})
    client.post(reverse("referral:finish_box", args=[came.id]))
    detail = reverse("referral:incoming_referral", args=[district.incoming(rows[0]).id])
    shown = client.get(detail).content.decode()
    assert "Suhu kotaknya pernah di luar batas" in shown
    assert 'value="Dikerjakan dengan catatan"' in shown, "the remark stands in the form already"
    assert (
        client.post(reverse("referral:add_log_on_arrival", args=[came.id]), {"file": upload(CALM)}).status_code == 303
    )
    (other,) = (one for one in queries.logs_of(there(district, box)) if one.lab == "LAB-B")
    file = client.get(reverse("referral:arrived_log_file", args=[came.id, other.id]))
    assert file.content == CALM


def test_a_gap_and_a_log_that_does_not_cover_the_way_are_said(sign_in, away, puskesmas, district):
    box, _rows, _labels = away
    arrived(district, box)
    log_here(puskesmas, box, b"waktu;suhu\n16/11/2026 10:00;4,5\n16/11/2026 14:00;5,0\n")
    client = sign_in(User.objects.get(username="pkm-a-dewi"))
    shown = client.get(reverse("referral:box", args=[box.id])).content.decode()
    assert "Alat diam paling lama 4,0 jam" in shown
    assert "sesudah kotak diserahkan" in shown
    assert "sebelum kotak sampai" in shown


def test_a_fuller_box_costs_no_more_queries(sign_in, puskesmas, district, now):
    """Both pages of a box that warmed, with two specimens and with six."""
    found = []
    for specimens in (2, 6):
        box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
        for _turn in range(specimens):
            row = puskesmas.send(district, puskesmas.order("GDP").id)
            services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=row.number)
        hand_over(puskesmas, box)
        begin = now.moment
        now.forward(hours=2)
        arrived(district, box)
        content = f"waktu;suhu\n{begin:%Y-%m-%dT%H:%M:%S}+00:00;12\n{now.moment:%Y-%m-%dT%H:%M:%S}+00:00;4\n"
        log_here(puskesmas, box, content.encode())
        addresses = (("pkm-a-dewi", "box", box.id), ("lab-b-dewi", "incoming_box", there(district, box).id))
        for user, name, key in addresses:
            client = sign_in(User.objects.get(username=user))
            client.get(reverse(f"referral:{name}", args=[key]))
            with CaptureQueriesContext(connection) as seen:
                assert "Suhu diragukan" in client.get(reverse(f"referral:{name}", args=[key])).content.decode()
            found.append((name, len(seen)))
    assert found[:2] == found[2:]
    assert max(count for _name, count in found) <= 22
