"""Reports of finished orders: their content is kept as issued; the PDF is drawn when somebody asks for it."""

from __future__ import annotations

import base64
import hashlib
import random
from datetime import datetime
from typing import Any

from django.urls import reverse

from laras.core import clock, journal
from laras.demo import plan
from laras.demo.history.house import House
from laras.demo.history.orders import Case
from laras.demo.history.results import Finished
from laras.orders.events import OrderReported
from laras.reports.assembly import RELEASER_TITLE, to_content
from laras.reports.events import ReportReleased
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


class Reports:
    """Writes the reports of one laboratory.

    Every report begins as a copy of an empty document as :func:`to_content` gives it, and fills in what differs: the shape is
    the product's own, without twenty thousand documents being built.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        # Demo addresses are guessable by who has this source; what lies behind them is invented.
        self._random = random.Random(f"{plan.SEED}:reports:{house.lab.code}").randbytes
        address = reverse("reports:public", args=["-"])
        self._address = address.removesuffix("-/") + "{}/"
        zone = clock.ZONES[house.owner.zone]
        self._document = _blank(LhuDocument(
            kind="clinical", number="", version=1, letterhead=house.letterhead, sender=Sender(name=""),
            times=Times(zone=zone), rows=(), signers=(),  # type: ignore[arg-type]
        ))  # fmt: skip
        self._accredited = house.accredited if house.letterhead.accreditation else frozenset()
        self._row = _blank(ResultRow(test="", result=""))
        self._patient, self._site = _blank(PatientBlock(name="")), _blank(SiteBlock(name=""))
        self._sample, self._sender = _blank(SampleBlock(lab_code="", specimen="")), _blank(Sender(name=""))
        signer = _blank(Signer(role="analyst", name=""))
        self._analysts = {a.person: signer | {"name": a.name} for a in house.analysts}
        self._verifier = signer | {"role": "verifier", "name": house.verifier.name}
        self._validator = signer | {"role": "validator", "name": house.validator.name}

    def write(self, case: Case, done: list[Finished]) -> None:
        """Release the report of an order whose results are all validated."""
        house, at = self._house, case.steps["released"]
        number = house.number(at.astimezone(house.zone).date(), "report", "L")
        token = base64.urlsafe_b64encode(self._random(32)).rstrip(b"=").decode()
        content = journal.canonical(self._content(case, done, number, token))
        digest = hashlib.sha256(content).hexdigest()
        key = house.keys.new()
        house.tables.reports.add(
            id=key, owner_id=house.own, order_id=case.id, number=number, version=1, released_at=at,
            released_by=house.validator.person, content=content, content_digest=digest, token=token,
        )  # fmt: skip
        house.chronicle.note(
            at, house.validator, ReportReleased, case.id, None,
            report=key, order=case.id, number=number, report_version=1, interim=False, content_digest=digest, amends=None,
        )  # fmt: skip
        house.chronicle.note(at, house.validator, OrderReported, case.id, None, order=case.id)

    def _content(self, case: Case, done: list[Finished], number: str, token: str) -> dict[str, Any]:
        person, site, steps = case.subject.patient, case.subject.site, case.steps
        named = self._house.catalogue.standards.get(case.standard)
        released = steps["released"].isoformat()
        title = "Dokter Penanggung Jawab" if person else "Manajer Teknis"
        claimed = any(one.test.code in self._accredited for one in done)
        content = self._document | {
            "letterhead": self._document["letterhead"] | ({} if claimed else {"accreditation": ""}),
            "kind": "clinical" if person else "environment",
            "number": number,
            "sender": self._sender | {"name": case.client["name"] if case.client else "Atas permintaan sendiri"},
            "times": self._document["times"] | {
                "registered": steps["registered"].isoformat(), "collected": steps["collected"].isoformat(),
                "received": steps["received"].isoformat(), "tested_from": steps["entered"].isoformat(),
                "tested_to": steps["validated"].isoformat(), "released": released,
            },
            "rows": [self._result(case, finished, claimed) for finished in done],
            "signers": [
                self._analysts[done[0].analyst.person], self._verifier,
                self._validator | {"at": steps["validated"].isoformat(), "title": title},
                self._validator | {"role": "releaser", "at": released, "title": RELEASER_TITLE},
            ],
            "order_number": case.number,
            "samples": [
                self._sample | {
                    "lab_code": sample["number"], "specimen": sample["specimen"],
                    "collected_at": _moment(sample["collected_at"]), "collector": sample["collector"],
                    "container": sample["container"], "condition": "Baik",
                }
                for sample in case.samples
            ],
            "regulation": f"{named.regulation} ({named.version})" if named else "",
            "verification_url": self._address.format(token),
        }  # fmt: skip
        if person is not None:
            content["patient"] = self._patient | {
                "name": person.full_name, "nik": person.nik, "medical_record": person.mrn,
                "birth_date": person.birth_date.isoformat(), "sex": "Laki-laki" if person.sex == "L" else "Perempuan",
                "address": person.address, "diagnosis": case.subject.note,
            }  # fmt: skip
        if site is not None:
            matrix = case.subject.matrix.replace("_", " ").capitalize()
            content["site"] = self._site | {"name": site["name"], "address": site["address"], "matrix": matrix}
        return content

    def _result(self, case: Case, finished: Finished, claimed: bool) -> dict[str, Any]:
        test, row, person = finished.test, finished.row, case.subject.patient is not None
        return self._row | {
            "test": test.name, "result": finished.shown, "unit": test.unit if row["number"] is not None else "",
            "limit": row["reference"] if person else row["limit_text"],
            "flag": row["flag"] if person and row["flag"] != "N" else "", "method": row["method"],
            "section": test.discipline.replace("_", " ").capitalize(),
            "complies": None if person else row["meets_limit"],
            "accredited": test.code in self._accredited if claimed else None,
            "key": f"{case.sample_of[test.code]['number']}/{test.code}",
        }  # fmt: skip


def _blank(document: Any) -> dict[str, Any]:
    content: dict[str, Any] = to_content(document)
    return content


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
