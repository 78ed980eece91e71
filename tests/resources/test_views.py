from __future__ import annotations

import json

import pytest

from laras.core.api import new_token, token_digest
from laras.core.models import ApiToken
from laras.resources import queries, services
from tests.network.conftest import SYSTEM

pytestmark = pytest.mark.usefixtures("with_context")

VALUES = {"method": "GeneXpert", "tat_hours": "24", "capacity_per_day": "40", "price": "150.000"}


@pytest.fixture
def visit(sign_in, make_user, network):
    def enter(where, role):
        return sign_in(make_user(f"{where}-{role}", network[where].owner, role))

    return enter


@pytest.fixture
def capability(network):
    return services.add_capability(
        SYSTEM, owner_id=network["tier2"].pk, test_code="TCMTB", method="GeneXpert", tat_hours=24, price=150_000
    )


def address(organisation, *parts):
    return "/".join(["/kemampuan", str(organisation.pk), *map(str, parts), ""])


def test_everybody_reads_and_only_the_head_gets_buttons(visit, network, capability):
    lab = network["tier2"]
    for where, role, buttons in (("tier2", "head", True), ("tier2", "analyst", False), ("tier3", "head", False)):
        client = visit(where, role)
        page = client.get(address(lab)).content.decode()
        assert "TCM TB" in page
        assert "Rp150.000" in page
        assert ("Tambah pemeriksaan" in page) == buttons
        one = client.get(address(lab, capability.id)).content.decode()
        assert ("Hentikan sementara…" in one) == buttons


def test_offices_have_no_capability_page(visit, network):
    client = visit("tier2", "analyst")
    assert client.get(address(network["city_office"])).status_code == 404
    assert client.get("/kemampuan/").headers["Location"] == address(network["tier2"])
    assert visit("city_office", "officer").get("/kemampuan/").headers["Location"] == "/kemampuan/mencari/"


def test_adding_with_typed_rupiah_and_a_second_press(visit, network):
    client, lab = visit("tier2", "head"), network["tier2"]
    values = {**VALUES, "test_code": "TCMTB", "accredited": "on", "form_key": "k"}
    for _press in range(2):
        answer = client.post(address(lab, "tambah"), values)
        assert (answer.status_code, answer.headers["Location"]) == (303, address(lab))
    (offer,) = queries.capabilities_of(lab.pk)
    assert (offer.price, offer.tat_hours, offer.capacity_per_day, offer.accredited) == (150_000, 24, 40, True)
    twice = client.post(address(lab, "tambah"), {**values, "form_key": "k2"})
    assert (twice.status_code, set(twice.context["form"].errors)) == (422, {"method"})
    wrong = client.post(
        address(lab, "tambah"),
        {"test_code": "<b>", "tat_hours": "0", "price": "-1", "capacity_per_day": "x", "form_key": "k3"},
    )
    assert wrong.status_code == 422
    assert {"tat_hours", "price", "capacity_per_day"} <= set(wrong.context["form"].errors)
    unknown = client.post(address(lab, "tambah"), {**values, "test_code": "TIDAK-ADA", "form_key": "k4"})
    assert set(unknown.context["form"].errors) == {"test_code"}
    assert "TIDAK-ADA" in unknown.content.decode()


def test_pausing_asks_the_reason(visit, network, capability):
    client, lab = visit("tier2", "head"), network["tier2"]
    refused = client.post(address(lab, capability.id, "hentikan"), {"reason": " "})
    assert refused.status_code == 422
    assert queries.capability(lab.pk, capability.id).status == "active"
    client.post(address(lab, capability.id, "hentikan"), {"reason": "Katrid habis"})
    assert queries.capability(lab.pk, capability.id).reason == "Katrid habis"
    assert "Katrid habis" in visit("tier1", "analyst").get(address(lab)).content.decode()
    client = visit("tier2", "administrator")
    assert client.post(address(lab, capability.id, "aktifkan")).status_code == 403
    services.resume_capability(SYSTEM, owner_id=lab.pk, capability_id=capability.id)
    assert queries.capability(lab.pk, capability.id).status == "active"


def test_altering_resuming_removing(visit, network, capability):
    client, lab = visit("tier2", "head"), network["tier2"]
    assert client.get(address(lab, capability.id, "ubah")).context["form"].initial["price"] == 150_000
    answer = client.post(address(lab, capability.id, "ubah"), {**VALUES, "price": "", "form_key": "a"})
    assert answer.status_code == 303
    assert queries.capability(lab.pk, capability.id).price is None
    client.post(address(lab, capability.id, "hentikan"), {"reason": "Alat rusak"})
    # A second pause is not possible now; the page says so.
    assert client.post(address(lab, capability.id, "hentikan"), {"reason": "lagi"}).status_code in (409, 422)
    assert client.post(address(lab, capability.id, "aktifkan")).status_code == 303
    assert client.get(address(lab, capability.id, "hapus")).status_code == 405
    assert client.post(address(lab, capability.id, "hapus")).status_code == 422
    assert client.post(address(lab, capability.id, "hapus"), {"remove-reason": "Alat pindah"}).status_code == 303
    assert queries.capabilities_of(lab.pk) == []


def test_another_laboratorys_row_under_ones_own_address_is_not_found(visit, network, capability):
    client = visit("tier3", "head")
    assert client.get(address(network["tier3"], capability.id)).status_code == 404
    assert client.post(address(network["tier3"], capability.id, "hapus"), {"remove-reason": "x"}).status_code == 404
    for part in ("ubah", "hentikan", "aktifkan", "hapus"):
        answer = client.post(address(network["tier2"], capability.id, part), {"reason": "x", **VALUES})
        assert answer.status_code == 403, part
    assert client.post(address(network["tier2"], "tambah"), {**VALUES, "test_code": "HB"}).status_code == 403
    assert len(queries.capabilities_of(network["tier2"].pk)) == 1


