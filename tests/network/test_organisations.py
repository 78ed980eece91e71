from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from laras.core import clock
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.journal import verify
from laras.core.models import JournalEntry, Owner, Reach
from laras.core.scope import Scope
from laras.network import queries, rules, services
from laras.network.models import Jurisdiction, Organisation, OrganisationVersion
from tests.network.conftest import START, SYSTEM


def entries(organisation, event=None):
    rows = JournalEntry.objects.within(Scope.of(organisation.pk))
    return rows.filter(event=event) if event else rows


def fields_of(refused) -> set[str]:
    return {problem.field for problem in refused.value.problems}


# --- Creating ---------------------------------------------------------------------------------------
def test_create_makes_owner_version_and_its_own_journal(make_organisation, areas):
    lab = make_organisation("PKM-1", kind="puskesmas", tier=1, area="93.01", name="Puskesmas  Uji ")
    owner = Owner.objects.get(pk=lab.pk)
    assert (owner.code, owner.name, owner.kind, owner.tier) == ("PKM-1", "Puskesmas Uji", "laboratory", 1)
    assert owner.zone == "Asia/Jayapura"
    assert entries(lab).count() == 1
    assert entries(lab).get().event == "network.organisation_created"
    assert verify(owner).whole
    row = queries.organisation_row(lab.pk)
    assert (row.area, row.kind, row.supervisor, row.valid_from) == ("93.01", "puskesmas", None, START)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"code": ""}, "code"),
        ({"code": "A B"}, "code"),
        ({"code": "x" * 25}, "code"),
        ({"code": "KEMKES"}, "code"),
        ({"kind": "warung"}, "kind"),
        ({"tier": 0}, "tier"),
        ({"tier": 6}, "tier"),
        ({"tier": True}, "tier"),
        ({"kind": "dinkes_kabkota", "tier": 2}, "tier"),
        ({"lat": -5.1}, "lon"),
        ({"lat": 119.4, "lon": -5.1}, "lat"),
        ({"lat": -5.3, "lon": 23.5}, "lat"),
        ({"lat": float("nan"), "lon": 119.0}, "lat"),
        ({"area_id": uuid4()}, "area_id"),
        ({"region_id": uuid4()}, "region_id"),
        ({"institution_id": uuid4()}, "institution_id"),
        ({"supervisor_id": uuid4()}, "supervisor_id"),
        ({"phone": "0" * 41}, "phone"),
    ],
)
def test_wrong_values_name_their_field_and_save_nothing(network, areas, values, field):
    before = Owner.objects.count()
    good = {"code": "BARU", "name": "Lab uji", "kind": "puskesmas", "tier": 1, "area_id": areas("73.71.11")}
    with pytest.raises(Refused) as refused:
        services.create_organisation(SYSTEM, **{**good, **values})
    assert field in fields_of(refused)
    assert Owner.objects.count() == before


def test_control_characters_and_markup_stay_plain_text(make_organisation):
    lab = make_organisation("PKM-X", name="Lab\x00 <b>'; DROP\u200b TABLE\r\n")
    assert queries.organisation_row(lab.pk).name == "Lab <b>'; DROP TABLE"


def test_who_may_create_and_where(network, areas, make_actor):
    def create(actor, office, code, area, **more):
        return services.create_organisation(
            actor,
            office_id=network[office].pk,
            code=code,
            **{"name": "Puskesmas uji", "kind": "puskesmas", "tier": 1, "area_id": areas(area), **more},
        )

    city = make_actor("kota", network["city_office"].owner, "network_manager")
    assert create(city, "city_office", "PKM-A", "73.71.01").pk
    for wrong in (
        lambda: create(city, "city_office", "PKM-B", "73.72"),  # another city
        lambda: create(city, "city_office", "PKM-C", "73.71", kind="labkesda_provinsi", tier=3),  # serves the province
        lambda: create(city, "city_office", "PKM-D", "73.71", kind="labkesmas_regional", tier=4),
        lambda: create(city, "province_office", "PKM-E", "73.71.01"),  # not an office of theirs
        lambda: create(make_actor("kepala", network["tier2"].owner, "head"), "city_office", "PKM-F", "73.71.01"),
    ):
        before = Owner.objects.count()
        with pytest.raises(Forbidden):
            wrong()
        assert Owner.objects.count() == before
    province = make_actor("provinsi", network["province_office"].owner, "network_manager")
    assert create(province, "province_office", "LAB-3B", "73.71", kind="labkesda_provinsi", tier=3).pk
    with pytest.raises(Forbidden):
        services.create_organisation(city, code="PKM-G", name="x", kind="puskesmas", tier=1, area_id=areas("73.71.01"))


