"""From the puskesmas over the district to the region and back: nothing typed twice, everybody sees the same way."""

from __future__ import annotations

import pytest

from laras.core import journal
from laras.core.errors import Refused
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.orders.models import Order
from laras.people.models import Patient
from laras.referral import queries
from laras.referral.models import IncomingItem, Outgoing, OutgoingItem
from laras.referral.services import Refusal
from laras.reports import queries as reports
from laras.reports.services import withdraw_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(puskesmas, district, region, now):
    """GDP stays at the district, TG goes on to the region; answers the three orders and two referrals."""
    made = puskesmas.order("HB", "GDP", "TG", person={"nik": "5271015204900003"})
    puskesmas.perform(made.id, "HB", "12,4")
    first = puskesmas.send(district, made.id, "GDP", "TG")
    now.forward(hours=5)
    middle = district.accept(first).order
    assert district.status(middle.id) == {"GDP": "waiting", "TG": "to_refer"}
    now.forward(hours=1)
    second = district.send(region, middle.id, "TG")
    now.forward(hours=20)
    far = region.accept(second).order
    return made.order, middle, far, first, second


def line(lab, order, test):
    return next(one for one in queries.journey(lab.scope, order.id) if test in one.tests)


def told(journey):
    return [(step.what, step.lab, step.to_lab) for step in journey.steps]


WAY = [
    ("registered", "PKM-A", ""),
    ("sent", "PKM-A", "LAB-B"),
    ("received", "LAB-B", ""),
    ("sent", "LAB-B", "LAB-C"),
    ("received", "LAB-C", ""),
]


def test_every_tier_sees_the_same_way(away, puskesmas, district, region):
    origin, middle, far, _first, _second = away
    seen = [line(puskesmas, origin, "TG"), line(district, middle, "TG"), line(region, far, "TG")]
    for journey in seen:
        assert told(journey) == WAY
        assert (journey.where.lab, journey.where.next, journey.where.next_lab) == ("LAB-C", "perform", "LAB-C")
    assert seen[0].steps == seen[1].steps == seen[2].steps, "with the same times and numbers"
    assert [s.number for s in seen[0].steps if s.what in ("registered", "received")] == [
        origin.number,
        middle.number,
        far.number,
    ]
    near = line(puskesmas, origin, "GDP")
    assert told(near) == WAY[:3]
    assert (near.where.lab, near.where.next) == ("LAB-B", "perform")


def test_the_result_comes_back_through_the_middle(away, puskesmas, district, region, now):
    origin, middle, far, first, second = away
    now.forward(hours=3)
    region.perform(far.id, "TG", "188")
    assert puskesmas.results(origin.id)["TG"].status == "referred"
    report = region.release(far.id)
    here = district.results(middle.id)["TG"]
    back = puskesmas.results(origin.id)["TG"]
    for view in (here, back):
        assert (view.status, view.number, view.unit) == ("validated", 188, "mg/dL")
        assert (view.performer_id, view.performer_name) == (region.id, "Labkesmas LAB-C")
        assert view.performer_report == report.number
    assert reports.current(district.scope, middle.id) is None, "the district had to type and release nothing"
    journey = line(puskesmas, origin, "TG")
    assert told(journey) == [*WAY, ("reported", "LAB-C", ""), ("returned", "LAB-B", "")]
    assert (journey.where.lab, journey.where.next) == ("PKM-A", "report")
    assert district.outgoing(second).status == "completed"
    assert puskesmas.outgoing(first).status == "accepted", "GDP is still away"

    now.forward(hours=1)
    district.perform(middle.id, "GDP", "99")
    district.release(middle.id)
    assert puskesmas.outgoing(first).status == "completed"
    final = puskesmas.release(origin.id)
    assert final.interim is False
    assert line(puskesmas, origin, "TG").where.next == "done"
    document = reports.document(final)
    shown = {row.test: row.laboratory for row in document.rows}
    assert sum(1 for key in shown.values() if key) == 2
    assert {lab.name for lab in document.laboratories if lab.key} >= {"Labkesmas LAB-B", "Labkesmas LAB-C"}
    checked = queries.check()
    assert (checked.referrals, checked.under_way, checked.contradictions) == (2, 0, ())


