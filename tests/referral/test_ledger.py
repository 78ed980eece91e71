"""Agreements of two laboratories, and what they owe each other for referred tests."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations
from uuid import uuid4

import pytest
from click.testing import CliRunner
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from laras.cli.network import network
from laras.core.actor import system_actor
from laras.core.errors import Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry, User
from laras.core.scope import Scope
from laras.referral import queries, rules, services
from laras.referral.jobs import book_earlier_results
from laras.referral.models import (
    IncomingItem,
    LabAgreement,
    LedgerEntry,
    LedgerObjection,
    OutgoingItem,
    PaperPartner,
)
from laras.referral.rules import Sums, Terms
from laras.referral.services import Refusal
from laras.referral.types import AgreementNews, Price, ReportedResult
from laras.resources.models import Capability

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("job:uji")
DAY = date(2026, 11, 16)


# --- Rules ------------------------------------------------------------------------------------------------------------


def terms(number="P-1", **more):
    return Terms(number, more.pop("first", date(2026, 1, 1)), **more)


@pytest.mark.parametrize(
    ("agreements", "payer", "expected"),
    [
        ([], "", Price(9000, "tariff")),
        ([terms()], "", Price(9000, "agreement", "P-1")),
        ([terms(prices={"GDP": 7000})], "", Price(7000, "agreement", "P-1")),
        ([terms(every=False, prices={"TG": 7000})], "", Price(9000, "tariff")),
        ([terms(every=False, prices={"GDP": None})], "", Price(9000, "agreement", "P-1")),
        # Its first and last day count.
        ([terms(first=DAY, last=DAY, prices={"GDP": 1})], "", Price(1, "agreement", "P-1")),
        ([terms(last=date(2026, 11, 15), prices={"GDP": 1})], "", Price(9000, "tariff")),
        ([terms(first=date(2026, 11, 17), prices={"GDP": 1})], "", Price(9000, "tariff")),
        # One of this payer, then one that names the test, then the newest.
        ([terms("P-2", payer="bpjs", prices={"GDP": 5}), terms(prices={"GDP": 6})], "bpjs", Price(5, "agreement", "P-2")),
        ([terms("P-2", payer="bpjs", prices={"GDP": 5}), terms(prices={"GDP": 6})], "self", Price(6, "agreement", "P-1")),
        ([terms("P-2", first=DAY), terms(prices={"GDP": 6})], "", Price(6, "agreement", "P-1")),
        (
            [terms("P-2", first=DAY, prices={"GDP": 5}), terms(prices={"GDP": 6})], "",
            Price(5, "agreement", "P-2"),
        ),
    ],
)  # fmt: skip
def test_the_price_of_a_day(agreements, payer, expected):
    assert rules.price_of(agreements, "GDP", DAY, payer=payer, tariff=9000) == expected
    assert rules.price_of(reversed(agreements), "GDP", DAY, payer=payer, tariff=9000) == expected


def test_nobody_knows_a_price():
    assert rules.price_of([], "GDP", DAY) == Price()
    assert rules.price_of([terms()], "GDP", DAY) == Price(None, "unknown", "P-1")
    assert rules.price_of([], "GDP", DAY, tariff=5, on_paper=True) == Price(5, "paper")


def test_only_what_was_final_once_is_owed():
    at, first = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 18, tzinfo=UTC)
    final = ReportedResult(1, "final", uuid4(), "L", "L", {}, reported_at=at)
    assert rules.owed_since(final) == at
    assert rules.owed_since(replace(final, status="amended", final_at=first)) == first
    assert rules.owed_since(replace(final, withdrawn=True, final_at=first)) == first
    assert rules.owed_since(replace(final, withdrawn=True)) is None
    assert rules.owed_since(replace(final, status="interim")) is None


@given(st.lists(st.tuples(st.none() | st.integers(0, 10**9), st.booleans())))
def test_sums_add_up(entries):
    found = rules.sums(entries)
    assert found.amount == sum(price or 0 for price, _settled in entries)
    assert found.open_amount == sum(price or 0 for price, settled in entries if not settled)
    assert (found.count, found.unknown) == (len(entries), [price for price, _settled in entries].count(None))
    half = len(entries) // 2
    assert rules.sums(entries[:half]) + rules.sums(entries[half:]) == found


# --- Agreements -------------------------------------------------------------------------------------------------------


@pytest.fixture
def head(make_actor):
    def make(lab):
        return make_actor(f"{lab.owner.code.lower()}-kepala", lab.owner, "head")

    return make


@pytest.fixture
def heads(head, puskesmas, district):
    return head(puskesmas), head(district)


def propose(actor, lab, other, **more):
    given = {"number": "PKS-7", "performs_here": False, "valid_from": date(2026, 1, 1), "prices": {"GDP": 7000}} | more
    return services.propose_agreement(actor, owner_id=lab.id, code=other.owner.code, **given)


def there(lab):
    return LabAgreement.rows.get(owner=lab.owner)


def agree(heads, puskesmas, district, **more):
    row = propose(heads[0], puskesmas, district, **more)
    services.answer_agreement(heads[1], owner_id=district.id, agreement_id=there(district).id, accepted=True)
    row.refresh_from_db()
    return row


def test_one_proposes_and_the_other_accepts(heads, puskesmas, district):
    row = propose(heads[0], puskesmas, district, terms="Bayar tiap bulan", valid_until=date(2027, 12, 31))
    offered = there(district)
    assert (row.status, offered.status) == ("proposed", "proposed")
    assert (offered.performs_here, offered.proposed_here, offered.prices, offered.terms) == (
        True, False, {"GDP": 7000}, "Bayar tiap bulan",
    )  # fmt: skip
    assert queries.agreements_to_answer(district.scope) == 1
    assert queries.agreements_to_answer(puskesmas.scope) == 0
    # Nothing is agreed until both did.
    made = {"performer_id": district.id, "partner_id": district.id, "tests": ["GDP"], "day": DAY}
    assert queries.reckon(puskesmas.id, **made)["GDP"] == Price(10000, "tariff")
    services.answer_agreement(heads[1], owner_id=district.id, agreement_id=offered.id, accepted=True, note="Setuju")
    row.refresh_from_db()
    assert (row.status, row.their_note, there(district).status) == ("active", "Setuju", "active")
    assert queries.reckon(puskesmas.id, **made)["GDP"] == Price(7000, "agreement", "PKS-7")
    mine = queries.reckon(district.id, performer_id=district.id, partner_id=puskesmas.id, tests=["GDP", "TG"], day=DAY)
    assert mine == {"GDP": Price(7000, "agreement", "PKS-7"), "TG": Price(None, "unknown", "PKS-7")}
    # It is for what the district does, not for the other way.
    other = queries.reckon(district.id, performer_id=puskesmas.id, partner_id=puskesmas.id, tests=["HB"], day=DAY)
    assert other["HB"].source == "tariff"
    services.end_agreement(
        heads[1], owner_id=district.id, agreement_id=offered.id, last_day=DAY, reason="Tarif baru berlaku"
    )
    row.refresh_from_db()
    assert (row.status, row.last_day, there(district).last_day) == ("ended", DAY, DAY)
    assert queries.reckon(puskesmas.id, **made)["GDP"].source == "agreement", "its last day"
    assert queries.reckon(puskesmas.id, **made | {"day": date(2026, 11, 17)})["GDP"].source == "tariff"


def test_refused_and_withdrawn(heads, puskesmas, district):
    row = propose(heads[0], puskesmas, district)
    with pytest.raises(Refused, match="alasan"):
        services.answer_agreement(heads[1], owner_id=district.id, agreement_id=there(district).id, accepted=False)
    services.answer_agreement(
        heads[1], owner_id=district.id, agreement_id=there(district).id, accepted=False, note="Terlalu murah"
    )
    row.refresh_from_db()
    assert (row.status, row.their_note) == ("refused", "Terlalu murah")
    again = propose(heads[0], puskesmas, district)
    services.withdraw_agreement(heads[0], owner_id=puskesmas.id, agreement_id=again.id)
    gone = LabAgreement.rows.get(owner=district.owner, shared=again.shared)
    assert gone.status == "withdrawn"
    with pytest.raises(Refused, match="ditarik"):
        services.answer_agreement(heads[1], owner_id=district.id, agreement_id=gone.id, accepted=True)
    with pytest.raises(MoveRefused):
        services.end_agreement(
            heads[0], owner_id=puskesmas.id, agreement_id=again.id, last_day=DAY, reason="Tidak berlaku"
        )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": " "}, "number"),
        ({"valid_until": date(2025, 1, 1)}, "valid_until"),
        ({"payer": "orang"}, "payer"),
        ({"prices": {"TIDAKADA": 1}}, "prices"),
        ({"prices": {"GDP": -1}}, "prices"),
        ({"prices": {}, "every": False}, "prices"),
    ],
)
def test_what_cannot_be_agreed(heads, puskesmas, district, wrong, field):
    with pytest.raises(Refused) as refused:
        propose(heads[0], puskesmas, district, **wrong)
    assert [one.field for one in refused.value.problems] == [field]
    assert not LabAgreement.rows.exists()


def test_who_may_not(heads, puskesmas, district):
    with pytest.raises(Forbidden):
        propose(puskesmas.counter, puskesmas, district)
    row = propose(heads[0], puskesmas, district)
    with pytest.raises(NotFound):
        services.answer_agreement(heads[1], owner_id=district.id, agreement_id=row.id, accepted=True)
    with pytest.raises(Refused, match="sudah ada"):
        propose(heads[0], puskesmas, district)


def words(puskesmas, district):
    """An agreement's three messages to the district: proposed, withdrawn, and the answer of somebody unknown."""
    news = AgreementNews("PKS-9", district.id, date(2026, 1, 1), "proposed", prices={"GDP": 5, "TG": "gratis"})
    return [(1, news), (2, replace(news, stance="withdrawn")), (3, replace(news, stance="proposed"))]


