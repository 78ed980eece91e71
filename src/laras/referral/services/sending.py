"""The sender's side: sending and cancelling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.bench.types import ResultView
from laras.catalogue import queries as catalogues
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
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
    IdentifierNoted,
    ReferralCancelled,
    ReferralSent,
)
from laras.referral.models import Incoming, Outgoing, OutgoingItem
from laras.referral.services.answering import pass_on
from laras.referral.services.common import (
    keep_identifiers,
    lock_outgoing,
    refused_at,
    short,
)
from laras.referral.states import OUTGOING
from laras.referral.types import (
    AnnouncedItem,
    AnnouncedSample,
    Announcement,
    Identifier,
    Person,
    Place,
    Price,
)
from laras.resources import queries as resources

TEST_SYSTEM = "urn:laras:test"
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
    through which the specimen came or on the way to which it would spoil, a choice against the rule
    (``rules.against_rule``) without its reason, a sample that is not in hand. Raises NotFound for another laboratory's result.
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
    on_paper = queries.paper_partner(Scope.of(owner_id), recipient.id) is not None
    suggested = _suggested(owner, recipient, views, reason)
    now = clock.now()
    day = now.astimezone(ZoneInfo(owner.zone)).date()
    number = format_number(owner.code, day, next_serials(owner_id, "referral", day), series="R")
    row = Outgoing(
        owner=owner,
        number=number,
        order=order,
        recipient=recipient,
        reason=reason,
        suggested=suggested,
        courier=courier,
        packaging=packaging,
        temperature=temperature,
        created_at=now,
        created_by=actor.person_id,
        sent_at=now,
        message_revision=1,
        on_paper=on_paper,
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
    prices = queries.reckon(
        owner_id,
        performer_id=recipient.id,
        partner_id=recipient.id,
        tests=[item.test_code for item in items],
        day=day,
        payer=order.payer,
        on_paper=on_paper,
    )
    for item in items:
        price = prices[item.test_code]
        item.price, item.price_source, item.price_agreement = price.amount, price.source, price.agreement
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
        # Without a system nothing arrives: the manifest travels on paper.
        recipient=None if on_paper else recipient.id,
    )
    if origin is not None:
        pass_on(actor, owner_id, [order.id])
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
    able = resources.can_do(recipient.id, tests) | queries.paper_tests(Scope.of(owner.id), recipient.id)
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


def _suggested(owner: Owner, recipient: Owner, views: Sequence[ResultView], reason: str) -> str:
    """The code of the laboratory that the rule would have asked instead; empty when the choice follows it."""
    candidates = queries.candidates_for_views(Scope.of(owner.id), owner.id, views, chosen=recipient.id)
    mine = next((one for one in candidates if one.owner_id == recipient.id), None)
    if mine is not None and mine.refused is not None:
        raise refused_at("recipient", f"{recipient.name}: {mine.refused.text}.", code=mine.refused.code)
    first = rules.against_rule(candidates, recipient.id)
    if first is not None and len(reason) < 3:
        message = _("%(lab)s bukan usulan pertama (%(first)s). Tulis alasan memilihnya.")
        raise refused_at("reason", message % {"lab": recipient.name, "first": first.name}, code="against_rule")
    return first.code if first is not None else ""


def _announcement(
    row: Outgoing, items: Sequence[OutgoingItem], views: Sequence[ResultView], origin: Incoming | None
) -> Announcement:
    """The message's body: all that the receiver needs to work without asking."""
    order, owner = row.order, row.owner
    samples = orders_queries.samples_by_id(Scope.of(owner.id), {view.sample_id for view in views})
    known = queries.identifiers_of(queries.SAMPLE_ENTITY, samples)
    catalogue = catalogues.effective(owner.id)
    announced = []
    for item, view in zip(items, views, strict=True):
        test = catalogue.tests.get(item.test_code)
        codes = [Identifier(TEST_SYSTEM, item.test_code)]
        if test is not None and test.loinc:
            codes.append(Identifier("http://loinc.org", test.loinc))
        price = Price(item.price, item.price_source, item.price_agreement)  # type: ignore[arg-type]
        announced.append(
            AnnouncedItem(item.id, view.sample_number, item.test_code, view.name, tuple(codes), price=price)
        )
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
        journey=queries.line_so_far(owner, order, origin, list(dict.fromkeys(view.requested_id for view in views))),
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
        recipient=None if row.on_paper else row.recipient_id,
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
