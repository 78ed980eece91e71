"""Surveys of vectors: written down, voided, summed by area and month; pools become samples."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from laras.core import clock, journal
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.scope import Scope
from laras.orders import services, vectors
from laras.orders.models import EntomologySurvey, VectorPool
from laras.orders.services import PoolInput, SurveyInput
from laras.orders.types import SiteInput

DAY = date(2026, 11, 20)
NOW = clock.now().replace(year=2026, month=11, day=23, hour=2)


@pytest.fixture(autouse=True)
def frozen():
    with clock.at(NOW):
        yield


def larvae(**more):
    given = {"kind": "larvae", "day": DAY, "place": "RW 03", "houses": 100, "houses_positive": 12, "containers": 300,
             "containers_positive": 20}  # fmt: skip
    return SurveyInput(**{**given, **more})


def catch(**more):
    given = {
        "kind": "catch",
        "day": DAY,
        "place": "Kandang",
        "collectors": 3,
        "hours": Decimal(6),
        "nights": 1,
        "caught": 90,
    }
    return SurveyInput(**{**given, **more})


def test_sums_follow_from_counts_and_leave_out_what_was_voided(sampler, lab):
    services.note_survey(sampler, owner=lab, survey=larvae())
    services.note_survey(
        sampler, owner=lab, survey=larvae(houses=20, houses_positive=12, containers=30, containers_positive=12)
    )
    services.note_survey(sampler, owner=lab, survey=catch())
    wrong = services.note_survey(sampler, owner=lab, survey=larvae(houses_positive=0, containers_positive=0))
    services.note_survey(sampler, owner=lab, survey=larvae(day=date(2026, 10, 1)))
    services.void_survey(sampler, owner_id=lab.id, survey_id=wrong.id, reason="Rumah terhitung dua kali")
    newest, older = vectors.sums(Scope.of(lab.id), date(2026, 1, 1), DAY)
    assert (newest.month, newest.surveys, older.surveys) == (date(2026, 11, 1), 3, 1)
    assert (newest.larvae.house_index, newest.larvae.larva_free) == (20, 80)
    assert (newest.catch.man_hour_density, newest.catch.man_biting_rate) == (5, 30)
    with pytest.raises(Refused):
        services.void_survey(sampler, owner_id=lab.id, survey_id=wrong.id, reason="Lagi")
    assert journal.verify(lab).whole


@pytest.mark.parametrize(
    ("survey", "field"),
    [
        (larvae(houses=0), "houses"),
        (larvae(houses_positive=101, containers_positive=200), "houses_positive"),
        (larvae(containers_positive=301), "containers_positive"),
        (larvae(houses_positive=30), "containers_positive"),
        (larvae(day=DAY + timedelta(days=30)), "day"),
        (larvae(place=" "), "place"),
        (catch(collectors=0), "collectors"),
        (catch(hours=Decimal(0)), "hours"),
        (catch(kind="lain"), "kind"),
    ],
)
def test_what_cannot_be_is_named(sampler, lab, survey, field):
    with pytest.raises(Refused) as refused:
        services.note_survey(sampler, owner=lab, survey=survey)
    assert field in {problem.field for problem in refused.value.problems}
    assert not EntomologySurvey.objects.within(Scope.of(lab.id)).exists()


def test_rights_and_neighbours(sampler, receiver, stranger, lab, other):
    with pytest.raises(Forbidden):
        services.note_survey(receiver, owner=lab, survey=larvae())
    row = services.note_survey(sampler, owner=lab, survey=larvae())
    with pytest.raises(NotFound):
        services.void_survey(stranger, owner_id=other.id, survey_id=row.id, reason="Bukan kami")
    assert vectors.sums(Scope.of(other.id), DAY, DAY) == []


def test_pools_become_samples(counter, lab):
    made = services.register_pools(
        counter, owner=lab, pools=[PoolInput("Aedes aegypti", "F", 25), PoolInput("Aedes aegypti", "M", 10)],
        codes=["V-PCRDENV"], day=DAY, new_site=SiteInput("Kelurahan Contoh"), trap="BG-Sentinel",
    )  # fmt: skip
    assert (made.order.subject_kind, len(made.samples), len(made.requested)) == ("vector", 2, 2)
    rows = vectors.pools(Scope.of(lab.id), DAY, DAY)
    assert {(row.species, row.sex, row.specimens, row.trap) for row in rows} == {
        ("Aedes aegypti", "F", 25, "BG-Sentinel"),
        ("Aedes aegypti", "M", 10, "BG-Sentinel"),
    }
    for pools, field in (([], "pools"), ([PoolInput("", "F", 3)], "pools"), ([PoolInput("Aedes", "X", 0)], "pools")):
        with pytest.raises(Refused) as refused:
            services.register_pools(
                counter, owner=lab, pools=pools, codes=["V-PCRDENV"], day=DAY, new_site=SiteInput("Kelurahan")
            )
        assert {problem.field for problem in refused.value.problems} == {field}
    assert VectorPool.objects.within(Scope.of(lab.id)).count() == 2


def test_the_pages(client, lab, make_user):
    client.force_login(make_user("putu", lab, "sampler"))
    address = reverse("orders:new_larvae")
    typed = {"day": "2026-11-20", "place": "RW 03", "houses": "100", "houses_positive": "12", "containers": "300",
             "containers_positive": "20"}  # fmt: skip
    assert client.post(address, {**typed, "area": "99.99"}).status_code == 422
    assert client.post(address, {**typed, "houses_positive": "120"}).status_code == 422
    assert client.post(address, typed).status_code == 303
    address = reverse("orders:new_catch")
    assert client.get(address).status_code == 200
    catch_typed = {"day": "2026-11-20", "place": "Kandang", "collectors": "3", "hours": "6", "caught": "90"}
    assert client.post(address, catch_typed).status_code == 303
    shown = client.get(reverse("orders:surveys")).content.decode()
    assert "88,0" in shown
    assert "5,00" in shown
    rows = client.get(reverse("orders:surveys"), {"format": "csv"}).content.decode().splitlines()
    assert rows[1].startswith("2026-11,,,2,100,12,300,20,12.0,6.6667,20.0,88.0,90,18.0,0,5.0,")
    row = EntomologySurvey.objects.within(Scope.of(lab.id)).first()
    assert client.post(reverse("orders:void_survey", args=[row.id]), {"reason": "Salah tempat"}).status_code == 303
    pools = {
        "day": "2026-11-20",
        "site_name": "Kelurahan",
        "codes": "V-PCRDENV",
        "pools": "Aedes aegypti; B; 25\n\nAedes; ?; 5",
    }
    assert client.post(reverse("orders:new_pools"), {**pools, "pools": "Aedes 25"}).status_code == 422
    assert client.post(reverse("orders:new_pools"), pools).status_code == 303
    assert VectorPool.objects.within(Scope.of(lab.id)).count() == 2
