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
    "/": 31,
    "/pasien/": 10,
    "/pengirim/": 11,
    "/permintaan/": 13,
    "/permintaan/baru/": 12,
    "/permintaan/penerimaan/": 11,
    "/permintaan/program/": 10,
    "/permintaan/program/jatuh-tempo/": 10,
    "/permintaan/pengambilan/": 10,
    "/meja-kerja/": 19,
    "/meja-kerja/verifikasi/": 22,
    "/meja-kerja/validasi/": 17,
    "/meja-kerja/kritis/": 16,
    "/meja-kerja/ditahan/": 11,
    "/rujukan/": 34,
    "/rujukan/terkirim/": 11,
    "/rujukan/masuk/": 19,
    "/rujukan/kotak/": 19,
    "/rujukan/kertas/": 12,
    "/rujukan/kinerja/": 15,
    "/lhu/": 10,
    "/lhu/siap/": 14,
    "/pengguna/": 15,
    "/jejak-audit/": 14,
    "/jejaring/": 14,
    "/katalog/": 9,
    "/cari/?q=Banyak": 9,
    "/kunjungan/": 12,
    "/rujukan/masuk/semua/": 11,
    "/katalog/panel/": 9,
    "/katalog/baku-mutu/": 9,
    "/katalog/nilai-kritis/": 9,
    "/jejaring/wilayah/": 11,
    "/jejaring/institusi/": 11,
    "/jejaring/regional/": 16,
    "/jejaring/kewenangan/": 12,
    "/kemampuan/pemenuhan/": 12,
    "/kemampuan/pemenuhan/pelaporan/": 15,
    "/kemampuan/izin/": 11,
    "/kemampuan/kebutuhan/": 40,
    "/kemampuan/harga/": 40,
    "/surveilans/": 19,
    "/surveilans/kejadian/": 10,
    "/surveilans/definisi/": 10,
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
