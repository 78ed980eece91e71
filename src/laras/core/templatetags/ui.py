"""Components of the screens as template tags; documented in ``docs/ui.md`` and shown on ``/komponen/``.

Every tag escapes what it is given (names may hold anything) and answers safe markup. Nothing here writes a ``style`` attribute or
a script: the content security policy forbids both. Loaded in every template (``builtins`` of the settings).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

from django import forms, template
from django.forms import BaseForm, BoundField
from django.template import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.utils import timezone, translation
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from laras.basics.money import format_rupiah
from laras.core import clock, web

register = template.Library()

TONES = ("neutral", "active", "waiting", "done", "danger")
NOTICE_TONES = {"info": "info", "waiting": "waiting", "done": "done", "danger": "danger"}
_MESSAGE_TONES = {"debug": "info", "info": "info", "success": "done", "warning": "waiting", "error": "danger"}
_NOTHING = mark_safe("")

# --- Small pieces ---------------------------------------------------------------------------------------------------


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
    unit_html = format_html(' <span class="unit">{}</span>', unit) if unit else _NOTHING
    limit_html = format_html(' <span class="limit">({})</span>', limit) if limit else _NOTHING
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
    mark = icon(f"tone-{tone}") if tone in ("waiting", "danger", "done") else _NOTHING
    inner = format_html(
        '<span class="stat-label">{}</span><span class="stat-figure">{}{}</span>{}',
        label,
        shown,
        mark,
        format_html('<span class="stat-note">{}</span>', note) if note else _NOTHING,
    )
    kind = f"stat {tone}" if tone in TONES else "stat"
    if url:
        return format_html('<a class="{}" href="{}">{}</a>', kind, url, inner)
    return format_html('<div class="{}">{}</div>', kind, inner)


# --- Blocks with content --------------------------------------------------------------------------------------------


@register.simple_block_tag
def notice(content: str, tone: str = "info", title: str = "") -> SafeString:
    """``{% notice "waiting" "Judul" %}…{% endnotice %}``; tones: ``info``, ``waiting``, ``done``, ``danger``."""
    tone = NOTICE_TONES.get(tone, "info")
    heading = format_html('<p class="notice-title">{}</p>', title) if title else _NOTHING
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
    heading = format_html('<h2 class="card-title">{}</h2>', title) if title else _NOTHING
    return format_html(
        '<section class="card{}"{}>{}<div class="card-body">{}</div></section>',
        " flush" if flush else "",
        format_html(' id="{}"', id) if id else _NOTHING,
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
        format_html(' <span class="note">{}</span>', note) if note else _NOTHING,
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
        mark_safe(' aria-current="page"') if active else _NOTHING,
        label,
        format_html(' <span class="count">{}</span>', number(count)) if count is not None else _NOTHING,
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
        else _NOTHING
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
def table(
    content: str,
    label: str,
    *,
    sticky: bool = True,
    cards: bool = True,
    navigate: bool = True,
    id: str = "",
) -> SafeString:
    """A table of rows: ``{% table "Permintaan" %}<thead>…</thead><tbody>…</tbody>{% endtable %}``.

    On a phone its rows become cards: give each ``<td>`` a ``data-label``. The first link of a row with class ``row-link`` opens it;
    arrow keys walk between those links.
    """
    kind = "table" + (" cards" if cards else "")
    return format_html(
        '<div class="table-wrap{}" role="region" aria-label="{}" tabindex="0"><table class="{}"{}{}>'
        '<caption class="visually-hidden">{}</caption>{}</table></div>',
        " sticky" if sticky else "",
        label,
        kind,
        mark_safe(" data-rows") if navigate else _NOTHING,
        format_html(' id="{}"', id) if id else _NOTHING,
        label,
        content,
    )


@register.simple_block_tag
def empty(content: str, title: str, *, icon_name: str = "empty") -> SafeString:
    """What will appear here and how to begin: ``{% empty "Belum ada sampel" %}Sampel muncul … <a …>Daftarkan</a>{% endempty %}``."""
    return format_html(
        '<div class="empty">{}<p class="empty-title">{}</p><div>{}</div></div>', icon(icon_name), title, content
    )


# --- Lists of what happened ------------------------------------------------------------------------------------------


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


# --- Forms -----------------------------------------------------------------------------------------------------------


@register.simple_tag
def form_key() -> SafeString:
    """The hidden key that makes a form safe to press twice (``core.web.submit_once``)."""
    return format_html('<input type="hidden" name="form_key" value="{}">', web.form_key())


_WIDGET_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "check"),
    (forms.SelectMultiple, "select multiple"),
    (forms.Select, "select"),
    (forms.Textarea, "input textarea"),
    (forms.FileInput, "file"),
)


@register.simple_tag
def field(
    bound: BoundField,
    *,
    label: str = "",
    help: str = "",
    unit: str = "",
    size: str = "",
    hide_label: bool = False,
    marked: bool = True,
    **attributes: Any,
) -> SafeString:
    """One field with label, help, errors and their links: ``{% field form.nik size="short" inputmode="numeric" %}``.

    ``size``: ``short`` (a date, a number), ``medium`` or nothing (full width). ``unit`` stands behind the input. Other keywords become
    attributes of the input (``_`` is written ``-``; ``True`` stands alone). ``marked=False`` leaves out "boleh kosong".
    """
    if isinstance(bound, str) or not bound:
        raise template.TemplateSyntaxError("{% field %} needs a field of a form")
    widget = bound.field.widget
    if widget.is_hidden:
        return bound.as_hidden()
    errors = list(bound.errors)
    help_text = help or bound.help_text
    grouped = widget.use_fieldset
    attrs: dict[str, Any] = {}
    for name, given in attributes.items():
        if given is not False and given is not None:
            attrs[name.replace("_", "-")] = given
    css = next((css for kind, css in _WIDGET_CLASSES if isinstance(widget, kind)), "input")
    if not grouped:
        attrs["class"] = " ".join(filter(None, [css, widget.attrs.get("class"), attrs.get("class")]))
    described = []
    name = bound.auto_id or bound.html_name
    if help_text:
        described.append(f"{name}_help")
    if errors:
        described.append(f"{name}_error")
        attrs["aria-invalid"] = "true"
    if described and not grouped:
        attrs["aria-describedby"] = " ".join(described)
    if bound.field.required and not grouped:
        attrs["aria-required"] = "true"
    control = bound.as_widget(attrs=attrs)
    if unit:
        control = format_html('<span class="with-unit">{}<span class="unit">{}</span></span>', control, unit)
    required_mark = (
        _NOTHING
        if bound.field.required or not marked
        else format_html(' <span class="optional">({})</span>', _("boleh kosong"))
    )
    if isinstance(widget, forms.CheckboxInput):
        required_mark = _NOTHING
    label_text = label or bound.label
    hint = format_html('<p class="help" id="{}_help">{}</p>', name, help_text) if help_text else _NOTHING
    wrong = (
        format_html(
            '<p class="error" id="{}_error">{}{}</p>',
            name,
            icon("notice-danger"),
            format_html_join(" ", "{}", ((e,) for e in errors)),
        )
        if errors
        else _NOTHING
    )
    kind = " ".join(filter(None, ["field", size, "wrong" if errors else ""]))
    hidden = " visually-hidden" if hide_label else ""
    if grouped:
        return format_html(
            '<fieldset class="{} group{}" id="{}"{}><legend class="label{}">{}{}</legend>{}{}{}</fieldset>',
            kind,
            " many" if isinstance(widget, forms.CheckboxSelectMultiple) else "",
            name,
            format_html(' aria-describedby="{}"', " ".join(described)) if described else _NOTHING,
            hidden,
            label_text,
            required_mark,
            hint,
            wrong,
            control,
        )
    if isinstance(widget, forms.CheckboxInput):
        return format_html(
            '<div class="{} tick"><label class="choice">{}<span>{}</span></label>{}{}</div>',
            kind,
            control,
            label_text,
            hint,
            wrong,
        )
    return format_html(
        '<div class="{}"><label class="label{}" for="{}">{}{}</label>{}{}{}</div>',
        kind,
        hidden,
        bound.id_for_label,
        label_text,
        required_mark,
        hint,
        wrong,
        control,
    )


@register.simple_tag
def fields(form: BaseForm) -> SafeString:
    """All fields of a form in their order, hidden ones included."""
    return format_html_join("", "{}", ((field(bound),) for bound in form))


@register.simple_tag
def form_errors(*given: Any) -> SafeString:
    """The summary on top: each error with a link to its field. Takes forms and formsets."""
    lines: list[SafeString] = []
    for item in given:
        if not item:
            continue
        forms_ = item.forms if hasattr(item, "management_form") else [item]
        if hasattr(item, "non_form_errors"):
            lines += [format_html("<li>{}</li>", e) for e in item.non_form_errors()]
        for form in forms_:
            if not form.is_bound:
                continue
            lines += [format_html("<li>{}</li>", error) for error in form.non_field_errors()]
            for bound in form:
                target = bound.auto_id if bound.field.widget.use_fieldset else bound.id_for_label
                for error in bound.errors:
                    lines.append(
                        format_html('<li><a href="#{}">{}</a>: {}</li>', target or bound.auto_id, bound.label, error)
                    )
    if not lines:
        return _NOTHING
    return format_html(
        '<div class="error-summary" role="alert" tabindex="-1" data-focus><h2>{}</h2><ul>{}</ul></div>',
        ngettext("Ada satu hal yang perlu diperbaiki", "Ada %(n)d hal yang perlu diperbaiki", len(lines))
        % {"n": len(lines)},
        format_html_join("", "{}", ((line,) for line in lines)),
    )


@register.inclusion_tag("core/_filters.html", takes_context=True)
def filters(context: Context, form: BaseForm, *, search: str = "", target: str = "") -> dict[str, Any]:
    """A GET form over a table, its state in the address: ``{% filters filter_form %}``. ``search`` names the widest field."""
    request = context.get("request")
    keep = request.GET if request else {}
    active = [name for name in form.fields if keep.get(form.add_prefix(name))]
    return {"form": form, "search": search, "active": active, "path": request.path if request else "", "target": target}


@register.simple_tag
def count(amount: int, noun: str, *, of: int | None = None) -> SafeString:
    """``{% count 42 "permintaan" %}``: how many rows the filters left; ``of`` the whole."""
    if of is not None and of != amount:
        return format_html(
            '<p class="row-count" role="status"><b>{}</b> {} {} {}</p>', number(amount), _("dari"), number(of), noun
        )
    return format_html('<p class="row-count" role="status"><b>{}</b> {}</p>', number(amount), noun)


@register.inclusion_tag("core/_pages.html", takes_context=True)
def pages(context: Context, page: Any, *, name: str = "page") -> dict[str, Any]:
    """Pagination of a Django ``Page``; other parts of the address stay."""
    return {"request": context.get("request"), "page": page, "name": name}


@register.inclusion_tag("core/_cursor.html", takes_context=True)
def next_page(context: Context, cursor: str | None, *, name: str = "after") -> dict[str, Any]:
    """Pagination by cursor: a link to the following rows, and back to the first ones."""
    request = context.get("request")
    return {"request": request, "cursor": cursor, "name": name, "inside": bool(request and request.GET.get(name))}


@register.simple_tag(takes_context=True)
def address_with(context: Context, **changes: Any) -> str:
    """The query of this page with some parts changed (``None`` removes): ``{% address_with sort="name" page=None %}``."""
    parts = context["request"].GET.copy()
    for name, given in changes.items():
        if given is None or given == "":
            parts.pop(name, None)
        else:
            parts[name] = str(given)
    return "?" + parts.urlencode()


@register.simple_tag(takes_context=True)
def sort_head(context: Context, name: str, label: str, *, numeric: bool = False) -> SafeString:
    """A column head that sorts by ``?sort=name`` / ``?sort=-name``: a whole ``<th>``."""
    now = context["request"].GET.get("sort", "")
    direction = "ascending" if now == name else "descending" if now == f"-{name}" else ""
    target = address_with(context, sort=f"-{name}" if now == name else name, page=None, after=None)
    return format_html(
        '<th scope="col"{}{}><a class="sort" href="{}">{}{}</a></th>',
        mark_safe(' class="num"') if numeric else _NOTHING,
        format_html(' aria-sort="{}"', direction) if direction else _NOTHING,
        target,
        label,
        icon({"ascending": "up", "descending": "down"}.get(direction, "sort")),
    )


@register.simple_tag(takes_context=True)
def again(context: Context, name: str) -> SafeString:
    """What block ``name`` of this page renders, once more: the title serves ``<title>`` and ``<h1>``."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = blocks.get_block(name) if blocks else None
    if block is None:
        return _NOTHING
    with context.push():
        return mark_safe(block.nodelist.render(context).strip())


