"""Orders in the reader's language: readings taken at the site, matrices."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.catalogue.labels import MATRIX_LABELS

IN_SITU_LABELS = {
    "temperature": _("Suhu air / sampel"),
    "air_temperature": _("Suhu udara"),
    "ph": _("pH"),
    "residual_chlorine": _("Sisa khlor"),
    "dissolved_oxygen": _("Oksigen terlarut"),
    "turbidity": _("Kekeruhan"),
    "conductivity": _("Daya hantar listrik"),
    "humidity": _("Kelembapan"),
}


def matrix_label(matrix: str) -> str:
    """A matrix in words; one that a laboratory added shows its own name."""
    return str(MATRIX_LABELS.get(matrix, matrix.replace("_", " ")))
