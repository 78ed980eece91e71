"""Writing orders and samples. The only place that does."""

from laras.orders.services.changing import cancel_line, cancel_order, order_reopened, order_reported
from laras.orders.services.checks import GUARDS, lock_order
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
from laras.orders.services.registering import add_tests, register_order, register_site, register_site_order
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

__all__ = [
    "GUARDS",
    "PlannedPerson",
    "Proposal",
    "Registered",
    "SessionInput",
    "SessionPlan",
    "accept_session",
    "add_tests",
    "cancel_line",
    "cancel_order",
    "collect_sample",
    "collect_samples",
    "dispose_sample",
    "due_in",
    "hand_over",
    "lock_order",
    "month_of",
    "order_reopened",
    "order_reported",
    "part_number",
    "plan_session",
    "price_line",
    "prices_of",
    "propose",
    "receive_sample",
    "receive_samples",
    "refuse_sample",
    "register_order",
    "register_site",
    "register_site_order",
]  # fmt: skip
