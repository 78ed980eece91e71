"""Tables of the core: organisations as owners, people who act, the journal and its neighbours."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from laras.core import clock
from laras.core.ids import new_id
from laras.core.scope import ScopedManager

OWNER_KINDS = {
    "laboratory": _("Laboratorium"),
    "office": _("Dinas kesehatan"),
    "ministry": _("Kementerian"),
}


class Owner(models.Model):
    """The permanent identity of an organisation; names and tiers that change live in ``network``.

    ``code``, ``name``, ``tier`` and ``zone`` are copies of what is valid now, kept by ``network``. ``epoch`` counts the
    restorations of this organisation's journal from a backup.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=list(OWNER_KINDS.items()))
    tier = models.PositiveSmallIntegerField(null=True)
    zone = models.CharField(max_length=40, default="Asia/Jakarta")
    epoch = models.PositiveIntegerField(default=1)
    closed = models.BooleanField(default=False)

    privacy: ClassVar = {"open": ["id", "code", "name", "kind", "tier", "zone", "epoch", "closed"]}

    class Meta:
        db_table = "core_owner"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(OWNER_KINDS)), name="core_owner_kind_known"),
            models.CheckConstraint(
                condition=Q(tier__isnull=True) | Q(tier__range=(1, 5)), name="core_owner_tier_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Reach(models.Model):
    """Derived: which organisations an office or supervising laboratory reaches. Rebuilt by ``network.services``."""

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey(Owner, models.CASCADE, related_name="+")
    reached = models.ForeignKey(Owner, models.CASCADE, related_name="+")
    way = models.CharField(max_length=16)

    privacy: ClassVar = {"open": ["id", "office", "reached", "way"]}

    class Meta:
        db_table = "core_reach"
        constraints = [
            models.UniqueConstraint(fields=["office", "reached", "way"], name="core_reach_once"),
            models.CheckConstraint(
                condition=Q(way__in=["self", "supervision", "jurisdiction"]), name="core_reach_way_known"
            ),
        ]


class ScopedModel(models.Model):
    """A table whose rows belong to one organisation each. See :mod:`laras.core.scope`."""

    scope_field: ClassVar[str] = "owner_id"
    privacy: ClassVar[dict[str, list[str]]] = {"internal": ["id", "owner"]}

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Owner, models.PROTECT, related_name="+", db_index=False)

    objects = ScopedManager()
    rows = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "rows"


class StaffPerson(models.Model):
    """A human being who works in the system. Two eyes are two of these, however many accounts each has."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=80, blank=True)
    registration_number = models.CharField(max_length=40, blank=True)
    staff_number = models.CharField(max_length=30, blank=True)

    privacy: ClassVar = {
        "internal": ["id", "title"],
        "personal": ["name", "registration_number", "staff_number"],
    }

    class Meta:
        db_table = "core_staff_person"

    def __str__(self) -> str:
        return f"{self.name}, {self.title}" if self.title else self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """An account. It signs in; the person behind it acts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(_("Nama pengguna"), max_length=60, unique=True)
    email = models.EmailField(blank=True)
    person = models.ForeignKey(StaffPerson, models.PROTECT, related_name="users")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    must_change_password = models.BooleanField(default=False)
    language = models.CharField(max_length=2, default="id")
    # Counted up when all open sessions must end although the password stays.
    sessions_ended = models.PositiveIntegerField(default=0)

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    privacy: ClassVar = {
        "internal": [
            "id", "person", "is_active", "is_staff", "must_change_password", "language", "last_login", "password",
            "sessions_ended",
        ],
        "personal": ["username", "email"],
    }  # fmt: skip

    class Meta:
        db_table = "core_user"

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.person.name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        own: str = super()._get_session_auth_hash(secret=secret)
        return f"{own}-{self.sessions_ended}" if self.sessions_ended else own


