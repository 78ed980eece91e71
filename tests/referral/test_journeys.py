"""The line of a specimen with everything that its boxes went through: the same at each laboratory, as far as it concerns it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from laras.core import jobs, journal
from laras.core.models import JournalEntry
from laras.referral import queries, services
from laras.referral.models import OutgoingItem
from laras.referral.rules import whereabouts
from laras.referral.services import answering
from laras.referral.showing import ways
from laras.referral.types import JourneyStep
from tests.referral.test_boxes import find, hand_over, there

pytestmark = pytest.mark.django_db


def pack(low, high, order_id, *, first="Kurir A"):
    """Refer what is to be referred, in a box of its own that leaves at once; answers referral and box."""
    row = low.send(high, order_id)
    box = services.open_box(low.counter, owner_id=low.id, recipient_id=high.id)
    services.pack(low.counter, owner_id=low.id, box_id=box.id, scanned=row.number)
    hand_over(low, box, courier=first, place="Loket")
    return row, box


def unpack(high, row, box, *, finding="present", note="", label=None):
    services.receive_box(high.counter, owner_id=high.id, box_id=there(high, box).id, place="Penerimaan")
    (item,) = queries.items_of_incoming_box(high.scope, there(high, box).id)
    find(high, there(high, box), item.sample_number, finding, note)
    services.finish_box(high.counter, owner_id=high.id, box_id=there(high, box).id)


def line(lab, order_id):
    (found,) = queries.journey(lab.scope, order_id)
    return found


def told(steps):
    return [(one.what, one.lab, one.status) for one in steps]


@pytest.fixture
def tested(puskesmas, district, region, now):
    """A TG that goes from the puskesmas over the district to the region; the district's first box is refused there."""
    made = puskesmas.order("TG")
    now.forward(minutes=30)
    first, box = pack(puskesmas, district, made.id)
    now.forward(hours=2)
    unpack(district, first, box)
    now.forward(minutes=10)
    middle = district.accept(first).order
    now.forward(minutes=10)
    leaking, broken = pack(district, region, middle.id, first="Kurir B")
    now.forward(hours=3)
    unpack(region, leaking, broken, finding="damaged", note="Tutup retak")
    now.forward(minutes=20)
    second, cold = pack(district, region, middle.id, first="Kurir C")
    now.forward(hours=4)
    services.receive_box(region.counter, owner_id=region.id, box_id=there(region, cold).id)
    return made.order, middle, (first, box), (second, cold)


BEFORE = [
    ("registered", "PKM-A", ""),
    ("sent", "PKM-A", ""),
    ("handed", "PKM-A", ""),
    ("arrived", "LAB-B", ""),
    ("compared", "LAB-B", "present"),
    ("received", "LAB-B", ""),
    ("sent", "LAB-B", ""),
    ("handed", "LAB-B", ""),
    ("arrived", "LAB-C", ""),
    ("compared", "LAB-C", "damaged"),
    ("refused", "LAB-C", ""),
    ("sent", "LAB-B", ""),
    ("handed", "LAB-B", ""),
    ("arrived", "LAB-C", ""),
]


def test_all_see_the_same_line_with_its_boxes(tested, puskesmas, district, region, now):
    origin, middle, _first, (second, cold) = tested
    logger = b"time;temp\n2026-11-16 16:00;5,0\n2026-11-16 16:30;11,5\n2026-11-16 17:30;6,0\n"
    services.add_log_on_arrival(region.counter, owner_id=region.id, box_id=there(region, cold).id, content=logger)
    (item,) = queries.items_of_incoming_box(region.scope, there(region, cold).id)
    find(region, there(region, cold), item.sample_number, "present", "Serum tampak baik")
    now.forward(minutes=5)
    services.finish_box(region.counter, owner_id=region.id, box_id=there(region, cold).id)
    now.forward(minutes=5)
    far = region.accept(second).order
    now.forward(hours=2)
    region.perform(far.id, "TG", "188")
    region.release(far.id)
    now.forward(hours=1)
    region.amend(far.id, "TG", "118")
    here = line(region, far.id).steps
    # The warm hour lies before the arrival.
    assert told(here) == [
        *BEFORE[:-1],
        ("excursion", "LAB-C", ""),
        BEFORE[-1],
        ("compared", "LAB-C", "present"),
        ("received", "LAB-C", ""),
        ("reported", "LAB-C", "final"),
        ("reported", "LAB-C", "amended"),
    ]
    back = {"returned"}
    for lab, order in ((district, middle), (puskesmas, origin)):
        steps = line(lab, order.id).steps
        assert tuple(step for step in steps if step.what not in back) == here
    assert [(s.what, s.status) for s in line(puskesmas, origin.id).steps if s.what in back] == [
        ("returned", "final"), ("returned", "amended"),
    ]  # fmt: skip
    warm = next(one for one in here if one.what == "excursion")
    assert (warm.celsius, warm.minutes, warm.box) == (Decimal("11.5"), 60, cold.number)
    signed = [(one.who, one.place) for one in here if one.what == "handed"]
    assert signed == [("Kurir A", "Loket"), ("Kurir B", "Loket"), ("Kurir C", "Loket")]
    checked = queries.check()
    assert (checked.contradictions, checked.under_way) == ((), 0)
    for lab in (puskesmas, district, region):
        assert journal.verify(lab.owner).whole
    assert not [row for row in JournalEntry.rows.all() if b"Kurir C" in bytes(row.payload)]


