"""Writing the catalogue: the shipped release, and what an organisation publishes on its own layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from laras.catalogue import queries, words
from laras.catalogue.codec import Info, Row, digest_of, key_of, kind_of, to_body
from laras.catalogue.events import ReleasePublished
from laras.catalogue.models import ReferencePublisher, ReferenceRelease, ReferenceRow
from laras.catalogue.rules.checks import faults_of
from laras.catalogue.shipped import shipped_digest, shipped_rows
from laras.catalogue.types import (
    Catalogue,
    CriticalInfo,
    HandlingInfo,
    LimitInfo,
    RangeInfo,
    RowKind,
    Status,
    TestInfo,
)
from laras.core import journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.ids import new_id, shipped_id
from laras.core.models import Owner
from laras.core.unit import use_case

_LAYER_OF_KIND: Final = {"laboratory": "laboratory", "office": "province", "ministry": "ministry"}
_LONGEST_REASON: Final = 500
_OWN_SOURCE: Final = "Keputusan laboratorium"
_CHANGEABLE: Final = frozenset(
    {"name", "name_en", "method", "decimals", "specimen", "container", "volume", "stability", "tat_hours", "unit"}
)
"""What an organisation may change on a test that it did not make. Not its unit of measure, code or kind:
results already written by them would change their meaning."""


def load_shipped_catalogue() -> ReferenceRelease:
    """Bring the database to the catalogue of this program. Does nothing when it is there already.

    A changed catalogue becomes a new release with the next number; earlier ones stay, because results cite
    them."""
    digest = shipped_digest()
    latest = ReferenceRelease.objects.filter(publisher__layer="shipped").order_by("-number").first()
    if latest is not None and latest.digest == digest:
        return latest
    with transaction.atomic():
        publisher, _made = ReferencePublisher.objects.get_or_create(
            code="laras", defaults={"id": shipped_id("catalogue.publisher", "laras"), "layer": "shipped"}
        )
        number = 1 if latest is None else latest.number + 1
        # The digest is part of the id: two installations that took other ways here still agree on equal content.
        release = ReferenceRelease.objects.create(
            id=shipped_id("catalogue.release", digest),
            publisher=publisher,
            number=number,
            version=f"laras/{digest[:8]}",
            digest=digest,
        )
        ReferenceRow.objects.bulk_create(
            [
                ReferenceRow(
                    id=shipped_id("catalogue.row", f"{digest}:{row.kind}:{row.key}"),
                    release=release,
                    kind=row.kind,
                    key=row.key,
                    body=dict(row.body),
                    status=row.status,
                    source=row.source,
                )
                for row in shipped_rows()
            ],
            batch_size=500,
        )
    queries.forget()
    return release


@use_case
def publish(actor: Actor, *, owner_id: UUID, rows: Sequence[Row], reason: str) -> ReferenceRelease:
    """Publish rows on the organisation's own layer as its next release, journaled there.

    Raises ``Refused`` without a reason or rows, or when the catalogue would not be sound with them; nothing
    is changed then. The other services of this module make the rows."""
    actor.require("catalogue.manage", owner_id)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Alasan wajib diisi."), problems=[Problem("reason", _("Tuliskan alasan perubahan ini."))])
    if len(reason) > _LONGEST_REASON:
        raise Refused(_("Alasan terlalu panjang."), problems=[Problem("reason", _("Paling banyak 500 huruf."))])
    if not rows:
        raise Refused(_("Tidak ada yang diubah."))
    if any(ord(letter) < 32 and letter not in "\n\r\t" for letter in reason):
        raise Refused(
            _("Alasan memuat huruf yang tidak dapat disimpan."),
            problems=[Problem("reason", _("Hapus huruf kendali dari alasan."))],
        )
    owner = Owner.objects.filter(pk=owner_id).first()
    if owner is None:
        raise NotFound()
    layer = _LAYER_OF_KIND[owner.kind]
    publisher, _made = ReferencePublisher.objects.get_or_create(
        owner=owner, defaults={"layer": layer, "code": owner.code}
    )
    publisher = ReferencePublisher.objects.select_for_update().get(pk=publisher.pk)
    _insist_sound(owner_id, publisher, rows)
    last = ReferenceRelease.objects.filter(publisher=publisher).aggregate(last=Max("number"))["last"] or 0
    release = ReferenceRelease.objects.create(
        publisher=publisher,
        number=last + 1,
        version=f"{publisher.code}/{last + 1}",
        digest=digest_of(rows),
        reason=reason,
    )
    ReferenceRow.objects.bulk_create(
        [
            ReferenceRow(
                id=new_id(),
                release=release,
                kind=row.kind,
                key=row.key,
                body=dict(row.body),
                withdrawn=row.withdrawn,
                status=row.status,
                source=row.source,
                reason=row.reason,
            )
            for row in rows
        ]
    )
    journal.record(
        actor,
        owner=owner_id,
        event=ReleasePublished(
            release=release.id,
            release_version=release.version,
            layer=layer,
            digest=release.digest,
            reason=reason,
            changes=tuple(f"{'-' if row.withdrawn else ''}{row.kind}:{row.key}" for row in rows),
        ),
        subject=release.id,
    )
    queries.forget()
    # Another thread may have read the state before this commit in between.
    transaction.on_commit(queries.forget)
    return release


@use_case
def adopt_critical(actor: Actor, *, owner_id: UUID, key: str, reason: str) -> ReferenceRelease:
    """Let an example critical value (``HB/adult@a``) hold in this laboratory."""
    catalogue = queries.effective(owner_id)
    row = _one((r for rows in catalogue.criticals_by_test.values() for r in rows), key)
    return publish(actor, owner_id=owner_id, rows=_adopted_criticals(catalogue, [row], reason), reason=reason)


@use_case
def adopt_criticals(actor: Actor, *, owner_id: UUID, practice: str, reason: str) -> ReferenceRelease:
    """Let all critical values of one published practice hold in this laboratory, in one release."""
    catalogue = queries.effective(owner_id)
    rows = [r for found in catalogue.criticals_by_test.values() for r in found if r.practice == practice]
    if not rows:
        raise NotFound()
    return publish(actor, owner_id=owner_id, rows=_adopted_criticals(catalogue, rows, reason), reason=reason)


@use_case
def set_critical(
    actor: Actor,
    *,
    owner_id: UUID,
    test: str,
    population: str,
    low: Decimal | None,
    high: Decimal | None,
    reason: str,
    inclusive: bool = False,
    ucum: str | None = None,
) -> ReferenceRelease:
    """Give this laboratory a critical value of its own for a population (``all``, ``adult``, ``child``,
    ``neonate``); ``ucum`` is the test's own unit unless given."""
    info = _test(queries.effective(owner_id), test)
    critical = CriticalInfo(
        key="",
        test=test,
        population=population,
        ucum=info.ucum if ucum is None else ucum,
        low=low,
        high=high,
        inclusive=inclusive,
    )
    return publish(actor, owner_id=owner_id, rows=[_own_row(critical, reason)], reason=reason)


