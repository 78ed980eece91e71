"""From validated results to the document that a report says. Pure: plain values in, an :class:`LhuDocument` out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from laras.bench.types import ResultView
from laras.core.printing.formats import date_text, in_zone
from laras.core.printing.types import Letterhead, Zone
from laras.cultures.rules.wording import CATEGORY_SAID
from laras.cultures.types import Detail
from laras.reports.types import (
    Amendment,
    Change,
    CriticalNote,
    Flag,
    LhuDocument,
    PatientBlock,
    PerformingLaboratory,
    ResultRow,
    Role,
    SampleBlock,
    Sender,
    Signer,
    SiteBlock,
    Times,
)

# Flags of the bench -> flags of the paper; "normal" prints nothing.
_FLAGS: Mapping[str, Flag] = {"": "", "N": "", "L": "L", "H": "H", "LL": "LL", "HH": "HH", "A": "A"}
_DID: Mapping[Role, tuple[str, str, str]] = {
    "analyst": ("entered_by_id", "entered_by", "entered_at"),
    "verifier": ("verified_by_id", "verified_by", "verified_at"),
    "validator": ("validated_by_id", "validated_by", "validated_at"),
}
RELEASER_TITLE = "Yang menerbitkan"


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something: name with title, and the number that stands under a signature."""

    name: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """What held when a value was entered: the detection limit (a number and its text), and U as it is printed."""

    lod: Decimal | None = None
    lod_text: str = ""
    uncertainty: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about an order that a report says besides its results.

    ``copied`` holds (test, person) of readings at the site: who wrote them down did not examine them. ``remarks`` are what must be
    told of the way of a sample. ``details`` are isolates and their susceptibilities, by the result of their culture.
    """

    order_number: str
    clinical: bool
    zone: Zone
    letterhead: Letterhead
    place: str
    sender: Sender
    patient: PatientBlock | None
    site: SiteBlock | None
    samples: tuple[SampleBlock, ...]
    regulation: str
    registered_at: datetime
    accredited: frozenset[str]
    persons: Mapping[Any, Person]
    sections: Mapping[str, str]
    sample_names: Mapping[str, str] = field(default_factory=dict)
    copied: frozenset[tuple[str, Any]] = frozenset()
    remarks: tuple[str, ...] = ()
    measures: Mapping[Any, Measure] = field(default_factory=dict)
    decision_rule: str = ""
    details: Mapping[Any, Detail] = field(default_factory=dict)


def assemble(
    facts: Facts,
    results: Sequence[ResultView],
    *,
    number: str,
    version: int,
    released_at: datetime | None,
    releaser: Any = None,
    comments: Iterable[str] = (),
    verification_url: str = "",
    journal_mark: str = "",
    before: LhuDocument | None = None,
    reason: str = "",
    missing: Iterable[str] = (),
) -> LhuDocument:
    """The document of one version. ``before`` is the version that it replaces; ``missing`` names tests still awaited.

    Without ``released_at`` it is a draft. Rows keep the order of ``results``.
    """
    laboratories = _laboratories(results, facts.zone)
    keys = {lab.name: lab.key for lab in laboratories}
    apart = len({view.test_code for view in results}) < len(results)
    was = _counterparts(before.rows if before else ())
    claimed = any(view.test_code in facts.accredited for view in results if not view.external)
    rows = tuple(
        line
        for view in results
        for line in _lines(_row(facts, view, keys, was, apart=apart, claimed=claimed), facts.details.get(view.id), was)
    )
    # Of another laboratory's result we know when it came, not when it was tested: its own report says that.
    ours = [view for view in results if not view.external]
    tested = [view.entered_at for view in ours if view.entered_at]
    received = [view.received_at for view in results if view.received_at]
    collected = [view.collected_at for view in results if view.collected_at]
    judged = [row.complies for row in rows if row.complies is not None]
    document = LhuDocument(
        kind="clinical" if facts.clinical else "environment",
        number=number,
        version=version,
        letterhead=_marked(facts.letterhead, rows),
        sender=facts.sender,
        times=Times(
            zone=facts.zone,
            registered=facts.registered_at,
            collected=min(collected, default=None),
            received=min(received, default=None),
            tested_from=min(tested, default=None),
            tested_to=max((v.validated_at for v in ours if v.validated_at), default=None),
            released=released_at,
        ),
        rows=rows,
        signers=_signers(facts, results, releaser, released_at),
        order_number=facts.order_number,
        patient=facts.patient,
        site=facts.site,
        samples=facts.samples,
        regulation=facts.regulation,
        conclusion=_conclusion(facts, judged, len(rows)),
        critical_notes=tuple(_critical_notes(results)),
        comments=tuple(comment for comment in comments if comment),
        awaited=tuple(missing),
        remarks=facts.remarks,
        decision_rule=facts.decision_rule,
        laboratories=laboratories,
        verification_url=verification_url,
        journal_mark=journal_mark,
        place=facts.place,
        state="released" if released_at else "draft",
    )
    return replace(document, amends=_amendment(before, document, reason)) if before else document


def completing(missing: Sequence[str]) -> str:
    """The reason that a version prints when it only adds to an interim one."""
    return "Sebagian hasil yang ditunggu sudah ada." if missing else "Hasil yang ditunggu sudah lengkap."


def _marked(letterhead: Letterhead, rows: Sequence[ResultRow]) -> Letterhead:
    """The mark of accreditation stands only where the scope covers a test of this report (ISO/IEC 17025 8.1, KAN)."""
    if any(row.accredited for row in rows):
        return letterhead
    return replace(letterhead, accreditation="", accreditation_standard="", accreditation_logo_svg="")


def _counterparts(rows: Iterable[ResultRow]) -> Callable[[ResultRow], ResultRow | None]:
    """Finds the row of an earlier version that tells of the same test on the same sample."""
    rows = tuple(rows)
    by_key = {row.key: row for row in rows if row.key}
    by_name = {row.test: row for row in rows if not row.key}
    return lambda row: by_key.get(row.key) or by_name.get(row.test)


def _says(row: ResultRow | None) -> str:
    return f"{row.result} {row.unit}".strip() if row else "–"


def _differs(old: ResultRow, new: ResultRow) -> bool:
    return (old.result, old.unit, old.flag, old.limit, old.complies, old.uncertainty) != (
        new.result,
        new.unit,
        new.flag,
        new.limit,
        new.complies,
        new.uncertainty,
    )


def _row(
    facts: Facts,
    view: ResultView,
    keys: Mapping[str, str],
    was: Callable[[ResultRow], ResultRow | None],
    *,
    apart: bool,
    claimed: bool,
) -> ResultRow:
    flag: Flag = _FLAGS.get(view.flag, "A")
    if view.critical and flag == "A":
        flag = "AA"
    section = facts.sections.get(view.discipline, view.discipline)
    measure = facts.measures.get(view.id, Measure())
    below = measure.lod is not None and view.number is not None and not view.operator and view.number < measure.lod
    row = ResultRow(
        test=view.name,
        result=f"< {measure.lod_text}" if below else view.shown or view.text,
        uncertainty="" if below else measure.uncertainty,
        unit=view.unit if view.number is not None else "",
        limit=view.reference if facts.clinical else view.limit_text,
        flag=flag if facts.clinical else "",
        method=view.method,
        # The same test on several samples stands under the sample's own heading.
        section=facts.sample_names.get(view.sample_number, view.sample_number) if apart else section,
        note=view.comment,
        laboratory=keys.get(view.performer_name, "") if view.external else "",
        complies=None if facts.clinical else view.meets_limit,
        accredited=None if view.external or not claimed else view.test_code in facts.accredited,
        key=f"{view.sample_number}/{view.test_code}",
        interim=view.provisional,
    )
    old = was(row)
    return replace(row, amended=old is not None and _differs(old, row))


def _lines(row: ResultRow, detail: Detail | None, was: Callable[[ResultRow], ResultRow | None]) -> Iterable[ResultRow]:
    """The line of a test and, for a culture, its isolates below it, each with its antibiotics."""
    if detail is None:
        yield row
        return
    yield _compared(replace(row, result=detail.heading), was)
    plain = replace(row, unit="", limit="", flag="", note="", method="", result="", accredited=None)
    for one in detail.isolates:
        if not one.drugs:
            continue
        # Not the sign of the line's own key: pages find the name of a test by what stands behind the last of those.
        head = replace(
            plain, test=f"Isolat {one.number}", result=one.organism or "belum teridentifikasi",
            level=row.level + 1, key=f"{row.key}:{one.number}",
        )  # fmt: skip
        yield _compared(head, was)
        for drug in one.drugs:
            said = f"{drug.category} – {CATEGORY_SAID[drug.category]}" if drug.category else "Tidak dinilai"
            line = replace(
                plain, test=drug.name, result=said, limit=drug.measured, method=drug.method, note=drug.reason,
                level=row.level + 2, key=f"{row.key}:{one.number}:{drug.antibiotic}",
            )  # fmt: skip
            yield _compared(line, was)


def _compared(row: ResultRow, was: Callable[[ResultRow], ResultRow | None]) -> ResultRow:
    old = was(row)
    return replace(row, amended=old is not None and _differs(old, row))


def _laboratories(results: Sequence[ResultView], zone: Zone) -> tuple[PerformingLaboratory, ...]:
    """The other laboratories that performed tests, lettered in the order in which they first appear, with the numbers
    and days of their reports."""
    reports: dict[str, list[str]] = {}
    for view in results:
        if view.external:
            numbers = reports.setdefault(view.performer_name, [])
            day = _reported_on(view, zone)
            told = " ".join(x for x in (view.performer_report, f"({day})" if day else "") if x)
            if view.performer_report and told not in numbers:
                numbers.append(told)
    return tuple(
        PerformingLaboratory(key=_letter(index), name=name, report_number=", ".join(numbers))
        for index, (name, numbers) in enumerate(reports.items())
    )


def _reported_on(view: ResultView, zone: Zone) -> str:
    """The day of the performing laboratory's report, by the way of the specimen; empty when that does not tell."""
    for step in reversed(view.journey):
        if step.get("what") == "reported" and step.get("number") == view.performer_report:
            return date_text(in_zone(datetime.fromisoformat(str(step["at"])), zone).date())
    return ""


