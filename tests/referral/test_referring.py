"""Sending, accepting, refusing, cancelling and reporting between two laboratories, through the journal."""

from __future__ import annotations

import pytest

from laras.core.errors import Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.orders import services as orders
from laras.orders.models import Custody, Order, OrderLine, RequestedTest, Sample
from laras.people.models import Patient
from laras.people.services import SamePerson
from laras.referral import queries, services
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem
from laras.referral.services import Refusal

pytestmark = pytest.mark.django_db

NIK = "5271015204900003"
SITI = {"nik": NIK, "full_name": "Siti Aminah"}


def agree():
    checked = queries.check()
    assert checked.contradictions == ()
    assert checked.under_way == 0
    return checked.referrals


def asked_tests(order):
    return list(RequestedTest.rows.filter(order=order).order_by("position").values_list("test_code", flat=True))


def test_a_test_goes_and_its_result_comes_back(puskesmas, district, now):
    made = puskesmas.order("HB", "GDP", person=SITI)
    assert puskesmas.status(made.id) == {"HB": "waiting", "GDP": "to_refer"}
    sent = puskesmas.send(district, made.id, "GDP", courier="Ambulans", temperature="2-8 °C")
    assert sent.number.startswith("PKM-A-261116-R0001-")
    assert puskesmas.status(made.id)["GDP"] == "referred"

    came = district.incoming(sent)
    assert (came.status, came.urgency) == ("announced", "routine")
    assert came.body["person"]["nik"] == NIK
    assert Custody.rows.filter(action="sent", place="Labkesmas LAB-B").count() == 1

    now.forward(hours=5)
    came = district.accept(sent, condition="Baik")
    order = came.order
    assert (order.source, order.origin, order.number[:6]) == ("referral", sent.id, "LAB-B-")
    sample = Sample.rows.get(order=order)
    assert (sample.external_number, sample.status) == (made.samples[1].number, "received")
    patient = order.patient
    assert (patient.nik, patient.owner_id, patient.full_name) == (NIK, district.id, "Siti Aminah")
    assert patient.id != made.order.patient_id
    assert RequestedTest.rows.get(order=order).origin == OutgoingItem.rows.get().id
    assert "person" not in came.body, "whom it is of stays in our own patient only"
    sent = puskesmas.outgoing(sent)
    assert (sent.status, sent.remote_order) == ("accepted", order.number)
    assert district.status(order.id) == {"GDP": "waiting"}

    now.forward(hours=2)
    district.perform(order.id, "GDP", "126")
    assert puskesmas.results(made.id)["GDP"].status == "referred", "nothing leaves before the report"
    report = district.release(order.id)
    view = puskesmas.results(made.id)["GDP"]
    assert (view.status, view.number, view.unit) == ("validated", 126, "mg/dL")
    assert (view.performer_id, view.performer_name) == (district.id, "Labkesmas LAB-B")
    assert view.performer_report == report.number
    assert [step["what"] for step in view.journey] == ["received", "reported"]
    assert puskesmas.outgoing(sent).status == "completed"
    assert district.incoming(sent).status == "completed"
    assert agree() == 1


def test_what_travels_is_sealed(puskesmas, district):
    made = puskesmas.order("GDP", person=SITI)
    puskesmas.send(district, made.id)
    entry = JournalEntry.rows.get(event="referral.sent")
    assert NIK.encode() not in bytes(entry.payload)
    assert b"Aminah" not in bytes(entry.payload)
    assert entry.recipient_id == district.id