@use_case
def adopt_range(actor: Actor, *, owner_id: UUID, key: str, reason: str) -> ReferenceRelease:
    """Take over a reference range whose source was not checked."""
    row = _one((r for rows in queries.effective(owner_id).ranges_by_test.values() for r in rows), key)
    return publish(actor, owner_id=owner_id, rows=[_own_row(row, reason, row.provenance.source)], reason=reason)


@use_case
def adopt_ranges(actor: Actor, *, owner_id: UUID, test: str, reason: str) -> ReferenceRelease:
    """Take over every reference range of a test that does not judge yet, in one release. Raises NotFound when there is
    none."""
    rows = [row for row in queries.effective(owner_id).ranges(test) if not row.judges]
    if not rows:
        raise NotFound()
    adopted = [_own_row(row, reason, row.provenance.source) for row in rows]
    return publish(actor, owner_id=owner_id, rows=adopted, reason=reason)


@use_case
def set_range(
    actor: Actor,
    *,
    owner_id: UUID,
    test: str,
    reason: str,
    sex: str = "",
    age_from: int = 0,
    age_until: int | None = None,
    low: Decimal | None = None,
    high: Decimal | None = None,
    low_open: bool = False,
    high_open: bool = False,
    normal: Sequence[str] = (),
) -> ReferenceRelease:
    """Give this laboratory its own reference range for a sex and age. The same sex and age replaces a row;
    another one that overlaps with a row in force is refused."""
    info = _test(queries.effective(owner_id), test)
    row = RangeInfo(
        key="",
        test=test,
        sex=sex,
        age_from=age_from,
        age_until=age_until,
        ucum=info.ucum,
        low=low,
        high=high,
        low_open=low_open,
        high_open=high_open,
        normal=tuple(normal),
    )
    return publish(actor, owner_id=owner_id, rows=[_own_row(row, reason)], reason=reason)


