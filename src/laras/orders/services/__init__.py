"""Writing orders and samples. The only place that does."""

from laras.orders.services.changing import cancel_line, cancel_order, order_reopened, order_reported
from laras.orders.services.checks import GUARDS, lock_order
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
    "GUARDS", "Registered", "add_tests", "cancel_line", "cancel_order", "collect_sample", "collect_samples",
    "dispose_sample", "hand_over", "lock_order", "order_reopened", "order_reported", "part_number", "price_line", "prices_of",
    "receive_sample", "receive_samples", "refuse_sample", "register_order", "register_site", "register_site_order",
]  # fmt: skip
