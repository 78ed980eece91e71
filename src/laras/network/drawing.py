"""Maps of areas, whatever is counted: a value for each area code, classes, a label; marks and lines over it if wanted.

``{% load maps %}{% area_map drawing %}`` shows what :func:`draw` answers, :func:`svg` is the same for paper. The lines stand in the page:
a separate file of symbols, kept by browsers, was measured too and was slower to paint (514 areas, processor slowed four times: 1.1 to
1.2 s instead of 0.7 to 0.8 s) and larger at the first visit.
Colour is never alone: classes are a ladder of lightness, an area
without a value is hatched, up to :data:`MOST_LABELS` areas carry their value as text, kinds of marks differ in shape, every area has a
title, and a table beside the map says the same (the page's duty).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from laras.core.templatetags.ui import number
from laras.network.queries import Geometry
from laras.network.rules import Classes, topology

MOST_LABELS = 40
# Height of a letter as a part of the width of the map.
LETTER = 0.0115
# More marks than that are one path a kind, without an address each: nobody steps through them, and a page stays small.
MOST_LINKS = 400
SHAPES = ("square", "circle", "triangle", "diamond", "cross")

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class AreaValue:
    """One area: its code, its name, its value (None: nothing is known), the value as people read it, where a click goes."""

    code: str
    name: str
    value: float | None
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point in degrees, of the kind with that key."""

    kind: str
    lat: float
    lon: float
    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of marks with its word; its place among the kinds decides shape and colour."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Tie:
    """A line between two points (latitude, longitude)."""

    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True)
class AreaMap:
    """What is to be drawn. ``frame``: codes into whose bounds the map is fitted (empty: the nation); ``unit``: what the classes
    count, after the numbers of the legend; ``words``: what the classes are called instead of their numbers; ``figures``: whether values
    stand on the areas."""

    label: str
    areas: Sequence[AreaValue]
    classes: Classes
    unit: str = ""
    words: Sequence[str] = ()
    figures: bool = True
    frame: Sequence[str] = ()
    kinds: Sequence[Kind] = ()
    marks: Sequence[Mark] = ()
    ties: Sequence[Tie] = ()


@dataclass(frozen=True, slots=True)
class DrawnArea:
    code: str
    tone: str
    title: str
    url: str
    path: str
    label: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class DrawnMark:
    tone: str
    path: str
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class LegendLine:
    tone: str
    label: str
    areas: int
    shape: str = ""
    figure: str = ""


@dataclass(frozen=True)
class Drawing:
    """A map with everything placed, in units of the grid. ``sources``: of the boundaries that offices brought; ``size``: what letters
    and marks are measured by."""

    label: str
    box: Box
    areas: list[DrawnArea]
    backdrop: list[str]
    outlines: list[str]
    marks: list[DrawnMark]
    ties: str
    legend: list[LegendLine]
    mark_legend: list[LegendLine]
    approximate: bool
    sources: list[str]
    undrawn: list[str]
    size: float

    @property
    def viewbox(self) -> str:
        return " ".join(str(number) for number in self.box)


def class_words(classes: Classes, unit: str = "") -> list[str]:
    """The classes in words: ``1–5``, ``6–20``, ``21 atau lebih``; with their unit where there is one."""
    words = []
    for start, following in pairwise([*classes.starts, None]):
        if following is None:
            words.append(_("%(n)s atau lebih") % {"n": _plain(start)})
        elif classes.whole:
            last = following - 1
            words.append(_plain(start) if last == start else f"{_plain(start)}–{_plain(last)}")
        else:
            words.append(
                _("%(from)s sampai kurang dari %(until)s") % {"from": _plain(start), "until": _plain(following)}
            )
    return [f"{word} {unit}" for word in words] if unit else words


def _plain(value: float) -> str:
    return number(value, 0 if float(value).is_integer() else 1)


