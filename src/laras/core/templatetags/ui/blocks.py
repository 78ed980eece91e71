"""Blocks with content: notices, cards, facts, tabs, dialogs, menus, and what is shown when there is nothing."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from laras.core.templatetags.ui.format import number
from laras.core.templatetags.ui.marks import icon
from laras.core.templatetags.ui.registry import NOTHING, register

NOTICE_TONES = {"info": "info", "waiting": "waiting", "done": "done", "danger": "danger"}


@register.simple_block_tag
def notice(content: str, tone: str = "info", title: str = "") -> SafeString:
    """``{% notice "waiting" "Judul" %}…{% endnotice %}``; tones: ``info``, ``waiting``, ``done``, ``danger``."""
    tone = NOTICE_TONES.get(tone, "info")
    heading = format_html('<p class="notice-title">{}</p>', title) if title else NOTHING
    return format_html(
        '<div class="notice {}" role="{}">{}<div>{}{}</div></div>',
        tone,
        "alert" if tone == "danger" else "note",
        icon(f"notice-{tone}"),
        heading,
        content,
    )


@register.simple_block_tag
def card(content: str, title: str = "", *, id: str = "", flush: bool = False) -> SafeString:
    """A titled section: ``{% card "Sampel" %}…{% endcard %}``. ``flush=True`` lets a table reach the borders."""
    heading = format_html('<h2 class="card-title">{}</h2>', title) if title else NOTHING
    return format_html(
        '<section class="card{}"{}>{}<div class="card-body">{}</div></section>',
        " flush" if flush else "",
        format_html(' id="{}"', id) if id else NOTHING,
        heading,
        content,
    )


@register.simple_block_tag
def facts(content: str, *, columns: int = 0) -> SafeString:
    """``{% facts %}{% fact "Lahir" person.born|day %}…{% endfacts %}``: a description list."""
    return format_html('<dl class="facts{}">{}</dl>', " wide" if columns else "", content)


@register.simple_tag
def fact(label: str, text: Any = "", *, note: str = "") -> SafeString:
    """One line of ``facts``. An absent value shows as a dash that a screen reader calls empty."""
    if text is None or text == "":
        shown: Any = format_html('<span class="absent" aria-label="{}">–</span>', _("kosong"))
    else:
        shown = text
    return format_html(
        "<div><dt>{}</dt><dd>{}{}</dd></div>",
        label,
        shown,
        format_html(' <span class="note">{}</span>', note) if note else NOTHING,
    )


@register.simple_block_tag
def tabs(content: str, label: str = "") -> SafeString:
    """``{% tabs %}{% tab "Ringkasan" url active=True %}{% tab "Sampel" url2 count=3 %}{% endtabs %}``: links, not script."""
    return format_html('<nav class="tabs" aria-label="{}"><ul>{}</ul></nav>', label or _("Bagian"), content)


@register.simple_tag
def tab(label: str, url: str, *, active: bool = False, count: int | None = None) -> SafeString:
    return format_html(
        '<li><a href="{}"{}>{}{}</a></li>',
        url,
        mark_safe(' aria-current="page"') if active else NOTHING,
        label,
        format_html(' <span class="count">{}</span>', number(count)) if count is not None else NOTHING,
    )


@register.simple_block_tag
def dialog(content: str, name: str, title: str, *, button: str = "", tone: str = "") -> SafeString:
    """A dialog with its opening button: for actions that ask a reason.

    ``{% dialog "tolak" "Tolak sampel" button="Tolak…" tone="danger" %}<form …>…</form>{% enddialog %}``. ``button=""`` draws none;
    any ``<button data-dialog="tolak">`` opens it. A form with errors inside opens it by itself.
    """
    opener = (
        format_html(
            '<button type="button" class="button {}" data-dialog="{}" aria-haspopup="dialog">{}</button>',
            tone,
            name,
            button,
        )
        if button
        else NOTHING
    )
    return format_html(
        '{}<dialog class="dialog" id="{}" aria-labelledby="{}-title"><div class="dialog-head"><h2 id="{}-title">{}</h2>'
        '<button type="button" class="icon-button" data-close aria-label="{}">{}</button></div>{}</dialog>',
        opener,
        name,
        name,
        name,
        title,
        _("Tutup"),
        icon("close"),
        content,
    )


@register.simple_block_tag
def more(content: str, label: str = "") -> SafeString:
    """The menu behind the main action: ``{% more %}<li><a …>…</a></li>{% endmore %}``."""
    return format_html(
        '<details class="menu-button"><summary class="button">{}{}</summary><ul class="popup">{}</ul></details>',
        label or _("Lainnya"),
        icon("down"),
        content,
    )


@register.simple_block_tag
def empty(content: str, title: str, *, icon_name: str = "empty") -> SafeString:
    """What will appear here and how to begin: ``{% empty "Belum ada sampel" %}Sampel muncul … <a …>Daftarkan</a>{% endempty %}``."""
    return format_html(
        '<div class="empty">{}<p class="empty-title">{}</p><div>{}</div></div>', icon(icon_name), title, content
    )