def test_messages_come_in_any_order_and_twice(puskesmas, district):
    ends = set()
    for order in permutations(words(puskesmas, district)):
        shared = uuid4()
        for revision, news in [*order, *order]:
            services.hear_agreement(
                SYSTEM, owner_id=district.id, sender_id=puskesmas.id, shared=shared, revision=revision, news=news
            )
        row = LabAgreement.rows.get(owner=district.owner, shared=shared)
        ends.add((row.status, row.heard_revision, str(row.prices)))
    assert ends == {("proposed", 3, "{'GDP': 5}")}


def test_a_stranger_changes_nothing(heads, puskesmas, district, region):
    row = propose(heads[0], puskesmas, district)
    news = AgreementNews("PKS-7", district.id, date(2026, 1, 1), "accepted")
    said = {"owner_id": puskesmas.id, "shared": row.shared, "revision": 5, "news": news}
    assert not services.hear_agreement(SYSTEM, sender_id=region.id, **said)
    assert not services.hear_agreement(SYSTEM, sender_id=region.id, **said | {"shared": uuid4()})
    # Neither of the two does the tests.
    foreign = replace(news, stance="proposed", performer=uuid4())
    assert not services.hear_agreement(SYSTEM, sender_id=region.id, **said | {"shared": uuid4(), "news": foreign})
    row.refresh_from_db()
    assert row.status == "proposed"


