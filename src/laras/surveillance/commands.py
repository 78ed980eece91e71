"""``laras detect`` and ``laras scan``: detection for scripts, without a database."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _

# Many small products of matrices: threads of the BLAS would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from laras.core.errors import Problem, Refused
from laras.core.output import json_option, say
from laras.surveillance import files
from laras.surveillance.rules import CRITERIA, Verdicts, distances, klb_criteria, scan
from laras.surveillance.rules.methods import METHODS, Method
from laras.surveillance.rules.references import STEPS
from laras.surveillance.rules.series import Detection

HEADING = ("series", "date", "observed", "expected", "upperbound", "score", "alarm")
STEP_DAYS = {"week": 7, "day": 1, "month": files.MONTH}


@click.command("detect")
@click.argument("path", metavar="SERIES.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--method", required=True, type=click.Choice([*METHODS, "klb"]))
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the method; may be repeated."
)
@click.option("--frequency", type=click.IntRange(1), default=52, show_default=True, help="Rows a year.")
@click.option(
    "--calendar",
    type=click.Choice(["rows", "dates"]),
    default="rows",
    show_default=True,
    help="A year back: whole rows, or the nearest same weekday.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead of to standard output."
)
def detect(path: Path, method: str, params: tuple[str, ...], frequency: int, calendar: str, out: Path | None) -> None:
    """What is unusual in SERIES.csv: series,date,observed[,population,deaths,total] (weekly, daily or monthly).

    Answers series,date,observed,expected,upperbound,score,alarm with a row for each time point; what has no answer (too
    little history, no report) is empty. alarm is 1 or 0. For klb each legal criterion has a further column: yes, no or not evaluable.

    Parameters carry the names of the R package surveillance in snake case; range=FIRST:LAST (rows from 1) judges only those.
    """
    chosen = METHODS.get(method)
    given = _parameters(params, chosen)
    batches = files.read_series(path)
    if chosen is None or chosen.yearly:
        _check_frequency(batches, frequency)
    if calendar == "dates" and (chosen is None or not chosen.calendar):
        raise _wrong("calendar", _("metode %(method)s tidak memakai tanggal") % {"method": method})
    answers = []
    for batch in batches:
        try:
            answers.append(
                _klb_rows(batch, frequency, given)
                if chosen is None
                else _rows(batch, chosen, frequency, calendar == "dates", given)
            )
        except ValueError as error:
            name, _colon, message = str(error).partition(": ")
            raise _wrong(name, message or str(error)) from error
    heading = HEADING if chosen else (*HEADING, *CRITERIA)
    rows = (row for answer in answers for row in answer)
    if out is None:
        files.write_rows(sys.stdout, heading, rows)
    else:
        with out.open("w", encoding="utf-8", newline="") as file:
            files.write_rows(file, heading, rows)


def _wrong(name: str, message: str) -> Refused:
    return Refused(_("Parameter tidak dapat dipakai."), problems=[Problem(name, message)])


def _parameters(params: tuple[str, ...], method: Method | None) -> dict[str, Any]:
    readers = {} if method is None else dict(method.parameters)
    given: dict[str, Any] = {}
    for param in params:
        name, sign, text = param.partition("=")
        name = name.strip()
        if not sign:
            raise _wrong(name, _("tulis NAMA=NILAI"))
        if name in given:
            raise _wrong(name, _("diberikan dua kali"))
        if name == "range":
            given[name] = _range(text)
            continue
        if name not in readers:
            raise _wrong(name, _("tidak dikenal; yang ada: %(names)s") % {"names": ", ".join([*readers, "range"])})
        try:
            given[name] = readers[name](text.strip())
        except ValueError as error:
            raise _wrong(name, _("%(value)r tidak dapat dibaca") % {"value": text}) from error
    return given


def _range(text: str) -> range:
    first, _colon, last = text.partition(":")
    try:
        found = range(int(first) - 1, int(last or first))
    except ValueError:
        found = range(0)
    if not len(found) or found[0] < 0:
        raise _wrong("range", _("tulis BARIS_PERTAMA:BARIS_TERAKHIR, dihitung dari 1"))
    return found


def _check_frequency(batches: list[files.Batch], frequency: int) -> None:
    """A year of so many rows must fit the distance of the dates: a wrong one would be a silent number."""
    wanted = STEP_DAYS.get(STEPS.get(frequency, ""))
    if wanted is None:
        return
    for batch in batches:
        if len(batch.days) > 1 and files.step_of(batch) != wanted:
            raise _wrong(
                "frequency",
                _("%(frequency)s baris setahun tidak cocok dengan jarak tanggal deret %(series)s; "
                  "mingguan 52, harian 365, bulanan 12") % {"frequency": frequency, "series": batch.names[0]},
            )  # fmt: skip


def _rows(
    batch: files.Batch, method: Method, frequency: int, by_dates: bool, given: dict[str, Any]
) -> Iterator[tuple[object, ...]]:
    more: dict[str, Any] = dict(method.fixed)
    if method.frequency:
        more["frequency"] = frequency
    if by_dates:
        more["calendar"] = files.calendar_of(batch)
    if given.get("population_offset") or str(given.get("fit_method", "")).endswith(("Offset", "offset")):
        if "population" not in batch.tables:
            raise ValueError("population: " + _("kolom ini diperlukan"))
        more["population"] = batch.tables["population"]
    parameters = {name: value for name, value in given.items() if name != "range"}
    found: Detection = method.run(batch.observed, at=_within(batch, given), **more, **parameters)
    return _written(batch, found)


def _written(batch: files.Batch, found: Detection) -> Iterator[tuple[object, ...]]:
    place = {time: at for at, time in enumerate(found.at.tolist())}
    for series, name in enumerate(batch.names):
        observed = batch.observed[series].tolist()
        columns = [table[series].tolist() for table in (found.expected, found.upperbound, found.score)]
        alarm, evaluated = found.alarm[series].tolist(), found.evaluated[series].tolist()
        for time, day in enumerate(batch.days):
            at = place.get(time)
            if at is None:
                yield name, day, observed[time], "", "", "", ""
            else:
                judged = int(alarm[at]) if evaluated[at] else ""
                yield name, day, observed[time], *(column[at] for column in columns), judged


def _within(batch: files.Batch, given: dict[str, Any]) -> range | None:
    asked: range | None = given.get("range")
    if asked is not None and asked[-1] >= len(batch.days):
        raise ValueError(
            "range: " + _("deret %(series)s hanya %(rows)s baris") % {"series": batch.names[0], "rows": len(batch.days)}
        )
    return asked


def _klb_rows(batch: files.Batch, frequency: int, given: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    found = klb_criteria(
        batch.observed,
        deaths=batch.tables.get("deaths"),
        total=batch.tables.get("total"),
        frequency=frequency,
        at=_within(batch, given),
    )
    return _written_verdicts(batch, found)


def _written_verdicts(batch: files.Batch, found: Verdicts) -> Iterator[tuple[object, ...]]:
    """score is the number of criteria that are met, alarm whether there is one."""
    place = {time: at for at, time in enumerate(found.at.tolist())}
    for series, name in enumerate(batch.names):
        for time, day in enumerate(batch.days):
            at = place.get(time)
            met = found.met[:, series, at] if at is not None else None
            evaluable = found.evaluable[:, series, at] if at is not None else None
            row: tuple[object, ...] = (name, day, float(batch.observed[series, time]), "", "")
            if met is None or evaluable is None or not evaluable.any():
                yield (*row, "", "", *("not evaluable" if evaluable is not None else "" for _key in CRITERIA))
            else:
                words = (
                    "yes" if yes else "no" if can else "not evaluable" for yes, can in zip(met, evaluable, strict=True)
                )
                yield (*row, int(met.sum()), int(met.any()), *words)


@click.command("scan")
@click.argument("cases", metavar="CASES.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--population", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="area,population"
)
@click.option(
    "--coords",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="area,latitude,longitude or area,x,y",
)
@click.option(
    "--max-population", type=float, default=0.5, show_default=True, help="Greatest share of all persons in a cluster."
)
@click.option("--max-duration", type=click.IntRange(1), help="Greatest number of periods; default half of all.")
@click.option("--replicates", type=click.IntRange(0), default=999, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@json_option
def scan_command(
    cases: Path,
    population: Path,
    coords: Path,
    max_population: float,
    max_duration: int | None,
    replicates: int,
    seed: int,
    as_json: bool,
) -> None:
    """Clusters in space and time up to the last date of CASES.csv: area,date,cases. The strongest stands first."""
    found = files.read_map(cases, population, coords)
    try:
        clusters = scan(
            found.cases,
            found.population,
            distances(found.coordinates, geographic=found.geographic),
            max_population=max_population,
            max_duration=max_duration,
            replicates=replicates,
            seed=seed,
        )
    except ValueError as error:
        name, _colon, message = str(error).partition(": ")
        raise _wrong(name, message) from error
    rows = [
        {
            "areas": [found.areas[area] for area in cluster.areas],
            "centre": found.areas[cluster.areas[0]],
            "start": found.days[-cluster.duration].isoformat(),
            "end": found.days[-1].isoformat(),
            "duration": cluster.duration,
            "observed": int(cluster.observed),
            "expected": cluster.expected,
            "relative_risk": cluster.relative_risk,
            "score": cluster.score,
            "p_value": cluster.pvalue,
        }
        for cluster in clusters
    ]
    if as_json:
        say({"clusters": rows, "replicates": replicates, "seed": seed}, as_json)
    else:
        shown = [
            {
                **row,
                "areas": ", ".join(row["areas"]),
                **{name: f"{row[name]:.4g}" for name in ("expected", "relative_risk", "score", "p_value")},
            }
            for row in rows
        ]
        columns = ("start", "end", "observed", "expected", "relative_risk", "score", "p_value", "areas")
        say(shown, as_json, columns)


@click.group()
def surveillance() -> None:
    """Cases, weekly counts and signals of health offices."""


@surveillance.command("recount")
@click.option("--dry-run", is_flag=True, help="Show what would change and save nothing.")
@click.option("--laboratory", "codes", multiple=True, metavar="CODE", help="Only this laboratory; may be repeated.")
@click.option(
    "--definitions",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Try the definitions of this CSV file instead of those in force; needs --dry-run.",
)
@json_option
def recount_command(dry_run: bool, codes: tuple[str, ...], path: Path | None, as_json: bool) -> None:
    """Hold all released results against the case definitions again, and show the difference.

    Needed once for what was released before surveillance was there, and after a change of the definitions. What agrees
    already is left alone, so that it can be stopped and begun again.
    """
    from laras.core.actor import system_actor
    from laras.core.models import Owner
    from laras.core.output import progress_bar
    from laras.surveillance import services

    if path is not None and not dry_run:
        raise click.UsageError("--definitions can only be tried: add --dry-run")
    owners = Owner.objects.filter(kind="laboratory", closed=False)
    if codes:
        owners = owners.filter(code__in=codes)
        if missing := sorted(set(codes) - set(owners.values_list("code", flat=True))):
            text = _("Laboratorium tidak dikenal: %(codes)s.") % {"codes": ", ".join(missing)}
            raise Refused(text, problems=[Problem("laboratory", text)])
    known = _definitions_of(path) if path is not None else None
    ids, done = list(owners.values_list("id", flat=True)), 0

    with progress_bar("recount") as show:

        def advance(count: int) -> None:
            nonlocal done
            done += count
            show(done, len(ids))

        found = services.recount(system_actor("cli"), owner_ids=ids, dry_run=dry_run, known=known, advance=advance)
    summary = {
        "dry_run": dry_run, "version": found.version, "laboratories": found.laboratories, "orders": found.orders,
        "changed_orders": found.changed,
    }  # fmt: skip
    if as_json:
        say({**summary, "differences": found.lines()}, as_json)
        return
    say(summary, as_json)
    if found.lines():
        say(found.lines(), as_json, ("disease", "classification", "before", "after", "difference"))


def _definitions_of(path: Path) -> Any:
    from laras.catalogue import queries as catalogues
    from laras.surveillance import shipped

    catalogue = catalogues.effective(None)
    answers = {code: [one.code for one in catalogue.answers(code)] for code in catalogue.tests}
    try:
        rows = shipped.read_definitions(path.read_text(encoding="utf-8"), answers)
    except (shipped.BadRow, UnicodeDecodeError) as error:
        row, name, value = getattr(error, "row", 1), getattr(error, "field", "encoding"), getattr(error, "value", "")
        text = _("%(value)r tidak dapat dipakai di sini") % {"value": value}
        raise Refused(_("Berkas belum dapat dipakai."), problems=[Problem(name, text, row)]) from error
    return shipped.collect(str(path.name), rows)


@surveillance.command("import")
@click.argument("path", metavar="COUNTS.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--office", "code", required=True, help="Code of the health office whose counts these are.")
@click.option("--source", required=True, help="Where these counts come from.")
@json_option
def import_command(path: Path, code: str, source: str, as_json: bool) -> None:
    """Weekly counts from before, so that there is something to compare with: disease,area,week,cases[,tested,positive].

    Weeks are 2026-M07 or any date of them, areas are codes of this office's own area. A file that is sent again replaces what
    it brought before; weeks that this installation counted itself are refused.
    """
    from laras.core.actor import system_actor
    from laras.surveillance import services

    owner = _office(code)
    rows = services.read_counts(path.read_text(encoding="utf-8"), owner_id=owner.id)
    count = services.import_counts(system_actor("cli"), owner_id=owner.id, rows=rows, source=source)
    services.judge(system_actor("cli"), owner_id=owner.id)
    say({"office": code, "rows": count}, as_json)


@surveillance.command("judge")
@click.option("--office", "code", help="Only this office; default all that count.")
@json_option
def judge_command(code: str | None, as_json: bool) -> None:
    """Judge the last weeks now instead of tonight, and answer the signals that nobody decided on yet."""
    from laras.core.actor import system_actor
    from laras.core.scope import Scope
    from laras.surveillance import queries, services

    actor = system_actor("cli")
    offices = [_office(code).id] if code else queries.counting_offices()
    rows: list[dict[str, Any]] = []
    for owner_id in offices:
        services.judge(actor, owner_id=owner_id)
        rows += [
            {
                "office": one.owner.code, "disease": one.disease, "week": one.week.isoformat(), "observed": one.observed,
                "upperbound": one.upperbound, "by": ",".join(one.by), "signal": str(one.id),
            }
            for one in queries.signals(Scope.of(owner_id), status="new")
        ]  # fmt: skip
    say(rows, as_json, ("office", "disease", "week", "observed", "upperbound", "by"))


@surveillance.command("notices")
@click.option("--office", "code", help="Only this office; default all.")
@click.option("--waiting", is_flag=True, help="Only what nobody has acknowledged.")
@json_option
def notices_command(code: str | None, waiting: bool, as_json: bool) -> None:
    """What offices were told of signals and declared outbreaks, the newest 200 first, and whether somebody has seen it."""
    from laras.core.scope import Scope
    from laras.surveillance import queries

    scope = Scope.of(_office(code).id) if code else Scope.everything()
    rows = [
        {
            "notice": str(one.id), "to": one.owner.code, "kind": one.kind, "office": one.office.code,
            "disease": one.disease, "week": one.week.isoformat(), "cases": one.observed,
            "created_at": one.created_at.isoformat(),
            **{
                name: moment.isoformat() if (moment := getattr(one, name)) else None
                for name in ("mailed_at", "posted_at", "acknowledged_at", "escalated_at")
            },
        }
        for one in queries.notices(scope, waiting_only=waiting)[:200]
    ]  # fmt: skip
    say(rows, as_json, ("to", "kind", "office", "disease", "week", "cases", "created_at", "acknowledged_at"))


def _office(code: str) -> Any:
    from laras.core.models import Owner

    owner = Owner.objects.filter(code=code).exclude(kind="laboratory").first()
    if owner is None:
        text = _("Dinas kesehatan %(code)s tidak dikenal.") % {"code": code}
        raise Refused(text, problems=[Problem("office", text)])
    return owner
