"""Measured by ``python -m bench maps``: pages of the network's map with a nation of laboratories, as the ministry opens them.

``python -m bench.maps`` runs in an empty ``LARAS_DATA`` and prints its figures as JSON: seconds of the server for each page (median),
bytes on the wire gzipped, and how long Chromium, its processor slowed four times, takes from the navigation until the map is painted.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import statistics
import sys
import time
from datetime import date
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laras.config.settings")

import django

django.setup()

from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from bench.prepare import session
from bench.server import serving
from laras.core.actor import system_actor
from laras.core.bulk import Rows
from laras.core.ids import new_id
from laras.core.jobs import refresh_statistics
from laras.core.models import Owner, RoleAssignment, StaffPerson, User
from laras.network import queries as network
from laras.network import rules
from laras.network import services as offices
from laras.network.models import Organisation, OrganisationVersion
from laras.resources import queries, services
from laras.resources.models import Equipment
from laras.resources.rules import column_for

QUICK = "--quick" in sys.argv
LABORATORIES, ROWS = (1_500, 20_000) if QUICK else (11_000, 300_000)
KINDS = {1: "puskesmas", 2: "labkesda_kabkota", 3: "labkesda_provinsi", 4: "labkesmas_regional"}
PAGES = {
    "nation by province": "/kemampuan/peta/?area=semua",
    "nation by kabkota": "/kemampuan/peta/?area=semua&by=2&figure=above",
    "nation by kabkota, all points": "/kemampuan/peta/?area=semua&by=2&points=score",
    "one province with its points": "/kemampuan/peta/?area=32",
    "for the public": "/kemampuan/peta/publik/",
}


def nation() -> None:
    """A ministry, and laboratories where people live: one to a kecamatan and more, one to a kabkota, one to a province."""
    generator = random.Random(20261123)
    actor = system_actor("job:bench")
    ministry = offices.create_organisation(
        actor, code="KEMKES", name="Kementerian", kind="kementerian", tier=None, area_id=None,
        claims=[rules.Claim(national=True)], valid_from=date(2024, 1, 1),
    )  # fmt: skip
    user = User.objects.create(
        username="ukurpeta", person=StaffPerson.objects.create(name="Petugas Ukur"), password="!"
    )
    RoleAssignment.objects.create(user=user, owner_id=ministry.pk, role="officer")
    places = {level: list(network.areas(level=level)) for level in (1, 2, 3)}
    items = queries.equipment_items(queries.standard())
    owners, organisations, versions, register = map(Rows, (Owner, Organisation, OrganisationVersion, Equipment))
    labs = []
    for n in range(LABORATORIES):
        tier = 4 if n < 20 else 3 if n < 58 else 2 if n < 572 else 1
        area = generator.choice(places[3]) if tier == 1 else places[{2: 2}.get(tier, 1)][n % (514 if tier == 2 else 38)]
        key = new_id()
        owners.add(id=key, code=f"L{n:05d}", name=f"Lab Ukur {n}", kind="laboratory", tier=tier)
        organisations.add(owner_id=key)
        versions.add(
            organisation_id=key, valid_from=date(2024, 1, 1), name=f"Lab Ukur {n}", tier=tier, kind=KINDS[tier],
            area_id=area.area_id, lat=area.lat + generator.uniform(-0.02, 0.02), lon=area.lon + generator.uniform(-0.02, 0.02),
        )  # fmt: skip
        labs.append((key, [item for item in items if item.minima[column_for(tier, KINDS[tier]) or ""]]))
    for n in range(ROWS):
        key, wanted = labs[n % len(labs)]
        item = generator.choice(wanted)
        register.add(
            owner_id=key, item_code=item.code, name=item.name, functioning=generator.randrange(3), total=3,
            valid_from=date(2025, 1, 1),
        )  # fmt: skip
    with transaction.atomic():
        for rows in (owners, organisations, versions, register):
            rows.write()
    offices.rebuild_reach()
    refresh_statistics()


def served(client: Client) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name, address in PAGES.items():
        cache.clear()
        queries.maps._KEPT.clear()
        taken = []
        for _turn in range(6):
            began = time.perf_counter()
            answer = client.get(address)
            taken.append(time.perf_counter() - began)
            assert answer.status_code == 200, (address, answer.status_code)
        found[name] = {
            "first": taken[0], "median": statistics.median(taken[1:]), "page": len(gzip.compress(answer.content, 6)),
        }  # fmt: skip
    return found


def painted(key: str) -> dict[str, float]:
    """Milliseconds until the map is on the screen, Chromium slowed four times, nothing in its cache: median of five."""
    from playwright.sync_api import sync_playwright

    found = {}
    with serving(Path(os.environ["LARAS_DATA"])) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        root = f"http://127.0.0.1:{server.port}"
        for name, address in PAGES.items():
            taken = []
            for _turn in range(6):
                context = browser.new_context(viewport={"width": 1366, "height": 768})
                context.add_cookies([{"name": "sessionid", "value": key, "url": root}])
                page = context.new_page()
                page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
                page.goto(root + address, wait_until="load")
                # Two frames after the load what stands in the page is on the screen.
                page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
                timing = page.evaluate(
                    "() => [performance.now(), performance.getEntriesByType('navigation')[0].responseStart]"
                )
                taken.append((timing[0], timing[0] - timing[1]))
                context.close()
            found[name] = statistics.median(whole for whole, _after in taken[1:])
            found[name + " after"] = statistics.median(after for _whole, after in taken[1:])
        browser.close()
    return found


def main() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    offices.load_shipped_areas()
    services.load_shipped_standards()
    call_command("collectstatic", verbosity=0, interactive=False)
    nation()
    import contextlib
    import io

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        session("ukurpeta")
    key = printed.getvalue().strip()
    client = Client(headers={"host": "localhost"})
    client.cookies["sessionid"] = key
    found = {"laboratories": LABORATORIES, "rows": ROWS, "served": served(client), "painted": painted(key)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
