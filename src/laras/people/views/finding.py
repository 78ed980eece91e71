"""Finding patients. Values that identify a person travel in bodies, never in addresses."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from laras.basics.nik import clean_nik
from laras.core.errors import NotFound
from laras.core.web import page
from laras.people import queries
from laras.people.forms import SearchForm
from laras.people.models import SEX_LABELS
from laras.people.states import PATIENT

SESSION_SEARCH = "people_search"


PAGE_SIZE = 50


LOOKUP_SIZE = 8


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


def find_number(request: HttpRequest, text: str) -> HttpResponseRedirect | None:
    """For the scan box: the page of the one patient who carries this NIK or medical record number."""
    found = queries.same_numbers(request.scope, nik=clean_nik(text), mrn=text.strip().upper())
    if len(found) != 1:
        return None
    try:
        return redirect("people:patient", queries.resolve(request.scope, found[0].id).id)
    except NotFound:
        return None
