"""Screens, the public page, the API and the commands of reports."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from uuid import uuid4

import pytest
from click.testing import CliRunner
from django.urls import reverse

from laras.cli.main import laras
from laras.core.api import new_token, token_digest
from laras.core.models import ApiToken, User
from laras.core.printing import check_signature
from laras.reports import queries, services
from laras.reports.models import Report


@pytest.fixture
def at(sign_in):
    """``at(lab.doctor)``: the browser of that person."""

    def enter(actor):
        return sign_in(User.objects.get(pk=actor.user_id))

    return enter


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


# --- Screens ----------------------------------------------------------------------------------------------------------


def test_a_validator_releases_from_the_queue_in_one_press(lab, at):
    orders = [lab.done(), lab.done(), lab.done()]
    browser = at(lab.doctor)
    page = browser.get(reverse("reports:ready"))
    assert page.status_code == 200
    assert page.content.decode().count("data-select name=") == 3
    answer = browser.post(reverse("reports:ready"), {"order": [str(orders[0]), str(orders[1])]})
    assert (answer.status_code, answer["Location"]) == (303, reverse("reports:ready"))
    assert Report.rows.count() == 2
    page = browser.get(reverse("reports:ready"))
    assert "2 LHU terbit." in words(page)
    assert page.content.decode().count("data-select name=") == 1
    # A second press of the same form: said, and nothing twice.
    again = browser.post(reverse("reports:ready"), {"order": [str(orders[0]), str(orders[2])]})
    assert again.status_code == 422
    assert "sudah terbit" in words(again)
    assert Report.rows.count() == 3


def test_what_must_be_looked_at_alone_cannot_be_ticked(lab, at, now):
    order_id = lab.done()
    lab.release(order_id)
    now.forward(hours=1)
    lab.amend(order_id, "HB", "11,5")
    browser = at(lab.doctor)
    page = browser.get(reverse("reports:ready"))
    assert "Hasil diperbaiki; perlu alasan" in words(page)
    assert "data-select name=" not in page.content.decode()
    answer = browser.post(reverse("reports:ready"), {"order": [str(order_id)]})
    assert answer.status_code == 422
    assert "Tulis apa yang berubah" in words(answer)


@pytest.mark.parametrize("keys", [["x"], [str(uuid4()) for _ in range(101)]])
def test_a_queue_form_that_makes_no_sense_is_refused(lab, at, keys):
    lab.done()
    assert at(lab.doctor).post(reverse("reports:ready"), {"order": keys}).status_code == 422
    assert not Report.rows.exists()


def test_the_release_page_says_what_will_be_printed_and_what_is_missing(lab, at):
    order_id = lab.order("HB", "PLT")
    lab.perform(order_id, "HB", "13,5")
    browser = at(lab.doctor)
    address = reverse("reports:release", args=[order_id])
    page = browser.get(address)
    assert "Trombosit" in words(page)
    assert "Belum lengkap" in words(page)
    refused = browser.post(address, {"comment": "Catatan saya <b>", "form_key": "k1"})
    assert refused.status_code == 422
    assert "Belum bisa terbit" in words(refused)
    assert "Catatan saya &lt;b&gt;" in refused.content.decode()
    done = browser.post(address, {"interim": "on", "comment": "Catatan saya", "form_key": "k2"})
    report = Report.rows.get()
    assert done["Location"] == reverse("reports:detail", args=[report.id])
    twice = browser.post(address, {"interim": "on", "comment": "Catatan saya", "form_key": "k2"})
    assert twice["Location"] == done["Location"]
    assert Report.rows.count() == 1


def test_a_second_version_asks_what_changed_and_keeps_the_comments(lab, at, now):
    order_id = lab.done()
    first = lab.release(order_id, comments=["Puasa.", "Ulang 3 bulan lagi."])
    now.forward(hours=1)
    lab.amend(order_id, "HB", "11,5")
    browser = at(lab.doctor)
    address = reverse("reports:release", args=[order_id])
    assert "Puasa.\nUlang 3 bulan lagi." in browser.get(address).content.decode()
    kept = {"comment": "Puasa.\r\nUlang 3 bulan lagi."}
    refused = browser.post(address, kept)
    assert refused.status_code == 422
    assert "Tulis apa yang berubah" in words(refused)
    browser.post(address, {**kept, "reason": "Salah salin angka"})
    second = queries.newest(lab.scope, order_id)
    assert (second.version, queries.document(second).comments) == (2, ("Puasa.", "Ulang 3 bulan lagi."))
    page = words(browser.get(reverse("reports:detail", args=[second.id])))
    assert "13,5 g/dL → 11,5 g/dL" in page
    assert "Salah salin angka" in page
    old = browser.get(reverse("reports:detail", args=[first.id]))
    assert "Versi ini sudah digantikan" in words(old)
    assert reverse("reports:copy", args=[first.id]) in old.content.decode()
    copy = browser.get(reverse("reports:copy", args=[first.id]))
    assert "DIGANTIKAN" in copy["Content-Disposition"]
    assert browser.get(reverse("reports:copy", args=[second.id])).status_code == 404


def test_a_report_under_correction_says_so_until_the_new_version_is_out(lab, at, now):
    from laras.bench import services as bench

    order = lab.done({"HB": "13,5"})
    report = lab.release(order)
    browser = at(lab.doctor)
    address = reverse("reports:detail", args=[report.id])
    said = "Hasil dalam laporan ini sedang diperbaiki"
    assert said not in words(browser.get(address))
    now.forward(hours=1)
    bench.amend_result(lab.doctor, owner_id=lab.id, result_id=lab.results(order)["HB"].id, reason="Salah salin")
    assert said in words(browser.get(address))
    lab.perform(order, "HB", "10,1")
    lab.release(order, reason="Salah salin")
    assert said not in words(browser.get(address))


def test_withdrawing_on_the_page(lab, at):
    report = lab.release(lab.done())
    browser = at(lab.doctor)
    address = reverse("reports:detail", args=[report.id])
    assert browser.post(address, {"reason": "ya"}).status_code == 422
    assert browser.post(address, {"reason": "Pasien tertukar", "form_key": "k"}).status_code == 303
    page = words(browser.get(address))
    assert "Versi ini ditarik" in page
    assert "Pasien tertukar" in page
    assert report.number in words(browser.get(reverse("reports:list"), {"status": "withdrawn"}))
    assert report.number not in words(browser.get(reverse("reports:list"), {"status": "released"}))


def test_the_list_filters_pages_and_packs(lab, at, monkeypatch):
    from laras.reports import views

    reports = [lab.release(lab.done()) for _ in range(3)]
    browser = at(lab.verifier)
    page = words(browser.get(reverse("reports:list")))
    assert all(report.number in page for report in reports)
    found = words(browser.get(reverse("reports:list"), {"q": reports[1].number.lower()}))
    assert reports[1].number in found
    assert reports[0].number not in found
    monkeypatch.setattr(views, "PAGE", 2)
    first = browser.get(reverse("reports:list"))
    after = re.search(r"after=([^\"&]+)", first.content.decode()).group(1)
    from urllib.parse import unquote

    rest = words(browser.get(reverse("reports:list"), {"after": unquote(after)}))
    assert sum(report.number in rest for report in reports) == 1
    for wrong in ("x", "2026-01-01T00:00:00~x", f"2026-01-01T00:00:00~{uuid4()}"):
        assert browser.get(reverse("reports:list"), {"after": wrong}).status_code == 422
    packed = browser.post(reverse("reports:download"), {"report": [str(r.id) for r in reports[:2]]})
    archive = zipfile.ZipFile(io.BytesIO(packed.content))
    assert len(archive.namelist()) == 2
    digests = {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert digests == set(Report.rows.exclude(pdf=None).values_list("pdf_digest", flat=True))
    assert browser.post(reverse("reports:download"), {}).status_code == 303


def test_the_issued_pdf_and_the_draft_open(lab, at):
    order_id = lab.done()
    browser = at(lab.verifier)
    draft = browser.get(reverse("reports:draft", args=[order_id]))
    assert draft.content.startswith(b"%PDF")
    report = lab.release(order_id)
    answer = browser.get(reverse("reports:pdf", args=[report.id]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "private, no-store"
    report.refresh_from_db()
    assert hashlib.sha256(answer.content).hexdigest() == report.pdf_digest
    assert browser.post(reverse("reports:pdf", args=[report.id])).status_code == 405


def test_the_orders_page_shows_the_versions_and_the_way_to_release(lab, at):
    order_id = lab.done()
    address = reverse("orders:detail", args=[order_id])
    release = reverse("reports:release", args=[order_id])
    assert release in at(lab.doctor).get(address).content.decode()
    assert release not in at(lab.verifier).get(address).content.decode()
    report = lab.release(order_id)
    page = at(lab.verifier).get(address)
    assert report.number in words(page)
    page = at(lab.doctor).get(address).content.decode()
    assert release not in page
    assert f"LHU {report.number} versi 1 terbit" in page


def test_others_find_nothing_and_strangers_sign_in(lab, other, at, client):
    order_id = lab.done()
    report = lab.release(order_id)
    browser = at(other.doctor)
    for name in ("detail", "pdf", "copy"):
        assert browser.get(reverse(f"reports:{name}", args=[report.id])).status_code == 404
    for name in ("release", "draft"):
        assert browser.get(reverse(f"reports:{name}", args=[order_id])).status_code == 404
    assert browser.post(reverse("reports:download"), {"report": [str(report.id)]}).status_code == 404
    browser = at(lab.verifier)
    for address in (reverse("reports:ready"), reverse("reports:release", args=[order_id])):
        assert browser.get(address).status_code == 403
    browser = at(lab.counter)
    assert browser.post(reverse("reports:detail", args=[report.id]), {"reason": "Pasien tertukar"}).status_code == 403
    client.logout()
    assert client.get(reverse("reports:pdf", args=[report.id])).status_code == 302
    assert client.post(reverse("reports:ready"), {"order": [str(order_id)]}).status_code == 401


# --- The public page --------------------------------------------------------------------------------------------------


def test_the_public_page_confirms_the_paper_and_tells_nothing_else(lab, client, now):
    order_id = lab.done(note="Anemia berat")
    report = lab.release(order_id, comments=["Sesuai klinis."])
    lab.issue(report)
    report.refresh_from_db()
    address = reverse("reports:public", args=[report.token])
    page = client.get(address)
    assert page.status_code == 200
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    body = page.content.decode()
    for told in (report.number, report.pdf_digest, report.content_digest, lab.owner.name, "1 Sep 2026 08.30 WITA"):
        assert told in body
    document = queries.document(report)
    secrets = [document.patient.name, document.patient.medical_record, document.order_number, "Sesuai klinis", "Anemia"]
    secrets += [text for row in document.rows for text in (row.test, row.result, row.limit) if text]
    secrets += [signer.name for signer in document.signers]
    # Digests and tokens hold any three figures now and then.
    said = re.sub(r"[\w-]{20,}", "", body)
    for secret in filter(None, secrets):
        assert secret not in said
    now.forward(hours=1)
    assert "dan berlaku" in words(client.get(address))
    lab.amend(order_id, "HB", "11,5")
    page = words(client.get(address))
    assert "sedang diperbaiki" in page
    assert "dan berlaku" not in page
    second = lab.release(order_id, reason="Salah salin")
    assert "sudah digantikan" in words(client.get(address))
    assert "versi 2" in words(client.get(address))
    services.withdraw_report(lab.doctor, owner_id=lab.id, report_id=second.id, reason="Pasien tertukar")
    page = words(client.get(reverse("reports:public", args=[second.token])))
    assert "ditarik" in page
    assert "tertukar" not in page


def test_only_the_token_opens_the_public_page(lab, client):
    report = lab.release(lab.done())
    for token in (report.number, str(report.id), report.token[:-1], report.token[:-1] + "ä", "x" * 43, "%00"):
        assert client.get(f"/lhu/cek/{token}/").status_code == 404
    assert client.post(reverse("reports:public", args=[report.token])).status_code == 405
    assert "belum dibuat" in words(client.get(reverse("reports:public", args=[report.token])))


# --- The API ----------------------------------------------------------------------------------------------------------


class Caller:
    """The API as one token sees it."""

    def __init__(self, client, actor, owner, rights):
        token = new_token()
        user = User.objects.get(pk=actor.user_id)
        ApiToken.objects.create(user=user, owner=owner, label="uji", digest=token_digest(token), rights=rights)
        self.client, self.head = client, {"Authorization": f"Bearer {token}"}

    def get(self, path, **query):
        return self.client.get(f"/api/v1{path}", query, headers=self.head)

    def post(self, path, body, key=None):
        head = {**self.head, "Idempotency-Key": key or uuid4().hex}
        return self.client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=head)


@pytest.fixture
def api(client, lab):
    return Caller(client, lab.doctor, lab.owner, ["reports"])


def test_release_read_and_withdraw_over_http(api, lab):
    order_id = lab.done()
    (waiting,) = api.get("/reports/ready").json()
    assert (waiting["order_id"], waiting["held"], waiting["version"]) == (str(order_id), [], None)
    made = api.post("/reports", {"order_id": str(order_id), "comments": ["Puasa."]}, key="k1")
    assert made.status_code == 201, made.content
    report = made.json()
    again = api.post("/reports", {"order_id": str(order_id), "comments": ["Puasa."]}, key="k1")
    assert (again.status_code, again.json()) == (201, report)
    assert Report.rows.count() == 1
    assert api.post("/reports", {"order_id": str(order_id)}, key="k1").status_code == 409
    same = api.post("/reports", {"order_id": str(order_id)})
    assert (same.status_code, same["Content-Type"]) == (409, "application/problem+json")
    assert api.get("/reports").json()["items"] == [api.get(f"/reports/{report['id']}").json()]
    assert api.get("/reports", order_id=order_id, status="withdrawn").json()["items"] == []
    other = api.post("/reports", {"order_id": str(lab.done())}).json()
    first = api.get("/reports", limit=1).json()
    assert [item["id"] for item in first["items"]] == [other["id"]]
    rest = api.get("/reports", limit=1, after=first["next"]).json()
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([report["id"]], None)
    assert api.get("/reports", after="x").status_code == 422
    pdf = api.get(f"/reports/{report['id']}/pdf")
    assert hashlib.sha256(pdf.content).hexdigest() == api.get(f"/reports/{report['id']}").json()["pdf_digest"]
    content = api.get(f"/reports/{report['id']}/content").json()["content"]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(canonical).hexdigest() == report["content_digest"]
    gone = api.post(f"/reports/{report['id']}/withdraw", {"reason": "Pasien tertukar"})
    assert gone.json()["status"] == "withdrawn"
    assert api.post(f"/reports/{report['id']}/withdraw", {"reason": "Lagi"}).status_code == 409


def test_bad_input_over_http_is_a_problem_not_an_error(api, lab, other):
    order_id = lab.order("HB")
    foreign = other.release(other.done())
    for body, status in (
        ({"order_id": str(order_id)}, 422),
        ({"order_id": str(order_id), "interim": True}, 422),
        ({"order_id": str(uuid4())}, 404),
        ({"order_id": str(foreign.order_id)}, 404),
        ({"order_id": "x"}, 422),
        ({"order_id": str(order_id), "reason": "x" * 501}, 422),
        ({"order_id": str(order_id), "comments": ["x" * 501]}, 422),
        ({"order_id": str(order_id), "comments": "x"}, 422),
        ({}, 422),
    ):
        answer = api.post("/reports", body)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), body
    assert api.get("/reports", status="odd").status_code == 422
    assert api.get("/reports/ready", limit=0).status_code == 422
    for path in (f"/reports/{foreign.id}", f"/reports/{foreign.id}/pdf", f"/reports/{foreign.id}/content"):
        assert api.get(path).status_code == 404
    assert api.post(f"/reports/{foreign.id}/withdraw", {"reason": "Pasien tertukar"}).status_code == 404
    assert api.post(f"/reports/{foreign.id}/withdraw", {"reason": ""}).status_code == 422
    assert Report.rows.count() == 1


def test_a_token_without_the_right_is_forbidden(client, lab):
    order_id = lab.done()
    api = Caller(client, lab.verifier, lab.owner, ["reports"])
    assert api.post("/reports", {"order_id": str(order_id)}).status_code == 403
    assert api.get("/reports/ready").status_code == 403
    narrow = Caller(client, lab.doctor, lab.owner, ["orders"])
    assert narrow.get("/reports").status_code == 403
    assert not Report.rows.exists()


# --- Commands ---------------------------------------------------------------------------------------------------------


def run(*arguments):
    return CliRunner().invoke(laras, ["report", *map(str, arguments)])


def test_the_commands_list_issue_write_and_check(lab, now, tmp_path, demo_mark):
    ready = lab.done()
    (row,) = json.loads(run("ready", "--lab", "NTB-01", "--json").output)
    assert row["version"] == 0
    first = lab.release(ready)
    now.forward(hours=1)
    lab.amend(ready, "HB", "11,5")
    second = lab.release(ready, reason="Salah salin")
    listed = json.loads(run("list", "--lab", "NTB-01", "--json").output)
    assert [(r["number"], r["version"], r["status"]) for r in listed] == [
        (second.number, 2, "released"),
        (first.number, 1, "superseded"),
    ]
    assert "Siti" not in json.dumps(listed)
    done = json.loads(run("issue", "--lab", "NTB-01", "--json").output)
    assert (done["issued"], done["failed"]) == (2, 0)
    target = tmp_path / "a.pdf"
    assert run("pdf", first.number.lower(), "--lab", "NTB-01", "--version", 1, "--to", target).exit_code == 0
    first.refresh_from_db()
    assert hashlib.sha256(target.read_bytes()).hexdigest() == first.pdf_digest
    checked = run("check", target, "--json")
    assert (checked.exit_code, json.loads(checked.output)["trusted"]) == (0, True)
    target.write_bytes(target.read_bytes() + b"\n% added")
    assert run("check", target, "--json").exit_code == 1
    assert not check_signature(target.read_bytes(), roots=services.trusted_roots()).good


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--lab", "TIDAK-ADA"),
        ("pdf", "NTB-01-260901-L0001", "--lab", "NTB-01"),  # a beginning is not a number
        ("check", "tidak-ada.pdf"),
        ("list",),
    ],
)
def test_a_command_that_cannot_says_so(lab, arguments):
    lab.release(lab.done())
    assert run(*arguments).exit_code != 0
