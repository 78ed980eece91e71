"""Two journeys of the demo network, played with the real services, boxes and their temperature included.

*Measles*: the serum of a child goes from a puskesmas over tier 2 and 3 to the tier that does measles IgM. The provincial laboratory
refuses the first box (leaking), the second one warms on its way up and is taken in with a remark, and the result is amended.

*Prolanis*: twelve puskesmas send urine of their diabetics straight to the provincial laboratory; some is reported, one box is
being compared, one is still with its courier.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from uuid import UUID

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.core import clock
from laras.core.models import Owner
from laras.demo import plan
from laras.demo.network import Staff
from laras.demo.scenarios import Hours, Lab, person_of
from laras.referral import queries as referral_queries
from laras.referral import services as referral

MEASLES, ALBUMIN = "CAMIGM", "UALB"
PUSKESMAS = 12
REMARK = "Serum jernih, suhu 11 °C kurang dari dua jam; dikerjakan atas persetujuan pengirim"


class Sender(Lab):
    """A laboratory that packs and unpacks boxes."""

    def pack(self, to: Lab, referrals: list[UUID], courier: str, tracking: str = "") -> UUID:
        """A cold box with all specimens of these referrals, signed over to a courier; answers it."""
        box = referral.open_box(
            self.staff.receiver, owner_id=self.owner.id, recipient_id=to.owner.id, temperature="cold",
            packaging="Kemasan tiga lapis, es gel",
        )  # fmt: skip
        for row in referrals:
            number = referral_queries.get_outgoing(self.scope, row).number
            referral.pack(self.staff.receiver, owner_id=self.owner.id, box_id=box.id, scanned=number)
        self.hand_over(box.id, courier, "Loket pengiriman", tracking)
        return box.id

    def hand_over(self, box_id: UUID, courier: str, place: str, tracking: str = "") -> None:
        referral.hand_over_box(
            self.staff.receiver, owner_id=self.owner.id, box_id=box_id, courier=courier, place=place, tracking=tracking
        )

    def arrived(self, box: UUID) -> UUID:
        came = referral_queries.incoming_boxes(self.scope).get(remote=box)
        referral.receive_box(self.staff.receiver, owner_id=self.owner.id, box_id=came.id, place="Loket penerimaan")
        return came.id

    def log(self, box_id: UUID, begin: datetime, values: list[float]) -> None:
        """What the logger in the box wrote, a reading every half hour."""
        lines = ["Logger;Contoh", "Waktu;Suhu (°C)"]
        lines += [
            f"{begin + timedelta(minutes=30 * n):%Y-%m-%dT%H:%M:%S}+00:00;{value:.1f}".replace(".", ",")
            for n, value in enumerate(values)
        ]
        referral.add_log_on_arrival(
            self.staff.receiver, owner_id=self.owner.id, box_id=box_id, content="\n".join(lines).encode()
        )

    def compare(self, box_id: UUID, finding: str = "present", note: str = "", *, finish: bool = True) -> None:
        items = referral_queries.items_of_incoming_box(self.scope, box_id)
        for item in items if finish else items[:1]:
            referral.note_finding(
                self.staff.receiver, owner_id=self.owner.id, box_id=box_id, scanned=item.sample_number, finding=finding,
                note=note,
            )  # fmt: skip
        if finish:
            referral.finish_box(self.staff.receiver, owner_id=self.owner.id, box_id=box_id)

    def report(self, order_id: UUID, code: str, raw: str, reason: str = "") -> None:
        """Enter, verify, validate and release one result; with a reason it replaces the one that was reported."""
        result = next(view for view in bench_queries.results_of(self.scope, order_id) if view.test_code == code)
        if reason:
            bench.amend_result(self.staff.validator, owner_id=self.owner.id, result_id=result.id, reason=reason)
        analyst = self.staff.analysts[1 if reason else 0]
        bench.enter_result(analyst, owner_id=self.owner.id, result_id=result.id, raw=raw)
        bench.verify_result(self.staff.verifier, owner_id=self.owner.id, result_id=result.id)
        bench.validate_result(
            self.staff.validator, owner_id=self.owner.id, result_id=result.id, uncalled_reason="Sudah dikenal"
        )
        self.release(order_id, reason)


def play(owners: dict[str, Owner], staff: dict[str, Staff]) -> None:
    """Both journeys, in the days before now."""
    chance = random.Random(plan.SEED + 2)
    labs = {code: Sender(owners[code], staff[code]) for code in owners if code in staff}
    now = clock.now()
    _measles([labs[plan.CHAIN[tier]] for tier in (1, 2, 3, 4)], chance, now)
    _prolanis(labs, chance, now)


def _measles(chain: list[Sender], chance: random.Random, now: datetime) -> None:
    puskesmas, district, province, region = chain
    hours = Hours(now - timedelta(hours=120), now)
    child = {**person_of(40, chance), "birth_date": date(now.year - 6, 5, 17)}
    with hours.later(0) as at:
        order_id = puskesmas.register([MEASLES], child, at - timedelta(minutes=30), "urgent")
    first = _up(puskesmas, district, order_id, hours, [4.2, 4.5, 5.1, 5.0])
    with hours.later(1):
        middle = district.accept(first)
    with hours.later(2):
        leaking = district.send(province, middle)
        box = district.pack(province, [_sent(leaking)], "Kurir Contoh B", "RESI-CONTOH-1")
    with hours.later(5):
        there = province.arrived(box)
    with hours.later(0.3):
        province.compare(there, "damaged", "Tutup krio retak, serum merembes")
    second = _up(district, province, middle, hours, [3.9, 4.4, 4.8, 4.6, 5.0])
    with hours.later(1):
        high = province.accept(second)
    third = _up(province, region, high, hours, [4.0, 4.6, 6.8, 9.4, 11.2, 10.1, 7.2, 5.3], REMARK, packed_after=3)
    with hours.later(1):
        far = region.accept(third)
    with hours.later(20):
        region.report(far, MEASLES, "Negatif")
    with hours.later(2):
        puskesmas.release(order_id)
    with hours.later(14):
        region.report(
            far, MEASLES, "Positif", "Kontrol positif terlewat pada pembacaan pertama; diulang dengan kit baru"
        )
    with hours.later(1):
        puskesmas.release(order_id, "Hasil laboratorium rujukan diperbaiki")


def _sent(row: UUID | None) -> UUID:
    if row is None:
        raise LookupError("the demo's measles serum has nothing to be referred")
    return row


def _up(
    low: Sender, high: Sender, order_id: UUID, hours: Hours, log: list[float], note: str = "", packed_after: float = 1
) -> UUID:
    """One leg: referred, boxed, carried, compared; answers the referral. ``log``: °C every half hour on the way."""
    with hours.later(packed_after) as left:
        row = _sent(low.send(high, order_id))
        box = low.pack(high, [row], "Kurir Contoh A")
    with hours.later(0.5):
        low.hand_over(box, "Kurir Contoh C", "Terminal antar kota")
    with hours.later(0.5 * len(log)):
        there = high.arrived(box)
    with hours.later(0.2):
        high.log(there, left, log)
        high.compare(there, note=note)
    return row


def _prolanis(labs: dict[str, Sender], chance: random.Random, now: datetime) -> None:
    """A diabetic or two of each puskesmas; the provincial laboratory is at all stages of it."""
    top = labs[plan.CHAIN[3]]
    senders = [labs[lab.code] for lab in plan.laboratories() if lab.tier == 1][:PUSKESMAS]
    for n, sender in enumerate(senders):
        hours = Hours(now - timedelta(hours=54 - n), now)
        with hours.later(0) as at:
            made = [
                sender.register(
                    [ALBUMIN], person_of(50 + 2 * n + turn, chance), at - timedelta(minutes=20), "routine",
                    programme="PROLANIS-DM", note="Prolanis DM, pemeriksaan enam bulanan",
                )
                for turn in range(2 if n in (0, PUSKESMAS - 2) else 1)
            ]  # fmt: skip
        if n == PUSKESMAS - 1:  # this one is with its courier at this moment
            hours = Hours(now - timedelta(hours=3), now)
        with hours.later(1) as left:
            sent = [_sent(sender.send(top, order_id)) for order_id in made]
            box = sender.pack(top, sent, "Kurir Contoh D")
        if n == PUSKESMAS - 1:
            continue
        if n == PUSKESMAS - 2:  # and this one is being compared
            hours = Hours(now - timedelta(hours=2), now)
        with hours.later(1 if n == PUSKESMAS - 2 else 5):
            there = top.arrived(box)
        with hours.later(0.3):
            if n == PUSKESMAS - 2:
                top.compare(there, finish=False)
                continue
            top.log(there, left, [4.0 + 0.3 * step for step in range(10)])
            top.compare(there)
        if n >= PUSKESMAS - 4:  # announced and compared, to be taken in
            continue
        with hours.later(1):
            taken = [top.accept(row) for row in sent]
        if n >= PUSKESMAS - 6:  # at work
            continue
        with hours.later(18):
            for order_id in taken:
                top.perform(order_id, chance)
                top.release(order_id)
        with hours.later(2):
            for order_id in made:
                sender.release(order_id)
