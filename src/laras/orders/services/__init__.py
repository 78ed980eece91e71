"""Writing orders and samples. The only place that does."""

from laras.orders.services.changing import cancel_line, cancel_order, order_reopened, order_reported
from laras.orders.services.checks import GUARDS, lock_order
from laras.orders.services.inspections import conclude_inspection, join_order, note_inspection
from laras.orders.services.point_sheet import add_points_from_sheet
from laras.orders.services.programmes import (
    PlannedPerson,
    Proposal,
    SessionInput,
    SessionPlan,
    accept_session,
    due_in,
    month_of,
    plan_session,
    propose,
)
from laras.orders.services.quality import add_quality_sample, read_added
from laras.orders.services.registering import add_tests, register_order, register_site, register_site_order
from laras.orders.services.reviews import insist_on_review, review_request
from laras.orders.services.rounds import (
    PlanInput,
    Taken,
    add_point,
    close_plan,
    miss_stop,
    plan_input,
    prepare_visit,
    retire_point,
    save_plan,
    skip_visit,
    take_stop,
)
from laras.orders.services.rows import Registered, part_number, price_line, prices_of
from laras.orders.services.samples import (
    collect_sample,
    collect_samples,
    dispose_sample,
    hand_over,
    receive_sample,
    receive_samples,
    refuse_sample,
)
from laras.orders.services.vectors import (
    PoolInput,
    SurveyInput,
    note_survey,
    register_pools,
    void_survey,
)

__all__ = [
    "GUARDS",
    "PlanInput",
    "PlannedPerson",
    "PoolInput",
    "Proposal",
    "Registered",
    "SessionInput",
    "SessionPlan",
    "SurveyInput",
    "Taken",
    "accept_session",
    "add_point",
    "add_points_from_sheet",
    "add_quality_sample",
    "add_tests",
    "cancel_line",
    "cancel_order",
    "close_plan",
    "collect_sample",
    "collect_samples",
    "conclude_inspection",
    "dispose_sample",
    "due_in",
    "hand_over",
    "insist_on_review",
    "join_order",
    "lock_order",
    "miss_stop",
    "month_of",
    "note_inspection",
    "note_survey",
    "order_reopened",
    "order_reported",
    "part_number",
    "plan_input",
    "plan_session",
    "prepare_visit",
    "price_line",
    "prices_of",
    "propose",
    "read_added",
    "receive_sample",
    "receive_samples",
    "refuse_sample",
    "register_order",
    "register_pools",
    "register_site",
    "register_site_order",
    "retire_point",
    "review_request",
    "save_plan",
    "skip_visit",
    "take_stop",
    "void_survey",
]  # fmt: skip
