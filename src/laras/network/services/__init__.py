"""Everything that writes areas and organisations."""

from laras.network.services.areas import load_shipped_areas, succeed_area
from laras.network.services.authority import may_restructure
from laras.network.services.laboratory_import import (
    ImportPlan,
    ImportResult,
    PlannedLaboratory,
    accept_laboratories,
    plan_laboratories,
)
from laras.network.services.organisations import (
    alter_organisation,
    close_organisation,
    create_institution,
    create_organisation,
    set_jurisdiction,
    set_supervisor,
)
from laras.network.services.reach import rebuild_reach, refresh_organisations

__all__ = [
    "ImportPlan",
    "ImportResult",
    "PlannedLaboratory",
    "accept_laboratories",
    "alter_organisation",
    "close_organisation",
    "create_institution",
    "create_organisation",
    "load_shipped_areas",
    "may_restructure",
    "plan_laboratories",
    "rebuild_reach",
    "refresh_organisations",
    "set_jurisdiction",
    "set_supervisor",
    "succeed_area",
]
