"""Measured by ``python -m bench boxes``: a box of 100 specimens of 100 referrals, packed, handed over, received and compared, each
as one request of the API.

``python -m bench.boxes TOKEN TOKEN`` runs in an installation with the laboratories BM-00 and BM-01 and prints seconds as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import date
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laras.config.settings")

import django

django.setup()

from django.db import transaction
from django.test import Client

from laras.bench import queries as bench
from laras.core.actor import system_actor
from laras.core.delivery import catch_up_all
from laras.core.jobs import refresh_statistics
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.wall import ground
from laras.orders import services as orders
from laras.referral import services as referral
from laras.resources.models import Capability

SPECIMENS, ROUNDS, TEST = 100, 1 if "--quick" in sys.argv else 3, "TSH"


def refer(sender: Owner, recipient: Owner) -> list[str]:
    """A hundred referrals on their way; answers the labels of their specimens."""
    clerk, labels = system_actor("job:bench"), []
    with ground(Scope.of(sender.id)):
        for n in range(SPECIMENS):
            person = {"full_name": f"Warga Ukur {n}", "sex": "P", "birth_date": date(1980, 1, 1), "no_nik_reason": "absent",
                      "duplicates_checked": True}  # fmt: skip
            made = orders.register_order(clerk, owner=sender, codes=[TEST], new_patient=person)
            orders.receive_samples(clerk, owner_id=sender.id, sample_ids=[one.id for one in made.samples])
            catch_up_all()
            ids = [view.id for view in bench.results_of(Scope.of(sender.id), made.id)]
            referral.send_referral(clerk, owner_id=sender.id, recipient_id=recipient.id, result_ids=ids)
            labels.append(made.samples[0].number)
    catch_up_all()
    return labels


class Calls:
    """Requests with a key of their own; ``taken``: name -> seconds of each round."""

    def __init__(self) -> None:
        self.client, self.taken, self.number = Client(SERVER_NAME="localhost"), {}, 0

    def post(self, name: str, token: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.number += 1
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"bench-{self.number}"}
        began = time.perf_counter()
        answer = self.client.post(
            f"/api/v1/referrals{path}", json.dumps(body), content_type="application/json", headers=headers
        )
        self.taken.setdefault(name, []).append(time.perf_counter() - began)
        if answer.status_code >= 300:
            raise SystemExit(f"{path}: {answer.status_code} {answer.content[:300]!r}")
        catch_up_all()
        return json.loads(answer.content)


def main(here: str, there: str) -> None:
    sender, recipient = Owner.objects.filter(code__in=("BM-00", "BM-01")).order_by("code")
    with transaction.atomic(), ground(Scope.of(recipient.id)):
        Capability.objects.bulk_create(
            [Capability(owner=recipient, test_code=TEST, method="CLIA", tat_hours=24, price=90000)]
        )
    refresh_statistics()
    calls = Calls()
    for _round in range(ROUNDS):
        labels = refer(sender, recipient)
        box = calls.post("open", here, "/boxes", {"recipient_id": str(recipient.id)})["id"]
        calls.post("pack", here, f"/boxes/{box}/pack", {"scanned": labels})
        calls.post("send", here, f"/boxes/{box}/hand-over", {"courier": "Kurir Ukur"})
        answer = calls.client.get("/api/v1/referrals/incoming-boxes", headers={"Authorization": f"Bearer {there}"})
        came = next(one["id"] for one in json.loads(answer.content)["items"] if one["status"] == "announced")
        calls.post("receive", there, f"/incoming-boxes/{came}/receive", {})
        findings = {"findings": [{"number": label} for label in labels]}
        calls.post("compare", there, f"/incoming-boxes/{came}/findings", findings)
        calls.post("finish", there, f"/incoming-boxes/{came}/finish", {})
    print(json.dumps(calls.taken))


if __name__ == "__main__":
    main(*sys.argv[1:3])
