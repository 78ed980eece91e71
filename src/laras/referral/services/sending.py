"""The sender's side: sending, cancelling, and following what the receiver answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.bench.types import ExternalValue, ResultView
from laras.catalogue import queries as catalogues
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import DomainError, NotFound, Problem, Refused
from laras.core.models import Owner
from laras.core.numbering import format_number, next_serials
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.network import queries as network
from laras.orders import queries as orders_queries
from laras.orders import services as orders
from laras.people import queries as people_queries
from laras.referral import codec, queries, rules
from laras.referral.events import (
    AnswerTaken,
    IdentifierNoted,
    ReferralCancelled,
    ReferralSent,
    ResultNotTaken,
)
from laras.referral.messages import refusal_text
from laras.referral.models import Incoming, Outgoing, OutgoingItem
from laras.referral.services.answering import pass_on
from laras.referral.services.common import (
    aside,
    keep_identifiers,
    lock_incoming,
    lock_outgoing,
    refused_at,
    short,
)
from laras.referral.services.reporting import note_external_result, withdraw_results
from laras.referral.states import OUTGOING
from laras.referral.types import (
    AnnouncedItem,
    AnnouncedSample,
    Announcement,
    Answer,
    Identifier,
    Person,
    Place,
    ReportedResult,
    SentItem,
)
from laras.resources import queries as resources

TEST_SYSTEM = "urn:laras:test"
HOLD = "referral"
"""The kind of hold that a withdrawn report of another laboratory places on our result."""
MOST_ITEMS = 100


@use_case
def send_referral(
    actor: Actor,
    *,
    owner_id: UUID,
    recipient_id: UUID,
    result_ids: Sequence[UUID],
    reason: str = "",
    courier: str = "",
    packaging: str = "",
    temperature: str = "",
) -> Outgoing:
    """Send results of one order, which wait to be done elsewhere, to a laboratory that does them.

    A supervising laboratory may be asked for a test that it does not do itself; it passes it on. Refused: tests of
    several orders, a result that does not wait for it, the own or a closed laboratory, one that cannot do a test, one
    through which the specimen came, a sample that is not in hand. Raises NotFound for another laboratory's result.
    """
    actor.require(OUTGOING.right("cancel"), owner_id)
    reason = short(reason, "reason", 240)
    courier = short(courier, "courier", 120)
    packaging = short(packaging, "packaging", 120)
    temperature = short(temperature, "temperature", 40)
    owner = Owner.objects.get(pk=owner_id)
    views = _views(owner_id, result_ids)
    order = orders_queries.order_head(Scope.of(owner_id), views[0].order_id)
    origin = queries.incoming_of_order(Scope.of(owner_id), order.id)
    recipient = _recipient(owner, recipient_id, [view.test_code for view in views], origin)
    now = clock.now()
    day = now.astimezone(ZoneInfo(owner.zone)).date()
    number = format_number(owner.code, day, next_serials(owner_id, "referral", day), series="R")
    row = Outgoing(
        owner=owner,
        number=number,
        order=order,
        recipient=recipient,
        reason=reason,
        courier=courier,
        packaging=packaging,
        temperature=temperature,
        created_at=now,
        created_by=actor.person_id,
        sent_at=now,
        message_revision=1,
    )
    row.save(force_insert=True)
    items = [
        OutgoingItem(
            owner_id=owner_id,
            referral=row,
            result_id=view.id,
            sample_id=view.sample_id,
            test_code=view.test_code,
        )
        for view in views
    ]
    for view in views:
        bench.refer_result(
            actor, owner_id=owner_id, result_id=view.id, performer_id=recipient.id, performer_name=recipient.name
        )
    OutgoingItem.rows.bulk_create(items)
    orders.hand_over(
        actor,
        owner_id=owner_id,
        sample_ids=list(dict.fromkeys(view.sample_id for view in views)),
        action="sent",
        to=courier,
        place=recipient.name[:120],
        note=number,
    )
    journal.record(
        actor,
        owner=owner_id,
        event=ReferralSent(referral=row.id, number=number, revision=row.message_revision),
        subject=order.id,
        sealed=codec.write(_announcement(row, items, views, origin)),
        recipient=recipient.id,
    )
    if origin is not None:
        pass_on(actor, owner_id, order.id)
    return row


def _views(owner_id: UUID, result_ids: Sequence[UUID]) -> list[ResultView]:
    """The results in the order given; all of one order, all waiting for a referral."""
    wanted = list(dict.fromkeys(result_ids))
    if not wanted:
        raise refused_at("results", _("Pilih paling sedikit satu pemeriksaan."))
    if len(wanted) > MOST_ITEMS:
        raise refused_at("results", _("Paling banyak %(n)d pemeriksaan dalam satu rujukan.") % {"n": MOST_ITEMS})
    found = bench_queries.views_by_id(Scope.of(owner_id), wanted)
    if found.keys() != set(wanted):
        raise NotFound()
    views = [found[key] for key in wanted]
    if len({view.order_id for view in views}) > 1:
        raise refused_at("results", _("Satu rujukan memuat pemeriksaan dari satu permintaan."))
    problems = [
        Problem("results", _("“%(name)s” tidak menunggu rujukan.") % {"name": view.name}, place)
        for place, view in enumerate(views, start=1)
        if view.status not in ("to_refer", "waiting")
    ]
    if problems:
        raise Refused(
            _("Ada pemeriksaan yang tidak menunggu rujukan; mungkin baru saja dirujuk orang lain."),
            code="not_to_refer",
            problems=problems,
        )
    return views


def _recipient(owner: Owner, recipient_id: UUID, tests: Sequence[str], origin: Incoming | None) -> Owner:
    recipient = Owner.objects.filter(pk=recipient_id, kind="laboratory").first()
    if recipient is None:
        raise refused_at("recipient", _("Laboratorium tujuan tidak dikenal."))
    if recipient.id == owner.id:
        raise refused_at("recipient", _("Laboratorium ini sendiri tidak dapat menjadi tujuan rujukan."))
    if recipient.closed:
        raise refused_at("recipient", _("%(name)s sudah ditutup.") % {"name": recipient.name})
    if origin is not None and recipient.code in rules.visited(queries.upstream(origin)) | {origin.sender.code}:
        raise refused_at(
            "recipient", _("Spesimen ini datang melalui %(name)s; pilih laboratorium lain.") % {"name": recipient.name}
        )
    able = resources.can_do(recipient.id, tests)
    unable = [test for test in dict.fromkeys(tests) if test not in able]
    if unable and recipient.id not in network.supervisor_chain(owner.id):
        catalogue = catalogues.effective(owner.id)
        names = [catalogue.tests[test].name if test in catalogue.tests else test for test in unable]
        raise refused_at(
            "recipient",
            _("%(lab)s tidak mengerjakan: %(tests)s.") % {"lab": recipient.name, "tests": ", ".join(names)},
            code="cannot_do",
        )
    return recipient


def _announcement(
    row: Outgoing, items: Sequence[OutgoingItem], views: Sequence[ResultView], origin: Incoming | None
) -> Announcement:
    """The message's body: all that the receiver needs to work without asking."""
    order, owner = row.order, row.owner
    samples = orders_queries.samples_by_id(Scope.of(owner.id), {view.sample_id for view in views})
    known = queries.identifiers_of(queries.SAMPLE_ENTITY, samples)
    catalogue = catalogues.effective(owner.id)
    before = queries.upstream(origin) if origin is not None else ()
    announced = []
    for item, view in zip(items, views, strict=True):
        test = catalogue.tests.get(item.test_code)
        codes = [Identifier(TEST_SYSTEM, item.test_code)]
        if test is not None and test.loinc:
            codes.append(Identifier("http://loinc.org", test.loinc))
        announced.append(AnnouncedItem(item.id, view.sample_number, item.test_code, view.name, tuple(codes)))
    return Announcement(
        number=row.number,
        order=order.number,
        subject_kind=order.subject_kind,
        samples=tuple(
            AnnouncedSample(
                number=sample.number,
                specimen=sample.specimen,
                container=sample.container,
                description=sample.description,
                collected_at=sample.collected_at,
                collector=sample.collector,
                identifiers=tuple(Identifier(one.system, one.value) for one in known.get(sample.id, ())),
            )
            for sample in sorted(samples.values(), key=lambda one: one.position)
        ),
        items=tuple(announced),
        person=_person(order.patient) if order.patient_id else None,
        place=_place(order.site) if order.site_id else None,
        subject_label=order.subject_label,
        purpose=order.purpose,
        urgency=order.urgency,
        note=order.note,
        requester=order.requester,
        matrix=order.matrix,
        standard=order.standard,
        in_situ=order.in_situ,
        reason=row.reason,
        courier=row.courier,
        packaging=row.packaging,
        temperature=row.temperature,
        sent_at=row.sent_at,
        journey=rules.in_order([*before, queries.first_step(owner, order, origin), queries.sent_step(owner, row)]),
        identifiers=tuple(
            Identifier(one.system, one.value)
            for one in queries.identifiers_of(queries.OUTGOING_ENTITY, [row.id]).get(row.id, ())
        ),
    )


