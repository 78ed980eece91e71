"""Times the detection engine on a simulated nation and prints the figures as JSON: ``python -m bench.detection [--quick]``.

R's times are taken on a sample of 2,000 points of the same series when ``Rscript`` finds its package ``surveillance``.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the commands do; R works on one processor too

import numpy as np

from laras.surveillance.rules import ears, farrington_flexible

DISTRICTS, DISEASES, WEEKS = 514, 20, 52
BASELINE = 5 * 52 + 3
SCRIPT = """
suppressMessages(library(surveillance))
counts <- as.matrix(read.csv(commandArgs(TRUE)[1], header = FALSE))
weeks <- as.integer(strsplit(commandArgs(TRUE)[2], ",")[[1]])
s <- sts(counts, start = c(2020, 1), frequency = 52)
took <- function(expression) system.time(suppressWarnings(expression))[["elapsed"]]
points <- length(weeks) * ncol(counts)
flexible <- function(...) took(farringtonFlexible(s, control = list(range = weeks, glmWarnings = FALSE, ...))) / points
all <- 20:nrow(counts)
early <- function(m) took(earsC(s, control = list(range = all, method = m))) / (length(all) * ncol(counts))
cat(sprintf('{"flexible": %g, "periods": %g, "C1": %g, "C3": %g}', flexible(), flexible(noPeriods = 10), early("C1"), early("C3")))
"""


def nation(series: int, weeks: int = BASELINE + WEEKS) -> np.ndarray:
    """Overdispersed seasonal counts ``(series, weeks)``, from a case in months to a hundred a week."""
    generator = np.random.default_rng(20261122)
    level = np.exp(generator.uniform(np.log(0.05), np.log(100), (series, 1)))
    season = generator.uniform(0, 0.8, (series, 1)) * np.cos(
        2 * np.pi * (np.arange(weeks) / 52 - generator.uniform(0, 1, (series, 1)))
    )
    trend = generator.normal(0, 0.001, (series, 1)) * np.arange(weeks)
    mean = level * np.exp(season + trend)
    overdispersion = generator.uniform(1.05, 4, (series, 1))
    return generator.negative_binomial(mean / (overdispersion - 1), 1 / overdispersion).astype(float)


def seconds(work: Callable[[], object]) -> float:
    """The best of three: other work on the machine only adds."""
    times = []
    for _turn in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def timed_by_r(counts: np.ndarray, weeks: list[int]) -> dict[str, float] | None:
    """Seconds a point, or None where R or its package is not installed."""
    try:
        subprocess.run(["Rscript", "-e", "library(surveillance)"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    with tempfile.TemporaryDirectory() as place:
        table = Path(place) / "counts.csv"
        np.savetxt(table, counts.T, fmt="%d", delimiter=",")
        (Path(place) / "time.R").write_text(SCRIPT)
        command = ["Rscript", str(Path(place) / "time.R"), str(table), ",".join(str(week + 1) for week in weeks)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(answer.stdout)
    return found


def main() -> None:
    quick = "--quick" in sys.argv
    series = DISTRICTS if quick else DISTRICTS * DISEASES
    counts = nation(series)
    year = range(BASELINE, BASELINE + WEEKS)
    points, part = series * WEEKS, counts[:: max(1, series // 500)]
    ears(part)  # the first call of a process loads and compiles
    farrington_flexible(part, at=year[:2])
    whole = seconds(lambda: farrington_flexible(counts, at=year))
    half = seconds(lambda: farrington_flexible(counts[::2], at=year))
    found: dict[str, object] = {
        "series": series,
        "seconds": whole,
        "linear": whole / half,
        "flexible": whole / points,
        "flexible_skipped": seconds(lambda: farrington_flexible(counts, at=year, skip_below_limit=True)) / points,
        "periods": seconds(lambda: farrington_flexible(part, at=year, no_periods=10)) / (len(part) * WEEKS),
        "periods_skipped": seconds(lambda: farrington_flexible(part, at=year, no_periods=10, skip_below_limit=True))
        / (len(part) * WEEKS),
        "weekly": seconds(lambda: farrington_flexible(counts, at=[BASELINE + WEEKS - 1])),
        "C1": seconds(lambda: ears(counts, method="C1")) / counts.size,
        "C3": seconds(lambda: ears(counts, method="C3")) / counts.size,
        "skipped": float((farrington_flexible(part, at=year, skip_below_limit=True).evaluated == 0).mean()),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    weeks = list(year[-2 if quick else -8 :])  # R wants them in a row
    many = 100 if quick else 250
    sample = counts[:: max(1, series // many)][:many]
    found["sample"] = len(weeks) * len(sample)
    found["r"] = timed_by_r(sample, weeks)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
