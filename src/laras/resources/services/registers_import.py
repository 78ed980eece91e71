"""Import of a sheet of staff or of rooms: first a plan that changes nothing, then the same plan carried out.

A person is known again by the laboratory's own number (NIP), else by name; a room by building and name. An empty cell says nothing
of what is known already. Whoever the sheet does not name stays as he is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from laras.core import clock, sheets
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope
from laras.core.unit import unit
from laras.network import queries as network
from laras.network.rules import tidy
from laras.resources.models import Room, Staff
from laras.resources.rules import read_choice
from laras.resources.services.equipment import MANAGE
from laras.resources.services.equipment_import import MAX_PROBLEMS
from laras.resources.services.registers import REGISTERS, Register, checked, put, told

_LAB = ("labcode", "kodelab", "kodelaboratorium", "laboratorium", "kodefaskes", "lab")
LAYOUTS = {
    "staff": sheets.Layout(
        {
            "lab_code": _LAB,
            "name": ("name", "nama", "namalengkap", "namapegawai"),
            "code": ("code", "nip", "nomorpegawai", "nik", "nrp"),
            "profession": ("profession", "profesi", "jenistenaga", "tenaga"),
            "qualification": ("qualification", "pendidikan", "pendidikanterakhir"),
            "employment": ("employment", "kepegawaian", "statuskepegawaian"),
            "position": ("position", "jabatan"),
            "str_number": ("strnumber", "nomorstr", "nostr", "str"),
            "str_until": ("struntil", "strberlakusampai", "masaberlakustr"),
            "sip_number": ("sipnumber", "nomorsip", "nosip", "sip"),
            "sip_until": ("sipuntil", "sipberlakusampai", "masaberlakusip"),
            "training": ("training", "pelatihan"),
        },
        ("lab_code", "name", "profession"),
        100_000,
    ),
    "rooms": sheets.Layout(
        {
            "lab_code": _LAB,
            "building": ("building", "gedung", "bangunan"),
            "name": ("name", "ruang", "namaruang", "ruangan", "nama"),
            "function": ("function", "fungsi", "fungsiruang"),
            "area_m2": ("aream", "luas", "luasm"),
            "biosafety": ("biosafety", "bsl", "tingkatkeselamatanhayati"),
            "power_hours": ("powerhours", "listrik", "jamlistrik", "listrikjamsehari"),
            "generator": ("generator", "genset"),
            "water": ("water", "air", "airbersih"),
            "internet": ("internet",),
            "cold_chain": ("coldchain", "rantaidingin"),
        },
        ("lab_code", "name", "function"),
        100_000,
    ),
}
_ALSO = {
    "profession": {
        "atlm": ("analis kesehatan", "pranata laboratorium kesehatan", "analis laboratorium", "tlm"),
        "physician": ("dokter umum",), "pathologist": ("SpPK", "dokter patologi klinik"),
        "microbiologist": ("SpMK", "dokter mikrobiologi klinik"), "sanitarian": ("sanitarian", "kesehatan lingkungan"),
        "electromedic": ("elektromedis",), "pharmacist": ("apoteker", "asisten apoteker"), "nurse": ("ners",),
        "informatics": ("IT", "pranata komputer"), "administration": ("administrasi", "tata usaha"),
    },
    "biosafety": {"bsl1": ("1",), "bsl2": ("2",), "bsl2plus": ("BSL-2+", "BSL 2 enhanced"), "bsl3": ("3",)},
    "employment": {"contract": ("honorer", "non ASN", "kontrak")},
}  # fmt: skip
_YES = {"yes": ("ada", "ya", "1", "y"), "no": ("tidak ada", "tidak", "0", "t")}


@dataclass(frozen=True, slots=True)
class RegisterPlan:
    """What the sheet would do: rows that are ``new``, ``changed`` or the ``same``. With problems nothing is accepted."""

    rows: int
    laboratories: int
    new: int
    changed: int
    same: int
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Work:
    """One row on its way: what is known of it, and what will be."""

    number: int
    owner_id: UUID
    said: dict[str, Any]
    held: Staff | Room | None = None
    then: Staff | Room | None = None


def plan_register(actor: Actor, *, kind: str, content: bytes, columns: Mapping[str, str] | None = None) -> RegisterPlan:
    """What the sheet of ``staff`` or ``rooms`` would change, and what is wrong with which row and field. Changes nothing.

    ``columns``: heading -> our column, for headings that are not known.
    """
    return _plan(actor, REGISTERS[kind], content, columns or {})[0]


def accept_register(
    actor: Actor,
    *,
    kind: str,
    content: bytes,
    columns: Mapping[str, str] | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> RegisterPlan:
    """Carry the plan out, all of it or nothing. Each laboratory's journal has its own entry. ``progress`` hears of rows."""
    register = REGISTERS[kind]
    with transaction.atomic():
        plan, works = _plan(actor, register, content, columns or {})
        if plan.problems:
            raise Refused(_("Berkas belum bisa diterima; tidak ada yang disimpan."), problems=plan.problems)
        by_owner: dict[UUID, list[_Work]] = {}
        for work in works:
            by_owner.setdefault(work.owner_id, []).append(work)
        for owner_id in sorted(by_owner):
            _write(actor, register, owner_id, by_owner[owner_id])
            progress(len(by_owner[owner_id]))
    return plan