def _person(patient: Any) -> Person:
    return Person(
        full_name=patient.full_name,
        sex=patient.sex,
        birth_date=patient.birth_date,
        birth_date_estimated=patient.birth_date_estimated,
        nik=patient.nik,
        no_nik_reason=patient.no_nik_reason,
        passport_number=patient.passport_number,
        mother_nik=patient.mother_nik,
        mother_name=patient.mother_name,
        description=patient.description,
        phone=patient.phone,
        address=patient.address,
        residence=patient.residence_id,
        mrn=patient.mrn,
        identifiers=tuple(Identifier(one.system, one.value) for one in people_queries.identifiers_of(patient)),
    )


def _place(site: Any) -> Place:
    return Place(site.name, site.kind, site.address, site.area_id, site.latitude, site.longitude)


@use_case
def cancel_referral(actor: Actor, *, owner_id: UUID, referral_id: UUID, reason: str) -> Outgoing:
    """Ask for the referral back. It is cancelled when the receiver says so; if that accepted it before, it stays
    accepted.

    Refused (409) once an answer of acceptance, refusal or results is here.
    """
    actor.require(OUTGOING.right("cancel"), owner_id)
    reason = short(reason, "reason", 240)
    if len(reason) < 3:
        raise refused_at("reason", _("Sebutkan alasannya."))
    row = lock_outgoing(owner_id, referral_id)
    row.status = OUTGOING.move(row.status, "cancel")
    row.cancel_reason = reason
    row.message_revision += 1
    row.save(update_fields=["status", "cancel_reason", "message_revision"])
    journal.record(
        actor,
        owner=owner_id,
        event=ReferralCancelled(referral=row.id, number=row.number, revision=row.message_revision, reason=reason),
        subject=row.order_id,
        recipient=row.recipient_id,
    )
    return row


