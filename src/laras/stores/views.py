"""The shelf of reagents, what ends soon, and one item with its lots and its book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.catalogue.queries import effective
from laras.core import clock
from laras.core.errors import Refused
from laras.core.web import page, refusals, submit_once
from laras.resources import queries as resources
from laras.stores import forms, queries, services
from laras.stores.models import Item
from laras.stores.words import KINDS, STANDINGS, TONES

ROWS = 50
Forms = dict[str, django_forms.Form]


@page("stores.record", "stores.manage")
def shelf(request: HttpRequest) -> HttpResponse:
    """All items in use; POST adds one."""
    manages = request.actor.can("stores.manage", request.owner.id)
    form = None
    if manages:
        form = forms.ItemForm(request.POST or None, tests=_tests(request), auto_id="baru-%s")
    if request.method == "POST":
        request.actor.require("stores.manage", request.owner.id)
        assert form is not None
        if form.is_valid():
            with refusals(form):

                def work() -> str:
                    row = services.add_item(request.actor, owner_id=request.owner.id, **form.values())
                    return reverse("stores:item", args=[row.id])

                return submit_once(request, work)
    lines = queries.shelf(request.scope, clock.today(request.owner.zone))
    context = {
        "lines": [_shown(line) for line in lines],
        "counts": [(STANDINGS[one], sum(line.standing == one for line in lines)) for one in ("out", "low", "soon")],
        "form": form,
    }
    return render(request, "stores/shelf.html", context, status=422 if form and form.errors else 200)


@page("stores.record", "stores.manage")
def ending(request: HttpRequest) -> HttpResponse:
    """Lots in stock whose last day is over or near."""
    rows = queries.ending(request.scope, clock.today(request.owner.zone))
    return render(request, "stores/ending.html", {"rows": rows})


@page("stores.record", "stores.manage")
def item(request: HttpRequest, stock_id: UUID) -> HttpResponse:
    return _item_page(request, queries.get_item(request.scope, stock_id), {})


def _item_page(request: HttpRequest, row: Item, posted: Forms) -> HttpResponse:
    """``posted``: the form that was refused, by its name; its dialog opens with what was typed."""
    today = clock.today(request.owner.zone)
    (line,) = queries.lines(request.scope, [row], today)
    paused = resources.capabilities(owner_id=request.owner.id, status="paused")
    context = {
        "row": row,
        "stopped": line.standing == "out" and paused.filter(test_code__in=row.test_codes).exists(),
        "line": _shown(line),
        "lots": queries.lots(request.scope, row, today),
        "book": [(one, KINDS[one.kind]) for one in queries.book(request.scope, row, ROWS)],
        "rows_shown": ROWS,
        "tests": [name for code, name in _tests(request, row) if code in row.test_codes],
        "forms": {} if row.retired_at else _forms(request, row) | posted,
    }
    return render(request, "stores/item.html", context, status=422 if posted else 200)


def _forms(request: HttpRequest, row: Item) -> Forms:
    """A form for each deed that this person may do; those about lots only when there is one."""
    names = []
    if request.actor.can("stores.record", request.owner.id):
        names += ["receive", "use", "open"]
    if request.actor.can("stores.manage", request.owner.id):
        names += ["correct", "discard", "change", "retire"]
    made = {name: _form(request, row, name, None) for name in names}
    return {name: form for name, form in made.items() if not isinstance(form, forms.LotForm) or form.has_lots}


def _form(request: HttpRequest, row: Item, name: str, data: Any) -> django_forms.Form:
    today = clock.today(request.owner.zone)
    prefix = f"{name}-%s"
    if name == "receive":
        return forms.ReceiveForm(data, auto_id=prefix)
    if name == "retire":
        return forms.RetireForm(data, auto_id=prefix)
    tests = _tests(request, row)
    if name == "change":
        initial = {field: getattr(row, field) for field in services.FIELDS}
        # Thousandths that are kept as noughts would be read as thousands.
        initial |= {field: initial[field] and initial[field].normalize() for field in ("minimum", "per_test")}
        return forms.ItemForm(data, initial=initial, tests=tests, auto_id=prefix)
    lots = [one for one in queries.lots(request.scope, row, today) if one.lot.quantity > 0 or name == "correct"]
    if name == "use":
        lots = [one for one in lots if not one.over]
    if name == "open":
        lots = [one for one in lots if one.lot.opened_on is None]
    choices = [(one.lot.id, one.lot.number) for one in lots]
    if name == "use":
        own = [(code, label) for code, label in tests if code in row.test_codes]
        return forms.UseForm(data, lots=choices, tests=own, auto_id=prefix)
    kinds = {"open": forms.OpenForm, "correct": forms.CorrectForm, "discard": forms.DiscardForm}
    return kinds[name](data, lots=choices, initial={"opened_on": today}, auto_id=prefix)


def _done(
    request: HttpRequest, stock_id: UUID, name: str, service: Callable[..., Any], said: str, back: str = "stores:item"
) -> HttpResponse:
    row = queries.get_item(request.scope, stock_id)
    if row.retired_at:
        raise Refused(_("Reagen ini tidak dicatat lagi."))
    form = _form(request, row, name, request.POST)
    if form.is_valid():
        values = form.cleaned_data
        if isinstance(form, forms.ItemForm):
            values = {"changes": form.values()}
        if isinstance(form, forms.UseForm) and values["tests"] is not None:
            values = values | {"tests": int(values["tests"])}
        with refusals(form):

            def work() -> str:
                service(request.actor, owner_id=request.owner.id, item_id=row.id, **values)
                return reverse(back, args=[row.id] if back == "stores:item" else [])

            answer = submit_once(request, work)
            messages.success(request, said)
            return answer
    return _item_page(request, row, {name: form})


@page("stores.record")
@require_POST
def receive(request: HttpRequest, stock_id: UUID) -> HttpResponse:
    return _done(request, stock_id, "receive", services.receive, _("Penerimaan dicatat."))


@page("stores.record")
@require_POST
def use(request: HttpRequest, stock_id: UUID) -> HttpResponse:
    return _done(request, stock_id, "use", services.use, _("Pemakaian dicatat."))


@page("stores.record")
@require_POST
def open_lot(request: HttpRequest, stock_id: UUID) -> HttpResponse:
    return _done(request, stock_id, "open", services.open_lot, _("Pembukaan lot dicatat."))


@page("stores.manage")
@require_POST
def correct(request: HttpRequest, stock_id: UUID) -> HttpResponse:
    return _done(request, stock_id, "correct", services.correct, _("Koreksi stok dicatat."))


@page("stores.manage")
@require_POST
def discard(request: HttpRequest, stock_id: UUID) -> HttpResponse:
    return _done(request, stock_id, "discard", services.discard, _("Pembuangan lot dicatat."))


@page("stores.manage")
@require_POST
def change(request: HttpRequest, stock_id: UUID) -> HttpResponse:
    return _done(request, stock_id, "change", services.change_item, _("Data reagen disimpan."))


@page("stores.manage")
@require_POST
def retire(request: HttpRequest, stock_id: UUID) -> HttpResponse:
    said = _("Reagen tidak dicatat lagi. Buku stoknya tetap tersimpan.")
    return _done(request, stock_id, "retire", services.retire_item, said, "stores:shelf")


def _shown(line: queries.ItemLine) -> dict[str, Any]:
    return {"line": line, "label": STANDINGS[line.standing], "tone": TONES[line.standing]}


def _tests(request: HttpRequest, row: Item | None = None) -> list[tuple[str, str]]:
    """Tests that the laboratory offers, and those that the item names already, by name."""
    codes = {offer.test_code for offer in resources.capabilities(owner_id=request.owner.id)}
    codes |= set(row.test_codes) if row else set()
    known = effective(request.owner.id).tests
    return sorted(((code, known[code].name if code in known else code) for code in codes), key=lambda one: one[1])
