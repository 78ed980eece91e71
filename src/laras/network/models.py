"""Tables of areas and organisations.

All of them are open directory data, readable by everybody who is signed in, and therefore global, not scoped:
Area, AreaVersion, AreaSuccession, Shipment, Region, RegionProvince, Institution, Organisation,
OrganisationVersion, OrganisationSuccession, Jurisdiction, BoundarySet. Writing goes through services, which ask for a right and write the
organisation's own journal.

Validity is ``[valid_from, valid_until)`` in days; ``valid_from`` is empty where the beginning is not recorded.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from laras.core import clock
from laras.core.ids import new_id
from laras.network import rules
from laras.network.states import BOUNDARIES

LEVEL_LABELS = {1: _("Provinsi"), 2: _("Kabupaten/kota"), 3: _("Kecamatan"), 4: _("Kelurahan/desa")}
STATUS_LABELS = {
    "seen": _("terlihat pada sumbernya"),
    "derived": _("diturunkan"),
    "memory": _("dari ingatan, belum diperiksa"),
    "entered": _("dicatat pengguna"),
}
SUCCESSION_LABELS = {
    "split": _("Pemekaran"),
    "merge": _("Penggabungan"),
    "rename": _("Perubahan nama atau kode"),
    "transfer": _("Pindah induk"),
}
KIND_LABELS = {
    "puskesmas": _("Puskesmas"),
    "labkesda_kabkota": _("Labkesda kabupaten/kota"),
    "labkesda_provinsi": _("Labkesda provinsi"),
    "labkesmas_regional": _("Labkesmas regional"),
    "balai_besar": _("Balai besar labkesmas"),
    "balai_besar_biologi": _("Balai besar laboratorium biologi kesehatan"),
    "balai_besar_kesling": _("Balai besar laboratorium kesehatan lingkungan"),
    "rumah_sakit": _("Rumah sakit"),
    "swasta": _("Laboratorium swasta"),
    "dinkes_kabkota": _("Dinas kesehatan kabupaten/kota"),
    "dinkes_provinsi": _("Dinas kesehatan provinsi"),
    "kementerian": _("Kementerian"),
}
INSTITUTION_LABELS = {
    "kementerian": _("Kementerian"),
    "pemda_provinsi": _("Pemerintah provinsi"),
    "pemda_kabkota": _("Pemerintah kabupaten/kota"),
    "bumn": _("BUMN/BUMD"),
    "yayasan": _("Yayasan"),
    "swasta": _("Badan usaha swasta"),
}

_PERIOD = Q(valid_from__isnull=True) | Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from"))
_POINT = Q(lat__isnull=True, lon__isnull=True) | Q(lat__range=(-90, 90), lon__range=(-180, 180))


class Area(models.Model):
    """The permanent identity of a province, kabkota, kecamatan or kelurahan; what changes is in its versions."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    level = models.PositiveSmallIntegerField()

    privacy: ClassVar = {"open": ["id", "level"]}

    class Meta:
        db_table = "network_area"
        constraints = [
            models.CheckConstraint(condition=Q(level__range=(1, 4)), name="network_area_level_range"),
        ]


