"""What analyzers send, from its bytes to a person's decision; instruments and their profiles."""

from laras.interop.services.deciding import assign_by_number, assign_readings, discard_message, discard_readings
from laras.interop.services.instruments import add_instrument, address_of, change_instrument, remove_instrument
from laras.interop.services.profiles import CodeRow, compose_profile, save_profile
from laras.interop.services.reading import read_again, read_messages
from laras.interop.services.storing import Arrived, claim_messages, store_messages

__all__ = [
    "Arrived",
    "CodeRow",
    "add_instrument",
    "address_of",
    "assign_by_number",
    "assign_readings",
    "change_instrument",
    "claim_messages",
    "compose_profile",
    "discard_message",
    "discard_readings",
    "read_again",
    "read_messages",
    "remove_instrument",
    "save_profile",
    "store_messages",
]
