"""Counts for the public: what an office may hand to a newspaper or put on a wall."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from laras.core import clock, exports
from laras.core.errors import NotFound
from laras.core.web import page
from laras.surveillance import queries, words
from laras.surveillance.rules.suppression import MINIMUM
from laras.surveillance.shipped import diseases
from laras.surveillance.views.overview import READ

QUARTERS = 8


@require_safe
@page(READ)
def public(request: HttpRequest) -> HttpResponse:
    """``/surveilans/publik/``: a quarter by disease and area with small counts hidden; ``?format=csv`` or ``xlsx``."""
    today = clock.now().astimezone(ZoneInfo(request.owner.zone)).date()
    quarters = queries.quarters_until(today, QUARTERS)
    quarter = _asked(request.GET.get("triwulan", ""), quarters)
    table = queries.public_table(request.owner.id, quarter)
    if request.GET.get("format") in ("csv", "xlsx"):
        return _file(request, table)
    unknown = _("wilayah tidak diketahui")
    context = {
        "quarter": quarter,
        "quarters": [(str(one), _name(one)) for one in quarters],
        "name": _name(quarter),
        "first": quarter.weeks[0],
        "over": quarter.is_over,
        "columns": [words.disease_name(code) for code in table.cells],
        "rows": [
            {
                "area": area or unknown,
                "cells": [(words.disease_name(code), column[place]) for code, column in table.cells.items()],
            }
            for place, area in enumerate(table.areas)
        ],
        "totals": [(words.disease_name(code), total) for code, total in table.totals.items()],
        "hidden": table.hidden,
        "minimum": MINIMUM,
    }
    return render(request, "surveillance/public.html", context)


def _asked(text: str, quarters: list[queries.Quarter]) -> queries.Quarter:
    """The newest that is over without a word; one that still runs, or is older than the list, is not there."""
    if not text:
        return quarters[0]
    found = re.fullmatch(r"(\d{4})-T([1-4])", text, re.ASCII)
    asked = queries.Quarter(int(found[1]), int(found[2])) if found else None
    if asked not in quarters:
        raise NotFound(_("Triwulan itu tidak diumumkan."))
    return asked


def _name(quarter: queries.Quarter) -> str:
    return _("Triwulan %(number)d %(year)d") % {"number": quarter.number, "year": quarter.year}


def _file(request: HttpRequest, table: queries.PublicTable) -> HttpResponse:
    heading = ("quarter", "area", "disease", "name", "cases", "hidden")
    known = diseases()
    lines = [
        (str(table.quarter), area or "-", code, known[code].name, n, int(n is None))
        for code, column in table.cells.items()
        for area, n in zip(table.areas, column, strict=True)
    ]
    lines += [
        (str(table.quarter), "total", code, known[code].name, n, int(n is None)) for code, n in table.totals.items()
    ]
    return exports.as_file(f"publik-{request.owner.code}-{table.quarter}", heading, lines, request.GET["format"])