def test_part_is_refused_with_its_reason(puskesmas, district, region):
    made = puskesmas.order("GDP", "CHOL")
    sent = puskesmas.send(district, made.id)
    came = district.accept(sent, refuse={"CHOL": Refusal("insufficient", "hanya 0,5 mL")})
    assert asked_tests(came.order) == ["GDP"]
    views = puskesmas.results(made.id)
    assert views["GDP"].status == "referred"
    assert views["CHOL"].status == "to_refer"
    assert views["CHOL"].return_reason == "Labkesmas LAB-B: Volume kurang: hanya 0,5 mL"
    item = OutgoingItem.rows.get(test_code="CHOL")
    assert (item.status, item.refusal) == ("refused", "insufficient")
    # And elsewhere it goes.
    again = puskesmas.send(region, made.id, "CHOL")
    assert region.incoming(again).status == "announced"
    need = queries.needs(puskesmas.scope, puskesmas.id)
    assert need == []
    agree()


def test_all_is_refused(puskesmas, district):
    made = puskesmas.order("GDP", "CHOL")
    sent = puskesmas.send(district, made.id)
    row = district.refuse(sent, "damaged")
    assert row.status == "refused"
    assert "person" not in row.body
    assert puskesmas.outgoing(sent).status == "refused"
    assert set(puskesmas.status(made.id).values()) == {"to_refer"}
    assert Order.rows.filter(owner=district.owner).count() == 0
    assert Patient.rows.filter(owner=district.owner).count() == 0
    need = queries.needs(puskesmas.scope, puskesmas.id)[0]
    assert need.refused_before == ("Labkesmas LAB-B",)
    agree()


def test_all_items_refused_one_by_one_is_a_refusal_of_the_whole(puskesmas, district):
    sent = puskesmas.send(district, puskesmas.order("GDP").id)
    with pytest.raises(Refused, match="tolak seluruh rujukan"):
        district.accept(sent, refuse={"GDP": Refusal("late")})
    assert district.incoming(sent).status == "announced"


def test_an_accepted_referral_is_refused_while_nothing_was_reported(puskesmas, district):
    made = puskesmas.order("GDP", "CHOL")
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent).order
    district.refuse(sent, "other", "Alat rusak")
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert set(puskesmas.status(made.id).values()) == {"to_refer"}
    assert puskesmas.results(made.id)["GDP"].return_reason == "Labkesmas LAB-B: Alat rusak"
    agree()


def test_after_a_result_was_reported_nothing_is_refused(puskesmas, district):
    sent = puskesmas.send(district, puskesmas.order("GDP", "CHOL").id)
    order = district.accept(sent).order
    district.perform(order.id, "GDP", "101")
    district.release(order.id, interim=True)
    with pytest.raises(Refused, match="dilaporkan"):
        district.refuse(sent)
    assert district.incoming(sent).status == "accepted"
    agree()


def test_cancelled_in_time(puskesmas, district):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    puskesmas.cancel(sent, "Pasien menolak")
    assert puskesmas.outgoing(sent).status == "cancelled"
    row = district.incoming(sent)
    assert (row.status, row.note) == ("withdrawn", "Pasien menolak")
    assert "person" not in row.body
    view = puskesmas.results(made.id)["GDP"]
    assert (view.status, view.return_reason) == ("to_refer", "Pasien menolak")
    with pytest.raises(MoveRefused):
        district.accept(sent)
    again = puskesmas.send(district, made.id)
    assert district.accept(again).status == "accepted"
    agree()


def test_cancelling_is_refused_once_accepted(puskesmas, district):
    sent = puskesmas.send(district, puskesmas.order("GDP").id)
    district.accept(sent)
    with pytest.raises(MoveRefused):
        puskesmas.cancel(sent)
    assert puskesmas.outgoing(sent).status == "accepted"


@pytest.mark.parametrize("reason", ["", "x"])
def test_cancelling_needs_a_reason(puskesmas, district, reason):
    sent = puskesmas.send(district, puskesmas.order("GDP").id)
    with pytest.raises(Refused, match="alasan"):
        puskesmas.cancel(sent, reason)
    assert puskesmas.outgoing(sent).status == "sent"


