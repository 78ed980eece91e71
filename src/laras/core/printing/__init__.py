"""Paper: PDF from templates, labels, barcodes, manifests and digital signatures. Free of the database.

Pure data in, bytes out; nothing here reads a clock, a setting or the network.
"""

from laras.core.printing.codes import code128_svg, qr_svg
from laras.core.printing.engine import PrintError, check_svg, clean, plain, render
from laras.core.printing.formats import date_text, in_zone, moment_text, number_text

__all__ = [
    "PrintError",
    "check_svg",
    "clean",
    "code128_svg",
    "date_text",
    "in_zone",
    "moment_text",
    "number_text",
    "plain",
    "qr_svg",
    "render",
]
