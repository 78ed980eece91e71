"""What may go wrong between two laboratories: doubled, delayed, overtaking and lost messages, killed processes."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from django.db import transaction
from django.utils.module_loading import import_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laras.bench import services as bench
from laras.bench.models import Result, ResultValue
from laras.core import delivery, journal
from laras.core.actor import system_actor
from laras.core.errors import DomainError
from laras.core.models import Cursor, JournalEntry, Owner, Sealed
from laras.core.unit import unit
from laras.orders.models import Order
from laras.referral import queries, services
from laras.referral.models import (
    Box,
    BoxItem,
    Incoming,
    IncomingBox,
    IncomingBoxItem,
    IncomingItem,
    LedgerEntry,
    LedgerObjection,
    Outgoing,
    OutgoingItem,
)
from laras.referral.services import Refusal
from laras.resources.models import Capability

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("job:uji")


class Post:
    """Carries messages when a test says so; what happens inside one laboratory goes its usual way at once."""

    def __init__(self, monkeypatch):
        self.bag: list = []
        self.carried: list = []
        self._wake = delivery.wake
        monkeypatch.setattr(delivery, "wake", self.wake)

    def wake(self, written):
        inside = []
        for item in written:
            row = JournalEntry.rows.get(id=item.id)
            if row.recipient_id is None:
                inside.append(item)
            else:
                self.bag.append(row.id)
        self._wake(inside)

    def message(self, entry_id):
        row = JournalEntry.rows.get(id=entry_id)
        return delivery._delivery(row, Sealed.objects.filter(entry_id=entry_id).first())

    def hand_over(self, entry_id):
        """To the handler itself: no inbox and no cursor helps it."""
        message = self.message(entry_id)
        for subscriber, events in delivery.subscriptions().items():
            if message.event in events:
                with unit():
                    import_string(subscriber)(message)
        self.carried.append(entry_id)

    def deliver(self, *names):
        """Carry the first waiting message of each of these names."""
        for name in names:
            found = next(key for key in self.bag if self.message(key).event == f"referral.{name}")
            self.bag.remove(found)
            self.hand_over(found)

    def names(self):
        return [self.message(key).event.removeprefix("referral.") for key in self.bag]

    def deliver_all(self):
        while self.bag:
            self.hand_over(self.bag.pop(0))


@pytest.fixture
def post(monkeypatch):
    return Post(monkeypatch)


def agree(referrals=1):
    checked = queries.check()
    assert (checked.contradictions, checked.under_way, checked.referrals) == ((), 0, referrals)


def test_a_cancellation_before_its_referral(puskesmas, district, post):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    puskesmas.cancel(sent)
    assert puskesmas.outgoing(sent).status == "cancelling"
    post.deliver("cancelled")
    row = Incoming.rows.get()
    assert (row.status, row.body, row.number) == ("withdrawn", None, sent.number)
    post.deliver("sent")
    row.refresh_from_db()
    assert (row.status, row.body) == ("withdrawn", None), "it does not come to life afterwards"
    post.deliver("withdrawn")
    assert puskesmas.outgoing(sent).status == "cancelled"
    assert puskesmas.status(made.id) == {"GDP": "to_refer"}
    agree()


def test_a_cancellation_while_the_other_end_accepts(puskesmas, district, post):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    post.deliver("sent")
    puskesmas.cancel(sent)
    district.accept(sent)
    post.deliver("cancelled")
    assert district.incoming(sent).status == "accepted"
    assert puskesmas.outgoing(sent).status == "cancelling"
    post.deliver("accepted")
    assert puskesmas.outgoing(sent).status == "accepted", "who was first decides; the specimen is at work"
    assert puskesmas.status(made.id) == {"GDP": "referred"}
    agree()


def test_a_cancellation_crosses_a_refusal(puskesmas, district, post):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    post.deliver("sent")
    puskesmas.cancel(sent)
    district.refuse(sent, "late")
    post.deliver("cancelled", "refused")
    assert (puskesmas.outgoing(sent).status, district.incoming(sent).status) == ("refused", "refused")
    assert puskesmas.status(made.id) == {"GDP": "to_refer"}
    agree()


def test_a_result_overtakes_the_acceptance(puskesmas, district, post):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    post.deliver("sent")
    order = district.accept(sent).order
    district.perform(order.id, "GDP", "126")
    district.release(order.id)
    assert post.names() == ["accepted", "resulted"]
    post.deliver("resulted")
    assert puskesmas.results(made.id)["GDP"].number == 126
    assert (puskesmas.outgoing(sent).status, puskesmas.outgoing(sent).remote_order) == ("completed", order.number)
    post.deliver("accepted")
    assert puskesmas.outgoing(sent).status == "completed"
    agree()


def test_an_older_result_after_a_newer_one(puskesmas, district, post, now):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    post.deliver("sent")
    order = district.accept(sent).order
    district.perform(order.id, "GDP", "126")
    district.release(order.id)
    now.forward(hours=1)
    district.amend(order.id, "GDP", "162")
    first, second = [key for key in post.bag if post.message(key).event == "referral.resulted"]
    post.hand_over(second)
    post.hand_over(first)
    post.hand_over(second)
    view = puskesmas.results(made.id)["GDP"]
    assert (view.number, view.entries, view.revision) == (162, 1, 0)


def test_every_message_twice(puskesmas, district, post):
    made = puskesmas.order("GDP", "CHOL")
    sent = puskesmas.send(district, made.id)
    for key in list(post.bag):
        post.hand_over(key)
    order = district.accept(sent, refuse={"CHOL": Refusal("late")}).order
    district.perform(order.id, "GDP", "126")
    district.release(order.id)
    before = None
    for _round in range(2):
        for key in list(post.bag):
            post.hand_over(key)
        state = (
            list(Outgoing.rows.values_list("status", "answer_revision")),
            list(OutgoingItem.rows.order_by("id").values_list("status", "result_revision")),
            list(Incoming.rows.values_list("status", "message_revision", "answer_revision")),
            Order.rows.count(),
            ResultValue.rows.count(),
            JournalEntry.rows.count(),
        )
        assert before in (None, state)
        before = state
    agree()


def test_twice_by_the_other_road(puskesmas, district):
    """As a node sends it over HTTP what the hub had delivered already."""
    made = puskesmas.order("GDP")
    puskesmas.send(district, made.id)
    row = JournalEntry.rows.get(event="referral.sent")
    message = delivery._delivery(row, Sealed.objects.get(entry_id=row.id))
    entries = JournalEntry.rows.count()
    delivery.receive(message)
    delivery.receive(message)
    assert (Incoming.rows.count(), JournalEntry.rows.count()) == (1, entries)


def test_killed_between_message_and_effect(puskesmas, district, monkeypatch):
    made = puskesmas.order("GDP")
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "wake", lambda written: None)
        sent = puskesmas.send(district, made.id)
    assert Incoming.rows.count() == 0
    assert queries.check().under_way == 1
    delivery.catch_up_all()
    assert district.incoming(sent).status == "announced"
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "wake", lambda written: None)
        district.accept(sent)
        puskesmas_view = puskesmas.outgoing(sent)
        assert puskesmas_view.status == "sent"
    delivery.catch_up_all()
    assert puskesmas.outgoing(sent).status == "accepted"
    assert district.status(district.incoming(sent).order_id) == {"GDP": "waiting"}
    delivery.catch_up_all()
    agree()


def test_killed_before_the_report_went_back(puskesmas, district, monkeypatch):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent).order
    district.perform(order.id, "GDP", "126")
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "wake", lambda written: None)
        district.release(order.id)
    assert puskesmas.status(made.id) == {"GDP": "referred"}
    delivery.catch_up_all()
    assert puskesmas.results(made.id)["GDP"].number == 126
    agree()


def test_a_late_handler_does_not_run_before_the_report(puskesmas, district, monkeypatch, now):
    """Validated after the release, not reported yet: it must wait for its own report."""
    made = puskesmas.order("GDP", "CHOL")
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent).order
    district.perform(order.id, "GDP", "126")
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "wake", lambda written: None)
        district.release(order.id, interim=True)
        now.forward(minutes=5)
        district.perform(order.id, "CHOL", "190")
    delivery.catch_up_all()
    assert puskesmas.status(made.id) == {"GDP": "validated", "CHOL": "referred"}
    assert district.incoming(sent).status == "accepted"


def test_an_answer_of_a_stranger_is_not_heard(puskesmas, district, region, post):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    post.deliver("sent")
    district.accept(sent)
    message = post.message(post.bag[0])
    with unit():
        import_string("laras.referral.handlers.on_answer")(replace(message, sender=region.id))
    assert puskesmas.outgoing(sent).status == "sent"


def test_a_message_that_cannot_be_read_stops_nothing(puskesmas, district, post, caplog):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    message = post.message(post.bag[0])
    with unit():
        import_string("laras.referral.handlers.on_sent")(replace(message, sealed={"number": 7}))
    assert Incoming.rows.count() == 0
    noted = JournalEntry.rows.get(event="referral.message_unreadable")
    assert (noted.owner_id, json.loads(bytes(noted.payload))["entry"]) == (district.id, str(message.entry_id))
    post.deliver("sent")
    assert district.incoming(sent).status == "announced"


def test_a_referral_whose_body_was_erased_is_never_worked_on(puskesmas, district, post):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    message = post.message(post.bag[0])
    with unit():
        import_string("laras.referral.handlers.on_sent")(replace(message, sealed=None))
    assert district.incoming(sent).status == "withdrawn"


def test_a_result_that_does_not_fit_is_kept_for_a_person(puskesmas, district, post):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    post.deliver("sent")
    order = district.accept(sent).order
    district.perform(order.id, "GDP", "126")
    district.release(order.id)
    # Meanwhile somebody at the sender took the result back by force.
    Result.rows.filter(order_id=made.id).update(status="waiting")
    post.deliver_all()
    item = OutgoingItem.rows.get()
    assert item.kept_back["value"]["raw"] == "126"
    assert Cursor.objects.filter(failures__gt=0).count() == 0
    assert JournalEntry.rows.filter(event="referral.result_not_taken").count() == 1
    with pytest.raises(DomainError):
        services.take_kept_back(puskesmas.counter, owner_id=puskesmas.id, item_id=item.id)
    Result.rows.filter(order_id=made.id).update(status="referred")
    services.take_kept_back(puskesmas.counter, owner_id=puskesmas.id, item_id=item.id)
    assert puskesmas.results(made.id)["GDP"].number == 126
    assert OutgoingItem.rows.get().kept_back is None


def test_a_contradiction_is_found(puskesmas, district):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    district.accept(sent)
    Outgoing.rows.update(status="refused")
    IncomingItem.rows.update(status="resulted")
    found = {(one.what.split()[0], one.sender_says, one.receiver_says) for one in queries.check().contradictions}
    assert found == {("status", "refused", "accepted"), ("item", "accepted r0", "resulted r0")}


# --- Any history, any post ------------------------------------------------------------------------------------------

ACTS = [
    *["accept"] * 3, *["result"] * 4, *["amend"] * 3, *["carry"] * 3, *["again"] * 2, "send", "send", "cancel",
    "tariff", "object", "refuse", "box", "box", "hand", "open", "find", "find", "finish", "log",
]  # fmt: skip
# `LARAS_EXAMPLES=300 pytest tests/referral/test_faults.py` looks deeper; a day's run looks at these few, others each day.
EXAMPLES = int(os.environ.get("LARAS_EXAMPLES", "12"))


class World:
    """Two laboratories, one order of two tests, and what they do at random; what is not possible is refused."""

    def __init__(self, sender, receiver, post, now):
        self.sender, self.receiver, self.post, self.now = sender, receiver, post, now
        self.order = sender.order("GDP", "CHOL").order
        self.values = 100

    def possible(self):
        """What would do something now: acts that change nothing teach nothing, and cost as much."""
        came = set(Incoming.rows.values_list("status", flat=True))
        found = {"accept"} if "announced" in came else set()
        found |= {"refuse"} if came & {"announced", "accepted"} else set()
        found |= {"result"} if "accepted" in came else set()
        found |= {"cancel"} if Outgoing.rows.filter(status="sent").exists() else set()
        found |= {"amend"} if IncomingItem.rows.filter(status="resulted").exists() else set()
        packable = BoxItem.rows.filter(open=True).values("sample_id")
        away = OutgoingItem.rows.filter(referral__status__in=("sent", "accepted"))
        found |= {"box"} if away.exclude(sample_id__in=packable).exists() else set()
        found |= {"hand"} if Box.rows.filter(status__in=("packing", "handed")).exists() else set()
        there = set(IncomingBox.rows.values_list("status", flat=True))
        found |= {"open"} if "announced" in there else set()
        found |= {"find", "finish"} if "arrived" in there else set()
        found |= {"object"} if LedgerEntry.rows.exists() else set()
        found |= {"tariff"} if "announced" in came else set()
        found |= {"log"} if there - {"announced"} else set()
        found |= {"send"} if Result.rows.filter(order_id=self.order.id, status="to_refer").exists() else set()
        return found | ({"carry"} if self.post.bag else set()) | ({"again"} if self.post.carried else set())

    def any_act(self, which, choice):
        possible = self.possible()
        offered = [name for name in ACTS if name in possible]
        self.act(offered[which % len(offered)], choice)

    def act(self, name, choice):
        self.now.forward(minutes=7)
        try:
            with transaction.atomic():
                getattr(self, name)(choice)
        except DomainError:
            pass

    def send(self, choice):
        waiting = [code for code, one in self.sender.status(self.order.id).items() if one == "to_refer"]
        if waiting:
            self.sender.send(self.receiver, self.order.id, *(waiting if choice % 2 else waiting[:1]))

    def cancel(self, choice):
        row = self.pick(Outgoing.rows.filter(status="sent"), choice)
        if row:
            self.sender.cancel(row)

    def accept(self, choice):
        row = self.pick(Incoming.rows.filter(status="announced"), choice)
        if row:
            refuse = {"CHOL": Refusal("insufficient")} if choice % 3 == 0 else None
            self.receiver.accept(Outgoing(id=row.remote), refuse, duplicates_checked=True)

    def refuse(self, choice):
        row = self.pick(Incoming.rows.filter(status__in=("announced", "accepted")), choice)
        if row:
            self.receiver.refuse(Outgoing(id=row.remote), "damaged")

    def result(self, choice):
        row = self.pick(Incoming.rows.filter(status="accepted"), choice)
        if row:
            self.values += 1
            waiting = [code for code, one in self.receiver.status(row.order_id).items() if one == "waiting"]
            if waiting:
                self.receiver.perform(row.order_id, waiting[choice % len(waiting)], str(self.values))
                self.release(row.order_id, choice)

    def release(self, order_id, choice):
        """A report in between, or the last one when all is done: only that is owed."""
        whole = set(self.receiver.status(order_id).values()) == {"validated"}
        self.receiver.release(order_id, interim=not whole or choice % 3 == 2, reason="uji")

    def amend(self, choice):
        item = self.pick(IncomingItem.rows.filter(status="resulted"), choice)
        if item:
            self.values += 1
            order_id = item.referral.order_id
            result = self.receiver.results(order_id)[item.test_code]
            lab = self.receiver
            bench.amend_result(lab.doctor, owner_id=lab.id, result_id=result.id, reason="uji coba")
            lab.perform(order_id, item.test_code, str(self.values))
            self.release(order_id, choice)

    def tariff(self, choice):
        """What the receiver publishes changes while specimens are on their way."""
        Capability.rows.filter(owner=self.receiver.owner).update(price=10000 + 1000 * choice)

    def object(self, choice):
        """One of the two objects to an entry in its books, or takes that back."""
        row = self.pick(LedgerEntry.rows.all(), choice)
        if row:
            text = "" if choice % 3 == 0 else f"Bukan harga kami {choice}"
            services.object_to_entry(SYSTEM, owner_id=row.owner_id, entry_id=row.id, text=text)

    def box(self, choice):
        """Pack what waits into a box of its own; what may not be packed leaves no trace."""
        row = self.pick(Outgoing.rows.filter(status__in=("sent", "accepted")), choice)
        lab = self.sender
        box = services.open_box(lab.counter, owner_id=lab.id, recipient_id=self.receiver.id)
        if row:
            services.pack(lab.counter, owner_id=lab.id, box_id=box.id, scanned=row.number)

    def hand(self, choice):
        box = self.pick(Box.rows.filter(status__in=("packing", "handed")), choice)
        if box:
            lab = self.sender
            services.hand_over_box(lab.counter, owner_id=lab.id, box_id=box.id, courier=f"Kurir {choice}")

    def open(self, choice):
        """Two people scan the same box."""
        box = self.pick(IncomingBox.rows.filter(status="announced"), choice)
        for who in (self.receiver.counter, self.receiver.second) if box else ():
            services.receive_box(who, owner_id=self.receiver.id, box_id=box.id)

    def find(self, choice):
        """Two people compare the same specimen, with different findings: the last word counts."""
        item = self.pick(IncomingBoxItem.rows.filter(box__status="arrived"), choice)
        found = (("present", "damaged"), ("insufficient", "present"), ("present", "present"))[choice % 3]
        for who, finding in zip((self.receiver.counter, self.receiver.second), found, strict=True) if item else ():
            services.note_finding(
                who, owner_id=self.receiver.id, box_id=item.box_id, scanned=item.sample_number, finding=finding,
                note="uji" if choice % 2 else "",
            )  # fmt: skip

    def finish(self, choice):
        box = self.pick(IncomingBox.rows.filter(status="arrived"), choice)
        if box:
            services.finish_box(self.receiver.counter, owner_id=self.receiver.id, box_id=box.id, rest_missing=True)

    def log(self, choice):
        box = self.pick(IncomingBox.rows.exclude(status="announced"), choice)
        if box:
            lines = [
                "time;temp",
                f"{box.sent_at:%Y-%m-%dT%H:%M:%S}+00:00;{choice}",
                f"{self.now.moment:%Y-%m-%dT%H:%M:%S}+00:00;4",
            ]
            services.add_log_on_arrival(
                self.receiver.counter, owner_id=self.receiver.id, box_id=box.id, content="\n".join(lines).encode()
            )

    def carry(self, choice):
        if self.post.bag:
            self.post.hand_over(self.post.bag.pop(choice % len(self.post.bag)))

    def again(self, choice):
        if self.post.carried:
            self.post.hand_over(self.post.carried[choice % len(self.post.carried)])

    @staticmethod
    def pick(rows, choice):
        found = list(rows.order_by("id"))
        return found[choice % len(found)] if found else None

    def settle(self, order):
        """All the post arrives, in any order; what it brings forth too; and every message once more, newest first."""
        while self.post.bag:
            self.carry(order)
        for entry_id in reversed(list(dict.fromkeys(self.post.carried))):
            self.post.hand_over(entry_id)
        assert not self.post.bag, "old news brings forth nothing"


@pytest.fixture
def world(puskesmas, district, post, now, make_actor):
    """One referral has been sent and announced. Made once; each example begins from here and is taken back."""
    district.second = make_actor("lab-b-sari", district.owner, "receiver")
    world = World(puskesmas, district, post, now)
    world.act("send", 1)
    world.act("carry", 0)
    return world


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    acts=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 11)), min_size=5, max_size=13),
    order=st.integers(0, 5),
)
def test_whatever_happens_both_ends_agree(world, acts, order):
    point = transaction.savepoint()
    bag, carried, moment, values = [*world.post.bag], [*world.post.carried], world.now.moment, world.values
    try:
        for which, choice in acts:
            world.any_act(which, choice)
        world.settle(order)
        assert_agreement(world)
    finally:
        transaction.savepoint_rollback(point)
        world.post.bag, world.post.carried, world.values = bag, carried, values
        world.now.moment = moment
        world.now.forward()


def assert_agreement(world):
    checked = queries.check()
    assert checked.contradictions == ()
    assert checked.under_way == 0
    assert checked.referrals == Outgoing.rows.count()
    # One order for each referral that was taken in, and none besides.
    received = Order.rows.filter(owner=world.receiver.owner).values_list("id", flat=True)
    taken_in = Incoming.rows.filter(order__isnull=False).values_list("order_id", flat=True)
    assert sorted(received) == sorted(taken_in)
    for view in world.sender.results(world.order.id).values():
        items = list(OutgoingItem.rows.filter(result_id=view.id))
        open_items = [item for item in items if item.status in ("sent", "accepted")]
        resulted = [item for item in items if item.status == "resulted"]
        assert len(open_items) + len(resulted) <= 1, "a result is at one place"
        expected = "referred" if open_items else "validated" if resulted else "to_refer"
        assert view.status == expected
        if resulted:
            other = IncomingItem.rows.get(remote_item=resulted[0].id)
            assert view.number == int(other.reported["value"]["raw"])
            assert resulted[0].result_revision == other.reported_revision
            assert 1 <= view.entries <= other.reported_revision
            assert ResultValue.rows.filter(result_id=view.id).count() == view.entries
    # Each test whose result was in a final report once is in both books once, for the same sum and month; nothing else is.
    final = {
        one.remote_item for one in IncomingItem.rows.filter(status="resulted") if one.reported["status"] != "interim"
    }
    books = [
        {
            (row.item, row.price, row.price_source, row.owed_on)
            for row in LedgerEntry.rows.filter(owner=lab.owner, side=side)
        }
        for lab, side in ((world.sender, "payable"), (world.receiver, "receivable"))
    ]
    assert books[0] == books[1]
    assert {item for item, *_rest in books[0]} == final
    assert LedgerEntry.rows.count() == 2 * len(final)
    said = LedgerObjection.rows.values_list("item", "revision", "text")
    pairs = ((world.sender, world.receiver), (world.receiver, world.sender))
    for lab, other in pairs:
        assert set(said.filter(owner=lab.owner, ours=True)) == set(said.filter(owner=other.owner, ours=False))
    # The two ends of each box that left: the same state, specimens, findings, hand-overs and logs.
    for box in Box.rows.exclude(status__in=("packing", "discarded")):
        there = IncomingBox.rows.get(remote=box.id)
        assert {"handed": "announced"}.get(box.status, box.status) == there.status
        mine = BoxItem.rows.filter(box=box).values_list("sample__number", "finding", "note")
        theirs = IncomingBoxItem.rows.filter(box=there).values_list("sample_number", "finding", "note")
        if box.status == "reconciled":
            assert sorted(mine) == sorted(theirs)
        assert {number for number, _finding, _note in mine} == {number for number, _finding, _note in theirs}
        assert (there.remote_steps, box.remote_steps) == (box.steps, there.steps)
        assert [step["what"] for step in there.steps].count("arrived") <= 1, "scanned twice, it arrived once"
        assert box.remote_logs == there.logs
    assert IncomingBox.rows.count() == Box.rows.exclude(status__in=("packing", "discarded")).count()
    boxed = BoxItem.rows.filter(open=True).values_list("sample_id", flat=True)
    assert len(boxed) == len(set(boxed)), "a specimen lies in one box at a time"
    for owner in Owner.objects.all():
        assert journal.verify(owner).whole
