"""What referral decides on plain values: how two ends follow each other, whom to ask, how long a specimen keeps."""

from laras.referral.rules.following import (
    NEXT,
    OPEN_ITEM,
    OPEN_OUTGOING,
    REFUSALS,
    UNANSWERED_DAYS,
    days_waiting,
    in_order,
    overdue,
    receiver_status,
    take_announcement,
    take_answer,
    take_cancellation,
    visited,
    whereabouts,
)
from laras.referral.rules.keeping import TEMPERATURES, Keeping, KeepingRow, keeping
from laras.referral.rules.pickups import PickupTime, next_pickup
from laras.referral.rules.routing import (
    Asked,
    Directory,
    Offers,
    against_rule,
    nearest_for_each,
    rank,
    transport_hours,
)

__all__ = [
    "NEXT",
    "OPEN_ITEM",
    "OPEN_OUTGOING",
    "REFUSALS",
    "TEMPERATURES",
    "UNANSWERED_DAYS",
    "Asked",
    "Directory",
    "Keeping",
    "KeepingRow",
    "Offers",
    "PickupTime",
    "against_rule",
    "days_waiting",
    "in_order",
    "keeping",
    "nearest_for_each",
    "next_pickup",
    "overdue",
    "rank",
    "receiver_status",
    "take_announcement",
    "take_answer",
    "take_cancellation",
    "transport_hours",
    "visited",
    "whereabouts",
]
