"""Who and what is examined: invented people with their numbers, clients who send them, sites where samples are taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from laras.catalogue.types import PanelInfo
from laras.demo import plan
from laras.demo.history.house import House
from laras.people.events import PatientRegistered
from laras.people.models import Patient
from laras.people.services import fill_derived

CLIENTS = (
    ("facility", "Klinik Pratama {flower}"),
    ("facility", "Praktik dr. {last}"),
    ("company", "Hotel {flower} Indah"),
    ("company", "Katering {last}"),
    ("office", "Kantor Kelurahan {flower}"),
    ("programme", "Program TB {area}"),
)
# What stands where a sample of this matrix is taken.
PLACES = {
    "air_minum": ("Depot air minum", "Sekolah", "Rumah makan"),
    "air_higiene_sanitasi": ("Sumur gali", "Rumah makan", "Pasar"),
    "kolam_renang": ("Kolam renang",),
    "air_limbah_fasyankes": ("Instalasi air limbah",),
    "air_limbah_domestik": ("Instalasi air limbah",),
    "air_permukaan": ("Titik sungai",),
    "udara_ambien": ("Tepi jalan",),
    "udara_ruang": ("Ruang rawat",),
    "usap": ("Jasa boga",),
}
_COLUMNS = [field.attname for field in Patient._meta.concrete_fields]


@dataclass(slots=True)
class Subject:
    """Whom or what an order is about, with what judging and printing need."""

    patient: Patient | None = None
    site: dict[str, Any] | None = None
    born: date | None = None
    sex: str = ""
    note: str = ""
    matrix: str = ""
    in_situ: dict[str, str] = field(default_factory=dict)


class Subjects:
    """The people, clients and sites of one laboratory."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._people: list[Patient] = []
        self._niks: set[str] = {""}
        self._sites: dict[str, list[dict[str, Any]]] = {}
        made = [self._client(n, *kind) for n, kind in enumerate(CLIENTS, 1)]
        # Clinics send people, the first one most; hotels and caterers have their water looked at.
        self._senders = [row for row in made if row["kind"] != "company"]
        self._senders += self._senders[:1] * 3
        self._customers = [row for row in made if row["kind"] in ("company", "office")]

    def client(self, subject: Subject) -> dict[str, Any] | None:
        """Who sent a person, if anybody did; for whom a site is examined."""
        chance = self._house.chance
        if subject.patient is None:
            return chance.choice(self._customers)
        return chance.choice(self._senders) if chance.random() < 0.4 else None

    def _client(self, n: int, kind: str, pattern: str) -> dict[str, Any]:
        house, chance = self._house, self._house.chance
        name = pattern.format(flower=chance.choice(plan.FLOWERS), last=chance.choice(plan.LAST), area=house.lab.code)
        row = {"id": house.keys.new(), "owner_id": house.own, "name": name, "kind": kind, "code": f"P{n:03d}"}
        house.tables.clients.add(**row, search_name=name.casefold(), address=f"Jalan Contoh No. {n}")
        return row

    def site(self, panel: PanelInfo) -> Subject:
        """A place where such a sample is taken, with the readings taken there."""
        house, chance = self._house, self._house.chance
        matrix = house.catalogue.standards[panel.standard].matrix
        known = self._sites.setdefault(matrix, [])
        if len(known) < 8:
            known.append(self._place(matrix, len(known) + 1))
        readings: dict[str, str] = {}
        if "air" in matrix.split("_") or matrix == "kolam_renang":
            readings = {"temperature": f"{chance.uniform(25.5, 30.5):.1f}", "air_temperature": "29.0",
                        "ph": f"{chance.uniform(6.6, 8.1):.1f}"}  # fmt: skip
        return Subject(site=chance.choice(known), matrix=matrix, in_situ=readings)

    def _place(self, matrix: str, n: int) -> dict[str, Any]:
        house, chance = self._house, self._house.chance
        kind = chance.choice(PLACES.get(matrix, ("Titik pantau",)))
        lat, lon = house.place
        row = {
            "id": house.keys.new(),
            "owner_id": house.own,
            "name": f"{kind} {chance.choice(plan.FLOWERS)} {n}",
            "kind": kind,
            "address": f"Jalan Contoh No. {n * 3}",
            "latitude": Decimal(f"{lat + chance.uniform(-0.03, 0.03):.6f}"),
            "longitude": Decimal(f"{lon + chance.uniform(-0.03, 0.03):.6f}"),
        }
        house.tables.sites.add(**row)
        return row

    def person(self, at: datetime) -> Subject:
        """Somebody known, or somebody new."""
        chance = self._house.chance
        known = self._people and chance.random() < 0.35
        patient = chance.choice(self._people) if known else self._new_person(at)
        return Subject(patient=patient, born=patient.birth_date, sex=patient.sex)

    def _new_person(self, at: datetime) -> Patient:
        house, chance = self._house, self._house.chance
        woman = chance.random() < 0.56
        name = f"{chance.choice(plan.FIRST_WOMEN if woman else plan.FIRST_MEN)} {chance.choice(plan.LAST)}"
        age = max(0, min(92, int(chance.triangular(0, 92, 34))))
        born = at.date() - timedelta(days=age * 365 + chance.randrange(1, 364))
        serial = house.serial("mrn", date(at.year, 1, 1))
        area = house.area.replace(".", "")[:4].ljust(4, "0") + f"{chance.randrange(1, 7):02d}"
        nik = f"{area}{born.day + (40 if woman else 0):02d}{born:%m%y}{serial % 10000:04d}" if serial < 10000 else ""
        patient = Patient(
            id=house.keys.new(),
            owner_id=house.own,
            full_name=name,
            sex="P" if woman else "L",
            birth_date=born,
            nik="" if nik in self._niks else nik,
            no_nik_reason="absent" if nik in self._niks else "",
            mrn=f"RM-{at:%y}-{serial:06d}",
            phone=f"0812-5555-{chance.randrange(10000):04d}",
            address=f"Jalan Contoh RT {chance.randrange(1, 12):02d}",
            registered_at=at,
            updated_at=at,
        )
        self._niks.add(nik)
        fill_derived(patient, at.date())
        house.tables.patients.add(**{name: getattr(patient, name) for name in _COLUMNS})
        house.chronicle.note(
            at,
            house.receptionist,
            PatientRegistered,
            patient.id,
            {"full_name": name, "sex": patient.sex, "birth_date": born, "nik": patient.nik, "mrn": patient.mrn},
            patient=patient.id,
            no_nik_reason=patient.no_nik_reason,
        )
        self._people.append(patient)
        return patient
