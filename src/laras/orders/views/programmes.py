"""Programmes: what they ask for, lists of people registered together, who should come this month."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from laras.catalogue import queries as catalogue_queries
from laras.catalogue.rules.programmes import Decision
from laras.core import clock, sheets
from laras.core.errors import DomainError, Refused
from laras.core.forms import DayField
from laras.core.printing.labels import label_pdf
from laras.core.progress import Progress
from laras.core.web import page, refusals, submit_once
from laras.orders import labels, queries, services
from laras.orders.forms import AcceptSessionForm, MonthForm, SessionForm, UploadForm
from laras.orders.people_sheet import LAYOUT
from laras.orders.words import not_asked, span
from laras.partners import queries as partners_queries
from laras.people import queries as people_queries

SHOWN = 300
"""Lines of a preview on one page; problems are shown before anything else."""
LABELLED = 100
"""People whose labels make one file for the printer."""


@require_safe
@page("orders.read")
def programmes(request: HttpRequest) -> HttpResponse:
    """What each programme asks for, with where it is written, and the latest sessions."""
    catalogue = catalogue_queries.effective(request.owner.id)
    rows = [
        (
            info,
            [
                (item, span(item.age_from), span(item.age_until), span(item.interval))
                for item in catalogue.items(info.code)
            ],
        )
        for info in catalogue.programmes.values()
    ]
    context = {
        "programmes": rows,
        "sessions": [(row, _name(catalogue, row.programme)) for row in queries.sessions(request.scope)],
        "may_register": request.actor.can("orders.register", request.owner.id),
    }
    return render(request, "orders/programmes.html", context)


def _name(catalogue: Any, code: str) -> str:
    info = catalogue.programmes.get(code)
    return info.name if info else code


# --- A session --------------------------------------------------------------------------------------------------------


def _choices(request: HttpRequest) -> dict[str, Any]:
    catalogue = catalogue_queries.effective(request.owner.id)
    clients = partners_queries.search(request.scope, "", limit=200).clients
    return {
        "programmes": [(info.code, info.name) for info in catalogue.programmes.values() if info.subject == "person"],
        "clients": [(str(client.id), client.name) for client in clients],
    }


@page("orders.register")
def new_session(request: HttpRequest) -> HttpResponse:
    """The file and what is said of all in it; a press shows what it would do."""
    files = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*files, **_choices(request), initial={"day": clock.today(request.owner.zone), **_asked(request)})
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        with refusals(form):
            plan = services.plan_session(request.actor, owner=request.owner, session=form.session(), content=content)
            return _preview(request, form, plan, sheets.as_text(content, LAYOUT))
    columns = [
        (
            "nama, tanggal_lahir, jenis_kelamin",
            _("Wajib ada. Tanggal: 1990-04-03, 3 April 1990, atau sel tanggal Excel; kelamin L atau P"),
        ),
        (
            "nik",
            _("16 angka; kolomnya bertipe Teks di Excel. Bila kosong, isi tanpa_nik: belum punya, warga asing, bayi"),
        ),
        ("nomor_rm", _("Bila orangnya sudah pernah terdaftar di sini tanpa NIK")),
        ("paspor, nama_ibu, nik_ibu, telepon, alamat", _("Boleh tidak ada")),
        ("keterangan", _("Yang berlaku bagi orang itu dalam program, misalnya Kelas 7 atau K1")),
        ("orang_lain", _("ya, bila nama dan tanggal lahirnya sama dengan pasien lain tetapi memang orang lain")),
    ]
    context = {"form": form, "columns": columns}
    return render(request, "orders/session_new.html", context, status=422 if form.errors else 200)


def _asked(request: HttpRequest) -> dict[str, str]:
    return {"programme": request.GET["program"]} if request.GET.get("program") else {}


def _preview(
    request: HttpRequest, form: SessionForm, plan: services.SessionPlan, sheet: str, told: str = ""
) -> HttpResponse:
    rows = [(row, *_row_words(row)) for row in plan.rows]
    hidden = AcceptSessionForm(**_choices(request), initial={**form.initial_again(), "sheet": sheet})
    context = {
        "plan": plan,
        "rows": rows[:SHOWN],
        "hidden_rows": max(0, len(rows) - SHOWN),
        "problems": plan.problems[:SHOWN],
        "hidden_problems": max(0, len(plan.problems) - SHOWN),
        "accept": hidden,
        "told": told,
        "key": secrets.token_urlsafe(12),
    }
    return render(request, "orders/session_preview.html", context, status=422 if plan.problems else 200)


def _row_words(row: services.PlannedPerson) -> tuple[str, str, list[str]]:
    """Chip, its tone, and what is not made and why."""
    label, tone = {
        "new": (_("Pasien baru"), "active"),
        "known": (_("Sudah ada"), "done"),
        "skip": (_("Dilewati"), "waiting"),
    }[row.action]
    early = [one for one in row.decisions if one.reason == "too_early"]
    reasons = [not_asked(one) for one in early] or (
        [_("Tidak ada pemeriksaan program ini untuk umur, kelamin, atau keterangannya.")]
        if row.action == "skip"
        else []
    )
    return label, tone, reasons


@require_POST
@page("orders.register")
def accept_session(request: HttpRequest) -> HttpResponse:
    """Register them all, or nobody; the page asks meanwhile how far it is."""
    form = AcceptSessionForm(request.POST, **_choices(request))
    if not form.is_valid():
        return redirect("orders:new_session")
    content = form.cleaned_data["sheet"].encode()
    progress = _progress(request)

    def work() -> str:
        made = services.accept_session(
            request.actor, owner=request.owner, session=form.session(), content=content, tell=progress.tell
        )
        messages.success(request, _("Sesi tersimpan: %(people)d permintaan.") % {"people": made.people})
        return reverse("orders:session", args=[made.id])

    try:
        return submit_once(request, work)
    except Refused as error:
        # Stopped, or something changed since the preview: show what stands in the way now.
        plan = services.plan_session(request.actor, owner=request.owner, session=form.session(), content=content)
        return _preview(request, form, plan, form.cleaned_data["sheet"], told=str(error.message))
    finally:
        progress.forget()


def _progress(request: HttpRequest) -> Progress:
    given = request.POST.get("kunci") or request.GET.get("kunci") or ""
    return Progress(str(request.user.pk), given[:64])


@require_safe
@page("orders.register")
def session_progress(request: HttpRequest) -> HttpResponse:
    """How far the registration is that this page started."""
    context = {"at": _progress(request).read(), "key": request.GET.get("kunci", "")[:64]}
    return render(request, "orders/_session_progress.html", context)


@require_POST
@page("orders.register")
def stop_session(request: HttpRequest) -> HttpResponse:
    """Ask the registration to stop; nothing of it is kept then."""
    _progress(request).stop()
    return render(request, "orders/_session_progress.html", {"stopping": True})


@require_safe
@page("orders.read")
def session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The people of a session with their samples, and the way to their labels."""
    found = queries.get_session(request.scope, session_id)
    shown = Paginator(range(found.people), queries.PAGE).get_page(request.GET.get("page"))
    start = (shown.number - 1) * queries.PAGE
    catalogue = catalogue_queries.effective(request.owner.id)
    context = {
        "session": found,
        "programme": _name(catalogue, found.programme),
        "page": shown,
        "rows": queries.orders_of_session(request.scope, found.id, start=start),
        "label_parts": [
            (first, min(first + LABELLED - 1, found.people)) for first in range(1, found.people + 1, LABELLED)
        ],
    }
    return render(request, "orders/session.html", context)