def draw(wanted: AreaMap, geometry: Geometry) -> Drawing:
    """Place everything; areas whose boundary is not known are named in ``undrawn``."""
    box = _frame(wanted.frame, geometry)
    size = max(box[2], box[3] * 2.2)
    known = [one for one in wanted.areas if geometry.topology_of(one.code)]
    # Names only where there is room: few areas, or those that are not tiny in this frame.
    labelled = wanted.figures and len(known) <= MOST_LABELS
    spoken = _spoken(known, geometry, size) if labelled else set()
    areas = []
    counts = [0] * len(wanted.classes)
    without = 0
    for one in known:
        if one.value is None:
            tone, without = "none", without + 1
        else:
            place = wanted.classes.of(one.value)
            counts[place] += 1
            tone = f"c{_step(place, len(wanted.classes))}"
        x, y = geometry.labels[one.code]
        areas.append(
            DrawnArea(
                one.code, tone, f"{one.name}: {one.text}", one.url, geometry.paths[one.code],
                _short(one) if one.code in spoken else "", x, y,
            )
        )  # fmt: skip
    shown = {one.code for one in known}
    legend = [
        LegendLine(f"c{_step(place, len(wanted.classes))}", words, counts[place])
        for place, words in enumerate(wanted.words or class_words(wanted.classes, wanted.unit))
    ]
    if without:
        legend.append(LegendLine("none", _("tidak ada datanya"), without))
    provinces = {code[:2] for code in shown}
    backdrop = [
        code for code in geometry.provinces.areas if code not in provinces and _meets(geometry.boxes[code], box)
    ]
    fine = any("." in code for code in shown)
    siblings = [
        code for code in geometry.kabkota.areas
        if fine and code[:2] in provinces and code not in shown and _meets(geometry.boxes[code], box)
    ]  # fmt: skip

    def lines(codes: Iterable[str]) -> list[str]:
        return [geometry.paths[code] for code in codes]

    marks, mark_legend = _marks(wanted, size)
    return Drawing(
        wanted.label, box, areas, lines([*backdrop, *siblings]),
        lines(code for code in geometry.provinces.areas if fine and code in provinces), marks,
        _ties(wanted.ties), legend, mark_legend, geometry.approximate,
        [source for _level, source, _areas, rough in geometry.sources if not rough],
        [one.name for one in wanted.areas if one.code not in shown], size,
    )  # fmt: skip


def _spoken(areas: Sequence[AreaValue], geometry: Geometry, size: float) -> set[str]:
    """The areas whose value finds room: the large ones first, a word that would lie on another is left to title and table."""
    letter = size * LETTER

    def spread(code: str) -> int:
        west, north, east, south = geometry.boxes[code]
        return (east - west) * (south - north)

    taken: list[tuple[float, float, float, float]] = []
    found = set()
    for one in sorted(areas, key=lambda one: -spread(one.code)):
        (x, y), wide = geometry.labels[one.code], letter * (0.32 * len(_short(one)) + 0.1)
        here = (x - wide, y - letter * 0.55, x + wide, y + letter * 0.55)
        if all(here[2] < a or here[0] > c or here[3] < b or here[1] > d for a, b, c, d in taken):
            taken.append(here)
            found.add(one.code)
    return found


def _short(one: AreaValue) -> str:
    return (
        "" if one.value is None else number(one.value, 1 if one.value < 10 and not float(one.value).is_integer() else 0)
    )


def _step(place: int, count: int) -> int:
    """Which of five colours: the ends of the ladder are used when there are fewer classes."""
    return 2 if count == 1 else round(place * 4 / (count - 1))


def _meets(one: Box, box: Box) -> bool:
    return one[0] < box[0] + box[2] and one[2] > box[0] and one[1] < box[1] + box[3] and one[3] > box[1]


def _frame(codes: Sequence[str], geometry: Geometry) -> Box:
    """x, y, width, height around the areas with a margin, at least as wide as high."""
    boxes = [geometry.boxes[code] for code in codes if code in geometry.boxes]
    if not boxes:
        return 0, 0, topology.WIDTH, topology.HEIGHT
    west, north = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, south = max(box[2] for box in boxes), max(box[3] for box in boxes)
    margin = round(max(east - west, south - north) * 0.04) + 1
    width, height = east - west + 2 * margin, south - north + 2 * margin
    left = west - margin
    if width < height * 1.6:
        wide = round(height * 1.6)
        left, width = left - (wide - width) // 2, wide
    return left, north - margin, width, height


# --- Marks and lines --------------------------------------------------------------------------------------------------
def _marks(wanted: AreaMap, size: float) -> tuple[list[DrawnMark], list[LegendLine]]:
    radius = max(1, round(size * (0.006 if len(wanted.marks) <= MOST_LINKS else 0.0028)))
    tones = {kind.key: (f"m{at}", SHAPES[at % len(SHAPES)]) for at, kind in enumerate(wanted.kinds)}
    of: dict[str, list[Mark]] = {kind.key: [] for kind in wanted.kinds}
    for mark in wanted.marks:
        of[mark.kind].append(mark)
    drawn = []
    for key, marks in of.items():
        tone, shape = tones[key]
        if len(wanted.marks) > MOST_LINKS:
            path = "".join(shape_path(shape, *topology.grid_point(mark.lat, mark.lon), radius) for mark in marks)
            if path:
                drawn.append(DrawnMark(tone, path))
        else:
            drawn += [
                DrawnMark(tone, shape_path(shape, *topology.grid_point(one.lat, one.lon), radius), one.title, one.url)
                for one in marks
            ]
    legend = [
        LegendLine(tones[kind.key][0], kind.label, len(of[kind.key]), tones[kind.key][1],
                   shape_path(tones[kind.key][1], 8, 8, 6))
        for kind in wanted.kinds
    ]  # fmt: skip
    return drawn, legend


