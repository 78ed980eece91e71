"""What stored messages say, read with the profiles that a laboratory has now."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from laras.catalogue import queries as catalogues
from laras.core.errors import DomainError
from laras.core.models import Owner
from laras.interop import devices, queries
from laras.interop.models import Message
from laras.interop.rules.framing import Captured
from laras.interop.rules.profiles import Profile
from laras.interop.types import Trouble, Unreadable


class Hearing:
    """One laboratory's catalogue, zone and profiles, each looked up once for many messages."""

    def __init__(self, owner_id: UUID) -> None:
        self.owner_id = owner_id
        self.catalogue = catalogues.effective(owner_id)
        self.loinc = {test.code: test.loinc for test in self.catalogue.tests.values()}
        self.zone = ZoneInfo(Owner.objects.values_list("zone", flat=True).get(id=owner_id))
        self._profiles: dict[str, Profile] = {}

    def profile(self, name: str) -> Profile:
        """Raises NotFound, Refused or ``OSError``."""
        if name not in self._profiles:
            self._profiles[name] = queries.find_profile(self.owner_id, name)
        return self._profiles[name]

    def from_memory(self, name: str) -> bool:
        """Whether nobody compared this profile's codes with a source: then a person looks at each value first."""
        return self.profile(name).status == "memory"

    def hear(self, message: Message, profile: Profile | None = None) -> devices.Heard:
        """Read a stored message, with ``profile`` where one is to be tried. Never raises for what stands in it."""
        raw = bytes(message.raw)
        try:
            profile = profile or self.profile(message.profile)
            found = devices.captured_in(raw, profile) if profile.protocol == "astm" else [Captured(raw, raw)]
        except Unreadable as error:
            return devices.Heard(Captured(raw, raw), trouble=error.trouble)
        except (DomainError, OSError):
            return devices.Heard(Captured(raw, raw), trouble=Trouble("profile", given={"name": message.profile}))
        if len(found) != 1:
            return devices.Heard(Captured(raw, raw), trouble=Trouble("malformed"))
        return devices.hear(found[0], profile, self.loinc, now=message.received_at, zone=self.zone)
