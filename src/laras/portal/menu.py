"""The menu and the bell: what this person does, in the order of the day, and what waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from laras.bench import queries as bench
from laras.core.web import once
from laras.orders import queries as orders
from laras.referral import queries as referral
from laras.surveillance import queries as surveillance


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu. Shown to those who hold any of ``rights`` where they work now (empty: to all)."""

    section: str
    label: str
    url: str
    icon: str
    rights: tuple[str, ...] = ()
    laboratory_only: bool = True


DAY, WORK, NETWORK, HOUSE = _("Hari ini"), pgettext_lazy("banyak", "Pemeriksaan"), _("Jejaring"), _("Pengelolaan")
RECORDS = pgettext_lazy("banyak", "Catatan")
TOGETHER = _("Kerja sama")
WATCH = _("Surveilans")

MENU = (
    Entry(DAY, _("Beranda"), "portal:home", "today", laboratory_only=False),
    Entry(DAY, _("Daftarkan pasien"), "orders:register", "register", ("orders.register",)),
    Entry(DAY, _("Contoh lingkungan"), "orders:register_site", "water", ("orders.register",)),
    Entry(DAY, _("Program"), "orders:programmes", "users", ("orders.register",)),
    Entry(DAY, _("Rencana lapangan"), "orders:due_visits", "map", ("orders.collect", "orders.register")),
    Entry(DAY, _("Survei vektor"), "orders:surveys", "microscope", ("orders.collect", "orders.register")),
    Entry(DAY, _("Inspeksi higiene"), "orders:inspections", "check", ("orders.collect", "orders.register")),
    Entry(DAY, _("Pengambilan sampel"), "orders:collecting", "vial", ("orders.collect",)),
    Entry(DAY, _("Penerimaan sampel"), "orders:receiving", "box", ("orders.receive_sample",)),
    Entry(DAY, _("Kunjungan ke mitra"), "portal:bookings", "truck", ("partners.answer_booking",)),
    Entry(TOGETHER, _("Permintaan kami"), "portal:partner_orders", "order", ("portal.partner",)),
    Entry(TOGETHER, _("LHU kami"), "portal:partner_reports", "report", ("portal.partner",)),
    Entry(TOGETHER, _("Minta kunjungan"), "portal:partner_bookings", "truck", ("portal.partner",)),
    Entry(TOGETHER, _("Harga dan layanan"), "portal:partner_prices", "money", ("portal.partner",)),
    Entry(WORK, _("Meja kerja"), "bench:worklist", "bench", ("bench.enter",)),
    Entry(WORK, _("Waktu simpan"), "bench:holding", "clock", ("bench.enter",)),
    Entry(WORK, _("Biakan"), "cultures:worklist", "microscope", ("bench.enter",)),
    Entry(WORK, _("Dari alat"), "interop:waiting", "scan", ("bench.enter",)),
    Entry(WORK, _("Verifikasi"), "bench:verification", "verify", ("bench.verify",)),
    Entry(WORK, _("Validasi"), "bench:validation", "signature", ("bench.validate",)),
    Entry(WORK, _("Siap terbit"), "reports:ready", "report", ("reports.release",)),
    Entry(WORK, _("Nilai kritis"), "bench:critical", "urgent", ("bench.call_critical",)),
    Entry(WORK, _("Ditahan"), "bench:holds", "hold", ("bench.hold",)),
    Entry(WORK, _("Rujukan keluar"), "referral:outgoing", "truck", ("referral.read", "referral.send")),
    Entry(WORK, _("Rujukan masuk"), "referral:incoming", "referral", ("referral.receive",)),
    Entry(WORK, _("Biaya rujukan"), "referral:ledger", "money", ("referral.settle",)),
    Entry(WORK, _("Perjanjian rujukan"), "referral:agreements", "partner", ("referral.agree",)),
    Entry(WORK, _("Kinerja rujukan"), "referral:levels", "chart", ("referral.send",)),
    Entry(WORK, _("Reagen"), "stores:shelf", "vial", ("stores.record", "stores.manage")),
    Entry(RECORDS, pgettext_lazy("banyak", "Permintaan"), "orders:list", "order", ("orders.read",)),
    Entry(RECORDS, pgettext_lazy("banyak", "Pasien"), "people:patients", "patient", ("people.read",)),
    Entry(RECORDS, pgettext_lazy("banyak", "Pengirim"), "partners:clients", "partner", ("partners.read",)),
    Entry(RECORDS, _("LHU"), "reports:list", "report", ("reports.read",)),
    Entry(
        WATCH,
        _("Tidak biasa minggu ini"),
        "surveillance:overview",
        "notice-waiting",
        ("surveillance.read",),
        laboratory_only=False,
    ),
    Entry(WATCH, _("Pemberitahuan"), "surveillance:notices", "bell", ("surveillance.read",), laboratory_only=False),
    Entry(WATCH, _("Kejadian"), "surveillance:events", "urgent", ("surveillance.read",), laboratory_only=False),
    Entry(WATCH, _("Definisi kasus"), "surveillance:rules", "catalogue", ("surveillance.read",), laboratory_only=False),
    Entry(NETWORK, pgettext_lazy("banyak", "Laboratorium"), "network:laboratories", "network", laboratory_only=False),
    Entry(NETWORK, pgettext_lazy("banyak", "Wilayah"), "network:areas", "map", laboratory_only=False),
    Entry(NETWORK, _("Peta jaringan"), "resources:map", "map", ("resources.read",), laboratory_only=False),
    Entry(NETWORK, _("Pemenuhan standar"), "resources:overview", "chart", ("resources.read",), laboratory_only=False),
    Entry(NETWORK, _("Kebutuhan"), "resources:needs", "money", ("resources.read",), laboratory_only=False),
    Entry(
        NETWORK,
        _("Izin yang berakhir"),
        "resources:permits_ending",
        "calendar",
        ("resources.read",),
        laboratory_only=False,
    ),
    Entry(NETWORK, _("STR/SIP berakhir"), "resources:licences", "users", ("resources.read",), laboratory_only=False),
    Entry(NETWORK, _("Katalog"), "catalogue:tests", "catalogue", laboratory_only=False),
    Entry(NETWORK, _("Kemampuan kami"), "resources:own", "lab", ("resources.manage_capability",)),
    Entry(HOUSE, _("Kinerja metode"), "bench:performance", "quality", ("catalogue.manage",)),
    Entry(HOUSE, _("Alat pengirim hasil"), "interop:instruments", "scan", ("catalogue.manage",)),
    Entry(HOUSE, _("Pengguna"), "core:users", "users", ("core.manage_users",), laboratory_only=False),
    Entry(HOUSE, _("Jejak audit"), "core:audit", "audit", ("core.read_audit",), laboratory_only=False),
)


