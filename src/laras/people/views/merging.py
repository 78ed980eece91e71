"""Two patients side by side, merged and taken apart again."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from laras.core.errors import Problem, Refused
from laras.core.web import page, refusals, submit_once
from laras.people import queries, services
from laras.people.areas import area_label
from laras.people.forms import MergeForm
from laras.people.messages import reasons_in_words
from laras.people.models import NO_NIK_LABELS, SEX_LABELS, Patient
from laras.people.views.patient import act, address_of, undo_form


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
        # Who knows it, or knows it better, is proposed.
        proposed = _certainty(kept, group) < _certainty(other, group)
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


def _certainty(patient: Patient, group: str) -> int:
    """0: not known, a reason why it is missing is no value; 1: estimated; 2: known."""
    if group == "nik":
        return 2 if patient.nik else 0
    if group == "sex":
        return 0 if patient.sex == "U" else 2
    if group == "birth_date" and patient.birth_date_estimated:
        return 1
    return 2 if _group_in_words(patient, group) else 0


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

    def work(read: dict[str, Any]) -> None:
        services.undo_merge(request.actor, owner_id=request.owner.id, merge_id=found.id, reason=read["reason"])

    form = undo_form(found.id, request.POST)
    said = _("Penggabungan dibatalkan; kembali dua pasien.")
    return act(request, found.kept_id, form, "undo_form", said, work)