def test_each_laboratory_has_its_own_patient_and_order(away, puskesmas, district, region):
    origin, middle, far, _first, _second = away
    assert {o.owner_id for o in (origin, middle, far)} == {puskesmas.id, district.id, region.id}
    assert Order.rows.count() == Patient.rows.count() == 3
    assert Patient.rows.values("nik").distinct().count() == 1


def test_an_amended_result_goes_all_the_way(away, puskesmas, district, region, now):
    origin, middle, far, _first, _second = away
    region.perform(far.id, "TG", "188")
    region.release(far.id)
    now.forward(hours=1)
    region.amend(far.id, "TG", "118")
    for lab, order in ((district, middle), (puskesmas, origin)):
        view = lab.results(order.id)["TG"]
        assert (view.number, view.revision, view.performer_id) == (118, 1, region.id)
    assert list(IncomingItem.rows.filter(test_code="TG").values_list("reported_revision", flat=True)) == [2, 2]
    assert {row["status"] for row in IncomingItem.rows.filter(test_code="TG").values_list("reported", flat=True)} == {
        "amended"
    }
    assert queries.check().contradictions == ()


@pytest.mark.parametrize("value", ["188", "118"])
def test_a_withdrawn_report_holds_the_value_everywhere(away, puskesmas, district, region, now, value):
    origin, middle, far, _first, _second = away
    region.perform(far.id, "TG", "188")
    report = region.release(far.id)
    district.perform(middle.id, "GDP", "99")
    district.release(middle.id)
    now.forward(hours=1)
    withdraw_report(region.doctor, owner_id=region.id, report_id=report.id, reason="Sampel tertukar")
    for lab, order in ((district, middle), (puskesmas, origin)):
        view = lab.results(order.id)["TG"]
        assert [hold.reason for hold in view.holds] == [f"LHU {report.number} ditarik oleh Labkesmas LAB-C"]
        assert lab.results(order.id)["GDP"].holds == ()
    with pytest.raises(Refused, match="ditarik"):
        puskesmas.release(origin.id)
    now.forward(hours=1)
    region.amend(far.id, "TG", value, reason="Diulang dengan sampel yang benar")
    for lab, order in ((district, middle), (puskesmas, origin)):
        view = lab.results(order.id)["TG"]
        assert (view.number, view.holds) == (int(value), ())
    assert puskesmas.release(origin.id).interim is False
    assert queries.check().contradictions == ()


def test_the_district_s_own_report_tells_the_puskesmas_nothing_twice(away, puskesmas, district, region, now):
    origin, middle, far, first, _second = away
    region.perform(far.id, "TG", "188")
    region.release(far.id)
    before = OutgoingItem.rows.get(referral=first, test_code="TG").result_revision
    now.forward(hours=1)
    district.perform(middle.id, "GDP", "99")
    district.release(middle.id)
    assert OutgoingItem.rows.get(referral=first, test_code="TG").result_revision == before == 1
    assert puskesmas.results(origin.id)["TG"].revision == 0


def test_refused_at_the_top_is_seen_at_the_bottom(away, puskesmas, district, region, now):
    origin, middle, _far, first, second = away
    now.forward(hours=1)
    region.refuse(second, "hemolysed")
    assert district.status(middle.id)["TG"] == "to_refer"
    assert puskesmas.status(origin.id)["TG"] == "referred", "it is still the district's to find another way"
    for lab, order in ((puskesmas, origin), (district, middle)):
        journey = line(lab, order, "TG")
        assert told(journey)[-1] == ("refused", "LAB-C", "")
        assert (journey.where.lab, journey.where.next) == ("LAB-B", "refer_again")
    assert puskesmas.outgoing(first).status == "accepted"
    assert queries.check().contradictions == ()


