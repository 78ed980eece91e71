"""The receiver decides: takes the referral in as an order of its own, item by item, or refuses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.basics.names import sound_key
from laras.catalogue import queries as catalogues
from laras.catalogue.types import Catalogue
from laras.core import clock
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.network import queries as network
from laras.orders import services as orders
from laras.orders.types import GivenSample, SiteInput
from laras.partners import queries as partners_queries
from laras.partners import services as partners
from laras.people import queries as people_queries
from laras.people.services import SamePerson
from laras.referral import queries, rules
from laras.referral.events import (
    ReferralAccepted,
    ReferralRefused,
)
from laras.referral.messages import refusal_text
from laras.referral.models import Incoming, IncomingItem
from laras.referral.services.answering import answer
from laras.referral.services.common import keep_identifiers, lent, lock_incoming, refused_at, short, without_identity
from laras.referral.states import INCOMING
from laras.referral.types import AnnouncedItem, Announcement, Person

IMPLIED = (
    "people.write",
    "partners.write",
    "orders.register",
    "orders.collect",
    "orders.receive_sample",
    "orders.cancel",
)
"""What taking in a referral implies at the receiving laboratory, for the length of one use case."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an item is not done here: a code of ``rules.REFUSALS``; ``other`` needs the ``note``."""

    reason: str
    note: str = ""


@use_case
def accept_incoming(
    actor: Actor,
    *,
    owner_id: UUID,
    referral_id: UUID,
    refusals: Mapping[UUID, Refusal] | None = None,
    tests: Mapping[UUID, str] | None = None,
    patient_id: UUID | None = None,
    duplicates_checked: bool = False,
    received: bool = True,
    condition: str = "",
    temperature: Decimal | None = None,
    note: str = "",
) -> Incoming:
    """Make an order of our own from an announced referral, with all its items or without those in ``refusals``.

    Keys of ``refusals`` and ``tests`` are ``IncomingItem.id``. ``tests`` gives our code for a test that we call
    otherwise. The person is found by the number of a document or registered; ``patient_id`` says who it is,
    ``duplicates_checked`` that a similar person was looked at. ``received``: the samples are here (``condition``,
    ``temperature`` in °C); otherwise they are received by scanning when they come.

    Raises Refused with every problem found, ``SamePerson`` when somebody alike is on file, MoveRefused when it was
    decided or withdrawn meanwhile. A specimen that its box's temperature may have harmed needs a remark (``note`` or
    ``condition``), unless one was written when the box was compared.
    """
    actor.require(INCOMING.right("accept"), owner_id)
    note = short(note, "note", 240)
    row = lock_incoming(owner_id, referral_id)
    target = INCOMING.move(row.status, "accept")
    announcement = queries.announcement_of(row)
    if announcement is None:
        raise Refused(_("Isi rujukan ini tidak ada lagi."), code="no_body")
    items = queries.items_of_incoming(Scope.of(owner_id), [row.id])[row.id]
    refused = _checked_refusals(items, refusals or {})
    accepted = [item for item in items if item.id not in refused]
    if not accepted:
        raise refused_at("items", _("Semua pemeriksaan ditolak; tolak seluruh rujukan."))
    _decided_on_temperature(row, accepted, note or condition)
    codes = _own_codes(owner_id, announcement, accepted, tests or {})
    helper = lent(actor, owner_id, *IMPLIED)
    registered = _register(
        helper, row, announcement, accepted, codes, patient_id=patient_id, duplicates_checked=duplicates_checked
    )
    now = clock.now()
    row.status, row.order = target, registered.order
    row.decided_at, row.decided_by, row.note = now, actor.person_id, note
    row.body = without_identity(row.body)
    row.save(update_fields=["status", "order", "decided_at", "decided_by", "note", "body"])
    sample_number = {sample.id: sample.external_number for sample in registered.samples}
    requested = {(sample_number[one.sample_id], one.test_code): one.id for one in registered.requested}
    for item in items:
        if item.id in refused:
            item.status, item.answered_at = "refused", now
            item.refusal, item.note = refused[item.id].reason, refused[item.id].note
        else:
            item.status = "accepted"
            item.requested_id = requested[item.sample_number, codes[item.id]]
    _note_prices(row, announcement, accepted, codes)
    prices = ["price", "price_source", "price_agreement", "own_price"]
    IncomingItem.rows.bulk_update(items, ["status", "requested", "refusal", "note", "answered_at", *prices])
    by_number = {sample.number.upper(): sample for sample in announcement.samples}
    for sample in registered.samples:
        given = by_number.get(sample.external_number)
        if given is not None:
            keep_identifiers(owner_id, queries.SAMPLE_ENTITY, sample.id, given.identifiers)
    if received:
        orders.receive_samples(
            helper,
            owner_id=owner_id,
            sample_ids=[sample.id for sample in registered.samples],
            condition=condition,
            temperature=temperature,
            note=row.number,
        )
    answer(actor, row, ReferralAccepted)
    return row