def test_the_right_goes_before_the_reasons(network, make_actor):
    head = make_actor("kepala", network["tier2"].owner, "head")
    with pytest.raises(Forbidden):
        services.create_organisation(head, office_id=network["city_office"].pk, code="", kind="warung", name="")


# --- Versions ---------------------------------------------------------------------------------------
def test_altering_adds_a_version_and_keeps_the_old(network, make_actor):
    lab = network["tier2"]
    head = make_actor("kepala", lab.owner, "head")
    day = clock.today()
    services.alter_organisation(head, organisation_id=lab.pk, changes={"name": "Labkesda Baru", "phone": "0411-1"})
    versions = queries.organisation_history(lab.pk)
    assert [(v.name, v.valid_from, v.valid_until) for v in versions] == [
        ("Labkesda Baru", day, None),
        ("Lab uji LAB-2", START, day),
    ]
    assert Owner.objects.get(pk=lab.pk).name == "Labkesda Baru"
    assert queries.organisation_at(lab.pk, day - timedelta(days=1)).name == "Lab uji LAB-2"
    assert not rules.any_overlap([rules.Period(v.valid_from, v.valid_until) for v in versions])
    assert entries(lab, "network.organisation_altered").count() == 1


def test_a_second_change_on_the_same_day_corrects_the_version(network):
    lab = network["tier2"]
    for name in ("Satu", "Dua"):
        services.alter_organisation(SYSTEM, organisation_id=lab.pk, changes={"name": name})
    assert [v.name for v in queries.organisation_history(lab.pk)] == ["Dua", "Lab uji LAB-2"]
    assert entries(lab, "network.organisation_altered").count() == 2


def test_nothing_to_change_writes_nothing(network):
    lab = network["tier2"]
    services.alter_organisation(SYSTEM, organisation_id=lab.pk, changes={"name": " Lab  uji LAB-2"})
    assert len(queries.organisation_history(lab.pk)) == 1
    assert entries(lab).count() == 1


def test_a_future_version_waits_for_its_day(network):
    lab = network["tier2"]
    day = clock.today() + timedelta(days=30)
    services.alter_organisation(SYSTEM, organisation_id=lab.pk, changes={"name": "Nanti"}, valid_from=day)
    assert Owner.objects.get(pk=lab.pk).name == "Lab uji LAB-2"
    with clock.at(clock.now() + timedelta(days=31)):
        services.refresh_organisations()
    assert Owner.objects.get(pk=lab.pk).name == "Nanti"


def test_no_version_before_the_last(network):
    with pytest.raises(Refused) as refused:
        services.alter_organisation(
            SYSTEM, organisation_id=network["tier2"].pk, changes={"name": "Dulu"}, valid_from=date(2023, 12, 31)
        )
    assert fields_of(refused) == {"valid_from"}


def test_the_database_refuses_two_open_versions(network):
    lab = network["tier2"]
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganisationVersion.objects.create(
            organisation=lab, valid_from=date(2026, 1, 1), name="Ganda", kind="puskesmas"
        )


def test_a_head_changes_the_name_but_not_the_tier(network, make_actor):
    lab, other = network["tier2"], network["tier3"]
    head = make_actor("kepala", lab.owner, "head")
    for changes in ({"tier": 3}, {"supervisor_id": None}, {"kind": "puskesmas"}, {"area_id": None}):
        with pytest.raises(Forbidden):
            services.alter_organisation(head, organisation_id=lab.pk, changes=changes, office_id=lab.pk)
    with pytest.raises(Forbidden):
        services.alter_organisation(head, organisation_id=other.pk, changes={"name": "Punya orang"})
    assert len(queries.organisation_history(lab.pk)) == len(queries.organisation_history(other.pk)) == 1


def test_an_office_manages_what_it_reaches(network, make_actor):
    city = make_actor("kota", network["city_office"].owner, "network_manager")
    services.alter_organisation(city, organisation_id=network["tier2"].pk, changes={"phone": "0411-22"})
    with pytest.raises(Forbidden):
        # Stands in the city, belongs to the province.
        services.alter_organisation(city, organisation_id=network["tier3"].pk, changes={"phone": "0411-33"})


def test_a_laboratory_does_not_become_an_office(network):
    with pytest.raises(Refused) as refused:
        services.alter_organisation(
            SYSTEM, organisation_id=network["tier2"].pk, changes={"kind": "dinkes_kabkota", "tier": None}
        )
    assert fields_of(refused) == {"kind"}


def test_unknown_organisation_is_not_found(network):
    with pytest.raises(NotFound):
        services.alter_organisation(SYSTEM, organisation_id=uuid4(), changes={"name": "x"})


