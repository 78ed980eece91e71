"""The space-time scan: an injected cluster is found, chance is not, and the search is the search over all zones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.surveillance.rules import distances, scan


def country(seed: int, areas: int = 20, periods: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    population = generator.uniform(2e4, 2e5, areas)
    cases = generator.poisson(np.outer(population / 2e4, np.ones(periods))).astype(float)
    return cases, population, distances(generator.uniform(0, 100, (areas, 2)), geographic=False)


def test_an_injected_cluster_is_found() -> None:
    cases, population, distance = country(3)
    members = np.argsort(distance[4])[:3]
    cases[members, -4:] *= 2
    best, *others = scan(cases, population, distance, replicates=99, seed=5)
    assert set(best.areas) == set(members.tolist())
    assert best.duration == 4
    assert best.pvalue == 0.01
    assert best.relative_risk > 1.6
    taken = [area for cluster in (best, *others) for area in cluster.areas]
    assert len(taken) == len(set(taken))
    assert all(cluster.pvalue > 0.05 for cluster in others)


def test_the_same_seed_answers_the_same() -> None:
    cases, population, distance = country(4)
    assert scan(cases, population, distance, replicates=40, seed=1) == scan(
        cases, population, distance, replicates=40, seed=1
    )


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.2, 0.5, 1.0]))
def test_the_best_of_all_zones(seed: int, share: float) -> None:
    cases, population, distance = country(seed, areas=7, periods=6)
    best = 0.0
    for centre in range(7):
        order = np.argsort(distance[centre], kind="stable")
        for size in range(1, 8):
            zone = order[:size]
            if size > 1 and population[zone].sum() > share * population.sum():
                break
            for duration in range(1, 4):
                seen = cases[zone, -duration:].sum()
                wanted = cases.sum() * population[zone].sum() / population.sum() * duration / 6
                if seen > wanted:
                    best = max(best, seen * np.log(seen / wanted) + wanted - seen)
    found = scan(cases, population, distance, max_population=share, replicates=0)
    assert (found[0].score if found else 0.0) == pytest.approx(best)


def test_p_values_are_those_of_chance() -> None:
    """Without a cluster a p-value below 0.2 comes in about a fifth of the maps."""
    small = 0
    for seed in range(60):
        cases, population, distance = country(seed, areas=6, periods=4)
        found = scan(cases, population, distance, replicates=39, seed=seed)
        small += bool(found) and found[0].pvalue <= 0.2
    assert 3 <= small <= 24


def test_no_cases_no_cluster() -> None:
    _cases, population, distance = country(1)
    assert scan(np.zeros((20, 5)), population, distance) == []


@pytest.mark.parametrize(
    "wrong", [{"max_population": 0}, {"max_duration": 13}, {"replicates": -1}, {"population": np.zeros(20)}]
)
def test_what_makes_no_sense_is_refused(wrong) -> None:
    cases, population, distance = country(1)
    with pytest.raises(ValueError):
        scan(**{"cases": cases, "population": population, "distance": distance, **wrong})


def test_a_missing_report_is_refused() -> None:
    cases, population, distance = country(1)
    cases[0, 0] = np.nan
    with pytest.raises(ValueError, match="missing report"):
        scan(cases, population, distance)


def test_distances_on_the_sphere() -> None:
    quarter = distances(np.array([[0.0, 0.0], [0.0, 90.0], [90.0, 0.0]]), geographic=True)
    np.testing.assert_allclose(quarter[0, 1:], 6371 * np.pi / 2)
    with pytest.raises(ValueError, match="latitude"):
        distances(np.array([[110.0, -7.0]]), geographic=True)
