"""The page of one patient and its small acts: consent, numbers of other systems, erasure."""

from collections.abc import Callable
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
from laras.people import queries, services
from laras.people.areas import area_label
from laras.people.forms import ConsentForm, IdentifierForm, ReasonForm
from laras.people.messages import RELATIONS, reasons_in_words
from laras.people.models import NO_NIK_LABELS, SEX_LABELS, Patient
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
    lines = [line for key in ids for line in journal.history(request.scope, key)]
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
        "consent_lines": queries.consent_lines(consents) if active else [],
        "purposes": {text.purpose: text.title for text in consent_texts()},
        "past_consents": [row for row in consents if row.status != "given"],
        "merges": queries.merges_of(request.scope, patient.id),
        "identifiers": queries.identifiers_of(patient),
        "actions": [entry for ask in PATIENT_ACTIONS for entry in ask(request, patient)] if active else [],
        "panels": [shown for panel in PATIENT_PANELS if (shown := panel(request, patient, ids))],
        "lines": sorted(lines, key=lambda line: line.occurred_at),
        "can": can,
        "consent_form": ConsentForm(),
        "identifier_form": IdentifierForm(),
        "erase_form": ReasonForm(prefix="erase"),
        "undo_form": ReasonForm(prefix="undo"),
    } | forms
    return render(request, "people/patient.html", context, status=status)


def act(
    request: HttpRequest, patient_id: UUID, form: BaseForm, name: str, work: Callable[[], str], said: str
) -> HttpResponse:
    """One action of the patient's page: a redirect to it with a message, or the page with the form's errors."""
    if form.is_valid():

        def told() -> str:
            address = work()
            messages.success(request, said)
            return address

        with refusals(form):
            return submit_once(request, told)
    return _patient_page(request, patient_id, status=422, **{name: form})


@require_POST
@page("people.write")
def give_consent(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    form = ConsentForm(request.POST)

    def work() -> str:
        services.give_consent(
            request.actor,
            owner_id=request.owner.id,
            patient_id=patient_id,
            purpose=form.cleaned_data["purpose"],
            relation=form.cleaned_data["relation"] or "self",
            given_by=form.cleaned_data["given_by"],
        )
        return address_of(patient_id)

    return act(request, patient_id, form, "consent_form", work, _("Persetujuan dicatat."))


@require_POST
@page("people.write")
def withdraw_consent(request: HttpRequest, consent_id: UUID) -> HttpResponse:
    consent = queries.get_consent(request.scope, consent_id)
    patient_id = queries.resolve(request.scope, consent.patient_id).id
    form = ReasonForm(request.POST)

    def work() -> str:
        services.withdraw_consent(
            request.actor,
            owner_id=request.owner.id,
            consent_id=consent.id,
            reason=form.cleaned_data["reason"],
        )
        return address_of(patient_id)

    return act(request, patient_id, form, "withdraw_form", work, _("Pencabutan persetujuan dicatat."))


@require_POST
@page("people.write")
def add_identifier(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    form = IdentifierForm(request.POST)

    def work() -> str:
        services.add_identifier(
            request.actor,
            owner_id=request.owner.id,
            patient_id=patient_id,
            system=form.cleaned_data["system"],
            value=form.cleaned_data["value"],
        )
        return address_of(patient_id)

    return act(request, patient_id, form, "identifier_form", work, _("Nomor dari sistem lain dicatat."))


@require_POST
@page("people.erase")
def erase(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="erase")

    def work() -> str:
        services.erase_patient(
            request.actor,
            owner_id=request.owner.id,
            patient_id=patient_id,
            reason=form.cleaned_data["reason"],
        )
        return address_of(patient_id)

    return act(request, patient_id, form, "erase_form", work, _("Data pribadi dihapus."))
