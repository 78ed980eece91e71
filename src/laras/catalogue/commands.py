"""``laras catalogue``: what the laboratory can test, for people and scripts."""

from __future__ import annotations

import sys
from typing import Any

import click

from laras.catalogue import queries, services
from laras.catalogue.rules import format_limit
from laras.catalogue.rules.checks import faults_of
from laras.catalogue.types import DISCIPLINES, SUBJECTS, Catalogue, TestInfo, UnknownCode
from laras.catalogue.words import word
from laras.core.models import Owner
from laras.core.output import json_option, say

lab_option = click.option("--lab", "lab", help="As it holds for this organisation (its code).")


def _catalogue(lab: str | None) -> Catalogue:
    if lab is None:
        return queries.effective(None)
    owner = Owner.objects.filter(code=lab).first()
    if owner is None:
        click.echo(f"laras: lembaga {lab} tidak dikenal", err=True)
        sys.exit(1)
    return queries.effective(owner.id)


@click.group()
def catalogue() -> None:
    """Tests, panels, limits."""


def _plain(test: TestInfo) -> dict[str, Any]:
    return {
        "code": test.code,
        "name": test.name,
        "name_en": test.name_en,
        "loinc": test.loinc or None,
        "local_code": test.local_code or None,
        "unit": test.unit,
        "ucum": test.ucum,
        "discipline": test.discipline,
        "subject": test.subject,
        "kind": test.kind,
        "tier": test.tier,
        "specimen": test.specimen,
        "container": test.container,
        "method": test.method,
        "decimals": test.decimals,
        "tat_hours": test.tat_hours,
        "layer": test.provenance.layer,
        "release": test.provenance.release,
        "status": test.provenance.status,
        "source": test.provenance.source,
    }


@catalogue.command("tests")
@click.option("--tier", type=click.IntRange(1, 5), help="Tests that a laboratory of this tier does.")
@click.option("--discipline", type=click.Choice(DISCIPLINES))
@click.option("--subject", type=click.Choice(SUBJECTS))
@lab_option
@json_option
def list_tests(tier: int | None, discipline: str | None, subject: str | None, lab: str | None, as_json: bool) -> None:
    """Every test: code, name, LOINC, unit, discipline, tier from which it is done."""
    rows = [
        _plain(test)
        for test in _catalogue(lab).tests.values()
        if (tier is None or test.tier <= tier)
        and discipline in (None, test.discipline)
        and subject in (None, test.subject)
    ]
    say(rows, as_json, ("code", "name", "loinc", "unit", "discipline", "tier"))


@catalogue.command("panels")
@lab_option
@json_option
def list_panels(lab: str | None, as_json: bool) -> None:
    """Panels and their tests."""
    rows = [
        {"code": p.code, "name": p.name, "loinc": p.loinc or None, "subject": p.subject, "tests": list(p.members)}
        for p in _catalogue(lab).panels.values()
    ]
    say(rows if as_json else [{**r, "tests": " ".join(r["tests"])} for r in rows], as_json)


@catalogue.command("programmes")
@lab_option
@json_option
def list_programmes(lab: str | None, as_json: bool) -> None:
    """Programmes and what they ask for: tests with sex, age, interval, and what each row is worth."""
    found = _catalogue(lab)
    rows = [
        {
            "code": p.code,
            "name": p.name,
            "payer": p.payer,
            "items": [
                {
                    **{name: getattr(item, name) or None for name in ("order", "label", "when", "sex", "age_from")},
                    **{name: getattr(item, name) or None for name in ("age_until", "interval", "due")},
                    "status": item.provenance.status,
                    "source": item.provenance.source,
                }
                for item in found.items(p.code)
            ],
        }
        for p in found.programmes.values()
    ]
    say(rows if as_json else [{**r, "items": " ".join(i["order"] for i in r["items"])} for r in rows], as_json)


@catalogue.command("standards")
@lab_option
@json_option
def list_standards(lab: str | None, as_json: bool) -> None:
    """Sets of limits: matrix, regulation and version."""
    found = _catalogue(lab)
    rows = [
        {
            "code": s.code,
            "matrix": s.matrix,
            "name": s.name,
            "regulation": s.regulation,
            "version": s.version,
            "limits": len(found.limits(s.code)),
            "judging": sum(row.judges for row in found.limits(s.code).values()),
        }
        for s in found.standards.values()
    ]
    say(rows, as_json)


@catalogue.command("limits")
@click.argument("standard")
@lab_option
@json_option
def list_limits(standard: str, lab: str | None, as_json: bool) -> None:
    """The limits of one standard."""
    found = _catalogue(lab)
    try:
        limits = found.limits(standard)
    except UnknownCode:
        click.echo(f"laras: baku mutu {standard} tidak dikenal", err=True)
        sys.exit(1)
    rows = [
        {
            "test": row.test,
            "label": row.label,
            "kind": row.kind,
            "low": row.low,
            "high": row.high,
            "limit": format_limit(row),
            "unit": row.unit,
            "method": row.method,
            "judges": row.judges,
            "status": row.provenance.status,
            "source": row.provenance.source,
        }
        for row in limits.values()
    ]
    say(rows, as_json, ("test", "label", "limit", "unit", "judges", "status"))


@catalogue.command("load")
def load() -> None:
    """Bring the database to the catalogue of this program (``laras migrate`` does it too)."""
    release = services.load_shipped_catalogue()
    click.echo(f"{release.version}: {release.rows.count()} baris")


@catalogue.command("check")
@lab_option
def check(lab: str | None) -> None:
    """Whether the catalogue is sound; exit 1 and what is wrong otherwise."""
    faults = faults_of(_catalogue(lab))
    for fault in faults:
        click.echo(word(fault), err=True)
    if faults:
        sys.exit(1)
    click.echo("katalog utuh")
