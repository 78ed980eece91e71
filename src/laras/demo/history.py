"""Half a year of work for the demo network, by the bulk path: tables and journals are written as the services would have.

Every order is a small timeline (registered, taken, received, entered, verified, validated, released); what would lie after this
moment has not happened yet, so that today's queues are as full as they would be. Reproducible: everything is drawn from a
seed, relative to the moment of loading.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from laras.bench import events as bench_events
from laras.bench import rules as bench_rules
from laras.bench.models import CriticalCall, Result, ResultValue
from laras.catalogue import queries as catalogues
from laras.catalogue import rules as catalogue_rules
from laras.catalogue.types import Catalogue, ParsedValue, TestInfo
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.bulk import Rows
from laras.core.ids import new_id
from laras.core.journal import Pending
from laras.core.models import Counter, JournalEntry, Owner, Sealed
from laras.core.numbering import format_number
from laras.core.printing.types import Letterhead
from laras.core.scope import Scope
from laras.demo import plan
from laras.demo.network import Staff, tests_of
from laras.network import queries as network
from laras.orders import events as order_events
from laras.orders import rules as order_rules
from laras.orders.models import Custody, Order, OrderLine, RequestedTest, Sample, Site
from laras.orders.services import part_number
from laras.partners.models import Client
from laras.people.events import PatientRegistered
from laras.people.models import Patient
from laras.people.services import fill_derived
from laras.reports.assembly import to_content
from laras.reports.events import ReportReleased
from laras.reports.models import Report
from laras.reports.types import (
    LhuDocument,
    PatientBlock,
    ResultRow,
    SampleBlock,
    Sender,
    Signer,
    SiteBlock,
    Times,
)
from laras.resources.models import Capability

MINUTE = timedelta(minutes=1)
# What is asked for most; the rest of the catalogue comes now and then.
USUAL = frozenset(
    {"HB", "WBC", "PLT", "HCT", "GDS", "GDP", "CHOL", "TG", "HDL", "LDL", "AU", "SGOT", "SGPT", "UREUM", "KREA", "BTA",
     "HBSAGR", "HIVR1", "SIFR", "ABO", "RH", "HCG", "UPROT", "UGLU", "HBA1C", "NS1", "MALMIK", "TCMTB"}
)  # fmt: skip


@dataclass(slots=True)
class Tables:
    """One collector per table; written together, once per laboratory."""

    patients: Rows = field(default_factory=lambda: Rows(Patient))
    clients: Rows = field(default_factory=lambda: Rows(Client))
    sites: Rows = field(default_factory=lambda: Rows(Site))
    orders: Rows = field(default_factory=lambda: Rows(Order))
    lines: Rows = field(default_factory=lambda: Rows(OrderLine))
    samples: Rows = field(default_factory=lambda: Rows(Sample))
    requested: Rows = field(default_factory=lambda: Rows(RequestedTest))
    custody: Rows = field(default_factory=lambda: Rows(Custody))
    results: Rows = field(default_factory=lambda: Rows(Result))
    values: Rows = field(default_factory=lambda: Rows(ResultValue))
    calls: Rows = field(default_factory=lambda: Rows(CriticalCall))
    reports: Rows = field(default_factory=lambda: Rows(Report))
    entries: Rows = field(default_factory=lambda: Rows(JournalEntry))
    sealed: Rows = field(default_factory=lambda: Rows(Sealed))

    def write(self) -> None:
        for name in self.__slots__:
            getattr(self, name).write()


class Chronicle:
    """What one laboratory's journal will hold: collected in any order, chained in the order of time."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self._items: list[tuple[datetime, int, Pending]] = []

    def note(
        self, at: datetime, actor: Actor, event: journal.Event, subject: UUID, sealed: dict[str, Any] | None = None
    ) -> None:
        content = {name: getattr(event, name) for name in event.__dataclass_fields__}
        box = None
        if sealed is not None:
            salt, body, content["sealed"] = journal.seal(sealed)
            box = (salt, body)
        item = Pending(
            id=new_id(),
            owner_id=self.owner.id,
            event=event.name,
            version=event.version,
            subject=subject,
            recipient_id=None,
            occurred_at=at,
            actor=actor,
            cause=None,
            payload=journal.canonical(content),
            sealed=box,
        )
        self._items.append((at, len(self._items), item))

    def chain_into(self, tables: Tables) -> None:
        """As :func:`laras.core.journal.chain`, on plain rows: a third of a million entries make no model instances."""
        self._items.sort(key=lambda item: item[:2])
        head = journal.lock_head(self.owner.id)
        digest, sequence = bytes(head.digest), head.sequence
        add, seal = tables.entries.add, tables.sealed.add
        for at, _n, item in self._items:
            sequence += 1
            moment = at.isoformat()
            actor = item.actor
            previous = digest
            digest = journal.digest(
                previous, item.payload, item.id, item.owner_id, head.epoch, sequence, item.event, item.version,
                item.subject, None, moment, moment, actor.person_id, actor.user_id, actor.device, None,
            )  # fmt: skip
            add(
                id=item.id, owner_id=item.owner_id, epoch=head.epoch, sequence=sequence, event=item.event,
                version=item.version, subject=item.subject, occurred_at=at, recorded_at=at, person=actor.person_id,
                user=actor.user_id, device=actor.device, payload=item.payload, previous=previous, digest=digest,
            )  # fmt: skip
            if item.sealed:
                seal(entry_id=item.id, salt=item.sealed[0], body=item.sealed[1])
        head.sequence, head.digest = sequence, digest
        journal.move_head(head)