def shape_path(shape: str, x: int, y: int, r: int) -> str:
    """A sign around a point; ``r`` is half its width."""
    if shape == "circle":
        return f"M{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0-{2 * r} 0z"
    if shape == "square":
        half = max(1, round(r * 0.85))
        return f"M{x - half} {y - half}h{2 * half}v{2 * half}h-{2 * half}z"
    if shape == "triangle":
        return f"M{x} {y - r}l{r} {round(r * 1.8)}h-{2 * r}z"
    if shape == "diamond":
        wide = round(r * 1.15)
        return f"M{x} {y - wide}l{wide} {wide}-{wide} {wide}-{wide}-{wide}z"
    arm = max(1, r // 3)
    step = r - arm
    return f"M{x - arm} {y - r}h{2 * arm}v{step}h{step}v{2 * arm}h-{step}v{step}h-{2 * arm}v-{step}h-{step}v-{2 * arm}h{step}z"


def _ties(ties: Sequence[Tie]) -> str:
    words = []
    for tie in ties:
        (ax, ay), (bx, by) = topology.grid_point(*tie.start), topology.grid_point(*tie.end)
        words.append(f"M{ax} {ay}L{bx} {by}")
    return "".join(words)


# --- For paper --------------------------------------------------------------------------------------------------------
PAPER = {
    "c0": "#e3ebf7", "c1": "#b3c9e8", "c2": "#7ba3d6", "c3": "#3f73b5", "c4": "#173f7a", "none": "#ffffff",
    "m0": "#5b2b82", "m1": "#a63603", "m2": "#00695c", "m3": "#7a0177", "m4": "#111111",
}  # fmt: skip


def svg(drawing: Drawing) -> str:
    """The drawing as a file of its own with its colours, for Typst."""
    thin = drawing.size / 1600
    hatch = drawing.size / 120
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{drawing.viewbox}" font-family="Fira Sans">',
        f'<defs><pattern id="none" width="{hatch}" height="{hatch}" patternUnits="userSpaceOnUse">'
        f'<rect width="{hatch}" height="{hatch}" fill="#fff"/>'
        f'<path d="M0 {hatch}L{hatch} 0" stroke="#8a8f98" stroke-width="{thin}"/></pattern></defs>',
        f'<g fill="#eef0f3" stroke="#c9cdd3" stroke-width="{thin}" fill-rule="evenodd">',
        *(f'<path d="{path}"/>' for path in drawing.backdrop),
        f'</g><g stroke="#fff" stroke-width="{thin}" fill-rule="evenodd">',
        *(
            f'<path fill="{"url(#none)" if one.tone == "none" else PAPER[one.tone]}" '
            f'{"stroke=" + quoteattr("#8a8f98") if one.tone == "none" else ""} d="{one.path}"/>'
            for one in drawing.areas
        ),
        f'</g><g fill="none" stroke="#30343b" stroke-width="{thin * 1.6}">',
        *(f'<path d="{path}"/>' for path in drawing.outlines),
        f'</g><path fill="none" stroke="#b3261e" stroke-width="{thin * 2}" d="{drawing.ties or "M0 0"}"/>',
        f'<g stroke="#fff" stroke-width="{thin}">',
        *(f'<path fill="{PAPER[mark.tone]}" d="{mark.path}"/>' for mark in drawing.marks),
        "</g>",
    ]
    letter = drawing.size * LETTER
    parts += [
        f'<text x="{one.x}" y="{one.y + letter * 0.35:.0f}" font-size="{letter:.0f}" text-anchor="middle" stroke="#fff" '
        f'stroke-width="{letter * 0.18:.0f}" paint-order="stroke" fill="#111">{escape(one.label)}</text>'
        for one in drawing.areas if one.label
    ]  # fmt: skip
    return "".join([*parts, "</svg>"])


def legend_of_paper(drawing: Drawing) -> list[dict[str, str]]:
    """Each line of the legends for Typst: ``tint`` (empty: hatched), ``sign_svg`` (a mark; empty: a class), ``word``, ``count``."""
    classes = [
        {
            "tint": "" if one.tone == "none" else PAPER[one.tone], "sign_svg": "", "word": one.label,
            "count": ngettext("%(n)s wilayah", "%(n)s wilayah", one.areas) % {"n": number(one.areas)},
        }
        for one in drawing.legend
    ]  # fmt: skip
    signs = [
        {
            "tint": PAPER[one.tone], "word": one.label, "count": number(one.areas),
            "sign_svg": f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="{PAPER[one.tone]}" '
            f'd="{one.figure}"/></svg>',
        }
        for one in drawing.mark_legend
    ]  # fmt: skip
    return classes + signs
