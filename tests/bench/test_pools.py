"""Prevalence from pools: only validated answers with a meaning count."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from laras.bench import queries, services
from laras.bench.models import Result
from laras.orders import services as orders
from laras.orders.services import PoolInput
from laras.orders.types import SiteInput

DAY = date(2026, 11, 15)


def test_pools_tell_how_many_are_infected(counter, analyst, second, doctor, lab, able, scope, client, make_user):
    able("V-PCRDENV")
    made = orders.register_pools(
        counter, owner=lab, codes=["V-PCRDENV"], day=DAY, new_site=SiteInput("Kelurahan Contoh"),
        pools=[PoolInput("Aedes aegypti", "F", size) for size in (25, 25, 20, 10)],
    )  # fmt: skip
    orders.receive_samples(counter, owner_id=lab.id, sample_ids=[sample.id for sample in made.samples])
    rows = {row.sample_id: row for row in Result.rows.filter(order_id=made.id)}
    answers = ("Terdeteksi", "Tidak terdeteksi", "Tidak terdeteksi")
    for sample, answer in zip(made.samples, answers, strict=False):
        row = services.enter_result(analyst, owner_id=lab.id, result_id=rows[sample.id].id, raw=answer)
        services.verify_result(second, owner_id=lab.id, result_id=row.id)
        services.validate_result(doctor, owner_id=lab.id, result_id=row.id)
    (one,) = queries.pool_sums(scope, lab.id, DAY, DAY)
    assert (one.species, one.test_code, one.waiting) == ("Aedes aegypti", "V-PCRDENV", 1)
    assert (one.found.pools, one.found.positive, one.found.specimens) == (3, 1, 70)
    assert one.found.mir == pytest.approx(1 / 70)
    assert one.found.low < one.found.mle < one.found.high
    client.force_login(make_user("baca", lab, "verifier"))
    assert "14,29" in client.get(reverse("bench:pools")).content.decode()
    line = client.get(reverse("bench:pools"), {"format": "csv"}).content.decode().splitlines()[1]
    assert line.startswith("2026-11,,Aedes aegypti,V-PCRDENV,3,1,70,1,14.2857,")
