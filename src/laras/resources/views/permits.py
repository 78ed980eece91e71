"""Pages of permits: those of one laboratory as processes, and for an office those that end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.core import clock, journal
from laras.core.exports import as_file
from laras.core.scope import Scope, get_or_404
from laras.core.web import page, refusals, submit_once
from laras.resources import forms, queries, services
from laras.resources.labels import PERMIT_GROUPS
from laras.resources.models import Permit
from laras.resources.rules import quarter_of, read_quarter
from laras.resources.shipped import permit_kinds
from laras.resources.states import PERMIT
from laras.resources.views.equipment import MANAGE, PER_PAGE, READ, _frame, _laboratory, _reached
from laras.resources.words import quarter_in_words

# An end so near is shown as waiting: what an office needs to renew a permit takes months.
SOON = timedelta(days=183)


@page(READ)
def permits(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The permits of a laboratory by kind; a kind of which nothing is known says so."""
    row = _laboratory(request, organisation_id)
    scope = Scope.of(organisation_id)
    held: dict[str, list[Permit]] = {}
    old = []
    for one in queries.permits(scope):
        (old if one.status == "ended" else held.setdefault(one.kind, [])).append(one)
    today = clock.today()
    context = {
        **_frame(request, row),
        "kinds": [(kind, str(PERMIT_GROUPS[kind.group]), held.get(kind.code, [])) for kind in permit_kinds().values()],
        "old": old,
        "today": today,
        "soon": today + SOON,
        "PERMIT": PERMIT,
    }
    return render(request, "resources/permits.html", context)


def _permit(organisation_id: UUID, permit_id: UUID) -> Permit:
    found: Permit = get_or_404(queries.permits(Scope.of(organisation_id)), id=permit_id)
    return found


@page(READ)
def permit(request: HttpRequest, organisation_id: UUID, permit_id: UUID) -> HttpResponse:
    """One permit: what its paper says, the steps on the way to it, and what happened to it."""
    row = _laboratory(request, organisation_id)
    held = _permit(organisation_id, permit_id)
    return _permit_page(request, row, held)


def _permit_page(request: HttpRequest, row: Any, held: Permit, form: Any = None, dialog: str = "") -> HttpResponse:
    scope, kind = Scope.of(row.id), held.known
    at = kind.place(held.step) if held.status == "process" else len(kind.steps) if held.status == "issued" else -1
    done = queries.steps_done(scope, held.id)
    names = {step.code: step.name for step in kind.steps}
    back = forms.ReturnForm()
    back.offer((step.code, step.name) for step in kind.steps[: max(at, 0)])
    change = forms.MovePermitForm()
    change.offer(move.name for move in PERMIT.available(held.status))
    given = {"about": held.about, "office": held.office, "number": held.number}
    boxes: dict[str, Any] = {
        "step_form": forms.StepForm(),
        "return_form": back,
        "issue_form": forms.PaperForm(initial=given),
        "move_form": change,
    }
    if form is not None:
        boxes[dialog] = form
    renewal = queries.renewals(scope, [held.id]).get(held.id)
    context = {
        **_frame(request, row),
        **boxes,
        "permit": held,
        "kind": kind,
        "steps": [
            (step.name, "done" if n < at else "now" if n == at and held.status == "process" else "next")
            for n, step in enumerate(kind.steps)
        ],
        "now": kind.steps[at] if held.status == "process" else None,
        "last": at + 1 == len(kind.steps),
        "rows": [(one, names.get(one.step, one.step)) for one in done],
        "renewal": renewal,
        "renewed": queries.permits(scope).filter(id=held.renews_id).first() if held.renews_id else None,
        "over": bool(held.valid_until and held.valid_until < clock.today()),
        "history": journal.history(scope, held.id),
        "PERMIT": PERMIT,
    }
    return render(request, "resources/permit.html", context, status=422 if form is not None else 200)


@page(MANAGE)
def add(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """A permit as its paper says; without a number it is one that is being sought."""
    row = _laboratory(request, organisation_id, MANAGE)
    kind = request.GET.get("kind", "")
    form = forms.NewPermitForm(
        request.POST if request.method == "POST" else None,
        initial={"kind": kind, "office": permit_kinds()[kind].office} if kind in permit_kinds() else {},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def work() -> str:
            if data["number"] or data["valid_from"] or data["valid_until"]:
                made = services.record_permit(request.actor, owner_id=row.id, kind=data["kind"], values=data)
            else:
                made = services.begin_permit(
                    request.actor, owner_id=row.id, kind=data["kind"], about=data["about"], office=data["office"]
                )
            messages.success(request, _("Izin dicatat."))
            return reverse("resources:permit", args=[row.id, made.id])

        with refusals(form):
            return submit_once(request, work)
    return _form_page(request, row.id, form, _("Tambah izin"), reverse("resources:permits", args=[row.id]))


def _form_page(request: HttpRequest, owner_id: UUID, form: Any, title: str, back: str) -> HttpResponse:
    context = {"title": title, "form": form, "back": back, "submit": _("Simpan")}
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


@page(MANAGE)
def alter(request: HttpRequest, organisation_id: UUID, permit_id: UUID) -> HttpResponse:
    row = _laboratory(request, organisation_id, MANAGE)
    held = _permit(organisation_id, permit_id)
    back = reverse("resources:permit", args=[row.id, held.id])
    form = forms.AlterPermitForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(held, name) for name in services.PAPER},
    )
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in services.PAPER}

        def work() -> str:
            services.alter_permit(
                request.actor, owner_id=row.id, permit_id=held.id, values=values, reason=form.cleaned_data["reason"]
            )
            messages.success(request, _("Data izin disimpan."))
            return back

        with refusals(form):
            return submit_once(request, work)
    return _form_page(request, row.id, form, held.known.name, back)