def load(owners: dict[str, Owner], staff: dict[str, Staff], advance: Callable[[int], None]) -> None:
    """Write the history of every laboratory. ``advance(n)`` is told of every ``n`` orders done."""
    labs = plan.laboratories()
    for lab in labs:
        peers = [other for other in labs if other.tier == lab.tier]
        share = lab.share / sum(other.share for other in peers)
        count = round(plan.ORDERS_PER_TIER[lab.tier] * share)
        with transaction.atomic():
            tables = Tables()
            writer = _Laboratory(lab, owners[lab.code], staff[lab.code], tables)
            writer.work(count, advance)
            tables.write()


@dataclass(slots=True)
class _Subject:
    """Whom or what an order is about, with what judging and printing need."""

    patient: Patient | None = None
    site: dict[str, Any] | None = None
    born: date | None = None
    sex: str = ""
    note: str = ""


class _Laboratory:
    def __init__(self, lab: plan.Lab, owner: Owner, staff: Staff, tables: Tables) -> None:
        self.lab, self.owner, self.staff, self.tables = lab, owner, staff, tables
        self.chance = random.Random(f"{plan.SEED}:history:{lab.code}")
        self.zone = ZoneInfo(owner.zone)
        self.now = clock.now()
        self.catalogue: Catalogue = catalogues.effective(owner.id)
        self.chronicle = Chronicle(owner)
        self.serials: Tally[tuple[str, date]] = Tally()
        able = set(tests_of(lab, owner))
        self.person_tests = [t for t in self.catalogue.tests.values() if t.code in able and t.subject == "person"]
        self.usual = [t for t in self.person_tests if t.code in USUAL]
        self.panels = [
            p
            for p in self.catalogue.panels.values()
            if p.subject == "person" and set(p.members) <= able and len(p.members) <= 10
        ]
        self.water = [
            p
            for p in self.catalogue.panels.values()
            if p.subject == "environment" and p.standard and set(p.members) <= able
        ]
        self.elsewhere = [
            t
            for t in self.catalogue.tests.values()
            if t.subject == "person" and t.code not in able and t.tier <= lab.tier + 2
        ]
        self.prices = dict(Capability.objects.within(Scope.of(owner.id)).values_list("test_code", "price"))
        place = network.organisation_at(owner.id)
        self.place = place
        self.area_code = place.area.versions.first().code if place and place.area else "52.71"
        self.letterhead = Letterhead(
            name=owner.name,
            address=place.address if place else "",
            phone=place.phone if place else "",
            accreditation=place.accreditation_number if place else "",
        )
        self.names = {a.person_id: a.name for a in (*staff.analysts, staff.verifier, staff.validator)}
        self.clients: list[dict[str, Any]] = []
        self.people: list[Patient] = []
        self.sites: list[dict[str, Any]] = []
        self.niks: set[str] = {""}

    # --- One laboratory ---------------------------------------------------------------------------------------------

    def work(self, count: int, advance: Callable[[int], None]) -> None:
        self._make_clients()
        self._make_sites()
        done = 0
        for at in self._moments(count):
            self._order(at)
            done += 1
            if done % 200 == 0:
                advance(200)
        advance(done % 200)
        self.chronicle.chain_into(self.tables)
        counters = [
            Counter(owner=self.owner, series=series, day=day, value=value)
            for (series, day), value in self.serials.items()
        ]
        Counter.objects.bulk_create(counters, batch_size=1000)

    def _moments(self, count: int) -> Iterator[datetime]:
        """When orders come: mornings of working days, rising slowly, and a full queue at the moment of loading."""
        today = self.now.astimezone(self.zone).date()
        lively = max(4, count // 45)
        days = [
            day
            for back in range(plan.DAYS, 0, -1)
            if (day := today - timedelta(days=back)).weekday() < 5 or (day.weekday() == 5 and self.lab.tier <= 2)
        ]
        weights = [1 + 0.4 * n / len(days) for n in range(len(days))]
        chosen = Tally(self.chance.choices(days, weights, k=count - lively))
        for day in days:
            times = sorted(self.chance.triangular(7.5, 14.5, 8.5) for _n in range(chosen[day]))
            for hour in times:
                local = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(hours=hour)
                yield local.astimezone(UTC)
        for minutes in sorted((self.chance.uniform(4, 420) for _n in range(lively)), reverse=True):
            yield self.now - minutes * MINUTE

    # --- Who and where ----------------------------------------------------------------------------------------------

    def _make_clients(self) -> None:
        kinds = (
            ("facility", "Klinik Pratama {flower}"),
            ("facility", "Praktik dr. {last}"),
            ("company", "Hotel {flower} Indah"),
            ("company", "Katering {last}"),
            ("office", "Kantor Kelurahan {flower}"),
            ("programme", "Program TB {area}"),
        )
        for n, (kind, pattern) in enumerate(kinds, 1):
            name = pattern.format(
                flower=self.chance.choice(plan.FLOWERS), last=self.chance.choice(plan.LAST), area=self.lab.code
            )
            row = {"id": new_id(), "owner_id": self.owner.id, "name": name, "kind": kind, "code": f"P{n:03d}"}
            self.tables.clients.add(**row, search_name=name.casefold(), address=f"Jalan Contoh No. {n}")
            self.clients.append(row)

    def _make_sites(self) -> None:
        if not self.water:
            return
        for n in range(1, 13):
            kind = self.chance.choice(("Depot air minum", "Sumur gali", "Rumah makan", "Sekolah", "Kolam renang"))
            row = {
                "id": new_id(),
                "owner_id": self.owner.id,
                "name": f"{kind} {self.chance.choice(plan.FLOWERS)} {n}",
                "kind": kind,
                "address": f"Jalan Contoh No. {n * 3}",
                "latitude": Decimal(str(round(-8.58 + self.chance.uniform(-0.05, 0.05), 6))),
                "longitude": Decimal(str(round(116.1 + self.chance.uniform(-0.05, 0.05), 6))),
            }
            self.tables.sites.add(**row)
            self.sites.append(row)

    def _person(self, at: datetime) -> Patient:
        """Somebody known, or somebody new."""
        if self.people and self.chance.random() < 0.35:
            return self.chance.choice(self.people)
        chance = self.chance
        woman = chance.random() < 0.56
        name = f"{chance.choice(plan.FIRST_WOMEN if woman else plan.FIRST_MEN)} {chance.choice(plan.LAST)}"
        age = max(0, min(92, int(chance.triangular(0, 92, 34))))
        born = at.date() - timedelta(days=age * 365 + chance.randrange(1, 364))
        mrn_year = date(at.year, 1, 1)
        self.serials["mrn", mrn_year] += 1
        serial = self.serials["mrn", mrn_year]
        day = born.day + (40 if woman else 0)
        area = self.area_code.replace(".", "")[:4] + f"{chance.randrange(1, 7):02d}"
        patient = Patient(
            owner_id=self.owner.id,
            full_name=name,
            sex="P" if woman else "L",
            birth_date=born,
            nik=f"{area}{day:02d}{born:%m%y}{serial % 10000:04d}" if serial < 10000 else "",
            mrn=f"RM-{at:%y}-{serial:06d}",
            phone=f"0812-5555-{chance.randrange(10000):04d}",
            address=f"Jalan Contoh RT {chance.randrange(1, 12):02d}",
            registered_at=at,
            updated_at=at,
        )
        if patient.nik in self.niks:
            patient.nik, patient.no_nik_reason = "", "absent"
        self.niks.add(patient.nik)
        fill_derived(patient, at.date())
        self.tables.patients.add(**{name: getattr(patient, name) for name in _PATIENT_COLUMNS})
        self.chronicle.note(
            at,
            self.staff.receptionist,
            PatientRegistered(patient=patient.id, no_nik_reason=patient.no_nik_reason),
            patient.id,
            {"full_name": name, "sex": patient.sex, "birth_date": born, "nik": patient.nik, "mrn": patient.mrn},
        )
        self.people.append(patient)
        return patient

    # --- One order --------------------------------------------------------------------------------------------------

    def _order(self, at: datetime) -> None:
        chance, owner = self.chance, self.owner
        subject, codes, kind, standard = self._request(at)
        day = at.astimezone(self.zone).date()
        self.serials["order", day] += 1
        order_id = new_id()
        number = format_number(owner.code, day, self.serials["order", day])
        client = chance.choice(self.clients) if kind != "person" or chance.random() < 0.4 else None
        urgency = chance.choices(("routine", "urgent", "outbreak"), (90, 9, 1))[0]
        steps = self._steps(at, urgency)
        chosen = order_rules.choose(self.catalogue, codes)
        tests = [self.catalogue.test(code) for line in chosen for code in line.tests]
        refused = chance.random() < 0.012
        stage = sum(1 for moment in steps.values() if moment <= self.now)
        names = list(steps)[:stage]
        status = "registered"
        if "received" in names and not refused:
            status = "reported" if "released" in names else "working"
        requested_ids: dict[str, UUID] = {test.code: new_id() for test in tests}

        lines: dict[str, UUID] = {}
        total = 0
        for position, line in enumerate(chosen, 1):
            price = sum(self.prices.get(code) or 0 for code in line.tests)
            total += price
            line_id = new_id()
            lines.update(dict.fromkeys(line.tests, line_id))
            self.tables.lines.add(
                id=line_id, owner_id=owner.id, order_id=order_id, position=position, code=line.code, name=line.name,
                is_panel=line.is_panel, price=price,
            )  # fmt: skip
        samples: list[dict[str, Any]] = []
        sample_of: dict[str, dict[str, Any]] = {}
        for index, planned in enumerate(order_rules.plan_samples(tests)):
            sample = {
                "id": new_id(), "owner_id": owner.id, "order_id": order_id, "position": index + 1,
                "number": part_number(number, index), "specimen": planned.specimen[:60],
                "container": planned.container[:80],
                "status": "refused" if refused and "received" in names else
                "received" if "received" in names else "collected" if "collected" in names else "expected",
                "collected_at": steps["collected"] if "collected" in names else None,
                "collector": self.staff.receiver.name if "collected" in names else "",
                "received_at": steps["received"] if "received" in names else None,
                "received_by": self.staff.receiver.person_id if "received" in names else None,
                "condition": "Baik" if "received" in names and not refused else "",
                "refusal": "hemolysed" if refused and "received" in names else "",
            }  # fmt: skip
            self.tables.samples.add(**sample)
            samples.append(sample)
            sample_of.update(dict.fromkeys(planned.tests, sample))
        for position, test in enumerate(tests, 1):
            self.tables.requested.add(
                id=requested_ids[test.code], owner_id=owner.id, order_id=order_id, line_id=lines[test.code],
                sample_id=sample_of[test.code]["id"], test_code=test.code, position=position,
                cancelled=refused and "received" in names,
            )  # fmt: skip
        self.tables.orders.add(
            id=order_id, owner_id=owner.id, number=number, day=day, subject_kind=kind,
            patient_id=subject.patient.id if subject.patient else None,
            site_id=subject.site["id"] if subject.site else None, client_id=client["id"] if client else None,
            payer=chance.choice(("self", "bpjs", "programme")) if kind == "person" else "institution",
            purpose="diagnosis" if kind == "person" else "quality", urgency=urgency, note=subject.note,
            matrix="air_minum" if kind == "environment" else "", standard=standard, source="demo",
            registered_at=at, registered_by=self.staff.receptionist.person_id, status=status,
        )  # fmt: skip
        self._note_order(order_id, number, kind, subject, client, urgency, standard, total, tests, samples, sample_of,
                         requested_ids, steps, names, refused)  # fmt: skip
        if refused or "received" not in names:
            return
        rows = self._results(order_id, subject, kind, standard, urgency, tests, sample_of, requested_ids, steps, names)
        if status == "reported":
            self._report(order_id, number, subject, client, kind, standard, samples, rows, steps)

    def _request(self, at: datetime) -> tuple[_Subject, list[str], str, str]:
        """Subject, codes, kind and standard of the next order."""
        chance = self.chance
        if self.sites and (not self.person_tests or chance.random() < 0.12):
            panel = chance.choice(self.water)
            return _Subject(site=chance.choice(self.sites)), [panel.code], "environment", panel.standard
        patient = self._person(at)
        subject = _Subject(patient=patient, born=patient.birth_date, sex=patient.sex)
        subject.note = chance.choice(("", "", "", "Demam", "Kontrol", "Batuk > 2 minggu", "Lemas"))
        if self.panels and chance.random() < 0.22:
            codes = [chance.choice(self.panels).code]
        else:
            tests = self.usual if self.usual and chance.random() < 0.75 else self.person_tests
            codes = [test.code for test in chance.sample(tests, min(len(tests), chance.choice((1, 1, 2, 2, 3, 4))))]
        recent = at > self.now - timedelta(days=2)
        if recent and self.elsewhere and chance.random() < 0.15:
            codes.append(chance.choice(self.elsewhere).code)
        return subject, codes, "person", ""

    def _steps(self, at: datetime, urgency: str) -> dict[str, datetime]:
        """The moments of an order's life, in order. A few lag behind, as in life."""
        pace = 0.4 if urgency != "routine" else 1.0
        if self.chance.random() < 0.02:
            pace *= 12
        gaps = (
            ("collected", 4, 18), ("received", 6, 40), ("entered", 45, 170), ("verified", 8, 70), ("validated", 8, 80),
            ("released", 3, 40),
        )  # fmt: skip
        steps = {"registered": at}
        moment = at
        for name, least, most in gaps:
            moment += self.chance.uniform(least, most) * pace * MINUTE
            steps[name] = moment
        return steps

    def _note_order(self, order_id: UUID, number: str, kind: str, subject: _Subject, client: Any, urgency: str,
                    standard: str, total: int, tests: Sequence[TestInfo], samples: list[dict[str, Any]],
                    sample_of: dict[str, dict[str, Any]], requested: dict[str, UUID], steps: dict[str, datetime],
                    names: list[str], refused: bool) -> None:  # fmt: skip
        note, staff = self.chronicle.note, self.staff
        note(
            steps["registered"],
            staff.receptionist,
            order_events.OrderRegistered(
                order=order_id, number=number, subject_kind=kind,
                patient=subject.patient.id if subject.patient else None,
                site=subject.site["id"] if subject.site else None, client=client["id"] if client else None,
                urgency=urgency, payer="self" if kind == "person" else "institution",
                purpose="diagnosis" if kind == "person" else "quality", source="demo", origin=None, standard=standard,
                total=total, tests=tuple((requested[t.code], sample_of[t.code]["id"], t.code) for t in tests),
                samples=tuple((s["id"], s["number"], s["specimen"], "expected") for s in samples),
            ),
            order_id,
        )  # fmt: skip
        for sample in samples:
            if "collected" in names:
                at = steps["collected"]
                event: journal.Event = order_events.SampleCollected(
                    order=order_id, sample=sample["id"], number=sample["number"], collected_at=at.isoformat()
                )
                note(at, staff.receiver, event, order_id)
                self._custody(sample, "collected", at)
            if "received" in names:
                at = steps["received"]
                mine = tuple((requested[t.code], t.code) for t in tests if sample_of[t.code] is sample)
                if refused:
                    event = order_events.SampleRefused(
                        order=order_id, sample=sample["id"], number=sample["number"], refusal="hemolysed",
                        replacement=None, replacement_number="", tests=tuple(key for key, _code in mine),
                    )  # fmt: skip
                else:
                    event = order_events.SampleReceived(
                        order=order_id, sample=sample["id"], number=sample["number"], condition="Baik", temperature="",
                        urgency=urgency, tests=mine,
                    )  # fmt: skip
                note(at, staff.receiver, event, order_id)
                self._custody(sample, "refused" if refused else "received", at)

    def _custody(self, sample: dict[str, Any], action: str, at: datetime) -> None:
        who = self.staff.receiver
        self.tables.custody.add(
            id=new_id(), owner_id=self.owner.id, sample_id=sample["id"], at=at, action=action, person=who.person_id,
            person_name=who.name, place=self.owner.name[:120],
        )  # fmt: skip

    # --- Results ----------------------------------------------------------------------------------------------------

    def _results(self, order_id: UUID, subject: _Subject, kind: str, standard: str, urgency: str,
                 tests: Sequence[TestInfo], sample_of: dict[str, dict[str, Any]], requested: dict[str, UUID],
                 steps: dict[str, datetime], names: list[str]) -> list[tuple[TestInfo, dict[str, Any], str]]:  # fmt: skip
        """Write the results of an order; answers (test, row, text as printed) of those that are validated."""
        owner, staff, note = self.owner, self.staff, self.chronicle.note
        analyst = self.chance.choice(staff.analysts)
        able = self.prices
        received = steps["received"]
        here = [test for test in tests if test.code in able]
        for sample in {id(s): s for s in sample_of.values()}.values():
            mine = [test for test in tests if sample_of[test.code] is sample]
            waiting = sum(1 for test in mine if test.code in able)
            opened = bench_events.ResultsOpened(
                order=order_id, sample=sample["id"], waiting=waiting, to_refer=len(mine) - waiting
            )
            note(received, staff.receiver, opened, order_id)
        done: list[tuple[TestInfo, dict[str, Any], str]] = []
        for test in tests:
            row: dict[str, Any] = {
                "id": new_id(), "owner_id": owner.id, "requested_id": requested[test.code], "order_id": order_id,
                "sample_id": sample_of[test.code]["id"], "test_code": test.code, "discipline": test.discipline,
                "urgency": urgency, "opened_at": received,
                "due_at": bench_rules.due_at(received, test.tat_hours, urgency), "status": "waiting",
            }  # fmt: skip
            if test not in here:
                row["status"] = "to_refer"
                self.tables.results.add(**row)
                continue
            if "entered" not in names:
                self.tables.results.add(**row)
                continue
            value = self._value(test, subject, standard)
            judged = self._judge(test, value, subject, standard, received)
            entered = steps["entered"]
            row.update(
                raw=value.raw, kind=value.kind, operator=value.operator, number=value.number, unit=test.unit,
                answer=value.text if value.kind == "coded" else "", text=value.text if value.kind != "coded" else "",
                flag=judged.flag, critical=judged.critical, abnormal=judged.attention, reference=judged.reference,
                judgement=judged.judgement, basis=judged.basis, meets_limit=judged.meets_limit,
                limit_text=judged.limit_text, limit_basis=judged.limit_basis, entries=1, method=test.method[:160],
                entered_by=analyst.person_id, entered_at=entered, status="entered",
            )  # fmt: skip
            facts = {"result": row["id"], "order": order_id, "test_code": test.code, "revision": 0}
            sealed = {"raw": value.raw, "flag": judged.flag, "unit": test.unit}
            note(entered, analyst, bench_events.ResultEntered(**facts, sequence=1, why="first"), order_id, sealed)
            value_id = new_id()
            self.tables.values.add(
                id=value_id, owner_id=owner.id, result_id=row["id"], sequence=1, reason="first", raw=value.raw,
                kind=value.kind, operator=value.operator, number=value.number, unit=test.unit, answer=row["answer"],
                text=row["text"], flag=judged.flag, entered_by=analyst.person_id, entered_at=entered,
            )  # fmt: skip
            if "verified" in names:
                row.update(status="verified", verified_by=staff.verifier.person_id, verified_at=steps["verified"])
                note(steps["verified"], staff.verifier, bench_events.ResultVerified(**facts, sequence=1), order_id)
            if "validated" in names:
                row.update(status="validated", validated_by=staff.validator.person_id, validated_at=steps["validated"])
                note(steps["validated"], staff.validator, bench_events.ResultValidated(**facts, sequence=1), order_id)
                shown = catalogue_rules.format_value(value, test, answers=self.catalogue.answers(test.code))
                done.append((test, row, shown))
            self.tables.results.add(**row)
            if judged.critical:
                self._call(row, value_id, entered, facts, order_id, analyst)
        return done

    def _call(
        self, row: dict[str, Any], value_id: UUID, at: datetime, facts: dict[str, Any], order_id: UUID, who: Actor
    ) -> None:
        call, due = new_id(), bench_rules.call_due(at, None)
        called = at + self.chance.uniform(3, 34) * MINUTE
        made = called <= self.now
        self.tables.calls.add(
            id=call, owner_id=self.owner.id, result_id=row["id"], value_id=value_id, opened_at=at, due_at=due,
            called_at=called if made else None, called_by=who.person_id if made else None,
            receiver="Perawat jaga" if made else "", receiver_role="Ruang rawat" if made else "", read_back=made,
        )  # fmt: skip
        opened = bench_events.CriticalOpened(**facts, call=call, due_at=due.isoformat())
        self.chronicle.note(at, who, opened, order_id)
        if made:
            event = bench_events.CriticalCalled(**facts, call=call, in_time=called <= due)
            self.chronicle.note(called, who, event, order_id, {"receiver": "Perawat jaga"})

    def _value(self, test: TestInfo, subject: _Subject, standard: str) -> ParsedValue:
        """A plausible value: mostly within the range, sometimes a little or far outside."""
        chance = self.chance
        answers = self.catalogue.answers(test.code)
        if answers:
            usual = [a for a in answers if a.meaning == "normal"] or list(answers[:1])
            answer = chance.choice(usual) if chance.random() < 0.88 else chance.choice(list(answers))
            return ParsedValue(raw=answer.text, kind="coded", text=answer.code)
        if not test.is_numeric:
            return ParsedValue(raw="Tidak ada kelainan", kind="text", text="Tidak ada kelainan")
        low, high = self._bounds(test, subject, standard)
        spread = (high - low) or abs(high) or 1.0
        figure = chance.gauss((low + high) / 2, spread / 4.2)
        if chance.random() < 0.03:
            figure = high + spread * chance.uniform(0.2, 1.6)
        figure = max(figure, 0.0 if not test.signed else figure)
        places = test.decimals if test.decimals is not None else 1
        number = Decimal(f"{figure:.{places}f}")
        raw = f"{number:f}".replace(".", ",")
        kind = "titre" if test.kind == "titre" else "number"
        return ParsedValue(raw=f"1/{raw}" if kind == "titre" else raw, kind=kind, number=number)  # type: ignore[arg-type]

    def _bounds(self, test: TestInfo, subject: _Subject, standard: str) -> tuple[float, float]:
        if standard:
            limit = self.catalogue.limits(standard).get(test.code)
            if limit is not None and limit.kind == "air_temperature":
                return 26.5, 31.0
            if limit is not None and limit.high is not None:
                high = float(limit.high)
                return (float(limit.low) if limit.low is not None and limit.low >= 0 else 0.0, high * 0.8)
        days = (self.now.date() - subject.born).days if subject.born else None
        ranges = self.catalogue.ranges(test.code)
        row, _lacking = catalogue_rules.choose_range(ranges, sex=subject.sex, age_days=days)
        if row is None or row.high is None:  # a child's value lies near a grown person's
            row = next((other for other in ranges if other.high is not None), None)
        if row is None:
            return 1.0, 10.0
        low = float(row.low) if row.low is not None else 0.0
        return low, float(row.high) if row.high is not None else low * 2 + 1

    def _judge(self, test: TestInfo, value: ParsedValue, subject: _Subject, standard: str, at: datetime) -> Any:
        if subject.patient is not None:
            person = bench_rules.Person(
                sex=subject.sex, age_days=bench_rules.age_at(subject.born, at.astimezone(self.zone).date())
            )
            return bench_rules.judge_person(self.catalogue, test, value, person)
        return bench_rules.judge_environment(
            self.catalogue, test, value, standard=standard, air_temperature=Decimal("29.0")
        )

    # --- Reports ----------------------------------------------------------------------------------------------------

    def _report(self, order_id: UUID, number: str, subject: _Subject, client: Any, kind: str, standard: str,
                samples: list[dict[str, Any]], rows: list[tuple[TestInfo, dict[str, Any], str]],
                steps: dict[str, datetime]) -> None:  # fmt: skip
        at, staff = steps["released"], self.staff
        day = at.astimezone(self.zone).date()
        self.serials["report", day] += 1
        report_number = format_number(self.owner.code, day, self.serials["report", day], series="L")
        person = subject.patient
        named = self.catalogue.standards.get(standard)
        report_id, token = new_id(), secrets.token_urlsafe(32)
        document = LhuDocument(
            kind="clinical" if person else "environment",
            number=report_number,
            version=1,
            letterhead=self.letterhead,
            sender=Sender(name=client["name"] if client else "Atas permintaan sendiri"),
            times=Times(
                zone=clock.ZONES[self.owner.zone],  # type: ignore[arg-type]
                registered=steps["registered"], collected=steps["collected"], received=steps["received"],
                tested_from=steps["entered"], tested_to=steps["validated"], released=at,
            ),
            rows=tuple(
                ResultRow(
                    test=test.name, result=shown, unit=test.unit if row["number"] is not None else "",
                    limit=row["reference"] if person else row["limit_text"],
                    flag="" if row["flag"] in ("", "N") or not person else row["flag"], method=row["method"],
                    section=test.discipline.replace("_", " ").capitalize(),
                    complies=None if person else row["meets_limit"],
                )
                for test, row, shown in rows
            ),
            signers=(
                Signer(role="analyst", name=self.names[rows[0][1]["entered_by"]]),
                Signer(role="verifier", name=staff.verifier.name),
                Signer(role="validator", name=staff.validator.name, at=at,
                       title="Dokter Penanggung Jawab" if person else "Manajer Teknis"),
            ),
            order_number=number,
            patient=PatientBlock(
                name=person.full_name, nik=person.nik, medical_record=person.mrn, birth_date=person.birth_date,
                sex="Laki-laki" if person.sex == "L" else "Perempuan", address=person.address, diagnosis=subject.note,
            ) if person else None,
            site=SiteBlock(name=subject.site["name"], address=subject.site["address"], matrix="Air minum")
            if subject.site else None,
            samples=tuple(
                SampleBlock(lab_code=s["number"], specimen=s["specimen"], collected_at=s["collected_at"],
                            collector=s["collector"], container=s["container"], condition="Baik")
                for s in samples
            ),
            regulation=f"{named.regulation} ({named.version})" if named else "",
            verification_url=settings.PUBLIC_URL + reverse("reports:public", args=[token]),
        )  # fmt: skip
        content = journal.canonical(to_content(document))
        digest = hashlib.sha256(content).hexdigest()
        self.tables.reports.add(
            id=report_id, owner_id=self.owner.id, order_id=order_id, number=report_number, version=1, released_at=at,
            released_by=staff.validator.person_id, content=content, content_digest=digest, token=token,
        )  # fmt: skip
        released = ReportReleased(
            report=report_id, order=order_id, number=report_number, report_version=1, interim=False,
            content_digest=digest, amends=None,
        )  # fmt: skip
        self.chronicle.note(at, staff.validator, released, order_id)
        self.chronicle.note(at, staff.validator, order_events.OrderReported(order=order_id), order_id)


_PATIENT_COLUMNS = [field.attname for field in Patient._meta.concrete_fields]