def test_an_acceptance_that_crosses_a_withdrawal_holds_at_both_ends():
    assert rules.standing("withdrawn", "accepted", False) == "active"
    assert rules.standing("withdrawn", "refused", False) == "refused"
    assert rules.standing("withdrawn", "", False) == "withdrawn"
    assert rules.standing("proposed", "accepted", True) == "ended"


# --- The ledger -------------------------------------------------------------------------------------------------------


def entries(lab):
    rows = LedgerEntry.rows.filter(owner=lab.owner).order_by("test_code", "side")
    return [(row.side, row.partner.code, row.test_code, row.price, row.price_source) for row in rows]


def test_each_end_writes_what_was_done_once(heads, puskesmas, district, now):
    agree(heads, puskesmas, district)
    made = puskesmas.order("GDP", "CHOL")
    row = puskesmas.send(district, made.id)
    order = district.accept(row).order
    Capability.rows.filter(owner=district.owner).update(price=99_000)
    district.perform(order.id, "GDP", "120")
    district.release(order.id, interim=True)
    assert LedgerEntry.rows.count() == 0, "a report in between is not owed"
    district.perform(order.id, "CHOL", "200")
    now.forward(days=1)
    district.release(order.id)
    assert entries(puskesmas) == [
        ("payable", "LAB-B", "CHOL", 10000, "agreement"),
        ("payable", "LAB-B", "GDP", 7000, "agreement"),
    ]
    assert entries(district) == [("receivable", "PKM-A", *rest) for _side, _code, *rest in entries(puskesmas)]
    now.forward(days=20)
    district.amend(order.id, "GDP", "126")
    assert LedgerEntry.rows.count() == 4, "mended results cost nothing more"
    assert {one.owed_on for one in LedgerEntry.rows.all()} == {date(2026, 11, 17)}
    assert queries.check().contradictions == ()
    rows = JournalEntry.rows.filter(event="referral.entries_booked").values_list("payload", flat=True)
    booked = [json.loads(payload) for payload in rows]
    assert sorted((one["side"], one["entries"], one["amount"]) for one in booked) == [
        ("payable", 2, 17000), ("receivable", 2, 17000),
    ]  # fmt: skip