def _act(
    request: HttpRequest, organisation_id: UUID, permit_id: UUID, dialog: str, form: Any, use: Any
) -> HttpResponse:
    """Carry out what a dialog of the permit's page asks; what is wrong is said in that dialog."""
    row = _laboratory(request, organisation_id, MANAGE)
    held = _permit(organisation_id, permit_id)
    if dialog == "return_form":
        form.offer((step.code, step.name) for step in held.known.steps)
    if form.is_valid():

        def work() -> str:
            made = use(form.cleaned_data, {"owner_id": row.id, "permit_id": held.id})
            return reverse("resources:permit", args=[row.id, made.id])

        with refusals(form):
            return submit_once(request, work)
    return _permit_page(request, row, held, form, dialog)


@require_POST
@page(MANAGE)
def step(request: HttpRequest, organisation_id: UUID, permit_id: UUID) -> HttpResponse:
    return _act(
        request, organisation_id, permit_id, "step_form", forms.StepForm(request.POST),
        lambda data, of: services.take_step(request.actor, **of, **data),
    )  # fmt: skip


@require_POST
@page(MANAGE)
def send_back(request: HttpRequest, organisation_id: UUID, permit_id: UUID) -> HttpResponse:
    return _act(
        request, organisation_id, permit_id, "return_form", forms.ReturnForm(request.POST),
        lambda data, of: services.return_permit(request.actor, **of, **data),
    )  # fmt: skip


@require_POST
@page(MANAGE)
def issue(request: HttpRequest, organisation_id: UUID, permit_id: UUID) -> HttpResponse:
    return _act(
        request, organisation_id, permit_id, "issue_form", forms.PaperForm(request.POST),
        lambda data, of: services.issue_permit(request.actor, **of, values=data),
    )  # fmt: skip


@require_POST
@page(MANAGE)
def move(request: HttpRequest, organisation_id: UUID, permit_id: UUID) -> HttpResponse:
    return _act(
        request, organisation_id, permit_id, "move_form", forms.MovePermitForm(request.POST),
        lambda data, of: services.move_permit(request.actor, **of, **data),
    )  # fmt: skip


@require_POST
@page(MANAGE)
def renew(request: HttpRequest, organisation_id: UUID, permit_id: UUID) -> HttpResponse:
    """The renewal of an issued permit begins."""
    row = _laboratory(request, organisation_id, MANAGE)
    held = _permit(organisation_id, permit_id)

    def work() -> str:
        made = services.begin_permit(
            request.actor, owner_id=row.id, kind=held.kind, office=held.office, renews_id=held.id
        )
        messages.success(request, _("Perpanjangan mulai diurus."))
        return reverse("resources:permit", args=[row.id, made.id])

    return submit_once(request, work)


# --- For an office ----------------------------------------------------------------------------------------------------

_HEADING = (
    "lab", "name", "tier", "area_code", "area", "kind", "about", "number", "office", "valid_from", "valid_until",
    "renewal_step", "renewal_since",
)  # fmt: skip


@page(READ)
def ending(request: HttpRequest) -> HttpResponse:
    """The permits in reach that end in a quarter, or have ended and were not replaced."""
    form = forms.EndingFilters(request.GET)
    form.is_valid()
    data = form.cleaned_data
    asked, today = data.get("quarter", ""), clock.today()
    quarter = read_quarter(asked) if asked and asked != form.LAPSED else quarter_of(today)
    since, until = (None, today - timedelta(days=1)) if asked == form.LAPSED else (quarter.first, quarter.last)
    labs = _reached(request.actor.scope(READ), data, today)
    if data.get("tier"):
        labs = [lab for lab in labs if lab.tier == int(data["tier"])]
    found = queries.permits_ending(
        request.actor.scope(READ), labs, since=since, until=until, group=data.get("group") or ""
    )
    sought = sum(1 for one in found if one.renewal)
    if data.get("renewal"):
        found = [one for one in found if bool(one.renewal) == (data["renewal"] == "yes")]
    if request.GET.get("format") in ("csv", "xlsx"):
        return as_file(f"izin-berakhir-{asked or quarter}", _HEADING, map(_line, found), request.GET["format"])
    groups: dict[str, int] = {}
    for one in found:
        groups[one.permit.known.group] = groups.get(one.permit.known.group, 0) + 1
    context = {
        "form": form,
        "period": _("sebelum hari ini") if asked == form.LAPSED else quarter_in_words(quarter),
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "groups": [(name, str(PERMIT_GROUPS[name]), count) for name, count in groups.items()],
        "sought": sought,
        "labs": len(labs),
    }
    template = "resources/_permits_ending.html" if request.htmx else "resources/permits_ending.html"
    return render(request, template, context)


def _line(one: queries.Ending) -> list[str | int | None]:
    row, renewal = one.permit, one.renewal
    return [
        one.lab.code, one.lab.name, one.lab.tier, one.area, one.area_name, row.known.name, row.about, row.number,
        row.office, row.valid_from.isoformat() if row.valid_from else None,
        row.valid_until.isoformat() if row.valid_until else None,
        one.renewal_step or None,
        renewal.step_since.isoformat() if renewal and renewal.step_since else None,
    ]  # fmt: skip
