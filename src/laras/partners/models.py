"""Tables of partners: who sends specimens and who pays for them, their doctors, the agreements with them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from laras.core import clock
from laras.core.models import ScopedModel
from laras.partners.states import AGREEMENT, BOOKING, CLIENT
from laras.partners.types import BOOKING_KINDS, BOOKING_PARTS, CLIENT_KINDS

KIND_LABELS = {
    "facility": _("Fasilitas kesehatan"),
    "programme": _("Program"),
    "company": _("Perusahaan"),
    "office": _("Instansi pemerintah"),
    "person": _("Perorangan"),
}

BOOKING_KIND_LABELS = {"pickup": _("Penjemputan sampel"), "sampling": _("Pengambilan sampel di tempat")}
PART_LABELS = {"any": _("Kapan saja"), "morning": _("Pagi (sebelum 12.00)"), "afternoon": _("Siang (sesudah 12.00)")}


class Client(ScopedModel):
    """Somebody one laboratory works for: sends specimens, orders tests, pays. Texts are as typed."""

    name = models.CharField(_("Nama"), max_length=200)
    kind = models.CharField(_("Jenis"), max_length=10, choices=list(KIND_LABELS.items()))
    code = models.CharField(_("Kode"), max_length=24)
    address = models.CharField(_("Alamat"), max_length=300, blank=True, default="")
    area = models.ForeignKey("network.Area", models.PROTECT, null=True, blank=True, related_name="+")
    contact_name = models.CharField(_("Narahubung"), max_length=150, blank=True, default="")
    phone = models.CharField(_("Telepon"), max_length=20, blank=True, default="")
    email = models.EmailField(_("Surel"), blank=True, default="")
    note = models.CharField(_("Catatan"), max_length=500, blank=True, default="")
    # The organisation of the network that this client is, when it is one: referrals and results travel by it.
    organisation = models.ForeignKey("core.Owner", models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=8, choices=CLIENT.choices, default=CLIENT.initial)
    search_name = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        # A client may be a private person.
        "personal": ["name", "address", "area", "contact_name", "phone", "email", "note", "search_name"],
        "internal": ["kind", "code", "organisation", "status", "version", "created_at", "updated_at"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "partners_client"
        constraints = [
            CLIENT.constraint("partners_client"),
            models.CheckConstraint(condition=Q(kind__in=CLIENT_KINDS), name="partners_client_kind_known"),
            models.CheckConstraint(condition=~Q(code="") & ~Q(name=""), name="partners_client_named"),
            models.CheckConstraint(
                condition=Q(organisation__isnull=True) | ~Q(organisation=F("owner")),
                name="partners_client_is_another",
            ),
            models.UniqueConstraint(fields=["owner", "code"], name="partners_client_code_once"),
            models.UniqueConstraint(
                fields=["owner", "organisation"],
                condition=Q(status="active", organisation__isnull=False),
                name="partners_client_organisation_once",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "search_name", "id"], name="partners_client_name"),
            models.Index(fields=["owner", "id"], name="partners_client_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class Practitioner(ScopedModel):
    """A doctor or nurse of a client who asks for tests. Not a user of this system."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="practitioners")
    name = models.CharField(_("Nama"), max_length=150)
    registration_number = models.CharField(_("Nomor STR atau SIP"), max_length=40, blank=True, default="")
    phone = models.CharField(_("Telepon"), max_length=20, blank=True, default="")
    active = models.BooleanField(default=True)
    search_name = models.CharField(max_length=150)

    privacy: ClassVar = {
        "personal": ["name", "registration_number", "phone", "search_name"],
        "internal": ["client", "active"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "partners_practitioner"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="partners_practitioner_named"),
            models.UniqueConstraint(
                fields=["client", "search_name"],
                condition=Q(active=True),
                name="partners_practitioner_once",
            ),
        ]
        indexes = [models.Index(fields=["owner", "search_name", "id"], name="partners_practitioner_name")]

    def __str__(self) -> str:
        return self.name


