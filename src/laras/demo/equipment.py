"""What the demo laboratories have: two years of half-yearly reports with gaps, names that nobody knows, and some silence."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from laras.core.actor import system_actor
from laras.core.models import Owner
from laras.network import queries as network
from laras.resources import queries, services
from laras.resources.rules import column_for
from laras.resources.types import Item

ACTOR = system_actor("job:demo")
REPORTS = 5
STEP = timedelta(days=182)
# Every so many laboratories one has never reported anything.
SILENT = 7
# As sheets name them: one alias of two items, and something that no standard knows.
UNKNOWN = ("Biosafety Cabinet Class II Type A2", "Kulkas dua pintu")


def build_equipment(owners: Mapping[str, Owner], today: date, seed: int) -> int:
    """Report the equipment of the laboratories, the oldest first; answers how many reports were written.

    A laboratory reports more of its items each time, and a little more of them meets the minimum; how much a laboratory
    has follows from its own share, so that some stand above 80 % and others far below.
    """
    services.load_shipped_standards()
    info = queries.standard(on=today)
    labs = [
        row
        for row in network.organisation_rows(network.organisations(owner_kind="laboratory"))
        if row.code in owners and column_for(row.tier, row.kind)
    ]
    written = 0
    for number in range(REPORTS):
        day = today - STEP * (REPORTS - 1 - number)
        out = io.StringIO()
        sheet = csv.writer(out, lineterminator="\n")
        sheet.writerow(["lab_code", "item", "functioning", "total", "condition", "year", "source_of_funds"])
        for at, row in enumerate(labs):
            if at % SILENT != SILENT - 1:
                lines = _lines(row.code, column_for(row.tier, row.kind) or "", number, day, seed, info.items)
                sheet.writerows(lines)
                written += 1
        services.accept_equipment(ACTOR, content=out.getvalue().encode(), valid_from=day)
    return written


def _lines(code: str, column: str, number: int, day: date, seed: int, items: Sequence[Item]) -> list[list[object]]:
    """One report of one laboratory; the same laboratory keeps its luck from report to report."""
    luck = random.Random(f"{seed}/{code}")
    share = luck.betavariate(2.2, 2.0)
    found: list[list[object]] = []
    for item in items:
        minimum = item.minima[column]
        chance, spoken, year = luck.random(), luck.random(), luck.randint(2012, 2023)
        funds = luck.choice(["APBD", "APBN", "DAK fisik", "Hibah"])
        if not minimum or spoken > 0.55 + 0.1 * number:
            continue
        if chance < share * (0.7 + 0.08 * number):
            total, functioning, condition = minimum, minimum, "baik"
        elif chance < 0.92 * share + 0.25 and minimum > 1:
            total, functioning, condition = minimum, minimum // 2, "rusak ringan"
        elif chance < 0.9:
            total, functioning, condition = 0, 0, ""
        else:
            total, functioning, condition = 1, 0, "rusak berat"
        found.append(
            [
                code,
                item.name,
                functioning,
                total,
                condition,
                min(year, day.year) if total else "",
                funds if total else "",
            ]
        )
    if number == REPORTS - 1 and share > 0.5:
        found.append([code, UNKNOWN[luck.randrange(2)], 1, 1, "baik", 2021, "APBD"])
    return found


# What an office has asked for itself; the rest are the shipped examples, and some items have no price at all.
OWN_PRICES = {
    "A-05": (385_000_000, 14, "dak_fisik"), "A-06": (520_000_000, 14, "dak_fisik"), "B-04": (48_500_000, 8, "apbd"),
    "B-06": (265_000_000, 16, "dak_fisik"), "C-04": (1_050_000_000, 20, "apbn"), "G-03": (24_750_000, 6, "apbd"),
    "G-04": (17_500_000, 6, "apbd"), "G-25": (138_000_000, 12, "hibah"),
}  # fmt: skip


def build_prices(owners: Mapping[str, Owner]) -> None:
    """The prices of the province's office: examples taken over, and some of its own in their place."""
    office = owners["DK-NTB"].id
    services.take_examples(ACTOR, owner_id=office)
    for code, (price, weeks, fund) in OWN_PRICES.items():
        values = {"price": price, "lead_weeks": weeks, "fund": fund, "source": "Penawaran rekaan untuk contoh"}
        services.set_price(ACTOR, owner_id=office, item_code=code, values=values)
