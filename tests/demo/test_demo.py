"""``laras demo``: a whole network with valid journals, the same each time, with work for every role."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.db.models import Count, F

from laras.bench import queries as bench
from laras.bench.models import CriticalCall, Hold, Result
from laras.catalogue import queries as catalogue
from laras.core import clock, journal
from laras.core.actor import actor_of
from laras.core.models import JournalEntry, Owner, StaffPerson, User
from laras.core.rights import ROLES
from laras.core.scope import Scope
from laras.demo import field, network, plan, surveillance
from laras.network import queries as directory
from laras.orders import queries as orders
from laras.orders import rounds
from laras.orders.models import Order, RequestedTest, Sample
from laras.orders.rules.field import week_of
from laras.partners.models import Booking, PartnerAccount
from laras.people.models import Patient
from laras.referral import queries as referrals
from laras.referral.models import Incoming, IncomingBox, Outgoing
from laras.reports.assembly import from_content, to_content
from laras.reports.models import Report
from laras.resources import queries as resources
from laras.resources.rules import quarter_of
from laras.resources.shipped import permit_kinds
from laras.stores import queries as stores
from laras.surveillance import queries as counted
from laras.surveillance import services as counting
from laras.surveillance.models import Band, Evidence, Reporting, Statement
from laras.surveillance.rules.cases import sunday
from tests.demo.conftest import NOW, ORDERS, call_demo

pytestmark = pytest.mark.django_db
ALL = Scope.everything()
THIS = sunday(NOW.date())


@pytest.fixture
def demo(small_demo, db):
    """The loaded network at the moment of its loading."""
    with clock.at(NOW):
        yield


def statuses(model) -> Counter[str]:
    return Counter(model.objects.within(ALL).values_list("status", flat=True))


# --- The network ----------------------------------------------------------------------------------------------------


def test_the_network_is_whole_at_any_size(demo):
    labs = Owner.objects.filter(kind="laboratory")
    # And a hospital outside the five tiers that works on paper.
    assert labs.filter(tier__isnull=False).count() == len(plan.laboratories()) == 31
    assert Counter(labs.values_list("tier", flat=True)) == {1: 21, 2: 6, 3: 1, 4: 1, 5: 2, None: 1}
    written = Order.objects.within(ALL).filter(source="demo").count()
    assert written == sum(count for _lab, count in plan.shares(ORDERS))
    assert abs(written - ORDERS) < 31
    per_owner = Order.objects.within(ALL).values("owner").annotate(n=Count("id"))
    assert per_owner.count() == 31


def test_shares_of_the_full_size_come_to_twenty_thousand():
    assert abs(sum(count for _lab, count in plan.shares(plan.ORDERS)) - 20_000) < 31
    assert sum(plan.ORDERS_PER_TIER.values()) == plan.ORDERS


def test_every_journal_is_whole(demo):
    verdicts = [journal.verify(owner) for owner in Owner.objects.all()]
    assert [v for v in verdicts if not v.whole] == []
    assert sum(v.entries for v in verdicts) == JournalEntry.objects.within(ALL).count() > 10 * ORDERS


def test_institution_and_region_are_two_things(demo):
    """Every laboratory belongs to somebody by law; only the regional one has a region, that of its provinces."""
    rows = {row.code: row for row in directory.organisation_rows(directory.organisations(owner_kind="laboratory"))}
    assert all(row.institution for row in rows.values())
    assert {code: row.region for code, row in rows.items() if row.region} == {"REG-06": 6}
    assert "Kementerian" in rows["REG-06"].institution
    assert "Provinsi" in rows["NTB-00"].institution
    assert rows["MTR-00"].institution == rows["MTR-01"].institution
    assert rows["MTR-00"].institution != rows["BIM-00"].institution


def test_accreditation_is_of_the_kind_of_the_tests_that_it_covers(demo):
    """Medical laboratories hold LM numbers, testing laboratories LP numbers; none is a calibration laboratory (LK)."""
    rows = directory.organisation_rows(directory.organisations(owner_kind="laboratory"))
    numbers = {row.code: row.accreditation_number for row in rows}
    held = {code: number for code, number in numbers.items() if number}
    assert len(set(held.values())) == len(held) == 10
    assert all(re.fullmatch(r"L[MP]-9\d{3}-IDN \(contoh\)", number) for number in held.values())
    for owner in Owner.objects.filter(kind="laboratory"):
        known = catalogue.effective(owner.id)
        offers = [one.test_code for one in resources.capabilities_of(owner.id) if one.accredited]
        assert bool(offers) == (owner.code in held)
        medical = numbers[owner.code].startswith("LM-")
        assert all((known.test(code).subject == "person") == medical for code in offers)


def test_foreign_keys_and_constraints_hold(demo):
    connection.check_constraints()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA foreign_key_check").fetchall() == []


# --- What it shows --------------------------------------------------------------------------------------------------


def test_every_state_of_daily_work_is_there(demo):
    assert set(statuses(Order)) == {"registered", "working", "reported", "cancelled"}
    assert set(statuses(Sample)) >= {"expected", "collected", "received", "refused", "cancelled"}
    assert set(statuses(Result)) >= {"waiting", "to_refer", "referred", "entered", "verified", "validated"}
    assert set(statuses(Outgoing)) >= {"sent", "accepted", "refused", "completed"}
    assert set(statuses(Incoming)) >= {"announced", "accepted", "refused", "completed"}
    assert set(statuses(Report)) >= {"released", "superseded"}
    assert set(statuses(Booking)) >= {"requested", "confirmed", "done"}
    assert Hold.objects.within(ALL).filter(lifted_at__isnull=True).exists()
    assert Result.objects.within(ALL).filter(status="waiting", entries__gt=0).exists(), "nothing was sent back"


def test_equipment_has_two_years_of_reports_with_gaps_and_silence(demo):
    """More are above 80 percent than two years ago, every tier lacks something, and some have said nothing."""
    scores = []
    for day in (clock.today() - timedelta(days=727), clock.today()):
        labs = resources.laboratories(on=day)
        scores.append([one for one in resources.scores(ALL, labs, resources.standard(on=day), day) if one.total])
    first, last = ([one for one in found if one.total.percent >= 80] for found in scores)
    assert len(first) < len(last) < len(scores[1])
    said = [one for one in scores[1] if one.total.not_reported < one.total.required]
    assert 0 < len(scores[1]) - len(said) < len(said)
    assert {one.tier for one in said if one.total.absent} == {1, 2, 3, 4, 5}
    assert resources.unmatched(ALL).exists()


def test_permits_hold_end_lapse_are_renewed_and_stay_unreported(demo):
    labs = resources.laboratories()
    held = list(resources.permits(ALL))
    assert {one.status for one in held} >= {"issued", "process"}
    quarter = quarter_of(clock.today())
    ending = resources.permits_ending(ALL, labs, since=quarter.first, until=quarter.last)
    assert {one.permit.known.group for one in ending} >= {"wastewater", "operation"}
    assert {bool(one.renewal) for one in ending} == {True, False}
    assert any(one.over for one in resources.permits_ending(ALL, labs, since=None, until=clock.today()))
    assert len({(one.owner_id, one.kind) for one in held}) < len(labs) * len(permit_kinds())


@pytest.mark.parametrize("code", plan.CHAIN.values())
def test_each_role_of_the_chain_finds_work(demo, code):
    scope = Scope.of(Owner.objects.get(code=code).id)
    assert orders.to_collect(scope)
    assert [sample for sample in orders.to_receive(scope) if sample.status == "collected"]
    found = Counter(Result.objects.within(scope).values_list("status", flat=True))
    assert all(found[status] for status in ("waiting", "entered", "verified", "validated")), found
    open_orders = Order.objects.within(scope).filter(status="working")
    assert any(bench.releasable(scope, order.id).ready for order in open_orders), "nothing is ready to be released"


def test_a_specimen_is_on_its_way_up_every_step_of_the_chain(demo):
    """The courier below has something to carry, the receiver above something that comes."""
    chain = list(plan.CHAIN.values())
    under_way = Outgoing.objects.within(ALL).filter(status="sent").values_list("owner__code", "recipient__code")
    assert set(pairwise(chain)) <= set(under_way)
    for code in chain[1:]:
        scope = Scope.of(Owner.objects.get(code=code).id)
        assert Incoming.objects.within(scope).filter(status="announced").exists(), code


def test_the_sampler_has_places_to_go_to(demo):
    outside = Sample.objects.within(ALL).filter(status="expected", order__subject_kind="environment")
    assert outside.values("owner").distinct().count() >= 3
    assert set(outside.values_list("order__matrix", flat=True)) != {""}


def test_critical_values_were_called_and_some_wait(demo):
    calls = CriticalCall.objects.within(ALL)
    assert calls.filter(called_at__isnull=False).exists()
    assert calls.filter(called_at__isnull=True).exists()
    chain = set(Owner.objects.filter(code__in=plan.CHAIN.values()).values_list("id", flat=True))
    assert set(calls.values_list("owner_id", flat=True)) <= chain, "only who adopted critical values has any"


def test_referrals_climb_through_three_tiers(demo):
    onward = Outgoing.objects.within(ALL).values_list("owner__tier", "recipient__tier")
    assert {(1, 2), (2, 3)} <= set(onward)


def test_the_measles_serum_is_one_line_from_tier_one_to_four(demo):
    """Refused once, warmed once, amended once; every tier sees the same as far as it concerns it."""
    seen = []
    for tier in (1, 2, 3, 4):
        scope = Scope.of(Owner.objects.get(code=plan.CHAIN[tier]).id)
        orders_of_serum = RequestedTest.objects.within(scope).filter(test_code="CAMIGM", order__urgency="urgent")
        lines = [
            way
            for key in set(orders_of_serum.values_list("order_id", flat=True))
            for way in referrals.journey(scope, key)
        ]
        (line,) = (way for way in lines if any(step.what == "excursion" for step in way.steps))
        seen.append(tuple(step for step in line.steps if step.what != "returned"))
    assert seen[0] == seen[1] == seen[2] == seen[3]
    whats = Counter(step.what for step in seen[0])
    assert (whats["refused"], whats["excursion"], whats["sent"], whats["handed"]) == (1, 1, 4, 7)
    assert [step.status for step in seen[0] if step.what == "reported"] == ["final", "amended"]
    versions = Report.objects.within(ALL).filter(order__number=seen[0][0].number).values_list("version", flat=True)
    assert sorted(versions) == [1, 2], "the puskesmas issued its report anew"


def test_twelve_puskesmas_send_their_prolanis_specimens_to_the_province(demo):
    province = Owner.objects.get(code=plan.CHAIN[3])
    boxes = IncomingBox.objects.within(ALL).filter(owner=province, sender__tier=1)
    assert boxes.values("sender").distinct().count() == 12
    assert set(boxes.values_list("status", flat=True)) == {"announced", "arrived", "reconciled"}
    came = Incoming.objects.within(ALL).filter(owner=province, sender__tier=1)
    assert set(came.values_list("status", flat=True)) == {"announced", "accepted", "completed"}


def test_both_ends_of_every_referral_of_the_demo_agree(demo):
    found = referrals.check()
    assert (found.contradictions, found.under_way) == ((), 0)
    assert found.referrals > 30


def test_nobody_verified_their_own_work_and_nothing_lies_in_the_future(demo):
    results = Result.objects.within(ALL)
    assert not results.filter(verified_by=F("entered_by")).exists()
    assert not results.filter(validated_by=F("verified_by")).exists()
    assert not results.filter(entered_at__gt=NOW).exists()
    assert not Order.objects.within(ALL).filter(registered_at__gt=NOW).exists()
    assert not Order.objects.within(ALL).filter(registered_at__lt=NOW - timedelta(days=plan.DAYS + 2)).exists()


def test_every_accepted_test_has_one_result_and_every_reported_order_its_report(demo):
    received = RequestedTest.objects.within(ALL).filter(sample__status="received", cancelled=False)
    assert received.count() == Result.objects.within(ALL).exclude(status="cancelled").count()
    reported = Order.objects.within(ALL).filter(status="reported").count()
    final = Report.objects.within(ALL).filter(interim=False)  # cultures that still run have a provisional report
    assert final.values("order").distinct().count() == reported > ORDERS / 3


def test_kept_reports_are_documents_of_the_product(demo):
    rows = Report.objects.within(ALL).filter(order__source="demo")
    kinds = set()
    for row in (*rows.filter(order__subject_kind="person")[:20], *rows.filter(order__subject_kind="environment")[:20]):
        content = json.loads(bytes(row.content))
        document = from_content(content)
        assert to_content(document) == content
        assert hashlib.sha256(bytes(row.content)).hexdigest() == row.content_digest
        assert document.number == row.number
        assert row.token in document.verification_url
        assert len(document.rows) == Result.objects.within(ALL).filter(order=row.order_id).count() > 0
        assert bool(document.patient) != bool(document.site)
        kinds.add(document.kind)
    assert kinds == {"clinical", "environment"}


def test_people_are_invented(demo):
    first = "|".join(plan.FIRST_WOMEN + plan.FIRST_MEN)
    invented = re.compile(rf"(dr\. )?({first}) ({'|'.join(plan.LAST)})")
    names = [*StaffPerson.objects.values_list("name", flat=True)]
    names += Patient.objects.within(ALL).values_list("full_name", flat=True)
    assert [name for name in names if not invented.fullmatch(name)] == []
    assert len(names) > 300


# --- Who signs in -----------------------------------------------------------------------------------------------------


def test_printed_logins_work(demo):
    rows = network.logins()
    users = {row["user"] for row in rows}
    roles = {role for role, held in ROLES.items() if {row["role"] for row in rows} & {str(held.label)}}
    assert roles == set(ROLES), "a role that nobody can look at"
    assert users >= {"pendaftaran1", "sampler2", "validator5", "kepala3", "dinkes.kota", "kemenkes", "mitra1", "mitra2"}
    for row in rows[:3]:
        assert User.objects.get(username=row["user"]).check_password(plan.PASSWORD)
        assert bool(row["code"]) == actor_of(User.objects.get(username=row["user"]), "web").needs_second_factor()


def test_partners_speak_for_one_client_that_has_orders(demo):
    for login in plan.PARTNER_LOGINS:
        user = User.objects.get(username=login.username)
        assert user.check_password(plan.PASSWORD)
        assert not user.must_change_password
        account = PartnerAccount.objects.within(ALL).get(user=user)
        assert account.client.code == login.client
        assert Order.objects.within(ALL).filter(client=account.client).exists()


# --- Once only ---------------------------------------------------------------------------------------------------


def test_it_is_not_loaded_twice(demo):
    answer = call_demo(code=1)
    assert "sudah dimuat" in answer.stderr
    assert "laras demo --codes" in answer.stderr
    assert answer.stdout == ""
    rows = json.loads(call_demo("--codes", "--json", code=0).stdout)
    assert {row["user"]: row["role"] for row in rows}["validator1"].startswith("Validator")
    assert "analis1" in call_demo("--if-empty", code=0).stdout


# --- Surveillance ----------------------------------------------------------------------------------------------------


def city() -> Scope:
    return Scope.of(Owner.objects.get(code="DK-MTR").id)


def test_the_outbreaks_are_signalled_in_the_week_in_which_they_can_be_seen(demo):
    found = {}
    for signal in counted.signals(city()):
        found.setdefault(signal.disease, set()).add(signal.week)
    assert set(found) == {"CAMPAK", "KERPANG"}, "and nothing else is a signal in the city"
    for disease, weeks in found.items():
        assert min(weeks) == surveillance.week_of_signal(disease, NOW.date()), disease


def test_the_season_of_dengue_is_no_alarm(demo):
    bands = Band.objects.within(city()).filter(disease="DENGUE")
    assert bands.filter(evaluated=True).exists()
    assert not bands.filter(alarm=True).exists()
    series = counted.series_of(city(), "DENGUE", last=THIS)
    years = series.cases[0]
    wet = [n for n, week in enumerate(series.weeks) if week.month in (1, 2, 3)]
    dry = [n for n, week in enumerate(series.weeks) if week.month in (7, 8, 9)]
    assert years[wet].sum() > 2 * max(1, years[dry].sum())


def test_six_years_stand_before_the_half_year(demo):
    series = counted.series_of(city(), "DENGUE", last=THIS)
    assert THIS - series.weeks[0] > timedelta(days=6.4 * 365)


def test_the_half_year_is_counted_as_it_would_have_been_one_by_one(demo):
    assert Statement.objects.within(ALL).count() > 50
    assert Evidence.objects.within(ALL).filter(ended_at__isnull=True).exists()
    found = counting.recount(surveillance.ACTOR, dry_run=True)
    assert (found.lines(), found.changed) == ([], 0)


def test_laboratories_that_released_nothing_in_a_week_are_named(demo):
    assert Reporting.objects.within(ALL).filter(week__lt=THIS).exists()
    weeks = counted.completeness(Scope.reach(Owner.objects.get(code="DK-NTB").id), last=THIS)
    assert all(week.reported + len(week.silent) == week.expected for week in weeks)
    assert sum(week.reported for week in weeks) > 0


def test_the_office_has_begun_to_work_on_one_of_them(demo):
    (event,) = counted.outbreaks(city())
    assert (event.disease, event.status, event.risk, event.standing) == ("KERPANG", "verified", "moderate", 16)
    assert counted.signals(city(), status="new").filter(disease="CAMPAK").exists()


def test_a_reagent_that_ran_out_pauses_its_test_and_others_only_warn(demo):
    owner = Owner.objects.get(code="MTR-00")
    standings = {one.item.name: one.standing for one in stores.shelf(Scope.of(owner.id), clock.today(owner.zone))}
    assert standings == {
        "Reagen asam urat": "out", "Reagen kolesterol": "low", "Strip urinalisis": "soon", "Reagen glukosa": "enough",
        "Tabung EDTA 3 mL": "enough",
    }  # fmt: skip
    paused = resources.capabilities(owner_id=owner.id, status="paused").filter(reason__startswith="Reagen habis")
    assert [row.test_code for row in paused] == ["AU"]


def test_a_round_of_sampling_became_orders_and_another_waits(demo):
    owner = Owner.objects.get(code=field.LAB)
    scope = Scope.of(owner.id)
    due = rounds.due(scope, *week_of(clock.today(owner.zone)), clock.today(owner.zone))
    assert {(one.plan.name, one.points, one.answered) for one in due} >= {
        ("Depot air minum, contoh", 3, 1),
        ("Kolam renang, contoh", 2, 0),
    }
    taken = [one.stop for row in due if row.visit for one in rounds.stops_of(scope, row.visit.id) if one.stop.order_id]
    assert taken
    assert all(orders.get_order(scope, stop.order_id).samples for stop in taken)


def test_cultures_stand_at_every_stage_and_interim_ones_are_replaced(demo):
    from laras.cultures.models import Culture, Statement
    from laras.reports.models import Report

    rows = list(Culture.rows.values_list("status", "order_id"))
    assert len(rows) >= 24
    assert {"inoculated", "no_growth", "growth", "tested", "final"} <= {status for status, _order in rows}
    told = Report.rows.filter(order_id__in=[order for _status, order in rows])
    assert {(row.version, row.interim) for row in told} >= {(1, True), (2, False)}
    assert Statement.rows.filter(provisional=True).exists()
