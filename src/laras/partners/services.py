"""Writing partners: clients, their doctors, the agreements with them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from laras.basics.names import search_key
from laras.basics.phones import clean_phone
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.models import ExternalIdentifier, Owner
from laras.core.numbering import next_serials
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.partners.events import (
    AgreementMoved,
    AgreementNoted,
    ClientMoved,
    ClientRegistered,
    ClientUpdated,
    PractitionerNoted,
)
from laras.partners.messages import problem_of
from laras.partners.models import Agreement, Client, Practitioner
from laras.partners.queries import ENTITY
from laras.partners.rules import (
    check_agreement,
    check_client,
    check_texts,
    clean_agreement,
    clean_client,
    clean_text,
    printable,
)
from laras.partners.states import AGREEMENT, CLIENT
from laras.partners.types import AgreementInput, ClientInput, InputProblem

CLIENT_FIELDS = tuple(field.name for field in fields(ClientInput))
AGREEMENT_FIELDS = tuple(field.name for field in fields(AgreementInput))


def _refuse(problems: Iterable[InputProblem]) -> None:
    found = [problem_of(row) for row in problems]
    if found:
        raise Refused(_("Ada isian yang perlu diperbaiki."), problems=found)


def _refuse_field(field: str, message: str) -> Refused:
    return Refused(message, problems=[Problem(field, message)])


def _save(row: Model, refusal: Refused, **how: Any) -> None:
    """Save; what the database's uniqueness refuses becomes `refusal`, at a field the user can mend."""
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError as error:
        raise refusal from error


# --- Clients --------------------------------------------------------------------------------------------------------


@use_case
def register_client(
    actor: Actor,
    *,
    owner_id: UUID,
    name: str,
    kind: str,
    code: str = "",
    address: str = "",
    area_id: UUID | None = None,
    contact_name: str = "",
    phone: str = "",
    email: str = "",
    note: str = "",
    organisation_id: UUID | None = None,
    identifiers: Iterable[tuple[str, str]] = (),
) -> Client:
    """Note a sender or payer. `code` is given out when empty; `organisation_id` is the Owner it is in the network."""
    actor.require("partners.write", owner_id)
    given = clean_client(ClientInput(name, kind, code, address, contact_name, phone, email, note))
    _refuse(check_client(given))
    _require_area(area_id)
    _require_organisation(owner_id, organisation_id)
    client = Client(owner_id=owner_id, area_id=area_id, organisation_id=organisation_id, **asdict(given))
    client.created_at = client.updated_at = clock.now()
    if not client.code:
        client.code = f"P-{next_serials(owner_id, 'client', date(2000, 1, 1)):04d}"
    client.search_name = search_key(client.name)[:200]
    _refuse_taken(client)
    _save(client, _taken("code", client.code), force_insert=True)
    _add_identifiers(client, identifiers)
    journal.record(
        actor,
        owner=owner_id,
        event=ClientRegistered(client.id, client.code, client.kind, organisation_id),
        subject=client.id,
        sealed={field: value for field in CLIENT_FIELDS if (value := getattr(client, field))},
    )
    return client


def _taken(field: str, value: str) -> Refused:
    return _refuse_field(field, _("“%(value)s” sudah dipakai.") % {"value": value})


def _refuse_taken(client: Client) -> None:
    others = Client.objects.within(Scope.of(client.owner_id)).exclude(id=client.id)
    if others.filter(code=client.code).exists():
        raise _taken("code", client.code)
    if client.organisation_id and client.status == "active":
        same = others.filter(organisation_id=client.organisation_id, status="active").first()
        if same:
            raise _refuse_field(
                "organisation_id", _("Lembaga ini sudah tercatat sebagai “%(name)s”.") % {"name": same.name}
            )


def _require_area(area_id: UUID | None) -> None:
    area = Client._meta.get_field("area").related_model
    if area_id is not None and not area.objects.filter(pk=area_id).exists():  # type: ignore[union-attr]
        raise _refuse_field("area_id", _("Pilih wilayah dari daftar."))


