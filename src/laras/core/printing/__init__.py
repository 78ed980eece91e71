"""Paper: PDF from templates, labels, barcodes, manifests and digital signatures. Free of the database.

Pure data in, bytes out; nothing here reads a setting or the network, and a clock only where a signature is
given no time. Papers of a module (the LHU) keep their template with the module and call `render`.
"""

from laras.core.printing.codes import code128_svg, qr_svg
from laras.core.printing.engine import PrintError, check_svg, clean, has_house_font, plain, render, svg_of_bitmap
from laras.core.printing.formats import date_text, in_zone, moment_text, number_text
from laras.core.printing.labels import SHEETS, STOCKS, Label, label_pdf, label_sheet, label_zpl
from laras.core.printing.manifest import Manifest, ManifestItem, render_manifest
from laras.core.printing.signing import (
    SignatureCheck,
    SigningKey,
    check_signature,
    demo_key,
    demo_roots,
    load_key,
    sign_pdf,
)
from laras.core.printing.types import Letterhead, Party

__all__ = [
    "SHEETS",
    "STOCKS",
    "Label",
    "Letterhead",
    "Manifest",
    "ManifestItem",
    "Party",
    "PrintError",
    "SignatureCheck",
    "SigningKey",
    "check_signature",
    "check_svg",
    "clean",
    "code128_svg",
    "date_text",
    "demo_key",
    "demo_roots",
    "has_house_font",
    "in_zone",
    "label_pdf",
    "label_sheet",
    "label_zpl",
    "load_key",
    "moment_text",
    "number_text",
    "plain",
    "qr_svg",
    "render",
    "render_manifest",
    "sign_pdf",
    "svg_of_bitmap",
]
