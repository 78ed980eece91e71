"""Cultures of the upper laboratories of the demo's chain: planted today, read these days, identified, tested, reported.

The table of breakpoints is invented and judges nothing; what the antibiogram counts are words of an expert, invented too.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.core import clock
from laras.core.models import Owner
from laras.cultures import queries, services, shipped
from laras.cultures.services import DrugInput, ReadingInput
from laras.demo import plan
from laras.demo.network import Staff
from laras.demo.scenarios import Hours, Lab, person_of
from laras.reports import services as reports
from laras.resources import queries as resources

EACH = 18
KINDS = ("KULURIN", "KULDARAH", "KULFESES", "KULLUKA", "KULSPUTUM", "KULTB")
GROWN = {
    "KULURIN": (("ECO", ">10^5"), ("KPN", "10^5"), ("EFA", "5 x 10^4")),
    "KULDARAH": (("SAT", ""), ("SAU", ""), ("SEP", "")),
    "KULFESES": (("SFL", "banyak"), ("VCO1", "banyak")),
    "KULLUKA": (("SAU", "banyak"), ("PAE", "sedang")),
    "KULSPUTUM": (("KPN", "banyak"), ("SVI", "sedang")),
    "KULTB": (("MTB", "2+"),),
}
MEANING = {"SEP": "contaminant", "SVI": "flora"}
GRAM = {"SAU": "GPC", "SEP": "GPC", "SVI": "GPC", "EFA": "GPC", "MTB": "AFB"}
DRUGS = ("CIP", "GEN", "CRO", "MEM")
TABLE = (
    "antibiotik;jenis;kelompok;sensitif;resistan\n"
    "CIP;zona;ENTERO;50;40\nGEN;zona;ENTERO;50;40\nCRO;zona;ENTERO;50;40\nMEM;zona;ENTERO;50;40\n"
)
PANEL = "antibiotik;tampil;setelah\nCIP;selalu;\nGEN;selalu;\nCRO;selalu;\nMEM;bertingkat;CRO\n"


def play(owners: Mapping[str, Owner], staff: Mapping[str, Staff]) -> int:
    """Answers how many cultures there are."""
    chance = random.Random(plan.SEED + 11)
    now = clock.now()
    count = 0
    for lab in plan.laboratories():
        if lab.tier < 3 or lab.code not in plan.CHAIN.values():
            continue
        one = Lab(owners[lab.code], staff[lab.code])
        offered = {row.test_code for row in resources.capabilities_of(one.owner.id) if row.status == "active"}
        kinds = [code for code in KINDS if code in offered]
        if not kinds:
            continue
        services.import_breakpoints(
            one.staff.head, owner_id=one.owner.id, name="CONTOH REKAAN", version="0", valid_from=date(now.year, 1, 1),
            source="Angka rekaan untuk contoh; bukan standar dan tidak menilai", content=TABLE.encode(), example=True,
        )  # fmt: skip
        services.replace_panel(one.staff.head, owner_id=one.owner.id, content=PANEL.encode())
        for n in range(EACH):
            _culture(one, kinds[(n + n // 6) % len(kinds)], n, chance)
            count += 1
    return count


def _culture(lab: Lab, code: str, n: int, chance: random.Random) -> None:
    """The ``n``-th of a laboratory: how far it went follows from ``n``, some of each kind at each stage."""
    now = clock.now()
    stage = n % 6
    plan_ = shipped.protocols()[code].days
    back = (0, plan_[len(plan_) // 2], plan_[-1], plan_[0], plan_[0] + 2, plan_[0] + 5)[stage]
    hours = Hours(now - timedelta(days=back, hours=2), now)
    analyst, owner_id = lab.staff.analysts[0], lab.owner.id
    with hours.later(0) as at:
        order_id = lab.register([code], person_of(50 + n, chance), at - timedelta(minutes=40), "routine", note="")
        (view,) = bench_queries.results_of(lab.scope, order_id)
    with hours.later(1):
        if n == 0:
            return  # waits to be inoculated
        (culture,) = services.inoculate(analyst, owner_id=owner_id, result_ids=[view.id])
    if stage == 0:
        return
    organism, quantity = GROWN[code][n // 6 % len(GROWN[code])]
    gram = GRAM.get(organism, "GNB")
    before = 0
    for day in culture.read_days:
        if day >= back and stage == 1:
            break
        with hours.later(24 * (day - before)):
            before = day
            if stage in (1, 2):
                _read(lab, culture.id, "none")
            else:
                _read(lab, culture.id, "growth", gram, quantity)
        if stage > 2:
            break
    if stage == 1:
        return
    if stage == 2:
        with hours.later(1):
            if queries.get_culture(lab.scope, culture.id).next_read_on is None:
                services.finish_culture(analyst, owner_id=owner_id, culture_id=culture.id)
        return
    with hours.later(1):
        services.report_interim(analyst, owner_id=owner_id, culture_id=culture.id)
        if stage == 3:
            return
        _sign(lab, view.id)
        reports.release_report(lab.staff.validator, owner_id=owner_id, order_id=order_id, interim=True)
    with hours.later(20):
        isolate = services.pick_isolate(
            analyst, owner_id=owner_id, culture_id=culture.id, gram=gram, quantity=quantity, colony="Koloni rekaan"
        )
        meaning = MEANING.get(organism, "pathogen")
        services.identify_isolate(
            analyst, owner_id=owner_id, isolate_id=isolate.id, organism=organism, significance=meaning
        )
    with hours.later(20):
        if meaning == "pathogen" and organism != "MTB":
            made = services.enter_susceptibility(
                analyst, owner_id=owner_id, isolate_id=isolate.id,
                drugs=[DrugInput(drug, "disk", str(chance.randrange(8, 34))) for drug in DRUGS],
            )  # fmt: skip
            for row in made:
                services.override_susceptibility(
                    lab.staff.verifier, owner_id=owner_id, susceptibility_id=row.id,
                    category="S" if row.value > 20 else "R", reason="Rekaan contoh, bukan titik potong",
                )  # fmt: skip
        if stage == 4 and n % 12 == 4:
            return
        services.finish_culture(analyst, owner_id=owner_id, culture_id=culture.id)
        if stage == 5:
            _sign(lab, view.id)
            reports.release_report(lab.staff.validator, owner_id=owner_id, order_id=order_id)


def _read(lab: Lab, culture_id: UUID, outcome: str, gram: str = "", quantity: str = "") -> None:
    seen = ReadingInput(culture_id, outcome, gram, quantity)
    services.record_readings(lab.staff.analysts[0], owner_id=lab.owner.id, readings=[seen])


def _sign(lab: Lab, result_id: UUID) -> None:
    bench.verify_result(lab.staff.verifier, owner_id=lab.owner.id, result_id=result_id)
    bench.validate_result(lab.staff.validator, owner_id=lab.owner.id, result_id=result_id)
