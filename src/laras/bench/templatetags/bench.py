"""Marks of the bench's lists, which stand in every row: ``{% load bench %}{% urgency view.urgency %}{% subject item %}``."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from laras.bench.types import WorkItem
from laras.core.templatetags.ui import age, chip
from laras.core.templatetags.ui.registry import NOTHING

register = template.Library()


@register.simple_tag
def urgency(degree: str) -> SafeString:
    """A chip for what is hurried; nothing for what is not."""
    if degree == "urgent":
        return chip(label=_("Cito"), tone="waiting")
    if degree == "outbreak":
        return chip(label=_("KLB"), tone="danger")
    return NOTHING


@register.simple_tag
def subject(item: WorkItem) -> SafeString:
    """Whose result it is: a name with sex and age, or a place."""
    sexes = {"L": pgettext("jenis kelamin", "L"), "P": pgettext("jenis kelamin", "P")}
    about = " ".join(part for part in (sexes.get(item.sex, ""), age(item.birth_date)) if part)
    return format_html(
        "<span>{}{}</span>",
        item.subject or "–",
        format_html(' <span class="note nowrap">{}</span>', about) if about else NOTHING,
    )