@require_safe
@page("orders.read")
def session_labels(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Labels of a hundred people, from ``dari``, for a label printer."""
    found = queries.get_session(request.scope, session_id)
    given = request.GET.get("dari", "1")
    start = int(given) - 1 if given.isdecimal() and 1 <= int(given[:6]) <= found.people else 0
    details = queries.orders_of_session(request.scope, found.id, start=start, limit=LABELLED)
    usable = [one for one in details if any(s.status not in ("cancelled", "disposed") for s in one.samples)]
    if not usable:
        raise Refused(_("Tidak ada sampel yang perlu label di sesi ini."), code="no_labels")
    pdf = label_pdf([label for detail in usable for label in labels.labels_of(detail)], stock=labels.DEFAULT_STOCK)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="label-sesi-{start + 1}.pdf"'
    return response


# --- Who should come --------------------------------------------------------------------------------------------------


@require_safe
@page("orders.read")
def due(request: HttpRequest) -> HttpResponse:
    """Who of a programme should come in a month, with what, those who are latest first."""
    catalogue = catalogue_queries.effective(request.owner.id)
    repeated = [
        (info.code, info.name)
        for info in catalogue.programmes.values()
        if any(item.interval for item in catalogue.items(info.code))
    ]
    today = clock.today(request.owner.zone)
    form = MonthForm(request.GET or None, programmes=repeated)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    programme = chosen.get("program") or (repeated[0][0] if repeated else "")
    first, until = services.month_of(chosen.get("bulan") or today)
    rows = services.due_in(request.scope, request.owner, programme, first, until) if programme else []
    shown = Paginator(rows, queries.PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form
        if form.is_bound
        else MonthForm(programmes=repeated, initial={"program": programme, "bulan": today}),
        "page": shown,
        "rows": [(patient, items, min(one.by for one in items) < today) for patient, items in shown],
        "first": first,
        "programme": _name(catalogue, programme),
        "code": programme,
        "may_register": request.actor.can("orders.register", request.owner.id),
    }
    return render(request, "orders/due.html", context)


# --- At ordinary registration -----------------------------------------------------------------------------------------


@require_POST
@page("orders.register")
def proposal(request: HttpRequest) -> HttpResponse:
    """What the chosen programme asks for of the person on the form: codes for the picker, and what is not asked for and why."""
    sex, born, patient_id = _person(request)
    said = [word for word in request.POST.get("said", "").split(";") if word]
    try:
        found = services.propose(
            request.scope,
            request.owner,
            programme=request.POST.get("programme", ""),
            sex=sex,
            born=born,
            patient_id=patient_id,
            said=said,
        )
    except DomainError:
        return render(request, "orders/_proposal.html", {"proposal": None})
    unsaid = ("not_said", "other_sex", "too_young", "too_old")
    left: list[tuple[Decision, str]] = [
        (one, not_asked(one)) for one in found.decisions if not one.asked and one.reason not in unsaid
    ]
    context = {"proposal": found, "left": left, "said": said, "known": bool(patient_id or born or sex != "U")}
    return render(request, "orders/_proposal.html", context)


def _person(request: HttpRequest) -> tuple[str, Any, UUID | None]:
    try:
        patient = people_queries.resolve(request.scope, UUID(request.POST.get("patient", "")))
    except (ValueError, DomainError):
        pass
    else:
        return patient.sex, patient.birth_date, patient.id
    sex = request.POST.get("sex", "")
    try:
        born = DayField(required=False).clean(request.POST.get("birth_date", ""))
    except ValidationError:  # still being typed
        born = None
    return (sex if sex in ("L", "P") else "U"), born, None