def test_a_different_way_after_a_refusal(away, puskesmas, district, region, make_lab, now):
    origin, middle, _far, _first, second = away
    other = make_lab("LAB-D", 5, "TG")
    now.forward(hours=1)
    region.refuse(second, "paused")
    now.forward(hours=1)
    third = district.send(other, middle.id, "TG")
    now.forward(hours=9)
    last = other.accept(third).order
    other.perform(last.id, "TG", "150")
    other.release(last.id)
    view = puskesmas.results(origin.id)["TG"]
    assert (view.number, view.performer_name) == (150, "Labkesmas LAB-D")
    assert [s.lab for s in line(puskesmas, origin, "TG").steps if s.what in ("received", "refused")] == [
        "LAB-B",
        "LAB-C",
        "LAB-C",
        "LAB-D",
    ]
    assert queries.check().contradictions == ()


def test_part_goes_on_and_part_is_refused_at_the_top(puskesmas, district, region):
    region.can("HDL")
    made = puskesmas.order("TG", "HDL")
    first = puskesmas.send(district, made.id)
    middle = district.accept(first).order
    second = district.send(region, middle.id)
    region.accept(second, refuse={"HDL": Refusal("insufficient")})
    assert district.status(middle.id) == {"TG": "referred", "HDL": "to_refer"}
    ways = {journey.tests: journey.where.lab for journey in queries.journey(puskesmas.scope, made.id)}
    assert ways == {("TG",): "LAB-C", ("HDL",): "LAB-B"}


def test_the_journals_hold(away, puskesmas, district, region):
    for lab in (puskesmas, district, region):
        verdict = journal.verify(Owner.objects.get(id=lab.id))
        assert verdict.whole, verdict
        assert verdict.entries > 5


def test_ageing_and_counts(away, puskesmas, district, region, now):
    origin, _middle, _far, first, second = away
    late = puskesmas.order("CHOL", person={"full_name": "Lalu Wirajaya", "sex": "L"})
    third = puskesmas.send(district, late.id, "CHOL")
    now.forward(days=3)
    rows = queries.ageing(puskesmas.scope)
    assert [(r.kind, r.number, r.days, r.overdue) for r in rows] == [
        ("unfinished", first.number, 3, True),
        ("unanswered", third.number, 3, True),
    ]
    rows = {r.number: r for r in queries.ageing(district.scope)}
    assert rows[third.number].kind == "undecided"
    assert rows[third.number].overdue
    assert rows[second.number].kind == "unfinished"
    # Three days, where one was promised.
    assert (rows[first.number].kind, rows[first.number].overdue) == ("owed", True)
    counted = queries.counts(district.scope)
    assert (counted.to_decide, counted.under_way, counted.unanswered) == (1, 1, 0)
    assert queries.counts(Scope.of(region.id)).to_decide == 0
    assert Outgoing.rows.count() == 3
    assert queries.journey(puskesmas.scope, late.id)[0].where.next_lab == "LAB-B"
    assert origin.owner_id == puskesmas.id


def test_urgent_ones_are_decided_first(puskesmas, district, now):
    people = [("Lalu Wirajaya", "routine"), ("Baiq Ratnasari", "urgent"), ("Made Suarsana", "outbreak")]
    for name, urgency in people:
        made = puskesmas.order("GDP", person={"full_name": name}, urgency=urgency)
        puskesmas.send(district, made.id)
        now.forward(hours=1)
    assert [row.urgency for row in queries.to_decide(district.scope)] == ["outbreak", "urgent", "routine"]


def test_a_scan_finds_the_referral(puskesmas, district, region):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    sample = made.samples[0].number
    for text in (sent.number, sample, f"  {sample.lower()} "):
        assert [row.remote for row in queries.find_by_number(district.scope, text)] == [sent.id]
    assert queries.find_by_number(region.scope, sent.number) == []
    assert queries.find_by_number(district.scope, "") == []
