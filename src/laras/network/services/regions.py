"""Regions 1 to 11 as sets of provinces: what was shipped from memory is put right here."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.unit import use_case
from laras.network import queries, rules
from laras.network.events import ProvinceAssigned
from laras.network.models import Region, RegionProvince
from laras.network.rules import tidy
from laras.network.services.authority import require_network
from laras.network.services.reach import rebuild_reach


@use_case
def assign_province(
    actor: Actor, *, office_id: UUID, province_id: UUID, region_id: UUID, on: date | None = None, source: str
) -> RegionProvince:
    """Say which region a province belongs to from a day on, by which decision. Only who decides for the nation may.

    The same region again confirms what was shipped unchecked: the row keeps its beginning and gets the source.
    """
    require_network(actor, office_id, [rules.Claim(national=True)])
    day, source = on or clock.today(), tidy(source)
    problems = []
    if not source or len(source) > 80:
        problems.append(Problem("source", _("Sebutkan keputusan yang menjadi dasar, paling banyak 80 huruf.")))
    region = Region.objects.filter(pk=region_id).first()
    if region is None:
        problems.append(Problem("region_id", _("Regional tidak dikenal.")))
    area = queries.version_at(province_id, day)
    if area is None or rules.level_of_code(area.code) != 1:
        problems.append(Problem("province_id", _("Pilih sebuah provinsi.")))
    if problems or region is None or area is None:
        raise Refused(_("Regional provinsi belum benar."), problems=problems)
    now = RegionProvince.objects.select_for_update().filter(province_id=province_id, valid_until__isnull=True).first()
    if now is not None and now.region_id == region_id:
        row = now
        if (now.source, now.status) == (source, "entered"):
            return row
        row.source, row.status, row.note = source, "entered", ""
        row.save(update_fields=["source", "status", "note"])
    else:
        if now is not None and now.valid_from is not None and now.valid_from >= day:
            message = _("Sudah ada perubahan mulai %(day)s. Pilih tanggal sesudahnya.") % {"day": now.valid_from}
            raise Refused(message, problems=[Problem("on", message)])
        if now is not None:
            now.valid_until = day
            now.save(update_fields=["valid_until"])
        row = RegionProvince.objects.create(
            region_id=region_id, province_id=province_id, valid_from=day, source=source, status="entered"
        )
    journal.record(
        actor,
        owner=office_id,
        event=ProvinceAssigned(area.code, region.number, day, source),
        subject=region.id,
    )
    if day <= clock.today():
        rebuild_reach()
    return row
