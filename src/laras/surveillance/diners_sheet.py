"""The list of a food study as people write it, in a sheet or in the grid of a page: who, ill or not, since when, what they ate.

In a sheet every column that is not one of ``LAYOUT`` is a food. The grid gives the same cells, so both are read alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from django.utils.translation import gettext as _

from laras.core.errors import Problem
from laras.core.sheets import MAX_BYTES, Layout, SheetProblem, problem_of, read_day, read_records

LAYOUT = Layout(
    {
        "nama": ("nama", "namalengkap", "namaataukode", "kode", "name"),
        "jenis_kelamin": ("jeniskelamin", "kelamin", "jk", "lp", "sex"),
        "umur": ("umur", "usia", "age"),
        "sakit": ("sakit", "kasus", "ill"),
        "mulai_sakit": ("mulaisakit", "tanggalsakit", "tglsakit", "onset"),
        "jam_sakit": ("jamsakit", "jammulaisakit", "jam"),
    },
    required=("nama", "sakit"),
    max_rows=1_000,
)
MOST_FOODS = 30
OLDEST = 120
_SEXES = {
    **dict.fromkeys(("l", "lk", "lakilaki", "laki", "pria", "putra"), "L"),
    **dict.fromkeys(("p", "pr", "perempuan", "wanita", "putri"), "P"),
}
_YES = frozenset({"ya", "y", "x", "1", "v", "✓", "yes", "sakit", "makan"})
_NO = frozenset({"tidak", "tdk", "t", "0", "-", "no", "n", "sehat", "tidaksakit", "tidakmakan"})
_HOUR = re.compile(r"(\d{1,2})[.:](\d{2})(?::\d{2})?", re.ASCII)
_MOMENT = re.compile(r"(\S+)[ T]+(\d{1,2}[.:]\d{2}(?::\d{2})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class DinerInput:
    """One person. ``number`` is that of the list, empty for somebody new; ``foods`` by key."""

    name: str
    ill: bool
    sex: str = ""
    age: int | None = None
    onset_at: datetime | None = None
    foods: Mapping[str, bool] = field(default_factory=dict)
    number: int | None = None
    row: int = 0

    @property
    def who(self) -> tuple[str, str, int | None]:
        """By what a person of a sheet is found again in the list."""
        return (self.name.casefold(), self.sex, self.age)


@dataclass(frozen=True, slots=True)
class DinersSheet:
    diners: tuple[DinerInput, ...] = ()
    foods: tuple[tuple[str, str], ...] = ()
    """All foods of the study then, key and name: those it had, and those that the sheet adds."""
    added_foods: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def bare(text: str) -> str:
    """A food's name for comparing."""
    return " ".join(text.split()).casefold()


def next_key(foods: Sequence[Sequence[str]]) -> str:
    return f"f{1 + max((int(key[1:]) for key, _name in foods), default=0)}"


def read_diners(content: bytes, foods: Sequence[Sequence[str]], *, zone: tzinfo, now: datetime) -> DinersSheet:
    """Persons and foods of a sheet, or what is wrong with it by row and column."""
    if len(content) > MAX_BYTES:
        return DinersSheet(problems=(_said("too_big"),))
    records, wrong = read_records(content, max_rows=LAYOUT.max_rows)
    if wrong:
        code, _colon, value = wrong.partition(":")
        return DinersSheet(problems=(_said(code, value=value),))
    if len(records) < 2:
        return DinersSheet(problems=(_said("empty"),))
    heading = [" ".join(cell.split()) for cell in records[0][1]]
    columns = [LAYOUT.column_of(cell) for cell in heading]
    problems = [_said("column_missing", name) for name in LAYOUT.required if name not in columns]
    problems += [_said("column_twice", name) for name in LAYOUT.headings if columns.count(name) > 1]
    if len(records) - 1 > LAYOUT.max_rows:
        problems.append(_said("too_many_rows"))
    known = {bare(name): key for key, name in foods}
    after, key_at = [(key, name) for key, name in foods], {}
    for at, (cell, column) in enumerate(zip(heading, columns, strict=True)):
        if column is not None or not cell:
            continue
        if bare(cell) not in known:
            known[bare(cell)] = next_key(after)
            after.append((known[bare(cell)], cell))
        if known[bare(cell)] in key_at.values():
            problems.append(_said("column_twice", cell))
        key_at[at] = known[bare(cell)]
        if len(cell) > 80 or not cell.isprintable():
            problems.append(Problem(cell[:40], _("Nama makanan paling panjang %(n)d huruf.") % {"n": 80}, 1))
    if len(after) > MOST_FOODS:
        problems.append(Problem("file", _("Paling banyak %(n)d makanan.") % {"n": MOST_FOODS}))
    if problems:
        return DinersSheet(problems=tuple(problems))

    diners: list[DinerInput] = []
    seen: dict[tuple[str, str, int | None], int] = {}
    names = dict(after)
    for number, record in records[1:]:
        if any(cell.strip() for cell in record[len(columns) :]):
            problems.append(_said("too_many_cells", row=number, value=record[len(columns)][:40]))
            continue
        cells = {column: cell.strip() for column, cell in zip(columns, record, strict=False) if column}
        eaten = {key: record[at].strip() for at, key in key_at.items() if at < len(record)}
        onset = " ".join(filter(None, (cells.get("mulai_sakit", ""), cells.get("jam_sakit", ""))))
        diner, wrong_cells = read_diner(
            {**cells, "mulai_sakit": onset}, eaten, names=names, zone=zone, now=now, row=number
        )
        problems += wrong_cells
        if diner is None:
            continue
        if diner.who in seen:
            text = _("Orang ini sudah ada di baris %(row)d.") % {"row": seen[diner.who]}
            problems.append(Problem("nama", text, number))
        seen.setdefault(diner.who, number)
        diners.append(diner)
    return DinersSheet(tuple(diners), tuple(after), tuple(name for _key, name in after[len(foods) :]), tuple(problems))


