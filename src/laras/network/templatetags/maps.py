"""``{% load maps %}{% area_map drawing %}``: a map of areas (:mod:`laras.network.drawing`), with its legend and where its lines come from.

A page with a map also needs ``network/map.css`` and ``network/map.js`` in its head (``{% map_head %}``).
"""

from __future__ import annotations

from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from laras.network.drawing import LETTER, Drawing

register = template.Library()


@register.simple_tag
def map_head() -> SafeString:
    return format_html(
        '<link rel="stylesheet" href="{}"><script src="{}" defer></script>',
        static("network/map.css"),
        static("network/map.js"),
    )


@register.inclusion_tag("network/_map.html")
def area_map(drawing: Drawing, caption: str = "") -> dict[str, Any]:
    """``caption``: a sentence below the legend. Written here and not in a template: five hundred areas are many turns of a loop."""
    return {"drawing": drawing, "picture": picture(drawing), "caption": caption}


def picture(drawing: Drawing) -> SafeString:

    def shape(path: str) -> str:
        return f'<path fill-rule="evenodd" vector-effect="non-scaling-stroke" d="{path}"/>'

    hatch = max(2, round(drawing.size / 110))
    parts = [
        f'<svg viewBox="{drawing.viewbox}" role="group" aria-label="{escape(drawing.label)}">'
        f'<defs><pattern id="map-none" width="{hatch}" height="{hatch}" patternUnits="userSpaceOnUse">'
        f'<path class="hatch" d="M0 {hatch}L{hatch} 0M-{hatch} {hatch}L{hatch} -{hatch}M0 {2 * hatch}L{2 * hatch} 0"/>'
        '</pattern></defs><g class="backdrop">',
        *(shape(path) for path in drawing.backdrop),
        '</g><g class="areas">',
    ]
    for one in drawing.areas:
        title, fill = escape(one.title), ' fill="url(#map-none)"' if one.tone == "none" else ""
        inner = f"<title>{title}</title>{shape(one.path)}"
        if one.url:
            parts.append(f'<a class="{one.tone}"{fill} href="{escape(one.url)}" aria-label="{title}">{inner}</a>')
        else:
            parts.append(f'<g class="{one.tone}"{fill}>{inner}</g>')
    parts.append('</g><g class="outlines">')
    parts += [shape(path) for path in drawing.outlines]
    parts.append("</g>")
    if drawing.ties:
        parts.append(f'<path class="ties" vector-effect="non-scaling-stroke" d="{drawing.ties}"/>')
    parts.append('<g class="marks">')
    for mark in drawing.marks:
        path = f'<path class="{mark.tone}" vector-effect="non-scaling-stroke" d="{mark.path}"/>'
        if mark.url:
            title = escape(mark.title)
            parts.append(f'<a href="{escape(mark.url)}" aria-label="{title}"><title>{title}</title>{path}</a>')
        else:
            parts.append(path)
    letter = max(1, round(drawing.size * LETTER))
    parts.append(f'</g><g class="words" aria-hidden="true" font-size="{letter}" stroke-width="{max(1, letter // 5)}">')
    parts += [
        f'<text x="{one.x}" y="{one.y + letter // 3}">{escape(one.label)}</text>' for one in drawing.areas if one.label
    ]
    parts.append("</g></svg>")
    return mark_safe("".join(parts))
