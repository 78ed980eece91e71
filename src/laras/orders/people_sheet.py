"""The sheet of people of a programme session: its columns, and how days, sexes and numbers are written in it.

A day that can be read in two ways is never guessed: ``03/04/1990`` is refused unless the NIK beside it tells the day or the
sender says that the day goes first.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from laras.basics.nik import NikFacts, clean_nik, read_nik
from laras.core.errors import Problem
from laras.core.sheets import Layout, SheetRow, problem_of, read_sheet
from laras.people.rules import clean_input, clean_text
from laras.people.types import PatientInput

LAYOUT = Layout(
    {
        "nama": ("nama", "namalengkap", "namapasien", "namapeserta", "namasiswa", "fullname", "name"),
        "nik": ("nik", "noktp", "nomornik", "nonik"),
        "tanggal_lahir": ("tanggallahir", "tgllahir", "tgllhr", "lahir", "birthdate"),
        "jenis_kelamin": ("jeniskelamin", "kelamin", "jk", "lp", "sex", "gender"),
        "tanpa_nik": ("tanpanik", "alasantanpanik", "sebabtanpanik"),
        "paspor": ("paspor", "nomorpaspor", "nopaspor", "passport"),
        "nama_ibu": ("namaibu", "ibu", "namaibukandung"),
        "nik_ibu": ("nikibu",),
        "nomor_rm": ("nomorrm", "norm", "rm", "mrn", "rekammedis", "nomorrekammedis"),
        "telepon": ("telepon", "telp", "notelepon", "nohp", "hp", "wa", "phone"),
        "alamat": ("alamat", "address"),
        "keterangan": ("keterangan", "ket", "kelas", "kunjungan"),
        "orang_lain": ("oranglain", "bedaorang"),
    },
    required=("nama", "tanggal_lahir", "jenis_kelamin"),
    max_rows=5_000,
)
COLUMN_OF = {
    "full_name": "nama", "nik": "nik", "birth_date": "tanggal_lahir", "sex": "jenis_kelamin", "no_nik_reason": "tanpa_nik",
    "passport_number": "paspor", "mother_name": "nama_ibu", "mother_nik": "nik_ibu", "mrn": "nomor_rm", "phone": "telepon",
    "address": "alamat",
}  # fmt: skip
"""Field of a patient -> the column that holds it."""

_SEXES = {
    **dict.fromkeys(("l", "lk", "lakilaki", "laki", "pria", "putra"), "L"),
    **dict.fromkeys(("p", "pr", "perempuan", "wanita", "putri"), "P"),
}
_NO_NIK = {
    **dict.fromkeys(("belumpunya", "tidakdibawa", "belumpunyaatautidakdibawa", "tidakada", "absent"), "absent"),
    **dict.fromkeys(("wna", "wargaasing", "warganegaraasing", "asing", "foreign"), "foreign"),
    **dict.fromkeys(("bayi", "bayibelumbernik", "newborn"), "newborn"),
}
_MONTHS = (
    ("januari", "jan", "january"), ("februari", "feb", "pebruari", "february"), ("maret", "mar", "march"), ("april", "apr"),
    ("mei", "may"), ("juni", "jun", "june"), ("juli", "jul", "july"), ("agustus", "agu", "ags", "agt", "aug", "august"),
    ("september", "sep", "sept"), ("oktober", "okt", "oct", "october"), ("november", "nov", "nopember", "nop"),
    ("desember", "des", "dec", "december"),
)  # fmt: skip
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00)?)?", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})", re.ASCII)
_WORDS = re.compile(r"(\d{1,2})[\s/.-]+([A-Za-z]+)\.?[\s/.,-]+(\d{4})", re.ASCII)
_YES = frozenset({"ya", "y", "x", "1", "yes", "✓"})


class Unclear(ValueError):
    """A day that can be read in two ways; ``one`` and ``other`` are both."""

    def __init__(self, one: date, other: date) -> None:
        super().__init__(f"{one} or {other}")
        self.one, self.other = one, other


def read_birth_date(text: str, *, day_first: bool) -> date:
    """``1990-04-03``, ``3 April 1990``, ``13/04/1990``; ``03/04/1990`` only when it was said that the day goes first.

    Raises :class:`Unclear` for what can be two days, ValueError for what is none (two digits of a year are none).
    """
    text = text.strip()
    if found := _ISO.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _WORDS.fullmatch(text):
        month = _MONTH_OF.get(found[2].lower())
        if month is None:
            raise ValueError(text)
        return date(int(found[3]), month, int(found[1]))
    if found := _NUMBERS.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        day = date(year, second, first)
        if first != second and first <= 12 and not day_first:
            raise Unclear(day, date(year, first, second))
        return day
    raise ValueError(text)


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the sheet. ``said``: what its remark says (``Kelas 7; Terduga TB``); ``another``: that this is not the person
    of the same sounding name and date of birth."""

    row: int
    given: PatientInput
    mrn: str = ""
    said: tuple[str, ...] = ()
    another: bool = False


