"""Who works in the demo laboratories and in which rooms: from sheets, as an office would collect them; some have not reported."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping
from datetime import date, timedelta

from laras.core.actor import system_actor
from laras.core.models import Owner
from laras.demo import plan
from laras.network import queries as network
from laras.resources import services

ACTOR = system_actor("job:demo")
# Every so many laboratories one has reported neither.
SILENT = 6
# Profession -> how many at tiers 1 to 5; invented, no standard.
PEOPLE = {
    "pathologist": (0, 1, 2, 2, 3), "microbiologist": (0, 0, 1, 1, 2), "physician": (0, 1, 1, 1, 2), "atlm": (2, 6, 12, 14, 18),
    "sanitarian": (1, 2, 3, 4, 4), "entomologist": (0, 0, 1, 2, 2), "epidemiologist": (0, 1, 1, 2, 3),
    "chemist": (0, 1, 2, 3, 4), "electromedic": (0, 1, 1, 1, 2), "administration": (1, 2, 3, 4, 5),
}  # fmt: skip
LICENSED = ("pathologist", "microbiologist", "physician", "atlm", "sanitarian", "electromedic")
# Room -> function, smallest and largest area, the first tier that has it.
ROOMS = (
    ("Loket pendaftaran", "reception", 9, 24, 1), ("Pengambilan sampel", "sampling", 6, 16, 1),
    ("Pemeriksaan klinik", "clinical", 12, 48, 1), ("Gudang reagen", "stores", 4, 18, 1),
    ("Imunologi", "immunology", 12, 30, 2), ("Mikrobiologi", "microbiology", 18, 42, 2),
    ("Kesehatan lingkungan", "environment", 18, 60, 2), ("Sterilisasi", "sterilisation", 9, 20, 2),
    ("Biologi molekuler", "molecular", 24, 60, 3), ("Vektor", "vector", 18, 48, 3), ("Biorepositori", "archive", 16, 48, 4),
)  # fmt: skip
BIOSAFETY = {"microbiology": "bsl2", "molecular": "bsl2", "archive": "bsl2", "clinical": "bsl1", "immunology": "bsl1"}


def build_registers(owners: Mapping[str, Owner], today: date, seed: int) -> int:
    """Record staff and rooms of the laboratories; answers how many people."""
    people, rooms = io.StringIO(), io.StringIO()
    staff, halls = csv.writer(people, lineterminator="\n"), csv.writer(rooms, lineterminator="\n")
    staff.writerow(["lab_code", "name", "code", "profession", "employment", "str_number", "sip_number", "sip_until"])
    halls.writerow(
        [
            "lab_code",
            "building",
            "name",
            "function",
            "area_m2",
            "biosafety",
            "power_hours",
            "generator",
            "water",
            "internet",
        ]
    )
    count = 0
    rows = [row for row in network.organisation_rows(network.organisations(owner_kind="laboratory")) if row.tier]
    for at, row in enumerate(sorted(rows, key=lambda one: one.code)):
        if row.code not in owners or at % SILENT == 2:
            continue
        luck, tier = random.Random(f"{seed}/registers/{row.code}"), row.tier or 1
        for profession, wanted in PEOPLE.items():
            for _one in range(max(0, wanted[tier - 1] - (luck.random() < 0.35))):
                count += 1
                staff.writerow([row.code, *_person(luck, profession, count, today)])
        for name, function, least, most, first in ROOMS:
            if tier >= first:
                generator = "ada" if tier > 1 or luck.random() < 0.4 else "tidak"
                halls.writerow([
                    row.code, "Gedung utama", name, function, luck.randint(least, most), BIOSAFETY.get(function, ""),
                    24 if tier > 1 or luck.random() < 0.7 else luck.randint(6, 18), generator, "ada",
                    "ada" if luck.random() < 0.85 else "tidak",
                ])  # fmt: skip
    services.accept_register(ACTOR, kind="staff", content=people.getvalue().encode())
    services.accept_register(ACTOR, kind="rooms", content=rooms.getvalue().encode())
    return count


def _person(luck: random.Random, profession: str, number: int, today: date) -> list[str]:
    """Name, number, profession, employment, licences; the numbers are invented and say so."""
    name = f"{luck.choice(plan.FIRST_WOMEN + plan.FIRST_MEN)} {luck.choice(plan.LAST)}"
    employment = luck.choice(("pns", "pns", "pppk", "contract"))
    if profession not in LICENSED:
        return [name, f"CONTOH-{number:04d}", profession, employment, "", "", ""]
    end = today + timedelta(days=luck.randint(-40, 1700))
    return [
        name, f"CONTOH-{number:04d}", profession, employment, f"STR-CONTOH-{number}", f"SIP-CONTOH-{number}", end.isoformat(),
    ]  # fmt: skip
