"""Writing people. The only place that does."""

from laras.people.services.batch import Recognised, recognise, register_patients
from laras.people.services.consent import give_consent, withdraw_consent
from laras.people.services.correcting import add_identifier, update_patient
from laras.people.services.erasing import RETENTION_SOURCES, erase_patient
from laras.people.services.matching_key import renew_all_tokens, renew_tokens, rotate_matching_key
from laras.people.services.merging import MERGE_GROUPS, merge_patients, undo_merge
from laras.people.services.registering import INPUT_FIELDS, SamePerson, fill_derived, latest_day, register_patient

__all__ = [
    "INPUT_FIELDS", "MERGE_GROUPS", "RETENTION_SOURCES", "Recognised", "SamePerson", "add_identifier", "erase_patient",
    "fill_derived", "give_consent", "latest_day", "merge_patients", "recognise", "register_patient", "register_patients",
    "renew_all_tokens", "renew_tokens", "rotate_matching_key", "undo_merge", "update_patient", "withdraw_consent",
]  # fmt: skip
