"""The lives of orders and samples, and the words of their fixed lists."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from laras.core.states import Move, StateMachine

ORDER = StateMachine(
    "order",
    states={
        "registered": _("Terdaftar"),
        "working": _("Dikerjakan"),
        "reported": _("LHU terbit"),
        "cancelled": _("Dibatalkan"),
    },
    moves=[
        Move("start", ("registered",), "working", "orders.receive_sample"),
        Move("report", ("working", "reported"), "reported"),
        Move("reopen", ("reported",), "working"),
        Move("cancel", ("registered", "working"), "cancelled", "orders.cancel"),
    ],
    tones={"registered": "neutral", "working": "active", "reported": "done", "cancelled": "neutral"},
)

SAMPLE = StateMachine(
    "sample",
    states={
        "expected": _("Belum diambil"),
        "collected": _("Sudah diambil"),
        "received": _("Diterima"),
        "refused": _("Ditolak"),
        "cancelled": _("Dibatalkan"),
        "disposed": _("Dimusnahkan"),
    },
    moves=[
        Move("collect", ("expected",), "collected", "orders.collect"),
        Move("receive", ("expected", "collected"), "received", "orders.receive_sample"),
        Move("refuse", ("expected", "collected", "received"), "refused", "orders.receive_sample"),
        Move("cancel", ("expected", "collected", "received"), "cancelled", "orders.cancel"),
        Move("dispose", ("received", "refused", "cancelled"), "disposed", "orders.receive_sample"),
    ],
    tones={"expected": "waiting", "collected": "active", "received": "done", "refused": "danger"},
)

VISIT = StateMachine(
    "visit",
    states={
        "prepared": _("Disiapkan"),
        "done": _("Selesai"),
        "skipped": _("Tidak dilakukan"),
    },
    moves=[
        Move("finish", ("prepared",), "done", "orders.collect"),
        Move("skip", ("prepared",), "skipped", "orders.register"),
    ],
    tones={"prepared": "active", "done": "done", "skipped": "neutral"},
)

STOP = StateMachine(
    "stop",
    states={
        "waiting": _("Belum didatangi"),
        "taken": _("Sudah diambil"),
        "missed": _("Tidak diambil"),
    },
    moves=[
        Move("take", ("waiting",), "taken", "orders.collect"),
        Move("miss", ("waiting",), "missed", "orders.collect"),
    ],
    tones={"waiting": "waiting", "taken": "done", "missed": "neutral"},
)

SUBJECT_KINDS = {
    "person": _("Orang"),
    "environment": _("Lingkungan"),
    "food": _("Makanan dan minuman"),
    "vector": _("Vektor dan reservoir"),
    "equipment": _("Alat (kalibrasi)"),
    "proficiency": _("Uji profisiensi"),
    "control": _("Bahan kontrol"),
}
URGENCIES = {"routine": _("Biasa"), "urgent": _("Cito"), "outbreak": _("KLB")}
PAYERS = {
    "self": _("Umum (bayar sendiri)"),
    "bpjs": _("BPJS Kesehatan"),
    "programme": _("Program"),
    "institution": _("Instansi / perusahaan"),
    "free": _("Tidak dipungut"),
}
PURPOSES = {
    "diagnosis": _("Diagnosis"),
    "follow_up": _("Pemantauan"),
    "screening": _("Skrining"),
    "surveillance": _("Surveilans"),
    "outbreak": _("Penyelidikan KLB"),
    "quality": _("Pengawasan kualitas"),
    "slhs": _("Laik higiene sanitasi (SLHS)"),
    "hajj": _("Haji"),
    "other": _("Lainnya"),
}
REVIEW_OUTCOMES = {
    "agreed": _("Disepakati"),
    "changed": _("Disepakati dengan perubahan"),
    "declined": _("Tidak diterima"),
}
REVIEW_WAYS = {
    "person": _("Bertemu langsung"),
    "phone": _("Telepon"),
    "letter": _("Surat"),
    "mail": _("Surel atau pesan"),
    "agreement": _("Perjanjian kerja sama"),
}
REVIEW_ANSWERS = {"yes": _("Ya"), "no": _("Tidak"), "na": _("Tidak berlaku")}
QUALITY_ROLES = {
    "field_blank": _("Blanko lapangan"),
    "trip_blank": _("Blanko perjalanan"),
    "equipment_blank": _("Blanko alat"),
    "duplicate": _("Duplikat"),
    "spike": _("Spike"),
}
SURVEY_KINDS = {"larvae": _("Jentik (rumah dan kontainer)"), "catch": _("Penangkapan nyamuk")}
VECTOR_SEXES = {"F": _("Betina"), "M": _("Jantan"), "U": _("Campur atau tidak diketahui")}
INSPECTION_OUTCOMES = {
    "open": _("Belum disimpulkan"),
    "fit": _("Laik"),
    "improve": _("Perlu perbaikan"),
    "unfit": _("Tidak laik"),
}
REFUSAL_REASONS = {
    "identity": _("Identitas tidak cocok atau tanpa label"),
    "insufficient": _("Volume kurang"),
    "hemolysed": _("Lisis"),
    "lipemic": _("Lipemik"),
    "clotted": _("Beku"),
    "container": _("Wadah salah"),
    "damaged": _("Wadah rusak atau bocor"),
    "temperature": _("Suhu pengiriman tidak sesuai"),
    "late": _("Melewati batas waktu simpan"),
    "contaminated": _("Terkontaminasi"),
    "other": _("Alasan lain"),
}