def _letter(index: int) -> str:
    """0 -> A, 25 -> Z, 26 -> A1."""
    turn, place = divmod(index, 26)
    return chr(ord("A") + place) + (str(turn) if turn else "")


def _signers(facts: Facts, results: Sequence[ResultView], releaser: Any, at: datetime | None) -> tuple[Signer, ...]:
    """Who tested, verified and validated what this laboratory performed, and who released the whole."""

    def person(key: Any, name: str) -> Person:
        return facts.persons.get(key) or Person(name)

    signers: list[Signer] = []
    for role in _DID:
        seen: dict[Any, tuple[str, datetime | None]] = {}
        for view in results:
            key, name, when = (getattr(view, column) for column in _DID[role])
            if role == "verifier" and view.verified_by_rule:
                # No person: the version of the laboratory's rule, for which who switched it on answers.
                key, name = view.verified_by_rule, f"Aturan {view.verified_by_rule}"
            if role == "analyst" and (view.test_code, key) in facts.copied:
                continue
            if key is not None and not view.external:
                last = seen.get(key, (name, None))[1]
                seen[key] = (name, max((m for m in (last, when) if m), default=None))
        for key, (name, when) in seen.items():
            who = person(key, name)
            if role == "validator":
                signers.append(Signer(role, who.name, title=_title(facts, who.name), number=who.number, at=when))
            else:
                signers.append(Signer(role, who.name))
    if releaser is not None:
        who = person(releaser, "")
        signers.append(Signer("releaser", who.name, title=RELEASER_TITLE, number=who.number, at=at))
    return tuple(signers)