class AreaVersion(models.Model):
    """What an area was called and where it belonged during a period. ``code`` is the dotted Kemendagri code.

    Point in degrees (WGS 84), ``area_km2`` in km², ``zone`` one of WIB, WITA, WIT. ``source`` names a line of
    ``data/sources.csv`` or a regulation; ``status`` says what the row is worth.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    area = models.ForeignKey(Area, models.PROTECT, related_name="versions", db_index=False)
    code = models.CharField(max_length=13, db_index=False)
    name = models.CharField(max_length=100)
    parent = models.ForeignKey(Area, models.PROTECT, null=True, related_name="child_versions")
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    zone = models.CharField(max_length=4)
    area_km2 = models.FloatField(null=True)
    population = models.PositiveIntegerField(null=True)
    postal_code = models.CharField(max_length=5, blank=True)
    source = models.CharField(max_length=80)
    status = models.CharField(max_length=8)

    privacy: ClassVar = {
        "open": [
            "id", "area", "code", "name", "parent", "valid_from", "valid_until", "lat", "lon", "zone",
            "area_km2", "population", "postal_code", "source", "status",
        ]
    }  # fmt: skip

    class Meta:
        db_table = "network_area_version"
        constraints = [
            models.CheckConstraint(condition=_PERIOD, name="network_area_version_period"),
            models.CheckConstraint(condition=_POINT, name="network_area_version_point"),
            models.CheckConstraint(condition=Q(zone__in=list(rules.ZONES)), name="network_area_version_zone_known"),
            models.CheckConstraint(
                condition=Q(status__in=list(STATUS_LABELS)), name="network_area_version_status_known"
            ),
            models.UniqueConstraint(fields=["area", "valid_from"], name="network_area_version_once"),
            models.UniqueConstraint(
                fields=["area"], condition=Q(valid_until__isnull=True), name="network_area_version_now"
            ),
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_until__isnull=True), name="network_area_version_code_now"
            ),
        ]
        indexes = [
            # The present codes have their unique index; the old ones are few and found by this one.
            models.Index(fields=["code"], condition=Q(valid_until__isnull=False), name="network_area_version_code_old")
        ]

    def __str__(self) -> str:
        return self.name


class Shipment(models.Model):
    """Which state of the shipped files this database holds, so that loading them again is quick."""

    name = models.CharField(primary_key=True, max_length=40)
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {"internal": ["name", "digest", "loaded_at"]}

    class Meta:
        db_table = "network_shipment"


class AreaSuccession(models.Model):
    """Which area followed which, and how: the old one may go on (split) or end (merge)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    predecessor = models.ForeignKey(Area, models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Area, models.PROTECT, related_name="origins")
    kind = models.CharField(max_length=8)
    date = models.DateField()
    source = models.CharField(max_length=80)
    status = models.CharField(max_length=8)

    privacy: ClassVar = {"open": ["id", "predecessor", "successor", "kind", "date", "source", "status"]}

    class Meta:
        db_table = "network_area_succession"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=list(SUCCESSION_LABELS)), name="network_area_succession_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=list(STATUS_LABELS)), name="network_area_succession_status_known"
            ),
            models.UniqueConstraint(fields=["predecessor", "successor", "date"], name="network_area_succession_once"),
        ]


class Region(models.Model):
    """One of the regions 1 to 11: a set of provinces for regional reference laboratories, not an area's level."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.PositiveSmallIntegerField(unique=True)
    name = models.CharField(max_length=60)
    seat = models.CharField(max_length=60, blank=True)

    privacy: ClassVar = {"open": ["id", "number", "name", "seat"]}

    class Meta:
        db_table = "network_region"

    def __str__(self) -> str:
        return self.name


class RegionProvince(models.Model):
    """A province belongs to one region at a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    region = models.ForeignKey(Region, models.PROTECT, related_name="provinces")
    province = models.ForeignKey(Area, models.PROTECT, related_name="+")
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    source = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=8)
    note = models.CharField(max_length=200, blank=True)

    privacy: ClassVar = {"open": ["id", "region", "province", "valid_from", "valid_until", "source", "status", "note"]}

    class Meta:
        db_table = "network_region_province"
        constraints = [
            models.CheckConstraint(condition=_PERIOD, name="network_region_province_period"),
            models.CheckConstraint(
                condition=Q(status__in=list(STATUS_LABELS)), name="network_region_province_status_known"
            ),
            models.UniqueConstraint(
                fields=["province"], condition=Q(valid_until__isnull=True), name="network_region_province_now"
            ),
        ]