# --- Supervision ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("below", "above", "code"),
    [
        ("tier2", "tier2", "supervision_self"),
        ("tier3", "tier2", "supervision_lower"),
        ("tier5", "tier1", "supervision_lower"),
        ("city_office", "tier2", "supervision_laboratory_over_office"),
    ],
)
def test_wrong_supervisors_are_refused(network, below, above, code):
    before = queries.supervisor_chain(network[below].pk)
    with pytest.raises(Refused) as refused:
        services.set_supervisor(SYSTEM, organisation_id=network[below].pk, supervisor_id=network[above].pk)
    assert refused.value.code == code
    assert queries.supervisor_chain(network[below].pk) == before


def test_a_circle_is_refused(network, make_organisation):
    a = make_organisation("A-4", kind="labkesmas_regional", tier=4, area="73.71")
    b = make_organisation("B-4", kind="labkesmas_regional", tier=4, area="73.71", supervisor=a)
    c = make_organisation("C-4", kind="labkesmas_regional", tier=4, area="73.71", supervisor=b)
    with pytest.raises(Refused) as refused:
        services.set_supervisor(SYSTEM, organisation_id=a.pk, supervisor_id=c.pk)
    assert refused.value.code == "supervision_cycle"


def test_a_tier_that_falls_below_those_supervised_is_refused(network):
    with pytest.raises(Refused) as refused:
        services.alter_organisation(SYSTEM, organisation_id=network["tier3"].pk, changes={"tier": 1})
    assert fields_of(refused) == {"tier"}


def test_chain_of_supervisors(network):
    chain = queries.supervisor_chain(network["tier1"].pk)
    assert chain == [network[f"tier{n}"].pk for n in (2, 3, 4, 5)]
    services.set_supervisor(SYSTEM, organisation_id=network["tier2"].pk, supervisor_id=network["tier4"].pk)
    assert queries.supervisor_chain(network["tier1"].pk) == [network[f"tier{n}"].pk for n in (2, 4, 5)]
    yesterday = clock.today() - timedelta(days=1)
    assert len(queries.supervisor_chain(network["tier1"].pk, yesterday)) == 4


# --- Reach ------------------------------------------------------------------------------------------
def reached(organisation, *ways) -> set[str]:
    rows = Reach.objects.filter(office_id=organisation.pk).exclude(reached_id=organisation.pk)
    if ways:
        rows = rows.filter(way__in=ways)
    return set(rows.values_list("reached__code", flat=True))


def test_reach_of_a_network(network):
    assert reached(network["tier1"]) == set()
    assert reached(network["tier3"]) == {"LAB-2", "LAB-1"}
    assert reached(network["tier5"]) == {"LAB-4", "LAB-3", "LAB-2", "LAB-1"}
    assert reached(network["city_office"]) == {"LAB-2", "LAB-1"}
    assert reached(network["province_office"]) == {"LAB-3", "LAB-2", "LAB-1", "DINKES-7371"}
    # Tiers 4 and 5 serve no city or province, wherever they stand: they are the ministry's.
    everybody = {"LAB-1", "LAB-2", "LAB-3", "LAB-4", "LAB-5", "DINKES-73", "DINKES-7371"}
    assert reached(network["ministry"]) == everybody
    assert Reach.objects.filter(way="self").count() == Owner.objects.count()


def test_reach_follows_every_change(network, areas):
    services.set_supervisor(SYSTEM, organisation_id=network["tier1"].pk, supervisor_id=None)
    assert reached(network["tier2"]) == set()
    services.set_jurisdiction(
        SYSTEM, organisation_id=network["city_office"].pk, claims=[rules.Claim(area=areas("73.72"))]
    )
    assert reached(network["city_office"]) == set()
    services.close_organisation(SYSTEM, organisation_id=network["tier1"].pk, reason="Digabung")
    assert "LAB-1" not in reached(network["province_office"])
    assert services.rebuild_reach() == 0


def test_reach_of_a_region(network, areas, make_organisation):
    eight = next(region for region in queries.regions() if region.number == 8)
    office = make_organisation(
        "UPT-8", kind="dinkes_provinsi", tier=None, area="73.71", claims=[rules.Claim(region=eight.id)]
    )
    assert {"LAB-3", "LAB-2", "LAB-1", "DINKES-73", "DINKES-7371"} == reached(office)


