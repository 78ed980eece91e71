"""What laboratories can do and what they have, and the standard it is held against."""

from laras.resources.models.capabilities import Capability
from laras.resources.models.columns import SheetColumn
from laras.resources.models.equipment import Equipment, Report
from laras.resources.models.permits import Permit, PermitStepDone
from laras.resources.models.prices import Price
from laras.resources.models.registers import Room, Staff
from laras.resources.models.standards import Standard, StandardItem

__all__ = [
    "Capability",
    "Equipment",
    "Permit",
    "PermitStepDone",
    "Price",
    "Report",
    "Room",
    "SheetColumn",
    "Staff",
    "Standard",
    "StandardItem",
]
