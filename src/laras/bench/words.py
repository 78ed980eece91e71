"""The bench's events in the words of a history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

REASONS = {
    "first": _("nilai pertama"),
    "correction": _("koreksi"),
    "repeat": _("ulangan"),
    "dilution": _("pengenceran"),
    "amendment": _("perbaikan"),
    "referral": _("dari laboratorium rujukan"),
}


def entered_in_words(payload: Mapping[str, Any]) -> str:
    reason = REASONS.get(payload.get("why", ""), "")
    return str(_("%(code)s: nilai diisi (%(reason)s)")) % {"code": payload.get("test_code", ""), "reason": reason}


EVENTS = {
    "bench.results_opened": _("Pemeriksaan mulai dikerjakan"),
    "bench.result_commented": _("%(test_code)s: komentar diubah"),
    "bench.result_entered": entered_in_words,
    "bench.result_verified": _("%(test_code)s diverifikasi"),
    "bench.result_validated": _("%(test_code)s divalidasi"),
    "bench.result_returned": _("%(test_code)s dikembalikan ke meja kerja"),
    "bench.result_repeated": _("%(test_code)s diminta diulang"),
    "bench.result_amended": _("%(test_code)s dibuka kembali untuk diperbaiki"),
    "bench.result_cancelled": _("%(test_code)s dibatalkan"),
    "bench.result_set_aside": _("%(test_code)s disisihkan untuk dirujuk"),
    "bench.result_taken_back": _("%(test_code)s dikerjakan sendiri"),
    "bench.result_referred": _("%(test_code)s dirujuk"),
    "bench.referral_returned": _("%(test_code)s kembali: perlu dirujuk lagi"),
    "bench.external_result_received": _("%(test_code)s: hasil dari laboratorium rujukan diterima"),
    "bench.critical_opened": _("%(test_code)s: nilai kritis, harus dilaporkan"),
    "bench.critical_called": _("%(test_code)s: nilai kritis dilaporkan"),
    "bench.critical_withdrawn": _("%(test_code)s: nilai kritis diganti nilai lain"),
    "bench.hold_placed": _("Ditahan"),
    "bench.hold_lifted": _("Penahanan dilepas"),
}
TONES = {"bench.critical_opened": "danger", "bench.result_returned": "waiting", "bench.hold_placed": "waiting"}
