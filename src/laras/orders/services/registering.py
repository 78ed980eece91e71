"""Registering orders, for persons and things and at sites, and adding tests to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils.translation import gettext as _

from laras.catalogue import queries as catalogue_queries
from laras.catalogue.types import Catalogue, UnknownCode
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Forbidden, Problem, Refused
from laras.core.models import Owner
from laras.core.numbering import format_number, next_serials
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.network import queries as network_queries
from laras.orders import rules
from laras.orders.events import (
    OrderRegistered,
    SiteRegistered,
    TestsAdded,
)
from laras.orders.models import (
    PAYERS,
    PURPOSES,
    SOURCES,
    URGENCIES,
    Custody,
    Order,
    OrderLine,
    Participation,
    RequestedTest,
    Sample,
    Site,
)
from laras.orders.services.checks import check_client, checked_moment, checked_text, lock_order, owner_of, refuse
from laras.orders.services.rows import Draft, Registered, link, prices_of
from laras.orders.states import ORDER
from laras.orders.types import GivenSample, Price, SiteInput
from laras.partners import queries as partners_queries
from laras.people import queries as people_queries
from laras.people import services as people_services
from laras.people.services import SamePerson

SUBJECTS_WITHOUT_PERSON = ("equipment", "proficiency", "control")


SITE_KINDS = ("environment", "food", "vector")


@use_case
def register_order(
    actor: Actor,
    *,
    owner: Owner,
    codes: Sequence[str] = (),
    patient_id: UUID | None = None,
    new_patient: Mapping[str, Any] | None = None,
    subject_kind: str = "person",
    subject_label: str = "",
    client_id: UUID | None = None,
    requester: str = "",
    payer: str = "self",
    purpose: str = "diagnosis",
    urgency: str = "routine",
    note: str = "",
    collected_at: datetime | None = None,
    collector: str = "",
    given_samples: Sequence[GivenSample] = (),
    origins: Mapping[str, UUID] | None = None,
    standard: str = "",
    source: str = "counter",
    origin: UUID | None = None,
    programme: str = "",
) -> Registered:
    """Register tests for a person (on file, or new with the fields of ``people.services.register_patient``), a piece of
    equipment, a proficiency item or a control.

    ``codes`` are tests and panels; samples follow from the catalogue, or are ``given_samples`` when they already exist.
    ``origins`` (test code -> id) and ``origin`` are kept for the floor above that asked. ``collected_at`` says that all
    samples were taken. ``programme`` is the one for whose intervals this order counts; what it asks for is proposed by
    ``propose`` and chosen by whoever registers. With ``source="referral"`` the right to receive referrals stands for those
    of the counter.

    Raises Refused with every problem found (a new patient's fields as ``patient.<field>``), ``SamePerson`` when that
    person seems to be on file, NotFound for a patient of another organisation.
    """
    _require_registering(actor, owner.id, source)
    catalogue = catalogue_queries.effective(owner.id)
    problems: list[Problem] = []
    if subject_kind != "person" and subject_kind not in SUBJECTS_WITHOUT_PERSON:
        problems.append(Problem("subject_kind", _("Pilih jenis subjek dari daftar.")))
        subject_kind = "control"
    if given_samples:
        codes = list(dict.fromkeys(code for sample in given_samples for code in sample.codes))
    chosen = choose_lines(catalogue, codes, subject_kind, problems)
    head = _read_head(
        owner,
        problems,
        client_id=client_id,
        requester=requester,
        payer=payer,
        purpose=purpose,
        urgency=urgency,
        note=note,
        subject_label=subject_label,
        standard=standard,
        source=source,
    )
    if standard and standard not in catalogue.standards:
        problems.append(Problem("standard", _("Baku mutu ini tidak ada di katalog.")))
    if programme and (programme not in catalogue.programmes or catalogue.programmes[programme].subject != subject_kind):
        problems.append(Problem("programme", _("Program ini tidak ada di katalog untuk subjek ini.")))
    collected_at, collector = _read_collection(owner, problems, collected_at, collector)
    given = _read_given(owner, problems, given_samples)
    if subject_kind == "person":
        if (patient_id is None) == (new_patient is None):
            problems.append(Problem("patient", _("Pilih pasien, atau isi data pasien baru.")))
            new_patient = None
        patient = _patient(actor, owner.id, patient_id, new_patient, problems, source)
        refuse(problems)
        head["patient"] = patient
    else:
        if patient_id or new_patient:
            problems.append(Problem("patient", _("Subjek ini bukan orang.")))
        if not head["subject_label"]:
            problems.append(Problem("subject_label", _("Tulis nama atau nomor barangnya.")))
        refuse(problems)
    return _place(
        actor,
        owner=owner,
        catalogue=catalogue,
        chosen=chosen,
        head={**head, "subject_kind": subject_kind, "standard": standard, "source": source, "origin": origin},
        points=[""],
        given=given,
        origins=origins or {},
        collected_at=collected_at,
        collector=collector,
        programme=programme,
    )


@use_case
def register_site_order(
    actor: Actor,
    *,
    owner: Owner,
    kind: str = "environment",
    codes: Sequence[str] = (),
    site_id: UUID | None = None,
    new_site: SiteInput | None = None,
    matrix: str = "",
    standard: str = "",
    points: Sequence[str] = (),
    given_samples: Sequence[GivenSample] = (),
    in_situ: Mapping[str, str] | None = None,
    client_id: UUID | None = None,
    requester: str = "",
    payer: str = "self",
    purpose: str = "quality",
    urgency: str = "routine",
    note: str = "",
    collected_at: datetime | None = None,
    collector: str = "",
    source: str = "counter",
    origin: UUID | None = None,
) -> Registered:
    """Register tests of water, air, food, swabs or vectors taken at a site (on file, or new).

    ``points`` are the places of sampling within the site: each gets its own samples, and each test is made and charged
    once for every point. ``standard`` is the set of limits that judges the results; ``in_situ`` are the readings of
    ``rules.IN_SITU`` as typed. Coordinates must lie in Indonesia. ``given_samples`` exist already, as in a referral,
    and stand instead of ``points``; ``codes`` beside them (panels, as they are charged) must need no test that they lack.
    """
    _require_registering(actor, owner.id, source)
    catalogue = catalogue_queries.effective(owner.id)
    problems: list[Problem] = []
    if kind not in SITE_KINDS:
        problems.append(Problem("kind", _("Pilih jalur lingkungan, makanan, atau vektor.")))
        kind = "environment"
    if given_samples:
        codes = codes or list(dict.fromkeys(code for sample in given_samples for code in sample.codes))
        points = ()
    chosen = choose_lines(catalogue, codes, kind, problems)
    head = _read_head(
        owner,
        problems,
        client_id=client_id,
        requester=requester,
        payer=payer,
        purpose=purpose,
        urgency=urgency,
        note=note,
        subject_label="",
        standard=standard,
        source=source,
    )
    matrix = checked_text(problems, "matrix", matrix, 40)
    limits = catalogue.standards.get(standard) if standard else None
    if standard and limits is None:
        problems.append(Problem("standard", _("Baku mutu ini tidak ada di katalog.")))
    if limits is not None and matrix and limits.matrix != matrix:
        problems.append(Problem("standard", _("Baku mutu ini untuk matriks lain; samakan matriksnya.")))
    if limits is not None and not matrix:
        matrix = limits.matrix[:40]
    readings = _read_in_situ(problems, in_situ or {})
    collected_at, collector = _read_collection(owner, problems, collected_at, collector)
    given = _read_given(owner, problems, given_samples)
    carried = {code for sample in given for code in sample.codes}
    if given and any(code not in carried for line in chosen for code in line.tests):
        problems.append(Problem("codes", _("Ada pemeriksaan yang tidak punya sampel.")))
    places = [checked_text(problems, "points", point, 160) for point in points if point.strip()] or [""]
    if len(places) > rules.MAX_POINTS:
        problems.append(
            Problem("points", _("Paling banyak %(n)d titik dalam satu permintaan.") % {"n": rules.MAX_POINTS})
        )
    if len(set(places)) < len(places):
        problems.append(Problem("points", _("Ada titik yang tertulis dua kali.")))
    if (site_id is None) == (new_site is None):
        problems.append(Problem("site", _("Pilih lokasi, atau isi lokasi baru.")))
    site = None
    if site_id is not None:
        site = get_or_404(Site.objects.within(Scope.of(owner.id)), id=site_id)
    elif new_site is not None:
        site = _read_site(owner.id, problems, new_site, head["client_id"])
    refuse(problems)
    assert site is not None
    if new_site is not None:
        _save_site(actor, site)
    head["subject_label"] = ""
    return _place(
        actor,
        owner=owner,
        catalogue=catalogue,
        chosen=chosen,
        head={
            **head,
            "subject_kind": kind,
            "site": site,
            "matrix": matrix,
            "standard": standard,
            "in_situ": readings,
            "source": source,
            "origin": origin,
        },
        points=places,
        given=given,
        origins={},
        collected_at=collected_at,
        collector=collector,
    )


@use_case
def register_site(actor: Actor, *, owner_id: UUID, site: SiteInput, client_id: UUID | None = None) -> Site:
    """Put a place on file. Refused: coordinates outside Indonesia or swapped, unknown areas and clients."""
    actor.require("orders.register", owner_id)
    problems: list[Problem] = []
    if client_id is not None:
        check_client(owner_id, client_id, problems)
    row = _read_site(owner_id, problems, site, client_id)
    refuse(problems)
    _save_site(actor, row)
    return row


def _require_registering(actor: Actor, owner_id: UUID, source: str) -> None:
    if source == "referral" and actor.can("referral.receive", owner_id):
        return
    actor.require("orders.register", owner_id)


def choose_lines(
    catalogue: Catalogue, codes: Sequence[str], kind: str, problems: list[Problem]
) -> tuple[rules.Chosen, ...]:
    """The lines for the codes as typed; each code that cannot be ordered becomes a problem that names it."""
    wanted: list[str] = []
    if len(codes) > rules.MAX_CODES:
        problems.append(Problem("codes", _("Paling banyak %(n)d pemeriksaan sekaligus.") % {"n": rules.MAX_CODES}))
        return ()
    for row, typed in enumerate(codes, start=1):
        code = typed.strip()
        code = code if code in catalogue else code.upper()
        entry = catalogue.tests.get(code) or catalogue.panels.get(code)
        if entry is None:
            shown = rules.clean_text(typed)[:40]
            problems.append(
                Problem(
                    "codes", _("Pemeriksaan “%(code)s” tidak ada di katalog laboratorium ini.") % {"code": shown}, row
                )
            )
        elif not rules.fits(entry, kind):
            problems.append(
                Problem("codes", _("“%(name)s” bukan pemeriksaan untuk subjek ini.") % {"name": entry.name}, row)
            )
        else:
            wanted.append(code)
    if not codes:
        problems.append(Problem("codes", _("Pilih paling sedikit satu pemeriksaan.")))
    try:
        return rules.choose(catalogue, wanted)
    except UnknownCode as error:
        problems.append(
            Problem("codes", _("Isi panel menunjuk pemeriksaan yang tidak ada: “%(code)s”.") % {"code": error.code})
        )
        return ()


def _read_head(
    owner: Owner,
    problems: list[Problem],
    *,
    client_id: UUID | None,
    requester: str,
    payer: str,
    purpose: str,
    urgency: str,
    note: str,
    subject_label: str,
    standard: str,
    source: str,
) -> dict[str, Any]:
    for field, given, known in (
        ("payer", payer, PAYERS),
        ("purpose", purpose, PURPOSES),
        ("urgency", urgency, URGENCIES),
        ("source", source, SOURCES),
    ):
        if given not in known:
            problems.append(Problem(field, _("Pilih dari daftar.")))
    if client_id is not None:
        check_client(owner.id, client_id, problems)
    elif payer == "institution":
        problems.append(Problem("client", _("Pilih instansi atau perusahaan yang membayar.")))
    return {
        "client_id": client_id,
        "requester": checked_text(problems, "requester", requester, 120),
        "payer": payer,
        "purpose": purpose,
        "urgency": urgency,
        "note": checked_text(problems, "note", note, 500),
        "subject_label": checked_text(problems, "subject_label", subject_label, 160),
    }


def _read_collection(
    owner: Owner, problems: list[Problem], collected_at: datetime | None, collector: str
) -> tuple[datetime | None, str]:
    return checked_moment(owner, problems, "collected_at", collected_at), checked_text(
        problems, "collector", collector, 120
    )


def _read_given(owner: Owner, problems: list[Problem], given: Sequence[GivenSample]) -> tuple[GivenSample, ...]:
    return tuple(
        dataclasses.replace(
            sample,
            specimen=checked_text(problems, "samples", sample.specimen, 60) or "-",
            container=checked_text(problems, "samples", sample.container, 80),
            description=checked_text(problems, "samples", sample.description, 160),
            external_number=checked_text(problems, "samples", sample.external_number, 60).upper(),
            collected_at=checked_moment(owner, problems, "samples", sample.collected_at),
            collector=checked_text(problems, "samples", sample.collector, 120),
            preservation=checked_text(problems, "samples", sample.preservation, 120),
        )
        for sample in given
    )


def _patient(
    actor: Actor,
    owner_id: UUID,
    patient_id: UUID | None,
    new_patient: Mapping[str, Any] | None,
    problems: list[Problem],
    source: str,
) -> Any:
    if patient_id is not None:
        patient = people_queries.resolve(Scope.of(owner_id), patient_id)
        if patient.status != "active":
            problems.append(Problem("patient", _("Data pasien ini sudah dihapus.")))
        return patient
    if new_patient is None:
        return None
    if source == "referral" and owner_id in actor.grants:
        # Who may take a referral in may note the person it is about.
        actor = dataclasses.replace(actor, grants={**actor.grants, owner_id: actor.grants[owner_id] | {"people.write"}})
    try:
        return people_services.register_patient(actor, owner_id=owner_id, **new_patient)
    except SamePerson as error:
        error.problems = tuple(_of_patient(error.problems))
        if problems:
            error.problems = (*problems, *error.problems)
        raise
    except Forbidden:
        raise
    except Refused as error:
        problems.extend(_of_patient(error.problems) or [Problem("patient", str(error.message))])
    return None


def _of_patient(problems: Iterable[Problem]) -> list[Problem]:
    return [dataclasses.replace(problem, field=f"patient.{problem.field}") for problem in problems]


def _read_in_situ(problems: list[Problem], readings: Mapping[str, str]) -> dict[str, str]:
    kept, wrong = rules.read_in_situ(readings)
    messages = {
        "unknown": _("Pengukuran ini tidak dikenal."),
        "no_number": _("Tulis angka saja, misalnya 7,2."),
        "impossible": _("Nilai ini tidak mungkin; periksa angka dan satuannya."),
    }
    problems.extend(Problem(f"in_situ.{key[:40]}", messages[word]) for key, word in wrong.items())
    return kept


def _read_site(owner_id: UUID, problems: list[Problem], given: SiteInput, client_id: UUID | None) -> Site:
    name = checked_text(problems, "site.name", given.name, 160)
    if not name:
        problems.append(Problem("site.name", _("Tulis nama lokasinya.")))
    word = rules.coordinates_problem(given.latitude, given.longitude)
    if word:
        message = {
            "half": _("Isi lintang dan bujur, atau kosongkan keduanya."),
            "swapped": _("Lintang dan bujur tertukar: di Indonesia lintang antara −12 dan 7, bujur antara 94 dan 142."),
            "outside": _("Titik ini di luar Indonesia: lintang antara −12 dan 7, bujur antara 94 dan 142."),
        }[word]
        problems.append(Problem("site.latitude", message))
    if given.area_id is not None and not network_queries.area_exists(given.area_id):
        problems.append(Problem("site.area", _("Pilih wilayah dari daftar.")))
    six = Decimal("0.000001")
    return Site(
        owner_id=owner_id,
        name=name,
        kind=checked_text(problems, "site.kind", given.kind, 40),
        address=checked_text(problems, "site.address", given.address, 240),
        area_id=given.area_id,
        latitude=None if word or given.latitude is None else given.latitude.quantize(six),
        longitude=None if word or given.longitude is None else given.longitude.quantize(six),
        client_id=client_id,
    )


def _save_site(actor: Actor, site: Site) -> None:
    Site.rows.bulk_create([site])
    journal.record(
        actor,
        owner=site.owner_id,
        event=SiteRegistered(site=site.id, area=site.area_id),
        subject=site.id,
        sealed={"name": site.name, "address": site.address},
    )


def _place(
    actor: Actor,
    *,
    owner: Owner,
    catalogue: Catalogue,
    chosen: Sequence[rules.Chosen],
    head: Mapping[str, Any],
    points: Sequence[str],
    given: Sequence[GivenSample],
    origins: Mapping[str, UUID],
    collected_at: datetime | None,
    collector: str,
    programme: str = "",
) -> Registered:
    """Number, price and store a checked order: one statement for each table."""
    now = clock.now()
    day = now.astimezone(ZoneInfo(owner.zone)).date()
    serial = next_serials(owner.id, "order", day)
    order = Order(
        owner_id=owner.id,
        number=format_number(owner.code, day, serial),
        day=day,
        registered_at=now,
        registered_by=actor.person_id,
        **head,
    )
    agreement = None
    if order.payer == "institution" and order.client_id:
        agreement = partners_queries.agreement_on(Scope.of(owner.id), order.client_id, day)
    draft = compose(
        owner,
        catalogue,
        order,
        chosen,
        agreement=agreement.id if agreement else None,
        prices=prices_of(owner.id, [code for line in chosen for code in (line.code, *line.tests)]),
        points=points,
        given=given,
        origins=origins,
        collected_at=collected_at,
        collector=collector,
    )
    taking_part = [Participation(owner_id=owner.id, order=order, programme=programme, day=day)] if programme else []
    bulk.insert_all([order], draft.lines, draft.samples, draft.requested, taking_part)
    write_collected(actor, draft.samples)
    journal.record(actor, owner=owner.id, event=registered_event(order, draft, programme), subject=order.id)
    return Registered(order, draft.lines, draft.samples, draft.requested)


def compose(
    owner: Owner,
    catalogue: Catalogue,
    order: Order,
    chosen: Sequence[rules.Chosen],
    *,
    agreement: UUID | None,
    prices: Mapping[str, Price],
    points: Sequence[str] = ("",),
    given: Sequence[GivenSample] = (),
    origins: Mapping[str, UUID] | None = None,
    collected_at: datetime | None = None,
    collector: str = "",
) -> Draft:
    """The rows below an order, unsaved: priced lines, samples with their numbers, requested tests."""
    draft = Draft(owner, catalogue, order, agreement, prices)
    for point in points:
        line_of = draft.add_lines(chosen, point if len(points) > 1 else "")
        plans = list(given) or [
            GivenSample(plan.tests, plan.specimen[:60], plan.container[:80], description=point)
            for plan in rules.plan_samples(catalogue.test(code) for code in line_of)
        ]
        for plan in plans:
            draft.add_sample(plan, line_of, origins or {}, collected_at, collector)
    return draft


def write_collected(actor: Actor, samples: Iterable[Sample]) -> None:
    """The first link of the chain of custody of those that were taken already."""
    taken = [sample for sample in samples if sample.status == "collected"]
    if taken:
        Custody.rows.bulk_create(
            [link(sample, "collected", actor, at=sample.collected_at, name=sample.collector) for sample in taken]
        )


def registered_event(order: Order, draft: Draft, programme: str = "") -> OrderRegistered:
    return OrderRegistered(
        order=order.id,
        number=order.number,
        subject_kind=order.subject_kind,
        patient=order.patient_id,
        site=order.site_id,
        client=order.client_id,
        urgency=order.urgency,
        payer=order.payer,
        purpose=order.purpose,
        source=order.source,
        origin=order.origin,
        standard=order.standard,
        total=sum(line.price for line in draft.lines),
        tests=tuple((row.id, row.sample_id, row.test_code) for row in draft.requested),
        samples=tuple((row.id, row.number, row.specimen, row.status) for row in draft.samples),
        programme=programme,
    )


@use_case
def add_tests(actor: Actor, *, owner_id: UUID, order_id: UUID, codes: Sequence[str]) -> Registered:
    """Add tests and panels to an order that is still worked on. What is already asked for is left out.

    They rest on a sample that is there when its specimen and container fit, else on a new one.
    """
    actor.require("orders.register", owner_id)
    order = lock_order(owner_id, order_id)
    if order.status not in ("registered", "working"):
        raise Refused(
            _("Tidak bisa ditambah: statusnya sekarang “%(status)s”.") % {"status": ORDER.label(order.status)},
            code="closed",
        )
    owner = owner_of(owner_id)
    catalogue = catalogue_queries.effective(owner_id)
    problems: list[Problem] = []
    chosen = choose_lines(catalogue, codes, order.subject_kind, problems)
    refuse(problems)
    scope = Scope.of(owner_id)
    present = list(RequestedTest.objects.within(scope).filter(order_id=order.id).select_related("sample"))
    asked = {row.test_code for row in present if not row.cancelled}
    chosen = tuple(
        dataclasses.replace(item, tests=rest)
        for item in chosen
        if (rest := tuple(code for code in item.tests if code not in asked))
    )
    if not chosen:
        raise Refused(
            _("Semua pemeriksaan ini sudah diminta."), problems=[Problem("codes", _("Sudah ada di permintaan ini."))]
        )
    samples = list(Sample.objects.within(scope).filter(order_id=order.id).order_by("position"))
    last_line = OrderLine.objects.within(scope).filter(order_id=order.id).aggregate(n=Max("position"))["n"] or 0
    prices = prices_of(owner_id, [code for line in chosen for code in (line.code, *line.tests)])
    draft = Draft(
        owner,
        catalogue,
        order,
        None,
        prices,
        lines=last_line,
        samples=len(samples),
        tests=max((row.position for row in present), default=0),
    )
    line_of = draft.add_lines(chosen)
    usable = [sample for sample in samples if sample.status in ("expected", "collected", "received")]
    for plan in rules.plan_samples(catalogue.test(code) for code in line_of):
        key = (plan.specimen[:60], plan.container[:80])
        sample = next((row for row in usable if (row.specimen, row.container) == key), None)
        if sample is None:
            sample = draft.add_sample(GivenSample((), *key), line_of, {}, None, "")
        draft.add_tests(sample, plan.tests, line_of, {})
    OrderLine.rows.bulk_create(draft.lines)
    Sample.rows.bulk_create(draft.samples)
    RequestedTest.rows.bulk_create(draft.requested)
    status = {sample.id: sample.status for sample in (*samples, *draft.samples)}
    journal.record(
        actor,
        owner=owner_id,
        event=TestsAdded(
            order=order.id,
            total=sum(line.price for line in draft.lines),
            tests=tuple((row.id, row.sample_id, row.test_code, status[row.sample_id]) for row in draft.requested),
        ),
        subject=order.id,
    )
    return Registered(order, draft.lines, draft.samples, draft.requested)
