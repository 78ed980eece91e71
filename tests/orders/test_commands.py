from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from laras.orders.commands import orders


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(orders, list(arguments))


def test_list_and_show(run, order, lab):
    listed = json.loads(run("list", "--lab", lab.code, "--json").output)
    assert [row["number"] for row in listed["orders"]] == [order.number]
    assert order.number in run("list", "--lab", lab.code, "--status", "registered").output
    assert order.number not in run("list", "--lab", lab.code, "--urgency", "routine").output
    shown = json.loads(run("show", order.samples[0].number.lower(), "--lab", lab.code, "--json").output)
    assert shown["number"] == order.number
    assert {code for sample in shown["samples"] for code in sample["tests"]} == {r.test_code for r in order.requested}
    assert order.samples[0].number in run("show", order.number, "--lab", lab.code).output


def test_unknown_laboratories_numbers_and_cursors(run, order, lab, other):
    assert run("list", "--lab", "XX-9").exit_code == 2
    assert run("list", "--lab", lab.code, "--after", "omong kosong").exit_code == 2
    assert run("show", order.number, "--lab", other.code).exit_code == 1
    assert run("list", "--lab", lab.code, "--status", "entah").exit_code == 2
