"""Numbers, money, days and hours as people read them: ``1.234,5`` and ``22 Nov 2026 14.05 WIB``, in English ``1,234.5`` and ``14:05``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.utils import timezone, translation
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from laras.basics.money import format_rupiah
from laras.core import clock
from laras.core.templatetags.ui.registry import register

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
    """``125000|rupiah`` -> ``Rp125.000``, in English ``Rp125,000``."""
    if amount is None or amount == "":
        return ""
    text = format_rupiah(int(amount))
    return text.replace(".", ",") if _language() == "en" else text


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
