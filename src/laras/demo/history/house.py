"""One laboratory of the demo with all that its half year is made of."""

from __future__ import annotations

import random
from collections import Counter as Tally
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from laras.catalogue import queries as catalogues
from laras.catalogue.types import Catalogue
from laras.core import journal
from laras.core.models import Counter, Owner
from laras.core.numbering import format_number
from laras.core.printing.types import Letterhead
from laras.demo import plan
from laras.demo.history.chronicle import Chronicle, Hand
from laras.demo.history.keys import Keys
from laras.demo.history.tables import Tables
from laras.demo.network import Staff
from laras.network import queries as network
from laras.resources import queries as resources


@dataclass(slots=True)
class House:
    """``own`` is the owner's key as text; ``able`` are the codes that it tests itself, with
    their prices; ``accredited`` those of them in its scope of accreditation."""

    lab: plan.Lab
    owner: Owner
    now: datetime
    keys: Keys
    chance: random.Random
    chronicle: Chronicle
    catalogue: Catalogue
    able: dict[str, int]
    accredited: frozenset[str]
    letterhead: Letterhead
    area: str
    place: tuple[float, float]
    receptionist: Hand
    receiver: Hand
    analysts: list[Hand]
    verifier: Hand
    validator: Hand
    zone: ZoneInfo = field(init=False)
    own: str = field(init=False)
    tables: Tables = field(default_factory=Tables)
    serials: Tally[tuple[str, date]] = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.zone, self.own = ZoneInfo(self.owner.zone), str(self.owner.id)

    def serial(self, series: str, day: date) -> int:
        self.serials[series, day] += 1
        return self.serials[series, day]

    def number(self, day: date, series: str, mark: str = "") -> str:
        """The next printed number of the day: ``order`` without a mark, ``report`` with ``L``."""
        return format_number(self.owner.code, day, self.serial(series, day), series=mark)

    def write(self) -> None:
        """Everything collected; inside the open transaction."""
        self.tables.write()
        journal.move_head(self.chronicle.head)
        counters = [
            Counter(owner=self.owner, series=series, day=day, value=value)
            for (series, day), value in self.serials.items()
        ]
        Counter.objects.bulk_create(counters, batch_size=1000)


def furnish(lab: plan.Lab, owner: Owner, staff: Staff, keys: Keys, now: datetime) -> House:
    """Read what the laboratory is and can do."""
    seed = f"{plan.SEED}:history:{lab.code}"
    place = network.organisation_at(owner.id)
    area = place.area.versions.first() if place and place.area else None
    offers = resources.capabilities_of(owner.id)
    return House(
        lab=lab,
        owner=owner,
        now=now,
        keys=keys,
        chance=random.Random(seed),
        chronicle=Chronicle(owner, keys, seed),
        catalogue=catalogues.effective(owner.id),
        able={offer.test_code: offer.price or 0 for offer in offers},
        accredited=frozenset(offer.test_code for offer in offers if offer.accredited),
        letterhead=Letterhead(
            name=owner.name,
            address=place.address if place else "",
            phone=place.phone if place else "",
            accreditation=place.accreditation_number if place else "",
        ),
        area=area.code if area else plan.PROVINCE,
        place=(area.lat, area.lon) if area and area.lat is not None and area.lon is not None else (-8.58, 116.1),
        receptionist=Hand.of(staff.receptionist),
        receiver=Hand.of(staff.receiver),
        analysts=[Hand.of(analyst) for analyst in staff.analysts],
        verifier=Hand.of(staff.verifier),
        validator=Hand.of(staff.validator),
    )
