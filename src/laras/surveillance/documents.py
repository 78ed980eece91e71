"""The papers of surveillance as PDF: the report of the first 24 hours (W1), the weekly bulletin (W2), the report of a closed event.

Counts only: no paper of this module names a patient. Words are Indonesian, as the forms they stand for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format

from laras.basics.periods import epi_week
from laras.core import clock
from laras.core.models import Owner
from laras.core.printing import date_text, moment_text, plain, render
from laras.core.printing.types import Letterhead
from laras.core.scope import Scope
from laras.core.templatetags.ui import percent
from laras.network import queries as network
from laras.surveillance import queries, words
from laras.surveillance.models import Outbreak
from laras.surveillance.services import due
from laras.surveillance.shipped import diseases
from laras.surveillance.states import DESIGNS, OUTBREAK, RISKS

TEMPLATE = "surveillance/templates_typst/paper.typ"
FEWER = 5
"""Areas of a paper's table beyond the first so many are named in one line."""
Part = dict[str, Any]


def _letterhead(owner: Owner) -> Letterhead:
    version = network.organisation_at(owner.id)
    return Letterhead(
        name=owner.name, address=version.address if version else "", phone=version.phone if version else ""
    )


def _render(owner: Owner, *, title: str, number: str, subtitle: str, parts: list[Part]) -> bytes:
    zone = clock.ZONES[owner.zone]
    data = {
        "lang": "id", "title": title, "number": number, "subtitle": subtitle, "parts": parts,
        "letterhead": plain(_letterhead(owner)), "foot": f"dicetak {moment_text(clock.now(), zone)}",
    }  # fmt: skip
    return render(TEMPLATE, data)


def _facts(title: str, *pairs: tuple[str, str]) -> Part:
    return {"kind": "facts", "title": title, "pairs": [list(pair) for pair in pairs if pair[1]]}


def _table(
    title: str, heading: Sequence[str], rows: Sequence[Sequence[Any]], *, strong: Sequence[int] = (), nothing: str = ""
) -> Part:
    return {
        "kind": "table", "title": title, "heading": list(heading), "nothing": nothing,
        "numeric": [n for n, cell in enumerate(rows[0]) if isinstance(cell, int | float)] if rows else [],
        "rows": [
            [{"text": "–" if cell is None else str(cell), "strong": place in strong} for cell in row]
            for place, row in enumerate(rows)
        ],
    }  # fmt: skip


# --- Of an event ------------------------------------------------------------------------------------------------------


def _event_parts(row: Outbreak) -> list[Part]:
    cases = queries.cases_of(row)
    by_day, bars = queries.curve(cases)
    zone = clock.ZONES[row.owner.zone]
    places = network.area_labels({case.area_id for case in cases})
    by_area: dict[str, int] = {}
    for case in cases:
        name = places.get(case.area_id, "wilayah tidak dikenal")
        by_area[name] = by_area.get(name, 0) + 1
    ages = [case.age for case in cases if case.age is not None]
    known = diseases()[row.disease]
    attack = queries.attack_rate(row, len(cases))
    return [
        _facts(
            "Kejadian",
            ("Penyakit", known.name + (f" (SKDR huruf {known.letter})" if known.letter else "")),
            ("Kejadian", row.title),
            ("Status", str(OUTBREAK.label(row.status))),
            ("Nomor keputusan KLB", row.decree),
            ("Tanggal kasus pertama", date_text(cases[0].day) if cases else ""),
            ("Tanggal kasus terakhir", date_text(cases[-1].day) if cases else ""),
            ("Dugaan dibuka", moment_text(row.opened_at, zone)),
            ("Diverifikasi", moment_text(row.verified_at, zone) if row.verified_at else ""),
            ("W1 jatuh tempo", moment_text(due(row), zone)),
        ),
        _facts(
            "Kasus menurut hasil laboratorium",
            ("Jumlah kasus", str(len(cases))),
            *((str(label), str(sum(c.classification == key for c in cases))) for key, label in words.CLASSES.items()),
            ("Laki-laki / perempuan", f"{sum(c.sex == 'L' for c in cases)} / {sum(c.sex == 'P' for c in cases)}"),
            ("Umur", f"{min(ages)} sampai {max(ages)} tahun" if ages else ""),
            ("Populasi berisiko", f"{row.at_risk} ({row.at_risk_who})" if row.at_risk else ""),
            ("Angka serangan", f"{percent(attack.value, 1)} ({words.interval(attack)})" if attack else ""),
            ("Kematian", "........ (diisi petugas)"),
        ),
        _table(
            "Tempat tinggal kasus", ("Wilayah", "Kasus"),
            sorted(by_area.items(), key=lambda one: (-one[1], one[0])), nothing="Belum ada kasus.",
        ),
        _table(
            "Kurva epidemi", ("Tanggal" if by_day else "Minggu epidemiologi", *map(str, words.CLASSES.values()), "Jumlah"),
            [
                (date_text(week) if by_day else words.week_long(week), *(kept.get(key, 0) for key in words.CLASSES), sum(kept.values()))
                for week, kept in bars
            ],
            nothing="Belum ada kasus.",
        ),
    ]  # fmt: skip


