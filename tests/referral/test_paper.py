"""A laboratory without a system: paper goes out, values come back by two persons, and the states are the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from laras.core import attachments
from laras.core.errors import Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry, User
from laras.referral import queries, services
from laras.referral.models import Incoming, LedgerEntry, Outgoing, PaperAnswer
from laras.referral.rules import paper as rules
from laras.referral.types import PaperItem, PaperLine
from laras.reports import queries as reports

pytestmark = pytest.mark.django_db

SCAN = b"%PDF-1.7\n% LHU nomor 12\n"


@pytest.fixture
def clinic(make_owner):
    """A laboratory of the directory where nobody works in this system."""
    return make_owner("RS-Z", name="RS Contoh Z", tier=None, zone="Asia/Makassar")


@pytest.fixture
def on_paper(puskesmas, clinic):
    services.begin_paper(puskesmas.counter, owner_id=puskesmas.id, code="rs-z", note="Kirim lewat bus")
    for code in ("GDP", "TG"):
        services.add_paper_test(
            puskesmas.counter, owner_id=puskesmas.id, partner_id=clinic.id, test_code=code, tat_hours=48, price=30000
        )
    return clinic


def send(lab, to, *codes):
    made = lab.order(*codes)
    ids = [view.id for view in lab.results(made.id).values()]
    row = services.send_referral(
        lab.counter, owner_id=lab.id, recipient_id=to.id, result_ids=ids, reason="Bus berangkat ke sana"
    )
    return made, row


def decide(lab, row, outcome, **more):
    return services.note_paper_decision(lab.counter, owner_id=lab.id, referral_id=row.id, outcome=outcome, **more)


def items(lab, row):
    return {item.test_code: item for item in queries.items_of_outgoing(lab.scope, [row.id])[row.id]}


def enter(lab, row, report="LHU-12", who=None, scan=SCAN, **raw):
    lines = [PaperLine(items(lab, row)[code].id, "resulted", raw=text) for code, text in raw.items()]
    (answer,) = services.enter_paper_results(
        who or lab.analyst, owner_id=lab.id, lines=lines, scan=scan, report=report, scan_name="lhu.pdf"
    )
    return answer


def take(lab, answer, who=None):
    return services.take_paper_answer(who or lab.verifier, owner_id=lab.id, answer_id=answer.id)


def holds():
    """Both ends of everything say the same; how many are on paper, and under way."""
    found = queries.check()
    assert found.contradictions == ()
    return found.on_paper, found.under_way


def test_a_referral_goes_on_paper_and_comes_back_into_the_report(puskesmas, on_paper, now):
    made, row = send(puskesmas, on_paper, "GDP", "TG")
    assert row.on_paper
    assert not JournalEntry.rows.filter(recipient_id=on_paper.id).exists(), "nothing is sent to where nobody reads"
    assert not Incoming.rows.exists()
    assert holds() == (1, 0)
    now.forward(hours=5)
    decide(puskesmas, row, "accepted", remote_number="Z-77")
    row = puskesmas.outgoing(row)
    assert (row.status, row.remote_order) == ("accepted", "Z-77")
    now.forward(hours=30)
    answer = enter(puskesmas, row, GDP="126", TG="1.5")
    assert puskesmas.outgoing(row).status == "accepted", "one person is not enough"
    assert puskesmas.results(made.id)["GDP"].status == "referred"
    take(puskesmas, answer)
    assert puskesmas.outgoing(row).status == "completed"
    view = puskesmas.results(made.id)["GDP"]
    assert (view.status, view.shown, view.performer_name, view.performer_report) == (
        "validated", "126", "RS Contoh Z", "LHU-12",
    )  # fmt: skip
    (way,) = queries.journey(puskesmas.scope, made.id)
    assert [(step.what, step.lab) for step in way.steps] == [
        ("registered", "PKM-A"), ("sent", "PKM-A"), ("received", "RS-Z"), ("reported", "RS-Z"),
    ]  # fmt: skip
    puskesmas.release(made.id)
    assert "RS Contoh Z" in json.dumps(reports.content(reports.current(puskesmas.scope, made.id)), default=str)
    assert holds() == (1, 0)


def test_what_is_taken_from_paper_is_owed_once_and_waits_on_the_bell_before(puskesmas, on_paper, sign_in):
    _made, row = send(puskesmas, on_paper, "GDP")
    decide(puskesmas, row, "accepted")
    answer = enter(puskesmas, row, GDP="126")
    assert queries.paper_answers_waiting(puskesmas.scope) == 1
    browser = sign_in(User.objects.get(username="pkm-a-wayan"))
    assert "Hasil di atas kertas menunggu orang kedua" in browser.get("/").content.decode()
    assert not LedgerEntry.rows.exists()
    take(puskesmas, answer)
    assert queries.paper_answers_waiting(puskesmas.scope) == 0
    take(puskesmas, enter(puskesmas, row, report="LHU-13", GDP="130"))
    (entry,) = LedgerEntry.rows.all()
    assert (entry.side, entry.partner_id, entry.price, entry.price_source) == ("payable", on_paper.id, 30000, "paper")
    assert queries.check().contradictions == ()


def test_two_persons_and_a_paper(puskesmas, on_paper):
    _made, row = send(puskesmas, on_paper, "GDP")
    with pytest.raises(Refused, match="PDF, JPEG, atau PNG"):
        enter(puskesmas, row, scan=b"hasil.exe", GDP="126")
    with pytest.raises(Refused) as refused:
        enter(puskesmas, row, GDP="-5")
    assert [(one.field, one.row) for one in refused.value.problems] == [("raw", 1)]
    assert not PaperAnswer.rows.exists(), "nothing half saved"
    with pytest.raises(Forbidden):
        enter(puskesmas, row, who=puskesmas.counter, GDP="126")
    answer = enter(puskesmas, row, who=puskesmas.verifier, GDP="126")
    with pytest.raises(Refused, match="orang lain"):
        take(puskesmas, answer)
    with pytest.raises(Forbidden):
        take(puskesmas, answer, who=puskesmas.analyst)
    with pytest.raises(Refused, match="menunggu diperiksa"):
        enter(puskesmas, row, GDP="127")
    # The database holds it too.
    with pytest.raises(IntegrityError, match="two_persons"), transaction.atomic():
        PaperAnswer.rows.filter(id=answer.id).update(status="taken", revision=1, decided_by=answer.entered_by)
    services.return_paper_answer(puskesmas.verifier, owner_id=puskesmas.id, answer_id=answer.id, reason="Salah baca")
    with pytest.raises(MoveRefused):
        take(puskesmas, answer, who=puskesmas.doctor)
    take(puskesmas, enter(puskesmas, row, GDP="127"))
    assert puskesmas.outgoing(row).status == "completed"
    assert holds() == (1, 0)


def test_the_scan_is_kept_byte_for_byte_and_values_stay_out_of_the_journal(puskesmas, district, on_paper):
    _made, row = send(puskesmas, on_paper, "GDP")
    answer = enter(puskesmas, row, GDP="126.5")
    assert services.kept_scan(queries.get_paper_answer(puskesmas.scope, answer.id)) == SCAN
    digest = hashlib.sha256(SCAN).hexdigest()
    assert attachments.read(digest) == SCAN
    (entry,) = JournalEntry.rows.filter(event="referral.paper_answer_noted")
    assert digest.encode() in entry.payload
    assert b"126.5" not in entry.payload
    with pytest.raises(NotFound):
        queries.get_paper_answer(district.scope, answer.id)
    with pytest.raises(NotFound):
        take(district, answer)
    with pytest.raises(NotFound):
        services.enter_paper_results(
            district.analyst,
            owner_id=district.id,
            lines=[PaperLine(items(puskesmas, row)["GDP"].id, "resulted", raw="1")],
            scan=SCAN,
        )


def test_amended_and_withdrawn_on_paper(puskesmas, on_paper, now):
    made, row = send(puskesmas, on_paper, "GDP")
    take(puskesmas, enter(puskesmas, row, GDP="126"))
    now.forward(hours=2)
    take(puskesmas, enter(puskesmas, row, report="LHU-12A", GDP="162"))
    view = puskesmas.results(made.id)["GDP"]
    assert (view.shown, view.performer_report) == ("162", "LHU-12A")
    now.forward(hours=1)
    line = PaperLine(items(puskesmas, row)["GDP"].id, "withdrawn")
    (gone,) = services.enter_paper_results(
        puskesmas.analyst, owner_id=puskesmas.id, lines=[line], scan=SCAN, report="LHU-12A"
    )
    take(puskesmas, gone)
    (hold,) = puskesmas.results(made.id)["GDP"].holds
    assert "LHU-12A" in hold.reason
    now.forward(hours=1)
    take(puskesmas, enter(puskesmas, row, report="LHU-13", GDP="160"))
    assert puskesmas.results(made.id)["GDP"].holds == ()
    (way,) = queries.journey(puskesmas.scope, made.id)
    assert [step.status for step in way.steps if step.what == "reported"] == [
        "final",
        "amended",
        "withdrawn",
        "amended",
    ]
    assert holds() == (1, 0)


def test_refused_and_cancelled_on_paper(puskesmas, district, on_paper):
    made, row = send(puskesmas, on_paper, "GDP")
    with pytest.raises(Refused, match="Jelaskan"):
        decide(puskesmas, row, "refused", reason="other")
    with pytest.raises(Refused, match="tidak sedang dibatalkan"):
        decide(puskesmas, row, "cancelled")
    decide(puskesmas, row, "refused", reason="hemolysed")
    assert puskesmas.outgoing(row).status == "refused"
    assert puskesmas.results(made.id)["GDP"].status == "to_refer"
    with pytest.raises(Refused):
        enter(puskesmas, row, GDP="126")
    made, row = send(puskesmas, on_paper, "TG")
    puskesmas.cancel(row)
    assert puskesmas.outgoing(row).status == "cancelling"
    decide(puskesmas, row, "cancelled")
    assert puskesmas.outgoing(row).status == "cancelled"
    assert puskesmas.results(made.id)["TG"].status == "to_refer"
    electronic = puskesmas.send(district, puskesmas.order("GDP").id)
    with pytest.raises(Refused, match="laboratorium tujuan sendiri"):
        decide(puskesmas, electronic, "accepted")
    assert holds() == (2, 0)


def test_a_box_comes_back_as_a_signed_receipt(puskesmas, on_paper):
    rows = [send(puskesmas, on_paper, "GDP")[1] for _turn in range(2)]
    box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=on_paper.id)
    for row in rows:
        services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=row.number)
    with pytest.raises(MoveRefused):
        services.note_paper_box(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, who="Penerima")
    services.hand_over_box(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, courier="Bus malam")
    lying = {item.referral_id: item for item in queries.items_of_box(puskesmas.scope, box.id)}
    services.note_paper_box(
        puskesmas.counter,
        owner_id=puskesmas.id,
        box_id=box.id,
        who="Penerima",
        findings={lying[rows[1].id].id: ("damaged", "Tutup retak")},
    )
    assert queries.get_box(puskesmas.scope, box.id).status == "reconciled"
    assert [puskesmas.outgoing(row).status for row in rows] == ["accepted", "refused"]
    assert items(puskesmas, rows[1])["GDP"].refusal == "damaged"
    assert not JournalEntry.rows.filter(recipient_id=on_paper.id).exists()
    assert holds() == (2, 0)


def test_who_works_here_is_not_on_paper(puskesmas, district, on_paper):
    for code, why in (
        ("LAB-B", "bekerja di sistem ini"),
        ("PKM-A", "sendiri"),
        ("TAK-ADA", "direktori"),
        ("RS-Z", "sudah"),
    ):
        with pytest.raises(Refused, match=why):
            services.begin_paper(puskesmas.counter, owner_id=puskesmas.id, code=code)
    # Only the laboratory that marked it knows the other by paper.
    assert queries.paper_partner(district.scope, on_paper.id) is None
    services.end_paper(puskesmas.counter, owner_id=puskesmas.id, partner_id=on_paper.id)
    with pytest.raises(Refused, match="tidak mengerjakan"):
        send(puskesmas, on_paper, "GDP")


@pytest.mark.either
def test_the_check_sees_an_answer_that_no_paper_says(puskesmas, on_paper):
    _made, row = send(puskesmas, on_paper, "GDP")
    decide(puskesmas, row, "accepted")
    Outgoing.rows.filter(id=row.id).update(answer_revision=2)
    (one,) = queries.check().contradictions
    assert (one.sender, one.receiver, one.what, one.sender_says) == ("PKM-A", "RS-Z", "paper answers", "accepted r2")


@pytest.mark.either
def test_an_answer_is_the_whole_referral():
    lab = (uuid4(), "RS-Z", "RS Z", None)
    one, two = PaperItem(uuid4(), "accepted"), PaperItem(uuid4(), "sent")

    def answer(*lines, of=(one, two)):
        return rules.answer_on_paper(of, lines, lab=lab, at=datetime(2026, 1, 1, tzinfo=UTC), values={})

    said = answer(PaperLine(one.item, "resulted", interim=True))
    assert said.status == "accepted"
    assert [(item.state, item.result and item.result.status) for item in said.items] == [
        ("resulted", "interim"), ("sent", None),
    ]  # fmt: skip
    assert answer(PaperLine(one.item, "refused"), PaperLine(two.item, "refused")).status == "refused"
    assert answer(PaperLine(two.item, "cancelled")).status == "withdrawn"
    twice = replace(one, state="resulted", result=1)
    again = answer(PaperLine(one.item, "withdrawn"), of=(twice,)).items[0].result
    assert (again.revision, again.status, again.withdrawn) == (2, "amended", True)
    assert rules.line_problem(PaperLine(one.item, "withdrawn"), one) == "nothing_to_withdraw"
    assert rules.line_problem(PaperLine(one.item, "refused"), twice) == "answered"


# --- Screens ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def at(sign_in):
    def enter_as(lab, who="dewi"):
        return sign_in(User.objects.get(username=f"{lab.owner.code.lower()}-{who}"))

    return enter_as


def open_page(client, name, *args, status=200):
    answer = client.get(reverse(f"referral:{name}", args=args))
    assert answer.status_code == status, answer.content[:300]
    return answer.content.decode()


def test_paper_on_screen_from_the_mark_to_the_report(at, puskesmas, clinic):
    counter = at(puskesmas)
    assert "Belum ada" in open_page(counter, "paper_partners")
    answer = counter.post(reverse("referral:paper_partners"), {"code": "LAIN", "form_key": "a"})
    assert "di direktori" in answer.content.decode()
    counter.post(reverse("referral:paper_partners"), {"code": "rs-z", "form_key": "b"})
    own = reverse("referral:paper_partner", args=[clinic.id])
    counter.post(own, {"test_code": "GDP", "tat_hours": "48", "price": "30.000", "form_key": "c"})
    assert "Rp30.000" in open_page(counter, "paper_partner", clinic.id)
    _made, row = send(puskesmas, clinic, "GDP")
    assert "Catat diterima atau ditolak" in open_page(counter, "outgoing_referral", row.id)
    wrong = counter.post(reverse("referral:paper_decision", args=[row.id]), {"outcome": "refused", "form_key": "d"})
    assert wrong.status_code == 422
    assert "Pilih alasan penolakan" in wrong.content.decode()
    counter.post(reverse("referral:paper_decision", args=[row.id]), {"outcome": "accepted", "form_key": "e"})
    assert puskesmas.outgoing(row).status == "accepted"
    # The empty sheet goes out, and comes back filled in.
    analyst = at(puskesmas, "made")
    sheet = analyst.get(reverse("referral:paper_sheet", args=[clinic.id])).content.decode("utf-8-sig")
    sample = items(puskesmas, row)["GDP"].sample.number
    assert f"{sample};GDP;;mg/dL" in sheet
    entering = reverse("referral:paper_results", args=[clinic.id])
    bad = analyst.post(entering, {"load": "1", "sheet": upload("sampel;pemeriksaan;hasil\nX1;GDP;5\n")})
    assert bad.status_code == 422
    assert "Baris 2, kolom sampel" in bad.content.decode()
    loaded = analyst.post(entering, {"load": "1", "sheet": upload(sheet.replace("GDP;;", "GDP;126,4;"))})
    assert 'value="126,4"' in loaded.content.decode()
    assert not PaperAnswer.rows.filter(with_values=True).exists(), "filling in keeps nothing"
    key = items(puskesmas, row)["GDP"].id.hex
    values = {f"raw_{key}": "-4", f"flag_{key}": "H", "report": "LHU-9", "form_key": "f"}
    bad = analyst.post(entering, {**values, "scan": upload(SCAN, "lhu.pdf")})
    assert bad.status_code == 422
    assert "negatif" in bad.content.decode()
    values |= {f"raw_{key}": "126,4", "form_key": "g"}
    saved = analyst.post(entering, {**values, "scan": upload(SCAN, "lhu.pdf")})
    kept = PaperAnswer.rows.get(with_values=True)
    assert saved.url == reverse("referral:paper_answer", args=[kept.id])
    assert "Anda yang memasukkannya" in open_page(analyst, "paper_answer", kept.id)
    verifier = at(puskesmas, "wayan")
    scanned = verifier.get(reverse("referral:paper_scan", args=[kept.id]))
    assert (scanned.content, scanned["Content-Type"]) == (SCAN, "application/pdf")
    assert "126,4" in open_page(verifier, "paper_answer", kept.id)
    assert "Menunggu diperiksa orang kedua" in open_page(verifier, "paper_partners")
    told = verifier.post(reverse("referral:paper_answer", args=[kept.id]), {"form_key": "h"}, follow=True)
    assert "Hasil diambil" in told.content.decode()
    assert puskesmas.outgoing(row).status == "completed"


def test_a_receipt_on_screen(at, puskesmas, on_paper):
    _made, row = send(puskesmas, on_paper, "GDP")
    box = services.open_box(puskesmas.counter, owner_id=puskesmas.id, recipient_id=on_paper.id)
    services.pack(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, scanned=row.number)
    counter = at(puskesmas)
    assert "Catat tanda terima" not in open_page(counter, "box", box.id)
    services.hand_over_box(puskesmas.counter, owner_id=puskesmas.id, box_id=box.id, courier="Bus malam")
    assert "Catat tanda terima" in open_page(counter, "box", box.id)
    (item,) = queries.items_of_box(puskesmas.scope, box.id)
    values = {f"finding_{item.id.hex}": "present", "accepted": "on", "form_key": "a"}
    address = reverse("referral:paper_receipt", args=[box.id])
    assert counter.post(address, {**values, "who": ""}).status_code == 422
    counter.post(address, {**values, "who": "Penerima Z", "form_key": "b"})
    assert puskesmas.outgoing(row).status == "accepted"
    assert "Penerima Z" in open_page(counter, "box", box.id)


def upload(content, name="hasil.csv"):
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