def _write(actor: Actor, register: Register, owner_id: UUID, works: list[_Work]) -> None:
    changed = [work for work in works if work.then is not None]
    if not changed:
        return
    with unit():
        actor.require(MANAGE, owner_id)
        rows = [work.then for work in changed if work.then is not None]
        put(register, owner_id, [work.held for work in changed if work.held is not None], rows, clock.today())
        told(actor, register, owner_id, "import", rows)


def _plan(
    actor: Actor, register: Register, content: bytes, columns: Mapping[str, str]
) -> tuple[RegisterPlan, list[_Work]]:
    layout = LAYOUTS[register.kind]
    unknown = [column for column in columns.values() if column not in layout.headings]
    if unknown:
        message = _("Kolom “%(column)s” di peta kolom tidak dikenal.") % {"column": unknown[0]}
        return RegisterPlan(0, 0, 0, 0, 0, (Problem("map", message),)), []
    layout = with_columns(layout, columns)
    read = sheets.read_sheet(content, layout)
    problems = [sheets.problem_of(one, layout) for one in read.problems]
    owners = network.owner_codes()
    works: list[_Work] = []
    for row in read.rows:
        wrong: list[Problem] = []
        owner = owners.get(code := row.cells.get("lab_code", ""))
        if owner is None or owner.kind != "laboratory" or owner.closed:
            message = _("Laboratorium “%(code)s” tidak dikenal atau sudah ditutup.") % {"code": code[:40]}
            wrong.append(Problem("lab_code", message))
        elif not actor.can(MANAGE, owner.id):
            wrong.append(Problem("lab_code", _("Anda tidak berwenang mencatat tenaga dan ruang laboratorium ini.")))
        said = _cells(register, row.cells, wrong)
        if owner is not None and not wrong:
            works.append(_Work(row.number, owner.id, said))
        problems += [Problem(one.field, one.message, row.number) for one in wrong]
    problems += _judge(register, works)
    problems.sort(key=lambda one: one.row or 0)
    new = sum(1 for work in works if work.held is None)
    changed = sum(1 for work in works if work.held is not None and work.then is not None)
    labs = len({work.owner_id for work in works})
    same = len(works) - new - changed
    return RegisterPlan(len(read.rows), labs, new, changed, same, tuple(problems[:MAX_PROBLEMS])), works


def with_columns(layout: sheets.Layout, columns: Mapping[str, str]) -> sheets.Layout:
    """The layout with a sender's own headings; what they stand for elsewhere no longer counts."""
    theirs = {
        re.sub(r"[^a-z]", "", re.sub(r"\(.*?\)", "", heading.lower())): column for heading, column in columns.items()
    }
    headings = {
        column: (
            *(heading for heading in known if heading not in theirs),
            *(heading for heading, meant in theirs.items() if meant == column),
        )
        for column, known in layout.headings.items()
    }
    return sheets.Layout(headings, layout.required, layout.max_rows)


