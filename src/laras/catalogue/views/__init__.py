"""Screens of the catalogue. Everybody who works here reads it; ``catalogue.manage`` changes the own layer."""

from laras.catalogue.views.lists import (
    add_test,
    adopt_handling,
    adopt_practice,
    adopt_standard,
    criticals,
    handling,
    panels,
    releases,
    set_handling,
    standard,
    standards,
    tests,
)
from laras.catalogue.views.one_test import adopt, change_test, set_critical, set_range, test, withdraw

__all__ = [
    "add_test",
    "adopt",
    "adopt_handling",
    "adopt_practice",
    "adopt_standard",
    "change_test",
    "criticals",
    "handling",
    "panels",
    "releases",
    "set_critical",
    "set_handling",
    "set_range",
    "standard",
    "standards",
    "test",
    "tests",
    "withdraw",
]
