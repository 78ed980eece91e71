from __future__ import annotations

import pytest
from django.urls import reverse

from laras.core.scope import Scope
from laras.resources import services as capabilities
from laras.stores import queries
from tests.network.conftest import SYSTEM


@pytest.fixture
def lab(network):
    owner = network["tier2"].owner
    capabilities.add_capability(SYSTEM, owner_id=owner.id, test_code="TCMTB", tat_hours=24)
    return owner


def test_from_an_empty_shelf_to_a_correction(sign_in, make_user, lab, with_context):
    client = sign_in(make_user("kepala", lab, "head"))
    shelf = reverse("stores:shelf")
    assert "Belum ada reagen" in client.get(shelf).content.decode()
    new = {"name": "Kartrid TCM", "unit": "tes", "minimum": "10", "test_codes": ["TCMTB"]}
    place = client.post(shelf, new).url
    assert client.post(shelf, new).status_code == 422
    client.post(f"{place}terima/", {"number": "A1", "quantity": "20,5", "expires_on": "2099-01-31"})
    scope = Scope.of(lab.id)
    item = queries.get_item(scope, place.strip("/").rpartition("/")[2])
    lot = queries.lots(scope, item, item.added_at.date())[0].lot
    assert client.post(f"{place}pakai/", {"lot_id": lot.id, "quantity": "5,5"}).status_code == 303
    wrong = client.post(f"{place}koreksi/", {"lot_id": lot.id, "counted": "15", "reason": "hitung ulang"})
    assert (wrong.status_code, "tidak ada yang dikoreksi" in wrong.content.decode()) == (422, True)
    assert client.post(f"{place}koreksi/", {"lot_id": lot.id, "counted": "8", "reason": "pecah dua"}).status_code == 303
    text = client.get(place).content.decode()
    for words in ("Di bawah minimum", "pecah dua", "20,5"):
        assert words in text
    assert 'value="10"' in text  # the minimum as it was typed, not 10,000
    assert client.post(f"{place}ubah/", new | {"minimum": "2"}).status_code == 303
    assert client.post(f"{place}buang/", {"lot_id": lot.id, "reason": "terkontaminasi"}).status_code == 303
    assert "dihentikan sementara sampai stok datang" in client.get(place).content.decode()
    assert client.post(f"{place}henti/", {"reason": "diganti merek"}).url == shelf


def test_an_analyst_records_and_does_not_correct(sign_in, make_user, lab):
    client = sign_in(make_user("analis", lab, "analyst"))
    text = client.get(reverse("stores:shelf")).content.decode()
    assert "Tambah reagen" not in text
    assert client.post(reverse("stores:shelf"), {"name": "X", "unit": "tes"}).status_code == 403
    assert client.get(reverse("stores:ending")).status_code == 200
