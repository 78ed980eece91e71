"""The table of prices of an office (or a laboratory): set one by one, taken from a sheet, or from the shipped examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.basics.money import read_rupiah
from laras.core import clock, journal, sheets
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.network.rules import tidy
from laras.resources import queries
from laras.resources.events import PriceRemoved, PricesSet
from laras.resources.labels import FUNDS
from laras.resources.models import Price
from laras.resources.rules import MAX_PRICE, Matcher
from laras.resources.sheet import read_funds
from laras.resources.shipped import example_prices

MANAGE_PRICES = "resources.manage_prices"
MAX_WEEKS = 520
LAYOUT = sheets.Layout(
    {
        "item": ("item", "alat", "namaalat", "namabarang", "uraian", "kode", "kodealat"),
        "price": ("price", "harga", "hargasatuan"),
        "lead_weeks": ("leadweeks", "waktutunggu", "minggu", "waktupengadaan"),
        "fund": ("fund", "dana", "sumberdana"),
        "source": ("source", "sumber", "sumberharga", "dasarharga"),
    },
    ("item", "price", "source"),
    2000,
)


@use_case
def set_price(actor: Actor, *, owner_id: UUID, item_code: str, values: Mapping[str, Any]) -> Price:
    """Say what one unit of an item costs. ``values``: price in whole rupiah, source; if known lead_weeks and fund."""
    actor.require(MANAGE_PRICES, owner_id)
    if item_code not in {item.code for item in queries.equipment_items(queries.standard())}:
        raise Refused(_("Alat ini tidak ada di standar. Pilih dari daftar."))
    found, problems = _checked(values)
    if problems:
        raise Refused(_("Harga belum benar."), problems=problems)
    (row,) = _put(actor, owner_id, {item_code: found}, "screen", "entered") or [None]
    return row or queries.own_prices(owner_id)[item_code]


@use_case
def remove_price(actor: Actor, *, owner_id: UUID, item_code: str) -> None:
    """Take a price out: the item has none of this office's own any more."""
    actor.require(MANAGE_PRICES, owner_id)
    row = get_or_404(Price.objects.within(Scope.of(owner_id)).select_for_update(), item_code=item_code)
    event = PriceRemoved(item_code, row.price)
    row.delete()
    journal.record(actor, owner=owner_id, event=event, subject=owner_id)


@use_case
def take_examples(actor: Actor, *, owner_id: UUID) -> int:
    """Take the shipped examples over for items that have no price here; they stay marked as examples. Answers how many.

    A price of the office above is one: an example in the own table would hide it.
    """
    actor.require(MANAGE_PRICES, owner_id)
    items = {item.code for item in queries.equipment_items(queries.standard())}
    held = queries.prices(owner_id)
    wanted = {
        code: {"price": one.price, "lead_weeks": one.lead_weeks, "fund": one.fund, "source": one.source}
        for code, one in example_prices().items()
        if code in items and code not in held
    }
    return len(_put(actor, owner_id, wanted, "example", "example"))


@dataclass(frozen=True, slots=True)
class PricePlan:
    """What a sheet of prices would do: ``prices`` item -> values; nothing can be accepted while there are problems."""

    prices: dict[str, dict[str, Any]]
    changed: int
    problems: tuple[Problem, ...]


def plan_prices(actor: Actor, *, owner_id: UUID, content: bytes) -> PricePlan:
    """Read a sheet with the columns item, price, source; if wanted lead_weeks and fund. Changes nothing.

    An item is named by its code, its name in the standard or an alias; a name of two items is a problem of that row, since
    a price that nobody can place helps nobody.
    """
    actor.require(MANAGE_PRICES, owner_id)
    read = sheets.read_sheet(content, LAYOUT)
    problems = [sheets.problem_of(one, LAYOUT) for one in read.problems]
    matcher = Matcher(queries.equipment_items(queries.standard()))
    prices: dict[str, dict[str, Any]] = {}
    first: dict[str, int] = {}
    for row in read.rows:
        values, wrong = _cells(row.cells)
        match = matcher.find(row.cells.get("item", ""))
        if not match.code:
            text = (
                _("“%(value)s” bisa berarti beberapa alat: %(codes)s. Tulis kodenya.")
                if match.ambiguous
                else _("“%(value)s” tidak ada di standar.")
            )
            message = text % {"value": row.cells.get("item", "")[:60], "codes": ", ".join(match.candidates)}
            wrong.append(Problem("item", message))
        elif match.code in first:
            wrong.append(Problem("item", _("Alat ini sudah ada di baris %(row)d.") % {"row": first[match.code]}))
        problems += [Problem(one.field, one.message, row.number) for one in wrong]
        if match.code and not wrong:
            first[match.code] = row.number
            prices[match.code] = values
    own = queries.own_prices(owner_id)
    changed = sum(1 for code, values in prices.items() if _differs(own.get(code), values, "entered"))
    return PricePlan(prices, changed, tuple(problems))