@use_case
def adopt_limit(actor: Actor, *, owner_id: UUID, key: str, reason: str) -> ReferenceRelease:
    """Let a limit judge (``standard/TEST``) that ships without judging, because its text was not read."""
    rows = queries.effective(owner_id).limits_by_standard.values()
    row = _one((limit for found in rows for limit in found.values()), key)
    return publish(actor, owner_id=owner_id, rows=[_own_row(row, reason, row.provenance.source)], reason=reason)


@use_case
def adopt_handling(actor: Actor, *, owner_id: UUID, group: str, reason: str) -> ReferenceRelease:
    """Let the holding times of one bottle group count that do not yet (empty: of all groups). NotFound when there are none."""
    actor.require("catalogue.manage", owner_id)
    catalogue = queries.effective(owner_id)
    rows = [
        _own_row(row, reason, row.provenance.source)
        for found in catalogue.handling_by_test.values()
        for row in found
        if not row.judges and row.hours is not None and group in ("", row.group)
    ]
    if not rows:
        raise NotFound(_("Tidak ada waktu simpan yang perlu diadopsi."))
    return publish(actor, owner_id=owner_id, rows=rows, reason=reason)


@use_case
def set_handling(actor: Actor, *, owner_id: UUID, handling: HandlingInfo, reason: str) -> ReferenceRelease:
    """Give this organisation its own container, preservation or holding time of a test (``key`` and ``provenance`` are
    ignored). The same test, matrix and preservation replaces a row."""
    actor.require("catalogue.manage", owner_id)
    return publish(actor, owner_id=owner_id, rows=[_own_row(handling, reason)], reason=reason)


@use_case
def adopt_standard(actor: Actor, *, owner_id: UUID, standard: str, reason: str) -> ReferenceRelease:
    """Let every limit of a standard judge that does not yet."""
    rows = [
        _own_row(row, reason, row.provenance.source)
        for row in queries.effective(owner_id).limits_by_standard.get(standard, {}).values()
        if not row.judges
    ]
    if not rows:
        raise NotFound(_("Baku mutu ini tidak memuat batas yang perlu diadopsi."))
    return publish(actor, owner_id=owner_id, rows=rows, reason=reason)


@use_case
def set_limit(actor: Actor, *, owner_id: UUID, limit: LimitInfo, reason: str) -> ReferenceRelease:
    """Give this organisation its own limit of a test under a standard (``key`` and ``provenance`` are
    ignored)."""
    return publish(actor, owner_id=owner_id, rows=[_own_row(limit, reason)], reason=reason)


@use_case
def add_test(actor: Actor, *, owner_id: UUID, test: TestInfo, reason: str) -> ReferenceRelease:
    """Add a test of this organisation, or a new version of one. ``test.code`` may be given short (``X``); it
    is kept as ``<OWNERCODE>:X``. The LOINC code is optional; ``id`` and ``provenance`` are ignored."""
    owner = Owner.objects.filter(pk=owner_id).first()
    if owner is None:
        raise NotFound()
    short = test.code.removeprefix(f"{owner.code}:").strip().upper()
    if not short or not short.replace("-", "").replace("_", "").isalnum() or len(short) > 24:
        raise Refused(
            _("Kode pemeriksaan tidak sah."),
            problems=[Problem("code", _("1 sampai 24 huruf, angka, - atau _."))],
        )
    if not test.name.strip():
        raise Refused(_("Nama wajib diisi."), problems=[Problem("name", _("Tuliskan nama pemeriksaan."))])
    code = f"{owner.code}:{short}"
    named = replace(test, code=code, local_code="" if test.loinc else code, name=test.name.strip())
    return publish(actor, owner_id=owner_id, rows=[_own_row(named, reason)], reason=reason)


