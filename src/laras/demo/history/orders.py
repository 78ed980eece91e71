"""Orders with their lines, samples and custody, each as far as it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from laras.catalogue.types import PanelInfo, TestInfo
from laras.demo.history import calendar
from laras.demo.history.calendar import Moment
from laras.demo.history.house import House
from laras.demo.history.subjects import Subject, Subjects
from laras.orders import events, rules
from laras.orders.services import part_number

# What is asked for most; the rest of the catalogue comes now and then.
USUAL = frozenset(
    {"HB", "WBC", "PLT", "HCT", "GDS", "GDP", "CHOL", "TG", "HDL", "LDL", "AU", "SGOT", "SGPT", "UREUM", "KREA", "BTA",
     "HBSAGR", "HIVR1", "SIFR", "ABO", "RH", "HCG", "UPROT", "UGLU", "HBA1C", "NS1", "MALMIK", "TCMTB"}
)  # fmt: skip
FEVER = ("NS1", "PLT", "HCT", "MALMIK")
NOTES = ("", "", "", "Demam", "Kontrol", "Batuk > 2 minggu", "Lemas")


@dataclass(slots=True)
class Case:
    """One order in work. ``steps`` holds what has happened; ``samples`` rows as stored; ``requested`` keys by test."""

    id: str
    number: str
    day: date
    until: str
    subject: Subject
    standard: str
    urgency: str
    client: dict[str, Any] | None
    payer: str
    tests: list[TestInfo]
    requested: dict[str, str]
    steps: dict[str, datetime]
    refused: bool
    samples: list[dict[str, Any]] = field(default_factory=list)
    sample_of: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return "person" if self.subject.patient else "environment"

    @property
    def purpose(self) -> str:
        return "diagnosis" if self.subject.patient else "quality"

    @property
    def status(self) -> str:
        if self.refused or "received" not in self.steps:
            return "registered"
        return "reported" if "released" in self.steps else "working"

    @property
    def patient_id(self) -> Any:
        return self.subject.patient.id if self.subject.patient else None

    @property
    def site_id(self) -> str | None:
        return self.subject.site["id"] if self.subject.site else None


class Orders:
    """Draws what is ordered in one laboratory and writes it down."""

    def __init__(self, house: House, subjects: Subjects) -> None:
        self._house, self._subjects = house, subjects
        known, able, tier = house.catalogue, house.able, house.lab.tier
        tests = [test for test in known.tests.values() if test.subject == "person"]
        self._tests = [test for test in tests if test.code in able]
        self._usual = [test for test in self._tests if test.code in USUAL]
        self._fever = [code for code in FEVER if code in able]
        self._elsewhere = [test for test in tests if test.code not in able and test.tier <= tier + 2]
        doable = [panel for panel in known.panels.values() if set(panel.members) <= set(able)]
        self._panels = [panel for panel in doable if panel.subject == "person" and len(panel.members) <= 10]
        self._water = [panel for panel in doable if panel.subject == "environment" and panel.standard]

    def write(self, moment: Moment) -> Case:
        """Draw one order and write its rows and its part of the journal, up to the acceptance of its samples."""
        house, chance = self._house, self._house.chance
        subject, codes, standard = self._request(moment)
        person = subject.patient is not None
        day = moment.at.astimezone(house.zone).date()
        urgency = chance.choices(("routine", "urgent", "outbreak"), (90, 9, 1))[0]
        chosen = rules.choose(house.catalogue, codes)
        tests = [house.catalogue.test(code) for line in chosen for code in line.tests]
        case = Case(
            id=house.keys.new(),
            number=house.number(day, "order"),
            day=day,
            until=moment.until,
            subject=subject,
            standard=standard,
            urgency=urgency,
            client=self._subjects.client(subject),
            payer=chance.choice(("self", "bpjs", "programme")) if person else "institution",
            tests=tests,
            requested={test.code: house.keys.new() for test in tests},
            steps=calendar.steps(chance, moment, urgency=urgency, now=house.now),
            refused=not moment.until and chance.random() < 0.012,
        )
        lines, total = self._write_lines(case, chosen)
        self._write_samples(case)
        refused = case.refused and "received" in case.steps
        for position, test in enumerate(tests, 1):
            house.tables.requested.add(
                id=case.requested[test.code], owner_id=house.own, order_id=case.id, line_id=lines[test.code],
                sample_id=case.sample_of[test.code]["id"], test_code=test.code, position=position, cancelled=refused,
            )  # fmt: skip
        house.tables.orders.add(
            id=case.id, owner_id=house.own, number=case.number, day=day, subject_kind=case.kind,
            patient_id=case.patient_id, site_id=case.site_id, client_id=case.client["id"] if case.client else None,
            payer=case.payer, purpose=case.purpose, urgency=urgency, note=subject.note, matrix=subject.matrix,
            standard=standard, in_situ=subject.in_situ, source="demo", registered_at=moment.at,
            registered_by=house.receptionist.person, status=case.status,
        )  # fmt: skip
        self._note(case, total)
        return case

    def _request(self, moment: Moment) -> tuple[Subject, list[str], str]:
        """Subject, codes and standard of the next order."""
        house, chance = self._house, self._house.chance
        # Of what waits to be taken today half lies outside the house: the sampler goes there.
        share = 0.5 if moment.until == "registered" else 0.12
        if self._water and (not self._tests or chance.random() < share):
            panel: PanelInfo = chance.choice(self._water)
            return self._subjects.site(panel), [panel.code], panel.standard
        subject = self._subjects.person(moment.at)
        if self._fever and chance.random() < calendar.fever(moment.at.date()):
            subject.note = "Demam"
            return subject, list(self._fever), ""
        subject.note = chance.choice(NOTES)
        if self._panels and chance.random() < 0.22:
            codes = [chance.choice(self._panels).code]
        else:
            tests = self._usual if self._usual and chance.random() < 0.75 else self._tests
            codes = [test.code for test in chance.sample(tests, min(len(tests), chance.choice((1, 1, 2, 2, 3, 4))))]
        recent = moment.at > house.now - timedelta(days=2)
        # Something for another laboratory; an order that is ready today has none left to wait for.
        if recent and moment.until not in ("validated", "released") and self._elsewhere and chance.random() < 0.15:
            codes.append(chance.choice(self._elsewhere).code)
        return subject, codes, ""

    def _write_lines(self, case: Case, chosen: Sequence[rules.Chosen]) -> tuple[dict[str, str], int]:
        """The lines' keys by test, and what they cost together."""
        house, lines, total = self._house, {}, 0
        for position, line in enumerate(chosen, 1):
            price = sum(house.able.get(code, 0) for code in line.tests)
            total += price
            key = house.keys.new()
            lines.update(dict.fromkeys(line.tests, key))
            house.tables.lines.add(
                id=key, owner_id=house.own, order_id=case.id, position=position, code=line.code, name=line.name,
                is_panel=line.is_panel, price=price,
            )  # fmt: skip
        return lines, total

    def _write_samples(self, case: Case) -> None:
        house, steps = self._house, case.steps
        collected, received = steps.get("collected"), steps.get("received")
        refused = case.refused and received is not None
        status = "refused" if refused else "received" if received else "collected" if collected else "expected"
        for index, planned in enumerate(rules.plan_samples(case.tests)):
            sample = {
                "id": house.keys.new(), "owner_id": house.own, "order_id": case.id, "position": index + 1,
                "number": part_number(case.number, index), "specimen": planned.specimen[:60],
                "container": planned.container[:80], "status": status, "collected_at": collected,
                "collector": house.receiver.name if collected else "", "received_at": received,
                "received_by": house.receiver.person if received else None,
                "condition": "Baik" if received and not refused else "", "refusal": "hemolysed" if refused else "",
            }  # fmt: skip
            house.tables.samples.add(**sample)
            case.samples.append(sample)
            case.sample_of.update(dict.fromkeys(planned.tests, sample))

    # --- Its part of the journal ------------------------------------------------------------------------------------

    def _note(self, case: Case, total: int) -> None:
        house, note, steps = self._house, self._house.chronicle.note, case.steps
        note(
            steps["registered"], house.receptionist, events.OrderRegistered, case.id, None,
            order=case.id, number=case.number, subject_kind=case.kind, patient=case.patient_id, site=case.site_id,
            client=case.client["id"] if case.client else None, urgency=case.urgency, payer=case.payer,
            purpose=case.purpose, source="demo", origin=None, standard=case.standard, programme="",
            total=total,
            tests=[(case.requested[t.code], case.sample_of[t.code]["id"], t.code) for t in case.tests],
            samples=[(s["id"], s["number"], s["specimen"], "expected") for s in case.samples],
        )  # fmt: skip
        for sample in case.samples:
            of_sample = {"order": case.id, "sample": sample["id"], "number": sample["number"]}
            if at := steps.get("collected"):
                note(
                    at, house.receiver, events.SampleCollected, case.id, None,
                    **of_sample, collected_at=at.isoformat(),
                )  # fmt: skip
                self._custody(sample, "collected", at)
            if at := steps.get("received"):
                mine = [(case.requested[t.code], t.code) for t in case.tests if case.sample_of[t.code] is sample]
                if case.refused:
                    note(
                        at, house.receiver, events.SampleRefused, case.id, None, **of_sample, refusal="hemolysed",
                        replacement=None, replacement_number="", tests=[key for key, _code in mine],
                    )  # fmt: skip
                else:
                    note(
                        at, house.receiver, events.SampleReceived, case.id, None, **of_sample, condition="Baik",
                        temperature="", urgency=case.urgency, tests=mine,
                    )  # fmt: skip
                self._custody(sample, "refused" if case.refused else "received", at)

    def _custody(self, sample: dict[str, Any], action: str, at: datetime) -> None:
        house, who = self._house, self._house.receiver
        house.tables.custody.add(
            id=house.keys.new(), owner_id=house.own, sample_id=sample["id"], at=at, action=action, person=who.person,
            person_name=who.name, place=house.owner.name[:120],
        )  # fmt: skip
