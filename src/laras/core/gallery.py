"""What ``/komponen/`` shows: invented rows and forms for every component."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from laras.core import clock
from laras.core.forms import DayField, DropInput, LarasForm, NumberField, ReasonField, RupiahField

SPRITE = Path(__file__).parent / "static" / "laras" / "icons.svg"


@cache
def icon_names() -> tuple[str, ...]:
    return tuple(sorted(re.findall(r'<symbol id="([a-z-]+)"', SPRITE.read_text(encoding="utf-8"))))


class SampleForm(LarasForm):
    name = forms.CharField(label=gettext_lazy("Nama lengkap"), help_text=gettext_lazy("Seperti di KTP, tanpa gelar."))
    born = DayField(label=gettext_lazy("Tanggal lahir"))
    ph = NumberField(label="pH", min_value=0, max_value=14, required=False)
    sex = forms.ChoiceField(
        label=gettext_lazy("Jenis kelamin"),
        choices=[("male", gettext_lazy("Laki-laki")), ("female", gettext_lazy("Perempuan"))],
        widget=forms.RadioSelect,
    )
    payer = forms.ChoiceField(
        label=gettext_lazy("Penjamin"), choices=[("self", gettext_lazy("Umum")), ("jkn", gettext_lazy("JKN"))]
    )
    urgent = forms.BooleanField(label=gettext_lazy("Cito: dikerjakan lebih dahulu"), required=False)
    file = forms.FileField(label=gettext_lazy("Surat pengantar"), required=False, widget=DropInput)
    reason = ReasonField()


class WrongForm(LarasForm):
    name = forms.CharField(label=gettext_lazy("Nama lengkap"))
    ph = NumberField(label="pH", min_value=0, max_value=14)
    price = RupiahField(label=gettext_lazy("Harga"))


class FilterForm(LarasForm):
    q = forms.CharField(label=gettext_lazy("Cari"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=[("", gettext_lazy("Semua")), ("late", gettext_lazy("Terlambat"))],
    )
    since = DayField(label=gettext_lazy("Sejak"), required=False)


def gallery() -> dict[str, Any]:
    """The context of the page."""
    now = clock.now()
    shapes = [
        (_("Dikerjakan"), "active", "", "14,1", "", ""),
        (_("Terlambat"), "waiting", "waiting", "12,4", "L", "13,0–17,0"),
        (_("Nilai kritis"), "danger", "critical", "5,9", "LL", "7,0"),
        (_("Terbit"), "done", "", "15,0", "", ""),
        (_("Terdaftar"), "neutral", "", "–", "", ""),
    ]
    names = ["Rina Contoh", "Bayu Percobaan", "Siti Misalnya", "I Made Umpama", "By. Ny. Andaikata"]
    rows = [
        {
            "number": f"XX-01-261122-{41 + i:04d}-{i}",
            "patient": names[i],
            "sex": "P" if i % 2 == 0 else "L",
            "born": date(now.year - 7 * i, 3, 4) if i else now.date() - timedelta(days=20),
            "received": now - timedelta(hours=7 * i),
            "price": 35000 * (i + 1),
            "status": status,
            "tone": tone,
            "kind": kind,
            "result": result,
            "flag": flag,
            "limit": limit,
        }
        for i, (status, tone, kind, result, flag, limit) in enumerate(shapes)
    ]
    journey = [
        {"at": now - timedelta(days=2), "text": _("Diambil"), "where": "Puskesmas Contoh", "who": "Ani Contoh"},
        {
            "at": now - timedelta(days=1),
            "text": _("Diterima"),
            "where": "Labkesda Contoh",
            "note": _("4,2 °C di jalan"),
        },
        {"at": now, "text": _("Dikerjakan"), "where": "Labkesda Contoh", "state": "now"},
        {"at": None, "text": _("Verifikasi"), "state": "next"},
    ]
    return {
        "rows": rows,
        "journey": journey,
        "steps": [
            (_("Diterima"), "done"),
            (_("Dikerjakan"), "done"),
            (_("Verifikasi"), "now"),
            (_("Validasi"), "next"),
            (_("Terbit"), "next"),
        ],
        "sample_form": SampleForm(auto_id="contoh_%s"),
        "wrong_form": WrongForm({"name": "", "ph": "tujuh", "price": "15.000"}, auto_id="salah_%s"),
        "filter_form": FilterForm(auto_id="saring_%s"),
        "page": Paginator([*range(120)], 25).page(2),
        "icons": icon_names(),
        "born": date(1992, 3, 4),
        "now": now,
        "waited": Decimal(190000),
    }
