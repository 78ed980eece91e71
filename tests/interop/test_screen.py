"""The page of what analyzers sent: accepted, put onto a sample, set aside; each a person's decision."""

from __future__ import annotations

import pytest
from django.urls import reverse

from laras.bench.models import Result
from laras.core.models import User
from laras.core.scope import Scope
from laras.interop import queries
from laras.interop.listener import read_stored
from laras.interop.models import Message, Reading
from tests.interop import captures
from tests.interop.captures import CBC, sysmex_records
from tests.interop.test_storing import number_of, readings

PAGE = "/alat/"


@pytest.fixture
def page(sign_in, analyst):
    return sign_in(User.objects.get(id=analyst.user_id))


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_nothing_waits_and_says_what_will(page):
    assert "Tidak ada nilai yang menunggu" in text(page.get(PAGE))


def test_what_fits_is_accepted_together_and_becomes_the_analysts(page, lab, make_results, arrive, analyst):
    results = make_results("HB", "WBC")
    arrive(sysmex_records(number_of(results)))
    read_stored()
    shown = text(page.get(PAGE))
    assert "13.2" in shown
    assert "Alat tanpa petugas" in shown
    chosen = [str(row.id) for row in readings(lab.id).values() if row.result_id]
    answer = page.post(PAGE, {"id": [*chosen, "bukan-kunci"]}, follow=True)
    assert "2 nilai masuk sebagai hasil" in text(answer)
    stored = Result.objects.within(Scope.of(lab.id)).get(test_code="HB")
    assert (stored.raw, stored.status, stored.entered_by) == ("13.2", "entered", analyst.person_id)
    assert "Pilih 1 sampai" in text(page.post(PAGE, {}, follow=True))


def test_a_value_is_put_onto_the_sample_that_was_meant(page, lab, make_results, arrive):
    results = make_results("HB", "PLT")
    arrive(sysmex_records("SALAH-TEMPEL", CBC[2:]))
    read_stored()
    reading = readings(lab.id)["HB"]
    address = reverse("interop:assign", args=[reading.id])
    for typed, said in (
        ({"number": ""}, "Nomor sampel"),
        ({"number": "TIDAK-ADA"}, "Tidak ada pekerjaan pada sampel TIDAK-ADA"),
        ({"number": number_of(results), "test_code": "K"}, "K tidak diminta pada sampel ini; yang ada: HB, PLT"),
        ({"number": number_of(results), "test_code": "PLT"}, "tidak dapat diubah"),
    ):
        answer = page.post(address, typed)
        assert answer.status_code == 422
        assert said in text(answer)
        assert f'action="{address}"' in text(answer)  # the open dialog knows which value it is of
        assert f'value="{typed["number"]}"' in text(answer) or not typed["number"]
    assert readings(lab.id)["HB"].status == "waiting"
    key = {"form_key": "a" * 32}
    answer = page.post(address, {"number": number_of(results).lower(), **key}, follow=True)
    assert "masuk sebagai hasil" in text(answer)
    assert Result.objects.within(Scope.of(lab.id)).get(test_code="HB").raw == "13.2"
    # Pressed twice: led to where the first one went.
    assert page.post(address, {"number": number_of(results).lower(), **key}).status_code == 303
    assert page.post(address, {"number": number_of(results)}).status_code == 422


def test_values_and_messages_are_set_aside_with_a_reason(page, lab, arrive, instrument):
    arrive(sysmex_records("SALAH-TEMPEL", CBC[2:]))
    arrive(captures.mindray_bc().replace(b"\r", b"\n"), instrument, protocol="hl7", profile="mindray-bc")
    read_stored()
    reading, broken = readings(lab.id)["HB"], queries.unreadable(Scope.of(lab.id))[0]
    assert "pemisah antarsegmen salah" in text(page.get(PAGE))
    for address in (
        reverse("interop:set_aside", args=[reading.id]), reverse("interop:set_message_aside", args=[broken.id])
    ):  # fmt: skip
        assert page.post(address, {"reason": " "}).status_code == 422
        assert page.get(address).status_code == 405
        assert page.post(address, {"reason": "label tertukar"}).status_code == 303
    assert Reading.objects.within(Scope.of(lab.id)).get(id=reading.id).why == "label tertukar"
    assert Message.objects.within(Scope.of(lab.id)).get(id=broken.id).status == "discarded"
    assert "Tidak ada nilai yang menunggu" in text(page.get(PAGE))


def test_another_laboratorys_value_is_not_there(lab, other, arrive, make_user, sign_in):
    arrive(sysmex_records("SALAH-TEMPEL", CBC[2:]))
    read_stored()
    reading = readings(lab.id)["HB"]
    stranger = sign_in(make_user("asing", other, "analyst"))
    assert "SALAH-TEMPEL" not in text(stranger.get(PAGE))
    assert stranger.post(reverse("interop:assign", args=[reading.id]), {"number": "X"}).status_code == 404
    assert sign_in(make_user("loket", lab, "receptionist")).get(PAGE).status_code == 403
