"""Everything that writes areas and organisations."""

from laras.network.services.areas import load_shipped_areas
from laras.network.services.authority import may_decide, may_restructure
from laras.network.services.boundaries import (
    BoundaryPlan,
    accept_boundaries,
    bring_boundaries,
    plan_boundaries,
    withdraw_boundaries,
)
from laras.network.services.closing import close_handing_over, close_organisation, hand_over, reopen_organisation
from laras.network.services.institutions import alter_institution, create_institution
from laras.network.services.jurisdictions import set_jurisdiction
from laras.network.services.laboratory_import import (
    ImportPlan,
    ImportResult,
    PlannedLaboratory,
    accept_laboratories,
    plan_laboratories,
)
from laras.network.services.organisations import alter_organisation, create_organisation, set_supervisor
from laras.network.services.reach import rebuild_reach, refresh_organisations
from laras.network.services.regions import assign_province
from laras.network.services.succession import (
    SuccessionPlan,
    Successor,
    follow_merges,
    plan_succession,
    standing_in,
    succeed_area,
)

__all__ = [
    "BoundaryPlan",
    "ImportPlan",
    "ImportResult",
    "PlannedLaboratory",
    "SuccessionPlan",
    "Successor",
    "accept_boundaries",
    "accept_laboratories",
    "alter_institution",
    "alter_organisation",
    "assign_province",
    "bring_boundaries",
    "close_handing_over",
    "close_organisation",
    "create_institution",
    "create_organisation",
    "follow_merges",
    "hand_over",
    "load_shipped_areas",
    "may_decide",
    "may_restructure",
    "plan_boundaries",
    "plan_laboratories",
    "plan_succession",
    "rebuild_reach",
    "refresh_organisations",
    "reopen_organisation",
    "set_jurisdiction",
    "set_supervisor",
    "standing_in",
    "succeed_area",
    "withdraw_boundaries",
]