class Agreement(ScopedModel):
    """A cooperation agreement with a client (PKS, MoU). Both days of its validity count."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="agreements")
    number = models.CharField(_("Nomor"), max_length=60)
    title = models.CharField(_("Tentang"), max_length=200)
    valid_from = models.DateField(_("Berlaku dari"))
    valid_until = models.DateField(_("Sampai"), null=True, blank=True)
    scope_text = models.CharField(_("Lingkup"), max_length=1000, blank=True, default="")
    status = models.CharField(max_length=8, choices=AGREEMENT.choices, default=AGREEMENT.initial)
    signed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=300, blank=True, default="")

    privacy: ClassVar = {
        "internal": [
            "client", "number", "title", "valid_from", "valid_until", "scope_text", "status", "signed_at",
            "ended_at", "end_reason",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "partners_agreement"
        constraints = [
            AGREEMENT.constraint("partners_agreement"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="partners_agreement_period",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", signed_at__isnull=True, ended_at__isnull=True)
                | Q(status="signed", signed_at__isnull=False, ended_at__isnull=True)
                | Q(status="ended", ended_at__isnull=False),
                name="partners_agreement_when",
            ),
            models.UniqueConstraint(fields=["owner", "number"], name="partners_agreement_number_once"),
        ]

    def __str__(self) -> str:
        return self.number


class PartnerAccount(ScopedModel):
    """That an account speaks for a client of this laboratory: it sees the client's orders while this lasts."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="accounts", db_index=False)
    user = models.ForeignKey("core.User", models.PROTECT, related_name="+")
    valid_from = models.DateTimeField(default=clock.now)
    valid_until = models.DateTimeField(null=True, blank=True)

    privacy: ClassVar = {"internal": ["client", "user", "valid_from", "valid_until"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "partners_account"
        constraints = [
            models.UniqueConstraint(
                fields=["client", "user"], condition=Q(valid_until__isnull=True), name="partners_account_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="partners_account_period",
            ),
        ]
        indexes = [models.Index(fields=["client", "valid_from"], name="partners_account_of_client")]


class Booking(ScopedModel):
    """A client asks the laboratory to come: to fetch samples, or to take them (water, food, air). Texts are as typed."""

    number = models.CharField(max_length=48)
    client = models.ForeignKey(Client, models.PROTECT, related_name="bookings", db_index=False)
    kind = models.CharField(_("Keperluan"), max_length=8, choices=list(BOOKING_KIND_LABELS.items()))
    what = models.CharField(_("Sampel"), max_length=300)
    place = models.CharField(_("Tempat"), max_length=300)
    wanted_on = models.DateField(_("Tanggal"))
    wanted_part = models.CharField(_("Waktu"), max_length=9, choices=list(PART_LABELS.items()), default="any")
    contact_name = models.CharField(_("Narahubung"), max_length=150)
    phone = models.CharField(_("Telepon"), max_length=20)
    note = models.CharField(_("Catatan"), max_length=500, blank=True, default="")
    status = models.CharField(max_length=9, choices=BOOKING.choices, default=BOOKING.initial)
    requested_at = models.DateTimeField(default=clock.now)
    requested_by = models.UUIDField(null=True)
    planned_at = models.DateTimeField(_("Rencana datang"), null=True, blank=True)
    answer = models.CharField(_("Jawaban"), max_length=300, blank=True, default="")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.UUIDField(null=True)

    privacy: ClassVar = {
        "personal": ["what", "place", "contact_name", "phone", "note", "answer"],
        "internal": [
            "number", "client", "kind", "wanted_on", "wanted_part", "status", "requested_at", "requested_by",
            "planned_at", "answered_at", "answered_by",
        ],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "partners_booking"
        constraints = [
            BOOKING.constraint("partners_booking"),
            models.CheckConstraint(condition=Q(kind__in=BOOKING_KINDS), name="partners_booking_kind_known"),
            models.CheckConstraint(condition=Q(wanted_part__in=BOOKING_PARTS), name="partners_booking_part_known"),
            models.CheckConstraint(
                condition=~Q(status="confirmed") | Q(planned_at__isnull=False), name="partners_booking_planned"
            ),
            models.CheckConstraint(
                condition=~Q(status="declined") | ~Q(answer=""), name="partners_booking_declined_why"
            ),
            models.UniqueConstraint(fields=["owner", "number"], name="partners_booking_number_once"),
        ]
        indexes = [
            models.Index(fields=["owner", "status", "wanted_on"], name="partners_booking_by_status"),
            models.Index(fields=["client", "-requested_at"], name="partners_booking_of_client"),
        ]

    def __str__(self) -> str:
        return self.number
