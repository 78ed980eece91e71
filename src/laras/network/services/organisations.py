"""Organisations: each change is a version from a day on, and an entry in the organisation's own journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.ids import new_id
from laras.core.models import Owner
from laras.core.unit import use_case
from laras.network import queries, rules
from laras.network.events import OrganisationAltered, OrganisationCreated
from laras.network.models import Institution, Organisation, OrganisationVersion, Region
from laras.network.rules import tidy
from laras.network.services.authority import MANAGE_ORGANISATION, claim_of, require_network
from laras.network.services.jurisdictions import write_claims
from laras.network.services.reach import rebuild_reach, refresh_owner

# What the organisation says of itself, and what the network says of it.
DESCRIPTIVE = ("name", "address", "phone", "lat", "lon", "accreditation_number")
STRUCTURAL = ("tier", "kind", "area_id", "region_id", "institution_id", "supervisor_id")
FIELDS = (*DESCRIPTIVE, *STRUCTURAL)
_LENGTHS = {"name": 200, "address": 300, "phone": 40, "accreditation_number": 60}
_CODE_LENGTH = 24


@use_case
def create_organisation(
    actor: Actor,
    *,
    office_id: UUID | None = None,
    organisation_id: UUID | None = None,
    code: str,
    kind: str,
    valid_from: date | None = None,
    claims: Iterable[rules.Claim] = (),
    zone: str = "",
    **values: Any,
) -> Organisation:
    """Create a laboratory, office or ministry with its first version; its journal begins with this.

    ``office_id``: the office that decides (``network.manage_network`` there, and the place within its jurisdiction;
    only the system may leave it out). ``values``: name, tier, area_id, region_id, institution_id, supervisor_id,
    address, phone, lat, lon, accreditation_number. ``claims``: its jurisdiction. ``zone``: IANA name where no area
    says it.
    """
    organisation = create_quietly(
        actor,
        office_id=office_id,
        organisation_id=organisation_id,
        code=code,
        kind=kind,
        valid_from=valid_from,
        claims=claims,
        zone=zone,
        **values,
    )
    rebuild_reach()
    return organisation


def create_quietly(
    actor: Actor,
    *,
    office_id: UUID | None,
    organisation_id: UUID | None = None,
    code: str,
    kind: str,
    valid_from: date | None = None,
    claims: Iterable[rules.Claim] = (),
    zone: str = "",
    **values: Any,
) -> Organisation:
    """:func:`create_organisation` without rebuilding the reach, for many at once. Inside a unit only."""
    require_network(actor, office_id, [])
    day = valid_from or clock.today()
    of_new = list(claims)
    content = {name: values.pop(name, None) for name in FIELDS if name != "kind"}
    content["kind"] = kind
    if values:
        raise TypeError(f"unknown values {sorted(values)}")
    content, problems = checked(content)
    code = tidy(code)
    if not code or len(code) > _CODE_LENGTH or not code.isprintable() or " " in code:
        problems.append(Problem("code", _("Kode wajib diisi tanpa spasi, paling banyak 24 huruf.")))
    elif Owner.objects.filter(code=code).exists():
        problems.append(Problem("code", _("Kode %(code)s sudah dipakai.") % {"code": code}))
    if problems:
        raise Refused(_("Data lembaga belum benar."), problems=problems)
    require_network(actor, office_id, [claim_of(kind, content["tier"], content["area_id"], day), *of_new], day)

    owner_kind = rules.KINDS[kind]
    new = organisation_id or new_id()
    if content["supervisor_id"]:
        known = queries.nodes_near(new, content["supervisor_id"], day)
        known[new] = rules.Node(owner_kind, content["tier"])
        _check_supervision(known, new, content["supervisor_id"])
    owner = Owner.objects.create(
        id=new,
        code=code,
        name=content["name"],
        kind=owner_kind,
        tier=content["tier"],
        **({"zone": zone} if zone else {}),
    )
    organisation = Organisation.objects.create(owner=owner)
    version = OrganisationVersion.objects.create(organisation=organisation, valid_from=day, **content)
    journal.record(
        actor,
        owner=owner.id,
        event=OrganisationCreated(code, kind, day, _told(content)),
        subject=owner.id,
    )
    if of_new:
        write_claims(actor, owner.id, of_new, day, basis="")
    if day <= clock.today():
        refresh_owner(version)
    return organisation


@use_case
def alter_organisation(
    actor: Actor,
    *,
    organisation_id: UUID,
    changes: Mapping[str, Any],
    valid_from: date | None = None,
    office_id: UUID | None = None,
    reason: str = "",
) -> OrganisationVersion:
    """Give the organisation a new version from ``valid_from`` (today) on; answers it.

    Name, address, phone, point and accreditation need ``network.manage_organisation`` there; tier, kind, place,
    region, institution and supervisor are the network's to decide and need ``network.manage_network`` at
    ``office_id``. A change on the day on which the last version began corrects that version (the journal keeps
    both); a day before it is refused, since periods follow each other. Nothing to change: nothing is written.
    """
    version = alter_quietly(
        actor,
        organisation_id=organisation_id,
        changes=changes,
        valid_from=valid_from,
        office_id=office_id,
        reason=reason,
    )
    rebuild_reach()
    return version


def alter_quietly(
    actor: Actor,
    *,
    organisation_id: UUID,
    changes: Mapping[str, Any],
    valid_from: date | None = None,
    office_id: UUID | None = None,
    reason: str = "",
) -> OrganisationVersion:
    """:func:`alter_organisation` without rebuilding the reach, for many at once. Inside a unit only."""
    unknown = set(changes) - set(FIELDS)
    if unknown:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    day = valid_from or clock.today()
    last = last_version(organisation_id)
    before = {name: getattr(last, name) for name in FIELDS}
    content, problems = checked({**before, **changes})
    different = {name: content[name] for name in FIELDS if content[name] != before[name]}
    if content["kind"] in rules.KINDS and rules.KINDS[content["kind"]] != last.organisation.owner.kind:
        problems.append(Problem("kind", _("Laboratorium tidak bisa menjadi dinas, atau sebaliknya.")))
    if day < last.valid_from:
        problems.append(
            Problem(
                "valid_from",
                _("Sudah ada versi mulai %(day)s. Pilih tanggal itu atau sesudahnya.")
                % {"day": last.valid_from.isoformat()},
            )
        )
    # The right goes first: whoever may not change it does not learn what is wrong with the change.
    if set(different) & set(STRUCTURAL):
        asked = [claim_of(last.kind, last.tier, last.area_id, day)]
        if not problems:
            asked.append(claim_of(content["kind"], content["tier"], content["area_id"], day))
        require_network(actor, office_id, asked, day)
    else:
        actor.require(MANAGE_ORGANISATION, organisation_id)
    if problems:
        raise Refused(_("Data lembaga belum benar."), problems=problems)
    if not different:
        return last
    if {"tier", "supervisor_id", "kind"} & set(different):
        _check_relations(organisation_id, content, day)
    return _write_version(actor, last, content, different, day, reason)


def move_quietly(actor: Actor, *, organisation_id: UUID, area_id: UUID, valid_from: date, reason: str) -> None:
    """The area in which it stands became another one: what the succession, which asked for the right, brings with it.
    Inside a unit only; the reach is not rebuilt."""
    last = last_version(organisation_id)
    content = {**{name: getattr(last, name) for name in FIELDS}, "area_id": area_id}
    if last.area_id != area_id:
        _write_version(actor, last, content, {"area_id": area_id}, valid_from, reason)


def _write_version(
    actor: Actor, last: OrganisationVersion, content: dict[str, Any], different: dict[str, Any], day: date, reason: str
) -> OrganisationVersion:
    """The last version ends, or is put right when it began on that day; journaled."""
    organisation_id = last.organisation_id
    if day == last.valid_from:
        for name, value in different.items():
            setattr(last, name, value)
        last.save(update_fields=list(different))
        version = last
    else:
        last.valid_until = day
        last.save(update_fields=["valid_until"])
        version = OrganisationVersion.objects.create(organisation_id=organisation_id, valid_from=day, **content)
    journal.record(
        actor,
        owner=organisation_id,
        event=OrganisationAltered(day, _told(different), tidy(reason)[:300]),
        subject=organisation_id,
    )
    if day <= clock.today():
        refresh_owner(version)
    return version


def set_supervisor(
    actor: Actor,
    *,
    organisation_id: UUID,
    supervisor_id: UUID | None,
    valid_from: date | None = None,
    office_id: UUID | None = None,
    reason: str = "",
) -> OrganisationVersion:
    """Who supervises the organisation from that day on. Refuses circles and a lower tier over a higher one."""
    return alter_organisation(
        actor,
        organisation_id=organisation_id,
        changes={"supervisor_id": supervisor_id},
        valid_from=valid_from,
        office_id=office_id,
        reason=reason,
    )


_EXISTS: Mapping[str, Callable[[UUID], bool]] = {
    "area_id": lambda key: queries.version_at(key) is not None,
    "region_id": lambda key: Region.objects.filter(pk=key).exists(),
    "institution_id": lambda key: Institution.objects.filter(pk=key).exists(),
    "supervisor_id": queries.organisation_exists,
}


# --- Checks -----------------------------------------------------------------------------------------
def checked(
    content: Mapping[str, Any], exists: Mapping[str, Callable[[UUID], bool]] | None = None
) -> tuple[dict[str, Any], list[Problem]]:
    """The fields of a version in their stored form, and what is wrong with them.

    ``exists``: field -> whether what it names is there, for who has read that of many at once.
    """
    result = dict(content)
    problems: list[Problem] = []
    for name, length in _LENGTHS.items():
        result[name] = tidy(result.get(name))
        if len(result[name]) > length:
            problems.append(Problem(name, _("Paling banyak %(length)d huruf.") % {"length": length}))
    if not result["name"]:
        problems.append(Problem("name", _("Nama wajib diisi.")))
    kind = result.get("kind")
    if kind not in rules.KINDS:
        problems.append(Problem("kind", _("Jenis “%(kind)s” tidak dikenal.") % {"kind": kind}))
    tier = result.get("tier")
    if tier is not None and (isinstance(tier, bool) or tier not in rules.TIERS):
        problems.append(Problem("tier", _("Tingkat ditulis 1 sampai 5, atau dikosongkan.")))
    elif tier is not None and rules.KINDS.get(str(kind), "laboratory") != "laboratory":
        problems.append(Problem("tier", _("Hanya laboratorium yang bertingkat.")))
    elif kind in rules.NATIONAL_KINDS and tier != 5:
        problems.append(Problem("tier", _("Balai besar ini bertingkat 5.")))
    lat, lon = result.get("lat"), result.get("lon")
    if (lat is None) != (lon is None):
        problems.append(Problem("lat" if lat is None else "lon", _("Isi lintang dan bujur bersama-sama.")))
    elif lat is not None and lon is not None and rules.swapped(lat, lon):
        problems.append(Problem("lat", _("Lintang dan bujur tertukar: lintang Indonesia antara -11 dan 6.")))
    elif lat is not None and lon is not None and not rules.in_indonesia(lat, lon):
        problems.append(Problem("lat", _("Titik ini di luar Indonesia. Periksa lintang dan bujur.")))
    for name, message in (
        ("area_id", _("Wilayah tidak ada atau tidak berlaku lagi.")),
        ("region_id", _("Regional tidak dikenal.")),
        ("institution_id", _("Institusi tidak dikenal.")),
        ("supervisor_id", _("Pembina tidak dikenal.")),
    ):
        result.setdefault(name, None)
        if result[name] is not None and not (exists or _EXISTS)[name](result[name]):
            problems.append(Problem(name, message))
    return result, problems


def supervision_message(problem: str) -> str:
    """What :func:`laras.network.rules.supervision_problem` found, in the user's words."""
    return {
        "unknown": _("Pembina tidak dikenal atau sudah tutup."),
        "self": _("Lembaga tidak membina dirinya sendiri."),
        "lower": _("Pembina tidak boleh dari tingkat yang lebih rendah."),
        "laboratory_over_office": _("Laboratorium tidak membina dinas atau kementerian."),
        "cycle": _("Pembinaan akan melingkar."),
    }[problem]


