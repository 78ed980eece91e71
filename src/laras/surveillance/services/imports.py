"""Weekly counts from before: without years of them no method has anything to compare with."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from laras.basics.periods import read_epi_week
from laras.core import journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.network import queries as network
from laras.surveillance.events import CountsImported
from laras.surveillance.models import Count
from laras.surveillance.rules.cases import sunday
from laras.surveillance.services.counting import hold_book
from laras.surveillance.services.telling import Places
from laras.surveillance.shipped import diseases

HEADING = ("disease", "area", "week", "cases")
MOST_PROBLEMS = 20
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Weekly:
    """One disease, area and week (its Sunday), from before."""

    disease: str
    area_id: UUID
    district_id: UUID | None
    week: date
    cases: int
    tested: int
    positive: int


def read_counts(text: str, *, owner_id: UUID) -> list[Weekly]:
    """``disease,area,week,cases[,tested,positive]`` with area codes and weeks as ``2026-M07`` or any day of them.

    Raises Refused with every row and field that cannot be taken, also an area that is not this office's own.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    if missing := [name for name in HEADING if name not in (reader.fieldnames or ())]:
        raise Refused(
            _("Kolom kurang: %(names)s.") % {"names": ", ".join(missing)},
            problems=[Problem(name, _("kolom ini diperlukan")) for name in missing],
        )
    problems: list[Problem] = []
    found: dict[tuple[str, UUID, date], Weekly] = {}
    rows = list(reader)
    areas = network.areas_by_codes({(row["area"] or "").strip() for row in rows})
    places, known = Places(), diseases()
    for number, row in enumerate(rows, 2):
        cells = {name: (value or "").strip() for name, value in row.items() if name}
        wrong: list[Problem] = []
        area = areas.get(cells["area"])
        if cells["disease"] not in known:
            wrong.append(Problem("disease", _("penyakit tidak dikenal"), number))
        if area is None:
            wrong.append(Problem("area", _("kode wilayah tidak dikenal"), number))
        elif places.of(area.area_id)[1] != owner_id:
            wrong.append(Problem("area", _("wilayah ini bukan wilayah kerja dinas ini"), number))
        week = _week(cells["week"])
        if week is None:
            wrong.append(Problem("week", _("tulis 2026-M07 atau tanggal 2026-02-15"), number))
        counts = {}
        for name in ("cases", "tested", "positive"):
            given = cells.get(name, "")
            if name != "cases" and not given:
                counts[name] = None
            elif given.isascii() and given.isdigit() and int(given) <= MOST:
                counts[name] = int(given)
            else:
                wrong.append(Problem(name, _("isi bilangan bulat, nol atau lebih"), number))
        if not wrong and (counts["positive"] or 0) > (counts["tested"] or 0):
            wrong.append(Problem("positive", _("lebih banyak dari yang diperiksa"), number))
        if wrong:
            problems += wrong
            continue
        assert area is not None
        assert week is not None
        assert counts["cases"] is not None
        key = (cells["disease"], area.area_id, week)
        if key in found:
            problems.append(Problem("week", _("penyakit, wilayah dan minggu ini sudah ada di atas"), number))
            continue
        found[key] = Weekly(
            *key[:2], places.of(area.area_id)[0], week, counts["cases"], counts["tested"] or 0, counts["positive"] or 0
        )
    if problems:
        raise Refused(_("Berkas belum dapat dipakai."), problems=problems[:MOST_PROBLEMS])
    return list(found.values())


def _week(text: str) -> date | None:
    try:
        return read_epi_week(text).first_day
    except ValueError:
        pass
    try:
        return sunday(date.fromisoformat(text))
    except ValueError:
        return None


@use_case
def import_counts(actor: Actor, *, owner_id: UUID, rows: Sequence[Weekly], source: str) -> int:
    """Take weekly counts from before in place of those that were imported for the same diseases, areas and weeks.

    Refused for a week in which this installation counted the disease there itself: one case would count twice.
    """
    actor.require("surveillance.manage", owner_id)
    source = " ".join(source.split())
    if not source or len(source) > 120:
        text = _("Tulis asal hitungan ini, paling panjang 120 huruf.")
        raise Refused(text, problems=[Problem("source", text)])
    if not rows:
        raise Refused(_("Tidak ada baris."))
    hold_book(owner_id)
    weeks = {row.week for row in rows}
    inside = Count.objects.within(Scope.of(owner_id)).filter(week__range=(min(weeks), max(weeks)))
    own = set(inside.filter(imported=False).values_list("disease", "area_id", "week"))
    twice = [row for row in rows if (row.disease, row.area_id, row.week) in own]
    if twice:
        raise Refused(
            _("Minggu %(week)s sudah dihitung dari hasil laboratorium; hitungan lama berhenti sebelum itu.")
            % {"week": min(row.week for row in twice).isoformat()},
            code="counted",
        )
    wanted = {(row.disease, row.area_id, row.week) for row in rows}
    gone = [
        row.id
        for row in inside.filter(imported=True).only("id", "disease", "area_id", "week")
        if (row.disease, row.area_id, row.week) in wanted
    ]
    for start in range(0, len(gone), 500):
        Count.objects.within(Scope.of(owner_id)).filter(id__in=gone[start : start + 500]).delete()
    made = [
        Count(
            owner_id=owner_id, disease=row.disease, area_id=row.area_id, district_id=row.district_id, week=row.week,
            imported=True, cases=row.cases, tested=row.tested, positive=row.positive, source=source,
        )
        for row in rows
    ]  # fmt: skip
    Count.objects.bulk_create(made, batch_size=500)
    event = CountsImported(len(rows), min(weeks).isoformat(), max(weeks).isoformat(), source)
    journal.record(actor, owner=owner_id, event=event)
    return len(rows)
