"""``/api/v1/``: referrals to and from other laboratories, candidates, journeys."""

from ninja import Router

from laras.referral.api import boxes, needs, paper, received, sent

router = Router(tags=["referral"])
for _part in (needs, sent, received, boxes, paper):
    router.add_router("", _part.router)
