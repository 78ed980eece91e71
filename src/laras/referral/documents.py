"""The paper that travels with the specimens (surat pengantar rujukan)."""

from __future__ import annotations

from typing import Any

from django.utils import translation

from laras.catalogue import queries as catalogues
from laras.core import clock
from laras.core.models import Owner, StaffPerson
from laras.core.printing.manifest import Manifest, ManifestItem, render_manifest
from laras.core.printing.types import Letterhead, Party
from laras.core.scope import Scope
from laras.network import queries as network
from laras.orders import queries as orders
from laras.referral import queries
from laras.referral.messages import TEMPERATURE_LABELS
from laras.referral.models import Box, Outgoing


def manifest_pdf(row: Outgoing) -> bytes:
    """The manifest of one referral as PDF (A4), in Indonesian; marked when it was cancelled."""
    with translation.override("id"):
        return render_manifest(manifest_of(row))


def manifest_of(row: Outgoing) -> Manifest:
    """What the manifest says. As much of the person as the receiver needs to match paper and label."""
    scope = Scope.of(row.owner_id)
    items = queries.items_of_outgoing(scope, [row.id])[row.id]
    order = orders.order_head(scope, row.order_id)
    catalogue = catalogues.effective(row.owner_id)
    tests: dict[Any, list[str]] = {}
    for item in items:
        test = catalogue.tests.get(item.test_code)
        tests.setdefault(item.sample_id, []).append(test.name if test else item.test_code)
    samples = {item.sample_id: item.sample for item in items}
    prepared = StaffPerson.objects.filter(id=row.created_by).first() if row.created_by else None
    return Manifest(
        number=row.number,
        letterhead=_letterhead(row.owner),
        sender=_party(row.owner),
        recipient=_party(row.recipient),
        items=tuple(
            ManifestItem(
                code=sample.number,
                specimen=sample.specimen,
                tests=tuple(tests[sample.id]),
                collected_at=sample.collected_at,
                subject=_subject(order),
                container=sample.container,
                urgent=order.urgency != "routine",
                note=sample.description,
            )
            for sample in sorted(samples.values(), key=lambda one: one.position)
        ),
        zone=clock.ZONES.get(row.owner.zone, "WIB"),  # type: ignore[arg-type]
        sent_at=row.sent_at,
        prepared_by=str(prepared) if prepared else "",
        courier=row.courier,
        packaging=(row.packaging,) if row.packaging else (),
        temperature=row.temperature,
        reason=row.reason,
        cancelled=row.status in ("cancelled", "cancelling"),
    )


def box_manifest_pdf(box: Box) -> bytes:
    """The list that travels in a box, as PDF (A4), in Indonesian. Raises PrintError for an empty box."""
    with translation.override("id"):
        return render_manifest(box_manifest_of(box))


def box_manifest_of(box: Box) -> Manifest:
    """What the list says: each specimen with its referral, tests and person."""
    scope = Scope.of(box.owner_id)
    items = queries.items_of_box(scope, box.id)
    catalogue = catalogues.effective(box.owner_id).tests
    tests: dict[Any, list[str]] = {}
    for rows in queries.items_of_outgoing(scope, {item.referral_id for item in items}).values():
        for row in rows:
            tests.setdefault((row.referral_id, row.sample_id), []).append(
                catalogue[row.test_code].name if row.test_code in catalogue else row.test_code
            )
    prepared = StaffPerson.objects.filter(id=box.created_by).first() if box.created_by else None
    return Manifest(
        number=box.number,
        letterhead=_letterhead(box.owner),
        sender=_party(box.owner),
        recipient=_party(box.recipient),
        items=tuple(
            ManifestItem(
                code=item.sample.number,
                specimen=item.sample.specimen,
                tests=tuple(tests.get((item.referral_id, item.sample_id), ())),
                collected_at=item.sample.collected_at,
                subject=_subject(item.sample.order),
                container=item.sample.container,
                urgent=item.sample.order.urgency != "routine",
                note=item.referral.number,
            )
            for item in items
        ),
        zone=clock.ZONES.get(box.owner.zone, "WIB"),  # type: ignore[arg-type]
        sent_at=box.sent_at or box.created_at,
        prepared_by=str(prepared) if prepared else "",
        courier=box.courier,
        packaging=(box.packaging,) if box.packaging else (),
        temperature=str(TEMPERATURE_LABELS[box.temperature]),
        cancelled=box.status == "discarded",
    )


def _subject(order: Any) -> str:
    if order.patient_id:
        born = order.patient.birth_date
        parts = [order.patient.full_name, order.patient.sex, f"{born:%d-%m-%Y}" if born else ""]
        return ", ".join(part for part in parts if part)
    return str(orders.subject_of(order))


def _letterhead(owner: Owner) -> Letterhead:
    organisation = network.organisation_at(owner.id)
    if organisation is None:
        return Letterhead(name=owner.name)
    return Letterhead(
        name=organisation.name,
        parents=(organisation.institution.name,) if organisation.institution else (),
        address=organisation.address,
        phone=organisation.phone,
        accreditation=organisation.accreditation_number,
    )


def _party(owner: Owner) -> Party:
    row = network.organisation_row(owner.id)
    return Party(owner.name, owner.code, row.address if row else "", row.phone if row else "")
