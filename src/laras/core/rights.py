"""Roles and the rights they hold: one table, in code, reviewed like code.

A right is ``module.verb``. ``rights`` hold at the organisation of the assignment; ``reach`` hold over all organisations
that it supervises or has jurisdiction over. ``second_factor`` roles sign in with a code from their phone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Role:
    label: str
    home: str
    rights: frozenset[str]
    reach: frozenset[str] = frozenset()
    second_factor: bool = False


RIGHTS: Mapping[str, str] = {
    "core.manage_users": _("Mengelola pengguna dan peran"),
    "core.read_audit": _("Membaca jejak audit"),
    "core.manage_system": _("Memelihara sistem"),
    "network.manage_organisation": _("Mengubah data lembaga"),
    "network.manage_network": _("Mengelola wilayah dan lembaga jejaring"),
    "resources.manage_capability": _("Mengubah kemampuan pemeriksaan"),
    "resources.read": _("Melihat alat, tenaga, ruang, izin, dan pemenuhan standar"),
    "resources.manage": _("Mencatat alat, tenaga, ruang, dan izin laboratorium"),
    "resources.manage_prices": _("Mengatur harga alat"),
    "resources.publish_standard": _("Menerbitkan standar sumber daya"),
    "stores.record": _("Mencatat penerimaan dan pemakaian reagen"),
    "stores.manage": _("Mengatur reagen dan mengoreksi stoknya"),
    "catalogue.manage": _("Mengubah katalog laboratorium"),
    "people.read": _("Melihat pasien"),
    "people.write": _("Mencatat pasien"),
    "people.merge": _("Menggabungkan pasien ganda"),
    "people.erase": _("Menghapus data pribadi"),
    "partners.read": _("Melihat pengirim dan pelanggan"),
    "partners.write": _("Mencatat pengirim dan pelanggan"),
    "partners.manage_accounts": _("Mengelola akun mitra"),
    "partners.answer_booking": _("Menjawab permintaan kunjungan mitra"),
    "orders.read": _("Melihat permintaan"),
    "orders.read_counts": _("Melihat jumlah tanpa nama"),
    "orders.register": _("Mendaftarkan permintaan"),
    "orders.cancel": _("Membatalkan permintaan"),
    "orders.collect": _("Mengambil sampel"),
    "orders.receive_sample": _("Menerima atau menolak sampel"),
    "bench.read": _("Melihat hasil"),
    "bench.enter": _("Memasukkan hasil"),
    "bench.verify": _("Memverifikasi hasil"),
    "bench.validate": _("Memvalidasi hasil"),
    "bench.call_critical": _("Melaporkan nilai kritis"),
    "bench.hold": _("Menahan dan melepas hasil"),
    "referral.read": _("Melihat rujukan"),
    "referral.send": _("Mengirim rujukan"),
    "referral.receive": _("Menerima rujukan"),
    "referral.agree": _("Membuat perjanjian antar laboratorium"),
    "referral.settle": _("Mencatat perhitungan antar laboratorium"),
    "referral.carry": _("Mencatat suhu kotak di perjalanan"),
    "reports.read": _("Melihat LHU"),
    "reports.release": _("Menerbitkan LHU"),
    "reports.amend": _("Memperbaiki LHU terbit"),
    "surveillance.read": _("Melihat surveilans"),
    "surveillance.triage": _("Mentriase sinyal"),
    "surveillance.handle": _("Menangani kejadian dan membaca daftar kasusnya"),
    "surveillance.declare": _("Menetapkan dan mengakhiri KLB"),
    "surveillance.manage": _("Mengatur hitungan dan ambang surveilans"),
    "portal.partner": _("Melihat permintaan dan LHU sendiri sebagai mitra"),
}

_READ = {"people.read", "partners.read", "orders.read", "bench.read", "referral.read", "reports.read", "resources.read"}

ROLES: Mapping[str, Role] = {
    "receptionist": Role(
        _("Pendaftaran"),
        "registration",
        frozenset(
            {"people.read", "people.write", "partners.read", "partners.write", "orders.read", "orders.register",
             "orders.cancel", "reports.read", "referral.read", "partners.answer_booking"}
        ),
    ),
    "sampler": Role(
        _("Pengambil sampel"),
        "sampling",
        frozenset(
            {"people.read", "people.write", "partners.read", "orders.read", "orders.register", "orders.collect",
             "partners.answer_booking"}
        ),
    ),
    "receiver": Role(
        _("Penerima sampel"),
        "receiving",
        frozenset(
            {"people.read", "partners.read", "orders.read", "orders.receive_sample", "referral.read", "referral.send",
             "referral.receive", "referral.carry", "bench.read"}
        ),
    ),
    "analyst": Role(
        _("Analis (ATLM)"),
        "bench",
        frozenset({*_READ, "bench.enter", "bench.call_critical", "orders.receive_sample", "referral.send",
                   "referral.carry", "stores.record"}),
    ),
    "verifier": Role(
        _("Verifikator"),
        "verification",
        frozenset({*_READ, "bench.enter", "bench.verify", "bench.call_critical", "referral.send",
                   "referral.carry", "stores.record"}),
    ),
    "validator": Role(
        _("Validator (dokter / manajer teknis)"),
        "validation",
        frozenset(
            {*_READ, "bench.verify", "bench.validate", "bench.call_critical", "bench.hold", "reports.release",
             "reports.amend"}
        ),
        second_factor=True,
    ),
    "head": Role(
        _("Kepala laboratorium"),
        "head",
        frozenset(
            {*_READ, "core.read_audit", "network.manage_organisation", "resources.manage_capability", "resources.manage",
             "resources.manage_prices", "stores.record", "stores.manage",
             "catalogue.manage", "orders.cancel", "orders.read_counts", "people.merge", "people.erase", "bench.hold",
             "referral.send", "referral.carry", "referral.agree", "referral.settle", "partners.write",
             "partners.manage_accounts"}
        ),
        frozenset({"orders.read_counts", "resources.read"}),
        second_factor=True,
    ),
    "quality_manager": Role(
        _("Manajer mutu"), "quality", frozenset({*_READ, "bench.hold", "core.read_audit", "catalogue.manage",
                                                            "stores.record", "stores.manage"})
    ),
    "cashier": Role(_("Kasir"), "cashier", frozenset({"people.read", "partners.read", "orders.read",
                                                       "referral.settle"})),
    "courier": Role(_("Kurir"), "courier", frozenset({"referral.read", "referral.carry"})),
    "officer": Role(
        _("Petugas dinas kesehatan"),
        "office",
        frozenset({"orders.read_counts", "resources.read", "resources.manage_prices", "surveillance.read", "surveillance.triage",
                   "surveillance.handle", "surveillance.manage"}),
        frozenset({"orders.read_counts", "resources.read", "surveillance.read"}),
    ),
    "office_head": Role(
        _("Kepala dinas kesehatan"),
        "office",
        frozenset({"orders.read_counts", "resources.read", "surveillance.read", "surveillance.handle",
                   "surveillance.declare"}),
        frozenset({"orders.read_counts", "resources.read", "surveillance.read"}),
        second_factor=True,
    ),
    "network_manager": Role(
        _("Pengelola jejaring"),
        "office",
        frozenset({"network.manage_network", "network.manage_organisation", "orders.read_counts",
                   "resources.read", "resources.manage", "resources.manage_prices", "resources.publish_standard"}),
        frozenset({"orders.read_counts", "network.manage_organisation", "resources.read", "resources.manage"}),
        second_factor=True,
    ),
    "administrator": Role(
        _("Administrator"),
        "administration",
        frozenset(
            {"core.manage_users", "core.read_audit", "core.manage_system", "network.manage_organisation",
             "partners.read", "partners.manage_accounts"}
        ),
        second_factor=True,
    ),
    # Not staff: somebody of a clinic or a hotel, who sees what that client ordered and nothing else of the laboratory.
    "partner": Role(_("Mitra pengirim"), "partner", frozenset({"portal.partner"})),
}  # fmt: skip


def check_roles() -> None:
    """Every right that a role names is described above; called when the app starts."""
    for name, role in ROLES.items():
        unknown = (role.rights | role.reach) - set(RIGHTS)
        if unknown:
            raise ValueError(f"role {name} names unknown rights {sorted(unknown)}")


check_roles()
