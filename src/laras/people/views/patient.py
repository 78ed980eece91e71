"""The page of one patient and its small acts: consent, numbers of other systems, erasure."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.core import journal
from laras.core.web import page, refusals, submit_once
from laras.core.words import told
from laras.people import queries, services
from laras.people.areas import area_label
from laras.people.forms import ConsentForm, IdentifierForm, ReasonForm
from laras.people.messages import RELATIONS, reasons_in_words
from laras.people.models import NO_NIK_LABELS, SEX_LABELS, Consent, Patient
from laras.people.reference import consent_texts
from laras.people.states import CONSENT, PATIENT

PATIENT_PANELS: list[Callable[[HttpRequest, Patient, list[UUID]], str]] = []
"""Sections of a patient's page that floors above add (orders, results). Each gets the request, the patient and the ids
of all patients that are this person, and answers safe markup; an empty text shows nothing."""


PATIENT_ACTIONS: list[Callable[[HttpRequest, Patient], list[tuple[str, str]]]] = []
"""What floors above offer to do for an active patient: (label, address), first of all things on the page."""


def address_of(patient_id: UUID) -> str:
    """The page of a patient."""
    return reverse("people:patient", args=[patient_id])


@page("people.read")
def patient_page(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return _patient_page(request, patient_id)


def _patient_page(request: HttpRequest, patient_id: UUID, *, status: int = 200, **forms: BaseForm) -> HttpResponse:
    """The page; `forms` are those that were refused and show their errors in place."""
    patient = queries.get_patient(request.scope, patient_id)
    ids = queries.identity_ids(request.scope, patient.id)
    consents = queries.consents_of(request.scope, patient.id)
    active = patient.status == "active"
    lookalikes = queries.duplicates_of(request.scope, patient) if active else []
    can = {
        right.partition(".")[2]: request.actor.can(right, request.owner.id)
        for right in ("people.write", "people.merge", "people.erase")
    }
    context = {
        "patient": patient,
        "machine": PATIENT,
        "consent_machine": CONSENT,
        "sexes": SEX_LABELS,
        "no_nik_reasons": NO_NIK_LABELS,
        "relations": RELATIONS,
        "residence": area_label(patient.residence_id),
        "kept": queries.resolve(request.scope, patient.id) if patient.status == "merged" else None,
        "lookalikes": [(row, reasons_in_words(row.likeness.reasons)) for row in lookalikes],
        "agreements": _agreements(consents, forms) if active else [],
        "purposes": {text.purpose: text.title for text in consent_texts()},
        "past_consents": [row for row in consents if row.status != "given"],
        "merges": [
            (merge, _form_for(merge.id, forms.get("undo_form")) or undo_form(merge.id))
            for merge in queries.merges_of(request.scope, patient.id)
        ],
        "identifiers": queries.identifiers_of(patient),
        "actions": [entry for ask in PATIENT_ACTIONS for entry in ask(request, patient)] if active else [],
        "panels": [shown for panel in PATIENT_PANELS if (shown := panel(request, patient, ids))],
        "history_items": _history(request, patient, ids),
        "can": can,
        "identifier_form": IdentifierForm(),
        "erase_form": ReasonForm(prefix="erase"),
    } | forms
    return render(request, "people/patient.html", context, status=status)


def _agreements(consents: list[Consent], refused: Mapping[str, BaseForm]) -> list[dict[str, Any]]:
    """Every purpose with the consent that stands and the form that gives or withdraws it."""
    lines = []
    for line in queries.consent_lines(consents):
        if line.given:
            form = _form_for(line.given.id, refused.get("withdraw_form")) or withdraw_form(line.given.id)
        else:
            form = _form_for(line.text.purpose, refused.get("consent_form")) or consent_form(line.text.purpose)
        lines.append({"text": line.text, "given": line.given, "form": form})
    return lines


def _form_for(about: object, refused: BaseForm | None) -> BaseForm | None:
    """The refused form when it is about this: it shows its errors and what was typed in its own dialog."""
    return refused if refused is not None and refused.auto_id == f"{about}_%s" else None


def consent_form(purpose: str, data: Any = None) -> ConsentForm:
    """One of several on a page: its fields are told apart by the purpose."""
    return ConsentForm(data, auto_id=f"{purpose}_%s", initial={"purpose": purpose})


def withdraw_form(consent_id: UUID, data: Any = None) -> ReasonForm:
    return ReasonForm(data, auto_id=f"{consent_id}_%s")


def undo_form(merge_id: UUID, data: Any = None) -> ReasonForm:
    return ReasonForm(data, prefix="undo", auto_id=f"{merge_id}_%s")


def _history(request: HttpRequest, patient: Patient, ids: list[UUID]) -> list[dict[str, Any]]:
    """What happened to all records of this person; after a merge each line says whose it is."""
    lines = [(key, line) for key in ids for line in journal.history(request.scope, key)]
    lines.sort(key=lambda pair: pair[1].occurred_at)
    items = told(line for _key, line in lines)
    if len(ids) > 1:
        numbers = queries.numbers_of(request.scope, ids)
        for (key, _line), item in zip(lines, items, strict=True):
            item["where"] = numbers.get(key, "")
    return items


def act(
    request: HttpRequest, patient_id: UUID, form: BaseForm, name: str, said: str, work: Callable[[dict[str, Any]], Any]
) -> HttpResponse:
    """One action of the patient's page: `work` with what was read, then the page with a message, or with the errors."""
    if form.is_valid():

        def work_and_say() -> str:
            work(form.cleaned_data)
            messages.success(request, said)
            return address_of(patient_id)

        with refusals(form):
            return submit_once(request, work_and_say)
    return _patient_page(request, patient_id, status=422, **{name: form})


@require_POST
@page("people.write")
def give_consent(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    def work(read: dict[str, Any]) -> None:
        services.give_consent(
            request.actor,
            owner_id=request.owner.id,
            patient_id=patient_id,
            purpose=read["purpose"],
            relation=read["relation"] or "self",
            given_by=read["given_by"],
        )

    form = consent_form(request.POST.get("purpose", ""), request.POST)
    return act(request, patient_id, form, "consent_form", _("Persetujuan dicatat."), work)


@require_POST
@page("people.write")
def withdraw_consent(request: HttpRequest, consent_id: UUID) -> HttpResponse:
    consent = queries.get_consent(request.scope, consent_id)

    def work(read: dict[str, Any]) -> None:
        services.withdraw_consent(
            request.actor, owner_id=request.owner.id, consent_id=consent.id, reason=read["reason"]
        )

    patient_id = queries.resolve(request.scope, consent.patient_id).id
    form = withdraw_form(consent.id, request.POST)
    return act(request, patient_id, form, "withdraw_form", _("Pencabutan persetujuan dicatat."), work)


@require_POST
@page("people.write")
def add_identifier(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    def work(read: dict[str, Any]) -> None:
        services.add_identifier(request.actor, owner_id=request.owner.id, patient_id=patient_id, **read)

    form = IdentifierForm(request.POST)
    return act(request, patient_id, form, "identifier_form", _("Nomor dari sistem lain dicatat."), work)


@require_POST
@page("people.erase")
def erase(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    def work(read: dict[str, Any]) -> None:
        services.erase_patient(request.actor, owner_id=request.owner.id, patient_id=patient_id, reason=read["reason"])

    form = ReasonForm(request.POST, prefix="erase")
    return act(request, patient_id, form, "erase_form", _("Data pribadi dihapus."), work)
