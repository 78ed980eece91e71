"""Institutions: who organisations belong to by law. Open to the whole network, so an office's right is enough."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.unit import use_case
from laras.network.events import InstitutionAltered, InstitutionCreated
from laras.network.models import INSTITUTION_LABELS, Institution
from laras.network.rules import tidy
from laras.network.services.authority import MANAGE_NETWORK

_CODE_LENGTH = 24
_NAME_LENGTH = 200


@use_case
def create_institution(actor: Actor, *, office_id: UUID, code: str, name: str, kind: str) -> Institution:
    """Enter who organisations belong to by law. Asks for ``network.manage_network``; journaled at the office."""
    actor.require(MANAGE_NETWORK, office_id)
    code, name = tidy(code), tidy(name)
    problems = _problems(name, kind)
    if not code or len(code) > _CODE_LENGTH or " " in code:
        problems.insert(0, Problem("code", _("Kode wajib diisi tanpa spasi, paling banyak 24 huruf.")))
    elif Institution.objects.filter(code=code).exists():
        problems.insert(0, Problem("code", _("Kode %(code)s sudah dipakai.") % {"code": code}))
    if problems:
        raise Refused(_("Data institusi belum benar."), problems=problems)
    row = Institution.objects.create(code=code, name=name, kind=kind)
    journal.record(actor, owner=office_id, event=InstitutionCreated(code, name, kind), subject=row.id)
    return row


@use_case
def alter_institution(
    actor: Actor, *, office_id: UUID, institution_id: UUID, name: str, kind: str, reason: str = ""
) -> Institution:
    """Another name or kind; the code stays. Nothing to change: nothing is written."""
    actor.require(MANAGE_NETWORK, office_id)
    row = Institution.objects.select_for_update().filter(pk=institution_id).first()
    if row is None:
        raise NotFound(_("Institusi tidak ditemukan."))
    name = tidy(name)
    problems = _problems(name, kind)
    if problems:
        raise Refused(_("Data institusi belum benar."), problems=problems)
    if (row.name, row.kind) == (name, kind):
        return row
    row.name, row.kind = name, kind
    row.save(update_fields=["name", "kind"])
    event = InstitutionAltered(row.code, name, kind, tidy(reason)[:300])
    journal.record(actor, owner=office_id, event=event, subject=row.id)
    return row


def _problems(name: str, kind: str) -> list[Problem]:
    problems = []
    if not name or len(name) > _NAME_LENGTH:
        problems.append(Problem("name", _("Nama wajib diisi, paling banyak 200 huruf.")))
    if kind not in INSTITUTION_LABELS:
        problems.append(Problem("kind", _("Jenis institusi tidak dikenal.")))
    return problems
