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
from laras.resources.services.standards import PUBLISH, load_shipped_standards, publish_standard

__all__ = [
    "FIELDS",
    "MANAGE",
    "PAPER",
    "PUBLISH",
    "RIGHT",
    "VALUES",
    "EquipmentPlan",
    "SheetMap",
    "Unmatched",
    "accept_equipment",
    "add_capability",
    "alter_capability",
    "alter_permit",
    "begin_permit",
    "confirm_equipment",
    "declare_rest_absent",
    "issue_permit",
    "load_shipped_standards",
    "match_equipment",
    "move_permit",
    "pause_capability",
    "plan_equipment",
    "publish_standard",
    "record_equipment",
    "record_permit",
    "remove_capability",
    "remove_equipment",
    "resume_capability",
    "return_permit",
    "take_step",
]