def _require_organisation(owner_id: UUID, organisation_id: UUID | None) -> None:
    if organisation_id is None:
        return
    if organisation_id == owner_id:
        raise _refuse_field("organisation_id", _("Laboratorium ini sendiri bukan pengirim."))
    if not Owner.objects.filter(pk=organisation_id).exists():
        raise _refuse_field("organisation_id", _("Pilih lembaga dari daftar."))


def _add_identifiers(client: Client, identifiers: Iterable[tuple[str, str]]) -> None:
    rows = []
    for system, value in identifiers:
        system, value = clean_text(system), clean_text(value)
        if not (1 <= len(system) <= 120 and 1 <= len(value) <= 120 and printable(system + value)):
            raise _refuse_field("identifiers", _("Isi sistem dan nilainya, masing-masing paling panjang 120 huruf."))
        rows.append(
            ExternalIdentifier(owner_id=client.owner_id, entity=ENTITY, entity_id=client.id, system=system, value=value)
        )
    if rows:
        ExternalIdentifier.objects.bulk_create(rows, ignore_conflicts=True)


def _lock_client(owner_id: UUID, client_id: UUID) -> Client:
    client: Client = get_or_404(Client.objects.within(Scope.of(owner_id)).select_for_update(), id=client_id)
    return client


@use_case
def update_client(
    actor: Actor, *, owner_id: UUID, client_id: UUID, changes: Mapping[str, Any], version: int | None = None
) -> Client:
    """Correct a client. `changes` maps fields of `register_client` (`area_id`, `organisation_id` too) to new values.

    `version` is the version that was looked at: somebody else's change since then is a Conflict, not overwritten.
    """
    actor.require("partners.write", owner_id)
    unknown = set(changes) - {*CLIENT_FIELDS, "area_id", "organisation_id"}
    if unknown:
        raise Refused(
            _("Isian tidak dikenal."), problems=[Problem(name, _("Isian ini tidak ada.")) for name in sorted(unknown)]
        )
    client = _lock_client(owner_id, client_id)
    if version is not None and version != client.version:
        raise Conflict(_("Data ini baru saja diubah orang lain. Muat ulang, lalu ulangi perubahan Anda."))
    before = {name: getattr(client, name) for name in (*CLIENT_FIELDS, "area_id", "organisation_id")}
    typed = {name: value for name, value in changes.items() if name in CLIENT_FIELDS}
    given = clean_client(ClientInput(**({name: before[name] for name in CLIENT_FIELDS} | typed)))
    _refuse(check_client(given))
    after = asdict(given) | {name: changes.get(name, before[name]) for name in ("area_id", "organisation_id")}
    after["code"] = after["code"] or before["code"]
    changed = sorted(name for name in before if before[name] != after[name])
    if not changed:
        return client
    if "area_id" in changed:
        _require_area(after["area_id"])
    if "organisation_id" in changed:
        _require_organisation(owner_id, after["organisation_id"])
    for name in changed:
        setattr(client, name, after[name])
    client.search_name = search_key(client.name)[:200]
    client.version += 1
    client.updated_at = clock.now()
    _refuse_taken(client)
    _save(client, _taken("code", client.code))
    journal.record(
        actor,
        owner=owner_id,
        event=ClientUpdated(client.id, tuple(changed)),
        subject=client.id,
        sealed={name: [before[name], after[name]] for name in changed},
    )
    return client


def _move_client(actor: Actor, owner_id: UUID, client_id: UUID, move: str) -> Client:
    actor.require("partners.write", owner_id)
    client = _lock_client(owner_id, client_id)
    client.status = CLIENT.move(client.status, move)
    client.version += 1
    client.updated_at = clock.now()
    _refuse_taken(client)
    client.save(update_fields=["status", "version", "updated_at"])
    journal.record(actor, owner=owner_id, event=ClientMoved(client.id, client.status), subject=client.id)
    return client


