"""The rows of an order while they are put together: lines with prices, samples with numbers, requested tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from laras.catalogue.types import Catalogue
from laras.core import bulk, clock
from laras.core.actor import Actor
from laras.core.ids import new_id
from laras.core.models import Owner
from laras.core.numbering import check_character, sample_letter
from laras.orders import rules
from laras.orders.models import (
    Custody,
    Order,
    OrderLine,
    RequestedTest,
    Sample,
)
from laras.orders.states import SAMPLE
from laras.orders.types import GivenSample, Price


@dataclass(frozen=True, slots=True)
class Registered:
    """What a registration made; nothing of it needs to be read again."""

    order: Order
    lines: list[OrderLine]
    samples: list[Sample]
    requested: list[RequestedTest]

    @property
    def id(self) -> UUID:
        return self.order.id

    @property
    def number(self) -> str:
        return self.order.number

    @property
    def total(self) -> int:
        """Whole rupiah."""
        return sum(line.price for line in self.lines)


def prices_of(owner_id: UUID, codes: Iterable[str]) -> Mapping[str, Price]:
    """What the laboratory charges now for tests and panels; a code without a price is left out.

    Capabilities are a neighbour of this floor, so the settings name who answers (``LARAS_PRICES``).
    """
    source = getattr(settings, "LARAS_PRICES", "")
    answer: Mapping[str, Price] = import_string(source)(owner_id, codes) if source else {}
    return answer


def price_line(chosen: rules.Chosen, prices: Mapping[str, Price]) -> Price:
    """A panel costs its own price, or else what its tests cost together."""
    own = prices.get(chosen.code)
    if own is not None or not chosen.is_panel:
        return own or Price(0)
    members = [prices[code] for code in chosen.tests if code in prices]
    parts: dict[str, int] = {}
    for member in members:
        for name, amount in member.parts.items():
            parts[name] = parts.get(name, 0) + amount
    first = members[0] if members else Price(0)
    return Price(sum(member.amount for member in members), parts, first.regime, first.account)


def part_number(order_number: str, index: int) -> str:
    """The number of the order's sample at ``index`` (from 0): ``...-0042-7`` gives ``...-0042A-K``."""
    body = order_number.rpartition("-")[0] + sample_letter(index)
    return f"{body}-{check_character(body)}"


def link(
    sample: Sample,
    action: str,
    actor: Actor,
    *,
    at: datetime | None = None,
    name: str = "",
    place: str = "",
    note: str = "",
) -> Custody:
    return Custody(
        owner_id=sample.owner_id,
        sample_id=sample.id,
        at=at or clock.now(),
        action=action,
        person=actor.person_id,
        person_name=(name or actor.name)[:120],
        place=place,
        note=note,
    )


class Draft:
    """The rows of an order while they are put together."""

    def __init__(
        self,
        owner: Owner,
        catalogue: Catalogue,
        order: Order,
        agreement: UUID | None,
        prices: Mapping[str, Price],
        *,
        lines: int = 0,
        samples: int = 0,
        tests: int = 0,
    ) -> None:
        self.owner, self.catalogue, self.order, self.agreement, self.prices = owner, catalogue, order, agreement, prices
        self.lines: list[OrderLine] = []
        self.samples: list[Sample] = []
        self.requested: list[RequestedTest] = []
        self._before = (lines, samples, tests)

    def add_lines(self, chosen: Sequence[rules.Chosen], point: str = "") -> dict[str, OrderLine]:
        """One line for each; answers test code -> its line."""
        line_of: dict[str, OrderLine] = {}
        for item in chosen:
            price = price_line(item, self.prices)
            line = bulk.new(
                OrderLine,
                id=new_id(),
                owner_id=self.owner.id,
                order_id=self.order.id,
                position=self._before[0] + len(self.lines) + 1,
                code=item.code,
                name=(f"{item.name} ({point})" if point else item.name)[:160],
                is_panel=item.is_panel,
                price=price.amount,
                price_parts=dict(price.parts),
                regime=price.regime,
                account=price.account,
                agreement=self.agreement,
            )
            self.lines.append(line)
            line_of.update(dict.fromkeys(item.tests, line))
        return line_of

    def add_sample(
        self,
        plan: GivenSample,
        line_of: Mapping[str, OrderLine],
        origins: Mapping[str, UUID],
        collected_at: datetime | None,
        collector: str,
    ) -> Sample:
        index = self._before[1] + len(self.samples)
        taken_at = plan.collected_at or collected_at
        sample = bulk.new(
            Sample,
            id=new_id(),
            owner_id=self.owner.id,
            order_id=self.order.id,
            number=part_number(self.order.number, index),
            position=index + 1,
            specimen=plan.specimen,
            container=plan.container,
            description=plan.description,
            external_number=plan.external_number,
            preservation=plan.preservation,
            status="collected" if taken_at else SAMPLE.initial,
            collected_at=taken_at,
            collector=(plan.collector or collector) if taken_at else "",
        )
        self.samples.append(sample)
        self.add_tests(sample, [code for code in plan.codes if code in line_of], line_of, origins)
        return sample

    def add_tests(
        self, sample: Sample, codes: Iterable[str], line_of: Mapping[str, OrderLine], origins: Mapping[str, UUID]
    ) -> None:
        for code in codes:
            self.requested.append(
                bulk.new(
                    RequestedTest,
                    id=new_id(),
                    owner_id=self.owner.id,
                    order_id=self.order.id,
                    line_id=line_of[code].id,
                    sample_id=sample.id,
                    test_code=code,
                    position=self._before[2] + len(self.requested) + 1,
                    origin=origins.get(code),
                )
            )