def _check_supervision(known: dict[rules.Key, rules.Node], below: UUID, above: UUID) -> None:
    problem = rules.supervision_problem(known, below, above)
    if problem:
        message = supervision_message(problem)
        raise Refused(message, code=f"supervision_{problem}", problems=[Problem("supervisor_id", message)])


def _check_relations(organisation_id: UUID, content: Mapping[str, Any], day: date) -> None:
    """The supervisor above and everybody below still fit after the change."""
    known = queries.nodes_near(organisation_id, content["supervisor_id"], day)
    kind = rules.KINDS[content["kind"]]
    known[organisation_id] = rules.Node(kind, content["tier"])
    if content["supervisor_id"]:
        _check_supervision(known, organisation_id, content["supervisor_id"])
        known[organisation_id] = rules.Node(kind, content["tier"], content["supervisor_id"])
    for below, node in known.items():
        if node.supervisor == organisation_id and rules.supervision_problem(
            {**known, below: rules.Node(node.kind, node.tier)}, below, organisation_id
        ):
            message = _("Lembaga yang dibinanya bertingkat lebih tinggi.")
            raise Refused(message, problems=[Problem("tier", message)])


def last_version(organisation_id: UUID) -> OrganisationVersion:
    """The version without an end, locked; :class:`NotFound` for what is no organisation."""
    rows = OrganisationVersion.objects.select_for_update(of=("self",)).select_related("organisation__owner")
    version = rows.filter(organisation_id=organisation_id, valid_until__isnull=True).first()
    if version is None:
        raise NotFound(_("Lembaga tidak ditemukan."))
    return version


def _told(content: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they go into the journal: all of them open directory data."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in content.items()}