def _note_prices(
    row: Incoming, announcement: Announcement, accepted: Sequence[IncomingItem], codes: Mapping[UUID, str]
) -> None:
    """Accepting is accepting at the price that came with the referral; what our own books say otherwise is kept beside it."""
    sent_on = (announcement.sent_at or row.announced_at).astimezone(ZoneInfo(row.sender.zone)).date()
    own = queries.reckon(
        row.owner_id,
        performer_id=row.owner_id,
        partner_id=row.sender_id,
        tests=[codes[item.id] for item in accepted],
        day=sent_on,
    )
    told = {item.item: item.price for item in announcement.items}
    for item in accepted:
        reckoned = own[codes[item.id]]
        price = told.get(item.remote_item) or reckoned
        if price.amount is not None and not 0 <= price.amount <= rules.MOST_RUPIAH:
            price = reckoned
        source = "unknown" if price.amount is None else price.source if price.source != "unknown" else "tariff"
        item.price, item.price_source, item.price_agreement = price.amount, source, price.agreement[:60]
        item.own_price = reckoned.amount if reckoned.amount != price.amount else None


def _decided_on_temperature(row: Incoming, accepted: Sequence[IncomingItem], remark: str) -> None:
    """What its box may have harmed is taken in by a person who says so: here, or when the box was compared."""
    doubts = queries.doubts_of_incoming(Scope.of(row.owner_id), row.sender_id, accepted)
    silent = sorted(number for number, (_judged, found) in doubts.items() if not found.note)
    if silent and not remark.strip():
        text = _("Suhu kotaknya pernah di luar batas: %(numbers)s. Tulis keterangan untuk menerimanya, atau tolak.")
        raise refused_at("note", text % {"numbers": ", ".join(silent)}, code="temperature_undecided")


def _checked_refusals(items: Sequence[IncomingItem], refusals: Mapping[UUID, Refusal]) -> dict[UUID, Refusal]:
    known = {item.id: place for place, item in enumerate(items, start=1)}
    problems, checked = [], {}
    for key, refusal in refusals.items():
        if key not in known:
            problems.append(Problem("items", _("Pemeriksaan ini bukan bagian dari rujukan ini.")))
            continue
        try:
            refusal = Refusal(refusal.reason, short(refusal.note, "note", 240))
        except Refused as error:
            problems += [replace(problem, row=known[key]) for problem in error.problems]
            continue
        problem = _refusal_problem(refusal)
        if problem:
            problems.append(replace(problem, row=known[key]))
        checked[key] = refusal
    if problems:
        raise Refused(_("Ada penolakan yang belum lengkap."), problems=problems)
    return checked


def _refusal_problem(refusal: Refusal) -> Problem | None:
    if refusal.reason not in rules.REFUSALS:
        return Problem("reason", _("Pilih alasan penolakan dari daftar."))
    if refusal.reason == "other" and len(refusal.note.strip()) < 3:
        return Problem("note", _("Jelaskan alasan lainnya."))
    return None


def own_code(catalogue: Catalogue, item: AnnouncedItem) -> str:
    """Our code for a test that another laboratory asks for: the same shipped code, else the same LOINC; empty when we
    have none.
    """
    if item.test in catalogue.tests:
        return item.test
    for one in item.codes:
        if one.system == "http://loinc.org":
            test = catalogue.by_loinc(one.value)
            if test is not None:
                return test.code
    return ""