def test_what_was_not_done_costs_nothing(puskesmas, district):
    made = puskesmas.order("GDP", "CHOL")
    row = puskesmas.send(district, made.id)
    order = district.accept(row, {"CHOL": Refusal("insufficient")}).order
    district.perform(order.id, "GDP", "120")
    district.release(order.id)
    assert [one[2] for one in entries(puskesmas)] == ["GDP"]
    assert [one[2] for one in entries(district)] == ["GDP"]


def test_each_leg_owes_its_next(puskesmas, district, region):
    made = puskesmas.order("TG")
    first = puskesmas.send(district, made.id)
    middle = district.accept(first).order
    second = district.send(region, middle.id)
    far = region.accept(second).order
    region.perform(far.id, "TG", "150")
    region.release(far.id)
    # The district publishes no price for what it does not do itself.
    assert entries(puskesmas) == [("payable", "LAB-B", "TG", None, "unknown")]
    assert entries(district) == [
        ("payable", "LAB-C", "TG", 10000, "tariff"), ("receivable", "PKM-A", "TG", None, "unknown"),
    ]  # fmt: skip
    assert entries(region) == [("receivable", "LAB-B", "TG", 10000, "tariff")]
    assert queries.check().contradictions == ()


def test_a_result_in_between_of_a_further_laboratory_is_not_owed_until_it_is_final(puskesmas, district, region):
    made = puskesmas.order("TG", "CHOL")
    first = puskesmas.send(region, made.id, reason="Tidak ada di kabupaten")
    order = region.accept(first).order
    region.perform(order.id, "TG", "150")
    region.release(order.id, interim=True)
    assert LedgerEntry.rows.count() == 0
    region.perform(order.id, "CHOL", "210")
    region.release(order.id)
    assert len(entries(region)) == len(entries(puskesmas)) == 2


def done(puskesmas, district):
    made = puskesmas.order("GDP")
    order = district.accept(puskesmas.send(district, made.id)).order
    district.perform(order.id, "GDP", "120")
    district.release(order.id)


def test_the_check_finds_books_that_differ(puskesmas, district):
    done(puskesmas, district)
    LedgerEntry.rows.filter(owner=puskesmas.owner).update(price=1)
    (found,) = queries.check().contradictions
    assert (found.sender_says, found.receiver_says) == ("1 2026-11-16", "10000 2026-11-16")
    LedgerEntry.rows.filter(owner=district.owner).delete()
    (found,) = queries.check().contradictions
    assert (found.what.split()[0], found.receiver_says) == ("ledger", "-")


def test_results_of_before_enter_the_books_without_a_price(puskesmas, district):
    done(puskesmas, district)
    LedgerEntry.rows.all().delete()
    OutgoingItem.rows.update(price=None, price_source="")
    IncomingItem.rows.update(price=None, price_source="")
    assert book_earlier_results() == 2
    assert book_earlier_results() == 0
    assert entries(puskesmas) == [("payable", "LAB-B", "GDP", None, "unknown")]
    assert entries(district) == [("receivable", "PKM-A", "GDP", None, "unknown")]
    assert queries.check().contradictions == ()


def test_a_price_that_changed_on_the_way_is_shown_beside_the_one_accepted(puskesmas, district):
    made = puskesmas.order("GDP")
    row = puskesmas.send(district, made.id)
    Capability.rows.filter(owner=district.owner).update(price=12_000)
    order = district.accept(row).order
    district.perform(order.id, "GDP", "120")
    district.release(order.id)
    here = LedgerEntry.rows.get(owner=district.owner)
    assert (here.price, here.own_price) == (10_000, 12_000)


def settle(actor, lab, partner, **more):
    rows = LedgerEntry.rows.filter(owner=lab.owner)
    given = {"entry_ids": [row.id for row in rows], "settled_on": DAY, "number": "BKU-12"} | more
    return services.settle_entries(actor, owner_id=lab.id, partner_id=partner.id, **given)


