"""Jurisdictions from day to day, closing and taking over, institutions, regions."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from laras.core import clock
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.journal import verify
from laras.core.models import JournalEntry, Owner
from laras.core.scope import Scope
from laras.network import queries, rules, services
from laras.network.models import Jurisdiction
from tests.network.conftest import START, SYSTEM


def fields_of(refused) -> set[str]:
    return {problem.field for problem in refused.value.problems}


# --- Jurisdictions -------------------------------------------------------------------------------------
def test_a_jurisdiction_has_a_beginning_an_end_and_a_basis(network, areas):
    office, day = network["city_office"].pk, date(2026, 3, 1)
    services.set_jurisdiction(
        SYSTEM,
        organisation_id=office,
        claims=[rules.Claim(area=areas("73.72"))],
        valid_from=day,
        basis="Perda uji 1/2026",
    )
    now, before = queries.jurisdiction_history(office)
    assert (now.area_id, now.valid_from, now.valid_until, now.basis) == (areas("73.72"), day, None, "Perda uji 1/2026")
    assert (before.area_id, before.valid_from, before.valid_until) == (areas("73.71"), START, day)
    assert next(row.organisation_id for row in queries.responsible_for(areas("73.71.11"))) != office
    assert next(row.organisation_id for row in queries.responsible_for(areas("73.71.11"), date(2026, 2, 28))) == office
    entry = JournalEntry.objects.within(Scope.of(office)).filter(event="network.jurisdiction_set").last()
    assert b"Perda uji 1/2026" in bytes(entry.payload)


def test_the_nearest_office_comes_first(network, areas):
    codes = [row.organisation.owner.code for row in queries.responsible_for(areas("73.71.11"))]
    assert codes == ["DINKES-7371", "DINKES-73", "KEMKES"]
    assert [row.organisation.owner.code for row in queries.responsible_for(areas("73.72"))] == ["DINKES-73", "KEMKES"]


def test_a_region_covers_its_provinces(network, areas):
    eight = next(region for region in queries.regions() if region.number == 8)
    services.set_jurisdiction(SYSTEM, organisation_id=network["tier4"].pk, claims=[rules.Claim(region=eight.id)])
    codes = [row.organisation.owner.code for row in queries.responsible_for(areas("73.72"))]
    assert codes == ["DINKES-73", "LAB-4", "KEMKES"]
    assert "LAB-4" not in [row.organisation.owner.code for row in queries.responsible_for(areas("32.73"))]


def test_a_change_before_a_recorded_one_is_refused(network, areas):
    office = network["city_office"].pk
    later = clock.today() + timedelta(days=30)
    planned = [rules.Claim(area=areas("73.71")), rules.Claim(area=areas("73.72"))]
    services.set_jurisdiction(SYSTEM, organisation_id=office, claims=planned, valid_from=later)
    with pytest.raises(Refused) as refused:
        services.set_jurisdiction(SYSTEM, organisation_id=office, claims=[])
    assert fields_of(refused) == {"valid_from"}
    # On its own day the plan can be taken back.
    services.set_jurisdiction(
        SYSTEM, organisation_id=office, claims=[rules.Claim(area=areas("73.71"))], valid_from=later
    )
    assert Jurisdiction.objects.filter(organisation_id=office).count() == 1


@pytest.mark.parametrize(
    "claim", [rules.Claim(), rules.Claim(national=True, region=uuid4()), rules.Claim(region=uuid4())]
)
def test_a_claim_says_exactly_one_thing(network, claim):
    with pytest.raises(Refused) as refused:
        services.set_jurisdiction(SYSTEM, organisation_id=network["city_office"].pk, claims=[claim])
    assert fields_of(refused) == {"claims"}


def test_areas_without_an_office(network, areas):
    here = [version.code for version in queries.areas_without_office(level=2, parent_id=areas("73"))]
    assert here == ["73.06", "73.72"]
    assert "73" not in [version.code for version in queries.areas_without_office(level=1)]
    services.close_organisation(SYSTEM, organisation_id=network["city_office"].pk, reason="Dilebur")
    assert "73.71" in [version.code for version in queries.areas_without_office(level=2)]


# --- Closing -------------------------------------------------------------------------------------------
def test_closing_names_who_takes_over_and_can_be_taken_back(network, make_organisation):
    gone, heir = network["tier1"].pk, make_organisation("LAB-1B", kind="puskesmas", tier=1, area="73.71.01").pk
    day = clock.today() - timedelta(days=3)
    services.close_organisation(SYSTEM, organisation_id=gone, reason="SK 12/2026", closed_on=day, successor_id=heir)
    row = queries.organisation_row(gone)
    assert (row.closed, row.closed_on) == (True, day)
    (succession,) = queries.successions_of_organisation(heir)
    assert (succession.predecessor_id, succession.date, succession.basis) == (gone, day, "SK 12/2026")
    services.reopen_organisation(SYSTEM, organisation_id=gone, reason="Salah pilih")
    row = queries.organisation_row(gone)
    assert (row.closed, row.closed_on) == (False, None)
    assert queries.successions_of_organisation(heir) == []
    assert verify(Owner.objects.get(pk=gone)).whole


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"closed_on": date(2199, 1, 1)}, "closed_on"),
        ({"closed_on": date(2020, 1, 1)}, "closed_on"),
        ({"successor_id": "self"}, "successor_id"),
        ({"successor_id": "office"}, "successor_id"),
        ({"successor_id": "nobody"}, "successor_id"),
    ],
)
def test_wrong_closings_change_nothing(network, more, field):
    gone = network["tier1"].pk
    named = {"self": gone, "office": network["city_office"].pk, "nobody": uuid4()}
    if "successor_id" in more:
        more = {"successor_id": named[more["successor_id"]]}
    with pytest.raises(Refused) as refused:
        services.close_organisation(SYSTEM, organisation_id=gone, reason="Uji", **more)
    assert fields_of(refused) == {field}
    assert not queries.organisation_row(gone).closed


def test_handing_over_moves_everybody_below_or_nobody(network, make_organisation, monkeypatch):
    old, heir = network["tier2"], make_organisation("LAB-2B", area="73.72", supervisor=network["tier3"])
    more = [make_organisation(f"LAB-1{n}", kind="puskesmas", tier=1, area="73.71.01", supervisor=old) for n in range(3)]
    below = {network["tier1"].pk, *(one.pk for one in more)}
    from laras.network.services import closing

    real, calls = closing.alter_quietly, []

    def dies_at_the_third(*given, **named):
        calls.append(named)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*given, **named)

    monkeypatch.setattr(closing, "alter_quietly", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        services.hand_over(SYSTEM, organisation_id=old.pk, successor_id=heir.pk, reason="SK uji")
    assert all(queries.organisation_row(one).supervisor == "LAB-2" for one in below)
    monkeypatch.setattr(closing, "alter_quietly", real)
    assert services.hand_over(SYSTEM, organisation_id=old.pk, successor_id=heir.pk, reason="SK uji") == 4
    assert all(queries.organisation_row(one).supervisor == "LAB-2B" for one in below)
    services.close_organisation(SYSTEM, organisation_id=old.pk, reason="SK uji", successor_id=heir.pk)


def test_who_was_below_takes_the_place_of_the_closed_one(network, make_organisation):
    old = network["tier2"]
    heir = make_organisation("LAB-2B", area="73.71", supervisor=old)
    services.hand_over(SYSTEM, organisation_id=old.pk, successor_id=heir.pk, reason="SK uji")
    assert queries.organisation_row(heir.pk).supervisor == "LAB-3"
    assert queries.organisation_row(network["tier1"].pk).supervisor == "LAB-2B"


def test_handing_over_asks_for_the_right_over_everybody_first(network, make_organisation, make_actor):
    """One of those below stands in another city: nobody is moved."""
    old, heir = network["tier2"], make_organisation("LAB-2B", area="73.71", supervisor=network["tier3"])
    make_organisation("LAB-1X", kind="puskesmas", tier=1, area="73.06.01", supervisor=old)
    city = network["city_office"]
    actor = make_actor("kota", city.owner, "network_manager")
    with pytest.raises(Forbidden):
        services.hand_over(actor, organisation_id=old.pk, successor_id=heir.pk, office_id=city.pk, reason="SK")
    assert queries.organisation_row(network["tier1"].pk).supervisor == "LAB-2"


# --- Institutions and regions ----------------------------------------------------------------------------
def test_an_institution_is_renamed_and_counts_its_organisations(network, make_actor):
    office = network["province_office"]
    actor = make_actor("prov", office.owner, "network_manager")
    row = services.create_institution(
        actor, office_id=office.pk, code="PEMKOT", name="Pemkot Uji", kind="pemda_kabkota"
    )
    services.alter_organisation(SYSTEM, organisation_id=network["tier2"].pk, changes={"institution_id": row.id})
    (found,) = queries.institutions(search="pemkot")
    assert found.organisations == 1
    assert queries.organisation_row(network["tier2"].pk).institution_code == "PEMKOT"
    services.alter_institution(
        actor, office_id=office.pk, institution_id=row.id, name="Pemerintah Kota Uji", kind="pemda_kabkota"
    )
    assert queries.find_institution("PEMKOT").name == "Pemerintah Kota Uji"
    call = {"office_id": office.pk, "institution_id": row.id}
    with pytest.raises(Refused) as refused:
        services.alter_institution(actor, **call, name=" ", kind="warung")
    assert fields_of(refused) == {"name", "kind"}
    with pytest.raises(NotFound):
        services.alter_institution(actor, office_id=office.pk, institution_id=uuid4(), name="A", kind="bumn")
    with pytest.raises(Forbidden):
        services.alter_institution(make_actor("kepala", network["tier2"].owner, "head"), **call, name="B", kind="bumn")


def test_a_province_changes_its_region_by_decision(network, areas, make_actor):
    ministry = network["ministry"]
    actor = make_actor("pusat", ministry.owner, "network_manager")
    nine = next(region for region in queries.regions() if region.number == 9)
    eight = next(region for region in queries.regions() if region.number == 8)
    call = {"office_id": ministry.pk, "province_id": areas("72"), "source": "KMK uji 5/2026"}
    services.assign_province(actor, **call, region_id=nine.id, on=date(2026, 4, 1))
    assert queries.regions_of_provinces()[areas("72")] == nine.id
    assert queries.regions_of_provinces(date(2026, 3, 31))[areas("72")] == eight.id
    # The region that was shipped from memory is confirmed: same row, now with its source.
    services.assign_province(actor, **{**call, "province_id": areas("73")}, region_id=eight.id)
    confirmed = next(row for row in queries.region_provinces() if row.province_id == areas("73"))
    assert (confirmed.status, confirmed.source, confirmed.valid_from) == ("entered", "KMK uji 5/2026", None)
    with pytest.raises(Refused) as refused:
        services.assign_province(actor, **{**call, "province_id": areas("73.71"), "source": ""}, region_id=uuid4())
    assert fields_of(refused) == {"province_id", "region_id", "source"}
    province = network["province_office"]
    with pytest.raises(Forbidden):
        services.assign_province(
            make_actor("prov", province.owner, "network_manager"),
            **{**call, "office_id": province.pk},
            region_id=nine.id,
        )


def test_the_two_national_kinds_are_tier_five(network, make_organisation):
    with pytest.raises(Refused) as refused:
        make_organisation("BB", kind="balai_besar_biologi", tier=4, area="31")
    assert fields_of(refused) == {"tier"}
    assert make_organisation("BB", kind="balai_besar_kesling", tier=5, area="31").pk
