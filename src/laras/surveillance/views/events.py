"""Signals and events: looked at by who reaches them, decided by their own office."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.basics.periods import read_epi_week
from laras.core import clock, exports, journal
from laras.core.errors import NotFound, Refused
from laras.core.forms import LarasForm
from laras.core.scope import Scope
from laras.core.web import page, refusals, submit_once
from laras.network import queries as network
from laras.surveillance import charts, documents, forms, queries, services, words
from laras.surveillance.models import Outbreak, Signal
from laras.surveillance.states import DECLARE, FOOD_BORNE, HANDLE, OUTBREAK, RISKS, SIGNAL, TRIAGE
from laras.surveillance.views.overview import READ, reach_of, this_week, week_said

# --- Signals ----------------------------------------------------------------------------------------------------------


@page(READ)
def signal(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    """One signal: what it rests on, and the decision."""
    row = queries.get_signal(reach_of(request), signal_id)
    return _signal_page(request, row, forms.TriageForm(), forms.JoinForm())


def _signal_page(request: HttpRequest, row: Signal, triage: forms.TriageForm, join: forms.JoinForm) -> HttpResponse:
    own = row.owner_id == request.owner.id and request.actor.can(TRIAGE, row.owner_id)
    moves = [move.name for move in SIGNAL.available(row.status)] if own else []
    triage.offer(moves)
    join.offer(queries.outbreaks(Scope.of(row.owner_id), disease=row.disease, open_only=True) if own else [])
    last = min(row.week, this_week(request))
    found = next(
        (
            one
            for one in queries.overview(row.owner_id, last=last, weeks=26, only=row.disease)
            if one.disease.code == row.disease
        ),
        None,
    )
    weeks = found.weeks if found else ()
    band = next((one for one in weeks if one.week == row.week), None)
    context = {
        "row": row,
        "name": words.disease_name(row.disease),
        "sentence": words.sentence(row),
        "why": words.by_words(row.by),
        "criteria": words.criteria_words(queries.criteria_of(row)),
        "week_name": words.week_long(row.week),
        "chart": charts.series_chart(weeks, week_label=words.week_name, title=week_said) if weeks else None,
        "band": band,
        "areas": queries.by_area(Scope.reach(row.owner_id), row.disease, [row.week])[:15],
        "laboratories": queries.by_laboratory(Scope.reach(row.owner_id), row.disease, [row.week])[:10],
        "triage_form": triage if {"watch", "dismiss", "reopen"} & set(moves) else None,
        "join_form": join if "join" in moves else None,
        "person": queries.person_name(row.triaged_by),
        "lines": journal.history(Scope.of(row.owner_id), row.id),
        "SIGNAL": SIGNAL,
    }
    errors = triage.errors or join.errors
    return render(request, "surveillance/signal.html", context, status=422 if errors else 200)


@require_POST
@page(TRIAGE)
def triage(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    row = queries.get_signal(request.scope, signal_id)
    form = forms.TriageForm(request.POST)
    form.offer(["watch", "dismiss", "reopen"])
    if form.is_valid():
        with refusals(form):

            def work() -> str:
                services.triage_signal(
                    request.actor, owner_id=request.owner.id, signal_id=signal_id, **form.cleaned_data
                )
                messages.success(request, _("Keputusan dicatat."))
                return reverse("surveillance:signal", args=[signal_id])

            return submit_once(request, work)
    return _signal_page(request, row, form, forms.JoinForm())


@require_POST
@page(TRIAGE)
def join(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    row = queries.get_signal(request.scope, signal_id)
    form = forms.JoinForm(request.POST)
    form.offer(queries.outbreaks(request.scope, disease=row.disease, open_only=True))
    if form.is_valid():
        with refusals(form):

            def work() -> str:
                data = form.cleaned_data
                outbreak = services.join_signal(
                    request.actor,
                    owner_id=request.owner.id,
                    signal_id=signal_id,
                    reason=data["reason"],
                    outbreak_id=UUID(data["outbreak_id"]) if data["outbreak_id"] else None,
                    title=data["title"],
                )
                messages.success(request, _("Sinyal masuk kejadian %(number)s.") % {"number": outbreak.number})
                return reverse("surveillance:event", args=[outbreak.id])

            return submit_once(request, work)
    return _signal_page(request, row, forms.TriageForm(), form)


# --- Events -----------------------------------------------------------------------------------------------------------


@page(READ)
def events(request: HttpRequest) -> HttpResponse:
    """``/surveilans/kejadian/``: the events of the office and of those it reaches."""
    form = forms.EventFilters(request.GET)
    form.is_valid()
    rows = queries.outbreaks(reach_of(request), status=form.cleaned_data.get("status") or "")[:200]
    lines = [{"row": row, "name": words.disease_name(row.disease)} for row in rows]
    context = {"form": form, "lines": lines, "OUTBREAK": OUTBREAK}
    template = "surveillance/_events.html" if request.htmx else "surveillance/events.html"
    return render(request, template, context)


FORMS: dict[str, Callable[..., LarasForm]] = {
    "verify": forms.VerifyForm,
    "assess": forms.RiskForm,
    "declare": forms.DeclareForm,
    "end": LarasForm,
    "close": forms.ConclusionForm,
    "refute": forms.ConclusionForm,
    "team": forms.MemberForm,
    "population": forms.PopulationForm,
}


@page(READ)
def event(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """One event: where it stands, its cases without names, its curve, who works on it, and what can be done now."""
    return _event_page(request, queries.get_outbreak(reach_of(request), outbreak_id))


def _event_page(
    request: HttpRequest, row: Outbreak, failed: str = "", form: LarasForm | None = None, persons: Any = None
) -> HttpResponse:
    actor, own = request.actor, row.owner_id == request.owner.id
    may = {move.name for move in OUTBREAK.available(row.status) if own and actor.can(move.right, row.owner_id)}
    if own and actor.can(HANDLE, row.owner_id) and row.status in ("alert", "verified", "declared", "ended"):
        may |= {"assess", "team", "population"}
    cases = queries.cases_of(row)
    by_day, bars = queries.curve(cases)
    team = queries.team_of(row)
    shown = {name: (form if name == failed and form is not None else make()) for name, make in FORMS.items()}
    if "team" in may:
        shown["team"].offer([one for one in services.candidates(row.owner_id) if one not in team])  # type: ignore[attr-defined]
    places = network.area_labels({case.area_id for case in cases})
    study, attack = queries.study_of(row), queries.attack_rate(row, len(cases))
    context = {
        "row": row,
        "name": words.disease_name(row.disease),
        "own": own,
        "may": may,
        "forms": shown,
        "cases": [
            {"case": case, "area": places.get(case.area_id, ""), "label": words.CLASSES[case.classification]}
            for case in cases
        ],
        "persons": persons,
        "by_class": [(label, sum(case.classification == key for case in cases)) for key, label in words.CLASSES.items()],
        "by_day": by_day,
        "curve": charts.stacked(
            bars, kinds=list(words.CLASSES), week_label=_day_name if by_day else words.week_name, title=_column(by_day)
        ),
        "attack": attack,
        "attack_note": _("kasus laboratorium, %(interval)s") % {"interval": words.interval(attack)} if attack else "",
        "study": study,
        "suspect": queries.suspect_of(study),
        "invites_study": "population" in may and row.disease in FOOD_BORNE,
        "team": team,
        "names_allowed": queries.may_see_names(actor, row),
        "first_report_due": services.due(row),
        "late": row.first_report_at is None and row.verified_at is not None and clock.now() > services.due(row),
        "who": {
            "verified": queries.person_name(row.verified_by), "declared": queries.person_name(row.declared_by),
            "closed": queries.person_name(row.closed_by),
        },
        "risk": RISKS.get(row.risk, ""),
        "signals": list(queries.signals(Scope.of(row.owner_id)).filter(outbreak=row)),
        "lines": journal.history(Scope.of(row.owner_id), row.id),
        "classes": list(words.CLASSES.items()),
        "CLASSES": words.CLASSES,
        "OUTBREAK": OUTBREAK,
    }  # fmt: skip
    return render(request, "surveillance/event.html", context, status=422 if form is not None else 200)


def _day_name(day: date) -> str:
    return date_format(day, "j M")


def _column(by_day: bool) -> Callable[[date, str, int], str]:
    name = _day_name if by_day else words.week_long
    return lambda when, kind, count: f"{name(when)}: {count} {words.CLASSES[kind]}"


def _act(
    request: HttpRequest, outbreak_id: UUID, name: str, said: str, work: Callable[[dict[str, Any]], Any]
) -> HttpResponse:
    """One step of an event: the form of that name, the service, and back to the page; a refusal opens the dialog again."""
    row = queries.get_outbreak(request.scope, outbreak_id)
    form = FORMS[name](request.POST)
    if name == "team":
        form.offer(services.candidates(row.owner_id))  # type: ignore[attr-defined]
    if form.is_valid():
        with refusals(form):

            def run() -> str:
                work(form.cleaned_data)
                messages.success(request, said)
                return reverse("surveillance:event", args=[outbreak_id])

            return submit_once(request, run)
    return _event_page(request, row, name, form)


def _mine(request: HttpRequest, outbreak_id: UUID) -> dict[str, Any]:
    return {"owner_id": request.owner.id, "outbreak_id": outbreak_id}


@require_POST
@page(HANDLE)
def verify(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    return _act(
        request, outbreak_id, "verify", _("Kejadian terverifikasi. Laporan W1 jatuh tempo dalam 24 jam."),
        lambda data: services.verify_outbreak(request.actor, **_mine(request, outbreak_id), **data),
    )  # fmt: skip


@require_POST
@page(HANDLE)
def assess(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    return _act(
        request, outbreak_id, "assess", _("Penilaian risiko dicatat."),
        lambda data: services.assess_risk(request.actor, **_mine(request, outbreak_id), **data),
    )  # fmt: skip


@require_POST
@page(DECLARE)
def declare(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    return _act(
        request, outbreak_id, "declare", _("KLB ditetapkan."),
        lambda data: services.declare_klb(request.actor, **_mine(request, outbreak_id), **data),
    )  # fmt: skip


@require_POST
@page(DECLARE)
def end(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    return _act(
        request, outbreak_id, "end", _("KLB dinyatakan berakhir."),
        lambda data: services.end_klb(request.actor, **_mine(request, outbreak_id)),
    )  # fmt: skip


@require_POST
@page(HANDLE)
def close(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    return _act(
        request, outbreak_id, "close", _("Kejadian ditutup."),
        lambda data: services.close_outbreak(request.actor, **_mine(request, outbreak_id), **data),
    )  # fmt: skip


@require_POST
@page(HANDLE)
def refute(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    return _act(
        request, outbreak_id, "refute", _("Dicatat sebagai bukan kejadian."),
        lambda data: services.refute_outbreak(request.actor, **_mine(request, outbreak_id), **data),
    )  # fmt: skip


@require_POST
@page(HANDLE)
def add_member(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    return _act(
        request, outbreak_id, "team", _("Petugas masuk tim."),
        lambda data: services.add_member(
            request.actor, **_mine(request, outbreak_id), person_id=UUID(data["person_id"])
        ),
    )  # fmt: skip


@require_POST
@page(HANDLE)
def population(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    return _act(
        request, outbreak_id, "population", _("Populasi berisiko dicatat."),
        lambda data: services.set_population(request.actor, **_mine(request, outbreak_id), **data),
    )  # fmt: skip


@require_POST
@page(HANDLE)
def names(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """The cases with names, for the team; a POST because the look itself is written down."""
    row = queries.get_outbreak(request.scope, outbreak_id)
    persons = services.read_line_list(request.actor, **_mine(request, outbreak_id))
    return _event_page(request, row, persons=persons)


@page(READ)
def cases_file(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """The line list without names, for a spreadsheet."""
    row = queries.get_outbreak(reach_of(request), outbreak_id)
    cases = queries.cases_of(row)
    places = network.area_labels({case.area_id for case in cases})
    heading = ("number", "day", "classification", "sex", "age", "area", "laboratory")
    lines = [
        (n, case.day.isoformat(), case.classification, case.sex, case.age, places.get(case.area_id, ""), case.laboratory.name)
        for n, case in enumerate(cases, 1)
    ]  # fmt: skip
    return exports.as_file(f"kasus-{row.number}", heading, lines, request.GET.get("format", "csv"))


# --- Papers -----------------------------------------------------------------------------------------------------------


@require_POST
@page(HANDLE)
def first_report(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """W1 as PDF; the first time it is drawn is kept."""
    row = queries.get_outbreak(request.scope, outbreak_id)
    try:
        row = services.note_first_report(request.actor, **_mine(request, outbreak_id))
    except Refused as error:
        messages.error(request, str(error.message))
        return _event_page(request, row)
    return _pdf(documents.first_report_pdf(row), f"W1-{row.number}.pdf")


@page(READ)
def event_report(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """The report of an event as it stands, at its end the closing report."""
    row = queries.get_outbreak(reach_of(request), outbreak_id)
    return _pdf(documents.event_report_pdf(row), f"kejadian-{row.number}.pdf")


@page(READ)
def bulletin(request: HttpRequest, week: str) -> HttpResponse:
    """W2, the bulletin of one week: PDF, or the same table as a file."""
    try:
        sunday = read_epi_week(week).first_day
    except ValueError as error:
        raise NotFound(_("Minggu tidak dikenal.")) from error
    if sunday > this_week(request):
        raise NotFound(_("Minggu itu belum ada."))
    if request.GET.get("format") in ("csv", "xlsx"):
        heading, lines = documents.bulletin_table(request.owner, sunday)
        return exports.as_file(f"W2-{request.owner.code}-{week}", heading, lines, request.GET["format"])
    return _pdf(documents.bulletin_pdf(request.owner, sunday), f"W2-{request.owner.code}-{week}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
