"""A hospital laboratory without a system in the demo: referred to on paper, its reports scanned, entered and compared by two persons.

One referral ended with its report, one waits for the second person, one came back refused, and one is on the bus.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from uuid import UUID

from laras.bench import queries as bench_queries
from laras.catalogue import queries as catalogues
from laras.core import clock
from laras.core.models import Owner
from laras.demo import network, plan
from laras.demo.scenarios import Hours, Lab, person_of, plausible
from laras.referral import queries as referral_queries
from laras.referral import services as referral
from laras.referral.types import PaperLine

CODE, NAME = "RS-KERTAS", "Laboratorium RS Contoh Tanpa Sistem"
# The catalogue's codes with the price agreed; one is not agreed yet.
TESTS = {"TSH": 95_000, "HBA1C": 160_000, "FT4": None}


def play(owners: dict[str, Owner], staff: dict[str, network.Staff], since: date) -> None:
    """The district's laboratory refers to the hospital, in the days before now."""
    code = plan.CHAIN[2]
    lab, chance, now = Lab(owners[code], staff[code]), random.Random(plan.SEED + 3), clock.now()
    area = next(one.area for one in plan.laboratories() if one.code == code)
    hospital = network.add_laboratory(CODE, NAME, area, since, owners[code].id)
    receiver, analyst = lab.staff.receiver, lab.staff.analysts[0]
    own, begin = lab.owner.id, now - timedelta(days=6)
    with clock.at(begin):
        referral.begin_paper(receiver, owner_id=own, code=CODE, note="Surat dan hasil lewat kurir rumah sakit")
        for test, price in TESTS.items():
            referral.add_paper_test(
                receiver, owner_id=own, partner_id=hospital, test_code=test, tat_hours=72, price=price
            )
    for n, ending in enumerate(("reported", "entered", "refused", "sent")):
        hours = Hours(begin + timedelta(hours=2 + n), now)
        with hours.later(0) as at:
            order = lab.register(list(TESTS)[: 2 + n % 2], person_of(900 + n, chance), at, "routine")
            sent = _send(lab, hospital, order)
        if ending == "sent":
            continue
        with hours.later(6):
            refused = ending == "refused"
            referral.note_paper_decision(
                receiver,
                owner_id=own,
                referral_id=sent,
                outcome="refused" if refused else "accepted",
                reason="hemolysed" if refused else "",
                remote_number="" if refused else f"RS/{n + 1:03d}",
            )
        if refused:
            continue
        with hours.later(50):
            lines = [
                PaperLine(item.id, "resulted", raw=_value(lab, item.test_code, chance), reference="lihat LHU")
                for item in referral_queries.open_on_paper(lab.scope, hospital, referral_id=sent)
            ]
            report = f"RS/LHU/{n + 1:03d}"
            (answer,) = referral.enter_paper_results(
                analyst, owner_id=own, lines=lines, scan=_scan(report, lines), scan_name="lhu.pdf", report=report
            )
        if ending == "reported":
            with hours.later(2):
                referral.take_paper_answer(lab.staff.verifier, owner_id=own, answer_id=answer.id)
                lab.perform(order, chance)
                lab.release(order)


def _send(lab: Lab, hospital: UUID, order: UUID) -> UUID:
    """All that the district does not do itself, on paper."""
    away = [view.id for view in bench_queries.results_of(lab.scope, order) if view.status == "to_refer"]
    return referral.send_referral(
        lab.staff.receiver,
        owner_id=lab.owner.id,
        recipient_id=hospital,
        result_ids=away,
        reason="Rumah sakit terdekat, perjanjian sedang berjalan",
        courier="Kurir rumah sakit",
        packaging="Kemasan tiga lapis",
        temperature="2–8 °C",
    ).id


def _value(lab: Lab, test: str, chance: random.Random) -> str:
    return plausible(lab.owner, catalogues.effective(lab.owner.id).test(test), chance)


def _scan(report: str, lines: list[PaperLine]) -> bytes:
    """One page as a scanner would write it, small enough to be read by eye: a PDF with the report's lines."""
    words = [f"{NAME}", f"LHU {report} (contoh)", *(line.raw for line in lines)]
    text = " T* ".join(f"({one.encode('latin-1', 'replace').decode('latin-1')}) Tj" for one in words)
    stream = f"BT /F1 12 Tf 60 780 Td 18 TL {text} ET".encode("latin-1")
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    begin = len(content)
    return content + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        begin,
    )
