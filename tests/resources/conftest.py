from __future__ import annotations

from tests.network.conftest import areas, make_organisation, network

__all__ = ["areas", "make_organisation", "network"]
