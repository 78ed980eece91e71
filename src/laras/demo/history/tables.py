"""The rows of one laboratory, collected per table and written together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from laras.bench.models import CriticalCall, Result, ResultValue
from laras.core.bulk import Collected, Rows
from laras.core.models import JournalEntry, Sealed
from laras.orders.models import Custody, Order, OrderLine, RequestedTest, Sample, Site
from laras.partners.models import Client
from laras.people.models import Patient
from laras.reports.models import Report


@dataclass(slots=True)
class Tables:
    """One collector per table, parents before children."""

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

    def take_out(self) -> dict[str, list[Collected]]:
        """All that was collected, by table; nothing is left. It can be carried to another process."""
        return {name: getattr(self, name).take_out() for name in self.__slots__}

    def put_in(self, rows: Mapping[str, list[Collected]]) -> None:
        """What was taken out elsewhere."""
        for name, collected in rows.items():
            getattr(self, name).put_in(collected)

    def write(self) -> None:
        for name in self.__slots__:
            getattr(self, name).write()
