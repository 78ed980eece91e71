"""Fields that read what people type here: Indonesian numbers, rupiah, days and moments in the organisation's zone."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from laras.basics.money import read_rupiah
from laras.core.templatetags.ui import number

_INDONESIAN = re.compile(r"-?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?", re.ASCII)
_POINT = re.compile(r"-?\d*\.\d+", re.ASCII)


class LarasForm(forms.Form):
    """A form whose errors come from the server in the user's words, not from the browser in its own."""

    use_required_attribute = False
    error_css_class = "wrong"


class NumberField(forms.Field):
    """A decimal number as written here (``1.234,5``) or with a point (``0.25``). Answers :class:`Decimal`.

    ``1.234`` could be either and is refused with a question instead of read by guess, unless ``decimals=0``: then it is 1234.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    default_error_messages = {
        "invalid": _("Tulis angka, misalnya 12,5."),
        "unclear": _("Tidak jelas: tulis 1234 atau 1,234 (koma untuk desimal)."),
        "min_value": _("Paling kecil %(limit)s."),
        "max_value": _("Paling besar %(limit)s."),
    }

    def __init__(
        self,
        *,
        decimals: int | None = None,
        min_value: Decimal | int | None = None,
        max_value: Decimal | int | None = None,
        **options: Any,
    ) -> None:
        self.decimals, self.min_value, self.max_value = decimals, min_value, max_value
        super().__init__(**options)

    def to_python(self, given: Any) -> Decimal | None:
        text = str(given or "").strip().replace("−", "-").replace(" ", "")
        if not text:
            return None
        if len(text) > 30:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        if re.fullmatch(r"-?\d{1,3}\.\d{3}", text) and self.decimals != 0:
            raise forms.ValidationError(self.error_messages["unclear"], code="unclear")
        if _INDONESIAN.fullmatch(text):
            text = text.replace(".", "").replace(",", ".")
        elif not _POINT.fullmatch(text):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return Decimal(text)
        except InvalidOperation as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is None:
            return
        if self.decimals is not None and -int(value.as_tuple().exponent) > self.decimals:
            raise forms.ValidationError(
                _("Paling banyak %(n)d angka di belakang koma.") % {"n": self.decimals}, code="decimals"
            )
        for limit, wrong, code in (
            (self.min_value, self.min_value is not None and value < self.min_value, "min_value"),
            (self.max_value, self.max_value is not None and value > self.max_value, "max_value"),
        ):
            if wrong:
                raise forms.ValidationError(self.error_messages[code] % {"limit": number(limit)}, code=code)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else value


class RupiahField(forms.Field):
    """Whole rupiah, typed as ``125000``, ``125.000`` or ``Rp 125.000,00``. Answers :class:`int`."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    default_error_messages = {"invalid": _("Tulis jumlah rupiah penuh, misalnya 125.000.")}

    def __init__(self, *, min_value: int | None = 0, **options: Any) -> None:
        self.min_value = min_value
        super().__init__(**options)

    def to_python(self, given: Any) -> int | None:
        text = str(given if given is not None else "").strip()
        if not text:
            return None
        try:
            amount = read_rupiah(text[:40])
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
        if (self.min_value is not None and amount < self.min_value) or amount > 10**15:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return amount


class DayField(forms.DateField):
    """A calendar day; the browser's own date picker, ISO inside."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "max": "2199-12-31"}))
        super().__init__(input_formats=["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y"], **options)


class MomentField(forms.DateTimeField):
    """Date and hour in the organisation's zone. Answers an aware datetime."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget",
            forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "max": "2199-12-31T23:59"}),
        )
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d-%m-%Y %H.%M"], **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and timezone.is_aware(value):
            return timezone.localtime(value).replace(tzinfo=None, second=0, microsecond=0)
        return value


class ReasonField(forms.CharField):
    """Why: the question before a dangerous action."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Alasan"))
        options.setdefault("max_length", 500)
        options.setdefault("min_length", 5)
        options.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(**options)


class DropInput(forms.ClearableFileInput):
    """A file input on which a file can be dropped."""

    template_name = "core/_drop.html"