def _title(facts: Facts, name: str) -> str:
    """What stands over the signature; only a doctor is called one."""
    if not facts.clinical:
        return "Manajer Teknis"
    doctor = name.startswith("dr.") or "Sp." in name
    return "Dokter Penanggung Jawab" if doctor else "Penanggung Jawab Laboratorium"


def _conclusion(facts: Facts, judged: Sequence[bool], rows: int) -> str:
    """For the sample as a whole: one parameter beyond its limit is enough to fail, all must be judged to meet."""
    if facts.clinical:
        return ""
    if not judged:
        return "Contoh uji tidak dinilai." if facts.decision_rule and facts.regulation else ""
    if not all(judged):
        failed = judged.count(False)
        return f"Contoh uji tidak memenuhi syarat pada {failed} dari {rows} parameter."
    if len(judged) == rows:
        return "Contoh uji memenuhi syarat pada semua parameter yang diuji."
    return f"{len(judged)} dari {rows} parameter dinilai dan memenuhi syarat; lainnya tanpa baku mutu yang diadopsi."


def _critical_notes(results: Sequence[ResultView]) -> Iterable[CriticalNote]:
    """Every call of a value that is still critical; one that nobody made yet is named too, without a moment."""
    for view in results:
        for call in view.calls if view.critical else ():
            yield CriticalNote(
                test=view.name,
                result=f"{view.shown} {view.unit}".strip(),
                told_to=", ".join(x for x in (call.receiver, call.receiver_role) if x),
                told_by=call.called_by,
                told_at=call.called_at,
                read_back=call.read_back,
            )


