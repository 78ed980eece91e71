"""What happens to reports. Health data stays out: an entry names the document and its digests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from laras.core.journal import Event


@dataclass(frozen=True)
class ReportReleased(Event):
    """A version of a report left the laboratory; ``content_digest`` is SHA-256 of its canonical content."""

    name: ClassVar[str] = "reports.report_released"
    report: UUID
    order: UUID
    number: str
    report_version: int
    interim: bool
    content_digest: str
    amends: UUID | None


@dataclass(frozen=True)
class ReportIssued(Event):
    """The bytes of the report as they are handed out from now on; ``pdf_digest`` is their SHA-256."""

    name: ClassVar[str] = "reports.report_issued"
    report: UUID
    order: UUID
    number: str
    report_version: int
    pdf_digest: str
    signed: bool


@dataclass(frozen=True)
class ReportWithdrawn(Event):
    name: ClassVar[str] = "reports.report_withdrawn"
    report: UUID
    order: UUID
    number: str
    report_version: int