def test_a_corrected_result_travels_the_same_way(puskesmas, district, now):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent).order
    district.perform(order.id, "GDP", "126")
    district.release(order.id)
    now.forward(hours=1)
    district.amend(order.id, "GDP", "162")
    view = puskesmas.results(made.id)["GDP"]
    assert (view.number, view.revision) == (162, 1)
    item = OutgoingItem.rows.get()
    assert (item.result_revision, item.status) == (2, "resulted")
    assert IncomingItem.rows.get().reported["status"] == "amended"
    agree()


def test_results_come_back_stage_by_stage(puskesmas, district, now):
    """Interim, final with the same value, amended: each is told once, and the journey remembers all three."""
    made = puskesmas.order("GDP", "CHOL")
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent).order
    district.perform(order.id, "GDP", "126")
    first = district.release(order.id, interim=True)
    now.forward(hours=1)
    district.perform(order.id, "CHOL", "180")
    last = district.release(order.id)
    revisions = dict(OutgoingItem.rows.values_list("test_code", "result_revision"))
    assert revisions == {"GDP": 2, "CHOL": 1}
    assert puskesmas.outgoing(sent).answer_revision == 3
    view = puskesmas.results(made.id)["GDP"]
    assert (view.entries, view.revision, view.performer_report) == (1, 0, last.number), (
        "the same value is no new result"
    )
    agree()
    now.forward(hours=1)
    district.amend(order.id, "GDP", "162")
    line = next(one for one in queries.journey(puskesmas.scope, made.id) if one.tests == ("GDP",))
    told = [(step.status, step.number) for step in line.steps if step.what == "reported"]
    assert told[:2] == [("interim", first.number), ("final", last.number)]
    assert [status for status, _number in told] == ["interim", "final", "amended"]
    mine = next(one for one in queries.journey(district.scope, order.id) if one.tests == ("GDP",))
    assert mine.steps == line.steps
    agree()


def test_a_refused_sample_gives_the_tests_back(puskesmas, district):
    made = puskesmas.order("GDP", "CHOL")
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent, received=False).order
    sample = Sample.rows.filter(order=order).first()
    tests = set(RequestedTest.rows.filter(sample=sample).values_list("test_code", flat=True))
    orders.refuse_sample(district.counter, owner_id=district.id, sample_id=sample.id, reason="hemolysed")
    status = puskesmas.status(made.id)
    assert {code for code, one in status.items() if one == "to_refer"} == tests
    assert puskesmas.results(made.id)[tests.pop()].return_reason == "Labkesmas LAB-B: Lisis"
    agree()


def test_a_replacement_is_asked_for_and_the_sender_reads_why(puskesmas, district):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent).order
    sample = Sample.rows.get(order=order)
    orders.refuse_sample(
        district.counter, owner_id=district.id, sample_id=sample.id, reason="clotted", replacement=True
    )
    item = OutgoingItem.rows.get()
    assert (item.status, item.refusal) == ("accepted", "clotted")
    agree()


def test_a_line_cancelled_at_the_receiver_goes_back(puskesmas, district, make_actor):
    made = puskesmas.order("GDP", "CHOL")
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent).order
    head = make_actor("kepala", district.owner, "head")
    line = OrderLine.rows.get(order=order, code="CHOL")
    orders.cancel_line(head, owner_id=district.id, order_id=order.id, line_id=line.id, reason="Reagen habis")
    assert puskesmas.status(made.id) == {"GDP": "referred", "CHOL": "to_refer"}
    assert puskesmas.results(made.id)["CHOL"].return_reason == "Labkesmas LAB-B: Dibatalkan: Reagen habis"
    agree()


def test_what_is_away_is_not_cancelled_at_the_sender(puskesmas, district, make_actor):
    made = puskesmas.order("GDP")
    puskesmas.send(district, made.id)
    head = make_actor("kepala", puskesmas.owner, "head")
    with pytest.raises(Refused, match="Sedang dirujuk ke Labkesmas LAB-B"):
        orders.cancel_order(head, owner_id=puskesmas.id, order_id=made.id, reason="Tidak jadi")