@use_case
def close_client(actor: Actor, *, owner_id: UUID, client_id: UUID) -> Client:
    """No new orders come from it; what it ordered stays."""
    return _move_client(actor, owner_id, client_id, "close")


@use_case
def reopen_client(actor: Actor, *, owner_id: UUID, client_id: UUID) -> Client:
    """Let it be chosen again."""
    return _move_client(actor, owner_id, client_id, "reopen")


@use_case
def add_identifier(actor: Actor, *, owner_id: UUID, client_id: UUID, system: str, value: str) -> Client:
    """Note how another system calls this client. Safe to repeat."""
    actor.require("partners.write", owner_id)
    client = _lock_client(owner_id, client_id)
    _add_identifiers(client, [(system, value)])
    journal.record(
        actor,
        owner=owner_id,
        event=ClientUpdated(client.id, ("identifiers",)),
        subject=client.id,
        sealed={"identifiers": [system, value]},
    )
    return client


# --- Practitioners --------------------------------------------------------------------------------------------------


@use_case
def add_practitioner(
    actor: Actor,
    *,
    owner_id: UUID,
    client_id: UUID,
    name: str,
    registration_number: str = "",
    phone: str = "",
) -> Practitioner:
    """Note a doctor of a client. The same name at the same client is the same doctor and is answered as it stands."""
    actor.require("partners.write", owner_id)
    client = _lock_client(owner_id, client_id)
    practitioner = Practitioner(owner_id=owner_id, client=client)
    _fill_practitioner(practitioner, name, registration_number, phone)
    known = (
        Practitioner.objects.within(Scope.of(owner_id))
        .filter(client=client, search_name=practitioner.search_name, active=True)
        .first()
    )
    if known is not None:
        return known
    practitioner.save(force_insert=True)
    _note_practitioner(actor, practitioner)
    return practitioner


@use_case
def update_practitioner(
    actor: Actor,
    *,
    owner_id: UUID,
    practitioner_id: UUID,
    name: str,
    registration_number: str = "",
    phone: str = "",
    active: bool = True,
) -> Practitioner:
    """Correct a doctor, or make inactive one who no longer works there."""
    actor.require("partners.write", owner_id)
    rows = Practitioner.objects.within(Scope.of(owner_id)).select_for_update()
    practitioner: Practitioner = get_or_404(rows, id=practitioner_id)
    _fill_practitioner(practitioner, name, registration_number, phone)
    practitioner.active = active
    same = rows.filter(client_id=practitioner.client_id, search_name=practitioner.search_name, active=True)
    if active and same.exclude(id=practitioner.id).exists():
        raise _taken("name", practitioner.name)
    _save(practitioner, _taken("name", practitioner.name))
    _note_practitioner(actor, practitioner)
    return practitioner


def _fill_practitioner(row: Practitioner, name: str, registration_number: str, phone: str) -> None:
    row.name, row.registration_number = clean_text(name), clean_text(registration_number)
    cleaned = clean_phone(phone)
    row.phone = phone.strip() if cleaned is None else cleaned
    problems = list(check_texts(row, ("registration_number", "phone")))
    if not row.name:
        problems.append(InputProblem("name", "missing"))
    elif len(row.name) > 150:
        problems.append(InputProblem("name", "too_long"))
    elif not any(letter.isalpha() for letter in row.name):
        problems.append(InputProblem("name", "no_letters"))
    elif not printable(row.name):
        problems.append(InputProblem("name", "unprintable"))
    if cleaned is None:
        problems.append(InputProblem("phone", "phone_wrong"))
    _refuse(problems)
    row.search_name = search_key(row.name)[:150]


def _note_practitioner(actor: Actor, row: Practitioner) -> None:
    journal.record(
        actor,
        owner=row.owner_id,
        event=PractitionerNoted(row.client_id, row.id, row.active),
        subject=row.client_id,
        sealed={"name": row.name, "registration_number": row.registration_number, "phone": row.phone},
    )


# --- Agreements -----------------------------------------------------------------------------------------------------


