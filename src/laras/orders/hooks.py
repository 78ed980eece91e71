"""What other modules show and keep because of orders: words of the history, a patient's orders, how long records stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from laras.core.words import name_events
from laras.orders import queries
from laras.orders.models import REFUSAL_REASONS
from laras.orders.states import ORDER
from laras.people import services as people_services
from laras.people.views import PATIENT_ACTIONS, PATIENT_PANELS


def refused_in_words(payload: Mapping[str, Any]) -> str:
    """``Sampel … ditolak: lisis``, and the label that takes its place."""
    reason = REFUSAL_REASONS.get(payload.get("refusal", ""), "")
    text = str(_("Sampel %(number)s ditolak: %(reason)s")) % {"number": payload.get("number", ""), "reason": reason}
    if payload.get("replacement_number"):
        text += " · " + str(_("pengganti %(number)s")) % {"number": payload["replacement_number"]}
    return text


def added_in_words(payload: Mapping[str, Any]) -> str:
    codes = ", ".join(str(row[2]) for row in payload.get("tests", []))
    return str(_("Pemeriksaan ditambah: %(codes)s")) % {"codes": codes}


def patient_orders(request: HttpRequest, patient: Any, ids: list[UUID]) -> str:
    """The newest orders of the person, on the patient's page."""
    if not request.actor.can("orders.read", request.owner.id):
        return ""
    orders = queries.orders_of_patients(request.scope, ids)
    context = {"orders": orders, "ORDER": ORDER, "patient": patient}
    return render_to_string("orders/_patient_orders.html", context, request=request)


def patient_actions(request: HttpRequest, patient: Any) -> list[tuple[str, str]]:
    """The way from a patient to a new order."""
    if not request.actor.can("orders.register", request.owner.id):
        return []
    return [(str(_("Daftarkan permintaan")), f"{reverse('orders:register')}?pasien={patient.id}")]


def install() -> None:
    """Called once, when the app starts."""
    name_events(
        {
            "orders.order_registered": _("Permintaan didaftarkan"),
            "orders.order_cancelled": _("Permintaan dibatalkan"),
            "orders.order_reported": _("LHU terbit"),
            "orders.order_reopened": _("Dibuka kembali untuk perbaikan"),
            "orders.test_added": added_in_words,
            "orders.line_cancelled": _("Pemeriksaan %(code)s dibatalkan"),
            "orders.sample_collected": _("Sampel %(number)s diambil"),
            "orders.sample_received": _("Sampel %(number)s diterima"),
            "orders.sample_refused": refused_in_words,
            "orders.sample_handed_over": _("Sampel %(number)s diserahkan"),
            "orders.sample_disposed": _("Sampel %(number)s dimusnahkan"),
            "orders.site_registered": _("Lokasi dicatat"),
            "orders.request_reviewed": _("Kaji ulang permintaan dicatat"),
            "orders.site_policy_changed": _("Aturan penerimaan contoh diubah"),
            "orders.quality_sample_added": _("Contoh mutu didaftarkan"),
            "orders.survey_noted": _("Survei vektor dicatat"),
            "orders.survey_voided": _("Survei vektor dibatalkan"),
            "orders.inspection_noted": _("Inspeksi %(number)s dicatat"),
            "orders.inspection_order_joined": _("Permintaan ditambahkan ke inspeksi"),
            "orders.inspection_concluded": _("Inspeksi disimpulkan"),
            "orders.plan_saved": _("Rencana pengambilan disimpan"),
            "orders.plan_closed": _("Rencana pengambilan ditutup"),
            "orders.plan_point_added": _("Titik ditambahkan: %(label)s"),
            "orders.plan_point_retired": _("Titik dikeluarkan: %(label)s"),
            "orders.visit_prepared": _("Kunjungan %(number)s disiapkan"),
            "orders.visit_skipped": _("Kunjungan %(number)s tidak dilakukan"),
            "orders.stop_taken": _("Diambil pada kunjungan %(number)s"),
            "orders.stop_missed": _("Satu titik kunjungan %(number)s tidak diambil"),
            "orders.programme_session_registered": _("Sesi program didaftarkan"),
        },
        {"orders.sample_refused": "danger", "orders.order_cancelled": "waiting"},
    )
    people_services.RETENTION_SOURCES.append(queries.last_served)
    PATIENT_PANELS.append(patient_orders)
    PATIENT_ACTIONS.append(patient_actions)
