"""The address in a QR code: told, derived from the proxy's settings, or where this data was last served."""

from __future__ import annotations

import pytest

from laras.config.address import DEFAULT, is_only_here, public_url, remember_served

PROXY = {"LARAS_HTTPS": "1", "LARAS_HOSTS": "lab.contoh.id,127.0.0.1"}


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({"LARAS_PUBLIC_URL": "https://lab.contoh.id/ "}, "https://lab.contoh.id"),
        ({"LARAS_PUBLIC_URL": "https://luar.contoh.id", **PROXY}, "https://luar.contoh.id"),
        (PROXY, "https://lab.contoh.id"),
        ({**PROXY, "LARAS_ORIGINS": "http://x,https://*.contoh.id,https://pintu.contoh.id:8443"},
         "https://pintu.contoh.id:8443"),
        ({"LARAS_HTTPS": "1", "LARAS_HOSTS": ".contoh.id"}, "https://contoh.id"),
        ({"LARAS_HTTPS": "1", "LARAS_HOSTS": "*"}, DEFAULT),
        ({"LARAS_HOSTS": "lab.contoh.id"}, DEFAULT),
        ({}, DEFAULT),
    ],
)  # fmt: skip
def test_what_is_told_goes_before_what_is_derived(tmp_path, environment, address):
    assert public_url(environment, tmp_path) == address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8011"),
        ("0.0.0.0", "http://127.0.0.1:8011"),
        ("192.168.1.7", "http://192.168.1.7:8011"),
        ("::1", "http://[::1]:8011"),
    ],
)
def test_alone_on_a_computer_it_is_where_the_data_is_served(tmp_path, host, address):
    assert remember_served(tmp_path, host, 8011) == address == public_url({}, tmp_path)
    assert public_url(PROXY, tmp_path) == "https://lab.contoh.id"
    assert is_only_here(address) == (host != "192.168.1.7")


def test_a_broken_note_is_no_address(tmp_path):
    (tmp_path / "served").write_bytes(b"\xff\xfe")
    assert public_url({}, tmp_path) == DEFAULT
