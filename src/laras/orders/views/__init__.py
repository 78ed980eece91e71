"""Screens of orders and samples."""

from laras.orders.views.orders import ORDER_PANELS, TEST_STATES
from laras.orders.views.reviews import FACTS as REVIEW_FACTS

__all__ = ["ORDER_PANELS", "REVIEW_FACTS", "TEST_STATES"]