@cache
def _names(kind: str, field: str) -> dict[str, tuple[str, ...]]:
    """Code -> what it is called: our Indonesian label, and what else people write."""
    known = REGISTERS[kind].choices[field]
    also: Mapping[str, tuple[str, ...]] = _YES if set(known) == set(_YES) else _ALSO.get(field, {})
    with override("id"):
        return {code: (str(label), *also.get(code, ())) for code, label in known.items()}


def _cells(register: Register, cells: Mapping[str, str], wrong: list[Problem]) -> dict[str, Any]:
    """What the row says; cells that are empty say nothing."""
    said: dict[str, Any] = {}
    for name in register.values:
        text = tidy(cells.get(name, ""))
        if not text:
            continue
        said[name] = text
        if name in register.choices:
            try:
                said[name] = read_choice(text, _names(register.kind, name))
            except KeyError:
                known = ", ".join(called[0] for called in _names(register.kind, name).values())
                message = _("“%(value)s” tidak dikenal. Yang dikenal: %(known)s.") % {
                    "value": text[:60],
                    "known": known,
                }
                wrong.append(Problem(name, message))
        elif name in register.days:
            try:
                said[name] = sheets.read_day(text)
            except ValueError:
                message = _("“%(value)s” bukan tanggal, misalnya 2026-12-25 atau 25/12/2026.") % {"value": text[:40]}
                wrong.append(Problem(name, message))
        elif name == "power_hours":
            said[name] = int(text) if text.isdecimal() and len(text) < 4 else -1
        elif name == "area_m2":
            said[name] = _area(text)
    return said


def _area(text: str) -> Decimal:
    """Square metres with a comma or a point; what is none becomes 0, which is refused."""
    try:
        return Decimal(text.replace(",", ".")) if re.fullmatch(r"\d{1,6}([.,]\d{1,2})?", text) else Decimal(0)
    except InvalidOperation:  # pragma: no cover -- the pattern holds
        return Decimal(0)


def _judge(register: Register, works: list[_Work]) -> list[Problem]:
    """Fill in which row each is about and what it will be then; answers what is wrong with it."""
    owners = list({work.owner_id for work in works})
    held: dict[tuple[UUID, tuple[str, ...]], Staff | Room] = {}
    namesakes: set[tuple[UUID, str]] = set()
    for at in range(0, len(owners), 500):
        rows = register.model.objects.within(Scope.of(*owners[at : at + 500])).filter(valid_until__isnull=True)
        for row in rows:
            values = {name: getattr(row, name) for name in register.values}
            held[row.owner_id, register.key(values)] = row
            if (
                register.kind == "staff"
                and held.setdefault((row.owner_id, ("name", row.name.casefold())), row) is not row
            ):
                namesakes.add((row.owner_id, row.name.casefold()))
    problems = []
    first: dict[UUID, dict[object, int]] = {}
    today = clock.today()
    for work in works:
        empty = dict.fromkeys(register.texts, "")
        key = register.key(empty | work.said)
        if key[0] == "name" and (work.owner_id, key[1]) in namesakes:
            message = _("Ada beberapa orang bernama ini; tulis NIP atau nomor pegawainya.")
            problems.append(Problem("code", message, work.number))
            continue
        work.held = held.get((work.owner_id, key))
        if work.held is None and key[0] == "code":
            # The same person, of whom the number was not known before.
            alike = held.get((work.owner_id, ("name", work.said.get("name", "").casefold())))
            work.held = alike if alike is not None and not alike.code else None
        same = work.held.id if work.held is not None else key
        before = first.setdefault(work.owner_id, {}).setdefault(same, work.number)
        if before != work.number:
            message = _("Baris ini sama dengan baris %(row)d.") % {"row": before}
            problems.append(Problem("name", message, work.number))
            continue
        now = {name: getattr(work.held, name) for name in register.values} if work.held is not None else {}
        found, wrong = checked(register, now | work.said)
        problems += [Problem(one.field, one.message, work.number) for one in wrong]
        if not wrong and (work.held is None or any(found[name] != now[name] for name in register.values)):
            work.then = register.model(owner_id=work.owner_id, valid_from=today, **found)
    return problems
