"""A file of many people, registered on an empty installation by the command that scripts use. Times are those of the command
itself, from its start to its end; the share of writing is measured within it."""

from __future__ import annotations

import csv
import io
import random
from datetime import date, timedelta


def people(count: int, seed: int = 7) -> bytes:
    """``count`` invented people as a CSV file, half of them with a NIK; every fourth is over sixty."""
    chance = random.Random(seed)
    first = [
        "Budi", "Ayu", "Made", "Siti", "Wayan", "Dewi", "Agus", "Ratna", "Joko", "Lestari", "Eko", "Sri", "Rudi", "Maya", "Hadi", "Nur",
        "Yanto", "Indah", "Dian", "Putra",
    ]  # fmt: skip
    last = [
        "Santoso", "Wijaya", "Lestari", "Pratama", "Saputra", "Hidayat", "Kusuma", "Rahayu", "Utami", "Setiawan", "Halim", "Nugroho",
        "Wibowo", "Anggraini",
    ]  # fmt: skip
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow(["Nama", "NIK", "Tanggal lahir", "Jenis kelamin", "Tanpa NIK", "Telepon"])
    for n in range(count):
        born = date(1940, 1, 1) + timedelta(days=chance.randrange(66 * 365))
        sex = chance.choice("LP")
        day = born.day + (40 if sex == "P" else 0)
        nik = f"52710{1 + n % 6}{day:02d}{born:%m%y}{1 + n % 9998:04d}" if n % 2 else ""
        name = f"{chance.choice(first)} {chance.choice(first)} {chance.choice(last)}"
        table.writerow([name, nik, born.isoformat(), sex, "" if nik else "belum punya", f"0812{n:08d}"])
    return out.getvalue().encode()
