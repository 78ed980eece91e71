"""What a laboratory without a system answers on paper: entered here, looked at by a second person, and then followed by the same
rules and states as a message (``following.take_answer``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import rules as bench_rules
from laras.bench.types import ExternalValue
from laras.catalogue import queries as catalogues
from laras.catalogue import rules as catalogue_rules
from laras.catalogue import words as catalogue_words
from laras.catalogue.types import Catalogue
from laras.core import attachments, clock, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.referral import codec, queries
from laras.referral.events import PaperAnswerNoted
from laras.referral.models import Outgoing, OutgoingItem, PaperAnswer
from laras.referral.rules import REFUSALS
from laras.referral.rules import paper as rules
from laras.referral.services.common import lent, lock_outgoing, refused_at, short
from laras.referral.services.following import take_answer
from laras.referral.states import OUTGOING, PAPER_ANSWER
from laras.referral.types import PaperItem, PaperLine

MOST_SCAN = 10 * 1024 * 1024
MOST_LINES = 500
CLOCKS_DIFFER = timedelta(hours=1)
IMPLIED = ("referral.send", "bench.hold")
"""What following an answer implies, for the length of one use case: values come into our results, withdrawn ones are held."""


# --- Said without a value: one person is enough -----------------------------------------------------------------------


@use_case
def note_paper_decision(
    actor: Actor,
    *,
    owner_id: UUID,
    referral_id: UUID,
    outcome: str,
    at: datetime | None = None,
    remote_number: str = "",
    reason: str = "",
    note: str = "",
    item_ids: Sequence[UUID] = (),
) -> PaperAnswer:
    """The laboratory took the referral in (``accepted``), refused it (``refused`` with its reason), or gave it back because we
    cancelled it (``cancelled``); for all items that wait, or for ``item_ids``. ``at``: when, by the paper.

    Raises Refused, NotFound, MoveRefused when the referral's state does not allow it.
    """
    actor.require(OUTGOING.right("cancel"), owner_id)
    note, remote_number = short(note, "note", 240), short(remote_number, "remote_number", 48)
    if outcome not in ("accepted", "refused", "cancelled"):
        raise refused_at("outcome", _("Keputusan tidak dikenal."))
    if outcome == "refused" and reason not in REFUSALS:
        raise refused_at("reason", _("Pilih alasan penolakan dari daftar."))
    if outcome == "refused" and reason == "other" and len(note) < 3:
        raise refused_at("note", _("Jelaskan alasan lainnya."))
    row = _on_paper(owner_id, referral_id)
    if outcome == "cancelled" and row.status != "cancelling":
        raise refused_at("outcome", _("Rujukan ini tidak sedang dibatalkan."))
    items = _items(row)
    waiting = [
        one for one in items.values() if one.state == "sent" or (one.state == "accepted" and outcome == "refused")
    ]
    wanted = set(item_ids) or {one.item for one in waiting}
    lines = [PaperLine(key, outcome, reason if outcome == "refused" else "", note) for key in wanted]  # type: ignore[arg-type]
    if not lines:
        raise refused_at("outcome", _("Tidak ada pemeriksaan yang menunggu keputusan."))
    _check_lines(lines, items)
    answer = PaperAnswer(
        owner_id=owner_id,
        referral=row,
        lines=codec.write(lines),
        said_at=_when(row, at),
        remote_number=remote_number,
        note=note if outcome != "refused" else "",
        entered_at=clock.now(),
        entered_by=actor.person_id,
    )
    answer.save(force_insert=True)
    _note(actor, answer, row, "entered", sealed={"lines": answer.lines})
    _take(actor, answer, row, items, lines, {})
    return answer


# --- Values: entered by one person, compared by another ---------------------------------------------------------------


@use_case
def enter_paper_results(
    actor: Actor,
    *,
    owner_id: UUID,
    lines: Sequence[PaperLine],
    scan: bytes,
    scan_name: str = "",
    report: str = "",
    at: datetime | None = None,
    note: str = "",
) -> list[PaperAnswer]:
    """Keep what a scanned report says; one answer for each referral it speaks of, all or none. Nothing takes effect until
    :func:`take_paper_answer`.

    ``lines`` name items of ours at one laboratory (``resulted``, or ``withdrawn`` for a report taken out of validity), ``report``
    is its number, ``at`` its moment. Problems name the line by its place from 1. Raises Refused, NotFound.
    """
    actor.require("bench.enter", owner_id)
    if actor.person_id is None:
        raise refused_at("scan", _("Hasil dari kertas dimasukkan oleh seorang petugas."))
    report, note = short(report, "report", 60), short(note, "note", 240)
    if not lines:
        raise refused_at("lines", _("Isi paling sedikit satu hasil."))
    if len(lines) > MOST_LINES:
        raise refused_at("lines", _("Paling banyak %(n)d hasil sekaligus.") % {"n": MOST_LINES})
    found = queries.items_with_ids(Scope.of(owner_id), {line.item for line in lines})
    if found.keys() != {line.item for line in lines}:
        raise NotFound()
    if len({item.referral.recipient_id for item in found.values()}) > 1:
        raise refused_at("lines", _("Satu lembar hasil berasal dari satu laboratorium."))
    rows = {key: _on_paper(owner_id, key) for key in sorted({item.referral_id for item in found.values()})}
    _check_lines(lines, {key: queries.paper_item(item) for key, item in found.items()})
    values_of(catalogues.effective(owner_id), lines, found)
    _none_waits(rows)
    kind = rules.scan_type(scan)
    if not kind:
        raise refused_at("scan", _("Lampirkan hasil pindai LHU sebagai PDF, JPEG, atau PNG."), code="scan_type")
    if len(scan) > MOST_SCAN:
        raise refused_at("scan", _("Berkas paling besar %(n)d MB.") % {"n": MOST_SCAN >> 20})
    kept = attachments.store(owner_id, scan, kind, scan_name[:160] or "lhu")
    grouped: dict[UUID, list[PaperLine]] = defaultdict(list)
    for line in lines:
        grouped[found[line.item].referral_id].append(line)
    answers = []
    for key, own in grouped.items():
        answer = PaperAnswer(
            owner_id=owner_id,
            referral=rows[key],
            lines=codec.write(own),
            with_values=True,
            said_at=_when(rows[key], at),
            remote_number=rows[key].remote_order,
            report=report,
            note=note,
            digest=kept.digest,
            media_type=kind,
            entered_at=clock.now(),
            entered_by=actor.person_id,
        )
        answer.save(force_insert=True)
        _note(actor, answer, rows[key], "entered", sealed={"lines": answer.lines})
        answers.append(answer)
    return answers


@use_case
def take_paper_answer(actor: Actor, *, owner_id: UUID, answer_id: UUID) -> PaperAnswer:
    """The second person compared the values with the scan: they take effect. Refused: to the person who entered them; when an item
    was given back meanwhile. Raises NotFound, MoveRefused."""
    actor.require(PAPER_ANSWER.right("take"), owner_id)
    answer, row = _waiting(owner_id, answer_id)
    _second(actor, answer)
    lines, items = queries.lines_of(answer), _items(row)
    _check_lines(lines, items)
    found = queries.items_with_ids(Scope.of(owner_id), {line.item for line in lines})
    values = values_of(catalogues.effective(owner_id), lines, found)
    _take(actor, answer, row, items, lines, values)
    return answer


@use_case
def return_paper_answer(actor: Actor, *, owner_id: UUID, answer_id: UUID, reason: str) -> PaperAnswer:
    """It does not say what the paper says: entered anew. Also for the one who entered it. Raises NotFound, MoveRefused."""
    actor.require("referral.send", owner_id)
    reason = short(reason, "reason", 240)
    if len(reason) < 3:
        raise refused_at("reason", _("Sebutkan alasannya."))
    answer, row = _waiting(owner_id, answer_id)
    answer.status = PAPER_ANSWER.move(answer.status, "return")
    answer.decided_at, answer.decided_by, answer.return_reason = clock.now(), actor.person_id, reason
    answer.save(update_fields=["status", "decided_at", "decided_by", "return_reason"])
    _note(actor, answer, row, "returned")
    return answer


def kept_scan(answer: PaperAnswer) -> bytes:
    """The scan as it came. Raises NotFound."""
    if not answer.digest:
        raise NotFound()
    return attachments.read(answer.digest)


# --- What all of them need --------------------------------------------------------------------------------------------


def values_of(
    catalogue: Catalogue, lines: Sequence[PaperLine], items: Mapping[UUID, OutgoingItem]
) -> dict[UUID, dict[str, Any]]:
    """Item -> its value as the bench lets values travel, with the judgement of the laboratory that performed it. Raises Refused
    with every line that cannot be read."""
    values, problems = {}, []
    for place, line in enumerate(lines, start=1):
        if line.outcome == "withdrawn":
            values[line.item] = {"raw": "", "kind": "missing"}
        if line.outcome != "resulted":
            continue
        code = items[line.item].test_code
        test = catalogue.tests.get(code)
        if test is None:
            problems.append(Problem("raw", _("Pemeriksaan %(code)s tidak ada di katalog.") % {"code": code}, place))
            continue
        if line.flag not in rules.FLAGS:
            problems.append(
                Problem("flag", _("Tanda dikenal: %(flags)s.") % {"flags": ", ".join(rules.FLAGS[1:])}, place)
            )
        answers = catalogue.answers(code)
        try:
            value = catalogue_rules.read_value(test, line.raw, answers=answers)
        except catalogue_rules.ValueProblem as problem:
            problems.append(Problem("raw", catalogue_words.word(problem.finding, answers=answers), place))
            continue
        if value.kind == "missing" or bench_rules.too_wide(value):
            text = _("Nilai kosong tidak disimpan.") if value.kind == "missing" else _("Angka ini terlalu panjang.")
            problems.append(Problem("raw", text, place))
            continue
        values[line.item] = ExternalValue(
            raw=line.raw,
            kind=value.kind,
            operator=value.operator,
            number=value.number,
            until=value.until,
            unit=line.unit or test.unit,
            answer=value.text if value.kind == "coded" else "",
            text="" if value.kind == "coded" else value.text,
            flag=line.flag,
            critical=line.flag in ("LL", "HH", "AA"),
            attention=line.flag not in ("", "N"),
            reference=line.reference,
            comment=line.comment,
            method=line.method,
        ).to_message()
    if problems:
        raise Refused(_("Ada hasil yang belum dapat disimpan."), problems=problems)
    return values


def _check_lines(lines: Sequence[PaperLine], items: Mapping[UUID, PaperItem]) -> None:
    problems, seen = [], set()
    longest = {"raw": 2000, "unit": 40, "reference": 200, "method": 160, "comment": 500, "note": 240}
    for place, line in enumerate(lines, start=1):
        code = rules.line_problem(line, items.get(line.item))
        if code == "unknown":
            raise NotFound()
        if code:
            problems.append(Problem("lines", _line_problem(code), place))
        if line.item in seen:
            problems.append(Problem("lines", _("Pemeriksaan ini ada dua kali."), place))
        seen.add(line.item)
        for name, most in longest.items():
            try:
                short(getattr(line, name), name, most)
            except Refused as error:
                problems += [replace(one, row=place) for one in error.problems]
    if problems:
        raise Refused(_("Ada hasil yang belum dapat disimpan."), problems=problems)


def _line_problem(code: str) -> str:
    match code:
        case "ended":
            return _("Pemeriksaan ini sudah dikembalikan ke sini.")
        case "answered":
            return _("Hasil pemeriksaan ini sudah ada.")
        case _other:
            return _("Belum ada hasil yang dapat ditarik.")


def _on_paper(owner_id: UUID, referral_id: UUID) -> Outgoing:
    row = lock_outgoing(owner_id, referral_id)
    if not row.on_paper:
        raise Refused(_("Rujukan ini dijawab oleh laboratorium tujuan sendiri."), code="not_on_paper")
    return row


def _items(row: Outgoing) -> dict[UUID, PaperItem]:
    rows = queries.items_of_outgoing(Scope.of(row.owner_id), [row.id])[row.id]
    return {item.id: queries.paper_item(item) for item in rows}


def _none_waits(rows: Mapping[UUID, Outgoing]) -> None:
    first = next(iter(rows.values()))
    waits = queries.paper_answers(Scope.of(first.owner_id), waiting=True).filter(referral_id__in=list(rows)).first()
    if waits is not None:
        text = _("Hasil rujukan %(number)s sudah dimasukkan dan menunggu diperiksa orang kedua.")
        raise refused_at("lines", text % {"number": waits.referral.number}, code="one_waits")


def _when(row: Outgoing, at: datetime | None) -> datetime:
    now = clock.now()
    if at is None:
        return now
    if at > now + CLOCKS_DIFFER:
        raise refused_at("at", _("Waktunya belum tiba."))
    if at < row.sent_at - timedelta(days=1):
        raise refused_at("at", _("Waktunya sebelum rujukan ini dikirim."))
    return min(at, now)


def _waiting(owner_id: UUID, answer_id: UUID) -> tuple[PaperAnswer, Outgoing]:
    """The answer and its referral, both locked; the referral first, as everywhere."""
    key = get_or_404(PaperAnswer.objects.within(Scope.of(owner_id)).values_list("referral_id", flat=True), id=answer_id)
    row = _on_paper(owner_id, key)
    answer: PaperAnswer = get_or_404(
        PaperAnswer.objects.within(Scope.of(owner_id)).select_for_update(of=("self",)), id=answer_id
    )
    return answer, row


def _second(actor: Actor, answer: PaperAnswer) -> None:
    if actor.person_id is None or actor.person_id == answer.entered_by:
        text = _("Yang memeriksa harus orang lain daripada yang memasukkan.")
        raise Refused(text, code="same_person", problems=[Problem("answer", text)])


def _take(
    actor: Actor,
    answer: PaperAnswer,
    row: Outgoing,
    items: Mapping[UUID, PaperItem],
    lines: Sequence[PaperLine],
    values: Mapping[UUID, Mapping[str, Any]],
) -> None:
    """Let it take effect as the receiver's next message."""
    lab = row.recipient
    said = rules.answer_on_paper(
        list(items.values()),
        lines,
        lab=(lab.id, lab.code, lab.name, lab.tier),
        at=answer.said_at,
        remote_number=answer.remote_number,
        report=answer.report,
        note=answer.note,
        values=values,
    )
    answer.status = PAPER_ANSWER.move(answer.status, "take")
    answer.revision = row.answer_revision + 1
    answer.decided_at, answer.decided_by = clock.now(), actor.person_id
    answer.save(update_fields=["status", "revision", "decided_at", "decided_by"])
    _note(actor, answer, row, "taken")
    took = take_answer(
        lent(actor, row.owner_id, *IMPLIED),
        owner_id=row.owner_id,
        sender_id=row.recipient_id,
        referral_id=row.id,
        revision=answer.revision,
        answer=said,
    )
    if not took:
        raise Refused(_("Rujukan ini sudah berakhir."), code="ended")


def _note(
    actor: Actor, answer: PaperAnswer, row: Outgoing, what: str, *, sealed: Mapping[str, Any] | None = None
) -> None:
    event = PaperAnswerNoted(row.id, row.number, answer.id, what, answer.digest, answer.revision or 0)
    journal.record(actor, owner=row.owner_id, event=event, subject=row.order_id, sealed=sealed)
