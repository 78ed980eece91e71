"""Pages of the prices with which an organisation reckons: the table, one price, a sheet of them, the shipped examples."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.core import sheets
from laras.core.errors import NotFound, Refused
from laras.core.exports import as_file
from laras.core.web import page, refusals, submit_once
from laras.resources import forms, queries, services
from laras.resources.labels import FUNDS, PRICE_STATUS
from laras.resources.services.prices import LAYOUT
from laras.resources.shipped import example_prices
from laras.resources.types import Item
from laras.resources.views.equipment import READ

MANAGE_PRICES = services.MANAGE_PRICES


@page(READ)
def prices(request: HttpRequest) -> HttpResponse:
    """Every item of the standard with the price that holds here, whose it is, and what it is worth."""
    form = forms.PriceFilters(request.GET)
    items = queries.equipment_items(queries.standard())
    form.offer(item.category for item in items)
    data = form.cleaned_data
    held, own = queries.prices(request.owner.id), queries.own_prices(request.owner.id)
    if request.GET.get("format") in ("csv", "xlsx"):
        rows = [_line(item, held) for item in items]
        return as_file("harga-alat", ("item", "uraian", *_COLUMNS), rows, request.GET["format"])
    shown = []
    for item in items:
        price = held.get(item.code)
        wanted = data.get("state")
        if data.get("category") and item.category != data["category"]:
            continue
        if (wanted == "none" and price) or (wanted == "example" and (not price or price.status != "example")):
            continue
        status = PRICE_STATUS[price.status] if price else ""
        shown.append(
            (item, price, status, FUNDS.get(price.fund, "–") if price else "–", example_prices().get(item.code))
        )
    context = {
        "form": form,
        "rows": shown,
        "total": len(items),
        "priced": len(held),
        "own": own,
        "examples": sum(1 for one in held.values() if one.status == "example"),
        "takable": sum(1 for code in example_prices() if code not in held and any(i.code == code for i in items)),
        "may_write": request.actor.can(MANAGE_PRICES, request.owner.id),
    }
    template = "resources/_prices.html" if request.htmx else "resources/prices.html"
    return render(request, template, context)


_COLUMNS = ("price", "lead_weeks", "fund", "source", "status", "office")


def _line(item: Item, held: dict[str, Any]) -> list[str | int | None]:
    one = held.get(item.code)
    values = [getattr(one, name) for name in _COLUMNS] if one else [None] * len(_COLUMNS)
    return [item.code, item.name, *values]


@page(MANAGE_PRICES)
def price(request: HttpRequest, code: str) -> HttpResponse:
    """The price of one item in this organisation's own table."""
    item = next((one for one in queries.equipment_items(queries.standard()) if one.code == code), None)
    if item is None:
        raise NotFound(_("Alat ini tidak ada di standar."))
    own = queries.own_prices(request.owner.id).get(code)
    held = queries.prices(request.owner.id).get(code)
    given = {name: getattr(held, name) for name in ("price", "lead_weeks", "fund", "source")} if held else {}
    form = forms.PriceForm(request.POST if request.method == "POST" else None, initial=given)
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.set_price(request.actor, owner_id=request.owner.id, item_code=code, values=form.values())
            messages.success(request, _("Harga disimpan."))
            return reverse("resources:prices")

        with refusals(form):
            return submit_once(request, work)
    context = {"item": item, "form": form, "own": own, "held": held, "example": example_prices().get(code)}
    return render(request, "resources/price.html", context, status=422 if form.errors else 200)


@require_POST
@page(MANAGE_PRICES)
def remove(request: HttpRequest, code: str) -> HttpResponse:
    def work() -> str:
        services.remove_price(request.actor, owner_id=request.owner.id, item_code=code)
        messages.success(request, _("Harga dihapus."))
        return reverse("resources:prices")

    return submit_once(request, work)


@require_POST
@page(MANAGE_PRICES)
def examples(request: HttpRequest) -> HttpResponse:
    """The shipped examples are taken over, and stay marked."""

    def work() -> str:
        count = services.take_examples(request.actor, owner_id=request.owner.id)
        messages.success(request, _("%(n)d harga contoh dipakai; gantilah dengan harga sendiri.") % {"n": count})
        return reverse("resources:prices")

    return submit_once(request, work)


@page(MANAGE_PRICES)
def upload(request: HttpRequest) -> HttpResponse:
    """A sheet of prices: what it would change, or what is wrong with it."""
    form = forms.PriceUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        plan = services.plan_prices(request.actor, owner_id=request.owner.id, content=content)
        names = {item.code: item.name for item in queries.equipment_items(queries.standard())}
        context = {
            "plan": plan,
            "rows": [
                (code, names[code], values, FUNDS.get(values["fund"], "–")) for code, values in plan.prices.items()
            ],
            "sheet": sheets.as_text(content, LAYOUT),
        }
        return render(request, "resources/price_preview.html", context, status=422 if plan.problems else 200)
    context = {
        "title": _("Harga dari berkas"),
        "lead": _("Kolom: alat (nama atau kode), harga, sumber; boleh juga minggu dan dana. Belum ada yang disimpan."),
        "form": form,
        "submit": _("Periksa"),
        "back": reverse("resources:prices"),
        "multipart": True,
    }
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


@require_POST
@page(MANAGE_PRICES)
def accept(request: HttpRequest) -> HttpResponse:
    """The sheet that was shown is read again and taken."""
    form = forms.AcceptPricesForm(request.POST)
    if not form.is_valid():
        raise Refused(_("Unggah berkasnya lagi."))

    def work() -> str:
        content = form.cleaned_data["sheet"].encode()
        plan = services.accept_prices(request.actor, owner_id=request.owner.id, content=content)
        messages.success(request, _("%(n)d harga berubah.") % {"n": plan.changed})
        return reverse("resources:prices")

    return submit_once(request, work)
