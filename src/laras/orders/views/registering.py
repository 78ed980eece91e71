"""The two pages where orders are registered, and the small answers they ask for while somebody types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.basics.nik import clean_nik
from laras.catalogue import queries as catalogue_queries
from laras.catalogue.types import Catalogue, PanelInfo, TestInfo, UnknownCode
from laras.core import clock
from laras.core.errors import NotFound
from laras.core.web import page, submit_once
from laras.orders import queries, rules, services
from laras.orders.forms import CodesField, OrderForm, SiteOrderForm, placed
from laras.orders.types import SiteInput
from laras.orders.words import matrix_label
from laras.partners import queries as partners_queries
from laras.people import queries as people_queries
from laras.people.areas import area_label
from laras.people.forms import PatientForm
from laras.people.services import SamePerson

LOOKUP = 8
MOST_TESTS = 12


def address_of(order_id: UUID) -> str:
    """The page of an order."""
    return reverse("orders:detail", args=[order_id])


# --- The person's lane ------------------------------------------------------------------------------------------------


@page("orders.register")
def register(request: HttpRequest) -> HttpResponse:
    """One page from the person to the priced order: by keyboard alone, nothing typed is ever lost."""
    form = OrderForm(request.POST or None, initial=_initial(request))
    patient_form = PatientForm(request.POST if request.POST.get("is_new") else None, initial={"sex": ""})
    same: Any = None
    if request.method == "POST":
        new = bool(request.POST.get("is_new"))
        valid = [form.is_valid(), not new or patient_form.is_valid()]
        if all(valid):

            def work() -> str:
                made = services.register_order(
                    request.actor,
                    owner=request.owner,
                    patient_id=None if new else form.cleaned_data["patient"],
                    new_patient=patient_form.typed() if new else None,
                    **form.head(),
                )
                messages.success(request, _("Permintaan %(number)s tersimpan.") % {"number": made.number})
                return address_of(made.id) + "?baru=1"

            with placed(form, patient=patient_form):
                try:
                    return submit_once(request, work)
                except SamePerson as error:
                    same = people_queries.get_patient(request.scope, error.patient_id)
                    raise
    catalogue = catalogue_queries.effective(request.owner.id)
    context = {
        "form": form,
        "patient_form": patient_form,
        "same": same,
        "card": _card(request, form["patient"].value()),
        "is_new": bool(form["is_new"].value()),
        "ask_nik_checked": "birth_date" in patient_form.errors
        or "sex" in patient_form.errors
        or bool(patient_form["nik_checked"].value()),
        "ask_duplicates_checked": "duplicates_checked" in patient_form.errors
        or bool(patient_form["duplicates_checked"].value()),
        "areas": _chosen_area(patient_form),
        "chosen_area": patient_form["residence_id"].value(),
        "may_write": request.actor.can("people.write", request.owner.id),
        "kind": "person",
        "programmes": [info for info in catalogue.programmes.values() if info.subject == "person"],
        **_shared(request, form, catalogue, "person"),
    }
    return render(request, "orders/register.html", context, status=422 if _wrong(form, patient_form) else 200)


def _wrong(*forms: BaseForm) -> bool:
    return any(form.is_bound and form.errors for form in forms)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What an address may bring along: a patient (from the patient's page)."""
    initial: dict[str, Any] = {"collected_at": clock.now()}
    if request.GET.get("program"):
        initial["programme"] = request.GET["program"][:60]
    if request.GET.get("pasien"):
        initial["patient"] = request.GET["pasien"]
    return initial


def _chosen_area(form: PatientForm) -> list[tuple[UUID, str]]:
    try:
        chosen = UUID(str(form["residence_id"].value()))
    except ValueError:
        return []
    return [(chosen, area_label(chosen))]


def _card(request: HttpRequest, patient_id: Any) -> Any:
    try:
        return people_queries.resolve(request.scope, patient_id) if patient_id else None
    except NotFound:
        return None


