"""Lists of what happened and what is next: journeys, histories, steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from laras.core.templatetags.ui.marks import icon
from laras.core.templatetags.ui.registry import register


@register.inclusion_tag("core/_timeline.html")
def timeline(items: Iterable[Any], *, label: str = "") -> dict[str, Any]:
    """A line of moments. Each item (dict or object): ``at``, ``text``, and if wanted ``who``, ``where``, ``note``, ``tone``,
    ``state`` (``done`` by default, ``now``, ``next``) -- for the journey of a specimen, its future stations too."""
    return {"items": items, "label": label or _("Perjalanan")}


@register.inclusion_tag("core/_history.html")
def history(lines: Iterable[Any]) -> dict[str, Any]:
    """The journal of one record (``core.journal.history``) in words; modules name their events in ``core.words``."""
    from laras.core.words import told

    return {"items": told(lines)}


@register.simple_tag
def steps(items: Iterable[tuple[Any, str]], *, label: str = "") -> SafeString:
    """A stepper: pairs of label and ``done``, ``now`` or ``next``."""
    words = {"done": _("selesai"), "now": _("sedang berjalan"), "next": _("berikutnya")}
    inner = format_html_join(
        "",
        '<li class="{}"{}><span class="step-mark">{}</span><span>{}<span class="visually-hidden"> ({})</span></span></li>',
        (
            (
                state,
                mark_safe(' aria-current="step"') if state == "now" else "",
                icon("check") if state == "done" else "",
                name,
                words.get(state, ""),
            )
            for name, state in items
        ),
    )
    return format_html('<ol class="steps" aria-label="{}">{}</ol>', label or _("Langkah"), inner)
