"""Reading of institutions: who organisations belong to by law."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from laras.core import clock
from laras.network.models import Institution, OrganisationVersion
from laras.network.queries.areas import valid_on
from laras.network.rules import tidy


def institutions(*, search: str = "", kind: str | None = None) -> QuerySet[Institution]:
    """Institutions by code, each with ``organisations``: how many open ones belong to it today."""
    now = OrganisationVersion.objects.filter(
        valid_on(clock.today()), organisation__owner__closed=False, institution_id=OuterRef("pk")
    )
    counted = now.order_by().values("institution_id").annotate(n=Count("id")).values("n")
    rows = Institution.objects.annotate(organisations=Coalesce(Subquery(counted), 0)).order_by("code")
    if kind:
        rows = rows.filter(kind=kind)
    if search := tidy(search):
        rows = rows.filter(Q(name__icontains=search) | Q(code__icontains=search))
    return rows


def institution(institution_id: UUID) -> Institution | None:
    return Institution.objects.filter(pk=institution_id).first()


def find_institution(code: str) -> Institution | None:
    return Institution.objects.filter(code=tidy(code)).first()
