"""The module's events and standings in the words of the screen."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.words import name_events

STANDINGS = {
    "out": _("Habis"),
    "low": _("Di bawah minimum"),
    "soon": _("Segera berakhir"),
    "enough": _("Cukup"),
    "new": _("Belum ada penerimaan"),
}
TONES = {"out": "danger", "low": "waiting", "soon": "waiting", "enough": "done", "new": "neutral"}
KINDS = {
    "received": _("Diterima"),
    "used": _("Dipakai"),
    "corrected": _("Dikoreksi"),
    "discarded": _("Dibuang"),
}


def name() -> None:
    """Called once when the app starts."""
    name_events(
        {
            "stores.item_added": _("Reagen %(label)s ditambahkan"),
            "stores.item_changed": _("Data reagen %(label)s diubah"),
            "stores.item_retired": _("Reagen %(label)s tidak dicatat lagi"),
            "stores.lot_received": _("Lot %(number)s diterima: %(quantity)s"),
            "stores.lot_opened": _("Lot %(number)s dibuka"),
            "stores.lot_used": _("Lot %(number)s dipakai: %(quantity)s"),
            "stores.stock_corrected": _("Stok lot %(number)s dikoreksi menjadi %(counted)s"),
            "stores.lot_discarded": _("Lot %(number)s dibuang: %(quantity)s"),
        },
        {"stores.lot_discarded": "danger", "stores.stock_corrected": "waiting"},
    )
