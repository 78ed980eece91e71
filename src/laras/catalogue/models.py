"""Tables of the catalogue: releases of reference data in layers, and their rows. Nothing here ever changes:
what was wrong is put right by a later release, so that a judgement can always be read against the rows that
made it."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from laras.catalogue.types import LAYERS, ROW_KINDS, STATUSES
from laras.core import clock
from laras.core.ids import new_id

LAYER_LABELS = {
    "shipped": _("Bawaan Laras"),
    "ministry": _("Kementerian"),
    "province": _("Dinas kesehatan"),
    "laboratory": _("Laboratorium"),
}


class Unchanging(models.Model):
    """A table whose rows are written once. The database refuses changes too (migration 0002)."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self._refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} rows are written once; publish a new release instead")


class ReferencePublisher(models.Model):
    """Who may publish on a layer: Laras itself (no owner), the ministry, a health office, a laboratory."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    layer = models.CharField(max_length=12, choices=list(LAYER_LABELS.items()))
    owner = models.OneToOneField("core.Owner", models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    code = models.CharField(max_length=40, unique=True)

    privacy: ClassVar = {"open": ["id", "layer", "owner", "code"]}

    class Meta:
        db_table = "catalogue_reference_publisher"
        constraints = [
            models.CheckConstraint(condition=Q(layer__in=LAYERS), name="catalogue_publisher_layer_known"),
            models.CheckConstraint(
                condition=Q(layer="shipped", owner__isnull=True) | (~Q(layer="shipped") & Q(owner__isnull=False)),
                name="catalogue_publisher_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ReferenceRelease(Unchanging):
    """One immutable, numbered set of rows. A shipped release is the whole layer; those of other layers add
    to, replace and withdraw what their earlier releases said, by key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    publisher = models.ForeignKey(ReferencePublisher, models.PROTECT, related_name="releases", db_index=False)
    number = models.PositiveIntegerField()
    version = models.CharField(max_length=60, unique=True)
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {"open": ["id", "publisher", "number", "version", "digest", "reason", "published_at"]}

    class Meta:
        db_table = "catalogue_reference_release"
        constraints = [
            models.UniqueConstraint(fields=["publisher", "number"], name="catalogue_release_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="catalogue_release_number_positive"),
        ]

    def __str__(self) -> str:
        return self.version


class ReferenceRow(Unchanging):
    """One row of a release. ``body`` holds the fields of the kind's dataclass (see
    :mod:`laras.catalogue.codec`); numbers are text, so that nothing is rounded on the way. ``withdrawn``:
    the layer takes its own row back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    release = models.ForeignKey(ReferenceRelease, models.PROTECT, related_name="rows", db_index=False)
    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=120)
    body = models.JSONField(default=dict)
    withdrawn = models.BooleanField(default=False)
    status = models.CharField(max_length=12)
    source = models.CharField(max_length=250)
    reason = models.CharField(max_length=500, blank=True)

    privacy: ClassVar = {"open": ["id", "release", "kind", "key", "body", "withdrawn", "status", "source", "reason"]}

    class Meta:
        db_table = "catalogue_reference_row"
        constraints = [
            models.UniqueConstraint(fields=["release", "kind", "key"], name="catalogue_row_once"),
            models.CheckConstraint(condition=Q(kind__in=ROW_KINDS), name="catalogue_row_kind_known"),
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="catalogue_row_status_known"),
            models.CheckConstraint(condition=~Q(key="") & ~Q(source=""), name="catalogue_row_sourced"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"
