"""Who exists in the demo network. Plain data: everything here is invented except the names of areas."""

from __future__ import annotations

from dataclasses import dataclass

SEED = 20261122
DAYS = 182
ORDERS = 20_000
PROVINCE = "52"  # Nusa Tenggara Barat
PASSWORD = "laras-contoh-2026"  # noqa: S105 -- printed by `laras demo`, for the invented accounts only


@dataclass(frozen=True, slots=True)
class Lab:
    """One laboratory: ``share`` is its weight among the orders of its tier."""

    code: str
    name: str
    kind: str
    tier: int
    area: str
    supervisor: str
    staff: int = 6
    share: float = 1.0
    region: int | None = None
    institution: str = ""
    accreditation: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    code: str
    name: str
    kind: str
    area: str
    institution: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """Who organisations belong to by law; ``office`` keeps it. Of a regional government in ``area``, or a ministry."""

    code: str
    name: str
    kind: str
    office: str
    area: str = ""


FLOWERS = (
    "Melati", "Kenanga", "Cempaka", "Anggrek", "Mawar", "Dahlia", "Teratai", "Flamboyan", "Kamboja", "Seruni", "Soka",
    "Alamanda", "Bugenvil", "Tanjung", "Kecubung", "Wijayakusuma", "Nusa Indah", "Edelweis", "Asoka", "Lavender",
    "Sedap Malam",
)  # fmt: skip

TREES = ("Cendana", "Mahoni", "Beringin", "Gaharu", "Lontar", "Asam Jawa")

# (code prefix, district, kecamatan of its puskesmas)
DISTRICTS = (
    ("MTR", "52.71", ("52.71.01", "52.71.03", "52.71.04", "52.71.05", "52.71.06")),
    ("LBR", "52.01", ("52.01.01", "52.01.03", "52.01.14", "52.01.07")),
    ("LTG", "52.02", ("52.02.01", "52.02.04", "52.02.09", "52.02.12")),
    ("LTM", "52.03", ("52.03.07", "52.03.15", "52.03.09")),
    ("SBW", "52.04", ("52.04.08", "52.04.05", "52.04.14")),
    ("BIM", "52.72", ("52.72.01", "52.72.05")),
)


def bodies() -> tuple[Body, ...]:
    """The owners by law: the ministry, the province, each district. A laboratory's region is another thing."""
    return (
        Body("KEMENKES", "Kementerian Kesehatan (contoh)", "kementerian", "KKES"),
        Body("PEMPROV-NTB", "Pemerintah Provinsi {area} (contoh)", "pemda_provinsi", "DK-NTB", PROVINCE),
        *(
            Body(f"PEMDA-{code}", "Pemerintah {area} (contoh)", "pemda_kabkota", "DK-NTB", area)
            for code, area, _k in DISTRICTS
        ),
    )


def offices() -> tuple[Office, ...]:
    """The ministry, the province's office and one office per district."""
    return (
        Office("KKES", "Kementerian Kesehatan (contoh)", "kementerian", "31.71", "KEMENKES"),
        Office("DK-NTB", "Dinas Kesehatan Provinsi (contoh)", "dinkes_provinsi", PROVINCE, "PEMPROV-NTB"),
        *(
            Office(f"DK-{code}", "Dinas Kesehatan {area} (contoh)", "dinkes_kabkota", area, f"PEMDA-{code}")
            for code, area, _k in DISTRICTS
        ),
    )


def laboratories() -> tuple[Lab, ...]:
    """31 laboratories, from the top of the chain down, so that each supervisor exists before those below it.

    Accreditation numbers are invented, of the kind that KAN gives: ``LM`` to medical, ``LP`` to testing laboratories.
    """
    labs = [
        Lab("NAS-BK", "Balai Besar Labkesmas Purnama (Biologi Kesehatan)", "balai_besar_biologi", 5, "31.74", "", 7,
            institution="KEMENKES", accreditation="LM-9001-IDN (contoh)"),
        Lab("NAS-KL", "Balai Besar Labkesmas Bahari (Kesehatan Lingkungan)", "balai_besar_kesling", 5, "33.73", "", 6,
            institution="KEMENKES", accreditation="LP-9002-IDN (contoh)"),
        Lab("REG-06", "Labkesmas Regional Rinjani", "labkesmas_regional", 4, "51.71", "NAS-BK", 7,
            region=6, institution="KEMENKES", accreditation="LM-9003-IDN (contoh)"),
        Lab("NTB-00", "Labkesmas Provinsi Mutiara", "labkesda_provinsi", 3, "52.71.02", "REG-06", 9,
            institution="PEMPROV-NTB", accreditation="LM-9004-IDN (contoh)"),
    ]  # fmt: skip
    flowers = iter(FLOWERS)
    for number, ((code, area, subdistricts), tree) in enumerate(zip(DISTRICTS, TREES, strict=True), 9005):
        owner = f"PEMDA-{code}"
        labs.append(
            Lab(f"{code}-00", f"Labkesmas {tree} ({{area}})", "labkesda_kabkota", 2, area, "NTB-00", 7,
                institution=owner, accreditation=f"LM-{number}-IDN (contoh)")
        )  # fmt: skip
        labs += [
            Lab(f"{code}-{n:02d}", f"Puskesmas {next(flowers)} ({{area}})", "puskesmas", 1, sub, f"{code}-00", 5,
                1.4 - n * 0.15, institution=owner)
            for n, sub in enumerate(subdistricts, 1)
        ]  # fmt: skip
    return tuple(labs)


