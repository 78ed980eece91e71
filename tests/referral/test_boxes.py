"""Boxes between two laboratories: packed, handed over, compared specimen by specimen, and both ends told."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from pypdf import PdfReader

from laras.core.delivery import Delivery
from laras.core.errors import Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry, User
from laras.orders.models import Custody
from laras.referral import codec, handlers, queries, services
from laras.referral.models import Box, BoxItem, IncomingBox, IncomingBoxItem
from laras.referral.rules import boxes as box_rules
from laras.referral.types import BoxedSample, BoxNews

pytestmark = pytest.mark.django_db


def label(lab, order) -> str:
    return next(iter(lab.results(order.id).values())).sample_number


@pytest.fixture
def packed(puskesmas, district):
    """A box with the specimens of three persons, and their referrals and labels."""
    box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
    orders = [puskesmas.order("GDP") for _turn in range(3)]
    rows = [puskesmas.send(district, order.id) for order in orders]
    for row in rows:
        services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=row.number)
    return box, rows, [label(puskesmas, order) for order in orders]


def hand_over(lab, box, courier="Kurir A", **more):
    return services.hand_over_box(lab.counter, owner_id=lab.id, box_id=box.id, courier=courier, **more)


def there(lab, box):
    return queries.incoming_boxes(lab.scope).get(remote=box.id)


def find(lab, box, scanned, finding="present", note=""):
    return services.note_finding(
        lab.counter, owner_id=lab.id, box_id=box.id, scanned=scanned, finding=finding, note=note
    )


def findings(rows):
    return {getattr(row, "sample_number", None) or row.sample.number: row.finding for row in rows}


def test_a_box_goes_and_both_ends_know_what_was_found(packed, puskesmas, district, now):
    box, rows, labels = packed
    hand_over(puskesmas, box, place="Loket", tracking="RESI-1")
    now.forward(hours=1)
    hand_over(puskesmas, box, courier="Kurir B", place="Terminal")
    came = there(district, box)
    assert (came.status, came.number, came.courier, came.tracking) == ("announced", box.number, "Kurir B", "RESI-1")
    assert [step["who"] for step in came.remote_steps] == ["Kurir A", "Kurir B"]
    now.forward(hours=5)
    services.receive_box(
        district.counter, owner_id=district.id, box_id=came.id, place="Penerimaan", celsius=Decimal("5.5")
    )
    assert queries.get_box(puskesmas.scope, box.id).status == "arrived"
    find(district, came, labels[0].lower())
    find(district, came, labels[1], "damaged", "Tutup retak")
    find(district, came, "ASING-1")
    # An interruption loses nothing, and what is not compared yet holds up the end.
    with pytest.raises(Refused, match=labels[2]):
        services.finish_box(district.counter, owner_id=district.id, box_id=came.id)
    services.finish_box(district.counter, owner_id=district.id, box_id=came.id, rest_missing=True)
    expected = {labels[0]: "present", labels[1]: "damaged", labels[2]: "missing"}
    assert findings(queries.items_of_incoming_box(district.scope, came.id)) == {**expected, "ASING-1": "extra"}
    mine = queries.get_box(puskesmas.scope, box.id)
    assert (mine.status, findings(queries.items_of_box(puskesmas.scope, box.id))) == ("reconciled", expected)
    assert [step["what"] for step in mine.remote_steps] == ["arrived", "reconciled"]
    # The sender learns of the rejection where it follows its referrals; the missing one is not decided.
    assert [puskesmas.outgoing(row).status for row in rows] == ["sent", "refused", "sent"]
    item = queries.items_of_outgoing(puskesmas.scope, [rows[1].id])[rows[1].id][0]
    assert (item.refusal, item.note) == ("damaged", "Tutup retak")
    assert queries.check().contradictions == ()
    # Each hand-over is a link of the specimen's own chain.
    links = Custody.objects.within(puskesmas.scope).filter(sample__number=labels[0], action="handed")
    assert list(links.order_by("at").values_list("person_name", flat=True)) == ["Kurir A", "Kurir B"]


def test_names_stay_out_of_the_journal(packed, puskesmas, district):
    box, _rows, _labels = packed
    hand_over(puskesmas, box, courier="Pak Kurir Rahasia")
    entries = JournalEntry.rows.filter(event__startswith="referral.box")
    assert entries.exists()
    assert not [entry for entry in entries if b"Rahasia" in bytes(entry.payload)]


@pytest.mark.parametrize("case", ["unknown", "elsewhere", "other_box", "box_closed", "not_in_hand"])
def test_what_may_not_be_packed_is_named(case, packed, puskesmas, district, region):
    box, _rows, labels = packed
    scanned = labels[0]
    if case == "unknown":
        scanned = "BUKAN-NOMOR"
    elif case == "elsewhere":
        scanned = puskesmas.send(region, puskesmas.order("TG").id).number
    elif case == "other_box":
        box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
    elif case == "box_closed":
        hand_over(puskesmas, box)
    else:
        item = queries.items_of_box(puskesmas.scope, box.id)[0]
        services.unpack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, item_id=item.id)
        item.sample.status = "disposed"
        item.sample.save(update_fields=["status"])
        scanned = item.sample.number
    with pytest.raises(Refused) as refused:
        services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=scanned)
    assert (refused.value.code, refused.value.problems[0].field) == (case, "scan")


def test_packing_twice_changes_nothing_and_a_discarded_box_lets_go(packed, puskesmas, district):
    box, _rows, labels = packed
    assert services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=labels[0]) == []
    assert BoxItem.objects.within(puskesmas.scope).count() == 3
    services.discard_box(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id)
    again = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id, temperature="frozen")
    assert len(services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=again.id, scanned=labels[0])) == 1
    with pytest.raises(MoveRefused):
        hand_over(puskesmas, box)


def test_an_empty_box_or_one_without_a_courier_does_not_leave(puskesmas, district, packed):
    empty = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
    with pytest.raises(Refused, match="kosong"):
        hand_over(puskesmas, empty)
    with pytest.raises(Refused, match="siapa"):
        hand_over(puskesmas, packed[0], courier=" ")
    with pytest.raises(Refused, match="tidak dikenal"):
        services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=puskesmas.id)
    with pytest.raises(Refused, match="suhu"):
        services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id, temperature="hangat")


def test_a_referral_that_ended_is_taken_out_before_the_box_leaves(packed, puskesmas, district):
    box, rows, _labels = packed
    puskesmas.cancel(rows[0])  # in one database the answer is here at once
    with pytest.raises(Refused, match="berakhir") as refused:
        hand_over(puskesmas, box)
    assert refused.value.code == "ended"
    item = next(row for row in queries.items_of_box(puskesmas.scope, box.id) if row.referral_id == rows[0].id)
    services.unpack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, item_id=item.id)
    hand_over(puskesmas, box)
    assert len(queries.items_of_incoming_box(district.scope, there(district, box).id)) == 2


def test_rights_and_walls(packed, puskesmas, district, region):
    box, _rows, _labels = packed
    with pytest.raises(Forbidden):
        services.hand_over_box(puskesmas.doctor, owner_id=puskesmas.id, box_id=box.id, courier="Kurir A")
    with pytest.raises(NotFound):
        services.hand_over_box(district.counter, owner_id=district.id, box_id=box.id, courier="Kurir A")
    hand_over(puskesmas, box)
    came = there(district, box)
    with pytest.raises(NotFound):
        services.receive_box(region.counter, owner_id=region.id, box_id=came.id)
    with pytest.raises(Forbidden):
        services.receive_box(district.doctor, owner_id=district.id, box_id=came.id)


def test_the_order_of_the_receivers_work(packed, puskesmas, district):
    box, _rows, labels = packed
    hand_over(puskesmas, box)
    came = there(district, box)
    with pytest.raises(Refused, match="sampai") as refused:
        find(district, came, labels[0])
    assert refused.value.code == "not_arrived"
    services.receive_box(district.counter, owner_id=district.id, box_id=came.id)
    before = there(district, box)
    # Scanned by a second person: nothing changes.
    services.receive_box(district.counter, owner_id=district.id, box_id=came.id, celsius=Decimal(30))
    assert there(district, box).celsius is None
    assert there(district, box).answer_revision == before.answer_revision
    find(district, came, labels[0], "missing")
    assert find(district, came, labels[0]).finding == "present"
    with pytest.raises(Refused, match="Temuan"):
        find(district, came, labels[0], "apa saja")
    services.finish_box(district.counter, owner_id=district.id, box_id=came.id, rest_missing=True)
    with pytest.raises(Refused, match="selesai"):
        find(district, came, labels[1])
    with pytest.raises(MoveRefused):
        services.finish_box(district.counter, owner_id=district.id, box_id=came.id)


# --- Messages: twice, late, out of order --------------------------------------------------------------------------------


def news(*labels, courier="Kurir A", referral=None):
    return BoxNews("K-1", tuple(BoxedSample(one, referral or uuid4()) for one in labels), (), courier=courier)


def say(district, puskesmas, remote, revision, body):
    return services.announce_box(
        handlers.ACTOR, owner_id=district.id, sender_id=puskesmas.id, remote=remote, revision=revision, news=body
    )


def test_word_of_a_box_that_comes_twice_late_or_in_another_order(puskesmas, district):
    remote = uuid4()
    assert say(district, puskesmas, remote, 2, news("A-1", "A-2", courier="Kurir B")) is not None
    assert say(district, puskesmas, remote, 2, news("A-1", "A-2", courier="Kurir B")) is None
    assert say(district, puskesmas, remote, 1, news("A-1", "A-2")) is None
    box = IncomingBox.objects.within(district.scope).get()
    assert (box.courier, IncomingBoxItem.objects.within(district.scope).count()) == ("Kurir B", 2)
    services.receive_box(district.counter, owner_id=district.id, box_id=box.id)
    find(district, box, "A-3")
    # Newer word names it: it was no stranger. What was found stays.
    assert say(district, puskesmas, remote, 3, news("A-1", "A-2", "A-3")) is not None
    assert findings(queries.items_of_incoming_box(district.scope, box.id)) == {"A-1": "", "A-2": "", "A-3": "present"}
    services.finish_box(district.counter, owner_id=district.id, box_id=box.id, rest_missing=True)
    assert say(district, puskesmas, remote, 9, news("A-1")) is None


def test_an_unreadable_message_is_noted_and_passed_over(puskesmas, district, now):
    wrong = Delivery(uuid4(), "referral.box_sent", 1, puskesmas.id, district.id, None, now.moment, None, {"box": "x"},
                     codec.write(news("A-1")))  # fmt: skip
    handlers.on_box_sent(wrong)
    assert not IncomingBox.objects.within(district.scope).exists()
    assert JournalEntry.rows.filter(event="referral.message_unreadable").count() == 1


def test_an_answer_about_a_box_of_somebody_else_changes_nothing(packed, puskesmas, district, region):
    from laras.referral.types import BoxAnswer

    box, _rows, _labels = packed
    hand_over(puskesmas, box)
    taken = services.take_box_answer(
        handlers.ACTOR, owner_id=puskesmas.id, sender_id=region.id, box_id=box.id, revision=5,
        answer=BoxAnswer("reconciled", ()),
    )  # fmt: skip
    assert (taken, Box.objects.within(puskesmas.scope).get().status) == (False, "handed")


@pytest.mark.pure
def test_which_referrals_are_wholly_unfit():
    samples = {"R1": frozenset({"A"}), "R2": frozenset({"B", "C"}), "R3": frozenset({"D"}), "R4": frozenset()}
    found = [("A", "damaged"), ("B", "insufficient"), ("C", "present"), ("D", "missing")]
    assert box_rules.refused_referrals(found, samples) == {"R1": "damaged"}


# --- What stands still ----------------------------------------------------------------------------------------------------


def standing(scope):
    return {leg.code: (leg.count, leg.late) for leg in queries.legs(scope) if leg.count}


def test_what_stands_still_on_each_leg(packed, puskesmas, district, now):
    box, _rows, _labels = packed
    puskesmas.send(district, puskesmas.order("CHOL").id)
    assert standing(puskesmas.scope) == {"not_packed": (1, 0), "not_picked_up": (1, 0)}
    now.forward(hours=25)
    assert standing(puskesmas.scope) == {"not_packed": (1, 1), "not_picked_up": (1, 1)}
    hand_over(puskesmas, box)
    assert standing(district.scope) == {"not_arrived": (1, 0)}
    now.forward(days=4)
    assert standing(puskesmas.scope) == {"not_packed": (1, 1), "not_received": (1, 1)}
    services.receive_box(district.counter, owner_id=district.id, box_id=there(district, box).id)
    assert standing(puskesmas.scope) == {"not_packed": (1, 1), "not_reconciled_there": (1, 0)}
    now.forward(hours=5)
    assert standing(district.scope) == {"not_reconciled": (1, 1)}
    services.finish_box(district.counter, owner_id=district.id, box_id=there(district, box).id, rest_missing=True)
    assert standing(district.scope) == {}


# --- The screens ------------------------------------------------------------------------------------------------------------


def test_a_box_from_both_sides_on_the_screen(sign_in, puskesmas, district):
    rows = [puskesmas.send(district, puskesmas.order("GDP").id) for _turn in range(2)]
    labels = [queries.items_of_outgoing(puskesmas.scope, [row.id])[row.id][0].sample.number for row in rows]
    client = sign_in(User.objects.get(username="pkm-a-dewi"))
    shown = client.get(reverse("referral:boxes")).content.decode()
    assert "Belum dikemas" in shown
    assert "Labkesmas LAB-B (2 rujukan menunggu)" in shown
    assert client.post(reverse("referral:boxes"), {"temperature": "cold"}).status_code == 422
    opened = client.post(reverse("referral:boxes"), {"recipient": str(district.id), "temperature": "cold"})
    page = opened["Location"]
    assert client.post(page, {"scan": "ENTAH"}).status_code == 422
    for scanned in (rows[0].number, labels[1]):
        assert client.post(page, {"scan": scanned}).status_code in (302, 303)
    box = Box.objects.within(puskesmas.scope).get()
    manifest = client.get(reverse("referral:box_manifest", args=[box.id]))
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(manifest.content)).pages)
    assert all(part in text for part in (box.number, *labels, rows[0].number))
    assert client.post(reverse("referral:hand_over_box", args=[box.id]), {"courier": ""}).status_code == 422
    client.post(reverse("referral:hand_over_box", args=[box.id]), {"courier": "Kurir A", "place": "Loket"})
    assert "Kurir A" in client.get(page).content.decode()

    client = sign_in(User.objects.get(username="lab-b-dewi"))
    found = client.get(reverse("referral:incoming"), {"scan": box.number.lower()})
    page = found["Location"]
    came = there(district, box)
    client.post(reverse("referral:receive_box", args=[came.id]), {"celsius": "6,5", "place": "Loket"})
    client.post(page, {"scan": labels[0], "finding": "present"})
    halted = client.post(reverse("referral:finish_box", args=[came.id]), follow=True).content.decode()
    assert f"Belum dicocokkan: {labels[1]}" in halted
    client.post(page, {"scan": labels[1], "finding": "insufficient", "note": "0,2 mL"})
    client.post(reverse("referral:finish_box", args=[came.id]))
    shown = client.get(page).content.decode()
    assert "6,5 °C" in shown
    assert "0,2 mL" in shown

    client = sign_in(User.objects.get(username="pkm-a-dewi"))
    shown = client.get(reverse("referral:box", args=[box.id])).content.decode()
    assert "Volume kurang" in shown
    assert "Selesai dicocokkan" in shown
    assert puskesmas.outgoing(rows[1]).status == "refused"


def test_what_was_found_stands_in_the_form_of_the_decision(sign_in, puskesmas, district):
    """Two specimens of one referral, one of them unfit: a person decides, and need not write it again."""
    district.can("PLT")
    row = puskesmas.send(district, puskesmas.order("PLT", "CHOL").id)
    box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
    packed = services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=row.number)
    assert len(packed) == 2
    hand_over(puskesmas, box)
    came = there(district, box)
    services.receive_box(district.counter, owner_id=district.id, box_id=came.id, celsius=Decimal("7.5"))
    find(district, came, packed[0].sample.number, "damaged", "Pecah di jalan")
    services.finish_box(district.counter, owner_id=district.id, box_id=came.id, rest_missing=True)
    assert district.incoming(row).status == "announced"
    client = sign_in(User.objects.get(username="lab-b-dewi"))
    shown = client.get(reverse("referral:incoming_referral", args=[district.incoming(row).id])).content.decode()
    assert "Pecah di jalan" in shown
    assert '<option value="damaged" selected>' in shown
    assert re.search(r'name="temperature" value="7[.,]5"', shown)


@pytest.mark.either
def test_an_empty_box_has_no_list(sign_in, puskesmas, district):
    box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
    client = sign_in(User.objects.get(username="pkm-a-dewi"))
    answer = client.get(reverse("referral:box_manifest", args=[box.id]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("referral:box", args=[box.id]))
    client.post(reverse("referral:discard_box", args=[box.id]))
    assert queries.get_box(puskesmas.scope, box.id).status == "discarded"
