from __future__ import annotations

from tests.network.conftest import areas, make_organisation, network, without_the_portal

__all__ = ["areas", "make_organisation", "network", "without_the_portal"]