def _own_codes(
    owner_id: UUID, announcement: Announcement, items: Sequence[IncomingItem], given: Mapping[UUID, str]
) -> dict[UUID, str]:
    catalogue = catalogues.effective(owner_id)
    announced = {one.item: one for one in announcement.items}
    codes: dict[UUID, str] = {}
    taken: set[tuple[str, str]] = set()
    problems = []
    for place, item in enumerate(items, start=1):
        code = given.get(item.id, "").strip() or own_code(catalogue, announced[item.remote_item])
        name = announced[item.remote_item].name or item.test_code
        if code not in catalogue.tests:
            problems.append(
                Problem(
                    "tests",
                    _("“%(name)s” tidak ada di katalog laboratorium ini: pilih padanannya atau tolak.")
                    % {"name": name},
                    place,
                )
            )
        elif (item.sample_number, code) in taken:
            problems.append(
                Problem("tests", _("“%(name)s” diminta dua kali pada sampel yang sama.") % {"name": name}, place)
            )
        taken.add((item.sample_number, code))
        codes[item.id] = code
    if problems:
        raise Refused(_("Ada pemeriksaan yang belum dapat diterima."), problems=problems)
    return codes


def _register(
    actor: Actor,
    row: Incoming,
    announcement: Announcement,
    items: Sequence[IncomingItem],
    codes: Mapping[UUID, str],
    *,
    patient_id: UUID | None,
    duplicates_checked: bool,
) -> orders.Registered:
    owner = Owner.objects.get(pk=row.owner_id)
    now = clock.now()
    samples = []
    for sample in announcement.samples:
        wanted = tuple(codes[item.id] for item in items if item.sample_number == sample.number.upper())
        if wanted:
            samples.append(
                GivenSample(
                    codes=wanted,
                    specimen=sample.specimen,
                    container=sample.container,
                    description=sample.description,
                    external_number=sample.number,
                    # The sender's clock may go before ours.
                    collected_at=min(sample.collected_at, now) if sample.collected_at else None,
                    collector=sample.collector,
                )
            )
    common: dict[str, Any] = {
        "owner": owner,
        "client_id": _client(actor, row),
        "requester": announcement.requester,
        "payer": "institution",
        "purpose": announcement.purpose,
        "urgency": announcement.urgency,
        "note": announcement.note,
        "standard": _standard(row.owner_id, announcement.standard),
        "source": "referral",
        "origin": row.remote,
        "given_samples": samples,
    }
    if announcement.subject_kind in ("environment", "food", "vector"):
        place = announcement.place
        if place is None:
            raise Refused(_("Rujukan ini tidak memuat lokasi pengambilan."), code="no_place")
        site = SiteInput(
            name=place.name,
            kind=place.kind,
            address=place.address,
            area_id=place.area if place.area and network.area_exists(place.area) else None,
            latitude=place.latitude,
            longitude=place.longitude,
        )
        return orders.register_site_order(
            actor,
            kind=announcement.subject_kind,
            new_site=site,
            matrix=announcement.matrix,
            in_situ={key: str(value) for key, value in announcement.in_situ.items()},
            **common,
        )
    origins = {codes[item.id]: item.remote_item for item in items}
    if announcement.subject_kind != "person":
        return orders.register_order(
            actor,
            subject_kind=announcement.subject_kind,
            subject_label=announcement.subject_label,
            origins=origins,
            **common,
        )
    person = announcement.person
    if person is None:
        raise Refused(_("Rujukan ini tidak memuat identitas pasien."), code="no_person")
    whom: dict[str, Any] = {"patient_id": patient_id or _same_person(row.owner_id, person)}
    if whom["patient_id"] is None:
        whom = {"new_patient": _new_patient(person, duplicates_checked=duplicates_checked)}
    return orders.register_order(actor, subject_kind="person", origins=origins, **whom, **common)


def _standard(owner_id: UUID, code: str) -> str:
    """The set of limits that judges, when our catalogue has it too; the sender's own judges again at its end."""
    return code if code in catalogues.effective(owner_id).standards else ""