def first_report_pdf(row: Outbreak) -> bytes:
    """W1: what is known within 24 hours of verification, with lines for what only people on the spot know."""
    with translation.override("id"):
        parts = _event_parts(row)
        if row.verification:
            parts.append({"kind": "text", "title": "Verifikasi", "body": row.verification})
        if row.risk:
            parts.append({"kind": "text", "title": "Penilaian risiko", "body": f"{RISKS[row.risk]}. {row.risk_note}"})
        parts.append({"kind": "lines", "title": "Gejala dan tanda, penanggulangan yang sudah dilakukan", "count": 5})
        parts.append(_signature(row.owner, "Petugas surveilans"))
        return _render(
            row.owner, title="Laporan Kewaspadaan (W1)", number=row.number,
            subtitle="Laporan KLB/dugaan KLB dalam 24 jam, Permenkes 1501/MENKES/PER/X/2010", parts=parts,
        )  # fmt: skip


def event_report_pdf(row: Outbreak) -> bytes:
    """The report of an event as it stands: the same facts with what was assessed, declared and concluded."""
    with translation.override("id"):
        zone = clock.ZONES[row.owner.zone]
        parts = [*_event_parts(row), *_food_parts(row)]
        for title, body in (
            ("Verifikasi", row.verification),
            ("Penilaian risiko", f"{RISKS[row.risk]}. {row.risk_note}" if row.risk else ""),
            ("Kesimpulan", row.conclusion),
        ):
            if body:
                parts.append({"kind": "text", "title": title, "body": body})
        parts.append(
            _facts(
                "Perjalanan",
                ("KLB ditetapkan", moment_text(row.declared_at, zone) if row.declared_at else ""),
                ("KLB berakhir", moment_text(row.ended_at, zone) if row.ended_at else ""),
                ("Ditutup", moment_text(row.closed_at, zone) if row.closed_at else ""),
                ("W1 dibuat", moment_text(row.first_report_at, zone) if row.first_report_at else ""),
            )
        )
        parts.append(_signature(row.owner, "Kepala dinas kesehatan"))
        return _render(row.owner, title="Laporan Kejadian", number=row.number, subtitle=row.title, parts=parts)


def _food_parts(row: Outbreak) -> list[Part]:
    """Who fell ill of those who ate and of those who did not, without names; nothing when nobody was asked."""
    study = queries.study_of(row)
    if study is None:
        return []
    persons, cohort = queries.answers_of(study), study.design == "cohort"
    ill = sum(one.ill for one in persons)
    rate = queries.proportion(ill, len(persons)) if cohort else None
    hours = words.incubation_words(queries.incubation(study.served_at, persons))
    lines = queries.food_lines(study.foods, persons, cohort=cohort)

    def cell(line: queries.FoodLine) -> str:
        if line.ratio is None:
            return "–"
        return f"{words.ratio(line.ratio.value)} ({words.ratio(line.ratio.low)} – {words.ratio(line.ratio.high)})"

    def of(part: int, whole: int) -> str:
        return f"{part} / {whole}" + (f" ({percent(part / whole, 0)})" if cohort and whole else "")

    table = _table(
        "Menurut makanan (sakit / seluruhnya)",
        ("Makanan", "Makan", "Tidak makan", "Risiko relatif (95 %)" if cohort else "Rasio odds (95 %)", "p (Fisher)"),
        [
            (
                line.name, of(line.table.eaten_ill, line.table.eaten), of(line.table.not_eaten_ill, line.table.not_eaten),
                cell(line), "–" if line.pvalue is None else words.pvalue(line.pvalue),
            )
            for line in lines
        ],
        strong=[place for place, line in enumerate(lines) if line.suspect],
    )  # fmt: skip
    said = (
        ("Jamuan", study.meal),
        ("Waktu makan", moment_text(study.served_at, clock.ZONES[row.owner.zone]) if study.served_at else ""),
        ("Rancangan", str(DESIGNS[study.design])),
        ("Siapa disebut sakit", study.case_definition),
        ("Orang dalam studi", f"{len(persons)}, sakit {ill}"),
        ("Angka serangan", f"{percent(rate.value, 1)} ({words.interval(rate)})" if rate else ""),
        ("Masa inkubasi", f"median {hours[0]}, {hours[1]}" if hours else ""),
    )
    return [_facts("Studi makanan", *said), table]