@register.filter
def message_tone(tags: str) -> str:
    """The tone of a Django message from its level tag."""
    return next((_MESSAGE_TONES[tag] for tag in tags.split() if tag in _MESSAGE_TONES), "info")


# --- Numbers, money, time as people read them --------------------------------------------------------------------------

MONTHS = {
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


def _language() -> str:
    return "en" if (translation.get_language() or "id").startswith("en") else "id"


@register.filter
def number(given: Any, decimals: int | str = "") -> str:
    """``1234.5|number:2`` -> ``1.234,50``; without decimals a number keeps the ones it has. Half is rounded up."""
    if given is None or given == "":
        return ""
    try:
        exact = Decimal(str(given))
    except InvalidOperation:
        return str(given)
    if not exact.is_finite():
        return str(given)
    if decimals != "":
        exact = exact.quantize(Decimal(1).scaleb(-int(decimals)), rounding=ROUND_HALF_UP)
    text = f"{exact:,f}"
    if _language() == "id":
        text = text.translate(str.maketrans(",.", ".,"))
    return text.replace("-", "−")


@register.filter
def rupiah(amount: Any) -> str:
    """``125000|rupiah`` -> ``Rp125.000``."""
    return "" if amount is None or amount == "" else format_rupiah(int(amount))


@register.filter
def percent(share: Any, decimals: int = 0) -> str:
    """``0.125|percent:1`` -> ``12,5 %``."""
    return "" if share is None or share == "" else f"{number(Decimal(str(share)) * 100, decimals)} %"


def _local(given: datetime) -> datetime:
    return timezone.localtime(given) if timezone.is_aware(given) else given


@register.filter
def day(given: Any) -> str:
    """A date, or the day of a moment in the organisation's zone: ``22 Nov 2026``."""
    if not given:
        return ""
    if isinstance(given, datetime):
        given = _local(given).date()
    return f"{given.day} {MONTHS[_language()][given.month - 1]} {given.year}"


@register.simple_tag
def printed() -> str:
    """The present moment, for the foot of a printed page."""
    return moment(clock.now())


@register.filter
def hour(given: datetime | None) -> str:
    """``14.05``, in English ``14:05``; in the organisation's zone."""
    if not given:
        return ""
    return _local(given).strftime("%H.%M" if _language() == "id" else "%H:%M")


@register.filter
def moment(given: datetime | None) -> str:
    """``22 Nov 2026 14.05 WIB``: in the organisation's zone, which is named."""
    if not given:
        return ""
    zone = clock.ZONES.get(timezone.get_current_timezone_name(), timezone.get_current_timezone_name())
    return f"{day(given)} {hour(given)} {zone}"


@register.filter
def when(given: datetime | None) -> SafeString | str:
    """A moment for a column: today only the hour, this year without the year; the whole moment as its title."""
    if not given:
        return ""
    local, now = _local(given), _local(clock.now())
    if local.date() == now.date():
        text = hour(given)
    elif local.year == now.year:
        text = f"{local.day} {MONTHS[_language()][local.month - 1]} {hour(given)}"
    else:
        text = f"{day(given)} {hour(given)}"
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), moment(given), text)


