"""Pages of jurisdictions, successions, institutions, regions and the end of an organisation."""

from __future__ import annotations

import pytest

from laras.network import queries, rules, services
from laras.network.models import AreaVersion
from tests.network.conftest import SYSTEM

pytestmark = pytest.mark.usefixtures("with_context")

HERE = "/jejaring/"


@pytest.fixture
def visit(sign_in, make_user, network):
    def enter(where, role):
        return sign_in(make_user(f"{where}-{role}", network[where].owner, role))

    return enter


def errors(answer):
    return set(answer.context["form"].errors)


def test_what_all_may_read(visit, network):
    client = visit("tier1", "cashier")
    for address in ("kewenangan/", "kewenangan/?show=kabkota&province=73", "regional/", "institusi/"):
        page = client.get(HERE + address)
        assert page.status_code == 200, address
        assert "Tetapkan provinsi" not in page.content.decode()
    shown = client.get(f"{HERE}kewenangan/").content.decode()
    assert "Kota Makassar, Sulawesi Selatan" in shown
    assert client.get(f"{HERE}kewenangan/?on=2023-12-31").content.decode().count("DINKES-73") == 0
    gap = client.get(f"{HERE}kewenangan/?show=kabkota&province=73").content.decode()
    assert "Parepare" in gap
    assert "Kota Makassar" not in gap
    assert "DINKES-7371" not in client.get(f"{HERE}kewenangan/?province=32").content.decode()
    responsible = client.get(f"{HERE}wilayah/73.71.11/").content.decode()
    # The city's office, then the province's, then the ministry.
    places = [responsible.index(f"Lab uji {code}<") for code in ("DINKES-7371", "DINKES-73", "KEMKES")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("lembaga/{tier2}/tutup/", True),
        ("lembaga/{tier2}/kewenangan/", True),
        ("wilayah/73.71/perubahan/", True),
        ("regional/ubah/", False),
    ],
)
def test_the_right_ends_where_the_jurisdiction_ends(visit, network, address, outside):
    address = HERE + address.format(tier2=network["tier2"].pk)
    assert visit("tier2", "head").get(address).status_code == 403
    assert visit("ministry", "network_manager").get(address).status_code == 200
    services.set_jurisdiction(SYSTEM, organisation_id=network["city_office"].pk, claims=[])
    assert visit("city_office", "network_manager").get(address).status_code == 403
    assert visit("province_office", "network_manager").get(address).status_code == (200 if outside else 403)


def test_a_jurisdiction_is_written_and_read_back(visit, network, areas):
    client, office = visit("province_office", "network_manager"), network["city_office"].pk
    address = f"{HERE}lembaga/{office}/kewenangan/"
    assert client.get(address).context["form"].initial["areas"] == "73.71 Kota Makassar, Sulawesi Selatan"
    wrong = client.post(address, {"areas": "73.71\n99.99 Entah"})
    assert (wrong.status_code, errors(wrong)) == (422, {"areas"})
    values = {"areas": "73.71 Kota Makassar\n7372", "valid_from": "2026-03-01", "basis": "Perda uji", "form_key": "k"}
    assert client.post(address, values).status_code == 303
    assert {claim.area for claim in queries.claims_of(office)} == {areas("73.71"), areas("73.72")}
    page = client.get(f"{HERE}lembaga/{office}/").content.decode()
    assert "Perda uji" in page
    early = client.post(address, {"areas": "73.71", "valid_from": "2024-01-02", "form_key": "k2"})
    assert (early.status_code, errors(early)) == (422, {"valid_from"})
    assert client.post(address, {"national": "on", "areas": "", "form_key": "k3"}).status_code == 403


def succession(code, kind):
    return f"{HERE}wilayah/{code}/perubahan/?kind={kind}"


def test_a_split_is_previewed_then_recorded_once(visit, network, areas):
    client = visit("province_office", "network_manager")
    before = AreaVersion.objects.count()
    values = {
        "on": "2026-02-01",
        "source": "Perda uji 2/2026",
        "successors_text": "73.71.77\tKecamatan Uji",
        "moved": "",
    }
    village = AreaVersion.objects.filter(parent_id=areas("73.71.11"), valid_until__isnull=True).first()
    values["moved"] = f"{village.code};73.71.77.1001;Kelurahan Uji"
    address = succession("73.71.11", "split")
    preview = client.post(address, {**values, "step": "preview"})
    assert preview.status_code == 200
    shown = preview.content.decode()
    assert "73.71.77.1001" in shown
    assert "Kelurahan Uji" in shown
    assert AreaVersion.objects.count() == before
    # Back to the form, everything that was typed still there.
    again = client.post(address, {**values, "step": "edit"})
    assert again.status_code == 200
    assert "Perda uji 2/2026" in again.content.decode()
    accepted = client.post(address, {**values, "step": "accept", "form_key": "k"})
    assert accepted.status_code == 303
    assert client.post(address, {**values, "step": "accept", "form_key": "k"}).status_code in (303, 422)
    assert queries.find_area("73.71.77.1001").name == "Kelurahan Uji"
    assert AreaVersion.objects.filter(code="73.71.77", valid_until__isnull=True).count() == 1
    page = client.get(f"{HERE}wilayah/73.71.77.1001/").content.decode()
    assert village.code in page


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("split", {"successors_text": "73.71.77"}, "successors_text"),
        ("split", {"successors_text": "73.71 Salah jenjang"}, "successors_text"),
        ("split", {"successors_text": ""}, "successors_text"),
        ("split", {"successors_text": "73.71.77 Uji", "moved": "73.71.11.1001"}, "moved"),
        ("split", {"successors_text": "73.71.77 Uji", "moved": "1 2\n1 3"}, "moved"),
        ("split", {"successors_text": "73.71.77 Uji", "moved": "73.71.11.1001 88.01.01.1001"}, "moved"),
        ("merge", {"successors_id": "73.72"}, "successors_id"),
        ("merge", {"successors_id": "73.71.11"}, "successors_id"),
        ("rename", {"name": "", "code": "73.71.11"}, "name"),
        ("rename", {"name": "Biringkanaya", "code": "73.71.01"}, "code"),
        ("transfer", {"parent_id": "73.72", "code": "73.71.99"}, "code"),
        ("transfer", {"parent_id": "x", "code": "73.71.99"}, "parent_id"),
        ("rename", {"name": "Lain", "code": "73.71.11", "source": " "}, "source"),
        ("rename", {"name": "Lain", "code": "73.71.11", "on": "31/31/2026"}, "on"),
    ],
)
def test_wrong_successions_say_where(visit, network, kind, values, field):
    client = visit("province_office", "network_manager")
    before = list(AreaVersion.objects.order_by("id").values())
    for step in ("preview", "accept"):
        data = {"on": "2026-02-01", "source": "UU uji", "step": step, **values}
        answer = client.post(succession("73.71.11", kind), data)
        assert (answer.status_code, field in errors(answer)) == (422, True), errors(answer)
    assert list(AreaVersion.objects.order_by("id").values()) == before


