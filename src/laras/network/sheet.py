"""The sheet of laboratories: its columns, and how degrees and area codes are written in it. How sheets are read at all is
``core.sheets``. Pure."""

from __future__ import annotations

import re

from laras.core import sheets
from laras.core.sheets import MAX_BYTES, Layout, Sheet, SheetRow, read_day

__all__ = [
    "COLUMNS",
    "LAYOUT",
    "MAX_BYTES",
    "Sheet",
    "SheetRow",
    "as_text",
    "read_area_code",
    "read_day",
    "read_degrees",
    "read_sheet",
]

# Headings that people write, without spaces, signs and capitals.
_HEADINGS = {
    "code": ("code", "kode", "kodelab", "kodelaboratorium", "kodelembaga"),
    "name": ("name", "nama", "namalab", "namalaboratorium", "namalembaga"),
    "tier": ("tier", "tingkat", "tingkatan", "jenjang"),
    "kind": ("kind", "jenis", "jenislab", "jenislembaga"),
    "area_code": ("areacode", "area", "kodewilayah", "wilayah", "kodearea"),
    "lat": ("lat", "latitude", "lintang"),
    "lon": ("lon", "lng", "long", "longitude", "bujur"),
    "supervisor_code": ("supervisorcode", "supervisor", "pembina", "kodepembina"),
    "institution_code": ("institutioncode", "institution", "institusi", "kodeinstitusi", "pemilik"),
    "region": ("region", "regional"),
    "address": ("address", "alamat"),
    "phone": ("phone", "telepon", "telp", "notelepon"),
    "accreditation_number": ("accreditationnumber", "akreditasi", "nomorakreditasi", "noakreditasi"),
    "valid_from": ("validfrom", "berlakumulai", "mulai", "mulaiberlaku", "tanggalberlaku"),
}
COLUMNS = tuple(_HEADINGS)
LAYOUT = Layout(_HEADINGS, required=("code", "name", "kind", "area_code"), max_rows=20_000, two_decimals="area_code")


def read_sheet(content: bytes) -> Sheet:
    """Rows and problems of a sheet of laboratories. With a problem of the whole file there are no rows."""
    return sheets.read_sheet(content, LAYOUT)


def as_text(content: bytes) -> str:
    """The sheet as CSV text with its rows where they stood, so that a page can carry it to the next press."""
    return sheets.as_text(content, LAYOUT)


def read_degrees(text: str) -> float:
    """Degrees with a decimal point or comma; raises :class:`ValueError` for anything else, infinities too."""
    if not re.fullmatch(r"[+-]?[0-9]{1,3}([.,][0-9]{1,20})?", text):
        raise ValueError(text)
    return float(text.replace(",", "."))


def read_area_code(text: str) -> str:
    """A code as sheets hold it: dotted, digits, or a number with ``.0`` behind it."""
    return re.sub(r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10})\.0$", r"\1", text)