_IDENTITY = {
    "name": "Nama",
    "nik": "NIK",
    "birth_date": "Tanggal lahir",
    "sex": "Jenis kelamin",
    "medical_record": "No. rekam medis",
}


def _amendment(before: LhuDocument, now: LhuDocument, reason: str) -> Amendment:
    """What differs from the version before. What only completes an interim version is not listed as a change."""
    was, remains = _counterparts(before.rows), _counterparts(now.rows)
    changes = []
    if before.patient and now.patient:
        for name, word in _IDENTITY.items():
            old, new = (_shown(getattr(document.patient, name)) for document in (before, now))
            if old != new:
                changes.append(Change(word, old or "–", new or "–"))
    if before.site and now.site and before.site.name != now.site.name:
        changes.append(Change("Lokasi", before.site.name, now.site.name))
    for row in now.rows:
        old_row = was(row)
        if old_row is None and not before.awaited:
            changes.append(Change(row.test, "–", _says(row)))
        elif old_row is not None and _says(old_row) != _says(row):
            changes.append(Change(row.test, _says(old_row), _says(row)))
        elif old_row is not None and _differs(old_row, row):
            changes.append(Change(f"{row.test} (penilaian)", _judged(old_row), _judged(row)))
    changes += [Change(row.test, _says(row), "–") for row in before.rows if remains(row) is None]
    return Amendment(version=before.version, reason=reason, issued_at=before.times.released, changes=tuple(changes))


def _judged(row: ResultRow) -> str:
    verdict = {True: "memenuhi", False: "tidak memenuhi", None: ""}[row.complies]
    return " ".join(x for x in (row.limit, row.flag, verdict) if x) or "–"


def _shown(value: Any) -> str:
    return f"{value:%d-%m-%Y}" if isinstance(value, date) else str(value or "")


def says_the_same(one: LhuDocument, other: LhuDocument) -> bool:
    """Whether two versions tell the reader the same: number, moment and signer apart."""
    return _told(one) == _told(other)


def _told(document: LhuDocument) -> LhuDocument:
    return replace(
        document,
        number="",
        version=0,
        times=replace(document.times, released=None),
        signers=tuple(replace(signer, at=None) for signer in document.signers if signer.role != "releaser"),
        rows=tuple(replace(row, amended=False, key="") for row in document.rows),
        amends=None,
        verification_url="",
        journal_mark="",
        state="released",
    )


def takes_back(before: LhuDocument, now: LhuDocument) -> bool:
    """Whether a reader of ``before`` was told something that ``now`` does not confirm: the new version needs a reason."""
    if not before.awaited:
        return not says_the_same(before, now)
    remains = _counterparts(now.rows)
    # What was said to be provisional was not promised, and neither was what stood below it.
    firm = [old for old in before.rows if not old.interim]
    if any((row := remains(old)) is None or _differs(old, row) for old in firm):
        return True
    return (before.patient, before.site) != (now.patient, now.site)


# --- The content that is kept ---------------------------------------------------------------------------------------


def to_content(document: LhuDocument) -> dict[str, Any]:
    """The document as JSON-able values; :func:`from_content` reads it back without loss."""
    return _plain(document)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    # By exact type first: a demo of 20,000 reports passes here.
    kind = type(value)
    if kind is str or kind is int or value is None or kind is bool:
        return value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if dataclasses.is_dataclass(kind):
        return {name: _plain(getattr(value, name)) for name in _names(kind)}
    if isinstance(value, str):  # marked-safe text and the like
        return str.__str__(value)
    raise TypeError(f"not for a report: {kind.__name__}")


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind))


def from_content(content: Mapping[str, Any]) -> LhuDocument:
    """The document that :func:`to_content` wrote. Unknown fields of a later version are ignored."""
    return _build(LhuDocument, content)  # type: ignore[no-any-return]


def _build(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, arguments = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: _build(hints[name], value[name]) for name in _names(kind) if name in value})
    if origin is tuple:
        return tuple(_build(arguments[0], item) for item in value)
    if origin is not None and type(None) in arguments:
        return _build(next(a for a in arguments if a is not type(None)), value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
