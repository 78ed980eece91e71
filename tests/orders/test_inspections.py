"""Hygiene inspections: scored, joined with their orders, concluded by a person, printed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.scope import Scope
from laras.orders import inspections, services
from laras.orders.models import Inspection, InspectionOrder
from laras.orders.rules.inspections import ANSWERS, Item, score
from laras.orders.types import SiteInput

DAY = date(2026, 11, 2)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(ANSWERS)), max_size=30))
def test_what_does_not_apply_is_in_neither_sum(rows):
    items = [Item(str(n), "", "", "", "", points, "ours", "") for n, (points, _answer) in enumerate(rows)]
    found = score(items, {str(n): answer for n, (_points, answer) in enumerate(rows)})
    assert found.reached == sum(points for points, answer in rows if answer == "yes")
    assert found.possible - found.reached == sum(points for points, answer in rows if answer == "no")
    assert found.percent is None if not found.possible else 0 <= found.percent <= 100


def test_an_item_without_an_answer_is_not_scored():
    item = Item("a", "", "", "", "", 2, "ours", "")
    assert score([item, Item("b", "", "", "", "", 1, "ours", "")], {"a": "yes", "b": "no"}).percent == Decimal(200) / 3
    with pytest.raises(KeyError):
        score([item], {})
    with pytest.raises(ValueError, match="mungkin"):
        score([item], {"a": "mungkin"})


def answers(**more):
    return {item.code: "yes" for item in inspections.items()} | {
        key.replace("_", "-"): one for key, one in more.items()
    }


@pytest.fixture
def inspection(sampler, lab):
    return services.note_inspection(
        sampler, owner=lab, day=DAY, new_site=SiteInput("Hotel Contoh"), answers=answers(C_LOK_1="no", C_VEK_1="na")
    )


def test_from_the_checklist_to_the_conclusion(inspection, order, counter, sampler, lab):
    number = len(inspections.items())
    assert (inspection.reached, inspection.possible) == (number - 2, number - 1)
    services.join_order(sampler, owner_id=lab.id, inspection_id=inspection.id, number=order.number)
    for wrong in (order.number, "TIDAK-ADA"):
        with pytest.raises(Refused):
            services.join_order(sampler, owner_id=lab.id, inspection_id=inspection.id, number=wrong)
    with pytest.raises(Refused):
        services.conclude_inspection(
            counter, owner_id=lab.id, inspection_id=inspection.id, outcome="open", conclusion=""
        )
    services.conclude_inspection(
        counter, owner_id=lab.id, inspection_id=inspection.id, outcome="improve", conclusion="Halaman belum bersih"
    )
    with pytest.raises(Refused):
        services.conclude_inspection(
            counter, owner_id=lab.id, inspection_id=inspection.id, outcome="fit", conclusion="Berubah"
        )
    assert InspectionOrder.objects.within(Scope.of(lab.id)).get().order_id == order.id


def test_what_is_missing_is_named_and_others_stay_out(inspection, sampler, receiver, stranger, lab, other):
    with pytest.raises(Refused) as refused:
        services.note_inspection(sampler, owner=lab, day=date(2099, 1, 1), answers={})
    assert {problem.field for problem in refused.value.problems} == {
        "day",
        "site",
        *(f"answer_{item.code}" for item in inspections.items()),
    }
    with pytest.raises(Forbidden):
        services.note_inspection(receiver, owner=lab, day=DAY, new_site=SiteInput("Hotel"), answers=answers())
    with pytest.raises(NotFound):
        services.join_order(stranger, owner_id=other.id, inspection_id=inspection.id, number="1")
    assert Inspection.objects.within(Scope.of(lab.id)).count() == 1


def test_the_pages_and_the_letter(client, lab, order, make_user):
    client.force_login(make_user("putu", lab, "sampler"))
    address = reverse("orders:new_inspection")
    assert "bukan formulir peraturan" in client.get(address).content.decode()
    typed = {f"answer_{item.code}": "yes" for item in inspections.items()}
    typed |= {
        "day": "2026-11-02",
        "site_name": "Hotel Contoh",
        "answer_C-LOK-1": "no",
        "note_C-LOK-1": "Sampah di halaman",
    }
    assert client.post(address, {**typed, "answer_C-LOK-2": ""}).status_code == 422
    assert client.post(address, typed).status_code == 303
    row = Inspection.objects.within(Scope.of(lab.id)).get()
    page = reverse("orders:inspection", args=[row.id])
    assert client.post(reverse("orders:join_inspection", args=[row.id]), {"number": "xx"}).status_code == 422
    assert client.post(reverse("orders:join_inspection", args=[row.id]), {"number": order.number}).status_code == 303
    letter = reverse("orders:inspection_letter", args=[row.id])
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(client.get(letter).content)).pages)
    assert "Konsep" in text
    said = {"outcome": "improve", "conclusion": "Perbaiki halaman"}
    assert client.post(reverse("orders:conclude_inspection", args=[row.id]), {"outcome": "fit"}).status_code == 422
    assert client.post(reverse("orders:conclude_inspection", args=[row.id]), said).status_code == 303
    assert "Perlu perbaikan" in client.get(page).content.decode()
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(client.get(letter).content)).pages)
    assert "Perbaiki halaman" in text
    assert order.number in text
    assert "Siti Aminah" not in text
    assert row.number in client.get(reverse("orders:inspections")).content.decode()