# --- Who, where
# ------------------------------------------------------------------------------------------------------


def test_nobody_sends_to_who_cannot_do_it(puskesmas, district, make_lab, monkeypatch):
    other = make_lab("LAB-X", 2, "HB")
    made = puskesmas.order("GDP")
    with pytest.raises(Refused, match="tidak mengerjakan: ") as error:
        puskesmas.send(other, made.id)
    assert error.value.code == "cannot_do"
    with pytest.raises(Refused, match="ini sendiri"):
        puskesmas.send(puskesmas, made.id)
    district.owner.closed = True
    district.owner.save()
    with pytest.raises(Refused, match="sudah ditutup"):
        puskesmas.send(district, made.id)
    assert Outgoing.rows.count() == 0
    assert puskesmas.status(made.id) == {"GDP": "to_refer"}
    assert JournalEntry.rows.filter(event__startswith="referral.").count() == 0


def test_an_office_is_no_laboratory(puskesmas, make_owner):
    office = make_owner("DINKES", kind="office", tier=None)
    made = puskesmas.order("GDP")
    with pytest.raises(Refused, match="tidak dikenal"):
        services.send_referral(
            puskesmas.counter,
            owner_id=puskesmas.id,
            recipient_id=office.id,
            result_ids=[puskesmas.results(made.id)["GDP"].id],
        )


def test_a_supervisor_passes_on_what_it_does_not_do(puskesmas, district, region):
    made = puskesmas.order("TG")
    candidates = queries.candidates_for(puskesmas.scope, puskesmas.id, [puskesmas.results(made.id)["TG"].id])
    assert [(one.code, one.passes_on) for one in candidates] == [("LAB-C", False), ("LAB-B", True)]
    assert candidates[1].reasons[0].text == "meneruskan ke jenjang di atasnya"
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent).order
    assert district.status(order.id) == {"TG": "to_refer"}
    back = queries.candidates_for(district.scope, district.id, [district.results(order.id)["TG"].id])
    assert [one.code for one in back] == ["LAB-C"], "never back to where it came from"


def test_never_back_to_where_it_came_from(puskesmas, district):
    puskesmas.can("CHOL")
    made = puskesmas.order("GDP", "TG")
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent).order
    puskesmas.can("TG")
    with pytest.raises(Refused, match="datang melalui"):
        district.send(puskesmas, order.id, "TG")


def test_two_orders_do_not_share_a_referral(puskesmas, district):
    one, two = puskesmas.order("GDP"), puskesmas.order("CHOL")
    ids = [puskesmas.results(one.id)["GDP"].id, puskesmas.results(two.id)["CHOL"].id]
    with pytest.raises(Refused, match="satu permintaan"):
        services.send_referral(puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id, result_ids=ids)


def test_what_is_sent_is_not_sent_twice(puskesmas, district, region):
    made = puskesmas.order("GDP")
    puskesmas.send(district, made.id)
    with pytest.raises(Refused, match="tidak menunggu rujukan") as error:
        puskesmas.send(region, made.id)
    assert error.value.code == "not_to_refer"
    assert Outgoing.rows.count() == 1


def test_without_the_right_nothing_happens(puskesmas, district, make_actor):
    made = puskesmas.order("GDP")
    cashier = make_actor("kasir", puskesmas.owner, "cashier")
    ids = [puskesmas.results(made.id)["GDP"].id]
    with pytest.raises(Forbidden):
        services.send_referral(cashier, owner_id=puskesmas.id, recipient_id=district.id, result_ids=ids)
    sent = puskesmas.send(district, made.id)
    with pytest.raises(Forbidden):
        services.cancel_referral(cashier, owner_id=puskesmas.id, referral_id=sent.id, reason="Salah")
    came = district.incoming(sent)
    with pytest.raises(Forbidden):
        services.accept_incoming(district.analyst, owner_id=district.id, referral_id=came.id)
    with pytest.raises(Forbidden):
        services.refuse_incoming(district.analyst, owner_id=district.id, referral_id=came.id, reason="late")
    assert (district.incoming(sent).status, puskesmas.outgoing(sent).status) == ("announced", "sent")


