"""The rows of one laboratory, collected per table and written together."""

from __future__ import annotations

from dataclasses import dataclass, field

from laras.bench.models import CriticalCall, Result, ResultValue
from laras.core.bulk import Rows
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

    def write(self) -> None:
        for name in self.__slots__:
            getattr(self, name).write()