def test_finding_who_does_a_test(visit, network, capability):
    client = visit("tier1", "analyst")
    page = client.get("/kemampuan/mencari/?test=TCMTB").content.decode()
    assert "Lab uji LAB-2" in page
    assert "pembina Anda, tingkat 2" in page
    assert "Pilih salah satu" in client.get("/kemampuan/mencari/?test=tcm").content.decode()
    assert "Tidak ada di katalog" in client.get("/kemampuan/mencari/?test=%3Cxyz%3E").content.decode()
    assert "Cari pemeriksaan" in client.get("/kemampuan/mencari/").content.decode()
    assert 'value="TCMTB"' in client.get("/kemampuan/pilihan/?test=tcm").content.decode()


def test_filters_of_the_table(visit, network, capability):
    client, lab = visit("tier1", "analyst"), network["tier2"]
    services.add_capability(SYSTEM, owner_id=lab.pk, test_code="HB", tat_hours=2)
    assert len(client.get(address(lab)).context["lines"]) == 2
    assert [line["offer"].test_code for line in client.get(address(lab) + "?search=hemo").context["lines"]] == ["HB"]
    assert client.get(address(lab) + "?status=paused").context["lines"] == []
    part = client.get(address(lab) + "?search=hemo", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part


# --- API ---------------------------------------------------------------------------------------------
@pytest.fixture
def call(client, make_user):
    def caller(owner, role):
        user = make_user(f"api-{owner.code}-{role}".lower(), owner, role)
        token = new_token()
        ApiToken.objects.create(
            user=user, owner=owner, label="uji", digest=token_digest(token), rights=["resources.manage_capability"]
        )

        def send(method, path, body=None, key=None):
            headers = {"authorization": f"Bearer {token}", **({"idempotency-key": key} if key else {})}
            content = json.dumps(body) if body is not None else ""
            return client.generic(
                method.upper(), f"/api/v1{path}", content, content_type="application/json", headers=headers
            )

        return send

    return caller


def test_the_api_does_what_the_pages_do(network, call):
    lab = network["tier2"]
    api = call(lab.owner, "head")
    body = {"test_code": "TCMTB", "method": "GeneXpert", "tat_hours": 24, "price": 150000}
    made = api("post", "/capabilities", body, "k")
    assert made.status_code == 201, made.content
    assert api("post", "/capabilities", body, "k").json() == made.json()
    assert api("post", "/capabilities", body, "k2").status_code == 409
    one = f"/capabilities/{made.json()['id']}"
    assert api("patch", one, {"price": None}).json()["price"] is None
    assert api("patch", one, {"tat_hours": 0}).status_code == 422
    assert api("patch", one, {"price": 10**30}).status_code == 422
    assert api("post", f"{one}/pause", {"reason": ""}).status_code == 422
    assert api("post", f"{one}/pause", {"reason": "Alat rusak"}).json()["status"] == "paused"
    assert api("post", f"{one}/pause", {"reason": "Alat rusak"}).status_code == 409
    assert api("post", f"{one}/resume").json()["status"] == "active"

    other = call(network["tier1"].owner, "head")
    assert other("get", one).status_code == 404
    assert other("patch", one, {"price": 1}).status_code == 404
    listed = other("get", "/laboratories/LAB-2/capabilities").json()
    assert [row["test_code"] for row in listed["items"]] == ["TCMTB"]
    found = other("get", "/tests/TCMTB/laboratories").json()
    assert [(row["code"], row["is_supervisor"]) for row in found] == [("LAB-2", True)]
    assert found[0]["reasons"][0] == {"code": "supervisor", "value": 2}
    assert other("get", "/laboratories/TIDAK/capabilities").status_code == 404

    assert call(lab.owner, "analyst")("post", f"{one}/remove", {"reason": "x"}).status_code == 403
    assert api("post", f"{one}/remove", {"reason": ""}).status_code == 422
    assert api("post", f"{one}/remove", {"reason": "Alat pindah"}).status_code == 204
    assert api("get", one).status_code == 404


def test_hundreds_of_tests_come_fifty_at_a_time_and_are_narrowed(visit, network, django_assert_max_num_queries):
    from laras.catalogue.queries import effective
    from laras.core.bulk import Rows
    from laras.resources.models import Capability

    lab = network["tier2"]
    tests = list(effective(lab.pk).tests.values())
    assert len(tests) > 250
    rows = Rows(Capability)
    for number, test in enumerate(tests):
        paused = {"status": "paused", "reason": "Alat rusak"} if number % 50 == 0 else {}
        rows.add(owner_id=lab.pk, test_code=test.code, method=test.method[:120], tat_hours=24, **paused)
    rows.write()
    client = visit("tier2", "analyst")
    client.get(address(lab))
    with django_assert_max_num_queries(20):
        page = client.get(address(lab))
    assert len(page.context["lines"]) == 50
    assert len(page.content) < 130_000
    names = [line["name"].casefold() for line in page.context["lines"]]
    assert names == sorted(names)
    second = client.get(f"{address(lab)}?page=2").context["lines"]
    assert not {line["offer"].id for line in second} & {line["offer"].id for line in page.context["lines"]}

    def shown(query):
        return client.get(f"{address(lab)}?{query}").context["page"].paginator.count

    blood = sum(test.discipline == "hematologi" for test in tests)
    assert shown("discipline=hematologi") == blood > 0
    assert shown("status=paused") == len(tests[::50])
    assert shown("search=hemoglobin") >= 1
    assert shown("search=hemoglobin&discipline=kalibrasi") == 0
    assert shown("discipline=tidak-ada") == len(tests)