def _client(actor: Actor, row: Incoming) -> UUID:
    """The sending laboratory among our clients."""
    known = partners_queries.client_of_organisation(Scope.of(row.owner_id), row.sender_id)
    if known is not None:
        return known.id
    sender = row.sender
    return partners.register_client(
        actor, owner_id=row.owner_id, name=sender.name, kind="facility", organisation_id=sender.id
    ).id


def _same_person(owner_id: UUID, person: Person) -> UUID | None:
    """Our patient with the same number of a document.

    One whose name and date of birth both differ is somebody else under a mistyped number: a person must decide.
    """
    if not person.nik and not person.passport_number:
        return None
    same = people_queries.same_numbers(Scope.of(owner_id), nik=person.nik, passport_number=person.passport_number)
    found = next(iter(same), None)
    if found is None:
        return None
    alike = sound_key(found.full_name) == sound_key(person.full_name) or found.birth_date == person.birth_date
    if not alike:
        message = _(
            "Nomor identitas ini milik pasien lain di sini: %(name)s, nomor RM %(mrn)s. "
            "Nama dan tanggal lahirnya berbeda; pastikan dengan pengirim, lalu pilih pasiennya."
        ) % {"name": found.full_name, "mrn": found.mrn}
        raise SamePerson(message, patient_id=found.id, certain=True, problems=[Problem("patient_id", message)])
    return found.id


def _new_patient(person: Person, *, duplicates_checked: bool) -> dict[str, Any]:
    return {
        "full_name": person.full_name,
        "sex": person.sex,
        "birth_date": person.birth_date,
        "birth_date_estimated": person.birth_date_estimated,
        "nik": person.nik,
        "no_nik_reason": person.no_nik_reason,
        "passport_number": person.passport_number,
        "mother_nik": person.mother_nik,
        "mother_name": person.mother_name,
        "description": person.description,
        "phone": person.phone,
        "address": person.address,
        "residence_id": person.residence if person.residence and network.area_exists(person.residence) else None,
        "identifiers": [(one.system, one.value) for one in person.identifiers],
        # The sender saw the document.
        "nik_checked": True,
        "duplicates_checked": duplicates_checked,
    }


@use_case
def refuse_incoming(actor: Actor, *, owner_id: UUID, referral_id: UUID, reason: str, note: str = "") -> Incoming:
    """Refuse a whole referral for one of ``rules.REFUSALS``; the sender's results wait to be referred again, with the
    reason.

    Possible after acceptance too while no result was reported: our order is cancelled with it.
    """
    actor.require(INCOMING.right("refuse"), owner_id)
    refusal = Refusal(reason, short(note, "note", 240))
    problem = _refusal_problem(refusal)
    if problem:
        raise Refused(str(problem.message), problems=[problem])
    row = lock_incoming(owner_id, referral_id)
    target = INCOMING.move(row.status, "refuse")
    items = queries.items_of_incoming(Scope.of(owner_id), [row.id])[row.id]
    if any(item.reported for item in items):
        raise Refused(_("Sudah ada hasil yang dilaporkan; rujukan ini tidak dapat ditolak lagi."), code="reported")
    now = clock.now()
    if row.order_id is not None:
        orders.cancel_order(
            lent(actor, owner_id, *IMPLIED),
            owner_id=owner_id,
            order_id=row.order_id,
            reason=_("Rujukan ditolak: %(why)s") % {"why": refusal_text(refusal.reason, refusal.note)},
        )
    for item in items:
        if item.status in rules.OPEN_ITEM:
            item.status, item.refusal, item.note, item.answered_at = "refused", refusal.reason, refusal.note, now
    IncomingItem.rows.bulk_update(items, ["status", "refusal", "note", "answered_at"])
    row.status, row.note = target, refusal.note
    row.decided_at, row.decided_by = row.decided_at or now, actor.person_id
    row.body = without_identity(row.body)
    row.save(update_fields=["status", "note", "decided_at", "decided_by", "body"])
    answer(actor, row, ReferralRefused)
    return row
