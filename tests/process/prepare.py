"""Run in the environment of an installation: one laboratory, one account, one token, printed. ``python -m tests.process.prepare``."""

from __future__ import annotations

# ruff: noqa: E402 -- Django must be set up before its models are imported
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laras.config.settings")

import django

django.setup()

from django.core.management import call_command

from laras.catalogue.services import load_shipped_catalogue
from laras.core.api import new_token, token_digest
from laras.core.models import ApiToken, Owner, RoleAssignment, StaffPerson, User
from laras.resources.models import Capability

CODES = ("HB", "GDS", "CHOL", "SGPT")


def main() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    load_shipped_catalogue()
    owner = Owner.objects.create(code="UJI-01", name="Lab Uji", kind="laboratory", tier=2)
    user = User.objects.create(username="uji", person=StaffPerson.objects.create(name="Petugas Uji"), password="!")
    for role in ("receptionist", "receiver"):
        RoleAssignment.objects.create(user=user, owner=owner, role=role)
    for code in CODES:
        Capability.rows.create(owner=owner, test_code=code, method="Fotometri", tat_hours=4, price=20000)
    token = new_token()
    ApiToken.objects.create(
        user=user, owner=owner, label="uji", digest=token_digest(token), rights=["orders", "people"]
    )
    print(token)


if __name__ == "__main__":
    main()