def test_another_laboratory_finds_nothing(puskesmas, district, region):
    made = puskesmas.order("GDP")
    sent = puskesmas.send(district, made.id)
    came = district.incoming(sent)
    with pytest.raises(NotFound):
        services.cancel_referral(region.counter, owner_id=region.id, referral_id=sent.id, reason="Salah")
    with pytest.raises(NotFound):
        services.accept_incoming(region.counter, owner_id=region.id, referral_id=came.id)
    with pytest.raises(NotFound):
        services.send_referral(
            region.counter,
            owner_id=region.id,
            recipient_id=district.id,
            result_ids=[puskesmas.results(made.id)["GDP"].id],
        )
    with pytest.raises(NotFound):
        queries.journey(region.scope, made.id)
    with pytest.raises(NotFound):
        queries.candidates_for(region.scope, region.id, [puskesmas.results(made.id)["GDP"].id])
    assert list(queries.outgoing(region.scope)) == []
    assert list(queries.incoming(region.scope)) == []


# --- Patients at the receiver
# ------------------------------------------------------------------------------------------


def test_the_same_nik_is_the_same_patient(puskesmas, district):
    here = district.order("HB", person=SITI).order.patient_id
    sent = puskesmas.send(district, puskesmas.order("GDP", person=SITI).id)
    assert district.accept(sent).order.patient_id == here
    assert Patient.rows.filter(owner=district.owner).count() == 1


def test_a_mistyped_nik_does_not_mix_two_people(puskesmas, district):
    other = {"nik": NIK, "full_name": "Baiq Ratnasari", "birth_date": "x"}
    from datetime import date

    other["birth_date"] = date(1961, 1, 30)
    district.order("HB", person={**other, "nik_checked": True})
    sent = puskesmas.send(district, puskesmas.order("GDP", person=SITI).id)
    with pytest.raises(SamePerson) as error:
        district.accept(sent)
    assert district.incoming(sent).status == "announced"
    accepted = district.accept(sent, patient_id=error.value.patient_id)
    assert accepted.order.patient_id == error.value.patient_id


def test_a_similar_person_is_looked_at(puskesmas, district):
    district.order("HB")
    sent = puskesmas.send(district, puskesmas.order("GDP").id)
    with pytest.raises(SamePerson) as error:
        district.accept(sent)
    assert not error.value.certain
    assert Incoming.rows.get().status == "announced"
    assert district.accept(sent, duplicates_checked=True).status == "accepted"
    assert Patient.rows.filter(owner=district.owner).count() == 2


def test_the_sender_becomes_a_client_once(puskesmas, district):
    for _n in range(2):
        sent = puskesmas.send(district, puskesmas.order("GDP").id)
        order = district.accept(sent, duplicates_checked=True).order
        assert (order.client.organisation_id, order.payer) == (puskesmas.id, "institution")
    assert Scope.of(district.id).owners == {order.client.owner_id}


def test_a_test_unknown_here_is_mapped_or_refused(puskesmas, district):
    made = puskesmas.order("GDP", "CHOL")
    sent = puskesmas.send(district, made.id)
    item = IncomingItem.rows.get(test_code="CHOL")
    came = Incoming.rows.get()
    for entry in came.body["items"]:
        if entry["test"] == "CHOL":
            entry["test"], entry["codes"] = "PKM-A:KOL", [{"system": "urn:laras:test", "value": "PKM-A:KOL"}]
    came.save()
    with pytest.raises(Refused) as error:
        district.accept(sent)
    assert [(p.field, p.row) for p in error.value.problems] == [("tests", 2)]
    order = district.accept(sent, tests={item.id: "CHOL"}).order
    assert set(asked_tests(order)) == {"GDP", "CHOL"}