def test_settled_on_one_side_and_objected_to_on_the_other(heads, puskesmas, district):
    done(puskesmas, district)
    assert settle(heads[0], puskesmas, district) == 1
    row = LedgerEntry.rows.get(owner=puskesmas.owner)
    assert (row.settled_on, row.settled_number) == (DAY, "BKU-12")
    assert LedgerEntry.rows.get(owner=district.owner).settled_on is None, "each marks its own books"
    with pytest.raises(Refused, match="sudah ditandai"):
        settle(heads[0], puskesmas, district)
    with pytest.raises(NotFound):
        settle(heads[1], district, puskesmas, entry_ids=[row.id])
    with pytest.raises(Forbidden):
        settle(puskesmas.counter, puskesmas, district)
    with pytest.raises(Refused, match="belum terjadi"):
        settle(heads[1], district, puskesmas, settled_on=date(2026, 12, 1))
    ids = {"owner_id": puskesmas.id, "partner_id": district.id, "entry_ids": [row.id]}
    assert services.reopen_entries(heads[0], **ids) == 1
    with pytest.raises(Refused):
        services.reopen_entries(heads[0], **ids)
    services.object_to_entry(heads[0], owner_id=puskesmas.id, entry_id=row.id, text="Sudah dibayar tunai")
    (line,) = queries.ledger_entries(district.scope, DAY)
    assert (line.objection, line.their_objection) == ("", "Sudah dibayar tunai")
    assert queries.ledger_month(district.scope, DAY)[0].objections == 1
    services.object_to_entry(heads[0], owner_id=puskesmas.id, entry_id=row.id, text="")
    assert queries.ledger_month(district.scope, DAY)[0].objections == 0
    assert set(LedgerObjection.rows.values_list("revision", "text")) == {(2, "")}


# --- Screens and commands ---------------------------------------------------------------------------------------------


def test_the_month_on_its_pages(sign_in, heads, puskesmas, district, django_assert_max_num_queries):
    agree(heads, puskesmas, district)
    done(puskesmas, district)
    browser = sign_in(User.objects.get(username="lab-b-kepala"))
    shown = browser.get(reverse("referral:ledger")).content.decode()
    assert "Labkesmas PKM-A" in shown
    assert "Rp7.000" in shown
    address = reverse("referral:ledger_partner", args=[puskesmas.id])
    with django_assert_max_num_queries(40):
        shown = browser.get(address).content.decode()
    assert "PKS PKS-7" in shown
    row = LedgerEntry.rows.get(owner=district.owner)
    told = {"action": "settle", "entries": [row.id], "settled_on": "2026-11-16", "number": "K-3", "form_key": "a1"}
    answer = browser.post(reverse("referral:settle_entries", args=[puskesmas.id]), told)
    assert (answer.status_code, answer.url) == (303, address)
    assert "K-3" in browser.get(address).content.decode()
    empty = browser.post(
        reverse("referral:settle_entries", args=[puskesmas.id]), told | {"entries": [], "form_key": "a2"}
    )
    assert empty.status_code == 422
    said = browser.post(reverse("referral:object_to_entry", args=[row.id]), {"text": "Harga salah", "form_key": "a3"})
    assert said.status_code == 303
    file = browser.get(reverse("referral:ledger"), {"format": "csv", "bulan": "2026-11"})
    (line,) = csv.DictReader(io.StringIO(file.content.decode()))
    assert (line["arah"], line["harga"], line["nomor_pks"], line["lunas_nomor"], line["keberatan_kami"]) == (
        "receivable", "7000", "PKS-7", "K-3", "Harga salah",
    )  # fmt: skip
    assert browser.get(reverse("referral:ledger_partner", args=[district.id])).status_code == 404


def test_an_agreement_on_its_pages(sign_in, heads, puskesmas, district):
    browser = sign_in(User.objects.get(username="pkm-a-kepala"))
    given = {"code": "LAB-B", "number": "PKS-8", "performs_here": "no", "valid_from": "2026-01-01", "every": "yes"}
    wrong = browser.post(reverse("referral:propose_agreement"), given | {"prices": "GDP tujuh ribu", "form_key": "b1"})
    assert wrong.status_code == 422
    assert "Baris 1" in wrong.content.decode()
    answer = browser.post(
        reverse("referral:propose_agreement"), given | {"prices": "gdp 7.000\nCHOL", "form_key": "b2"}
    )
    assert answer.status_code == 303
    assert LabAgreement.rows.get(owner=puskesmas.owner).prices == {"GDP": 7000, "CHOL": None}
    assert "PKS-8" in browser.get(reverse("referral:agreements")).content.decode()
    browser = sign_in(User.objects.get(username="lab-b-kepala"))
    offered = there(district)
    shown = browser.get(reverse("referral:lab_agreement", args=[offered.id])).content.decode()
    assert "Setujui…" in shown
    assert "Rp7.000" in shown
    browser.post(reverse("referral:accept_agreement", args=[offered.id]), {"form_key": "b3"})
    assert there(district).status == there(puskesmas).status == "active"
    assert browser.get(reverse("referral:lab_agreement", args=[there(puskesmas).id])).status_code == 404


