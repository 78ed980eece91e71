"""``laras analyzer replay``: the contract that scripts rely on."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from laras.core import clock
from laras.core.errors import NotFound, Refused
from laras.interop import devices
from laras.interop.commands import analyzer
from tests.interop import captures
from tests.interop.test_readings import NOW

KEYS = ["specimen_id", "test_code", "loinc", "raw", "operator", "value", "unit", "flag", "measured_at", "kind"]


@pytest.fixture
def replay(tmp_path):
    def run(content: bytes, profile: str):
        file = tmp_path / "tangkapan"
        file.write_bytes(content)
        with clock.at(NOW):
            done = CliRunner().invoke(analyzer, ["replay", str(file), "--profile", profile, "--json"])
        return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return run


@pytest.mark.parametrize("name", captures.FILES)
def test_every_capture_is_read(replay, name):
    profile, content = captures.FILES[name]
    code, lines, said = replay(content(), profile)
    assert (code, said) == (0, "")
    assert lines
    assert all(list(line) == KEYS for line in lines)


def test_with_frames_and_without_are_the_same(replay):
    plain = "\r".join(captures.sysmex_records()).encode()
    assert replay(plain, "sysmex-xn") == replay(captures.session(captures.sysmex_records()), "sysmex-xn")


def test_what_is_refused_has_a_line_and_the_rest_is_printed(replay):
    good, bad = captures.session(captures.sysmex_records()), captures.sysmex_records()
    ahead = captures.session([record.replace("20261116", "20291116") for record in bad])
    code, lines, said = replay(good + ahead + good[:90], "sysmex-xn")
    assert code == 1
    assert len(lines) == 3
    assert said.count("\n") == 4
    assert "pesan ke-2: rekaman ke-4 (R)" in said
    assert "pesan ke-3: terputus" in said


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "tidak ada pesan"),
        ("H|\\^&\r".encode("utf-16"), "UTF-16"),
        (b"nama;hasil\nA;1\n", "rekaman penutup"),
        (b"H|\\^&\rP|1\rO|1|X\rR|1|^^^^HGB|1\r", "rekaman penutup"),
        (captures.session(captures.sysmex_records()).replace(b"8.13", b"8.14"), "checksum"),
    ],
)
def test_what_is_no_message_is_refused_with_a_reason(replay, content, word):
    code, lines, said = replay(content, "sysmex-xn")
    assert (code, lines) == (1, [])
    assert word in said


def test_profiles_by_name_and_by_file(tmp_path):
    assert devices.shipped("Sysmex_XN") is devices.shipped("sysmex-xn")
    with pytest.raises(NotFound, match="sysmex-xn"):
        devices.shipped("tidak-ada")
    file = tmp_path / "saya.toml"
    file.write_text(
        'name = "saya"\nlabel = "Saya"\nprotocol = "astm"\n[read]\nspecimen = "O.3"\ntest = "R.3"\nvalue = "?"\n'
    )
    with pytest.raises(Refused) as caught:
        devices.from_file(file)
    assert [problem.field for problem in caught.value.problems] == ["read.value"]
    file.write_text("name = \n")
    with pytest.raises(Refused, match="bukan TOML"):
        devices.from_file(file)
