"""Small pieces of a page: icons, chips, keys, numbers that can be copied, results, bars and figures."""

from __future__ import annotations

from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from laras.core.templatetags.ui.format import number
from laras.core.templatetags.ui.registry import NOTHING, TONES, register


@cache
def _sprite() -> str:
    return static("laras/icons.svg")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """``{% icon "vial" %}``: a stroke icon of our sprite. Decorative unless ``label`` says what it means."""
    return _icon(str(name), str(label))


@lru_cache(maxsize=512)
def _icon(name: str, label: str) -> SafeString:
    address = f"{_sprite()}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, address)
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', address)


@register.simple_tag
def chip(status: Any = "", machine: Any = None, *, label: str = "", tone: str = "") -> SafeString:
    """``{% chip sample.status SAMPLE %}`` with a StateMachine, or ``{% chip label="Terlambat" tone="waiting" %}``.

    A word, a shape and a colour; the shape and the word carry the meaning alone.
    """
    if machine is not None:
        label = label or machine.states.get(status, status)
        tone = tone or machine.tone(status)
    return _chip(str(label or status), tone if tone in TONES else "neutral")


@lru_cache(maxsize=512)
def _chip(label: str, tone: str) -> SafeString:
    return format_html('<span class="chip {}">{}{}</span>', tone, icon(f"tone-{tone}"), label)


@register.simple_tag
def kbd(keys: str) -> SafeString:
    """``{% kbd "Ctrl Enter" %}``: keys separated by blanks."""
    return format_html_join(" ", "<kbd>{}</kbd>", ((key,) for key in keys.split()))


@register.simple_tag
def number_code(text: Any, *, copy: bool = False) -> SafeString:
    """A printed number in the figures of the printed page, with a button that copies it when ``copy``."""
    if not copy:
        return format_html('<span class="code">{}</span>', text)
    return format_html(
        '<span class="code">{}</span><button type="button" class="copy" data-copy="{}" aria-label="{}">{}</button>',
        text,
        text,
        _("Salin %(text)s") % {"text": text},
        icon("copy"),
    )


@register.simple_tag
def value(text: Any, unit: str = "", *, flag: str = "", limit: str = "") -> SafeString:
    """A result: ``{% value "12,4" "g/dL" flag="L" limit="13,0–17,0" %}``.

    ``flag``: ``H``/``L`` out of range, ``HH``/``LL`` critical, ``A`` abnormal answer. What is out of range is bold with an
    arrow and the limit beside it; colour comes on top of that.
    """
    words = {
        "H": ("↑", gettext_lazy("tinggi")),
        "L": ("↓", gettext_lazy("rendah")),
        "HH": ("⇈", gettext_lazy("kritis tinggi")),
        "LL": ("⇊", gettext_lazy("kritis rendah")),
        "A": ("!", gettext_lazy("tidak normal")),
        "AA": ("‼", gettext_lazy("kritis")),
    }
    unit_html = format_html(' <span class="unit">{}</span>', unit) if unit else NOTHING
    limit_html = format_html(' <span class="limit">({})</span>', limit) if limit else NOTHING
    if flag not in words:
        return format_html('<span class="value">{}{}{}</span>', text, unit_html, limit_html)
    arrow, word = words[flag]
    return format_html(
        '<span class="value out{}"><b>{} <span aria-hidden="true">{}</span></b><span class="visually-hidden"> {}</span>{}{}</span>',
        " critical" if len(flag) == 2 else "",
        text,
        arrow,
        word,
        unit_html,
        limit_html,
    )


@register.simple_tag
def meter(amount: Any, of: Any, *, label: str = "", tone: str = "") -> SafeString:
    """A bar: ``{% meter 18 24 label="18 dari 24 diverifikasi" %}``. The words are the label; the bar only repeats them."""
    try:
        share = max(0.0, min(100.0, 100 * float(amount) / float(of)))
    except (TypeError, ValueError, ZeroDivisionError):
        share = 0.0
    return format_html(
        '<svg class="meter {}" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="meter-ground" width="100" height="6"></rect><rect class="meter-bar" width="{}" height="6"></rect></svg>',
        tone if tone in TONES else "",
        label or f"{number(amount)} / {number(of)}",
        f"{share:.1f}",
    )


@register.simple_tag
def stat(label: str, amount: Any, *, url: str = "", note: str = "", tone: str = "") -> SafeString:
    """A tile with one figure: ``{% stat "Menunggu verifikasi" 12 url=... note="3 cito" tone="waiting" %}``."""
    shown = number(amount) if isinstance(amount, int | Decimal | float) else amount
    if amount == 0 and tone in ("waiting", "danger"):
        tone = ""  # nothing waits, nothing is in danger: no alarm for a nought
    mark = icon(f"tone-{tone}") if tone in ("waiting", "danger", "done") else NOTHING
    inner = format_html(
        '<span class="stat-label">{}</span><span class="stat-figure">{}{}</span>{}',
        label,
        shown,
        mark,
        format_html('<span class="stat-note">{}</span>', note) if note else NOTHING,
    )
    kind = f"stat {tone}" if tone in TONES else "stat"
    if url:
        return format_html('<a class="{}" href="{}">{}</a>', kind, url, inner)
    return format_html('<div class="{}">{}</div>', kind, inner)
