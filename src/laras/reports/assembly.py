"""From validated results to the document that a report says. Pure: plain values in, an :class:`LhuDocument` out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args, get_origin, get_type_hints

from laras.bench.types import ResultView
from laras.core.printing.types import Letterhead, Zone
from laras.reports.types import (
    Amendment,
    Change,
    CriticalNote,
    Flag,
    LhuDocument,
    PatientBlock,
    PerformingLaboratory,
    ResultRow,
    SampleBlock,
    Sender,
    Signer,
    SiteBlock,
    Times,
)

# Flags of the bench -> flags of the paper; "normal" prints nothing.
_FLAGS: Mapping[str, Flag] = {"": "", "N": "", "L": "L", "H": "H", "LL": "LL", "HH": "HH", "A": "A"}


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something: name with title, and the number that stands under a signature."""

    name: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about an order that a report says besides its results."""

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


def assemble(
    facts: Facts,
    results: Sequence[ResultView],
    *,
    number: str,
    version: int,
    released_at: datetime | None,
    signer: Any = None,
    comments: Iterable[str] = (),
    verification_url: str = "",
    journal_mark: str = "",
    before: LhuDocument | None = None,
    reason: str = "",
    missing: Iterable[str] = (),
) -> LhuDocument:
    """The document of one version. ``before`` is the version that it replaces; ``missing`` names tests still awaited."""
    laboratories = _laboratories(results)
    keys = {lab.name: lab.key for lab in laboratories}
    old = {row.test: row for row in before.rows} if before else {}
    rows = tuple(_row(facts, view, keys, old) for view in results)
    awaited = [f"Menunggu hasil: {', '.join(missing)}."] if missing else []
    tested = [view.entered_at for view in results if view.entered_at]
    received = [view.received_at for view in results if view.received_at]
    collected = [view.collected_at for view in results if view.collected_at]
    judged = [row.complies for row in rows if row.complies is not None]
    return LhuDocument(
        kind="clinical" if facts.clinical else "environment",
        number=number,
        version=version,
        letterhead=facts.letterhead,
        sender=facts.sender,
        times=Times(
            zone=facts.zone,
            registered=facts.registered_at,
            collected=min(collected, default=None),
            received=min(received, default=None),
            tested_from=min(tested, default=None),
            tested_to=max((v.validated_at for v in results if v.validated_at), default=None),
            released=released_at,
        ),
        rows=rows,
        signers=_signers(facts, results, signer, released_at),
        order_number=facts.order_number,
        patient=facts.patient,
        site=facts.site,
        samples=facts.samples,
        regulation=facts.regulation,
        conclusion=_conclusion(facts, judged, len(rows)),
        critical_notes=tuple(_critical_notes(results)),
        comments=(*(c for c in comments if c), *awaited),
        laboratories=laboratories,
        amends=_amendment(before, rows, reason) if before else None,
        verification_url=verification_url,
        journal_mark=journal_mark,
        place=facts.place,
        state="released" if released_at else "draft",
    )


def _row(facts: Facts, view: ResultView, keys: Mapping[str, str], old: Mapping[str, ResultRow]) -> ResultRow:
    flag: Flag = _FLAGS.get(view.flag, "A")
    if view.critical and flag == "A":
        flag = "AA"
    row = ResultRow(
        test=view.name,
        result=view.shown or view.text,
        unit=view.unit if view.number is not None else "",
        limit=view.reference if facts.clinical else view.limit_text,
        flag=flag if facts.clinical else "",
        method=view.method,
        section=facts.sections.get(view.discipline, view.discipline),
        note=view.comment,
        laboratory=keys.get(view.performer_name, "") if view.external else "",
        complies=None if facts.clinical else view.meets_limit,
        accredited=None if view.external or not facts.accredited else view.test_code in facts.accredited,
    )
    was = old.get(row.test)
    changed = was is not None and (was.result, was.unit, was.flag) != (row.result, row.unit, row.flag)
    return dataclasses.replace(row, amended=changed)


def _laboratories(results: Sequence[ResultView]) -> tuple[PerformingLaboratory, ...]:
    """The other laboratories that performed tests, lettered in the order in which they first appear."""
    found: dict[str, PerformingLaboratory] = {}
    for view in results:
        if view.external and view.performer_name not in found:
            found[view.performer_name] = PerformingLaboratory(
                key=chr(ord("A") + len(found)), name=view.performer_name, report_number=view.performer_report
            )
    return tuple(found.values())


def _signers(facts: Facts, results: Sequence[ResultView], signer: Any, at: datetime | None) -> tuple[Signer, ...]:
    def person(key: Any, name: str) -> Person:
        return facts.persons.get(key) or Person(name)

    signers: list[Signer] = []
    for role, pick in (("analyst", ("entered_by_id", "entered_by")), ("verifier", ("verified_by_id", "verified_by"))):
        seen: dict[Any, str] = {}
        for view in results:
            key, name = getattr(view, pick[0]), getattr(view, pick[1])
            if key is not None and not view.external:
                seen.setdefault(key, name)
        signers += [Signer(role=role, name=person(key, name).name) for key, name in seen.items()]  # type: ignore[arg-type]
    if signer is not None:
        who = person(signer, "")
        title = "Dokter Penanggung Jawab" if facts.clinical else "Manajer Teknis"
        signers.append(Signer(role="validator", name=who.name, title=title, number=who.number, at=at))
    return tuple(signers)


def _conclusion(facts: Facts, judged: Sequence[bool], rows: int) -> str:
    """For the sample as a whole: one parameter beyond its limit is enough to fail, all must be judged to meet."""
    if facts.clinical or not judged:
        return ""
    if not all(judged):
        failed = judged.count(False)
        return f"Contoh uji tidak memenuhi syarat pada {failed} dari {rows} parameter."
    if len(judged) == rows:
        return "Contoh uji memenuhi syarat pada semua parameter yang diuji."
    return f"{len(judged)} dari {rows} parameter dinilai dan memenuhi syarat; lainnya tanpa baku mutu yang diadopsi."


def _critical_notes(results: Sequence[ResultView]) -> Iterable[CriticalNote]:
    for view in results:
        for call in view.calls:
            if view.critical and call.called_at:
                yield CriticalNote(
                    test=view.name,
                    result=f"{view.shown} {view.unit}".strip(),
                    told_to=", ".join(x for x in (call.receiver, call.receiver_role) if x),
                    told_by=call.called_by,
                    told_at=call.called_at,
                    read_back=call.read_back,
                )


def _amendment(before: LhuDocument, rows: Sequence[ResultRow], reason: str) -> Amendment:
    old = {row.test: row for row in before.rows}
    new = {row.test: row for row in rows}

    def shown(row: ResultRow | None) -> str:
        return f"{row.result} {row.unit}".strip() if row else "–"

    changes = [
        Change(what=test, before=shown(old.get(test)), after=shown(new.get(test)))
        for test in dict.fromkeys([*old, *new])
        if shown(old.get(test)) != shown(new.get(test))
    ]
    return Amendment(version=before.version, reason=reason, issued_at=before.times.released, changes=tuple(changes))


# --- The content that is kept ---------------------------------------------------------------------------------------


def to_content(document: LhuDocument) -> dict[str, Any]:
    """The document as JSON-able values; :func:`from_content` reads it back without loss."""
    return _plain(document)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def from_content(content: Mapping[str, Any]) -> LhuDocument:
    """The document that :func:`to_content` wrote. Unknown fields of a later version are ignored."""
    return _build(LhuDocument, content)  # type: ignore[no-any-return]


def _build(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, arguments = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(
            **{f.name: _build(hints[f.name], value[f.name]) for f in dataclasses.fields(kind) if f.name in value}
        )
    if origin is tuple:
        return tuple(_build(arguments[0], item) for item in value)
    if origin is not None and type(None) in arguments:
        return _build(next(a for a in arguments if a is not type(None)), value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    return value