# Orders per tier, summing to ORDERS; the chain's own laboratories carry most.
ORDERS_PER_TIER = {1: 10_400, 2: 5_800, 3: 2_400, 4: 900, 5: 500}


def shares(orders: int) -> list[tuple[Lab, int]]:
    """How many of ``orders`` each laboratory gets: by its tier, within the tier by its share."""
    labs = laboratories()
    found = []
    for lab in labs:
        peers = sum(other.share for other in labs if other.tier == lab.tier)
        found.append((lab, round(orders * ORDERS_PER_TIER[lab.tier] / ORDERS * lab.share / peers)))
    return found


# The laboratories in which the printed logins work: one chain from tier 1 to tier 5.
CHAIN = {1: "MTR-01", 2: "MTR-00", 3: "NTB-00", 4: "REG-06", 5: "NAS-BK"}

# What each login of a chain laboratory is called, with its roles and the title of the invented person.
LOGINS = (
    ("pendaftaran", ("receptionist",), ""),
    ("sampler", ("sampler",), "A.Md.Kes."),
    ("penerima", ("receiver",), "A.Md.AK."),
    ("analis", ("analyst",), "A.Md.AK."),
    ("verifikator", ("verifier",), "S.Tr.Kes."),
    ("validator", ("validator",), "Sp.PK."),
    ("kepala", ("head",), "M.Kes."),
    ("mutu", ("quality_manager",), "M.K.M."),
    ("kasir", ("cashier",), ""),
    ("kurir", ("courier",), ""),
    ("admin", ("administrator",), ""),
)
OFFICE_LOGINS = (
    ("dinkes.kota", "DK-MTR", ("officer",)),
    ("kepala.dinas.kota", "DK-MTR", ("office_head",)),
    ("dinkes.provinsi", "DK-NTB", ("officer",)),
    ("epidemiolog.provinsi", "DK-NTB", ("officer",)),
    ("perencana.provinsi", "DK-NTB", ("officer",)),
    ("pengelola.provinsi", "DK-NTB", ("network_manager",)),
    ("kemenkes", "KKES", ("officer",)),
    ("pengelola.nasional", "KKES", ("network_manager",)),
)


@dataclass(frozen=True, slots=True)
class PartnerLogin:
    """Somebody of a client: ``visit`` and ``what`` are of the visits that they ask for."""

    username: str
    lab: str
    client: str
    visit: str
    what: str


PARTNER_LOGINS = (
    PartnerLogin("mitra1", "MTR-01", "P001", "pickup", "Sampel darah pagi, sekitar 8 tabung"),
    PartnerLogin("mitra2", "MTR-00", "P003", "sampling", "Air minum dapur dan air kolam renang"),
)

FIRST_WOMEN = (
    "Ayu", "Baiq", "Citra", "Dewi", "Endah", "Fitri", "Gita", "Hani", "Indah", "Juwita", "Kartika", "Laras", "Mega",
    "Nining", "Oktavia", "Puspita", "Qonita", "Ratna", "Sekar", "Tari", "Ulfa", "Vina", "Wulan", "Yuni", "Zahra",
)  # fmt: skip
FIRST_MEN = (
    "Agus", "Bayu", "Catur", "Dimas", "Eko", "Fajar", "Gilang", "Hadi", "Irfan", "Joko", "Komang", "Lalu", "Made",
    "Nyoman", "Oka", "Putu", "Rahmat", "Satria", "Teguh", "Umar", "Wayan", "Yoga", "Zainal", "Banyu", "Surya",
)  # fmt: skip
LAST = (
    "Adiwangsa", "Bramantara", "Candraloka", "Danurwenda", "Estianto", "Fadilarasa", "Gandasari", "Hastabrata",
    "Indrakila", "Jayengrana", "Kertapati", "Lokananta", "Manunggal", "Narendraya", "Pancakarsa", "Rengganis",
    "Sanggabuana", "Tirtaloka", "Udayaraga", "Wanasari", "Yudakelana", "Abirama", "Baskoroadi", "Cakrawangsa",
    "Darmasuta", "Ekalaya", "Gumilang", "Harsaya", "Kusumaraga", "Lesmanaji",
)  # fmt: skip