class RoleAssignment(models.Model):
    """A role that a person's account holds at an organisation, from a day, until a day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="assignments")
    owner = models.ForeignKey(Owner, models.PROTECT, related_name="+")
    role = models.CharField(max_length=40)
    valid_from = models.DateTimeField(default=clock.now)
    valid_until = models.DateTimeField(null=True, blank=True)

    privacy: ClassVar = {"internal": ["id", "user", "owner", "role", "valid_from", "valid_until"]}

    class Meta:
        db_table = "core_role_assignment"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "owner", "role"],
                condition=Q(valid_until__isnull=True),
                name="core_role_assignment_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="core_role_assignment_period",
            ),
        ]


class ApiToken(models.Model):
    """A key for programs. Only its digest is kept; ``rights`` narrows what the account may do."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    owner = models.ForeignKey(Owner, models.PROTECT, related_name="+")
    label = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    rights = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    privacy: ClassVar = {
        "internal": [
            "id",
            "user",
            "owner",
            "label",
            "digest",
            "rights",
            "created_at",
            "expires_at",
            "revoked_at",
        ]
    }

    class Meta:
        db_table = "core_api_token"


class JournalHead(models.Model):
    """The end of one organisation's chain; its row is the lock under which sequences are taken."""

    owner = models.OneToOneField(Owner, models.PROTECT, primary_key=True, related_name="+")
    epoch = models.PositiveIntegerField(default=1)
    sequence = models.BigIntegerField(default=0)
    digest = models.BinaryField(default=bytes(32))

    privacy: ClassVar = {"internal": ["owner", "epoch", "sequence", "digest"]}

    class Meta:
        db_table = "core_journal_head"


class JournalSignature(models.Model):
    """An end that a chain had at a moment, signed with this installation's key. See :mod:`laras.core.heads`."""

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey(Owner, models.PROTECT, related_name="+", db_index=False)
    epoch = models.PositiveIntegerField()
    sequence = models.BigIntegerField()
    digest = models.BinaryField()
    signed_at = models.DateTimeField()
    key = models.BinaryField()
    signature = models.BinaryField()

    privacy: ClassVar = {"internal": ["id", "owner", "epoch", "sequence", "digest", "signed_at", "key", "signature"]}

    class Meta:
        db_table = "core_journal_signature"
        constraints = [
            models.UniqueConstraint(fields=["owner", "epoch", "sequence"], name="core_journal_signature_once")
        ]


class JournalEntry(models.Model):
    """One change of state. Never updated, never deleted (the database refuses both)."""

    scope_field: ClassVar[str] = "owner_id"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Owner, models.PROTECT, related_name="+", db_index=False)
    epoch = models.PositiveIntegerField()
    sequence = models.BigIntegerField()
    event = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField()
    subject = models.UUIDField(null=True)
    recipient = models.ForeignKey(Owner, models.PROTECT, null=True, related_name="+", db_index=False)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    person = models.UUIDField(null=True)
    user = models.UUIDField(null=True)
    device = models.CharField(max_length=80)
    cause = models.UUIDField(null=True)
    payload = models.BinaryField()
    previous = models.BinaryField()
    digest = models.BinaryField()

    objects = ScopedManager()
    rows = models.Manager()

    privacy: ClassVar = {
        "internal": [
            "id", "owner", "epoch", "sequence", "event", "version", "subject", "recipient", "occurred_at",
            "recorded_at", "person", "user", "device", "cause", "payload", "previous", "digest",
        ]
    }  # fmt: skip

    class Meta:
        db_table = "core_journal_entry"
        base_manager_name = "rows"
        constraints = [
            models.UniqueConstraint(fields=["owner", "epoch", "sequence"], name="core_journal_sequence_once")
        ]
        indexes = [
            models.Index(fields=["subject", "sequence"], name="core_journal_subject"),
            models.Index(
                fields=["owner", "sequence"],
                condition=Q(recipient__isnull=False),
                name="core_journal_messages",
            ),
        ]


