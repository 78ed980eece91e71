"""Pools of vectors with what was found in them, and what that says of their species, place and month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from laras.bench.models import Result
from laras.catalogue import queries as catalogues
from laras.core.scope import Scope
from laras.network import queries as network
from laras.orders import vectors
from laras.orders.rules.vectors import Pool, Prevalence, prevalence


@dataclass(frozen=True, slots=True)
class PoolSum:
    """Pools of one test, species, area and month (its first day). ``waiting``: without a validated yes or no yet."""

    month: date
    area: str
    species: str
    test_code: str
    waiting: int
    found: Prevalence | None


def pool_sums(scope: Scope, owner_id: UUID, start: date, end: date) -> list[PoolSum]:
    """Newest month first. Three queries. Only validated answers with a meaning count, as the catalogue has it."""
    rows = {row.sample_id: row for row in vectors.pools(scope, start, end)}
    catalogue = catalogues.effective(owner_id)
    meaning = {
        (code, answer.code): answer.meaning
        for code, test in catalogue.tests.items()
        if test.subject == "vector" and test.kind == "coded"
        for answer in catalogue.answers(code)
    }
    groups: dict[tuple[date, UUID | None, str, str], list[Pool]] = {}
    waiting: dict[tuple[date, UUID | None, str, str], int] = {}
    results = Result.objects.within(scope).filter(sample_id__in=rows).exclude(status="cancelled")
    for sample_id, code, status, answer in results.values_list("sample_id", "test_code", "status", "answer"):
        row = rows[sample_id]
        site = row.sample.order.site
        key = (row.day.replace(day=1), site.area_id if site else None, row.species, code)
        said = meaning.get((code, answer), "") if status == "validated" else ""
        groups.setdefault(key, [])
        if said in ("normal", "abnormal"):
            groups[key].append(Pool(row.specimens, said == "abnormal"))
        else:
            waiting[key] = waiting.get(key, 0) + 1
    labels = network.area_labels({area for _month, area, _species, _code in groups if area})
    made = [
        PoolSum(
            month,
            labels.get(area, "") if area else "",
            species,
            code,
            waiting.get((month, area, species, code), 0),
            prevalence(pools),
        )
        for (month, area, species, code), pools in groups.items()
    ]
    return sorted(made, key=lambda one: (-one.month.toordinal(), one.area, one.species, one.test_code))