def menu_for(request: HttpRequest) -> list[dict[str, Any]]:
    """The entries of the menu for this request, with what waits behind each of them."""
    waiting = waiting_for(request)
    lines = []
    for entry in MENU:
        if entry.laboratory_only and request.owner.kind != "laboratory":
            continue
        if entry.rights and not any(request.actor.can(right, request.owner.id) for right in entry.rights):
            continue
        url = reverse(entry.url)
        lines.append(
            {
                "section": entry.section,
                "label": entry.label,
                "url": url,
                "icon": entry.icon,
                "count": waiting.get(entry.url, 0),
                "active": request.path == url or (len(url) > 1 and request.path.startswith(url)),
            }
        )
    # The longest matching address is where we are; "/" matches everything.
    active = [line for line in lines if line["active"]]
    if of_another(request):
        # What another laboratory can do is read in the directory; "ours" would mislead.
        for line in lines:
            line["active"] = line["url"] == reverse("network:laboratories")
    elif active:
        longest = max(active, key=lambda line: len(line["url"]))
        for line in lines:
            line["active"] = line is longest
    return lines


def of_another(request: HttpRequest) -> bool:
    """The page shows what laboratories other than the one worked in can do: one of them, or who does a test."""
    match = request.resolver_match
    if match is None or match.app_name != "resources":
        return False
    return match.url_name == "find" or match.kwargs.get("organisation_id", request.owner.id) != request.owner.id


def waiting_for(request: HttpRequest) -> dict[str, int]:
    """Menu address -> how many things wait there, for this person's own rights. A handful of small counts."""
    actor, owner = request.actor, request.owner
    if owner.kind != "laboratory":
        waiting = actor.can("surveillance.read", owner.id) and surveillance.notices_waiting(owner.id)
        return {"surveillance:notices": waiting} if waiting else {}
    found: dict[str, int] = {}
    if any(actor.can(right, owner.id) for right in ("bench.enter", "bench.verify", "bench.validate")):
        counts = once(request, bench.counts)
        found |= {
            "bench:worklist": counts.waiting,
            "bench:verification": counts.to_verify,
            "bench:validation": counts.to_validate,
            "bench:critical": counts.open_calls,
            "referral:outgoing": counts.to_refer,
        }
    if actor.can("orders.receive_sample", owner.id) or actor.can("orders.collect", owner.id):
        samples = once(request, orders.samples_waiting)
        found |= {"orders:receiving": samples["to_receive"], "orders:collecting": samples["to_collect"]}
    if actor.can("referral.receive", owner.id):
        found["referral:incoming"] = once(request, referral.to_decide_counts)[0]
    if actor.can("bench.verify", owner.id):
        found["referral:paper_partners"] = once(request, referral.paper_answers_waiting)
    if actor.can("referral.agree", owner.id):
        found["referral:agreements"] = once(request, referral.agreements_to_answer)
    return found


BELL: tuple[tuple[str, str, str, str], ...] = (
    # address, right, words, tone
    ("bench:critical", "bench.call_critical", _("Nilai kritis belum dilaporkan"), "danger"),
    ("referral:incoming", "referral.receive", _("Rujukan menunggu keputusan"), "waiting"),
    ("referral:agreements", "referral.agree", _("Perjanjian menunggu jawaban"), "waiting"),
    ("orders:receiving", "orders.receive_sample", _("Sampel menunggu diterima"), "waiting"),
    ("bench:verification", "bench.verify", _("Hasil menunggu verifikasi"), "active"),
    ("referral:paper_partners", "bench.verify", _("Hasil di atas kertas menunggu orang kedua"), "active"),
    ("bench:validation", "bench.validate", _("Hasil menunggu validasi"), "active"),
    ("referral:outgoing", "referral.send", _("Pemeriksaan perlu dirujuk"), "waiting"),
    ("surveillance:notices", "surveillance.read", _("Pemberitahuan surveilans belum dilihat"), "danger"),
)


def bell_for(request: HttpRequest) -> dict[str, Any]:
    """What waits for this person; the number on the bell counts kinds of things, the list says how many of each."""
    waiting = waiting_for(request)
    items = [
        {"label": words, "url": reverse(address), "count": waiting[address], "tone": tone}
        for address, right, words, tone in BELL
        if waiting.get(address) and request.actor.can(right, request.owner.id)
    ]
    return {"count": len(items), "items": items}