def test_a_known_loinc_maps_by_itself(puskesmas, district, shipped):
    sent = puskesmas.send(district, puskesmas.order("CHOL").id)
    came = Incoming.rows.get()
    came.body["items"][0]["test"] = "PKM-A:KOL"
    came.save()
    assert shipped.test("CHOL").loinc
    assert asked_tests(district.accept(sent).order) == ["CHOL"]


@pytest.mark.parametrize(
    ("refusal", "field"),
    [(Refusal("other"), "note"), (Refusal("no such"), "reason"), (Refusal("late", "x" * 241), "note")],
)
def test_refusals_are_complete(puskesmas, district, refusal, field):
    sent = puskesmas.send(district, puskesmas.order("GDP", "CHOL").id)
    with pytest.raises(Refused) as error:
        district.accept(sent, refuse={"CHOL": refusal})
    assert [p.field for p in error.value.problems] == [field]
    with pytest.raises(Refused):
        district.refuse(sent, refusal.reason, refusal.note)
    assert district.incoming(sent).status == "announced"
    assert Order.rows.filter(owner=district.owner).count() == 0


def test_the_numbers_of_satusehat_travel_beside_ours(puskesmas, district):
    from laras.core.models import ExternalIdentifier
    from laras.referral.services.common import SPECIMEN_NUMBER

    made = puskesmas.order("GDP")
    ExternalIdentifier.objects.create(
        owner=puskesmas.owner,
        entity="orders.sample",
        entity_id=made.samples[0].id,
        system=SPECIMEN_NUMBER,
        value="ACSN-77",
    )
    sent = puskesmas.send(district, made.id)
    order = district.accept(sent).order
    sample = Sample.rows.get(order=order)
    found = queries.identifiers_of("orders.sample", [sample.id])[sample.id]
    assert [(one.system, one.value, one.owner_id) for one in found] == [(SPECIMEN_NUMBER, "ACSN-77", district.id)]
    services.note_identifier(
        puskesmas.counter, owner_id=puskesmas.id, referral_id=sent.id, system="urn:x", value="SR-1"
    )
    services.note_identifier(
        puskesmas.counter, owner_id=puskesmas.id, referral_id=sent.id, system="urn:x", value="SR-1"
    )
    assert len(queries.identifiers_of(queries.OUTGOING_ENTITY, [sent.id])[sent.id]) == 1


def test_a_place_is_referred_too(puskesmas, district):
    from decimal import Decimal

    from laras.orders.types import SiteInput

    district.can("ECOLI")
    made = orders.register_site_order(
        puskesmas.counter,
        owner=puskesmas.owner,
        codes=["ECOLI"],
        new_site=SiteInput("Depot Tirta", latitude=Decimal("-8.58"), longitude=Decimal("116.1")),
        points=["Kran 1", "Kran 2"],
        in_situ={"ph": "7,1"},
    )
    orders.receive_samples(puskesmas.counter, owner_id=puskesmas.id, sample_ids=[s.id for s in made.samples])
    from laras.bench import queries as bench_queries

    views = bench_queries.results_of(puskesmas.scope, made.id)
    sent = services.send_referral(
        puskesmas.counter, owner_id=puskesmas.id, recipient_id=district.id, result_ids=[v.id for v in views]
    )
    order = district.accept(sent).order
    assert (order.subject_kind, order.site.name, order.in_situ) == ("environment", "Depot Tirta", {"ph": "7.1"})
    samples = list(Sample.rows.filter(order=order).order_by("position"))
    assert [s.description for s in samples] == ["Kran 1", "Kran 2"]
    assert IncomingItem.rows.filter(requested__isnull=False).count() == 2
