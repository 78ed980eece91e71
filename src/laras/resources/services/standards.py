"""Standards come in as a whole: with the program, or as a file that the ministry publishes."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from laras.core import bulk, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.ids import new_id, shipped_id
from laras.core.models import Owner
from laras.core.unit import use_case
from laras.resources import shipped
from laras.resources.events import StandardPublished
from laras.resources.labels import STANDARD_STATUS
from laras.resources.models import Standard, StandardItem
from laras.resources.types import StandardInfo

PUBLISH = "resources.publish_standard"


def load_shipped_standards() -> int:
    """Bring the shipped standards into the database; answers how many were new. Safe to repeat."""
    known = set(Standard.objects.values_list("version", flat=True))
    fresh = [info for info in shipped.read_standards() if info.version not in known]
    with transaction.atomic():
        for info in fresh:
            _write(info, shipped_id("resources.standard", info.version), shipped_ids=True)
    return len(fresh)


@use_case
def publish_standard(actor: Actor, *, owner_id: UUID, info: StandardInfo) -> Standard:
    """Take a new version in, as the ministry decreed it. A version is never changed: a correction is a new one."""
    actor.require(PUBLISH, owner_id)
    problems = []
    if not Owner.objects.filter(pk=owner_id, kind="ministry").exists():
        problems.append(Problem("owner", _("Hanya kementerian yang menerbitkan standar.")))
    if not info.version or len(info.version) > 40 or " " in info.version:
        problems.append(Problem("version", _("Versi ditulis tanpa spasi, paling banyak 40 huruf.")))
    if not info.source or len(info.source) > 200:
        problems.append(Problem("source", _("Sumber wajib disebut: peraturan dan tabelnya, paling banyak 200 huruf.")))
    if info.status not in STANDARD_STATUS:
        problems.append(Problem("status", _("Status tidak dikenal.")))
    if not info.items:
        problems.append(Problem("file", _("Berkas ini tidak berisi baris data.")))
    if problems:
        raise Refused(_("Standar belum bisa diterima; tidak ada yang disimpan."), problems=problems)
    if Standard.objects.filter(version=info.version).exists():
        raise Conflict(_("Versi %(version)s sudah ada dan tidak diubah lagi.") % {"version": info.version})
    row = _write(info, new_id(), shipped_ids=False)
    event = StandardPublished(info.version, info.valid_from.isoformat(), info.source, info.status, len(info.items))
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


def _write(info: StandardInfo, key: UUID, *, shipped_ids: bool) -> Standard:
    row = Standard(
        id=key,
        version=info.version,
        title=info.title[:200],
        valid_from=info.valid_from,
        source=info.source,
        status=info.status,
        note=info.note[:400],
    )
    row.save(force_insert=True)
    items = bulk.Rows(StandardItem)
    for position, item in enumerate(info.items):
        name = f"{info.version}/{item.kind}/{item.code}"
        items.add(
            id=shipped_id("resources.standard_item", name) if shipped_ids else new_id(),
            standard_id=key,
            kind=item.kind,
            code=item.code,
            position=position,
            category=item.category,
            name=item.name,
            aliases=list(item.aliases),
            **item.minima,
        )
    items.write()
    return row