def _signature(owner: Owner, role: str) -> Part:
    version = network.organisation_at(owner.id)
    place = network.area_names([version.area_id]).get(version.area_id, "") if version and version.area_id else ""
    day = date_text(clock.now().astimezone(ZoneInfo(owner.zone)).date())
    return {"kind": "signature", "place": ", ".join(filter(None, (place, day))), "role": role, "below": "Nama dan NIP"}


# --- Of a week --------------------------------------------------------------------------------------------------------


def bulletin_table(owner: Owner, week: date) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """W2 as a table: every disease of the office with cases, tested, positive, and what was to be expected."""
    heading = ("letter", "disease", "cases", "tested", "positive", "expected", "upperbound", "signal")
    lines = []
    for row in sorted(
        queries.overview(owner.id, last=week, weeks=1), key=lambda one: list(diseases()).index(one.disease.code)
    ):
        one = row.last
        lines.append(
            (
                row.disease.letter, row.disease.name, one.observed, one.tested, one.positive,
                None if one.expected is None else round(one.expected, 1),
                None if one.upperbound is None else int(one.upperbound),
                int(any(signal.week == week for signal in row.signals)) if one.evaluated else None,
            )
        )  # fmt: skip
    return heading, lines


def bulletin_pdf(owner: Owner, week: date) -> bytes:
    """W2, the bulletin of a week: signals first, then the diseases, then who did not report."""
    with translation.override("id"):
        reach = Scope.reach(owner.id)
        _heading, lines = bulletin_table(owner, week)
        signals = [
            one for one in queries.signals(Scope.of(owner.id), since=week)
            if one.week == week and one.status not in ("dismissed", "withdrawn")
        ]  # fmt: skip
        (reported,) = queries.completeness(reach, last=week, weeks=1)
        silent = [name for _id, name in reported.silent]
        counted = [line for line in lines if line[2] or line[3]]
        events = [
            row for row in queries.outbreaks(Scope.of(owner.id))[:50]
            if row.opened_at.date() <= week + timedelta(days=7) and (row.closed_at is None or row.closed_at.date() >= week)
        ]  # fmt: skip
        share = f" ({round(100 * reported.share)} %)" if reported.share is not None else ""
        parts = [
            _facts(
                "Kelengkapan",
                ("Laboratorium melapor", f"{reported.reported} dari {reported.expected}{share}"),
                ("Belum melapor", "; ".join(silent[:FEWER]) + (f" dan {len(silent) - FEWER} lainnya" if len(silent) > FEWER else "")),
            ),
            _table(
                "Sinyal minggu ini", ("Penyakit", "Kasus", "Batas atas", "Dasar", "Keputusan"),
                [
                    (words.disease_name(one.disease), one.observed, None if one.upperbound is None else int(one.upperbound),
                     words.by_words(one.by), str(one.get_status_display()))
                    for one in signals
                ],
                nothing="Tidak ada sinyal.",
            ),
            _table(
                "Kejadian yang berjalan", ("Kejadian", "Penyakit", "Kasus", "Status"),
                [(row.title, words.disease_name(row.disease), row.standing, str(OUTBREAK.label(row.status))) for row in events],
                nothing="Tidak ada kejadian yang berjalan.",
            ),
            _table(
                "Penyakit menurut hasil laboratorium",
                ("Penyakit", "Huruf", "Kasus", "Diperiksa", "Positif", "Batas atas"),
                [(line[1], line[0] or "–", line[2], line[3], line[4], line[6]) for line in counted],
                strong=[n for n, line in enumerate(counted) if line[7]],
                nothing="Tidak ada pemeriksaan yang tercatat minggu ini.",
            ),
        ]  # fmt: skip
        found = epi_week(week)
        return _render(
            owner, title="Buletin Mingguan (W2)", number=f"{owner.code}-{found}",
            subtitle=f"Minggu epidemiologi {found.number} tahun {found.year}, {date_format(week, 'j F')} sampai "
            f"{date_format(week + timedelta(days=6), 'j F Y')}", parts=parts,
        )  # fmt: skip