@use_case
def draft_agreement(
    actor: Actor,
    *,
    owner_id: UUID,
    client_id: UUID,
    number: str,
    title: str,
    valid_from: date | None,
    valid_until: date | None = None,
    scope_text: str = "",
) -> Agreement:
    """Note an agreement that is being made with a client."""
    actor.require("partners.write", owner_id)
    client = _lock_client(owner_id, client_id)
    agreement = Agreement(owner_id=owner_id, client=client)
    given = AgreementInput(number, title, valid_from, valid_until, scope_text)
    return _store_agreement(actor, agreement, given, force_insert=True)


@use_case
def correct_agreement(actor: Actor, *, owner_id: UUID, agreement_id: UUID, changes: Mapping[str, Any]) -> Agreement:
    """Correct a draft. What was signed stays as signed: end it and draft another."""
    actor.require("partners.write", owner_id)
    agreement = _lock_agreement(owner_id, agreement_id)
    if agreement.status != "draft":
        raise Conflict(_("Perjanjian yang sudah ditandatangani atau diakhiri tidak dapat diubah."))
    values = {name: getattr(agreement, name) for name in AGREEMENT_FIELDS}
    known = {name: value for name, value in changes.items() if name in AGREEMENT_FIELDS}
    return _store_agreement(actor, agreement, AgreementInput(**(values | known)))


def _store_agreement(
    actor: Actor, agreement: Agreement, given: AgreementInput, *, force_insert: bool = False
) -> Agreement:
    given = clean_agreement(given)
    _refuse(check_agreement(given))
    for name in AGREEMENT_FIELDS:
        setattr(agreement, name, getattr(given, name))
    same = Agreement.objects.within(Scope.of(agreement.owner_id)).filter(number=agreement.number)
    if same.exclude(id=agreement.id).exists():
        raise _taken("number", agreement.number)
    _save(agreement, _taken("number", agreement.number), force_insert=force_insert)
    journal.record(
        actor,
        owner=agreement.owner_id,
        event=AgreementNoted(
            agreement.client_id, agreement.id, agreement.number, agreement.valid_from, agreement.valid_until
        ),
        subject=agreement.client_id,
    )
    return agreement


def _lock_agreement(owner_id: UUID, agreement_id: UUID) -> Agreement:
    rows = Agreement.objects.within(Scope.of(owner_id)).select_for_update()
    agreement: Agreement = get_or_404(rows, id=agreement_id)
    return agreement


@use_case
def sign_agreement(actor: Actor, *, owner_id: UUID, agreement_id: UUID) -> Agreement:
    """Both sides signed; it covers the days of its validity."""
    actor.require("partners.write", owner_id)
    agreement = _lock_agreement(owner_id, agreement_id)
    agreement.status = AGREEMENT.move(agreement.status, "sign")
    agreement.signed_at = clock.now()
    agreement.save(update_fields=["status", "signed_at"])
    _note_agreement_move(actor, agreement)
    return agreement


@use_case
def end_agreement(actor: Actor, *, owner_id: UUID, agreement_id: UUID, reason: str) -> Agreement:
    """End it before its time, or drop a draft."""
    actor.require("partners.write", owner_id)
    agreement = _lock_agreement(owner_id, agreement_id)
    agreement.status = AGREEMENT.move(agreement.status, "end")
    agreement.ended_at = clock.now()
    agreement.end_reason = clean_text(reason)
    if not (1 <= len(agreement.end_reason) <= 300 and printable(agreement.end_reason)):
        raise _refuse_field("reason", _("Tuliskan alasan, paling panjang 300 huruf."))
    agreement.save(update_fields=["status", "ended_at", "end_reason"])
    _note_agreement_move(actor, agreement)
    return agreement


def _note_agreement_move(actor: Actor, agreement: Agreement) -> None:
    journal.record(
        actor,
        owner=agreement.owner_id,
        event=AgreementMoved(agreement.client_id, agreement.id, agreement.status),
        subject=agreement.client_id,
    )
