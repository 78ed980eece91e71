"""One disease by age, sex, day and place below the kabupaten."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from laras.basics.periods import epi_week
from laras.core import clock, exports
from laras.core.errors import NotFound
from laras.core.templatetags.ui import day as day_said
from laras.core.web import page
from laras.network import queries as network
from laras.surveillance import charts, forms, queries, words
from laras.surveillance.rules.cases import sunday
from laras.surveillance.shipped import diseases
from laras.surveillance.views.overview import READ, reach_of, short_week

WEEKS, DAYS = 52, 56


@page(READ)
def breakdown(request: HttpRequest, disease: str) -> HttpResponse:
    """``/surveilans/penyakit/CAMPAK/rincian/?umur=1-4&kelamin=P&wilayah=52.71.01&per=hari``."""
    known = diseases().get(disease)
    if known is None:
        raise NotFound(_("Penyakit tidak dikenal."))
    form = forms.BreakdownForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    area = network.find_area(asked["wilayah"]) if asked.get("wilayah") else None
    if asked.get("wilayah") and area is None:
        raise NotFound(_("Wilayah tidak dikenal."))
    daily = asked.get("per") == "hari"
    part = queries.Part(asked.get("kelamin", ""), asked.get("umur", ""), area.area_id if area else None)
    today = clock.now().astimezone(ZoneInfo(request.owner.zone)).date()
    found = queries.breakdown(
        reach_of(request), disease, part,
        last=today if daily else sunday(today), spans=DAYS if daily else WEEKS, daily=daily,
    )  # fmt: skip
    form.offer(found.places, (area.code, area.name) if area else None)
    if request.GET.get("format"):
        heading = ("day" if daily else "week", "first_day", "cases")
        lines = [
            (one.week.isoformat() if daily else str(epi_week(one.week)), one.week.isoformat(), one.observed)
            for one in found.points
        ]
        name = f"surveilans-{request.owner.code}-{disease}-rincian"
        return exports.as_file(name, heading, lines, request.GET["format"])

    def called(one: queries.Week) -> str:
        return day_said(one.week) if daily else words.week_long(one.week)

    def said(one: queries.Week) -> str:
        if one.observed is None:
            return _("%(week)s: tidak ada laporan") % {"week": called(one)}
        return _("%(week)s: %(cases)s kasus") % {"week": called(one), "cases": one.observed}

    kept = {key: value for key, value in asked.items() if value and key != "wilayah"}
    reported = queries.completeness(reach_of(request), last=sunday(today), weeks=8)
    context: dict[str, Any] = {
        "disease": known,
        "name": words.disease_name(known),
        "form": form,
        "found": found,
        "title": (_("Kasus per hari, %(n)d hari") % {"n": DAYS}) if daily else (_("Kasus per minggu, %(n)d minggu") % {"n": WEEKS}),
        "chart": charts.series_chart(
            found.points, week_label=(lambda at: f"{at.day}/{at.month}") if daily else short_week, title=said
        ),
        "points": [{"name": called(one), "cases": one.observed} for one in reversed(found.points)],
        "ages": [
            {"name": words.age_group(key), "men": row["L"], "women": row["P"], "unknown": row[queries.UNKNOWN]}
            for key, row in found.by_age.items()
        ],
        "places": [
            {
                "place": one,
                "rate": one.rate if part.whole_population else None,
                "url": "?" + urlencode({**kept, "wilayah": one.code}),
            }
            for one in found.places[:40]
        ],
        "reported": [
            {
                "name": words.week_name(one.week),
                "said": _("%(n)d dari %(all)d laboratorium") % {"n": one.reported, "all": one.expected},
            }
            for one in reversed(reported)
        ],
    }  # fmt: skip
    return render(request, "surveillance/breakdown.html", context)