# --- Jurisdiction and closing -----------------------------------------------------------------------
def test_jurisdiction_has_a_life(network, areas):
    office = network["city_office"]
    services.set_jurisdiction(
        SYSTEM, organisation_id=office.pk, claims=[rules.Claim(area=areas("73.71")), rules.Claim(area=areas("73.72"))]
    )
    assert set(queries.claims_of(office.pk)) == {rules.Claim(area=areas("73.71")), rules.Claim(area=areas("73.72"))}
    services.set_jurisdiction(SYSTEM, organisation_id=office.pk, claims=[rules.Claim(area=areas("73.72"))])
    assert queries.claims_of(office.pk) == [rules.Claim(area=areas("73.72"))]
    assert queries.claims_of(office.pk, START) == [rules.Claim(area=areas("73.71"))]
    written = entries(office, "network.jurisdiction_set").count()
    services.set_jurisdiction(SYSTEM, organisation_id=office.pk, claims=[rules.Claim(area=areas("73.72"))])
    assert entries(office, "network.jurisdiction_set").count() == written


def test_nobody_widens_their_own_jurisdiction(network, areas, make_actor):
    city = make_actor("kota", network["city_office"].owner, "network_manager")
    office = network["city_office"].pk
    with pytest.raises(Forbidden):
        services.set_jurisdiction(
            city, organisation_id=office, office_id=office, claims=[rules.Claim(area=areas("73"))]
        )
    with pytest.raises(Forbidden):
        services.set_jurisdiction(city, organisation_id=office, office_id=office, claims=[rules.Claim(national=True)])
    assert Jurisdiction.objects.filter(organisation_id=office).count() == 1


def test_unknown_jurisdiction_is_refused(network):
    with pytest.raises(Refused):
        services.set_jurisdiction(SYSTEM, organisation_id=network["city_office"].pk, claims=[rules.Claim(area=uuid4())])


def test_closing_needs_a_reason_and_nobody_below(network):
    with pytest.raises(Refused):
        services.close_organisation(SYSTEM, organisation_id=network["tier1"].pk, reason=" ")
    with pytest.raises(Refused):
        services.close_organisation(SYSTEM, organisation_id=network["tier2"].pk, reason="Digabung")
    services.close_organisation(SYSTEM, organisation_id=network["tier1"].pk, reason="Digabung")
    assert "LAB-1" not in [row.organisation.owner.code for row in queries.organisations()]
    assert "LAB-1" in [row.organisation.owner.code for row in queries.organisations(closed=True)]


def test_institutions(network, make_actor):
    ministry = network["ministry"]
    manager = make_actor("pusat", ministry.owner, "network_manager")
    call = {"office_id": ministry.pk, "code": "PEMKOT-7371", "name": "Pemerintah Kota Uji", "kind": "pemda_kabkota"}
    row = services.create_institution(manager, **call)
    assert list(queries.institutions()) == [row]
    with pytest.raises(Refused) as refused:
        services.create_institution(manager, **{**call, "name": "", "kind": "warung"})
    assert fields_of(refused) == {"code", "name", "kind"}
    with pytest.raises(Forbidden):
        services.create_institution(make_actor("k", network["tier2"].owner, "head"), **{**call, "code": "B"})


# --- Reading ----------------------------------------------------------------------------------------
def test_filters_of_the_directory(network, areas):
    def codes(**filters):
        return [row.organisation.owner.code for row in queries.organisations(**filters)]

    assert codes(owner_kind="laboratory", tier=2) == ["LAB-2"]
    assert codes(area_id=areas("73.71"), owner_kind="laboratory") == ["LAB-1", "LAB-2", "LAB-3", "LAB-4"]
    assert codes(area_id=areas("31")) == ["KEMKES", "LAB-5"]
    assert codes(kind="puskesmas") == ["LAB-1"]
    assert codes(search="lab-3") == ["LAB-3"]
    assert codes(supervisor_id=network["tier2"].pk) == ["LAB-1"]


def test_rows_cost_the_same_however_many(network, make_organisation, django_assert_num_queries):
    with django_assert_num_queries(2):
        few = queries.organisation_rows(queries.organisations(owner_kind="laboratory"))
    for n in range(5):
        make_organisation(f"PKM-{n}", kind="puskesmas", tier=1, area="73.71.01", supervisor=network["tier2"])
    with django_assert_num_queries(2):
        many = queries.organisation_rows(queries.organisations(owner_kind="laboratory"))
    assert len(many) == len(few) + 5


def test_positions_fall_back_to_the_area(network, make_organisation):
    lab = make_organisation("TITIK", lat=-5.15, lon=119.44)
    found = queries.positions([lab.pk, network["tier2"].pk])
    assert (found[lab.pk].lat, found[lab.pk].approximate) == (-5.15, False)
    assert found[network["tier2"].pk].approximate


def test_organisation_is_its_owner(network):
    assert Organisation.objects.get(owner__code="LAB-2").pk == Owner.objects.get(code="LAB-2").pk
    assert queries.find_organisation(" LAB-2 ").pk == network["tier2"].pk
    assert queries.find_organisation("TIDAK-ADA") is None
