"""Writing: by the laboratory itself, and by whoever may keep its register."""

from laras.resources.services.capabilities import (
    FIELDS,
    RIGHT,
    add_capability,
    alter_capability,
    pause_capability,
    remove_capability,
    resume_capability,
)
from laras.resources.services.equipment import (
    MANAGE,
    VALUES,
    confirm_equipment,
    declare_rest_absent,
    match_equipment,
    record_equipment,
    remove_equipment,
)
from laras.resources.services.equipment_import import (
    EquipmentPlan,
    SheetMap,
    Unmatched,
    accept_equipment,
    plan_equipment,
)
from laras.resources.services.permits import (
    PAPER,
    alter_permit,
    begin_permit,
    issue_permit,
    move_permit,
    record_permit,
    return_permit,
    take_step,
)
from laras.resources.services.permits_import import PermitPlan, accept_permits, plan_permits
from laras.resources.services.prices import (
    MANAGE_PRICES,
    PricePlan,
    accept_prices,
    plan_prices,
    remove_price,
    set_price,
    take_examples,
)
from laras.resources.services.sheet_columns import headings_of, remember_columns
from laras.resources.services.standards import PUBLISH, load_shipped_standards, publish_standard

__all__ = [
    "FIELDS",
    "MANAGE",
    "MANAGE_PRICES",
    "PAPER",
    "PUBLISH",
    "RIGHT",
    "VALUES",
    "EquipmentPlan",
    "PermitPlan",
    "PricePlan",
    "SheetMap",
    "Unmatched",
    "accept_equipment",
    "accept_permits",
    "accept_prices",
    "add_capability",
    "alter_capability",
    "alter_permit",
    "begin_permit",
    "confirm_equipment",
    "declare_rest_absent",
    "headings_of",
    "issue_permit",
    "load_shipped_standards",
    "match_equipment",
    "move_permit",
    "pause_capability",
    "plan_equipment",
    "plan_permits",
    "plan_prices",
    "publish_standard",
    "record_equipment",
    "record_permit",
    "remember_columns",
    "remove_capability",
    "remove_equipment",
    "remove_price",
    "resume_capability",
    "return_permit",
    "set_price",
    "take_examples",
    "take_step",
]
