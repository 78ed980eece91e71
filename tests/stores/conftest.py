from __future__ import annotations

from tests.network.conftest import (
    _no_ground_beyond_the_file,
    areas,
    django_db_setup,
    make_organisation,
    network,
    without_the_portal,
)

# With the ground that the fixtures stand on.
__all__ = [
    "_no_ground_beyond_the_file",
    "areas",
    "django_db_setup",
    "make_organisation",
    "network",
    "without_the_portal",
]