@use_case
def accept_prices(actor: Actor, *, owner_id: UUID, content: bytes) -> PricePlan:
    """Take a sheet of prices, all of it or, when any row is wrong, nothing. Items that it does not name keep their price."""
    plan = plan_prices(actor, owner_id=owner_id, content=content)
    if plan.problems:
        raise Refused(_("Berkas belum bisa diterima; tidak ada yang disimpan."), problems=plan.problems)
    _put(actor, owner_id, plan.prices, "import", "entered")
    return plan


def _cells(cells: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {"source": cells.get("source", "")}
    problems = []
    try:
        values["price"] = read_rupiah(cells.get("price", ""))
    except ValueError:
        message = _("“%(value)s” bukan rupiah penuh, misalnya 125.000.") % {"value": cells.get("price", "")[:40]}
        problems.append(Problem("price", message))
    weeks = cells.get("lead_weeks", "")
    values["lead_weeks"] = int(weeks) if weeks.isascii() and weeks.isdigit() and len(weeks) < 5 else None
    if weeks and values["lead_weeks"] is None:
        problems.append(Problem("lead_weeks", _("“%(value)s” bukan jumlah minggu.") % {"value": weeks[:40]}))
    try:
        values["fund"] = read_funds(cells.get("fund", ""))
    except KeyError:
        problems.append(Problem("fund", _("“%(value)s” tidak dikenal.") % {"value": cells["fund"][:40]}))
    if problems:
        return values, problems
    return _checked(values)


def _checked(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    found = {
        "price": values.get("price"),
        "lead_weeks": values.get("lead_weeks"),
        "fund": values.get("fund") or "",
        "source": tidy(values.get("source") or ""),
    }
    problems = []
    price, weeks = found["price"], found["lead_weeks"]
    if not isinstance(price, int) or isinstance(price, bool) or not 1 <= price <= MAX_PRICE:
        problems.append(Problem("price", _("Harga dalam rupiah penuh, lebih dari nol.")))
    if weeks is not None and not 0 <= weeks <= MAX_WEEKS:
        problems.append(Problem("lead_weeks", _("Waktu tunggu 0 sampai %(n)d minggu.") % {"n": MAX_WEEKS}))
    if found["fund"] not in ("", *FUNDS):
        problems.append(Problem("fund", _("Pilih dari daftar.")))
    if not 0 < len(found["source"]) <= 200:
        problems.append(Problem("source", _("Sebut sumber harganya, paling banyak 200 huruf.")))
    return found, problems


def _differs(row: Price | None, values: Mapping[str, Any], status: str) -> bool:
    return row is None or row.status != status or any(getattr(row, name) != value for name, value in values.items())


def _put(
    actor: Actor, owner_id: UUID, wanted: Mapping[str, Mapping[str, Any]], way: str, status: str
) -> list[Price]:  # fmt: skip
    """Write the prices that differ, with one entry of the journal; answers the rows."""
    held = {row.item_code: row for row in Price.objects.within(Scope.of(owner_id)).select_for_update()}
    rows = []
    for code, values in wanted.items():
        row = held.get(code)
        if not _differs(row, values, status):
            continue
        row = row or Price(owner_id=owner_id, item_code=code)
        for name, value in {**values, "status": status, "changed_at": clock.now()}.items():
            setattr(row, name, value)
        row.save(force_insert=code not in held)
        rows.append(row)
    if rows:
        event = PricesSet(way, {row.item_code: row.price for row in rows})
        journal.record(actor, owner=owner_id, event=event, subject=owner_id)
    return rows