@register.filter
def span(length: Any) -> str:
    """A duration in its two largest units: ``2 h 5 j`` (hari, jam), ``45 mnt``. Takes a timedelta or seconds."""
    if length is None or length == "":
        return ""
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
    sign = "−" if seconds < 0 else ""
    minutes = abs(seconds) // 60
    days, hours, left = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        text = _("%(d)d hari") % {"d": days} + (" " + _("%(h)d jam") % {"h": hours} if hours else "")
    elif hours:
        text = _("%(h)d jam") % {"h": hours} + (" " + _("%(m)d mnt") % {"m": left} if left else "")
    else:
        text = _("%(m)d mnt") % {"m": left}
    return sign + text


@register.filter
def since(given: datetime | None) -> str:
    """How long ago: ``2 hari 5 jam``."""
    return span(clock.now() - given) if given else ""


@register.filter
def age(born: date | None, on: Any = None) -> str:
    """``34 th``, under two years ``14 bln``, under two months ``12 hr``: the words of the field's forms."""
    if not born:
        return ""
    today = _local(on).date() if isinstance(on, datetime) else on or _local(clock.now()).date()
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < 2:
        return _("%(n)d hr") % {"n": max(0, (today - born).days)}
    if months < 24:
        return _("%(n)d bln") % {"n": months}
    return _("%(n)d th") % {"n": months // 12}


@register.filter
def initials(name: str) -> str:
    """``Siti Rahma, SKM`` -> ``SR``."""
    words = re.findall(r"\b\w", str(name).partition(",")[0])
    return "".join(words[:1] + words[-1:] if len(words) > 1 else words).upper()


@register.filter
def lookup(mapping: Mapping[Any, Any], key: Any) -> Any:
    """``labels|lookup:code``; a missing key gives the key itself, so that a screen never goes silent."""
    try:
        return mapping[key]
    except (KeyError, TypeError):
        return key


@register.filter
def escape_or_dash(given: Any) -> Any:
    """The text, or a dash when there is none."""
    return conditional_escape(given) if given not in (None, "") else "–"
