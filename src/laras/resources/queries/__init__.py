"""Reading: capabilities and standards are open; the register of what a laboratory has is asked for within a scope."""

from laras.resources.queries.capabilities import (
    can_do,
    capabilities,
    capabilities_of,
    capability,
    laboratories_counts,
    laboratories_for,
    laboratories_for_tests,
    narrowed,
    offer,
    offers_of_tests,
)
from laras.resources.queries.equipment import (
    Laboratory,
    Line,
    Reporting,
    equipment,
    laboratories,
    lines,
    reporting,
    scores,
    unmatched,
    valid_on,
)
from laras.resources.queries.standards import equipment_items, standard, standards

__all__ = [
    "Laboratory",
    "Line",
    "Reporting",
    "can_do",
    "capabilities",
    "capabilities_of",
    "capability",
    "equipment",
    "equipment_items",
    "laboratories",
    "laboratories_counts",
    "laboratories_for",
    "laboratories_for_tests",
    "lines",
    "narrowed",
    "offer",
    "offers_of_tests",
    "reporting",
    "scores",
    "standard",
    "standards",
    "unmatched",
    "valid_on",
]
