"""Plain values that every paper needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Zone = Literal["WIB", "WITA", "WIT"]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The laboratory that answers for a paper.

    `parents` are the lines above its name (government, health office), biggest first. `accreditation` is
    the printed number of its accreditation, e.g. "LK-000-IDN" or "LP-000-IDN". Logos are SVG text (see
    `laras.core.printing.svg_of_bitmap` for a bitmap); an unsafe SVG is refused.
    """

    name: str
    parents: tuple[str, ...] = ()
    address: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    accreditation: str = ""
    accreditation_standard: str = ""
    logo_svg: str = ""
    accreditation_logo_svg: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a shipment: a laboratory or another organisation and whom to call there."""

    name: str
    code: str = ""
    address: str = ""
    phone: str = ""
    contact: str = ""
