"""Referrals: the sender owns the outgoing record, the receiver owns what it made of the message."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from laras.core import clock
from laras.core.models import Owner, ScopedModel
from laras.referral.rules import TEMPERATURES
from laras.referral.rules.boxes import FINDINGS
from laras.referral.rules.ledger import DEMANDS, PRICE_SOURCES, SIDES, last_day
from laras.referral.states import BOX, INCOMING, INCOMING_BOX, LAB_AGREEMENT, OUTGOING, PAPER_ANSWER

ITEM_STATES = ["sent", "accepted", "refused", "resulted", "cancelled"]


class Outgoing(ScopedModel):
    """A referral that this organisation sends: results of ours that another laboratory shall perform."""

    number = models.CharField(max_length=48)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Owner, models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=OUTGOING.choices, default=OUTGOING.initial)
    reason = models.CharField(max_length=240, blank=True)
    courier = models.CharField(max_length=120, blank=True)
    packaging = models.CharField(max_length=120, blank=True)
    temperature = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.UUIDField(null=True)
    sent_at = models.DateTimeField(default=clock.now)
    answered_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    remote_order = models.CharField(max_length=48, blank=True)
    answer_note = models.CharField(max_length=240, blank=True)
    cancel_reason = models.CharField(max_length=240, blank=True)
    # Code of the laboratory that the rule would have asked, when somebody chose against it; ``reason`` says why.
    suggested = models.CharField(max_length=40, blank=True)
    # How many messages we sent about it, and the newest answer that we acted on.
    message_revision = models.PositiveIntegerField(default=0)
    answer_revision = models.PositiveIntegerField(default=0)
    # Sent to a laboratory without a system: nothing travels but paper, and what it answers is entered here (``PaperAnswer``).
    on_paper = models.BooleanField(default=False)
    # When our own report with its results was released first.
    reported_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "internal": [
            "number", "order", "recipient", "status", "reason", "courier", "packaging", "temperature", "created_at",
            "created_by", "sent_at", "answered_at", "completed_at", "remote_order", "answer_note", "cancel_reason",
            "suggested", "message_revision", "answer_revision", "on_paper", "reported_at",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_outgoing"
        constraints = [
            models.UniqueConstraint(fields=["owner", "number"], name="referral_outgoing_number_once"),
            OUTGOING.constraint("referral_outgoing"),
            models.CheckConstraint(condition=~Q(owner=models.F("recipient")), name="referral_outgoing_not_to_self"),
        ]
        indexes = [
            models.Index(fields=["owner", "status", "-created_at"], name="referral_outgoing_by_status"),
            models.Index(fields=["owner", "-sent_at"], name="referral_outgoing_by_sent"),
        ]


class Pickup(ScopedModel):
    """One line of a laboratory's weekly calendar: when a courier fetches what is to be referred."""

    weekday = models.PositiveSmallIntegerField()
    at = models.TimeField()
    courier = models.CharField(max_length=120, blank=True)

    privacy: ClassVar = {"internal": ["weekday", "at", "courier"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_pickup"
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="referral_pickup_weekday"),
            models.UniqueConstraint(fields=["owner", "weekday", "at"], name="referral_pickup_once"),
        ]


