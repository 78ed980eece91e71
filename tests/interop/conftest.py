"""A laboratory with work on its bench, and an instrument that an analyst runs."""

from __future__ import annotations

import pytest

from laras.core.actor import system_actor
from laras.interop import services
from laras.interop.listener import ACTOR
from laras.interop.rules.framing import unframe
from laras.interop.services import Arrived
from tests.bench.conftest import (  # noqa: F401 -- fixtures
    able,
    analyst,
    catalogue,
    counter,
    doctor,
    lab,
    later,
    make_patient,
    make_results,
    other,
    patient,
    scope,
    second,
    shipped,
)
from tests.bench.conftest import frozen as bench_clock  # noqa: F401 -- fixture
from tests.interop import captures


@pytest.fixture
def instrument(lab, analyst):  # noqa: F811
    """Run by the analyst: what fits is entered by itself."""
    return services.add_instrument(
        system_actor("cli"), owner_id=lab.id, name="XN-550", protocol="astm", address="127.0.0.1:15000",
        profile="sysmex-xn", operator=analyst.user_id,
    )  # fmt: skip


@pytest.fixture
def arrive(lab):  # noqa: F811
    """``arrive(records, instrument)`` -> ids of the stored messages."""

    def put(content, instrument=None, *, profile="sysmex-xn", protocol="astm", owner=lab):
        content = captures.session(content) if isinstance(content, list) else content
        found = unframe(content) if protocol == "astm" else [captured(content)]
        line = "astm 127.0.0.1:15000"
        return services.store_messages(
            ACTOR,
            arrived=[
                Arrived(one, line, protocol, profile, owner and owner.id, instrument and instrument.id) for one in found
            ],
        )

    return put


def captured(content: bytes):
    from laras.interop.rules.framing import Captured

    return Captured(content, content)
