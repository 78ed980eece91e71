"""Screens of the catalogue. Everybody who works here reads it; ``catalogue.manage`` changes the own layer."""

from laras.catalogue.views.lists import (
    add_test,
    adopt_practice,
    adopt_standard,
    criticals,
    panels,
    releases,
    standard,
    standards,
    tests,
)
from laras.catalogue.views.one_test import adopt, change_test, set_critical, set_range, test, withdraw

__all__ = [
    "add_test",
    "adopt",
    "adopt_practice",
    "adopt_standard",
    "change_test",
    "criticals",
    "panels",
    "releases",
    "set_critical",
    "set_range",
    "standard",
    "standards",
    "test",
    "tests",
    "withdraw",
]