class OutgoingItem(ScopedModel):
    """One of our results that travels with a referral."""

    referral = models.ForeignKey(Outgoing, models.CASCADE, related_name="items")
    result = models.ForeignKey("bench.Result", models.PROTECT, related_name="+")
    sample = models.ForeignKey("orders.Sample", models.PROTECT, related_name="+")
    test_code = models.CharField(max_length=60)
    status = models.CharField(max_length=12, default="sent")
    refusal = models.CharField(max_length=16, blank=True)
    note = models.CharField(max_length=240, blank=True)
    # The newest result taken over, and one that could not be (kept until a person takes it over).
    result_revision = models.PositiveIntegerField(default=0)
    kept_back = models.JSONField(null=True)
    journey = models.JSONField(default=list)
    # What we reckoned to pay on the day of sending (``types.Price``); no source: sent before the ledger was kept.
    price = models.PositiveBigIntegerField(null=True)
    price_source = models.CharField(max_length=10, blank=True, default="", db_default="")
    price_agreement = models.CharField(max_length=60, blank=True, default="", db_default="")

    privacy: ClassVar = {
        "internal": [
            "referral", "result", "sample", "test_code", "status", "refusal", "note", "result_revision",
            "price", "price_source", "price_agreement",
        ],
        # Who handed a box over, and to whom.
        "personal": ["journey"],
        "health": ["kept_back"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_outgoing_item"
        constraints = [
            models.UniqueConstraint(fields=["referral", "result"], name="referral_outgoing_item_once"),
            # A result is with one laboratory at a time.
            models.UniqueConstraint(
                fields=["result"],
                condition=Q(status__in=["sent", "accepted"]),
                name="referral_outgoing_item_at_one_place",
            ),
            models.CheckConstraint(condition=Q(status__in=ITEM_STATES), name="referral_outgoing_item_status_known"),
        ]


class Incoming(ScopedModel):
    """What this organisation made of another's message: announced, then accepted as an order of its own, or refused."""

    sender = models.ForeignKey(Owner, models.PROTECT, related_name="+")
    remote = models.UUIDField()
    number = models.CharField(max_length=48)
    status = models.CharField(max_length=12, choices=INCOMING.choices, default=INCOMING.initial)
    urgency = models.CharField(max_length=12, default="routine")
    # The newest message of the sender, and how many answers we sent.
    message_revision = models.PositiveIntegerField(default=0)
    answer_revision = models.PositiveIntegerField(default=0)
    # ``types.Announcement`` as it came; who the person is goes out of it when the referral is decided.
    body = models.JSONField(null=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="+")
    announced_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    note = models.CharField(max_length=240, blank=True)
    completed_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "internal": [
            "sender", "remote", "number", "status", "urgency", "message_revision", "answer_revision", "order",
            "announced_at", "decided_at", "decided_by", "note", "completed_at",
        ],
        "health": ["body"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_incoming"
        constraints = [
            models.UniqueConstraint(fields=["owner", "sender", "remote"], name="referral_incoming_once"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(order__isnull=False), name="referral_incoming_order_once"
            ),
            INCOMING.constraint("referral_incoming"),
            models.CheckConstraint(
                condition=~Q(status__in=["accepted", "completed"]) | Q(order__isnull=False),
                name="referral_incoming_has_its_order",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "status", "-announced_at"], name="referral_incoming_by_status"),
            models.Index(fields=["owner", "number"], name="referral_incoming_by_number"),
        ]


class IncomingItem(ScopedModel):
    """One test asked for by the sender, and our own requested test that answers it."""

    referral = models.ForeignKey(Incoming, models.CASCADE, related_name="items")
    remote_item = models.UUIDField()
    requested = models.ForeignKey("orders.RequestedTest", models.PROTECT, null=True, related_name="+")
    test_code = models.CharField(max_length=60)
    sample_number = models.CharField(max_length=60)
    status = models.CharField(max_length=12, default="sent")
    refusal = models.CharField(max_length=16, blank=True)
    note = models.CharField(max_length=240, blank=True)
    # When it was refused or last reported.
    answered_at = models.DateTimeField(null=True)
    # How often a result of it was reported to the sender, and what was reported last (``types.ReportedResult``).
    reported_revision = models.PositiveIntegerField(default=0)
    reported = models.JSONField(null=True)
    # What was reported before that, as steps of the journey (``types.JourneyStep``).
    told = models.JSONField(default=list)
    # The price under which we accepted it: the sender's, else our own; ``own_price`` when our own books say otherwise.
    price = models.PositiveBigIntegerField(null=True)
    price_source = models.CharField(max_length=10, blank=True, default="", db_default="")
    price_agreement = models.CharField(max_length=60, blank=True, default="", db_default="")
    own_price = models.PositiveBigIntegerField(null=True)

    privacy: ClassVar = {
        "internal": [
            "referral", "remote_item", "requested", "test_code", "sample_number", "status", "refusal", "note",
            "answered_at", "reported_revision", "told", "price", "price_source", "price_agreement", "own_price",
        ],
        "health": ["reported"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_incoming_item"
        constraints = [
            models.UniqueConstraint(fields=["referral", "remote_item"], name="referral_incoming_item_once"),
            models.CheckConstraint(condition=Q(status__in=ITEM_STATES), name="referral_incoming_item_status_known"),
        ]
        indexes = [models.Index(fields=["owner", "sample_number"], name="referral_incoming_item_sample")]


# --- Boxes: the sender owns the one that it packs, the receiver what it made of the message -------------------------------


class Box(ScopedModel):
    """Specimens of several referrals that travel together to one laboratory.

    ``temperature`` is the class of the box. ``steps``: hand-overs here (``types.BoxStep``), ``remote_steps``: those that the
    receiver told.
    """

    number = models.CharField(max_length=48)
    recipient = models.ForeignKey(Owner, models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=BOX.choices, default=BOX.initial)
    packaging = models.CharField(max_length=120, blank=True)
    temperature = models.CharField(max_length=8, default="cold")
    courier = models.CharField(max_length=120, blank=True)
    tracking = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    message_revision = models.PositiveIntegerField(default=0)
    answer_revision = models.PositiveIntegerField(default=0)
    steps = models.JSONField(default=list)
    remote_steps = models.JSONField(default=list)
    # ``types.TemperatureLog``: those whose files are kept here, and those that the other end told.
    logs = models.JSONField(default=list)
    remote_logs = models.JSONField(default=list)
    on_paper = models.BooleanField(default=False)

    privacy: ClassVar = {
        "internal": [
            "number", "recipient", "status", "packaging", "temperature", "tracking", "created_at", "created_by", "sent_at",
            "arrived_at", "reconciled_at", "message_revision", "answer_revision", "on_paper",
        ],
        "personal": ["courier", "steps", "remote_steps", "logs", "remote_logs"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_box"
        constraints = [
            models.UniqueConstraint(fields=["owner", "number"], name="referral_box_number_once"),
            BOX.constraint("referral_box"),
            models.CheckConstraint(condition=Q(temperature__in=TEMPERATURES), name="referral_box_temperature_known"),
            models.CheckConstraint(condition=~Q(owner=models.F("recipient")), name="referral_box_not_to_self"),
            models.CheckConstraint(
                condition=Q(status__in=["packing", "discarded"]) | Q(sent_at__isnull=False),
                name="referral_box_sent_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "status", "created_at"],
                condition=Q(status__in=["packing", "handed", "arrived"]),
                name="referral_box_open",
            ),
            models.Index(fields=["owner", "-created_at"], name="referral_box_newest"),
        ]


class BoxItem(ScopedModel):
    """One specimen of one referral in a box. ``open`` until the box was reconciled or unpacked again."""

    box = models.ForeignKey(Box, models.CASCADE, related_name="items")
    recipient = models.ForeignKey(Owner, models.PROTECT, related_name="+", db_index=False)
    referral = models.ForeignKey(Outgoing, models.PROTECT, related_name="+")
    sample = models.ForeignKey("orders.Sample", models.PROTECT, related_name="+")
    open = models.BooleanField(default=True)
    finding = models.CharField(max_length=12, blank=True)
    note = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {"internal": ["box", "recipient", "referral", "sample", "open", "finding", "note"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_box_item"
        constraints = [
            models.UniqueConstraint(fields=["box", "sample"], name="referral_box_item_once"),
            # A specimen lies in one box at a time (an aliquot for another laboratory in another).
            models.UniqueConstraint(
                fields=["sample", "recipient"], condition=Q(open=True), name="referral_box_item_in_one_box"
            ),
            models.CheckConstraint(condition=Q(finding__in=["", *FINDINGS]), name="referral_box_item_finding_known"),
        ]


class IncomingBox(ScopedModel):
    """What this organisation made of another's message about a box, and what it found inside."""

    sender = models.ForeignKey(Owner, models.PROTECT, related_name="+")
    remote = models.UUIDField()
    number = models.CharField(max_length=48)
    status = models.CharField(max_length=12, choices=INCOMING_BOX.choices, default=INCOMING_BOX.initial)
    packaging = models.CharField(max_length=120, blank=True)
    temperature = models.CharField(max_length=8, default="cold")
    courier = models.CharField(max_length=120, blank=True)
    tracking = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(default=clock.now)
    arrived_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    celsius = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    message_revision = models.PositiveIntegerField(default=0)
    answer_revision = models.PositiveIntegerField(default=0)
    steps = models.JSONField(default=list)
    remote_steps = models.JSONField(default=list)
    # ``types.TemperatureLog``: those whose files are kept here, and those that the other end told.
    logs = models.JSONField(default=list)
    remote_logs = models.JSONField(default=list)

    privacy: ClassVar = {
        "internal": [
            "sender", "remote", "number", "status", "packaging", "temperature", "tracking", "sent_at", "announced_at",
            "arrived_at", "reconciled_at", "celsius", "message_revision", "answer_revision",
        ],
        "personal": ["courier", "steps", "remote_steps", "logs", "remote_logs"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_incoming_box"
        constraints = [
            models.UniqueConstraint(fields=["owner", "sender", "remote"], name="referral_incoming_box_once"),
            INCOMING_BOX.constraint("referral_incoming_box"),
            models.CheckConstraint(
                condition=Q(temperature__in=TEMPERATURES), name="referral_incoming_box_temperature_known"
            ),
            models.CheckConstraint(
                condition=Q(status="announced") | Q(arrived_at__isnull=False), name="referral_incoming_box_arrived_when"
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "status", "announced_at"],
                condition=Q(status__in=["announced", "arrived"]),
                name="referral_incoming_box_open",
            ),
            models.Index(fields=["owner", "number"], name="referral_incoming_box_number"),
        ]


class IncomingBoxItem(ScopedModel):
    """One specimen of a box as announced, or found without being announced (``referral`` empty), and what was found of it."""

    box = models.ForeignKey(IncomingBox, models.CASCADE, related_name="items")
    sample_number = models.CharField(max_length=60)
    referral = models.UUIDField(null=True)
    specimen = models.CharField(max_length=60, blank=True)
    finding = models.CharField(max_length=12, blank=True)
    note = models.CharField(max_length=240, blank=True)
    found_at = models.DateTimeField(null=True)
    found_by = models.UUIDField(null=True)

    privacy: ClassVar = {
        "internal": ["box", "sample_number", "referral", "specimen", "finding", "note", "found_at", "found_by"]
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_incoming_box_item"
        constraints = [
            models.UniqueConstraint(fields=["box", "sample_number"], name="referral_incoming_box_item_once"),
            models.CheckConstraint(
                condition=Q(finding__in=["", *FINDINGS]), name="referral_incoming_box_item_finding_known"
            ),
            models.CheckConstraint(
                condition=Q(finding="", found_at__isnull=True) | (~Q(finding="") & Q(found_at__isnull=False)),
                name="referral_incoming_box_item_found_when",
            ),
        ]
        indexes = [models.Index(fields=["owner", "sample_number"], name="referral_incoming_box_sample")]


# --- Agreements of two laboratories, and what they owe each other: each end keeps its own --------------------------------


class LabAgreement(ScopedModel):
    """An agreement with another laboratory (PKS, MoU) as this end holds it. ``shared`` is its name at both ends.

    ``prices``: test code -> whole rupiah, or null for the published price. What each side said last (``our_word``, ``their_word``)
    and when it ended it decide the ``status``. Terms never change: another agreement takes their place.
    """

    partner = models.ForeignKey(Owner, models.PROTECT, related_name="+")
    shared = models.UUIDField()
    proposed_here = models.BooleanField()
    performs_here = models.BooleanField()
    number = models.CharField(max_length=60)
    terms = models.CharField(max_length=1000, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    every = models.BooleanField(default=True)
    prices = models.JSONField(default=dict)
    payer = models.CharField(max_length=16, blank=True)
    status = models.CharField(max_length=10, choices=LAB_AGREEMENT.choices, default=LAB_AGREEMENT.initial)
    our_word = models.CharField(max_length=10, blank=True)
    their_word = models.CharField(max_length=10, blank=True)
    our_end = models.DateField(null=True)
    their_end = models.DateField(null=True)
    note = models.CharField(max_length=240, blank=True)
    their_note = models.CharField(max_length=240, blank=True)
    told_revision = models.PositiveIntegerField(default=0)
    heard_revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    answered_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "internal": [
            "partner", "shared", "proposed_here", "performs_here", "number", "terms", "valid_from", "valid_until",
            "every", "prices", "payer", "status", "our_word", "their_word", "our_end", "their_end", "note", "their_note",
            "told_revision", "heard_revision", "created_at", "answered_at",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_lab_agreement"
        constraints = [
            LAB_AGREEMENT.constraint("referral_lab_agreement"),
            models.UniqueConstraint(fields=["owner", "shared"], name="referral_lab_agreement_once"),
            models.CheckConstraint(condition=~Q(owner=models.F("partner")), name="referral_lab_agreement_of_two"),
            models.CheckConstraint(condition=~Q(number=""), name="referral_lab_agreement_numbered"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=models.F("valid_from")),
                name="referral_lab_agreement_period",
            ),
        ]
        indexes = [models.Index(fields=["owner", "partner", "valid_from"], name="referral_lab_agreement_with")]

    @property
    def last_day(self) -> Any:
        """The last day on which it holds, None without an end."""
        return last_day(self.valid_until, self.our_end, self.their_end)


class PayerDemand(ScopedModel):
    """Orders of this payer are referred where an agreement holds: preferably, or only."""

    payer = models.CharField(max_length=16)
    demand = models.CharField(max_length=6)

    privacy: ClassVar = {"internal": ["payer", "demand"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_payer_demand"
        constraints = [
            models.UniqueConstraint(fields=["owner", "payer"], name="referral_payer_demand_once"),
            models.CheckConstraint(condition=Q(demand__in=DEMANDS), name="referral_payer_demand_known"),
        ]


class LedgerEntry(ScopedModel):
    """One referred test in our books: what we get (receivable) or pay (payable), once, however often its result came.

    ``item`` is the sender's name of it at both ends. ``owed_on``: the day of the performer's first final report on the performer's
    calendar, so that both ends put it into the same month. ``own_price``: what our own books said, when it was another price.
    """

    partner = models.ForeignKey(Owner, models.PROTECT, related_name="+")
    side = models.CharField(max_length=10)
    item = models.UUIDField()
    referral_number = models.CharField(max_length=48)
    test_code = models.CharField(max_length=60)
    owed_on = models.DateField()
    price = models.PositiveBigIntegerField(null=True)
    price_source = models.CharField(max_length=10)
    price_agreement = models.CharField(max_length=60, blank=True)
    own_price = models.PositiveBigIntegerField(null=True)
    booked_at = models.DateTimeField(default=clock.now)
    settled_on = models.DateField(null=True)
    settled_number = models.CharField(max_length=60, blank=True)
    settled_note = models.CharField(max_length=240, blank=True)
    settled_by = models.UUIDField(null=True)

    privacy: ClassVar = {
        "internal": [
            "partner", "side", "item", "referral_number", "test_code", "owed_on", "price", "price_source",
            "price_agreement", "own_price", "booked_at", "settled_on", "settled_number", "settled_note", "settled_by",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_ledger_entry"
        constraints = [
            models.UniqueConstraint(fields=["owner", "side", "item"], name="referral_ledger_entry_once"),
            models.CheckConstraint(condition=Q(side__in=SIDES), name="referral_ledger_entry_side_known"),
            models.CheckConstraint(
                condition=Q(price_source__in=PRICE_SOURCES), name="referral_ledger_entry_source_known"
            ),
            models.CheckConstraint(
                condition=Q(price__isnull=True, price_source="unknown")
                | (Q(price__isnull=False) & ~Q(price_source="unknown")),
                name="referral_ledger_entry_priced",
            ),
            models.CheckConstraint(condition=~Q(owner=models.F("partner")), name="referral_ledger_entry_of_two"),
            models.CheckConstraint(
                condition=Q(settled_on__isnull=False) | Q(settled_number="", settled_note=""),
                name="referral_ledger_entry_settled_when",
            ),
        ]
        indexes = [models.Index(fields=["owner", "owed_on", "partner"], name="referral_ledger_entry_month")]


class LedgerObjection(ScopedModel):
    """What one of the two laboratories says against an entry (``ours``: we do); no text: taken back. It may come before the entry."""

    partner = models.ForeignKey(Owner, models.PROTECT, related_name="+", db_index=False)
    item = models.UUIDField()
    ours = models.BooleanField()
    revision = models.PositiveIntegerField()
    text = models.CharField(max_length=240, blank=True)
    at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {"internal": ["partner", "item", "ours", "revision", "text", "at"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_ledger_objection"
        constraints = [
            models.UniqueConstraint(fields=["owner", "item", "partner", "ours"], name="referral_ledger_objection_once"),
        ]


# --- Laboratories without a system: what we know of them, and what they answered on paper ---------------------------------


class PaperPartner(ScopedModel):
    """A laboratory of the directory that we refer to on paper, because it works in no system; until ``ended_at``."""

    partner = models.ForeignKey(Owner, models.PROTECT, related_name="+")
    note = models.CharField(max_length=240, blank=True)
    since = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    privacy: ClassVar = {"internal": ["partner", "note", "since", "ended_at"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_paper_partner"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "partner"], condition=Q(ended_at__isnull=True), name="referral_paper_partner_once"
            ),
            models.CheckConstraint(condition=~Q(owner=models.F("partner")), name="referral_paper_partner_is_another"),
        ]


class PaperTest(ScopedModel):
    """What such a laboratory does, as it told us: hours until the result, and rupiah when a price was agreed."""

    on_paper = models.ForeignKey(PaperPartner, models.CASCADE, related_name="tests")
    test_code = models.CharField(max_length=60)
    tat_hours = models.PositiveIntegerField()
    price = models.PositiveBigIntegerField(null=True)

    privacy: ClassVar = {"internal": ["on_paper", "test_code", "tat_hours", "price"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_paper_test"
        constraints = [
            models.UniqueConstraint(fields=["on_paper", "test_code"], name="referral_paper_test_once"),
            models.CheckConstraint(condition=Q(tat_hours__range=(1, 24 * 366)), name="referral_paper_test_hours"),
        ]


class PaperAnswer(ScopedModel):
    """What a laboratory without a system said of one referral, as somebody here entered it from its paper.

    ``lines`` are ``types.PaperLine``. Values take effect when a second person compared them with the paper; ``revision`` is
    then the count of answers, as a receiver with a system counts its own. ``digest``: SHA-256 of the scan as it came.
    """

    referral = models.ForeignKey(Outgoing, models.PROTECT, related_name="paper_answers")
    status = models.CharField(max_length=12, choices=PAPER_ANSWER.choices, default=PAPER_ANSWER.initial)
    lines = models.JSONField(default=list)
    with_values = models.BooleanField(default=False)
    said_at = models.DateTimeField()
    remote_number = models.CharField(max_length=48, blank=True)
    report = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=240, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    media_type = models.CharField(max_length=40, blank=True)
    entered_at = models.DateTimeField(default=clock.now)
    entered_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    return_reason = models.CharField(max_length=240, blank=True)
    revision = models.PositiveIntegerField(null=True)

    privacy: ClassVar = {
        "internal": [
            "referral", "status", "with_values", "said_at", "remote_number", "report", "note", "digest", "media_type",
            "entered_at", "entered_by", "decided_at", "decided_by", "return_reason", "revision",
        ],
        "health": ["lines"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "referral_paper_answer"
        constraints = [
            PAPER_ANSWER.constraint("referral_paper_answer"),
            models.UniqueConstraint(fields=["referral", "revision"], name="referral_paper_answer_counted_once"),
            models.UniqueConstraint(
                fields=["referral"], condition=Q(status="entered"), name="referral_paper_answer_one_waits"
            ),
            models.CheckConstraint(
                condition=Q(status="taken", revision__isnull=False) | (~Q(status="taken") & Q(revision__isnull=True)),
                name="referral_paper_answer_counted",
            ),
            # Values are looked at by two persons, and there is a paper to look at.
            models.CheckConstraint(
                condition=Q(with_values=False)
                | ~Q(status="taken")
                | (Q(decided_by__isnull=False, entered_by__isnull=False) & ~Q(decided_by=models.F("entered_by"))),
                name="referral_paper_answer_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(with_values=False) | ~Q(digest=""), name="referral_paper_answer_has_scan"
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "entered_at"], condition=Q(status="entered"), name="referral_paper_answer_waits"
            )
        ]