@use_case
def note_identifier(actor: Actor, *, owner_id: UUID, referral_id: UUID, system: str, value: str) -> None:
    """Keep the number that SATUSEHAT (or another system) gave to our referral beside ours. Safe to repeat."""
    actor.require(OUTGOING.right("cancel"), owner_id)
    system, value = short(system, "system", 120), short(value, "value", 120)
    if not system or not value:
        raise refused_at("value", _("Isi sistem dan nilainya."))
    row = lock_outgoing(owner_id, referral_id)
    keep_identifiers(owner_id, queries.OUTGOING_ENTITY, row.id, [Identifier(system, value)])
    journal.record(actor, owner=owner_id, event=IdentifierNoted(referral=row.id, system=system), subject=row.order_id)


# --- Following the receiver
# -------------------------------------------------------------------------------------------

_MOVES = {"accepted": "accept", "refused": "refuse", "completed": "complete", "cancelled": "withdraw"}


@use_case
def take_answer(
    actor: Actor,
    *,
    owner_id: UUID,
    sender_id: UUID,
    referral_id: UUID,
    revision: int,
    answer: Answer,
    cause: UUID | None = None,
) -> bool:
    """Follow an answer of the receiver; answers whether it was news. For the handler of messages.

    An answer about an unknown referral, or from a laboratory that was not asked, changes nothing.
    """
    actor.require("referral.send", owner_id)
    row = (
        Outgoing.objects.within(Scope.of(owner_id))
        .select_for_update(of=("self",))
        .select_related("recipient", "owner", "order")
        .filter(id=referral_id, recipient_id=sender_id)
        .first()
    )
    if row is None:
        return False
    items = list(OutgoingItem.objects.within(Scope.of(owner_id)).filter(referral_id=row.id).order_by("id"))
    change = rules.take_answer(
        status=row.status,  # type: ignore[arg-type]
        answer_revision=row.answer_revision,
        items=[SentItem(item.id, item.status, item.result_revision) for item in items],  # type: ignore[arg-type]
        revision=revision,
        answer=answer,
    )
    if not change.changed:
        return False
    said = {one.item: one for one in answer.items}
    by_id = {item.id: item for item in items}
    for after in change.items:
        item = by_id[after.item]
        item.status, item.result_revision = after.state, after.result_revision
        heard = said.get(item.id)
        if heard is not None:
            item.refusal, item.note = heard.reason[:16], heard.note[:240]
            item.journey = codec.write(heard.journey)
    now = clock.now()
    if row.answered_at is None:
        row.answered_at = now
    if change.status != row.status:
        row.status = OUTGOING.move(row.status, _MOVES[change.status])
    if row.status == "completed":
        row.completed_at = now
    row.remote_order = answer.remote_order[:48] or row.remote_order
    row.answer_note = answer.note[:240]
    row.answer_revision = revision
    row.save(
        update_fields=[
            "status", "answered_at", "completed_at", "remote_order", "answer_note", "answer_revision",
        ]
    )  # fmt: skip
    journal.record(
        actor,
        owner=owner_id,
        event=AnswerTaken(referral=row.id, revision=revision, status=row.status),
        subject=row.order_id,
        cause=cause,
    )
    for back in change.give_back:
        if back.reason == "withdrawn":
            why = row.cancel_reason
        else:
            why = f"{row.recipient.name}: {refusal_text(back.reason, back.note)}"
        bench.refer_again(actor, owner_id=owner_id, result_id=by_id[back.item].result_id, reason=why[:240])
    relayed = False
    for take in change.take:
        if take.result.withdrawn:
            relayed |= _hold(actor, row, by_id[take.item], take.result, cause)
        else:
            relayed |= _take_over(actor, row, by_id[take.item], take.result, cause)
    fields = ["status", "result_revision", "refusal", "note", "journey", "kept_back"]
    OutgoingItem.rows.bulk_update(items, fields)
    if not relayed:
        # With a result, the bench's own event tells the laboratory before us.
        pass_on(actor, owner_id, row.order_id, cause=cause)
    return True