class Sealed(models.Model):
    """The erasable part of an entry: personal values and message bodies. The payload holds their commitment."""

    entry = models.OneToOneField(JournalEntry, models.PROTECT, primary_key=True, related_name="sealed_row")
    salt = models.BinaryField(null=True)
    body = models.BinaryField(null=True)
    erased_at = models.DateTimeField(null=True)

    privacy: ClassVar = {"personal": ["salt", "body"], "internal": ["entry", "erased_at"]}

    class Meta:
        db_table = "core_sealed"
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True, body__isnull=False, salt__isnull=False)
                | Q(erased_at__isnull=False, body__isnull=True, salt__isnull=True),
                name="core_sealed_whole_or_erased",
            )
        ]


class Cursor(models.Model):
    """How far one subscriber has read one journal, and what stopped it."""

    id = models.BigAutoField(primary_key=True)
    subscriber = models.CharField(max_length=120)
    owner = models.ForeignKey(Owner, models.CASCADE, related_name="+")
    epoch = models.PositiveIntegerField(default=1)
    sequence = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    privacy: ClassVar = {
        "internal": ["id", "subscriber", "owner", "epoch", "sequence", "failures", "retry_at", "last_error"]
    }

    class Meta:
        db_table = "core_cursor"
        constraints = [models.UniqueConstraint(fields=["subscriber", "owner"], name="core_cursor_once")]


class Inbox(models.Model):
    """Messages that this recipient has acted on: a second delivery, by whatever way, changes nothing."""

    id = models.BigAutoField(primary_key=True)
    recipient = models.ForeignKey(Owner, models.CASCADE, related_name="+", db_index=False)
    entry = models.UUIDField()
    handler = models.CharField(max_length=120)
    received_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {"internal": ["id", "recipient", "entry", "handler", "received_at"]}

    class Meta:
        db_table = "core_inbox"
        constraints = [models.UniqueConstraint(fields=["recipient", "entry", "handler"], name="core_inbox_once")]


class Counter(models.Model):
    """Last serial of a series on a day."""

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey(Owner, models.CASCADE, related_name="+", db_index=False)
    series = models.CharField(max_length=20)
    day = models.DateField()
    value = models.PositiveIntegerField()

    privacy: ClassVar = {"internal": ["id", "owner", "series", "day", "value"]}

    class Meta:
        db_table = "core_counter"
        constraints = [models.UniqueConstraint(fields=["owner", "series", "day"], name="core_counter_once")]


class IdempotencyKey(models.Model):
    """The answer that a create got, so that the same key gets the same answer and nothing is made twice."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=120)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    privacy: ClassVar = {
        "internal": ["id", "user", "key", "request_digest", "status", "created_at"],
        "health": ["body"],
    }

    class Meta:
        db_table = "core_idempotency_key"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="core_idempotency_key_once")]


class Attachment(ScopedModel):
    """A file kept by its content: ``digest`` (SHA-256) is its address below ``LARAS_DATA/files``."""

    digest = models.CharField(max_length=64)
    media_type = models.CharField(max_length=80)
    name = models.CharField(max_length=160)
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {"internal": ["digest", "media_type", "size", "created_at"], "personal": ["name"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "core_attachment"
        constraints = [models.UniqueConstraint(fields=["owner", "digest", "name"], name="core_attachment_once")]


class ExternalIdentifier(models.Model):
    """How other systems call one of our things: NIK, IHS, SATUSEHAT, ASPAK, PCare, DHIS2, area codes ..."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Owner, models.PROTECT, null=True, related_name="+")
    entity = models.CharField(max_length=40)
    entity_id = models.UUIDField()
    system = models.CharField(max_length=120)
    value = models.CharField(max_length=120)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)

    privacy: ClassVar = {
        "internal": ["id", "owner", "entity", "entity_id", "system", "valid_from", "valid_until"],
        "personal": ["value"],
    }

    class Meta:
        db_table = "core_external_identifier"
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "entity_id", "system", "value"], name="core_external_identifier_once"
            )
        ]
        indexes = [models.Index(fields=["system", "value"], name="core_external_identifier_find")]