def test_a_merge_warns_of_who_stands_there_and_who_is_responsible(visit, network, areas):
    services.set_jurisdiction(
        SYSTEM,
        organisation_id=network["city_office"].pk,
        claims=[rules.Claim(area=areas("73.71")), rules.Claim(area=areas("73.71.11"))],
    )
    client = visit("province_office", "network_manager")
    values = {"on": "2026-12-31", "source": "UU uji", "successors_id": "73.71.01", "step": "preview"}
    shown = client.post(succession("73.71.11", "merge"), values).content.decode()
    assert "Lab uji LAB-1" in shown  # stands in the kecamatan that ends
    assert "Lab uji DINKES-7371" in shown  # holds it


def test_an_organisation_is_closed_with_all_below_handed_over(visit, network, make_organisation):
    make_organisation("LAB-2B", area="73.72", supervisor=network["tier3"])
    gone, client = network["tier2"].pk, visit("province_office", "network_manager")
    address = f"{HERE}lembaga/{gone}/tutup/"
    assert "Masih membina 1 lembaga" in client.get(address).content.decode()
    data = {"reason": "Digabung menurut SK", "hand_over": "on", "form_key": "a"}
    assert errors(client.post(address, data)) == {"successor_id"}
    assert client.post(address, {**data, "hand_over": "", "successor_id": "LAB-2B"}).status_code == 422
    assert client.post(address, {**data, "successor_id": "LAB-2B"}).status_code == 303
    assert queries.organisation_row(network["tier1"].pk).supervisor == "LAB-2B"
    page = client.get(f"{HERE}lembaga/{gone}/").content.decode()
    assert "digantikan oleh" in page
    assert "Batalkan penutupan" in page
    assert client.post(f"{HERE}lembaga/{gone}/buka/", {"reason": ""}).status_code == 422
    assert client.post(f"{HERE}lembaga/{gone}/buka/", {"reason": "Salah lembaga"}).status_code == 303
    assert not queries.organisation_row(gone).closed
    assert visit("tier2", "head").post(f"{HERE}lembaga/{gone}/buka/", {"reason": "Salah lembaga"}).status_code == 403


def test_institutions_on_screen(visit, network):
    client = visit("province_office", "network_manager")
    values = {"code": "PEMKOT-7371", "name": "Pemkot Uji", "kind": "pemda_kabkota", "form_key": "a"}
    made = client.post(f"{HERE}institusi/baru/", values)
    assert made.status_code == 303
    assert client.post(f"{HERE}institusi/baru/", {**values, "form_key": "b"}).status_code == 422
    organisation = network["tier2"].pk
    form = {"name": "Lab", "kind": "labkesda_kabkota", "tier": "2", "area_id": "73.71", "supervisor_id": "LAB-3"}
    saved = client.post(f"{HERE}lembaga/{organisation}/ubah/", {**form, "institution_id": "PEMKOT-7371"})
    assert saved.status_code == 303
    assert "Lab" in client.get(made.headers["Location"]).content.decode()
    assert client.post(f"{made.headers['Location']}ubah/", {"name": "Pemkot Baru", "kind": "bumn"}).status_code == 303
    assert "Pemkot Baru" in client.get(f"{HERE}institusi/?search=baru&kind=bumn").content.decode()
    unknown = client.post(f"{HERE}lembaga/{organisation}/ubah/", {**form, "institution_id": "TIDAK"})
    assert errors(unknown) == {"institution_id"}
    assert visit("tier2", "head").get(f"{HERE}institusi/baru/").status_code == 403


def test_the_region_of_a_province_on_screen(visit, network, areas):
    client = visit("ministry", "network_manager")
    nine = next(region for region in queries.regions() if region.number == 9)
    values = {"province_id": str(areas("72")), "region_id": str(nine.id), "source": "KMK uji", "form_key": "a"}
    assert client.post(f"{HERE}regional/ubah/", {**values, "source": ""}).status_code == 422
    assert client.post(f"{HERE}regional/ubah/", values).status_code == 303
    assert queries.regions_of_provinces()[areas("72")] == nine.id
