"""Build the demo network's organisations, what they can do, and the people who work in them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.hashers import make_password

from laras.catalogue import queries as catalogue
from laras.catalogue import services as catalogue_services
from laras.core import journal
from laras.core.actor import Actor, system_actor
from laras.core.ids import shipped_id
from laras.core.models import Owner, RoleAssignment, StaffPerson, User
from laras.core.paths import secret
from laras.core.rights import ROLES
from laras.core.unit import unit
from laras.demo import plan
from laras.network import queries as network
from laras.network import rules
from laras.network import services as network_services
from laras.resources.events import CapabilityAdded
from laras.resources.models import Capability

ACTOR = system_actor("job:demo")


@dataclass(slots=True)
class Staff:
    """Who does what in one laboratory; each is an actor in the history."""

    receptionist: Actor
    receiver: Actor
    analysts: list[Actor]
    verifier: Actor
    validator: Actor
    head: Actor
    names: dict[UUID, str] = field(default_factory=dict)


def build_organisations(since: date) -> dict[str, Owner]:
    """Offices and laboratories with their supervision and jurisdiction; answers code -> owner."""
    ids: dict[str, UUID] = {}

    def place(code: str) -> tuple[UUID, str, float | None, float | None]:
        version = network.find_area(code)
        if version is None:
            raise LookupError(f"area {code} is not loaded")
        name = version.name.replace("Kabupaten ", "Kab. ")
        return version.area_id, name, version.lat, version.lon

    for office in plan.offices():
        area_id, area_name, lat, lon = place(office.area)
        claim = rules.Claim(national=True) if office.kind == "kementerian" else rules.Claim(area=area_id)
        ids[office.code] = _create(
            office.code, office.kind, since, claims=[claim], name=office.name.replace("{area}", area_name),
            area_id=area_id, lat=lat, lon=lon,
        )  # fmt: skip
    owners = {}
    for body in plan.bodies():
        name = body.name.replace("{area}", place(body.area)[1]) if body.area else body.name
        made = network_services.create_institution(
            ACTOR, office_id=ids[body.office], code=body.code, name=name, kind=body.kind
        )
        owners[body.code] = made.id
    regions = {region.number: region.id for region in network.regions()}
    for office in plan.offices():
        network_services.alter_organisation(
            ACTOR, organisation_id=ids[office.code], changes={"institution_id": owners[office.institution]},
            valid_from=since,
        )  # fmt: skip
    for lab in plan.laboratories():
        area_id, area_name, lat, lon = place(lab.area)
        ids[lab.code] = _create(
            lab.code, lab.kind, since, name=lab.name.replace("{area}", area_name), tier=lab.tier, area_id=area_id,
            supervisor_id=ids.get(lab.supervisor), lat=lat, lon=lon,
            address=f"Jalan Contoh No. {len(ids)}, {area_name}", phone=f"(0370) 555-{len(ids):04d}",
            accreditation_number=lab.accreditation, institution_id=owners[lab.institution],
            region_id=regions[lab.region] if lab.region else None,
        )  # fmt: skip
    network_services.rebuild_reach()
    return {owner.code: owner for owner in Owner.objects.filter(id__in=ids.values())}


def _create(code: str, kind: str, since: date, **values: object) -> UUID:
    own = shipped_id("demo.organisation", code)
    with unit():
        network_services.organisations.create_quietly(
            ACTOR, office_id=None, organisation_id=own, code=code, kind=kind, valid_from=since, **values
        )
    return own


def add_laboratory(code: str, name: str, area: str, since: date, beside: UUID) -> UUID:
    """One more laboratory of the directory, outside the five tiers and with nobody of its own here; it belongs to the same
    institution as the one ``beside``."""
    neighbour = network.organisation_at(beside)
    assert neighbour is not None
    assert neighbour.institution is not None
    version = network.find_area(area)
    assert version is not None
    made = _create(
        code, "rumah_sakit", since, name=name, area_id=version.area_id, lat=version.lat, lon=version.lon,
        institution_id=neighbour.institution.id,
    )  # fmt: skip
    network_services.rebuild_reach()
    return made


def tests_of(lab: plan.Lab, owner: Owner) -> list[str]:
    """What a laboratory of this tier does: everything that its tier can, by the catalogue; a few tests are elsewhere."""
    found = []
    for test in catalogue.effective(owner.id).tests.values():
        if test.tier > lab.tier:
            continue
        if lab.tier == 1 and test.subject != "person":
            continue
        if lab.code == "NAS-KL" and test.subject == "person":
            continue
        if lab.code == "NAS-BK" and test.subject in ("environment", "food"):
            continue
        found.append(test.code)
    return found


def in_scope(lab: plan.Lab, subject: str) -> bool:
    """A medical laboratory's accreditation covers tests on people, a testing laboratory's those on everything else."""
    return bool(lab.accreditation) and lab.accreditation.startswith("LM-") == (subject == "person")


def build_capabilities(owners: dict[str, Owner]) -> None:
    """What each laboratory offers, at what price; journaled one by one in one unit per laboratory."""
    for lab in plan.laboratories():
        owner = owners[lab.code]
        known = catalogue.effective(owner.id)
        chance = random.Random(f"{plan.SEED}:{lab.code}")
        rows = []
        with unit():
            for code in tests_of(lab, owner):
                test = known.test(code)
                values = {
                    "method": test.method[:120],
                    "tat_hours": max(1, test.tat_hours),
                    "capacity_per_day": chance.choice([40, 80, 120, 200]) * lab.tier,
                    "price": chance.randrange(8, 30) * 1000 * (1 if test.tier < 3 else 5),
                    "accredited": in_scope(lab, test.subject) and chance.random() < 0.7,
                }
                row = Capability(owner=owner, test_code=code, **values)
                rows.append(row)
                journal.record(ACTOR, owner=owner.id, event=CapabilityAdded(code, row.method, values), subject=row.id)
            Capability.objects.bulk_create(rows, batch_size=500)


def adopt_practice(owners: dict[str, Owner]) -> None:
    """The chain's laboratories take over one published practice of critical values; elsewhere none is critical yet."""
    for code in plan.CHAIN.values():
        catalogue_services.adopt_criticals(
            ACTOR, owner_id=owners[code].id, practice="a", reason="Contoh: diadopsi rapat mutu laboratorium"
        )


