"""From records to readings: nothing guessed, nothing rounded, a missing value never zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.basics.units import UnitError
from laras.catalogue.layers import decode, merge
from laras.catalogue.rules import is_loinc
from laras.catalogue.shipped import shipped_rows
from laras.interop import devices
from laras.interop.rules.framing import Captured
from laras.interop.rules.profiles import WrongProfile, read_profile
from laras.interop.rules.readings import to_unit
from laras.interop.rules.records import Delimiters, read_message
from laras.interop.types import Unreadable
from laras.interop.words import SENTENCES, say
from tests.interop import captures

NOW = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalogue():
    return merge([decode("shipped", "laras/test", "shipped", "laras", shipped_rows())])


@pytest.fixture(scope="module")
def loinc(catalogue):
    return {test.code: test.loinc for test in catalogue.tests.values()}


@pytest.fixture(scope="module")
def heard(loinc):
    def read(content: bytes, profile: str):
        profile = devices.shipped(profile)
        (captured,) = devices.captured_in(content, profile)
        return devices.hear(captured, profile, loinc, now=NOW)

    return read


def results(heard_of, *values: tuple[str, ...]):
    found = heard_of(captures.session(captures.sysmex_records("NTB-1", values)), "sysmex-xn")
    assert found.trouble is None
    return found.readings


# --- Records ----------------------------------------------------------------------------------------------------------


def test_delimiters_are_those_of_the_header():
    text = b"H@~!\\@@@A\rP@1\rO@1@X!Y~Z\rL@1@N\r"
    order = read_message(text)[2]
    assert (order.text(3), order.text(3, 1), order.text(3, 2), order.text(3, 1, 2)) == ("X!Y~Z", "X", "Y", "Z")
    assert (order.text(9), order.text(3, 7)) == ("", "")


@given(st.text(alphabet="ab|\\^&FSREX0", max_size=12))
@settings(max_examples=80, deadline=None)
def test_what_is_escaped_is_read_again(text):
    marks = Delimiters()
    escaped = marks.escaped(text)
    assert not set(escaped) & {"|", "\\", "^"}
    assert marks.unescape(escaped) == text


def test_an_escape_mark_that_means_nothing_stays():
    assert Delimiters().unescape("A & B") == "A & B"
    assert Delimiters().unescape("&X41&&F&&Z9&") == "A|&Z9&"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (b"P|1\rL|1\r", "no_header", 1),
        (b"H|^^^\rL|1\r", "delimiters", 1),
        (b"H|\\^&\rP|1\r", "no_terminator", 2),
        (b"H|\\^&\rZZ|1\rL|1\r", "unknown_record", 2),
        (b"H|\\^&\rP|1\rH|\\^&\rL|1\r", "second_header", 3),
        (b"H|\\^&\rP|1|\xb5\rL|1\r", "encoding", 2),
        (b"H|\\^&\rP|1\rO|1|" + b"9" * 70_000 + b"\rL|1\r", "field_too_long", 3),
    ],
)
def test_what_is_refused_names_its_record(text, code, place):
    with pytest.raises(Unreadable) as caught:
        read_message(text)
    assert (caught.value.trouble.code, caught.value.trouble.record) == (code, place)
    assert f"rekaman ke-{place}" in say(caught.value.trouble)


# --- Values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "operator", "value", "flag"),
    [
        ("13.2", "", "13.2", "N"),
        ("  5.50", "", "5.50", "N"),
        (">300", ">", "300", "N"),
        ("<10", "<", "10", "N"),
        ("170 H", "", "170", "N"),
        ("0", "", "0", "N"),
        ("", "", None, "N"),
        ("----", "", None, "N"),
        ("***.**", "", None, "N"),
        ("13,2", "", None, "N"),
        ("1.234", "", "1.234", "N"),
        ("Negative", "", None, "N"),
        ("1/160", "", None, "N"),
    ],
)
def test_the_text_is_kept_and_the_number_is_read_only_when_there_is_one(heard, sent, operator, value, flag):
    (reading,) = results(heard, ("HGB", sent, "g/dL"))
    assert (reading.raw, reading.operator, reading.flag) == (sent, operator, flag)
    assert reading.as_line()["value"] == value


def test_a_flag_in_the_text_counts_when_there_is_no_other(heard):
    (reading,) = results(heard, ("HGB", "170 H", "g/dL", ""))
    assert (reading.raw, reading.value, reading.flag) == ("170 H", Decimal(170), "H")


@given(st.decimals(min_value=0, max_value=10**6, places=4, allow_nan=False))
@settings(max_examples=30, deadline=None)
def test_no_digit_is_lost(number):
    loinc = {"HB": "718-7"}
    text = "\r".join(captures.sysmex_records("X", [("HGB", f"{number}", "g/dL")])).encode() + b"\r"
    (reading,) = devices.hear(Captured(text, text), devices.shipped("sysmex-xn"), loinc).readings
    assert reading.as_line()["value"] == f"{number}"


@pytest.mark.parametrize(
    ("sent", "said", "trouble"),
    [
        ("20261116081500", "2026-11-16T08:15:00", None),
        ("202611160815", "2026-11-16T08:15", None),
        ("20261116", "2026-11-16", None),
        ("20261116081500+0700", "2026-11-16T08:15:00+07:00", None),
        ("", "", None),
        ("16/11/2026", "", "moment"),
        ("20261331081500", "", "moment"),
        ("20270101000000", "2027-01-01T00:00:00", "future"),
    ],
)
def test_moments_keep_their_precision_and_none_lies_ahead(heard, sent, said, trouble):
    records = [record.replace(captures.AT, sent) for record in captures.sysmex_records()]
    first = heard(captures.session(records), "sysmex-xn").readings[0]
    assert (first.measured_at, first.trouble and first.trouble.code) == (said, trouble)


def test_controls_are_no_patients(heard):
    records = captures.sysmex_records("QC-51230811")
    assert {one.kind for one in heard(captures.session(records), "sysmex-xn").readings} == {"qc"}
    assert {one.kind for one in heard(captures.mindray_bs("1"), "mindray-bs").readings} == {"calibration"}
    assert {one.kind for one in heard(captures.mindray_bs("2"), "mindray-bs").readings} == {"qc"}
    assert {one.kind for one in heard(captures.mindray_bc(processing="Q"), "mindray-bc").readings} == {"qc"}


def test_pictures_and_messages_of_the_device_are_passed_over(heard):
    found = results(heard, ("SCAT_WDF", "PNG&R&a.PNG", ""), ("NRBC?", "0", ""), ("HGB", "13.2", "g/dL"))
    assert [one.test_code for one in found] == ["HB"]


def test_a_code_without_meaning_keeps_its_own(heard):
    (reading,) = results(heard, ("IG#", "0.02", "10*3/uL"))
    assert (reading.test_code, reading.loinc, reading.known) == ("IG#", "", False)


def test_cobas_codes_end_before_their_dilution_and_comments_stay(heard):
    glucose, creatinine = heard(captures.session(captures.cobas_records()), "cobas-c311").readings
    assert (glucose.test_code, glucose.others, glucose.unit) == ("GDS", ("GDP", "GD2PP"), "mmol/L")
    assert glucose.specimen_id == "NTB-01-261116-0003-1A"
    assert (creatinine.device_code, creatinine.comment) == ("690", "43")
    assert creatinine.measured_at == "2026-11-16T08:15:00"


@pytest.mark.parametrize(
    ("mtb", "rif", "answer"),
    [
        ("MTB NOT DETECTED", "", "NEG"),
        ("MTB DETECTED LOW", "Rif Resistance NOT DETECTED", "RS"),
        ("MTB DETECTED HIGH", "Rif Resistance DETECTED", "RR"),
        ("MTB DETECTED VERY LOW", "Rif Resistance INDETERMINATE", "RI"),
        ("INVALID", "INVALID", "INV"),
        ("ERROR", "", "ERR"),
        ("NO RESULT", "", "NORES"),
        ("MTB DETECTED LOW", "", ""),
        ("SOMETHING ELSE", "", ""),
    ],
)
def test_one_test_out_of_two_results_and_nothing_where_no_row_fits(heard, catalogue, mtb, rif, answer):
    *parts, whole = heard(captures.session(captures.genexpert_records(mtb, rif)), "genexpert").readings
    assert [one.part for one in parts] == ["TCMTB", "TCMTB"]
    assert (whole.test_code, whole.answer) == ("TCMTB", answer)
    assert mtb in whole.raw
    assert answer == "" or answer in {one.code for one in catalogue.answers("TCMTB")}


# --- Units ------------------------------------------------------------------------------------------------------------


def test_units_convert_exactly_and_say_how(heard):
    _wbc, hb, *_rest = heard(captures.mindray_bc(), "mindray-bc").readings
    done = to_unit(hb, "g/dL")
    assert (done.value, done.shown) == (Decimal("13"), "130 g/L = 13 g/dL")
    assert to_unit(replace(hb, unit="g/dL"), "g/dL").shown == ""


@pytest.mark.parametrize(("unit", "into"), [("mmol/L", "mg/dL"), ("", "%"), ("bogus", "g/dL"), ("g/L", "")])
def test_what_does_not_convert_is_refused(heard, unit, into):
    _wbc, hb, *_rest = heard(captures.mindray_bc(), "mindray-bc").readings
    with pytest.raises(UnitError):
        to_unit(replace(hb, unit=unit), into)


# --- HL7 --------------------------------------------------------------------------------------------------------------


def test_specimens_of_an_oul_message(heard):
    first, second = heard(captures.oul_r22(), "generic-hl7").readings
    assert (first.specimen_id, first.kind, first.comment) == ("NTB-01-261116-0005-6A", "patient", "diulang sekali")
    assert first.measured_at == "2026-11-16T08:15:00+07:00"
    assert (second.specimen_id, second.kind, second.operator, second.value) == ("KONTROL-1", "qc", "<", Decimal("7.0"))


@pytest.mark.parametrize(
    ("change", "code", "name"),
    [
        (lambda m: m.replace(b"\r", b"\n"), "separator", "MSH"),
        (lambda m: m.replace(b"\r", b"\r\n"), "separator", "PID"),
        (lambda m: m.replace(b"9.81", b"9" * 5_000_000), "field_too_long", "OBX"),
        (lambda m: m.replace(b"UNICODE", b"BIG5"), "charset", "MSH"),
        (lambda m: m.replace(b"ORU^R01", b"ADT^A01"), "message_type", "MSH"),
        (lambda m: m.replace(b"PID|", b"?ID|"), "unknown_record", "?ID"),
        (lambda m: m.replace(b"Contoh", b"Cont\xffh"), "encoding", "PID"),
        (lambda m: m[9:], "no_header", ""),
    ],
)
def test_a_wrong_message_names_its_segment(heard, change, code, name):
    found = heard(b"\x0b" + change(captures.mindray_bc()) + b"\x1c\r", "mindray-bc")
    assert (found.trouble.code, found.trouble.name, found.readings) == (code, name, ())
    assert found.trouble.name in say(found.trouble)


@pytest.mark.parametrize("code", ["AA", "AE", "AR"])
def test_the_answer_names_the_message(code):
    from laras.interop.hl7 import acknowledgement

    lines = acknowledgement(captures.mindray_bc(control="4711"), code).decode().split("\r")
    assert lines[0].startswith("MSH|^~\\&|LARAS||BC-5380|Mindray|")
    assert "|ACK^R01^ACK|" in lines[0]
    assert lines[1] == f"MSA|{code}|4711"
    for wrong in (b"", b"\xff\xfe", b"MSH|^~\\&|x", b"MSH|^~\\&|||||||ORU|4711"):
        assert b"MSA|AR|" in acknowledgement(wrong, "AR")
    assert b"MSA|AR|4711" in acknowledgement(b"MSH|^~\\&|||||||ORU|4711", "AR")


# --- Profiles ---------------------------------------------------------------------------------------------------------


def test_every_shipped_profile_fits_the_catalogue(catalogue):
    import tomllib

    names = devices.shipped_names()
    assert {"genexpert", "sysmex-xn", "sysmex-xp", "mindray-bs", "mindray-bc", "cobas-c111", "cobas-c311"} <= set(names)
    for name in names:
        data = tomllib.loads(devices._place().joinpath(f"{name}.toml").read_text(encoding="utf-8"))
        profile = read_profile(data, tests=set(catalogue.tests))
        assert profile.name == name
        assert profile.source
        for rule in profile.codes.values():
            assert all(is_loinc(loinc) for loinc in [catalogue.tests[rule.test].loinc] if loinc)
        for combined in profile.combined:
            known = {one.code for one in catalogue.answers(combined.test)}
            assert {answer for _when, answer in combined.when} <= known
        for rule in profile.codes.values():
            known = {one.code for one in catalogue.answers(rule.test)}
            assert {answer for _word, answer in rule.answers} <= known


def test_a_loinc_code_in_a_map_means_the_test_that_has_it(catalogue):
    """Where a device sends LOINC codes, the map must not say otherwise than the code itself."""
    for code, rule in devices.shipped("mindray-bc").codes.items():
        assert is_loinc(code)
        assert catalogue.tests[rule.test].loinc in (code, "")


def test_a_wrong_profile_names_every_place():
    with pytest.raises(WrongProfile) as caught:
        read_profile(
            {
                "name": "Salah Nama",
                "label": "x",
                "protocol": "usb",
                "colour": 1,
                "read": {"specimen": "O3", "test": ["R.3"], "value": "R.4", "decimal_mark": ";"},
                "units": {"g%": "g//"},
                "codes": {"A": "TIDAKADA", "B": {"test": "HB", "unit": "?"}, "C": 7},
                "kind": [{"path": "H.12", "is": "qc"}],
                "combine": [{"test": "HB", "parts": ["A"], "when": [{"Z": "x", "answer": "NEG"}]}],
                "line": {"handshake": "ya"},
            },
            tests={"HB"},
        )
    found = {one.given["path"]: one.code for one in caught.value.troubles}
    assert found == {
        "name": "profile_name",
        "colour": "profile_key",
        "protocol": "profile_choice",
        "read.specimen": "profile_path",
        "read.decimal_mark": "profile_choice",
        "units.g%": "profile_unit",
        "codes.A.test": "profile_test",
        "codes.B.unit": "profile_unit",
        "codes.C": "profile_table",
        "kind[1]": "profile_kind",
        "combine[1].when[1]": "profile_combine",
        "line.handshake": "profile_flag",
    }
    assert all(say(one).startswith(one.given["path"]) for one in caught.value.troubles)


def test_every_trouble_has_words():
    """The codes that the rules name are those that can be said."""
    import re
    from pathlib import Path

    import laras.interop as package

    sources = [path.read_text() for path in Path(package.__file__).parent.rglob("*.py") if path.name != "words.py"]
    raised = {
        code for text in sources for code in re.findall(r'(?:Unreadable|Trouble|_refuse|_give_up)\(\s*"(\w+)"', text)
    }
    raised |= {code for text in sources for code in re.findall(r'self\.wrong\([^"]*(?:f?"[^"]*"), "(\w+)"', text)}
    assert len(raised) > 20
    assert raised - set(SENTENCES) == set()
