"""Measured by ``python -m bench resources``: scores of the nation, one laboratory after an edit, a great sheet.

``python -m bench.resources`` runs in an empty ``LARAS_DATA`` and prints its figures as JSON.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laras.config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import transaction

from laras.core import clock
from laras.core.actor import system_actor
from laras.core.bulk import Rows
from laras.core.ids import new_id
from laras.core.jobs import refresh_statistics
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.network.models import Organisation, OrganisationVersion
from laras.resources import queries, services
from laras.resources.models import Equipment
from laras.resources.rules import column_for

QUICK = "--quick" in sys.argv
LABORATORIES, ROWS, SHEET = (1_100, 30_000, 10_000) if QUICK else (11_000, 300_000, 100_000)
KINDS = {1: "puskesmas", 2: "labkesda_kabkota", 3: "labkesda_provinsi", 4: "labkesmas_regional"}
ACTOR = system_actor("job:bench")


def nation() -> None:
    """Laboratories, most of tier 1 as in the country, and their register: each holds what its tier asks, by turns."""
    generator = random.Random(20261122)
    items = queries.equipment_items(queries.standard())
    owners, organisations, versions, register = map(Rows, (Owner, Organisation, OrganisationVersion, Equipment))
    labs = []
    for n in range(LABORATORIES):
        tier = 4 if n < 20 else 3 if n < 58 else 2 if n < 570 else 1
        key = new_id()
        owners.add(id=key, code=f"L{n:05d}", name=f"Lab Ukur {n}", kind="laboratory", tier=tier)
        organisations.add(owner_id=key)
        versions.add(
            organisation_id=key, valid_from=date(2024, 1, 1), name=f"Lab Ukur {n}", tier=tier, kind=KINDS[tier]
        )
        wanted = [item for item in items if item.minima[column_for(tier, KINDS[tier]) or ""]]
        labs.append((key, wanted))
    count = 0
    while count < ROWS:
        key, wanted = labs[count % len(labs)]
        item = generator.choice(wanted)
        register.add(
            owner_id=key, item_code=item.code, name=item.name, functioning=generator.randrange(3), total=3,
            valid_from=date(2025, 1, 1),
        )  # fmt: skip
        count += 1
    with transaction.atomic():
        for rows in (owners, organisations, versions, register):
            rows.write()
    refresh_statistics()


def seconds(work: Callable[[], object], times: int = 5) -> float:
    taken = []
    for _turn in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def whole() -> int:
    """All scores from the database, as the command asks for them; how many laboratories."""
    labs = queries.laboratories()
    return len(queries.scores(Scope.everything(), labs, queries.standard()))


def after_an_edit() -> float:
    """Median seconds of recording one thing and reading the new score of its laboratory."""
    owner = Owner.objects.get(code="L00100")
    numbers = iter(range(10, 1000))

    def once() -> None:
        values = {"name": "Inkubator", "functioning": next(numbers)}
        services.record_equipment(ACTOR, owner_id=owner.id, item_code="B-04", values=values)
        queries.scores(Scope.of(owner.id), queries.laboratories(owner_ids=[owner.id]), queries.standard())

    once()
    return seconds(once, 20)


def great_sheet(path: str) -> dict[str, float]:
    """Import the sheet in this process, which did nothing before; seconds and megabytes at the peak."""
    began = time.perf_counter()
    with open(path, "rb") as file:
        plan = services.accept_equipment(ACTOR, content=file.read())
    took = time.perf_counter() - began
    return {
        "import": took,
        "import_rows": plan.rows,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def write_sheet(path: str) -> None:
    generator = random.Random(7)
    items = queries.equipment_items(queries.standard())
    with open(path, "w", encoding="utf-8") as file:
        file.write("lab_code,item,functioning,total,condition,year,source_of_funds\n")
        for n in range(SHEET):
            item = generator.choice(items)
            file.write(f'L{n % LABORATORIES:05d},"{item.name}",{generator.randrange(4)},4,baik,2020,APBD\n')


def main() -> None:
    if "sheet" in sys.argv:
        print(json.dumps(great_sheet(sys.argv[-1])))
        return
    call_command("migrate", verbosity=0, interactive=False)
    services.load_shipped_standards()
    nation()
    whole()
    found: dict[str, float] = {"laboratories": LABORATORIES, "rows": ROWS, "all": seconds(whole)}
    labs, info = queries.laboratories(), queries.standard()
    found["past"] = seconds(
        lambda: queries.scores(Scope.everything(), labs, info, clock.today() - timedelta(days=200)), 3
    )
    found["edit"] = after_an_edit()
    sheet = os.path.join(os.environ["LARAS_DATA"], "sheet.csv")
    write_sheet(sheet)
    arguments = [sys.executable, "-m", "bench.resources", *(["--quick"] if QUICK else []), "sheet", sheet]
    answer = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True)
    print(json.dumps(found | json.loads(answer.stdout)))


if __name__ == "__main__":
    main()