class Institution(models.Model):
    """Who an organisation belongs to by law (a government, a foundation, a company): neither region nor place."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)

    privacy: ClassVar = {"open": ["id", "code", "name", "kind"]}

    class Meta:
        db_table = "network_institution"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=list(INSTITUTION_LABELS)), name="network_institution_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """A laboratory, a health office or the ministry: a ``core.Owner`` with its versions.

    ``closed_on`` is the first day on which it no longer works, and empty while it does.
    """

    owner = models.OneToOneField("core.Owner", models.PROTECT, primary_key=True, related_name="organisation")
    registered_at = models.DateTimeField(default=clock.now)
    closed_on = models.DateField(null=True)

    privacy: ClassVar = {"open": ["owner", "registered_at", "closed_on"]}

    class Meta:
        db_table = "network_organisation"


class OrganisationVersion(models.Model):
    """What is true of an organisation during a period; periods of one organisation follow each other.

    ``tier`` 1 to 5 for laboratories of the network, otherwise empty. ``area`` is where it stands, which is not
    what it is responsible for (:class:`Jurisdiction`). Point in degrees (WGS 84).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="versions", db_index=False)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    name = models.CharField(max_length=200)
    tier = models.PositiveSmallIntegerField(null=True)
    kind = models.CharField(max_length=24)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, related_name="+")
    supervisor = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    address = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    accreditation_number = models.CharField(max_length=60, blank=True)

    privacy: ClassVar = {
        "open": [
            "id", "organisation", "valid_from", "valid_until", "name", "tier", "kind", "area", "region",
            "institution", "supervisor", "address", "phone", "lat", "lon", "accreditation_number",
        ]
    }  # fmt: skip

    class Meta:
        db_table = "network_organisation_version"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="network_organisation_version_period",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=list(KIND_LABELS)), name="network_organisation_version_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(tier__isnull=True) | Q(tier__range=(1, 5)),
                name="network_organisation_version_tier_range",
            ),
            models.CheckConstraint(condition=_POINT, name="network_organisation_version_point"),
            models.CheckConstraint(
                condition=~Q(supervisor=F("organisation")),
                name="network_organisation_version_not_own_supervisor",
            ),
            models.UniqueConstraint(fields=["organisation", "valid_from"], name="network_organisation_version_once"),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(valid_until__isnull=True),
                name="network_organisation_version_now",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OrganisationSuccession(models.Model):
    """Which organisation took over from one that closed; several may merge into one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    predecessor = models.ForeignKey(Organisation, models.PROTECT, related_name="successions", db_index=False)
    successor = models.ForeignKey(Organisation, models.PROTECT, related_name="origins")
    date = models.DateField()
    basis = models.CharField(max_length=120, blank=True)

    privacy: ClassVar = {"open": ["id", "predecessor", "successor", "date", "basis"]}

    class Meta:
        db_table = "network_organisation_succession"
        constraints = [
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="network_organisation_succession_not_own"
            ),
            models.UniqueConstraint(fields=["predecessor", "successor"], name="network_organisation_succession_once"),
        ]


class Jurisdiction(models.Model):
    """What an organisation is responsible for (an area, a region's provinces, the nation), wherever it stands.

    ``basis``: the regulation or decision that says so.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="jurisdictions")
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    national = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    basis = models.CharField(max_length=120, blank=True)

    privacy: ClassVar = {
        "open": ["id", "organisation", "area", "region", "national", "valid_from", "valid_until", "basis"]
    }

    class Meta:
        db_table = "network_jurisdiction"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="network_jurisdiction_period",
            ),
            models.CheckConstraint(
                condition=Q(area__isnull=False, region__isnull=True, national=False)
                | Q(area__isnull=True, region__isnull=False, national=False)
                | Q(area__isnull=True, region__isnull=True, national=True),
                name="network_jurisdiction_one_claim",
            ),
        ]


class BoundarySet(models.Model):
    """Boundaries that an office brought: they take the place of the shipped approximate ones, area by area, the newest first.

    ``level`` 1 or 2; ``lines`` a gzipped ``rules.topology.packed``; ``codes`` the areas drawn in it, as they were named on that day.
    ``file_digest``: SHA-256 of the file as it came. A set is never changed; a correction is a new one.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    office = models.ForeignKey("core.Owner", models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, default=BOUNDARIES.initial)
    source = models.CharField(max_length=200)
    file_name = models.CharField(max_length=160)
    file_digest = models.CharField(max_length=64)
    codes = models.JSONField()
    warnings = models.JSONField(default=list)
    lines = models.BinaryField()
    created_at = models.DateTimeField(default=clock.now)
    accepted_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "open": [
            "id", "office", "level", "status", "source", "file_name", "file_digest", "codes", "warnings", "lines",
            "created_at", "accepted_at",
        ]
    }  # fmt: skip

    class Meta:
        db_table = "network_boundary_set"
        constraints = [
            models.CheckConstraint(condition=Q(level__in=(1, 2)), name="network_boundary_set_level"),
            BOUNDARIES.constraint("network_boundary_set"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(accepted_at__isnull=False), name="network_boundary_set_accepted"
            ),
        ]
        indexes = [
            models.Index(fields=["accepted_at"], condition=Q(status="accepted"), name="network_boundary_set_used")
        ]
