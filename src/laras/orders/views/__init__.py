"""Screens of orders and samples."""

from laras.orders.views.orders import ORDER_PANELS, TEST_STATES

__all__ = ["ORDER_PANELS", "TEST_STATES"]
