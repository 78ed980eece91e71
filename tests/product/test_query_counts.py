"""How many queries each page of daily work makes: the same with three rows as with a dozen, and never more than recorded."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from laras.bench import services as bench
from laras.core import clock
from laras.core.api import forget_tokens
from laras.partners import services as partners
from laras.people import services as people
from laras.reports import services as reports
from tests.product import world as worlds
from tests.product.test_permissions import browser

# Each test is undone by itself, inside the transaction of the module's world, which is opened before.
pytestmark = [pytest.mark.django_db, pytest.mark.either]

# More than any page shows one by one.
FEW, MANY = 3, 12

# Address -> queries of the whole request, sign-in, menu and bell included. A change that needs fewer lowers the figure;
# one that needs more says why in its commit.
RECORDED = {
    "/": 33,
    "/pasien/": 12,
    "/pengirim/": 13,
    "/permintaan/": 15,
    "/permintaan/baru/": 14,
    "/permintaan/penerimaan/": 13,
    "/permintaan/program/": 12,
    "/permintaan/program/jatuh-tempo/": 12,
    "/permintaan/pengambilan/": 12,
    "/meja-kerja/": 21,
    "/meja-kerja/verifikasi/": 24,
    "/meja-kerja/validasi/": 19,
    "/meja-kerja/kritis/": 18,
    "/meja-kerja/ditahan/": 13,
    "/rujukan/perhitungan/": 14,
    "/rujukan/perjanjian/": 13,
    "/rujukan/": 39,
    "/rujukan/terkirim/": 13,
    "/rujukan/masuk/": 21,
    "/rujukan/kotak/": 21,
    "/rujukan/kertas/": 14,
    "/rujukan/kinerja/": 16,
    "/lhu/": 12,
    "/lhu/siap/": 16,
    "/pengguna/": 17,
    "/jejak-audit/": 16,
    "/jejaring/": 16,
    "/katalog/": 11,
    "/cari/?q=Banyak": 11,
    "/kunjungan/": 14,
    "/rujukan/masuk/semua/": 13,
    "/katalog/panel/": 11,
    "/katalog/baku-mutu/": 11,
    "/katalog/nilai-kritis/": 11,
    "/jejaring/wilayah/": 13,
    "/jejaring/institusi/": 13,
    "/jejaring/regional/": 18,
    "/jejaring/kewenangan/": 14,
    "/kemampuan/pemenuhan/": 14,
    "/kemampuan/pemenuhan/pelaporan/": 17,
    "/kemampuan/izin/": 13,
    "/kemampuan/kebutuhan/": 40,
    "/kemampuan/harga/": 40,
    "/surveilans/": 19,
    "/surveilans/kejadian/": 12,
    "/surveilans/definisi/": 12,
    "/surveilans/penyakit/CAMPAK/": 16,
}  # fmt: skip


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), clock.at(worlds.MONDAY), transaction.atomic():
        yield worlds.build()
        transaction.set_rollback(True)
    worlds.catalogue_queries._memory.clear()
    forget_tokens()


def fill(world: worlds.World, count: int) -> None:
    """``count`` rows for every list of the day."""
    lab, staff = world.here, world.here.staff
    for n in range(count):
        lab.ids["patient_id"] = people.register_patient(
            staff["counter"],
            owner_id=lab.id,
            full_name=f"Pasien Banyak {n}",
            sex="P",
            birth_date=date(1970, 1, 1 + n % 28),
            no_nik_reason="absent",
            duplicates_checked=True,
        ).id
        partners.register_client(staff["counter"], owner_id=lab.id, name=f"Klinik Banyak {n}", kind="facility")
        order = lab.order("HB", "PLT", "SGOT", "K")
        held = lab.enter(order, "PLT", "250")
        bench.place_hold(staff["doctor"], owner_id=lab.id, result_id=held, kind="manual", reason="Diperiksa dulu")
        lab.enter(order, "K", "7,5")
        bench.verify_result(staff["verifier"], owner_id=lab.id, result_id=lab.enter(order, "SGOT", "25"))
        lab.finish(lab.order("HB"), "HB", "13,5")
        done = lab.order("HB")
        lab.finish(done, "HB", "13,6")
        reports.release_report(staff["doctor"], owner_id=lab.id, order_id=done)
        lab.order("PLT", receive=False)
        lab.order("CHOL")
        worlds.refer(lab, world.neighbour, "CHOL")
        worlds.refer(world.neighbour, lab, "TG")


def counts(world: worlds.World) -> dict[str, int]:
    client, found = browser(world.everybody), {}
    for address in RECORDED:
        client.get(address)  # what a process remembers is remembered
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(address)
        assert answer.status_code == 200, address
        found[address] = len(seen)
    return found


def test_rows_cost_no_queries_and_no_page_grew(world, monkeypatch):
    # Every two seconds the catalogue asks whether it changed; which page that falls on is chance.
    monkeypatch.setattr(worlds.catalogue_queries, "FRESH_SECONDS", 3600)
    monkeypatch.setattr(worlds.catalogue_queries, "CHAIN_SECONDS", 3600)
    patient = world.here.ids["patient_id"]
    results = []
    for rows in (FEW, MANY):
        with worlds.undone():
            fill(world, rows)
            results.append(counts(world))
        world.here.ids["patient_id"] = patient
    few, many = results
    grown = {address: (few[address], many[address]) for address in few if few[address] != many[address]}
    assert grown == {}, grown
    more = {address: (count, RECORDED[address]) for address, count in many.items() if count > RECORDED[address]}
    assert more == {}, more
