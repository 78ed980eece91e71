"""Hours of each leg and the card of each laboratory: reckoned, shown, exported."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from laras.core.models import User
from laras.referral import queries, services
from laras.referral.rules.levels import Course, Share, card, leg_hours, on_time

T0 = datetime(2026, 11, 1, tzinfo=UTC)


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def test_a_leg_begins_where_the_last_known_one_ended():
    whole = Course(at(0), at(2), at(5), at(6), at(30), at(31.5))
    assert leg_hours(whole) == {"picked_up": 2, "received": 3, "reconciled": 1, "result": 24, "reported": 1.5}
    # Without a box: nobody picked up or compared.
    assert leg_hours(Course(at(0), received=at(5), result=at(30))) == {"received": 5, "result": 25}
    # Their clock goes before ours.
    assert leg_hours(Course(at(0), picked_up=at(2), received=at(1), result=at(4))) == {"picked_up": 2, "result": 2}


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        (Course(at(0), received=at(5), result=at(29), promised_hours=24), True),
        (Course(at(0), received=at(5), result=at(29.1), promised_hours=24), False),
        (Course(at(0), received=at(5), result=at(29)), None),
        (Course(at(0), received=at(75), promised_hours=24), False),
        (Course(at(0), received=at(80), promised_hours=24), None),
        (Course(at(0), received=at(5), promised_hours=24, refusals=("clotted",)), None),
        (Course(at(0), promised_hours=24), None),
    ],
)
def test_on_time_is_judged_by_what_was_promised(course, expected):
    assert on_time(course, at(100)) is expected


def test_a_card_counts_tests_specimens_and_boxes():
    found = card(
        [
            Course(at(0), at(1), at(3), at(4), at(9), promised_hours=24, tests=2, resulted=2, amended=1, specimens=1),
            Course(at(0), at(5), at(9), at(10), tests=1, refusals=("clotted",), specimens=2, missing=1, excursion=True),
            Course(at(0), at(3), excursion=False),
        ],
        at(200),
    )
    assert (found.referrals, found.tests) == (3, 4)
    assert (found.legs["picked_up"].median, found.legs["picked_up"].longest, found.legs["picked_up"].few) == (
        3,
        5,
        True,
    )
    assert (found.legs["reported"].n, found.legs["reported"].median) == (0, None)
    assert found.on_time == Share(1, 1)
    assert (found.refused, found.reasons) == (Share(1, 4), {"clotted": 1})
    assert (found.amended, found.missing, found.excursions) == (Share(1, 2), Share(1, 3), Share(1, 2))
    assert (Share(1, 4).percent, Share(1, 4).few, Share(1, 5).few, Share(0, 0).percent) == (25, True, False, None)


@pytest.mark.django_db
def test_the_period_shows_each_laboratory_on_page_and_as_files(puskesmas, district, region, now, sign_in):
    made = puskesmas.order("GDP")
    row = puskesmas.send(district, made.id)
    begin = now.moment
    box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id)
    services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=row.number)
    now.forward(hours=2)
    services.hand_over_box(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, courier="Kurir A")
    now.forward(hours=3)
    came = queries.incoming_boxes(district.scope).get(remote=box.id)
    services.receive_box(district.counter, owner_id=district.id, box_id=came.id)
    now.forward(hours=1)
    (item,) = queries.items_of_incoming_box(district.scope, came.id)
    services.note_finding(district.counter, owner_id=district.id, box_id=came.id, scanned=item.sample_number)
    services.finish_box(district.counter, owner_id=district.id, box_id=came.id)
    there = district.accept(row).order_id
    now.forward(hours=20)
    district.perform(there, "GDP", "126")
    district.release(there)
    now.forward(hours=4)
    puskesmas.release(made.id)
    district.amend(there, "GDP", "130")
    other = puskesmas.send(region, puskesmas.order("TG").id, reason="Lebih dekat")
    region.refuse(other, "clotted")
    (near, far) = queries.scorecards(puskesmas.scope, since=begin, until=now.forward(hours=1)).cards
    assert (near.code, far.code) == ("LAB-B", "LAB-C")
    medians = {leg: hours.median for leg, hours in near.card.legs.items()}
    assert medians == {"picked_up": 2, "received": 3, "reconciled": 1, "result": 20, "reported": 4}, "amended later"
    assert (near.card.on_time, near.card.amended, near.card.promised.median) == (Share(1, 1), Share(1, 1), 24)
    assert (far.card.refused, far.card.reasons) == (Share(1, 1), {"clotted": 1})
    assert queries.scorecards(puskesmas.scope, since=begin - timedelta(days=9), until=begin).cards == ()
    assert queries.scorecards(district.scope, since=begin, until=now.moment).cards == (), "what came is not what went"

    browser = sign_in(User.objects.get(username="pkm-a-dewi"))
    address = reverse("referral:levels")
    shown = browser.get(address).content.decode()
    for text in ("Labkesmas LAB-B", "1 dari 1", "Beku (1)", "n = 1", "sedikit"):
        assert text in shown
    assert browser.get(address, {"since": "2026-11-20", "until": "2026-11-01"}).status_code == 422
    rows = list(csv.DictReader(io.StringIO(browser.get(address, {"format": "csv"}).content.decode())))
    assert [(one["kode"], one["tepat_waktu_n"], one["ditolak_n"], one["result_median_jam"]) for one in rows] == [
        ("LAB-B", "1", "0", "20.0"), ("LAB-C", "0", "1", ""),
    ]  # fmt: skip
    book = CalamineWorkbook.from_filelike(io.BytesIO(browser.get(address, {"format": "xlsx"}).content))
    assert book.get_sheet_by_index(0).to_python()[1][:2] == ["LAB-B", "Labkesmas LAB-B"]


@pytest.mark.django_db
@pytest.mark.either
def test_cards_cost_no_query_for_a_row(puskesmas, district, now, django_assert_num_queries):
    for turn in range(1, 4):
        for _more in range(turn):
            puskesmas.send(district, puskesmas.order("GDP").id)
        with django_assert_num_queries(5):
            queries.scorecards(puskesmas.scope, since=now.moment, until=now.moment + timedelta(days=1))