@use_case
def change_test(
    actor: Actor, *, owner_id: UUID, code: str, changes: Mapping[str, Any], reason: str
) -> ReferenceRelease:
    """Change how this organisation does a test: method, decimals, container, turnaround and the like."""
    strange = sorted(set(changes) - _CHANGEABLE)
    if strange:
        raise Refused(
            _("Isian ini tidak dapat diubah."), problems=[Problem(f, _("Tidak dapat diubah.")) for f in strange]
        )
    before = _test(queries.effective(owner_id), code)
    row = replace(before, **changes)
    if row == before:
        raise Refused(_("Tidak ada yang diubah."))
    return publish(actor, owner_id=owner_id, rows=[_own_row(row, reason)], reason=reason)


@use_case
def withdraw(actor: Actor, *, owner_id: UUID, kind: RowKind, key: str, reason: str) -> ReferenceRelease:
    """Take back a row of the organisation's own layer; what the wider layers say holds again."""
    actor.require("catalogue.manage", owner_id)
    if any(ord(letter) < 32 for letter in key):
        raise NotFound()  # no key holds one, and PostgreSQL would not even look
    own = (
        ReferenceRow.objects.filter(release__publisher__owner_id=owner_id, kind=kind, key=key)
        .order_by("-release__number")
        .first()
    )
    if own is None or own.withdrawn:
        raise NotFound()
    row = Row(
        kind=kind,
        key=key,
        body={},
        status="adopted",
        source=_OWN_SOURCE,
        reason=reason.strip(),
        withdrawn=True,
    )
    return publish(actor, owner_id=owner_id, rows=[row], reason=reason)


def _own_row(info: Info, reason: str, source: str = "") -> Row:
    kind = kind_of(info)
    try:
        body = to_body(info)
    except ValueError as problem:
        raise Refused(_("Angka tidak dapat dipakai.")) from problem
    wild = [
        name
        for name, value in body.items()
        if isinstance(value, str) and (len(value) > 250 or any(ord(letter) < 32 for letter in value))
    ]
    if wild:
        raise Refused(
            _("Ada isian yang terlalu panjang atau memuat huruf yang tidak dapat disimpan."),
            problems=[Problem(name, _("Paling banyak 250 huruf, tanpa huruf kendali.")) for name in wild],
        )
    status: Status = "adopted"
    return Row(
        kind=kind,
        key=key_of(kind, body),
        body=body,
        status=status,
        source=source or _OWN_SOURCE,
        reason=reason.strip(),
    )


def _adopted_criticals(catalogue: Catalogue, rows: Iterable[CriticalInfo], reason: str) -> list[Row]:
    """The rows without their practice, so that they take the test's and population's own key."""
    return [_own_row(replace(row, practice=""), reason, row.provenance.source) for row in rows]


def _one(rows: Iterable[Any], key: str) -> Any:
    for row in rows:
        if row.key == key:
            return row
    raise NotFound()


def _test(catalogue: Catalogue, code: str) -> TestInfo:
    test = catalogue.tests.get(code)
    if test is None:
        raise NotFound(_("Pemeriksaan ini tidak ada di katalog."))
    return test


def _insist_sound(owner_id: UUID, publisher: ReferencePublisher, rows: Sequence[Row]) -> None:
    """Refuse rows with which the catalogue would have faults that it has not now."""
    if any(len(row.key) > 120 for row in rows):
        raise Refused(_("Kode terlalu panjang."), problems=[Problem("code", _("Kode terlalu panjang."))])
    try:
        after = queries.preview(owner_id, publisher.id, rows)
    except (ValueError, TypeError) as problem:
        raise Refused(str(problem)) from problem
    known = set(faults_of(queries.effective(owner_id)))
    faults = [words.word(fault) for fault in faults_of(after) if fault not in known]
    if faults:
        raise Refused(faults[0], problems=[Problem("", fault) for fault in faults[:20]])