def _shared(request: HttpRequest, form: OrderForm | SiteOrderForm, catalogue: Catalogue, kind: str) -> dict[str, Any]:
    codes = _codes(form["codes"].value())
    try:
        client_id = UUID(str(form["client"].value()))
    except ValueError:
        client = None
    else:
        client = partners_queries.clients_by_id(request.scope, [client_id]).get(client_id)
    frequent = [_entry(catalogue, code) for code in queries.frequent_codes(request.scope, subject_kind=kind)]
    return {
        "plan": _plan(request, catalogue, codes, kind),
        "client": client,
        "requesters": queries.recent_requesters(request.scope),
        "frequent": [entry for entry in frequent if entry is not None] or _first_panels(catalogue, kind),
    }


def _first_panels(catalogue: Catalogue, kind: str) -> list[TestInfo | PanelInfo]:
    """What to offer before anything was ever ordered here."""
    return [panel for panel in catalogue.panels.values() if rules.fits(panel, kind)][:8]


def _entry(catalogue: Catalogue, code: str) -> TestInfo | PanelInfo | None:
    return catalogue.tests.get(code) or catalogue.panels.get(code)


def _codes(typed: Any) -> list[str]:
    """Codes as far as they can be read; what is wrong with them is said by the form."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(typed or "")[:6000])
    return CodesField().clean(text)


def _typed(request: HttpRequest) -> str:
    """What stands in the search box, without control characters."""
    return "".join(letter for letter in request.POST.get("q", "") if letter.isprintable()).strip()[:150]


@require_POST
@page("orders.register")
def find_patient(request: HttpRequest) -> HttpResponse:
    """Options for the search of a patient. NIK and names travel in the body, never in addresses."""
    text = _typed(request)
    found = people_queries.search(request.scope, text, limit=LOOKUP).patients if len(text) >= 2 else []
    kept = people_queries.resolve_many(request.scope, [row.id for row in found])
    unique = {kept[row.id].id: kept[row.id] for row in found if row.id in kept}
    bare = clean_nik(text)
    context = {
        "text": text,
        "patients": list(unique.values()),
        "is_nik": len(bare) == 16 and bare.isdigit(),
        "nik": bare,
        "is_number": bare.isdigit(),
        "may_write": request.actor.can("people.write", request.owner.id),
    }
    return render(request, "orders/_patient_options.html", context)


@require_POST
@page("orders.register")
def patient_card(request: HttpRequest) -> HttpResponse:
    """The chosen patient in two lines, with the latest orders: who has just been here is seen before it is done twice."""
    patient = _card(request, request.POST.get("patient", ""))
    return render(request, "orders/_patient_card.html", _card_context(request, patient))


def _card_context(request: HttpRequest, patient: Any) -> dict[str, Any]:
    latest = queries.orders_of_patients(request.scope, [patient.id], limit=1) if patient else []
    return {"card": patient, "latest": latest[0] if latest else None}


@require_POST
@page("orders.register")
def find_tests(request: HttpRequest) -> HttpResponse:
    """Options for the picker: an exact code first, then what begins so, then the rest."""
    kind = _kind(request)
    text = _typed(request)
    catalogue = catalogue_queries.effective(request.owner.id)
    found = [entry for entry in catalogue.search(text, limit=60) if rules.fits(entry, kind)][:MOST_TESTS]
    prices = services.prices_of(request.owner.id, [entry.code for entry in found])
    rows = [(entry, isinstance(entry, PanelInfo), prices.get(entry.code)) for entry in found]
    return render(request, "orders/_test_options.html", {"rows": rows, "text": text})


def _kind(request: HttpRequest) -> str:
    kind = request.POST.get("kind", "person")
    return kind if kind in rules.SUBJECTS_OF_KIND else "person"


@require_POST
@page("orders.register")
def plan(request: HttpRequest) -> HttpResponse:
    """What the chosen tests come to: lines with prices, tubes, total, when results can be expected."""
    catalogue = catalogue_queries.effective(request.owner.id)
    kind = _kind(request)
    points = len([line for line in request.POST.get("points", "").splitlines() if line.strip()]) or 1
    context = {"plan": _plan(request, catalogue, _codes(request.POST.get("codes")), kind, min(points, 20))}
    return render(request, "orders/_plan.html", context)


def _plan(
    request: HttpRequest, catalogue: Catalogue, codes: list[str], kind: str, points: int = 1
) -> Mapping[str, Any]:
    known = [code if code in catalogue else code.upper() for code in codes[: rules.MAX_CODES]]
    unknown = [code for code in known if code not in catalogue]
    wanted = [code for code in known if code in catalogue]
    unfit = [code for code in wanted if not rules.fits(_entry(catalogue, code), kind)]  # type: ignore[arg-type]
    try:
        chosen = rules.choose(catalogue, [code for code in wanted if code not in unfit])
    except UnknownCode as error:
        chosen, unknown = (), [*unknown, error.code]
    prices = services.prices_of(request.owner.id, [code for row in chosen for code in (row.code, *row.tests)])
    lines = [(row, services.price_line(row, prices).amount) for row in chosen]
    infos = [catalogue.test(code) for row in chosen for code in row.tests]
    inside = {row.code for row in chosen}
    return {
        "lines": lines,
        "unknown": unknown,
        "unfit": [_entry(catalogue, code) for code in unfit],
        "merged": [
            _entry(catalogue, code) for code in dict.fromkeys(wanted) if code not in inside and code not in unfit
        ],
        "samples": rules.plan_samples(infos),
        "total": sum(amount for _row, amount in lines) * points,
        "points": points,
        "hours": max((info.tat_hours for info in infos), default=0),
        "tests": len(infos),
        "codes": codes,
    }


@require_POST
@page("orders.register")
def find_clients(request: HttpRequest) -> HttpResponse:
    """Options for the sender: by code or the beginning of the name."""
    text = _typed(request)
    found = partners_queries.search(request.scope, text, limit=LOOKUP).clients
    return render(request, "orders/_client_options.html", {"clients": found, "text": text})


# --- The lane of sites --------------------------------------------------------------------------------------------------


@page("orders.register")
def register_site(request: HttpRequest) -> HttpResponse:
    """Water, air, food, swabs and vectors: where, what it is judged by, what was read at the site."""
    catalogue = catalogue_queries.effective(request.owner.id)
    form = SiteOrderForm(request.POST or None, standards=catalogue.standards, initial=_initial(request))
    kind = form["kind"].value() or "environment"
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        site_id = values["site"]
        new = None if site_id else SiteInput(**form.site_values())

        def work() -> str:
            made = services.register_site_order(
                request.actor,
                owner=request.owner,
                kind=values["kind"],
                site_id=site_id,
                new_site=new,
                matrix=values["matrix"],
                standard=values["standard"],
                points=values["points"].splitlines(),
                in_situ=form.readings(),
                **form.head(),
            )
            messages.success(request, _("Permintaan %(number)s tersimpan.") % {"number": made.number})
            return address_of(made.id) + "?baru=1"

        with placed(form):
            return submit_once(request, work)
    site = None
    if form["site"].value():
        try:
            site = queries.get_site(request.scope, form["site"].value())
        except NotFound:
            site = None
    context = {
        "form": form,
        "site": site,
        "kind": kind,
        "standards": [(row, matrix_label(row.matrix)) for row in catalogue.standards.values()],
        **_shared(request, form, catalogue, kind if kind in rules.SUBJECTS_OF_KIND else "environment"),
    }
    return render(request, "orders/register_site.html", context, status=422 if _wrong(form) else 200)


@require_POST
@page("orders.register")
def find_sites(request: HttpRequest) -> HttpResponse:
    """Options for the site: by a part of the name; the newest when nothing is typed."""
    text = _typed(request)
    return render(
        request, "orders/_site_options.html", {"sites": queries.sites(request.scope, text, limit=LOOKUP), "text": text}
    )


@require_POST
@page("orders.register")
def standard_codes(request: HttpRequest) -> HttpResponse:
    """The tests that a set of limits asks for, as codes: a panel that stands for all of them, or each."""
    catalogue = catalogue_queries.effective(request.owner.id)
    code = request.POST.get("standard", "")
    if code not in catalogue.standards:
        return HttpResponse("", content_type="text/plain; charset=utf-8")
    tests = list(catalogue.limits(code))
    panel = next((row.code for row in catalogue.panels.values() if list(row.members) == tests), None)
    answer = panel or " ".join(test for test in tests if test in catalogue.tests)
    return HttpResponse(answer, content_type="text/plain; charset=utf-8")
