"""Maps of the network: the laboratories in reach by area and as points, for who works in it; sums by area for everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from laras.catalogue.queries import effective
from laras.core import clock
from laras.core.errors import NotFound
from laras.core.exports import as_file
from laras.core.printing import date_text
from laras.core.templatetags.ui import number
from laras.core.web import page
from laras.network import queries as network
from laras.network import rules
from laras.network.drawing import MOST_LINKS, AreaMap, AreaValue, Kind, Mark, Tie, draw
from laras.resources import documents, forms, labels, queries
from laras.resources.queries import AreaFigures, Laboratory, NetworkMap
from laras.resources.views.equipment import PER_PAGE, READ

ALL = "semua"  # the nation, where the page would begin with one province
MOST_ON_PAPER = 600
HEADING = ("code", "name", "laboratories", *(f"tier_{n}" for n in range(1, 6)), "judged", "above_80", "not_reported")
LAB_HEADING = ("code", "name", "tier", "area", "lat", "lon", "approximate", "percent", "kind")


@dataclass(frozen=True, slots=True)
class Row:
    """A laboratory in the table below the map."""

    lab: Laboratory
    area: str
    percent: float | None
    silent: bool
    kind: str
    approximate: bool


@require_safe
@page(READ)
def network_map(request: HttpRequest) -> HttpResponse:
    """``?area=`` province or kabkota (``semua``: the nation), ``figure``, ``by``, ``tier``, ``points``, ``test``, ``lab`` (whose
    supervision is drawn), ``format`` csv, xlsx or pdf."""
    scope = request.actor.scope(READ)
    tier = request.GET.get("tier", "")
    found = queries.network_map(scope, tier=int(tier) if tier in tuple("12345") else None)
    place = _place(request.GET.get("area", ""), found)
    form = forms.MapFilters(request.GET, national=not place)
    form.is_valid()
    data = form.cleaned_data
    figure = data.get("figure") or "labs"
    level = 2 if place else int(data.get("by") or 1)
    areas = queries.figures(found, level, inside=place)
    test = effective(request.owner.id).tests.get((data.get("test") or "").strip())
    inside = [lab for lab in found.labs if found.area_of(lab).startswith(place)] if place else list(found.labs)
    points = data.get("points") or ("tier" if place else "no")
    kinds, kind_of = _kinds(request, points, inside, found, test.code if test else "")
    chosen = _chosen(data.get("lab") or "")
    drawing_of = AreaMap(
        label=_("Peta %(area)s menurut %(figure)s") % {
            "area": _name(place) or _("Indonesia"), "figure": str(labels.MAP_FIGURES[figure]),
        },
        areas=[_value(one, figure, _address(request, one, place)) for one in areas if one.name],
        classes=_classes(areas, figure),
        unit="" if figure == "labs" else "%",
        frame=[one.code for one in areas] if place else (),
        kinds=kinds,
        marks=_marks(inside, found, kinds, kind_of),
        ties=_ties(chosen, found) if chosen else (),
    )  # fmt: skip
    form_of_answer = request.GET.get("format")
    rows = _rows(inside, found, kind_of, kinds)
    if form_of_answer in ("csv", "xlsx"):
        return _file(request, form_of_answer, areas, rows, found)
    geometry = network.geometry()
    if form_of_answer == "pdf":
        with translation.override("id"):
            return _paper(request, drawing_of, geometry, areas, rows, place, figure)
    context = {
        "form": form,
        "drawing": draw(drawing_of, geometry),
        "areas": Paginator([(one, _address(request, one, place)) for one in areas], PER_PAGE).get_page(
            request.GET.get("areas")
        ),
        "total": _sum(areas),
        "place": place,
        "place_name": _name(place),
        "province": (place[:2], _name(place[:2])) if len(place) > 2 else None,
        "level": level,
        "rows": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")) if points != "no" else None,
        "kinds": {kind.key: kind.label for kind in kinds},
        "points": points,
        "test": test,
        "test_missing": points == "test" and test is None,
        "chosen": chosen,
        "chosen_lines": len(drawing_of.ties),
        "at": datetime.fromtimestamp(found.at, UTC) if found.at else None,
        "all": ALL,
    }
    template = "resources/_map.html" if request.htmx else "resources/map.html"
    return render(request, template, context)


def _place(asked: str, found: NetworkMap) -> str:
    """The code of the province or kabkota to show, empty for the nation. Without a wish: the province in which all laboratories in
    reach stand, if they do."""
    if asked == ALL:
        return ""
    if asked:
        area = network.find_area(asked)
        if area is None:
            raise NotFound(_("Wilayah tidak ditemukan."))
        return str(area.code[:5])
    provinces = {found.area_of(lab)[:2] for lab in found.labs} - {""}
    return provinces.pop() if len(provinces) == 1 else ""


def _name(code: str) -> str:
    area = network.find_area(code) if code else None
    return str(area.name) if area else ""


def _address(request: HttpRequest, one: AreaFigures, place: str) -> str:
    """Where a click on the area goes: one step further in; nowhere from a single kabkota."""
    if len(place) > 2 or not one.name:
        return ""
    kept = {
        name: value for name, value in request.GET.items()
        if name in ("figure", "tier", "points", "test", "lab") and value and (name, value) != ("points", "no")
    }  # fmt: skip
    return f"{reverse('resources:map')}?{urlencode({**kept, 'area': one.code})}"


def _value(one: AreaFigures, figure: str, url: str) -> AreaValue:
    labs = ngettext("%(n)s laboratorium", "%(n)s laboratorium", one.labs) % {"n": number(one.labs)}
    if figure == "labs":
        return AreaValue(one.code, one.name, one.labs or None, labs if one.labs else _("tidak ada laboratorium"), url)
    value = one.above_percent if figure == "above" else one.silent_percent
    count = one.above if figure == "above" else one.silent
    if value is None:
        return AreaValue(one.code, one.name, None, _("tidak ada laboratorium"), url)
    text = _("%(percent)s %% (%(n)s dari %(of)s)") % {
        "percent": number(value, 0), "n": number(count), "of": number(one.judged),
    }  # fmt: skip
    return AreaValue(one.code, one.name, value, text, url)


def _classes(areas: Sequence[AreaFigures], figure: str) -> rules.Classes:
    return rules.count_classes(one.labs for one in areas) if figure == "labs" else rules.PERCENT


def _kinds(
    request: HttpRequest, points: str, labs: Sequence[Laboratory], found: NetworkMap, test_code: str
) -> tuple[list[Kind], Mapping[UUID, str]]:
    """The kinds of points and which laboratory is of which; a laboratory without one has no point."""
    if points == "tier":
        words = {str(n): _("Tingkat %(n)d") % {"n": n} for n in range(1, 6)}
        return _told(words), {lab.id: str(lab.tier) for lab in labs}
    if points == "score":
        return _told(labels.SCORE_KINDS), {
            lab.id: queries.score_kind(found.percents.get(lab.id, queries.NO_STANDARD)) for lab in labs
        }
    if points == "permit":
        return _told(labels.PERMIT_KINDS), queries.permit_kinds_of(request.actor.scope(READ), labs)
    if points == "test" and test_code:
        return _told(labels.TEST_KINDS), queries.doing(test_code)
    return [], {}


def _told(words: Mapping[str, Any]) -> list[Kind]:
    return [Kind(key, str(label)) for key, label in words.items()]


def _marks(
    labs: Sequence[Laboratory], found: NetworkMap, kinds: Sequence[Kind], kind_of: Mapping[UUID, str]
) -> list[Mark]:
    words = {kind.key: kind.label for kind in kinds}
    shown = [lab for lab in labs if kind_of.get(lab.id) in words]
    linked = len(shown) <= MOST_LINKS
    marks = []
    for lab in shown:
        kind, place = kind_of[lab.id], found.places.get(lab.id)
        if place and place.lat is not None and place.lon is not None:
            title, url = (
                (f"{lab.name}: {words[kind]}", reverse("resources:equipment", args=[lab.id])) if linked else ("", "")
            )
            marks.append(Mark(kind, place.lat, place.lon, title, url))
    return marks


def _chosen(code: str) -> Any:
    """The laboratory whose supervision is to be drawn; the directory is open to all who are signed in."""
    organisation = network.find_organisation(code) if code else None
    return network.organisation_row(organisation.pk) if organisation else None


def _ties(chosen: Any, found: NetworkMap) -> list[Tie]:
    """Lines from the laboratory to those directly below it, and up the chain of its supervisors."""
    places = dict(found.places)
    chain = [chosen.id, *network.supervisor_chain(chosen.id)]
    below = [owner for owner, place in places.items() if place.supervisor_id == chosen.id]
    points = {owner: (place.lat, place.lon) for owner, place in network.positions({*chain, *below}).items()}
    pairs = [*pairwise(chain), *((one, chosen.id) for one in below)]
    return [Tie(points[one], points[above]) for one, above in pairs if one in points and above in points]


def _rows(
    labs: Sequence[Laboratory], found: NetworkMap, kind_of: Mapping[UUID, str], kinds: Sequence[Kind]
) -> list[Row]:
    words = {kind.key: kind.label for kind in kinds}
    rows = []
    for lab in labs:
        kind = words.get(kind_of.get(lab.id, ""), "")
        if not kind and "active" in words:
            continue  # those that do not do the test have no point and no line
        percent = found.percents.get(lab.id, queries.NO_STANDARD)
        place = found.places.get(lab.id)
        rows.append(
            Row(lab, found.area_of(lab), percent if percent >= 0 else None, percent == queries.SILENT, kind,
                bool(place and place.approximate))
        )  # fmt: skip
    return rows


def _sum(areas: Sequence[AreaFigures]) -> AreaFigures:
    whole = AreaFigures("", "")
    for one in areas:
        for tier, count in one.tiers.items():
            whole.tiers[tier] = whole.tiers.get(tier, 0) + count
        whole.judged += one.judged
        whole.above += one.above
        whole.silent += one.silent
    return whole


# --- Files and paper --------------------------------------------------------------------------------------------------
def _file(
    request: HttpRequest, form: str, areas: Sequence[AreaFigures], rows: Sequence[Row], found: NetworkMap
) -> HttpResponse:
    """The areas, or with ``?rows=labs`` the laboratories."""
    name = f"peta-{clock.today()}"
    if request.GET.get("rows") == "labs":
        places = found.places
        lines = (
            (
                row.lab.code, row.lab.name, row.lab.tier, row.area,
                places[row.lab.id].lat if row.lab.id in places else None,
                places[row.lab.id].lon if row.lab.id in places else None,
                int(row.approximate), None if row.percent is None else round(row.percent, 1), row.kind,
            )
            for row in rows
        )  # fmt: skip
        return as_file(f"{name}-laboratorium", LAB_HEADING, lines, form)
    return as_file(name, HEADING, (_line(one) for one in areas), form)


def _line(one: AreaFigures) -> tuple[str | int, ...]:
    return (
        one.code, one.name, one.labs, *(one.tiers.get(n, 0) for n in range(1, 6)), one.judged, one.above, one.silent,
    )  # fmt: skip


def _paper(
    request: HttpRequest, wanted: AreaMap, geometry: network.Geometry, areas: Sequence[AreaFigures],
    rows: Sequence[Row], place: str, figure: str,
) -> HttpResponse:  # fmt: skip
    heading = ("Wilayah", "Laboratorium", *(f"Tk. {n}" for n in range(1, 6)), "≥ 80 %", "Belum melapor")
    unknown = "kabupaten/kota tidak diketahui"
    lines = [
        (
            one.name or f"{unknown} {one.code}".strip(), number(one.labs),
            *(number(one.tiers.get(n, 0)) for n in range(1, 6)), f"{one.above} dari {one.judged}", number(one.silent),
        )
        for one in areas
    ]  # fmt: skip
    tables = [documents.map_table("Menurut wilayah", heading, lines)]
    if wanted.kinds and len(rows) <= MOST_ON_PAPER:
        tables.append(
            documents.map_table(
                "Laboratorium",
                ("Laboratorium", "Kode wilayah", "Tingkat", "Persen", "Titik"),
                [
                    (f"{row.lab.name} ({row.lab.code})", row.area, row.lab.tier,
                     "belum melapor" if row.silent else number(row.percent, 1), row.kind)
                    for row in rows
                ],
                words=(1, 4),
            )
        )  # fmt: skip
    subtitle = f"{labels.MAP_FIGURES[figure]}, keadaan {date_text(clock.today())}"
    content = documents.map_pdf(request.owner, _name(place) or "Indonesia", subtitle, draw(wanted, geometry), tables)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="peta-{place or "indonesia"}-{clock.today()}.pdf"'
    return answer


# --- For everybody ----------------------------------------------------------------------------------------------------
@require_safe
def public_map(request: HttpRequest) -> HttpResponse:
    """Sums of the whole network by province, or (``?area=``) by kabkota of one; no laboratory and no person is named. Reckoned
    once an hour."""
    asked = request.GET.get("area", "")
    area = network.find_area(asked) if asked else None
    if asked and (area is None or rules.level_of_code(area.code) != 1):
        raise NotFound(_("Wilayah tidak ditemukan."))
    place = area.code if area else ""
    figure = request.GET.get("figure", "labs")
    if figure not in labels.MAP_FIGURES:
        figure = "labs"
    areas, at = queries.public_figures(2 if place else 1, inside=place)
    here = reverse("resources:public_map")

    def address(**more: str) -> str:
        given = {name: value for name, value in more.items() if value}
        return f"{here}?{urlencode(given)}" if given else here

    wanted = AreaMap(
        label=_("Peta %(area)s menurut %(figure)s")
        % {"area": area.name if area else _("Indonesia"), "figure": str(labels.MAP_FIGURES[figure])},
        areas=[
            _value(one, figure, "" if place else address(area=one.code, figure=figure if figure != "labs" else ""))
            for one in areas
            if one.name
        ],
        classes=_classes(areas, figure),
        unit="" if figure == "labs" else "%",
        frame=[one.code for one in areas] if place else (),
    )
    context = {
        "drawing": draw(wanted, network.geometry()),
        "areas": Paginator([(one, "" if place else address(area=one.code)) for one in areas], PER_PAGE).get_page(1),
        "total": _sum(areas),
        "figures": [
            (key, str(label), address(area=place, figure=key if key != "labs" else ""))
            for key, label in labels.MAP_FIGURES.items()
        ],
        "figure": figure,
        "place": place,
        "place_name": area.name if area else "",
        "level": 2 if place else 1,
        "at": datetime.fromtimestamp(at, UTC),
    }
    answer = render(request, "resources/public_map.html", context)
    answer["Cache-Control"] = "public, max-age=600" if not request.user.is_authenticated else "private, max-age=60"
    return answer
