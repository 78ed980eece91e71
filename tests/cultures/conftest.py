from __future__ import annotations

import pytest

from laras.cultures import services
from laras.cultures.services import DrugInput, ReadingInput
from tests.bench.conftest import (
    able,
    analyst,
    catalogue,
    counter,
    doctor,
    frozen,
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

__all__ = [
    "able", "analyst", "catalogue", "counter", "doctor", "frozen", "lab", "later", "make_patient", "make_results", "other",
    "patient", "scope", "second", "shipped",
]  # fmt: skip

TABLE = (
    "antibiotik;jenis;organisme;kelompok;tempat;sensitif;resistan;aturan_r;antara\n"
    "CIP;zona;;ENTERO;;26;21;sama;I\nCIP;mic;;ENTERO;;0,25;1;sama;I\nGEN;zona;;ENTERO;;15;12;sama;I\n"
    "MEM;zona;;ENTERO;;23;19;sama;I\nAMP;alami;KPN;;;;;;\n"
)
"""Invented bounds."""
PANEL = "antibiotik;kelompok;tampil;setelah\nCIP;;selalu;\nGEN;;selalu;\nMEM;ENTERO;bertingkat;CIP GEN\n"


@pytest.fixture
def manager(make_actor, lab):
    return make_actor("kepala", lab, "head")


@pytest.fixture
def grow(analyst, lab, make_results, later):
    """``grow("KULURIN")``: a culture with growth read on its first day, and its result's id."""

    def make(code="KULURIN", **more):
        result = make_results(code, **more)[code]
        (culture,) = services.inoculate(analyst, owner_id=lab.id, result_ids=[result.id])
        with later(days=1):
            seen = ReadingInput(culture.id, "growth", "GNB", ">10^5")
            services.record_readings(analyst, owner_id=lab.id, readings=[seen])
        culture.refresh_from_db()
        return culture

    return make


@pytest.fixture
def named(analyst, lab, grow):
    """A culture with one isolate, *E. coli*, that a person called a pathogen."""

    def make(organism="ECO", significance="pathogen", **more):
        culture = grow(**more)
        isolate = services.pick_isolate(analyst, owner_id=lab.id, culture_id=culture.id, gram="GNB", quantity=">10^5")
        services.identify_isolate(
            analyst, owner_id=lab.id, isolate_id=isolate.id, organism=organism, significance=significance
        )
        isolate.refresh_from_db()
        return culture, isolate

    return make


@pytest.fixture
def enter_drugs(analyst, lab):
    def enter(isolate, method="disk", **drugs):
        given = [DrugInput(code, method, raw) for code, raw in drugs.items()]
        return services.enter_susceptibility(analyst, owner_id=lab.id, isolate_id=isolate.id, drugs=given)

    return enter
