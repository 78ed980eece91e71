"""The menu tells where we are."""

import pytest

from tests.network.conftest import _no_ground_beyond_the_file, areas, django_db_setup, make_organisation, network

__all__ = ["_no_ground_beyond_the_file", "areas", "django_db_setup", "make_organisation", "network"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_context")]


def test_it_calls_only_our_own_page_our_capability(sign_in, make_user, network):
    client = sign_in(make_user("kepala", network["tier2"].owner, "head"))
    for url, marked in (
        (f"/kemampuan/{network['tier2'].pk}/", "Kemampuan kami"),
        (f"/kemampuan/{network['tier3'].pk}/", "Laboratorium"),
        ("/kemampuan/mencari/", "Laboratorium"),
    ):
        lines = client.get(url).context["menu"]
        assert [str(line["label"]) for line in lines if line["active"]] == [marked], url
