"""Who is erased at the laboratory is forgotten at the health office; the case stays counted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from laras.core import clock
from laras.core.actor import system_actor
from laras.core.errors import Forbidden
from laras.core.models import JournalEntry
from laras.people import services as people
from laras.surveillance import services
from laras.surveillance.models import Case, Diner, Evidence, Outbreak, Study

SYSTEM = system_actor("job:test")


@pytest.mark.django_db
def test_an_erased_patient_is_forgotten_by_the_office_and_nobody_else(world):
    lab, city = world.lab, world.city
    gone, kept = lab.person(full_name="Si Polan", address="Jalan A"), lab.person(full_name="Si Badu")
    for patient in (gone, kept):
        lab.tested(patient, "CAMIGM", "Positif")
    outbreak = Outbreak.objects.create(
        owner_id=city.id, number="K-1", disease="CAMPAK", title="Uji", since="2026-11-01"
    )
    Case.objects.within(city.scope).update(outbreak=outbreak)
    study = Study.objects.create(
        owner_id=city.id,
        outbreak=outbreak,
        design="cohort",
        meal="Pesta",
        case_definition="Demam",
        foods=[["f1", "Nasi"]],
    )
    for n, name in enumerate((" si  POLAN", "Si Badu"), 1):
        Diner.objects.create(owner_id=city.id, study=study, number=n, name=name, ill=True, age=8, foods={"f1": True})
    rows = Evidence.objects.within(city.scope).filter(disease="CAMPAK")
    assert {row.name for row in rows} == {"Si Polan", "Si Badu"}
    stranger = services.forget(SYSTEM, owner_id=city.id, sender_id=world.far.id, order_ids=[row.order for row in rows])
    assert stranger == 0, "a laboratory speaks of its own findings only"
    with pytest.raises(Forbidden):
        services.forget(world.elsewhere.officer, owner_id=city.id, sender_id=lab.id, order_ids=[])
    with clock.at(datetime(2090, 1, 1, tzinfo=UTC)):
        people.erase_patient(SYSTEM, owner_id=lab.id, patient_id=gone.id, reason="diminta pasien")
    found = {
        row.name: row for row in Evidence.objects.within(city.scope).filter(disease="CAMPAK", ended_at__isnull=True)
    }
    assert set(found) == {"", "Si Badu"}
    assert (found[""].address, found[""].birth_date, found[""].phone) == ("", None, "")
    assert Case.objects.within(city.scope).filter(disease="CAMPAK", stands=True).count() == 2
    assert list(Diner.objects.within(city.scope).order_by("number").values_list("name", "age")) == [
        ("(dihapus)", None), ("Si Badu", 8),
    ]  # fmt: skip
    assert Diner.objects.within(city.scope).get(number=1).foods == {"f1": True}
    again = services.forget(SYSTEM, owner_id=city.id, sender_id=lab.id, order_ids=[found[""].order])
    assert again == 0
    entry = JournalEntry.objects.within(city.scope).get(event="surveillance.person_forgotten")
    assert "Polan" not in str(entry.payload)