def build_people(owners: dict[str, Owner]) -> dict[str, Staff]:
    """Invented staff for every laboratory, accounts for the chain's laboratories and the offices."""
    password = make_password(plan.PASSWORD)
    chance = random.Random(plan.SEED)
    chain = {code: tier for tier, code in plan.CHAIN.items()}
    staff: dict[str, Staff] = {}
    persons: list[StaffPerson] = []
    users: list[User] = []
    roles: list[RoleAssignment] = []
    used: set[str] = set()

    def person(title: str) -> StaffPerson:
        while True:
            name = f"{chance.choice(plan.FIRST_WOMEN + plan.FIRST_MEN)} {chance.choice(plan.LAST)}"
            if name not in used:
                break
        used.add(name)
        made = StaffPerson(
            id=shipped_id("demo.person", name),
            name=f"dr. {name}" if title == "Sp.PK." else name,
            title=title,
            staff_number=f"19{chance.randrange(70, 99)}{chance.randrange(1, 13):02d}{chance.randrange(1, 28):02d} "
            f"20{chance.randrange(5, 24):02d}01 {chance.randrange(1, 3)} {chance.randrange(1, 999):03d}",
        )
        persons.append(made)
        return made

    def account(username: str, who: StaffPerson, owner: Owner, held: Iterable[str]) -> User:
        made = User(id=shipped_id("demo.user", username), username=username, person=who, password=password)
        users.append(made)
        roles.extend(RoleAssignment(user=made, owner=owner, role=role) for role in held)
        return made

    for lab in plan.laboratories():
        owner, tier = owners[lab.code], chain.get(lab.code)
        actors: dict[str, Actor] = {}
        for login, held, title in plan.LOGINS:
            who = person(title)
            user = account(f"{login}{tier}", who, owner, held) if tier else None
            actors[login] = _actor(who, user)
        second = person("A.Md.AK.")
        extra = account(f"analis{tier}b", second, owner, ("analyst",)) if tier else None
        staff[lab.code] = Staff(
            receptionist=actors["pendaftaran"],
            receiver=actors["penerima"],
            analysts=[actors["analis"], _actor(second, extra)],
            verifier=actors["verifikator"],
            validator=actors["validator"],
            head=actors["kepala"],
        )
    for username, code, held in plan.OFFICE_LOGINS:
        account(username, person("S.K.M."), owners[code], held)
    StaffPerson.objects.bulk_create(persons)
    User.objects.bulk_create(users)
    RoleAssignment.objects.bulk_create(roles)
    for user in users:
        if needs_second_factor(roles, user):
            TOTP.activate(user, totp_secret(user.username))
    return staff


def _actor(who: StaffPerson, user: User | None) -> Actor:
    return Actor(who.id, user.id if user else None, "job:demo", name=str(who), system=True)


def needs_second_factor(roles: Iterable[RoleAssignment], user: User) -> bool:
    return any(row.user_id == user.id and ROLES[row.role].second_factor for row in roles)


def totp_secret(username: str) -> str:
    """The demo's second factor, derived from this installation's secret so that `laras demo` can print its codes."""
    key = hmac.new(secret("demo").encode(), username.encode(), hashlib.sha256).digest()[:20]
    return base64.b32encode(key).decode()


def code_now(username: str) -> str:
    """The six digits that the account's phone would show at this moment."""
    return format_hotp_value(hotp_value(totp_secret(username), int(time.time()) // 30))


def logins() -> list[dict[str, str]]:
    """The printed logins: user, role, organisation, second factor code (valid about a minute)."""
    with_factor = set(
        Authenticator.objects.filter(type="totp", user__username__in=_usernames()).values_list(
            "user__username", flat=True
        )
    )
    rows = (
        RoleAssignment.objects.filter(user__username__in=_usernames(), valid_until__isnull=True)
        .select_related("user", "owner")
        .order_by("-owner__kind", "owner__tier", "user__username")
    )
    return [
        {
            "user": row.user.username,
            "password": plan.PASSWORD,
            "role": str(ROLES[row.role].label),
            "organisation": row.owner.name,
            "code": code_now(row.user.username) if row.user.username in with_factor else "",
        }
        for row in rows
    ]


def _usernames() -> list[str]:
    return [
        *(f"{login}{tier}" for tier in plan.CHAIN for login, _held, _title in plan.LOGINS),
        *(f"analis{tier}b" for tier in plan.CHAIN),
        *(name for name, _code, _held in plan.OFFICE_LOGINS),
        *(login.username for login in plan.PARTNER_LOGINS),
    ]
