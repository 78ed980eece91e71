"""The module's events in the words of the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from laras.core.templatetags.ui import day
from laras.core.words import name_events


def name() -> None:
    """Called once when the app starts."""
    name_events(
        {
            "network.organisation_created": lambda payload: _("Lembaga %(code)s dicatat") % payload,
            "network.organisation_altered": _dated(
                lambda: _("Data lembaga diubah, berlaku mulai %(day)s"), "valid_from"
            ),
            "network.organisation_closed": _dated(lambda: _("Lembaga ditutup mulai %(day)s"), "closed_from"),
            "network.jurisdiction_set": _dated(lambda: _("Wilayah kewenangan diubah mulai %(day)s"), "valid_from"),
            "network.area_succeeded": _dated(lambda: _("Perubahan wilayah dicatat, berlaku %(day)s"), "date"),
            "network.organisation_reopened": _dated(lambda: _("Penutupan dibatalkan %(day)s"), "reopened_on"),
            "network.institution_altered": lambda payload: _("Institusi %(institution_name)s diubah") % payload,
            "network.province_assigned": lambda payload: (
                _("Provinsi %(province)s ditetapkan masuk Regional %(region)s") % payload
            ),
            "network.boundaries_brought": lambda payload: _("Berkas batas wilayah dibaca: %(areas)d wilayah") % payload,
            "network.boundaries_accepted": lambda payload: _("Batas wilayah dipakai: %(source)s") % payload,
            "network.boundaries_withdrawn": lambda payload: _("Batas wilayah tidak dipakai lagi: %(source)s") % payload,
            "network.institution_created": lambda payload: _("Institusi %(institution_name)s dicatat") % payload,
        },
        {"network.organisation_closed": "danger"},
    )


def _dated(sentence: Callable[[], str], field: str) -> Callable[[Mapping[str, Any]], str]:
    def tell(payload: Mapping[str, Any]) -> str:
        return sentence() % {"day": day(date.fromisoformat(payload[field]))}

    return tell