def _take_over(actor: Actor, row: Outgoing, item: OutgoingItem, result: ReportedResult, cause: UUID | None) -> bool:
    """Put the value into our result. What the bench refuses is kept for a person instead of stopping all other
    messages.
    """
    try:
        with aside():
            received = _receive(actor, row, item, result)
    except (DomainError, KeyError, ValueError, ArithmeticError) as error:
        reason = getattr(error, "code", type(error).__name__)
    else:
        if received.applied or received.reason == "same_value":
            item.kept_back = None
            lifted = bench.lift_holds(
                actor,
                owner_id=row.owner_id,
                order_id=row.order_id,
                kind=HOLD,
                key=str(item.id),
                reason=_("LHU pengganti dari %(lab)s diterima") % {"lab": result.performer_name},
            )
            if lifted and not received.applied:
                # The bench saw nothing new, so nobody else tells the laboratory before us that the value stands again.
                note_external_result(
                    actor, owner_id=row.owner_id, order_id=row.order_id, result_id=item.result_id, cause=cause
                )
            return bool(received.applied or lifted)
        reason = received.reason
    item.kept_back = codec.write(result)
    journal.record(
        actor,
        owner=row.owner_id,
        event=ResultNotTaken(referral=row.id, item=item.id, reason=reason),
        subject=row.order_id,
        cause=cause,
    )
    return False


def _hold(actor: Actor, row: Outgoing, item: OutgoingItem, result: ReportedResult, cause: UUID | None) -> bool:
    """The laboratory that performed it withdrew its report: our result is held until another comes; the one before us hears."""
    bench.place_hold(
        actor,
        owner_id=row.owner_id,
        result_id=item.result_id,
        kind=HOLD,
        key=str(item.id),
        reason=_("LHU %(number)s ditarik oleh %(lab)s") % {"number": result.report, "lab": result.performer_name},
    )
    before = queries.incoming_of_order(Scope.of(row.owner_id), row.order_id)
    if before is None:
        return False
    before = lock_incoming(row.owner_id, before.id)
    view = bench_queries.views_by_id(Scope.of(row.owner_id), [item.result_id])[item.result_id]
    items = queries.items_of_incoming(Scope.of(row.owner_id), [before.id])[before.id]
    mine = [one for one in items if one.requested_id == view.requested_id]
    return bool(withdraw_results(actor, before, mine, clock.now(), cause))


def _receive(actor: Actor, row: Outgoing, item: OutgoingItem, result: ReportedResult) -> Any:
    # Known to this directory by its code even when its key is not.
    performer = (
        Owner.objects.filter(id=result.performer).first() or Owner.objects.filter(code=result.performer_code).first()
    )
    return bench.receive_external_result(
        actor,
        owner_id=row.owner_id,
        result_id=item.result_id,
        value=ExternalValue.from_message(result.value),
        performer_id=performer.id if performer else row.recipient_id,
        performer_name=result.performer_name,
        performer_report=result.report,
        revision=result.revision,
        journey=item.journey,
    )


@use_case
def take_kept_back(actor: Actor, *, owner_id: UUID, item_id: UUID) -> OutgoingItem:
    """Try once more to take over a result that could not be put into ours, after a person mended the cause."""
    actor.require("referral.send", owner_id)
    rows = OutgoingItem.objects.within(Scope.of(owner_id)).select_for_update(of=("self",))
    item = rows.select_related("referral__recipient", "referral__owner").filter(id=item_id).first()
    if item is None:
        raise NotFound()
    if item.kept_back is None:
        raise Refused(_("Tidak ada hasil yang menunggu."), code="nothing_kept")
    received = _receive(actor, item.referral, item, codec.read(ReportedResult, item.kept_back))
    if not received.applied and received.reason != "same_value":
        raise Refused(
            _("Hasil belum dapat diambil: pemeriksaan ini tidak lagi menunggu hasil rujukan."), code=received.reason
        )
    item.kept_back = None
    item.save(update_fields=["kept_back"])
    return item
