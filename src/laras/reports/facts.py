"""Gather, for the assembly of a report, what the modules below know of an order. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from laras.basics.periods import age_on
from laras.bench import queries as bench
from laras.bench.types import ResultView
from laras.catalogue import queries as catalogue
from laras.catalogue.labels import DISCIPLINE_LABELS, MATRIX_LABELS
from laras.catalogue.types import Catalogue, TestInfo
from laras.core import clock
from laras.core.models import Owner, StaffPerson
from laras.core.printing.formats import number_text
from laras.core.printing.types import Letterhead
from laras.core.scope import Scope
from laras.cultures import queries as cultures
from laras.network import queries as network
from laras.orders.queries import OrderDetail
from laras.orders.rules import IN_SITU, in_form_order, readings_as_results
from laras.orders.words import IN_SITU_LABELS
from laras.people import queries as people
from laras.reports.assembly import Facts, Measure, Person
from laras.reports.types import PatientBlock, SampleBlock, Sender, SiteBlock
from laras.resources import queries as resources

# Kinds of accreditation by the letters that KAN begins its numbers with.
_STANDARDS = {"LM-": "SNI ISO 15189", "LP-": "SNI ISO/IEC 17025", "LK-": "SNI ISO/IEC 17025"}


def gather(detail: OrderDetail, results: Iterable[ResultView], *, releaser: UUID | None) -> Facts:
    """Everything that the report of this order says besides its results, in Indonesian."""
    results = list(results)
    with translation.override("id"):
        return _gather(detail, results, releaser)


def _gather(detail: OrderDetail, results: list[ResultView], releaser: UUID | None) -> Facts:
    order, owner = detail.order, detail.order.owner
    known = catalogue.effective(owner.id)
    organisation = network.organisation_at(owner.id)
    place = network.path_of(organisation.area_id) if organisation and organisation.area_id else []
    town = next((v.name for v in place if len(v.code) == 5), place[0].name if place else "")
    tested = {view.test_code for view in results}
    examined = {view.sample_number for view in results}
    accredited = {offer.test_code for offer in resources.capabilities_of(owner.id) if offer.accredited} & tested
    answered = _answered(detail, tested)
    did = {key for view in results for key in (view.entered_by_id, view.verified_by_id, view.validated_by_id)}
    return Facts(
        details=cultures.details(Scope.of(owner.id), results),
        order_number=order.number,
        clinical=order.subject_kind == "person",
        zone=clock.ZONES.get(owner.zone, "WIB"),  # type: ignore[arg-type]
        letterhead=_letterhead(owner, organisation),
        place=town.replace("Kabupaten ", "").replace("Kota ", ""),
        sender=_sender(order),
        patient=_patient(order) if order.patient_id else None,
        site=_site(order, known, answered) if order.subject_kind != "person" else None,
        samples=tuple(_sample(sample) for sample in detail.samples if sample.number in examined),
        regulation=_regulation(order.standard, known),
        registered_at=order.registered_at,
        accredited=frozenset(accredited) if organisation and organisation.accreditation_number else frozenset(),
        persons={
            person.id: Person(str(person), f"NIP {person.staff_number}" if person.staff_number else "")
            for person in StaffPerson.objects.filter(id__in=[key for key in did | {releaser} if key])
        },
        sections={view.discipline: _words(DISCIPLINE_LABELS, view.discipline) for view in results},
        sample_names={sample.number: _sample_name(sample) for sample in detail.samples},
        copied=frozenset((code, order.registered_by) for code in answered),
        **_measures(detail, results, known),
        remarks=() if order.subject_kind == "person" else _held_too_long(detail, results, known),
    )


RULES = {
    "simple": "Aturan keputusan: penerimaan sederhana; nilai dibandingkan langsung dengan batas, ketidakpastian tidak diperhitungkan.",
    "guard": (
        "Aturan keputusan: pita pengaman selebar ketidakpastian diperluas; memenuhi hanya bila nilai ± U di dalam batas "
        "(cacahan, uraian, dan nilai di bawah batas deteksi: penerimaan sederhana)."
    ),
}
"""As printed (ISO/IEC 17025 7.8.6); reports are Indonesian."""


def _measures(detail: OrderDetail, results: list[ResultView], known: Catalogue) -> dict[str, Any]:
    """Detection limits, uncertainties and the decision rule as they held when the values were entered."""
    if detail.order.subject_kind == "person":
        return {}
    found = bench.measured_of(Scope.of(detail.order.owner_id), [view.id for view in results])
    codes = {view.id: view.test_code for view in results}
    rules = {row.rule for row in found.values() if row.rule}
    factors = sorted({f"{row.k.normalize():f}".replace(".", ",") for row in found.values() if row.expanded and row.k})
    said = " ".join(RULES[rule] for rule in ("simple", "guard") if rule in rules)
    if factors:
        said = f"{said} ± adalah ketidakpastian diperluas dengan k = {' dan '.join(factors)}.".strip()
    return {
        "measures": {
            key: Measure(
                lod=row.lod,
                lod_text="" if row.lod is None else number_text(row.lod.normalize()),
                uncertainty="" if row.expanded is None else _significant(row.expanded, known.tests.get(codes[key])),
            )
            for key, row in found.items()
        },
        "decision_rule": said,
    }


def _significant(wide: Decimal, test: TestInfo | None) -> str:
    """U with at most two significant digits, and no fewer decimals than the result has."""
    places = max(0, 1 - wide.adjusted())
    return number_text(wide, max(places, (test.decimals if test else None) or 0))


def _held_too_long(detail: OrderDetail, results: Iterable[ResultView], known: Catalogue) -> tuple[str, ...]:
    """A sentence for each sample and reason whose test began after its holding time (ISO/IEC 17025 7.4.3)."""
    shown = {view.id for view in results}
    groups: dict[tuple[str, int, int, str], list[str]] = {}
    for one in bench.beginnings_of(Scope.of(detail.order.owner_id), detail.order.id):
        if one.late and one.result_id in shown and one.hours is not None:
            waited = int((one.begun_at - one.taken_at).total_seconds() // 3600)
            test = known.tests.get(one.test_code)
            groups.setdefault((one.sample_number, waited, one.hours, one.reason), []).append(
                test.name if test else one.test_code
            )
    return tuple(
        _(
            "Contoh %(number)s: %(tests)s mulai diuji %(waited)d jam sesudah diambil, melewati waktu simpan %(hours)d jam. %(why)s"
        )
        % {"number": number, "tests": ", ".join(tests), "waited": waited, "hours": hours, "why": why}
        for (number, waited, hours, why), tests in groups.items()
    )


def _letterhead(owner: Owner, organisation: Any) -> Letterhead:
    if organisation is None:
        return Letterhead(name=owner.name)
    return Letterhead(
        name=organisation.name,
        parents=(organisation.institution.name,) if organisation.institution else (),
        address=organisation.address,
        phone=organisation.phone,
        accreditation=organisation.accreditation_number,
        accreditation_standard=_STANDARDS.get(organisation.accreditation_number[:3].upper(), ""),
    )


def _sender(order: Any) -> Sender:
    client = order.client
    if client is None:
        return Sender(name=_("Atas permintaan sendiri"), doctor=order.requester)
    return Sender(name=client.name, doctor=order.requester, address=client.address, phone=client.phone)


def _patient(order: Any) -> PatientBlock:
    patient = people.resolve_many(Scope.of(order.owner_id), [order.patient_id])[order.patient_id]
    age = ""
    if patient.birth_date:
        lived = age_on(patient.birth_date, order.day)
        age = ("± " if patient.birth_date_estimated else "") + (
            f"{lived.years} tahun {lived.months} bulan" if lived.years else f"{lived.months} bulan {lived.days} hari"
        )
    return PatientBlock(
        name=patient.full_name,
        nik=patient.nik,
        medical_record=patient.mrn,
        birth_date=patient.birth_date,
        age=age,
        sex=str(patient.get_sex_display()),
        address=", ".join(x for x in (patient.address, network.area_label(patient.residence_id)) if x),
        diagnosis=order.note,
    )


def _answered(detail: OrderDetail, tested: Collection[str]) -> Collection[str]:
    """Tests among the results of this report whose value came from a reading at the site: it is not told twice."""
    if detail.order.source == "referral":
        return ()
    codes = [row.test_code for row in detail.requested if not row.cancelled]
    return readings_as_results(detail.order.in_situ, codes).keys() & set(tested)


def _site(order: Any, known: Catalogue, answered: Collection[str]) -> SiteBlock:
    site = order.site
    if site is None:
        return SiteBlock(name=order.subject_label or str(order.get_subject_kind_display()))
    point = ""
    if site.latitude is not None:
        point = f"{number_text(site.latitude, 5)}; {number_text(site.longitude, 5)}"
    standard = known.standards.get(order.standard)
    return SiteBlock(
        name=site.name,
        address=", ".join(x for x in (site.address, network.area_label(site.area_id)) if x),
        coordinates=point,
        matrix=standard.name if standard else _words(MATRIX_LABELS, order.matrix),
        in_situ=tuple(
            _reading(key, value)
            for key, value in in_form_order(order.in_situ)
            if key not in IN_SITU or IN_SITU[key].test not in answered
        ),
    )


def _reading(key: str, value: str) -> str:
    """``Suhu: 27,4 °C``."""
    kind = IN_SITU.get(key)
    unit = f" {kind.unit}" if kind and kind.unit else ""
    return f"{IN_SITU_LABELS.get(key, key)}: {number_text(value)}{unit}"


def _sample(sample: Any) -> SampleBlock:
    return SampleBlock(
        lab_code=sample.number,
        specimen=f"{sample.specimen} ({sample.description})" if sample.description else sample.specimen,
        collected_at=sample.collected_at,
        collector=sample.collector,
        container=sample.container,
        condition=sample.condition,
    )


def _regulation(code: str, known: Catalogue) -> str:
    standard = known.standards.get(code)
    return f"{standard.regulation} ({standard.version})" if standard else ""


def _sample_name(sample: Any) -> str:
    """What stands over the results of one sample where several have the same tests."""
    return f"{sample.number} · {sample.description or sample.specimen}"


def _words(labels: Mapping[str, Any], code: str) -> str:
    return str(labels.get(code) or code.replace("_", " ").capitalize())
