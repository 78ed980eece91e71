"""What a report of test results (Laporan Hasil Uji, LHU) says, as plain values.

Everything is already judged and worded by the bench when it arrives here: a result is the text that was
validated, a limit is the text of the limit that judged it. Nothing here is computed from a database.

All moments are timezone-aware ``datetime`` (UTC inside); `Times.zone` says in which zone they are printed.
Every text may be empty, overlong or hostile: printing shows it literally (`laras.core.printing.clean`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from laras.core.printing.types import Letterhead, Zone

__all__ = [
    "Amendment",
    "Change",
    "CriticalNote",
    "Letterhead",
    "LhuDocument",
    "PatientBlock",
    "PerformingLaboratory",
    "ResultRow",
    "SampleBlock",
    "Sender",
    "Signer",
    "SiteBlock",
    "Times",
]

Kind = Literal["clinical", "environment"]
State = Literal["draft", "released", "copy", "superseded", "withdrawn"]
Language = Literal["id", "en", "id-en"]
Flag = Literal["", "L", "H", "LL", "HH", "A", "AA"]
Role = Literal["analyst", "verifier", "validator", "releaser"]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asked: an institution, a doctor, or both."""

    name: str
    doctor: str = ""
    address: str = ""
    phone: str = ""
    order_reference: str = ""


@dataclass(frozen=True, slots=True)
class PatientBlock:
    """The person examined. `age` is the text at collection time ("34 tahun 2 bulan")."""

    name: str
    nik: str = ""
    medical_record: str = ""
    birth_date: date | None = None
    age: str = ""
    sex: str = ""
    address: str = ""
    phone: str = ""
    diagnosis: str = ""


@dataclass(frozen=True, slots=True)
class SiteBlock:
    """Where an environmental, food or vector sample was taken. `coordinates` and `in_situ` are texts."""

    name: str
    address: str = ""
    point: str = ""
    coordinates: str = ""
    matrix: str = ""
    in_situ: tuple[str, ...] = ()
    owner: str = ""


@dataclass(frozen=True, slots=True)
class SampleBlock:
    """One sample of the report. `lab_code` is its number in this laboratory."""

    lab_code: str
    specimen: str
    collected_at: datetime | None = None
    collector: str = ""
    container: str = ""
    volume: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """When things happened. `tested_from`/`tested_to` is the period of testing."""

    zone: Zone
    registered: datetime | None = None
    collected: datetime | None = None
    received: datetime | None = None
    tested_from: datetime | None = None
    tested_to: datetime | None = None
    released: datetime | None = None


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One line of results.

    `result` is the text to print, in Indonesian notation, without unit. `limit` is the reference range
    (clinical) or the baku mutu (environment). `flag`: L low, H high, A abnormal; doubled is critical.
    `complies` (environment): True memenuhi, False tidak memenuhi, None not judged (no adopted limit).
    `laboratory` is the `key` of a `PerformingLaboratory`; empty is the issuing laboratory.
    `accredited` False prints a mark and a footnote that the test is outside the scope of accreditation.
    `level` indents (1 = part of the row above, e.g. a differential count).
    `uncertainty` is the expanded uncertainty in the unit of the result, printed behind it.
    `interim`: the value was provisional, so a later version that says otherwise takes nothing back.
    `key` is not printed: it finds the same test on the same sample in another version.
    """

    test: str
    result: str
    unit: str = ""
    limit: str = ""
    flag: Flag = ""
    method: str = ""
    section: str = ""
    note: str = ""
    laboratory: str = ""
    complies: bool | None = None
    accredited: bool | None = None
    amended: bool = False
    level: int = 0
    key: str = ""
    uncertainty: str = ""
    interim: bool = False


@dataclass(frozen=True, slots=True)
class PerformingLaboratory:
    """A laboratory other than, or including, the issuing one. `key` is what rows cite, e.g. "A"."""

    key: str
    name: str
    address: str = ""
    accreditation: str = ""
    report_number: str = ""


@dataclass(frozen=True, slots=True)
class CriticalNote:
    """A critical value that was called: who was told, by whom, when, and whether it was read back."""

    test: str
    result: str
    told_to: str = ""
    told_by: str = ""
    told_at: datetime | None = None
    read_back: bool = False


@dataclass(frozen=True, slots=True)
class Signer:
    """A person who answers for the report.

    `title` is what stands over the name ("Dokter Penanggung Jawab"), `number` a NIP, SIP or STR with its
    word ("NIP 1980..."). Analysts and verifiers appear in one line by name and `initials`. Who validated and who
    released are two functions: each has a block, one person who did both has one that says both. `at` is when:
    the last validation, the release.
    """

    role: Role
    name: str
    title: str = ""
    number: str = ""
    initials: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs from the version before."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """Why this version replaces an earlier one."""

    version: int
    reason: str
    issued_at: datetime | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class LhuDocument:
    """A whole report. `released` is the only `state` that prints without a watermark.

    `regulation` names the rule whose limits judged an environmental report. `verification_url` is printed
    as QR and in clear; empty leaves it out (drafts). What is kept of it is the path; the host is added when
    it is drawn. `journal_mark` is a short digest of the journal head, printed in the foot so that paper bears
    witness of the chain. `awaited` names tests that are not done yet:
    the report then says "Hasil sementara" beside its title. `remarks` are what the laboratory must tell of the way of a
    sample (a holding time that was over), `comments` what somebody wrote. `decision_rule` says how the verdicts were reached.
    """

    kind: Kind
    number: str
    version: int
    letterhead: Letterhead
    sender: Sender
    times: Times
    rows: tuple[ResultRow, ...]
    signers: tuple[Signer, ...] = ()
    order_number: str = ""
    title: str = ""
    patient: PatientBlock | None = None
    site: SiteBlock | None = None
    samples: tuple[SampleBlock, ...] = ()
    regulation: str = ""
    conclusion: str = ""
    critical_notes: tuple[CriticalNote, ...] = ()
    comments: tuple[str, ...] = ()
    laboratories: tuple[PerformingLaboratory, ...] = ()
    amends: Amendment | None = None
    verification_url: str = ""
    journal_mark: str = ""
    place: str = ""
    state: State = "released"
    language: Language = "id"
    extra_footnotes: tuple[str, ...] = ()
    awaited: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    decision_rule: str = ""
    section_notes: Mapping[str, str] = field(default_factory=dict)
