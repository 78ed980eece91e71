"""Results of the samples that were accepted: entered, verified and validated by three people; critical values called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from laras.bench import events
from laras.bench import rules as bench_rules
from laras.catalogue import rules as catalogue_rules
from laras.catalogue.types import TestInfo
from laras.demo.history import values
from laras.demo.history.calendar import MINUTE
from laras.demo.history.chronicle import Hand
from laras.demo.history.house import House
from laras.demo.history.orders import Case


@dataclass(slots=True)
class Finished:
    """A validated result: its row, and its value as a report shows it."""

    test: TestInfo
    row: dict[str, Any]
    shown: str
    analyst: Hand


class Results:
    """The bench of one laboratory."""

    def __init__(self, house: House) -> None:
        self._house = house

    def write(self, case: Case) -> list[Finished]:
        """Write the results of an order whose samples were accepted; answers those that are validated."""
        house, steps = self._house, case.steps
        analyst = house.chance.choice(house.analysts)
        received = steps["received"]
        for sample in case.samples:
            mine = [test for test in case.tests if case.sample_of[test.code] is sample]
            waiting = sum(1 for test in mine if test.code in house.able)
            house.chronicle.note(
                received, house.receiver, events.ResultsOpened, case.id, None,
                order=case.id, sample=sample["id"], waiting=waiting, to_refer=len(mine) - waiting,
            )  # fmt: skip
        alarm = case.until == "entered" and case.subject.patient is not None and house.chance.random() < 0.5
        done: list[Finished] = []
        for test in case.tests:
            row: dict[str, Any] = {
                "id": house.keys.new(), "owner_id": house.own, "requested_id": case.requested[test.code],
                "order_id": case.id, "sample_id": case.sample_of[test.code]["id"], "test_code": test.code,
                "discipline": test.discipline, "urgency": case.urgency, "opened_at": received,
                "due_at": bench_rules.due_at(received, test.tat_hours, case.urgency), "status": "waiting",
            }  # fmt: skip
            if test.code not in house.able:
                row["status"] = "to_refer"
            elif "entered" in steps:
                finished = self._work(case, test, row, analyst, alarm)
                if finished:
                    done.append(finished)
            house.tables.results.add(**row)
        return done

    def _work(self, case: Case, test: TestInfo, row: dict[str, Any], analyst: Hand, alarm: bool) -> Finished | None:
        """Enter the value, and what verifier and validator have done with it by now."""
        house, steps, note = self._house, case.steps, self._house.chronicle.note
        value = values.draw(house, test, case.subject, case.standard, alarm=alarm)
        judged = values.judge(house, test, value, case.subject, case.standard, row["opened_at"])
        at, coded = steps["entered"], value.kind == "coded"
        told = {
            "raw": value.raw, "kind": value.kind, "operator": value.operator, "number": value.number,
            "unit": test.unit, "answer": value.text if coded else "", "text": "" if coded else value.text,
            "flag": judged.flag, "entered_by": analyst.person, "entered_at": at,
        }  # fmt: skip
        row.update(
            told, critical=judged.critical, abnormal=judged.attention, reference=judged.reference,
            judgement=judged.judgement, basis=judged.basis, meets_limit=judged.meets_limit,
            limit_text=judged.limit_text, limit_basis=judged.limit_basis, entries=1, method=test.method[:160],
            status="entered",
        )  # fmt: skip
        facts = {"result": row["id"], "order": case.id, "test_code": test.code, "revision": 0}
        sealed = {"raw": value.raw, "flag": judged.flag, "unit": test.unit}
        note(at, analyst, events.ResultEntered, case.id, sealed, **facts, sequence=1, why="first")
        value_id = house.keys.new()
        house.tables.values.add(
            id=value_id, owner_id=house.own, result_id=row["id"], sequence=1, reason="first", **told
        )
        if judged.critical:
            self._call(case, row, value_id, at, facts, analyst)
        if "verified" not in steps:
            return None
        at = steps["verified"]
        row.update(status="verified", verified_by=house.verifier.person, verified_at=at)
        note(at, house.verifier, events.ResultVerified, case.id, None, **facts, sequence=1)
        if "validated" not in steps:
            return None
        at = steps["validated"]
        row.update(status="validated", validated_by=house.validator.person, validated_at=at)
        note(at, house.validator, events.ResultValidated, case.id, None, **facts, sequence=1)
        shown = catalogue_rules.format_value(value, test, answers=house.catalogue.answers(test.code))
        return Finished(test, row, shown, analyst)

    def _call(
        self, case: Case, row: dict[str, Any], value_id: str, at: datetime, facts: dict[str, Any], who: Hand
    ) -> None:
        """The clock of a critical value, and the call to the ward; some of today's wait to be made."""
        house = self._house
        call, due = house.keys.new(), bench_rules.call_due(at, None)
        called = at + house.chance.uniform(3, 34) * MINUTE
        made = called <= house.now and (case.until != "entered" or house.chance.random() < 0.3)
        house.tables.calls.add(
            id=call, owner_id=house.own, result_id=row["id"], value_id=value_id, opened_at=at, due_at=due,
            called_at=called if made else None, called_by=who.person if made else None,
            receiver="Perawat jaga" if made else "", receiver_role="Ruang rawat" if made else "", read_back=made,
        )  # fmt: skip
        note = house.chronicle.note
        note(at, who, events.CriticalOpened, case.id, None, **facts, call=call, due_at=due.isoformat())
        if made:
            told = {"receiver": "Perawat jaga"}
            note(called, who, events.CriticalCalled, case.id, told, **facts, call=call, in_time=called <= due)
