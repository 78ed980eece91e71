"""Screens of patients."""

from laras.people.views.editing import areas, check_nik, edit, register
from laras.people.views.finding import find_number, lookup, patients
from laras.people.views.merging import merge, undo_merge
from laras.people.views.patient import (
    PATIENT_ACTIONS,
    PATIENT_PANELS,
    add_identifier,
    address_of,
    erase,
    give_consent,
    patient_page,
    withdraw_consent,
)

__all__ = [
    "PATIENT_ACTIONS", "PATIENT_PANELS", "add_identifier", "address_of", "areas", "check_nik", "edit", "erase", "find_number",
    "give_consent", "lookup", "merge", "patient_page", "patients", "register", "undo_merge", "withdraw_consent",
]  # fmt: skip