def test_the_command(puskesmas, district):
    done(puskesmas, district)
    answer = CliRunner().invoke(network, ["ledger", "--lab", "LAB-B", "--month", "2026-11", "--json"])
    said = json.loads(answer.stdout)
    assert said["partners"][0]["partner"] == "PKM-A"
    assert said["partners"][0]["balance"] == said["total"]["receivable"]["amount"] == 10000
    assert CliRunner().invoke(network, ["ledger", "--lab", "LAB-B", "--month", "nov"]).exit_code != 0


# --- Routing knows it -------------------------------------------------------------------------------------------------


def ranked(lab, *tests, **how):
    return {one.code: one for one in queries.Router(lab.id, tests).rank([queries.Wanted(one) for one in tests], **how)}


def test_routing_reckons_with_the_agreed_price(heads, puskesmas, district, region):
    before = ranked(puskesmas, "GDP", "CHOL")
    agree(heads, puskesmas, district, prices={"GDP": 5000})
    after = ranked(puskesmas, "GDP", "CHOL")
    assert (before["LAB-B"].price, after["LAB-B"].price, after["LAB-C"].price) == (20000, 15000, 20000)
    said = [reason.text for reason in after["LAB-B"].reasons]
    assert "harga PKS Rp15.000" in said
    assert "ada PKS yang berlaku (PKS-7)" in said
    assert after["LAB-B"].score == pytest.approx(before["LAB-B"].score - 6 - 0.2, abs=0.11)


def test_a_payer_that_demands_an_agreement(heads, puskesmas, district, region):
    agree(heads, puskesmas, district)
    services.set_demand(heads[0], owner_id=puskesmas.id, payer="bpjs", demand="must")
    found = ranked(puskesmas, "GDP", payer="bpjs")
    assert found["LAB-B"].offered
    assert found["LAB-C"].refused.code == "no_agreement"
    assert "BPJS Kesehatan" in found["LAB-C"].refused.text
    assert ranked(puskesmas, "GDP", payer="self")["LAB-C"].offered
    assert ranked(puskesmas, "GDP", payer="bpjs", outbreak=True)["LAB-C"].offered
    made = puskesmas.order("GDP", payer="bpjs")
    with pytest.raises(Refused, match="meminta PKS"):
        puskesmas.send(region, made.id, reason="Ingin ke sana")
    services.set_demand(heads[0], owner_id=puskesmas.id, payer="bpjs", demand="prefer")
    found = ranked(puskesmas, "GDP", payer="bpjs")
    assert found["LAB-C"].offered
    assert found["LAB-C"].score == pytest.approx(ranked(puskesmas, "GDP")["LAB-C"].score + 240, abs=0.11)
    assert sum(reason.hours for reason in found["LAB-C"].reasons) == pytest.approx(found["LAB-C"].score, abs=0.2)
    services.set_demand(heads[0], owner_id=puskesmas.id, payer="bpjs", demand="")
    assert queries.demands(puskesmas.scope) == {}


def test_with_a_laboratory_on_paper_nobody_has_to_accept(heads, puskesmas, make_owner):
    hospital = make_owner("RS-X", name="RS X", tier=None, zone="Asia/Makassar")
    PaperPartner.rows.create(owner=puskesmas.owner, partner=hospital)
    row = services.propose_agreement(
        heads[0], owner_id=puskesmas.id, code="RS-X", number="PKS-K", performs_here=False, valid_from=DAY
    )
    assert row.status == "active"
    assert not LabAgreement.rows.filter(owner=hospital).exists()
    assert queries.terms_by_partner(Scope.of(puskesmas.id), performs_here=False)[hospital.id][0].number == "PKS-K"
    assert Sums() == rules.sums([])