def test_the_origin_reads_a_box_of_the_leg_beyond_at_once(tested, puskesmas, district, region):
    origin, middle, _first, _second = tested
    assert told(line(puskesmas, origin.id).steps) == BEFORE
    assert line(puskesmas, origin.id).steps == line(district, middle.id).steps
    where = line(puskesmas, origin.id).where
    assert (where.lab, where.next, where.next_lab, where.hand) == ("LAB-C", "receive", "LAB-C", "")


def test_who_carries_it_is_said(puskesmas, district, now):
    made = puskesmas.order("GDP")
    row, box = pack(puskesmas, district, made.id)
    where = line(puskesmas, made.id).where
    assert (where.lab, where.next, where.hand) == ("PKM-A", "receive", "Kurir A")
    (shown,) = ways(puskesmas.id, queries.journey(puskesmas.scope, made.id))
    assert shown.holder == "Kurir A (kurir)"
    assert [item["text"] for item in shown.items][-2:] == [
        "Diserahkan kepada Kurir A",
        "Menunggu diterima di Labkesmas LAB-B",
    ]
    (client,) = ways(puskesmas.id, queries.journey(puskesmas.scope, made.id), hands=False)
    assert "Kurir A" not in repr(client)
    now.forward(hours=1)
    unpack(district, row, box)
    came = district.incoming(row)
    (there_too,) = queries.journey_of_incoming(came)
    assert there_too.steps == line(puskesmas, made.id).steps
    assert there_too.where.lab == "LAB-B"


def test_names_of_couriers_stay_out_of_what_the_report_keeps(tested, puskesmas, district, region):
    origin, _middle, _first, (second, _cold) = tested
    far = region.accept(second, note="Tanpa catatan suhu").order
    region.perform(far.id, "TG", "188")
    region.release(far.id)
    view = puskesmas.results(origin.id)["TG"]
    assert {step["what"] for step in view.journey} <= {"received", "sent", "refused", "reported", "returned"}
    assert "Kurir" not in repr(view.journey)
    assert "Kurir C" in repr(list(OutgoingItem.rows.values_list("journey", flat=True)))


def test_a_laboratory_that_gave_it_back_may_be_asked_again(tested, puskesmas, district, region):
    """The region refused once: that is no circle for whoever holds the specimen now."""
    _origin, _middle, _first, (second, _cold) = tested
    upstream = queries.upstream(region.incoming(second))
    assert [step.what for step in upstream if step.lab == "LAB-C"] == ["arrived", "compared", "refused"]
    region.accept(second)


def test_a_full_box_tells_the_laboratories_before_by_the_jobs(puskesmas, district, region, monkeypatch):
    # The worker closes connections between tasks, which a test's transaction would not survive.
    monkeypatch.setattr("django_tasks_db.management.commands.db_worker.close_old_connections", lambda: None)
    orders = [puskesmas.order("TG").id for _turn in range(answering.AT_ONCE + 1)]
    onward = [district.send(region, district.accept(puskesmas.send(district, key), duplicates_checked=True).order.id)
              for key in orders]  # fmt: skip
    box = services.open_box(district.counter, owner_id=district.id, recipient_id=region.id)
    for row in onward:
        services.pack(district.counter, owner_id=district.id, box_id=box.id, scanned=row.number)
    hand_over(district, box)
    assert [told(line(puskesmas, key).steps)[-1][0] for key in orders] == ["sent"] * len(orders)
    while jobs.run_once():
        pass
    assert [told(line(puskesmas, key).steps)[-1][0] for key in orders] == ["handed"] * len(orders)
    assert queries.check().contradictions == ()


@pytest.mark.pure
def test_where_it_is_follows_the_hands():
    from datetime import UTC, datetime, timedelta

    begin = datetime(2026, 11, 16, tzinfo=UTC)

    def steps(*whats):
        return [
            JourneyStep(
                what, begin + timedelta(hours=n), "B" if what in ("arrived", "compared", "received") else "A", to_lab="B",
                who="Kurir" if what == "handed" else "",
            )
            for n, what in enumerate(whats)
        ]  # fmt: skip

    sent = steps("registered", "sent", "handed", "excursion")
    assert (whereabouts(sent).hand, whereabouts(sent).since) == ("Kurir", begin + timedelta(hours=2))
    there_ = whereabouts([*sent, *steps("x", "x", "x", "x", "arrived")[-1:]])
    assert (there_.lab, there_.hand, there_.next) == ("B", "", "receive")
    done = whereabouts([*sent, *steps("x", "x", "x", "x", "x", "received", "compared")[-2:]])
    assert (done.lab, done.next) == ("B", "perform")
