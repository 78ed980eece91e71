"""Captures of analyzers, made here from the protocol documents; nothing in them was ever measured.

``python -m tests.interop.captures DIRECTORY`` writes them as files for trying out ``laras analyzer replay``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from laras.interop.rules.framing import ENQ, EOT, frames
from laras.interop.rules.mllp import block

AT = "20261116081500"


def session(records: Sequence[str], *, longest: int = 240) -> bytes:
    """One bid, its frames and the end of it, as a sender puts them onto the line."""
    return bytes((ENQ,)) + b"".join(frames([r.encode() for r in records], longest=longest)) + bytes((EOT,))


def segments(*lines: str) -> bytes:
    return "\r".join(lines).encode() + b"\r"


CBC = (("WBC", "8.13", "10*3/uL"), ("RBC", "4.60", "10*6/uL"), ("HGB", "13.2", "g/dL"))


def sysmex_records(specimen: str = "NTB-01-261116-0001-7A", results: Sequence[Sequence[str]] = CBC) -> list[str]:
    ordered = "\\".join(f"^^^^{code}" for code, *_rest in results)
    return [
        "H|\\^&|||    XN-550^00-00^00000^^^^XX000000||||||||E1394-97",
        "P|1",
        f"O|1||^^{specimen:>28}^B|{ordered}|||||||N||||||||||||||F",
        *(
            f"R|{at}|^^^^{code}^1|{value}|{unit}||{(*flag, 'N')[0]}||F||||{AT}"
            for at, (code, value, unit, *flag) in enumerate(results, start=1)
        ),
        "L|1|N",
    ]


def six_records(number: int) -> list[str]:
    """A short blood count: header, patient, order, two results, terminator."""
    return sysmex_records(f"UJI-{number:06d}", CBC[:2])


def genexpert_records(mtb: str, rif: str, specimen: str = "NTB-01-261116-0002-3A") -> list[str]:
    main = f"|||||F||Petugas|20261116060000|{AT}"
    return [
        f"H|@^\\|PESAN-1||GX^GeneXpert^4.8|||||LIS||P|1394-97|{AT}",
        "P|1",
        f"O|1|{specimen}||^^^MTB-RIF|R|20261116060000|||||||||ORH||||||||||F",
        f"R|1|^MTB-RIF^^MTB^Xpert MTB-RIF^5^MTB^|{mtb}^{main}",
        "R|2|^MTB-RIF^^MTB^^^rpoB1^|POS^|||",
        "R|3|^MTB-RIF^^MTB^^^rpoB1^Ct|^24.1|||",
        f"R|4|^MTB-RIF^^RIF^Xpert MTB-RIF^5^RIF Resistance^|{rif}^{main}",
        "L|1|N",
    ]


def cobas_records() -> list[str]:
    return [
        "H|\\^&|||c311^1|||||host|RSUPL^REAL|P|1",
        "P|1",
        "O|1|NTB-01-261116-0003-1A          ^1^^004|R1|^^^717/\\^^^690/|R||||||N||^^||SC|||||||" + AT + "|||F",
        "R|1|^^^717/|5.5|mmol/l||N||F|||||P1",
        "C|1|I|0|I",
        "R|2|^^^690/|88|umol/l||A||F|||||P1",
        "C|1|I|43|I",
        "L|1|N",
    ]


def mindray_bc(specimen: str = "NTB-01-261116-0001-7A", *, processing: str = "P", control: str = "1") -> bytes:
    return segments(
        f"MSH|^~\\&|BC-5380|Mindray|||{AT}||ORU^R01|{control}|{processing}|2.3.1||||||UNICODE",
        "PID|1||RM-1^^^^MR||Contoh^Pasien||19900804000000|Female",
        f"OBR|1||{specimen}|00001^Automated Count^99MRC||{AT}|{AT}",
        "OBX|1|IS|08001^Take Mode^99MRC||O||||||F",
        "OBX|2|NM|6690-2^WBC^LN||9.81|10*9/L|4.00-10.00|N|||F",
        "OBX|3|NM|718-7^HGB^LN||130|g/L|120-160|H~N|||F",
        "OBX|4|NM|770-8^NEU%^LN||0.570||0.500-0.700|N|||F",
        "OBX|5|NM|787-2^MCV^LN||***.**|fL|80.0-99.0||||F",
        "OBX|6|ED|15000^WBC Histogram. BMP^99MRC||^Image^BMP^Base64^Qk0=||||||F",
    )


def mindray_bs(kind: str = "0") -> bytes:
    return segments(
        f"MSH|^~\\&|Mindray|BS-240|||{AT}||ORU^R01|7|P|2.3.1||||{kind}||ASCII|||",
        "PID|1|854||12|Contoh||19830719145307|F",
        f"OBR|1|NTB-01-261116-0004-9A|2|Mindray^BS-240|N||{AT}||||||||serum",
        f"OBX|1|NM|1|GLU|5.230000|mmol/L|3.900000-6.100000|N|||F||5.230000|{AT}",
        f"OBX|2|NM|2|CREA|>1.500000|mg/dL|-|H|||F||>1.5|{AT}",
    )


def oul_r22() -> bytes:
    return segments(
        f"MSH|^~\\&|ALAT|LAB|LARAS||{AT}+0700||OUL^R22^OUL_R22|9|P|2.5.1",
        "SPM|1|NTB-01-261116-0005-6A&LARAS||119297000^Darah^SCT|||||||P",
        "OBR|1||1|CBC",
        f"OBX|1|NM|718-7^Hemoglobin^LN||12.9|g/dL|12-16|N|||F||||||||{AT}+0700",
        "NTE|1||diulang sekali",
        "SPM|2|KONTROL-1|||||||||Q",
        "OBR|2||2|CBC",
        f"OBX|1|NM|718-7^Hemoglobin^LN||<7.0|g/dL||L|||F||||||||{AT}+0700",
    )


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "sysmex-xn.astm": ("sysmex-xn", lambda: session(sysmex_records())),
    "sysmex-xn-records.txt": ("sysmex-xn", lambda: "\r".join(sysmex_records()).encode()),
    "genexpert.astm": ("genexpert", lambda: session(genexpert_records("MTB DETECTED LOW", "NOT DETECTED"))),
    "cobas-c311.astm": ("cobas-c311", lambda: session(cobas_records(), longest=60)),
    "mindray-bc.hl7": ("mindray-bc", lambda: block(mindray_bc())),
    "mindray-bs.hl7": ("mindray-bs", mindray_bs),
    "oul-r22.hl7": ("generic-hl7", lambda: block(oul_r22())),
}
"""File -> (profile that reads it, its bytes)."""


def main(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name, (profile, content) in FILES.items():
        (directory / name).write_bytes(content())
        print(f"laras analyzer replay {directory / name} --profile {profile} --json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
