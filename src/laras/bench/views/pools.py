"""Infected vectors from pools: minimum infection rate and maximum likelihood with its interval."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from laras.bench import queries
from laras.catalogue import queries as catalogues
from laras.catalogue.words import name_of
from laras.core import clock
from laras.core.exports import as_file
from laras.core.web import page
from laras.orders.views.vectors import PeriodForm

HEADING = (
    "bulan", "wilayah", "spesies", "pemeriksaan", "pool", "pool_positif", "ekor", "menunggu", "MIR_per_1000", "MLE_per_1000",
    "batas_bawah_95", "batas_atas_95",
)  # fmt: skip


@require_safe
@page("bench.read")
def pools(request: HttpRequest) -> HttpResponse:
    """By month, area, species and test, of every thousand; ``?format=csv`` gives the same."""
    form = PeriodForm(request.GET)
    start, end = form.period(clock.today(request.owner.zone))
    sums = queries.pool_sums(request.scope, request.owner.id, start, end)
    if request.GET.get("format") in ("csv", "xlsx"):
        return as_file(f"pool-{start}-{end}", HEADING, map(_row, sums), request.GET["format"])
    tests = catalogues.effective(request.owner.id).tests
    rows = [
        {
            "one": one,
            "test": name_of(tests[one.test_code]) if one.test_code in tests else one.test_code,
            "mir": one.found and one.found.mir * 1000,
            "mle": one.found and one.found.mle * 1000,
            "low": one.found and one.found.low * 1000,
            "high": one.found and one.found.high * 1000,
        }
        for one in sums
    ]
    return render(request, "bench/pools.html", {"form": form, "rows": rows})


def _row(one: queries.PoolSum) -> list[str | int | float | None]:
    found = one.found
    figures: list[float | None] = [None] * 4
    if found:
        figures = [round(value * 1000, 4) for value in (found.mir, found.mle, found.low, found.high)]
    counts = [found.pools, found.positive, found.specimens] if found else [0, 0, 0]
    return [f"{one.month:%Y-%m}", one.area, one.species, one.test_code, *counts, one.waiting, *figures]