def _said(code: str, name: str = "", row: int | None = None, value: str = "") -> Problem:
    return problem_of(SheetProblem(code, name, row, value), LAYOUT)


def read_diner(
    cells: Mapping[str, str],
    eaten: Mapping[str, str],
    *,
    names: Mapping[str, str],
    zone: tzinfo,
    now: datetime,
    row: int,
    number: int | None = None,
) -> tuple[DinerInput | None, list[Problem]]:
    """One person of cells as typed; ``eaten`` by key, ``names`` of the foods for the words. Problems carry ``row``."""  # fmt: skip
    problems: list[Problem] = []

    def wrong(column: str, text: str) -> None:
        problems.append(Problem(column, text, row))

    name = " ".join(cells.get("nama", "").split())
    if not name or len(name) > 160 or not name.isprintable():
        wrong("nama", _("Wajib diisi, paling panjang %(n)d huruf.") % {"n": 160})
    sex = _letters(cells.get("jenis_kelamin", ""))
    if sex and sex not in _SEXES:
        wrong("jenis_kelamin", _("Tulis L atau P."))
    age, age_text = None, cells.get("umur", "").strip()
    if age_text:
        if re.fullmatch(r"\d{1,3}", age_text, re.ASCII) and int(age_text) <= OLDEST:
            age = int(age_text)
        else:
            wrong("umur", _("Tulis umur dalam tahun, 0 sampai %(n)d.") % {"n": OLDEST})
    ill = _yes_or_no(cells.get("sakit", ""))
    if ill is None:
        wrong("sakit", _("Tulis ya atau tidak."))
    onset, onset_text = None, cells.get("mulai_sakit", "").strip()
    if onset_text:
        try:
            onset = read_moment(onset_text, zone)
            if onset > now + timedelta(minutes=1):
                wrong("mulai_sakit", _("Waktu ini belum terjadi."))
            elif ill is False:
                wrong("mulai_sakit", _("Orang yang tidak sakit tidak punya waktu mulai sakit."))
        except ValueError:
            wrong("mulai_sakit", _("Tulis tanggal dan jam, misalnya 17-11-2026 13.30."))
    foods: dict[str, bool] = {}
    for key, text in eaten.items():
        answer = _yes_or_no(text)
        if answer is not None:
            foods[key] = answer
        elif text.strip():
            wrong(names.get(key, key), _("Tulis ya, tidak, atau kosongkan bila tidak ingat."))
    if problems or ill is None:
        return None, problems
    return DinerInput(name, ill, _SEXES.get(sex, ""), age, onset, foods, number, row), problems


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


def _yes_or_no(text: str) -> bool | None:
    word = re.sub(r"[\s_]", "", text.lower())
    return True if word in _YES else False if word in _NO else None


def read_moment(text: str, zone: tzinfo) -> datetime:
    """``2026-11-17T13:30``, ``17/11/2026 13.30``; ValueError for anything else, so also for a day without its hour."""
    found = _MOMENT.fullmatch(text.strip())
    hour = _HOUR.fullmatch(found[2]) if found else None
    if found is None or hour is None:
        raise ValueError(text)
    day: date = read_day(found[1])
    return datetime.combine(day, time(int(hour[1]), int(hour[2])), tzinfo=zone)
