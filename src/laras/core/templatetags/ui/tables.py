"""Tables and what stands around them: filters, counts, pages, heads that sort."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from laras.core.templatetags.ui.format import number
from laras.core.templatetags.ui.marks import icon
from laras.core.templatetags.ui.registry import NOTHING, register


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
        mark_safe(" data-rows") if navigate else NOTHING,
        format_html(' id="{}"', id) if id else NOTHING,
        label,
        content,
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
        mark_safe(' class="num"') if numeric else NOTHING,
        format_html(' aria-sort="{}"', direction) if direction else NOTHING,
        target,
        label,
        icon({"ascending": "up", "descending": "down"}.get(direction, "sort")),
    )
