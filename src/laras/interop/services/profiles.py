"""Profiles that a laboratory keeps for itself: the shipped ones with its own codes."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.catalogue import queries as catalogues
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.ids import new_id
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.interop import devices, queries
from laras.interop.events import ProfileSaved
from laras.interop.models import OwnProfile
from laras.interop.rules import editing
from laras.interop.rules.editing import CodeRow
from laras.interop.rules.profiles import Profile, WrongProfile, read_profile
from laras.interop.types import Trouble
from laras.interop.words import say


@use_case
def save_profile(
    actor: Actor,
    *,
    owner_id: UUID,
    based_on: str,
    name: str = "",
    seen: int = 0,
    label: str,
    rows: Sequence[CodeRow],
    units: Mapping[str, str],
    missing: Sequence[str] = (),
    ignore: Sequence[str] = (),
    checked: bool = False,
) -> OwnProfile:
    """Keep a next version of the profile ``name``, or a new one made from ``based_on``. Messages are read with the latest.

    ``seen`` is the version that was looked at: Conflict when somebody saved another meanwhile. Raises Refused with every place
    that is wrong (``label``; ``device``, ``tests``, ``unit`` of a row; ``units``), and NotFound for an unknown profile.
    """
    actor.require("catalogue.manage", owner_id)
    latest = queries.own_profile(Scope.of(owner_id), name) if name else None
    if latest is not None and latest.version != seen:
        raise Conflict(_("Profil ini sudah disimpan orang lain sejak halaman dibuka. Muat ulang, lalu ubah lagi."))
    base = latest.table if latest is not None else devices.shipped_content(based_on)
    name = name or _name_of(label)
    content, profile = compose_profile(
        owner_id=owner_id, base=base, name=name, label=label, rows=rows, units=units, missing=missing, ignore=ignore,
        checked=checked,
    )  # fmt: skip
    if latest is None and (name in devices.shipped_names() or queries.own_names(Scope.of(owner_id), name)):
        message = _("Nama ini sudah dipakai profil lain.")
        raise Refused(message, problems=[Problem("label", message)])
    text = json.dumps(content, ensure_ascii=False)
    row = bulk.new(
        OwnProfile, id=new_id(), owner_id=owner_id, name=name, version=latest.version + 1 if latest else 1,
        label=profile.label, protocol=profile.protocol, based_on=latest.based_on if latest else based_on,
        content=text, saved_by=actor.person_id, saved_at=clock.now(),
    )  # fmt: skip
    bulk.insert([row])
    event = ProfileSaved(
        profile=name,
        edition=row.version,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        changed=tuple(editing.changed(base, content)[:100]),
    )
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


def compose_profile(
    *,
    owner_id: UUID,
    base: Mapping[str, Any],
    name: str,
    label: str,
    rows: Sequence[CodeRow],
    units: Mapping[str, str],
    missing: Sequence[str] = (),
    ignore: Sequence[str] = (),
    checked: bool = False,
) -> tuple[dict[str, Any], Profile]:
    """(content, profile) as :func:`save_profile` would keep it; nothing is stored. Raises Refused as it does."""
    label = " ".join(label.split())
    problems = []
    if not 3 <= len(label) <= 80:
        problems.append(Problem("label", _("Nama profil, 3 sampai 80 huruf.")))
    if len(rows) > editing.MOST_ROWS:
        problems.append(Problem("label", _("Paling banyak %(most)s kode.") % {"most": editing.MOST_ROWS}))
    for place, row in enumerate(rows, start=1):
        if not 1 <= len(row.device) <= 120:
            problems.append(Problem("device", _("Kode alat, 1 sampai 120 huruf."), row=place))
    problems += [Problem("device", str(say(one)), row=one.record) for one in editing.twice(rows)]
    content = editing.compose(
        base, name=name or "baru", label=label or "baru", rows=rows, units=units, missing=missing, ignore=ignore,
        checked=checked,
    )  # fmt: skip
    try:
        profile = read_profile(content, tests=catalogues.effective(owner_id).tests)
    except WrongProfile as error:
        problems += [_problem(one, rows) for one in error.troubles]
    if problems:
        raise Refused(_("Profil belum dapat disimpan."), problems=problems)
    return content, profile


def _problem(trouble: Trouble, rows: Sequence[CodeRow]) -> Problem:
    """The trouble at the row or the field in which a person can mend it."""
    path = str(trouble.given["path"])
    for place, row in enumerate(rows, start=1):
        begin = f"codes.{row.device}"
        if path in (begin, f"{begin}.test", f"{begin}.unit"):
            field = "unit" if path.endswith(".unit") else "tests"
            said = (
                _("Sebutkan kode pemeriksaan.") if trouble.code in ("profile_text", "profile_words") else _what(trouble)
            )
            return Problem(field, said, row=place)
    if path.startswith("units."):
        return Problem("units", f"{path.removeprefix('units.')}: {_what(trouble)}")
    return Problem({"name": "label"}.get(path, path), _what(trouble))


def _what(trouble: Trouble) -> str:
    """The sentence without the place, which is shown beside it."""
    said = str(say(trouble))
    return said.partition(": ")[2] or said


def _name_of(label: str) -> str:
    """``XN-550 ruang A`` -> ``xn-550-ruang-a``: a short name that files and commands can carry."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
