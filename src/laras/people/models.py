"""Tables of people: patients, their merges, their consents."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from laras.core import clock
from laras.core.models import ScopedModel
from laras.people.rules import NO_NIK_REASONS, SEXES
from laras.people.states import CONSENT, PATIENT

SEX_LABELS = {"L": _("Laki-laki"), "P": _("Perempuan"), "U": _("Tidak diketahui")}
NO_NIK_LABELS = {
    "absent": _("Belum punya atau tidak dibawa"),
    "foreign": _("Warga negara asing"),
    "newborn": _("Bayi belum ber-NIK"),
    "unidentified": _("Tidak dikenal"),
}


class Patient(ScopedModel):
    """A person whose specimens one laboratory examines. Texts are as typed; empty means not known."""

    full_name = models.CharField(_("Nama lengkap"), max_length=150)
    sex = models.CharField(_("Jenis kelamin"), max_length=1, choices=list(SEX_LABELS.items()))
    birth_date = models.DateField(_("Tanggal lahir"), null=True, blank=True)
    birth_date_estimated = models.BooleanField(_("Tanggal lahir perkiraan"), default=False)
    nik = models.CharField(_("NIK"), max_length=16, blank=True, default="")
    # Date of birth or sex differ from the NIK and a person said that they were checked.
    nik_differs = models.BooleanField(default=False)
    no_nik_reason = models.CharField(
        _("Alasan tanpa NIK"), max_length=12, blank=True, default="", choices=list(NO_NIK_LABELS.items())
    )
    passport_number = models.CharField(_("Nomor paspor"), max_length=20, blank=True, default="")
    mother_nik = models.CharField(_("NIK ibu"), max_length=16, blank=True, default="")
    mother_name = models.CharField(_("Nama ibu"), max_length=150, blank=True, default="")
    description = models.CharField(_("Ciri-ciri"), max_length=300, blank=True, default="")
    mrn = models.CharField(_("Nomor rekam medis"), max_length=32)
    phone = models.CharField(_("Telepon"), max_length=20, blank=True, default="")
    address = models.CharField(_("Alamat"), max_length=300, blank=True, default="")
    # No index of its own: areas are never deleted and nobody lists patients by where they live.
    residence = models.ForeignKey(
        "network.Area", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    privacy_note = models.CharField(_("Catatan privasi"), max_length=500, blank=True, default="")
    status = models.CharField(max_length=8, choices=PATIENT.choices, default=PATIENT.initial)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    search_name = models.CharField(max_length=150)
    search_tail = models.CharField(max_length=150)
    sound_key = models.CharField(max_length=100)
    token_nik = models.CharField(max_length=32, blank=True, default="")
    token_name = models.CharField(max_length=32, blank=True, default="")
    token_generation = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    registered_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        "personal": [
            "full_name", "sex", "birth_date", "birth_date_estimated", "nik", "passport_number", "mother_nik",
            "mother_name", "description", "mrn", "phone", "address", "residence", "privacy_note", "search_name",
            "search_tail", "sound_key", "token_nik", "token_name",
        ],
        "internal": [
            "nik_differs", "no_nik_reason", "status", "merged_into", "token_generation", "version",
            "registered_at", "updated_at",
        ],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "people_patient"
        constraints = [
            PATIENT.constraint("people_patient"),
            models.CheckConstraint(condition=Q(sex__in=SEXES), name="people_patient_sex_known"),
            models.CheckConstraint(
                condition=Q(status="erased")
                | Q(no_nik_reason="") & Q(Exact(Length("nik"), 16))
                | Q(nik="", no_nik_reason__in=NO_NIK_REASONS),
                name="people_patient_nik_or_reason",
            ),
            models.CheckConstraint(
                condition=Q(birth_date_estimated=False) | Q(birth_date__isnull=False),
                name="people_patient_estimate_has_date",
            ),
            models.CheckConstraint(
                condition=Q(status="active", merged_into__isnull=True)
                | Q(status="merged", merged_into__isnull=False)
                | Q(status="erased"),
                name="people_patient_merged_into_somebody",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="people_patient_not_merged_into_itself",
            ),
            models.UniqueConstraint(
                fields=["owner", "nik"],
                condition=Q(status="active") & ~Q(nik=""),
                name="people_patient_nik_once",
            ),
            models.UniqueConstraint(
                fields=["owner", "passport_number"],
                condition=Q(status="active") & ~Q(passport_number=""),
                name="people_patient_passport_once",
            ),
            models.UniqueConstraint(fields=["owner", "mrn"], name="people_patient_mrn_once"),
        ]
        # Beside the partial unique ones, which answer no question on SQLite: it does not see the values of parameters.
        indexes = [
            models.Index(fields=["owner", "nik"], name="people_patient_nik"),
            # Of those who have one: where nearly all lack it, SQLite took the whole index for useless and read the table.
            *(
                models.Index(fields=[name, "owner"], condition=~Q(**{name: ""}), name=f"people_patient_with_{short}")
                for name, short in (("passport_number", "passport"), ("mother_nik", "mother"), ("phone", "phone"))
            ),
            models.Index(fields=["birth_date", "owner"], name="people_patient_birth"),
            models.Index(fields=["sound_key", "owner"], name="people_patient_sound"),
            models.Index(fields=["owner", "id"], name="people_patient_in_order"),
            models.Index(fields=["owner", "search_name", "id"], name="people_patient_name"),
            models.Index(fields=["owner", "search_tail", "id"], name="people_patient_tail"),
            # Of the few only: over all rows it looked as good as useless to SQLite, which then read the whole table.
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="people_patient_merged_into"
            ),
            models.Index(fields=["token_nik"], name="people_patient_token_nik"),
            models.Index(fields=["token_name"], name="people_patient_token_name"),
        ]

    def __str__(self) -> str:
        return self.full_name


class PatientMerge(ScopedModel):
    """That two patients are one. `changed` keeps what the kept one was before: field -> [before, after]."""

    kept = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    other = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    changed = models.JSONField(default=dict)
    reason = models.CharField(max_length=300)
    merged_at = models.DateTimeField(default=clock.now)
    merged_by = models.UUIDField(null=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.UUIDField(null=True, blank=True)
    undo_reason = models.CharField(max_length=300, blank=True, default="")

    privacy: ClassVar = {
        "personal": ["changed", "reason", "undo_reason"],
        "internal": ["kept", "other", "merged_at", "merged_by", "undone_at", "undone_by"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "people_patient_merge"
        constraints = [
            models.CheckConstraint(condition=~Q(kept=F("other")), name="people_patient_merge_of_two"),
            models.UniqueConstraint(
                fields=["other"], condition=Q(undone_at__isnull=True), name="people_patient_merge_once"
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undo_reason="") | Q(undone_at__isnull=False),
                name="people_patient_merge_undone_whole",
            ),
        ]


class Consent(ScopedModel):
    """A person agreed to one purpose, in words of one version. Who recorded it is a staff person's id."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=24)
    text_version = models.CharField(max_length=20)
    text_digest = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=CONSENT.choices, default=CONSENT.initial)
    given_by = models.CharField(max_length=150)
    relation = models.CharField(max_length=12)
    given_at = models.DateTimeField(default=clock.now)
    recorded_by = models.UUIDField(null=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal_recorded_by = models.UUIDField(null=True, blank=True)
    withdrawal_reason = models.CharField(max_length=300, blank=True, default="")

    privacy: ClassVar = {
        "personal": ["given_by", "withdrawal_reason"],
        "internal": [
            "patient", "purpose", "text_version", "text_digest", "status", "relation", "given_at", "recorded_by",
            "withdrawn_at", "withdrawal_recorded_by",
        ],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "people_consent"
        constraints = [
            CONSENT.constraint("people_consent"),
            models.CheckConstraint(
                condition=Q(status="given", withdrawn_at__isnull=True)
                | Q(status="withdrawn", withdrawn_at__isnull=False),
                name="people_consent_withdrawn_when",
            ),
            models.UniqueConstraint(
                fields=["patient", "purpose"], condition=Q(status="given"), name="people_consent_given_once"
            ),
        ]