@dataclass(frozen=True, slots=True)
class PeopleSheet:
    """``digest`` is of the content: the same list as CSV and as a workbook has one digest."""

    people: tuple[Person, ...] = ()
    problems: tuple[Problem, ...] = ()
    digest: str = ""
    rows: int = field(default=0)


def read_people(content: bytes, *, day_first: bool, today: date) -> PeopleSheet:
    """People and problems, each with its row (the heading is row 1) and column."""
    read = read_sheet(content, LAYOUT)
    problems = [problem_of(problem, LAYOUT) for problem in read.problems]
    people: list[Person] = []
    digest = hashlib.sha256()
    for line in read.rows:
        digest.update(
            "\x1f".join(f"{name}={cell}" for name, cell in sorted(line.cells.items()) if cell).encode() + b"\x1e"
        )
        people.append(_person(line, day_first, today, problems))
    problems += _twice(people)
    return PeopleSheet(tuple(people), tuple(problems), digest.hexdigest(), len(read.rows))


def _person(line: SheetRow, day_first: bool, today: date, problems: list[Problem]) -> Person:
    cells = line.cells

    def problem(column: str, message: str) -> None:
        problems.append(Problem(column, message, line.number))

    born = None
    text = cells.get("tanggal_lahir", "")
    if text:
        try:
            born = read_birth_date(text, day_first=day_first)
        except Unclear as error:
            born = _told_by_nik(cells.get("nik", ""), error, today)
            message = _(
                "“%(text)s” dapat berarti %(one)s atau %(other)s. Tulis %(one)s, atau nyatakan bahwa di berkas ini tanggal "
                "ditulis hari/bulan/tahun."
            )
            given = {"text": text[:40], "one": error.one.isoformat(), "other": error.other.isoformat()}
            if born is None:
                problem("tanggal_lahir", message % given)
        except ValueError:
            message = _(
                "“%(text)s” bukan tanggal. Tulis 1990-04-03, 3 April 1990, atau hari/bulan/tahun dengan tahun empat angka."
            )
            problem("tanggal_lahir", message % {"text": text[:40]})
    else:
        problem("tanggal_lahir", _("Wajib diisi."))
    word = _bare(cells.get("jenis_kelamin", ""))
    sex = _SEXES.get(word, "")
    if not sex:
        problem("jenis_kelamin", _("Tulis L atau P."))
    reason = ""
    if _bare(cells.get("tanpa_nik", "")):
        reason = _NO_NIK.get(_bare(cells["tanpa_nik"]), "")
        if not reason:
            problem("tanpa_nik", _("Tulis salah satu: belum punya, warga asing, bayi."))
    for column in ("nik", "nik_ibu"):
        if re.search(r"[eE]\+", cells.get(column, "")):
            message = _(
                "NIK ini tersimpan sebagai angka dan kehilangan digit terakhirnya. Jadikan kolomnya Teks di Excel, lalu ketik ulang."
            )
            problem(column, message)
            cells = {**cells, column: ""}
            reason = reason or "absent"
    given = PatientInput(
        full_name=cells.get("nama", ""),
        sex=sex,
        birth_date=born,
        nik=clean_nik(cells.get("nik", "")),
        no_nik_reason=reason,
        passport_number=cells.get("paspor", ""),
        mother_nik=cells.get("nik_ibu", ""),
        mother_name=cells.get("nama_ibu", ""),
        phone=cells.get("telepon", ""),
        address=cells.get("alamat", ""),
    )
    said = tuple(
        part for part in (clean_text(piece) for piece in re.split(r"[;,]", cells.get("keterangan", ""))) if part
    )
    another = cells.get("orang_lain", "").strip().casefold() in _YES
    return Person(line.number, clean_input(given), clean_text(cells.get("nomor_rm", "")).upper(), said, another)


def _told_by_nik(text: str, unclear: Unclear, today: date) -> date | None:
    """The one of both days that the NIK beside it tells."""
    facts = read_nik(clean_nik(text), today=today)
    if not isinstance(facts, NikFacts):
        return None
    told = [day for day in (unclear.one, unclear.other) if day in facts.birth_dates]
    return told[0] if len(told) == 1 else None


def _bare(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.casefold())


def _twice(people: list[Person]) -> list[Problem]:
    """The same number, or the same name and date of birth, on two lines."""
    seen: dict[tuple[str, ...], int] = {}
    problems = []
    for person in people:
        given = person.given
        keys = {
            "nik": ("nik", given.nik) if given.nik else None,
            "nomor_rm": ("mrn", person.mrn) if person.mrn else None,
            "paspor": ("passport", given.passport_number) if given.passport_number else None,
            "nama": ("name", given.full_name.casefold(), str(given.birth_date))
            if given.full_name and given.birth_date and not given.nik and not person.another
            else None,
        }
        for column, key in keys.items():
            if key is None:
                continue
            if key in seen:
                message = _("Sama dengan baris %(row)d. Hapus salah satunya.") % {"row": seen[key]}
                problems.append(Problem(column, message, person.row))
                break
            seen[key] = person.row
    return problems
