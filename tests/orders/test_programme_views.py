"""The pages of programmes: the file, its preview, the session, who should come, and the choice at registration."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from laras.core import clock
from laras.core.progress import Progress
from laras.core.scope import Scope
from laras.orders import services
from laras.orders.models import Order, ProgrammeSession
from tests.orders.test_programmes import HEAD, LIST, book

SPACE = Scope.everything()


@pytest.fixture
def desk(sign_in, make_user, lab):
    return sign_in(make_user("ratna", lab, "receptionist"))


def url(name, *args):
    return reverse(f"orders:{name}", args=args)


def upload(desk, lab, content, name="peserta.csv", **more):
    values = {"programme": "CKG", "name": "Posyandu Melati", "day": clock.today(lab.zone).isoformat(), **more}
    return desk.post(url("new_session"), {**values, "file": SimpleUploadedFile(name, content)})


def carried(page):
    """What the preview brings to the next press."""
    found = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', page.content.decode())
    return {name: value.replace("&quot;", '"') for name, value in found if name != "csrfmiddlewaretoken"}


@pytest.mark.parametrize("content", [LIST.encode("utf-16"), book([line.split(";") for line in LIST.splitlines()])])
def test_from_the_file_to_the_labels(desk, lab, content):
    preview = upload(desk, lab, content)
    assert preview.status_code == 200
    assert "Daftarkan 3 orang" in preview.content.decode()
    assert not Order.objects.within(SPACE).exists()
    values = carried(preview)
    answer = desk.post(url("accept_session"), values, follow=True)
    page = answer.content.decode()
    assert "Budi Santoso" in page
    assert "Posyandu Melati" in page
    assert Order.objects.within(SPACE).count() == 3
    # The same press again leads to where the first one went.
    desk.post(url("accept_session"), values)
    assert Order.objects.within(SPACE).count() == 3
    made = ProgrammeSession.objects.within(SPACE).get()
    labels = desk.get(url("session_labels", made.id), {"dari": "1"})
    assert labels["Content-Type"] == "application/pdf"
    assert labels.content.startswith(b"%PDF")
    assert made.name in desk.get(url("programmes")).content.decode()


def test_faults_are_shown_by_row_and_nothing_can_be_accepted(desk, lab):
    answer = upload(desk, lab, (HEAD + "Budi;;03/04/1990;L;belum punya;;;\n").encode())
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "tanggal_lahir" in page
    assert "hari/bulan/tahun" in page
    assert 'id="terima"' not in page
    assert upload(desk, lab, (HEAD + "Budi;;03/04/1990;L;belum punya;;;\n").encode(), day_first="on").status_code == 200
    assert upload(desk, lab, LIST.encode(), day="kapan").status_code == 422
    assert upload(desk, lab, LIST.encode(), programme="ENTAH").status_code == 422


def test_progress_is_told_and_can_be_stopped(desk, lab):
    user = desk.session["_auth_user_id"]
    progress = Progress(user, "kunci-1")
    progress.tell(40, 200)
    page = desk.get(url("session_progress"), {"kunci": "kunci-1"}).content.decode()
    assert "40 dari 200" in page
    # Another account's page with the same key sees nothing of it.
    assert Progress("999", "kunci-1").read() is None
    values = {**carried(upload(desk, lab, LIST.encode())), "kunci": "kunci-1"}
    desk.post(url("stop_session"), {"kunci": "kunci-1"})
    stopped = desk.post(url("accept_session"), values)
    assert "Tidak ada yang disimpan" in stopped.content.decode()
    assert not Order.objects.within(SPACE).exists()
    assert progress.read() is None
    # The next press registers them.
    desk.post(url("accept_session"), values)
    assert Order.objects.within(SPACE).count() == 3


def test_the_programme_proposes_at_registration(desk, lab, counter, patient):
    asked = {"programme": "PROLANIS-DM", "patient": str(patient.id)}
    first = desk.post(url("proposal"), asked).content.decode()
    assert "HBA1C" in first
    assert 'data-payer="bpjs"' in first
    desk.post(
        url("register"),
        {
            "patient": str(patient.id), "codes": "GDP HBA1C", "programme": "PROLANIS-DM", "payer": "bpjs",
            "urgency": "routine", "purpose": "follow_up", "form_key": "k1",
        },
    )  # fmt: skip
    again = desk.post(url("proposal"), asked).content.decode()
    codes = re.search(r'data-codes="([^"]*)"', again)[1].split()
    assert "UREUM" in codes
    assert not {"GDP", "HBA1C"} & set(codes)
    assert "paling cepat lagi" in again
    # A person who is being typed in, and one of whom nothing is known yet.
    typed = desk.post(url("proposal"), {"programme": "CKG", "sex": "P", "birth_date": "1980-01-01"}).content.decode()
    assert "HPVDNA" in typed
    assert "Pilih pasiennya" in desk.post(url("proposal"), {"programme": "CKG", "birth_date": "19"}).content.decode()
    assert desk.post(url("proposal"), {"programme": "ENTAH"}).content.strip() == b""
    assert "Prolanis" in desk.get(url("register")).content.decode()


def test_who_should_come(desk, lab, counter, patient):
    services.register_order(counter, owner=lab, patient_id=patient.id, codes=["GDP"], programme="PROLANIS-DM")
    after = services.month_of(services.month_of(clock.today(lab.zone))[1].replace(day=28))[1]
    later = after.replace(year=after.year + 1)
    page = desk.get(url("due"), {"program": "PROLANIS-DM", "bulan": later.isoformat()}).content.decode()
    assert patient.full_name in page
    assert f"{url('register')}?pasien={patient.id}" in page
    assert patient.full_name not in desk.get(url("due"), {"program": "PROLANIS-DM"}).content.decode()
    assert desk.get(url("due"), {"program": "x", "bulan": "y"}).status_code == 200
