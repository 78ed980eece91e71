"""What the pages of the catalogue share: the catalogue of this laboratory, rows as a table shows them, one writing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from laras.catalogue import queries
from laras.catalogue.labels import (
    POPULATION_LABELS,
    STATUS_LABELS,
)
from laras.catalogue.models import LAYER_LABELS
from laras.catalogue.rules import format_limit
from laras.catalogue.types import Catalogue, CriticalInfo, HandlingInfo, LimitInfo, Provenance, TestInfo, UnknownCode
from laras.catalogue.words import critical_text, figures, is_english, name_of, term
from laras.core.errors import NotFound
from laras.core.web import refusals, submit_once

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the catalogue as a table shows it."""

    key: str
    who: str
    bounds: str
    unit: str
    judges: bool
    provenance: Provenance
    url: str = ""
    name: str = ""
    note: str = ""

    @classmethod
    def of(cls, row: HandlingInfo) -> Line:
        """What a table says of the worth of a row of handling."""
        return cls(row.key, "", "", "", row.judges, row.provenance)

    @property
    def status(self) -> str:
        return str(STATUS_LABELS.get(self.provenance.status, self.provenance.status))

    @property
    def layer(self) -> str:
        return str(LAYER_LABELS.get(self.provenance.layer, self.provenance.layer))


def catalogue_of(request: HttpRequest) -> Catalogue:
    return queries.effective(request.owner.id)


def test_of(request: HttpRequest, code: str) -> tuple[Catalogue, TestInfo]:
    catalogue = catalogue_of(request)
    try:
        return catalogue, catalogue.test(code)
    except UnknownCode as unknown:
        raise NotFound(_("Pemeriksaan ini tidak ada di katalog.")) from unknown


def may_manage(request: HttpRequest) -> bool:
    return request.actor.can("catalogue.manage", request.owner.id)


def limit_line(catalogue: Catalogue, row: LimitInfo, *, name: str, url: str, who: str) -> Line:
    return Line(
        key=row.key,
        who=who,
        bounds=limit_text(row) or _("dilaporkan saja"),
        unit=row.unit,
        judges=row.judges,
        provenance=row.provenance,
        url=url,
        name=name,
        note=row.method,
    )


def limit_text(row: LimitInfo) -> str:
    """The limit as a report prints it, in the manner of the screen's language; empty when it is only reported."""
    printed = format_limit(row)
    return term(printed) if term(printed) != printed else figures(printed)


def parameter(catalogue: Catalogue, limit: LimitInfo) -> str:
    """As the regulation calls it; on an English screen as the test is called."""
    test = catalogue.test(limit.test)
    return name_of(test) if is_english() and test.name_en else limit.label or test.name


def critical_line(row: CriticalInfo, test: TestInfo) -> Line:
    who = str(POPULATION_LABELS.get(row.population, row.population))
    unit = test.unit if row.ucum == test.ucum else row.ucum
    return Line(row.key, who, critical_text(row), unit, row.judges, row.provenance)


def do_once(
    request: HttpRequest, form: BaseForm, work: Callable[[dict[str, Any]], Any], address: str
) -> HttpResponse | None:
    """Do the work of a valid form once; None when it must be shown again."""
    if not form.is_valid():
        return None
    with refusals(form):

        def run() -> str:
            release = work(form.cleaned_data)
            messages.success(request, _("Berlaku mulai sekarang (rilis %s).") % release.version)
            return address

        return submit_once(request, run)
    return None
