"""Values that leave the catalogue. All frozen; all numbers are exact ``Decimal``.

Units are UCUM codes in ``ucum`` and what a reader sees in ``unit``. Ages are whole days since birth.
``status`` says what a row is worth:

* ``regulation``  read in a regulation that is named in ``source``
* ``official``    read in an official national collection
* ``standard``    a published standard or nomenclature
* ``practice``    published practice of a laboratory
* ``secondary``   a regulation as repeated by somebody else; the text itself was not read
* ``memory``      not checked against anything
* ``adopted``     a person of the laboratory (or office) took it over with a reason
* ``ours``        our own wording or grouping
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

Status = Literal["regulation", "official", "standard", "practice", "secondary", "memory", "adopted", "ours"]
Subject = Literal["person", "environment", "food", "vector", "equipment"]
TestKind = Literal["quantity", "count", "titre", "coded", "text"]
Layer = Literal["shipped", "ministry", "province", "laboratory"]
RowKind = Literal["test", "panel", "range", "critical", "standard", "limit", "answer", "programme", "item", "handling"]
LimitKind = Literal["max", "lt", "min", "gt", "range", "text", "negative", "air_temperature", "by_category", "report"]
Flag = Literal["", "N", "L", "H", "LL", "HH", "A"]
Verdict = Literal["meets", "fails", "undecided", "report"]

STATUSES: Final[tuple[Status, ...]] = (
    "regulation",
    "official",
    "standard",
    "practice",
    "secondary",
    "memory",
    "adopted",
    "ours",
)
SUBJECTS: Final[tuple[Subject, ...]] = ("person", "environment", "food", "vector", "equipment")
TEST_KINDS: Final[tuple[TestKind, ...]] = ("quantity", "count", "titre", "coded", "text")
LAYERS: Final[tuple[Layer, ...]] = ("shipped", "ministry", "province", "laboratory")
ROW_KINDS: Final[tuple[RowKind, ...]] = (
    "test",
    "panel",
    "range",
    "critical",
    "standard",
    "limit",
    "answer",
    "programme",
    "item",
    "handling",
)
LIMIT_KINDS: Final[tuple[LimitKind, ...]] = (
    "max",
    "lt",
    "min",
    "gt",
    "range",
    "text",
    "negative",
    "air_temperature",
    "by_category",
    "report",
)
DISCIPLINES: Final[tuple[str, ...]] = (
    "hematologi",
    "koagulasi",
    "kimia_klinik",
    "imunoserologi",
    "urinalisis",
    "feses",
    "cairan_tubuh",
    "mikrobiologi",
    "parasitologi",
    "molekuler",
    "skrining_bayi",
    "sitologi",
    "toksikologi",
    "air_fisik",
    "air_kimia",
    "air_mikrobiologi",
    "udara",
    "tanah",
    "usap",
    "makanan",
    "vektor",
    "kalibrasi",
)
"""In the order in which a report and a list show them."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an effective row comes from: the layer and release that set it, its worth and its text source."""

    layer: Layer = "shipped"
    release: str = ""
    status: Status = "ours"
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TestInfo:
    """One test as it holds for one laboratory. ``code`` is unique in the whole network: a short mnemonic
    for shipped tests (``HB``), ``<OWNERCODE>:X`` for those of one organisation."""

    __test__ = False  # the name begins with "Test": pytest must not collect it

    id: UUID
    code: str
    name: str
    name_en: str
    discipline: str
    subject: Subject
    kind: TestKind
    loinc: str = ""
    local_code: str = ""
    ucum: str = ""
    unit: str = ""
    decimals: int | None = None
    signed: bool = False
    answers: str = ""
    specimen: str = ""
    specimen_snomed: str = ""
    container: str = ""
    method: str = ""
    tier: int = 1
    volume: str = ""
    stability: str = ""
    tat_hours: int = 24
    in_situ: bool = False
    position: int = 0
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def coding(self) -> tuple[str, str]:
        """(system, code): LOINC where there is one, else the local code in our own namespace."""
        if self.loinc:
            return "http://loinc.org", self.loinc
        return "urn:laras:test", self.local_code

    @property
    def is_numeric(self) -> bool:
        return self.kind in ("quantity", "count", "titre")


@dataclass(frozen=True, slots=True)
class PanelInfo:
    """Tests that are ordered together. ``members`` are test codes in the order of the report."""

    id: UUID
    code: str
    name: str
    name_en: str
    discipline: str
    subject: Subject
    members: tuple[str, ...]
    loinc: str = ""
    standard: str = ""
    position: int = 0
    provenance: Provenance = field(default_factory=Provenance)


@dataclass(frozen=True, slots=True)
class ProgrammeInfo:
    """A programme as a kind of order. ``payer`` and ``purpose`` are those of ``orders.states``, as what the registration
    proposes."""

    code: str
    name: str
    name_en: str
    subject: Subject
    payer: str
    purpose: str
    position: int = 0
    provenance: Provenance = field(default_factory=Provenance)


@dataclass(frozen=True, slots=True)
class ItemInfo:
    """What a programme asks for: ``order`` is a test or a panel, for one sex (``""`` both) from the day on which somebody
    reaches ``age_from`` until the day before ``age_until`` (``2y``, ``18m``, ``3d``; empty: no bound).

    ``when``: only for those of whom this is said (``K1``, ``Kelas 7``, ``Calon pengantin``); empty: for everybody.
    ``interval``: not earlier than this after the one before (``1m``, ``6m``), ``due``: by then it should be made again.
    """

    key: str
    programme: str
    order: str
    label: str
    when: str = ""
    sex: str = ""
    age_from: str = ""
    age_until: str = ""
    interval: str = ""
    due: str = ""
    position: int = 0
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def proposes(self) -> bool:
        """What nobody read anywhere is shown and not chosen, until somebody adopts it."""
        return self.provenance.status != "memory"


@dataclass(frozen=True, slots=True)
class RangeInfo:
    """Reference range of one test for one sex (``""`` both) and age ``age_from <= days < age_until``.

    ``low``/``high`` are inclusive unless ``low_open``/``high_open``; either may be absent.
    For a coded or titre test ``normal`` lists the codes of the answers that are normal.
    """

    key: str
    test: str
    sex: str = ""
    age_from: int = 0
    age_until: int | None = None
    condition: str = ""
    ucum: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False
    normal: tuple[str, ...] = ()
    text: str = ""
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def judges(self) -> bool:
        """Published practice judges flags; what nobody checked does not until it is adopted."""
        return self.provenance.status not in ("memory", "secondary")

    @property
    def basis(self) -> str:
        return f"range:{self.key}@{self.provenance.release}"


@dataclass(frozen=True, slots=True)
class CriticalInfo:
    """Values to be called at once: ``< low`` or ``> high`` (``<=``/``>=`` where ``inclusive``)."""

    key: str
    test: str
    population: str = "all"
    ucum: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    inclusive: bool = False
    practice: str = ""
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def judges(self) -> bool:
        """Published practices differ, so a critical value holds only after somebody adopted it."""
        return self.provenance.status in ("adopted", "regulation")

    @property
    def basis(self) -> str:
        return f"critical:{self.key}@{self.provenance.release}"


@dataclass(frozen=True, slots=True)
class StandardInfo:
    """A set of limits: matrix + regulation + version (baku mutu). Dates are ISO text, empty when open."""

    code: str
    matrix: str
    name: str
    regulation: str
    version: str
    valid_from: str = ""
    valid_until: str = ""
    replaced_by: str = ""
    position: int = 0
    provenance: Provenance = field(default_factory=Provenance)


@dataclass(frozen=True, slots=True)
class LimitInfo:
    """The limit of one test under one standard.

    ``max`` value <= high; ``lt`` value < high; ``min`` value >= low; ``gt`` value > low; ``range`` low..high
    inclusive; ``text`` one of the codes in ``accepted``; ``negative`` the answer or text is negative;
    ``air_temperature`` air temperature + low .. + high; ``by_category`` depends on the food category and is
    never judged here; ``report`` no limit, the figure is only reported.
    """

    key: str
    standard: str
    test: str
    kind: LimitKind
    group: str = ""
    label: str = ""
    ucum: str = ""
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    accepted: tuple[str, ...] = ()
    text: str = ""
    method: str = ""
    position: int = 0
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def judges(self) -> bool:
        return self.provenance.status in ("adopted", "regulation", "official", "standard")

    @property
    def basis(self) -> str:
        return f"limit:{self.key}@{self.provenance.release}"


@dataclass(frozen=True, slots=True)
class HandlingInfo:
    """How the sample for one test is kept: in which container, preserved how, and for how many hours from its taking until
    the test begins (``hours``; None when nobody knows). ``matrix`` empty: in every matrix. ``group`` names the bottle
    whose tests share container and preservation. The first row of a test and matrix is the usual one.
    """

    key: str
    test: str
    container: str
    preservation: str
    group: str = ""
    matrix: str = ""
    volume: str = ""
    hours: int | None = None
    position: int = 0
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def judges(self) -> bool:
        """A time that nobody read anywhere is shown as an example and holds nothing up, until somebody adopts it."""
        return self.hours is not None and self.provenance.status in ("adopted", "regulation", "official", "standard")

    @property
    def basis(self) -> str:
        return f"handling:{self.key}@{self.provenance.release}"


@dataclass(frozen=True, slots=True)
class CodedAnswer:
    """One allowed answer. ``meaning`` is ``normal``, ``abnormal`` or empty (says nothing by itself)."""

    answers: str
    code: str
    text: str
    text_en: str
    position: int = 0
    meaning: str = ""
    loinc: str = ""
    snomed: str = ""
    provenance: Provenance = field(default_factory=Provenance)


@dataclass(frozen=True, slots=True)
class ParsedValue:
    """What somebody or some instrument wrote, taken apart. ``raw`` is kept to the letter.

    ``kind``: ``number`` (``operator`` and ``number``), ``span`` (``number`` .. ``until``, as in ``2-4``),
    ``titre`` (``number`` is the n of 1:n), ``not_detected`` (``number`` is the detection limit if it was
    given), ``text``, ``coded`` (``text`` is the answer's code) or ``missing``. A missing value is never zero.
    """

    raw: str
    kind: Literal["number", "span", "titre", "not_detected", "text", "coded", "missing"]
    operator: Literal["", "<", "<=", ">", ">="] = ""
    number: Decimal | None = None
    until: Decimal | None = None
    text: str = ""
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found, without words: a stable code and what belongs into its sentence.

    ``laras.catalogue.words`` (and ``laras.bench.words`` for the bench's own codes) say it in the reader's language. Figures
    in it are written as on a report (``13,2 - 17,3``).
    """

    code: str
    given: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, code: str, /, **given: object) -> Finding:
        return cls(code, tuple((name, str(value)) for name, value in given.items()))

    @property
    def values(self) -> dict[str, str]:
        return dict(self.given)


def pack(findings: Iterable[Finding], longest: int) -> str:
    """Findings as text for a column of ``longest`` letters; what does not fit is left off from the end. :func:`unpack`
    reads it again."""
    kept: list[list[object]] = []
    text = ""
    for finding in findings:
        kept.append([finding.code, finding.values] if finding.given else [finding.code])
        longer = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
        if len(longer) > longest:
            break
        text = longer
    return text


def unpack(text: str) -> tuple[Finding, ...]:
    """The findings of :func:`pack`. A sentence (of an older record, or another laboratory's program) is one finding with
    the code ``plain``."""
    if not text:
        return ()
    try:
        rows = json.loads(text)
        return tuple(Finding.of(str(row[0]), **(row[1] if len(row) > 1 else {})) for row in rows)
    except (ValueError, TypeError, LookupError):
        return (Finding.of("plain", text=text[:300]),)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a value means for a person.

    ``flag`` as in HL7: N, L, H, LL, HH (the last two critical), A (abnormal answer); empty when it could not
    be judged. ``reason`` is a stable word for programs, ``findings`` the same with what belongs to it.
    ``possibly_critical``: the value (``>300``) neither shows nor excludes a critical one. ``basis`` names the rows and
    releases that judged.
    """

    flag: Flag
    reason: str
    findings: tuple[Finding, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    critical: bool = False
    possibly_critical: bool = False
    basis: tuple[str, ...] = ()

    @property
    def judged(self) -> bool:
        return self.flag != ""


@dataclass(frozen=True, slots=True)
class LimitJudgement:
    """``verdict`` of one parameter or of a sample against a standard. ``undecided`` is never a pass."""

    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeltaJudgement:
    """Change against an earlier result. ``exceeded`` is None when it cannot be told."""

    exceeded: bool | None
    reason: str
    difference: Decimal | None = None
    percent: Decimal | None = None


class UnknownCode(LookupError):
    """A code that is neither a test nor a panel of this catalogue."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Catalogue:
    """The catalogue as it holds for one laboratory: all layers merged. Immutable; share it freely.

    ``version`` changes whenever anything in it does and is cheap to compare.
    """

    version: str
    tests: Mapping[str, TestInfo]
    panels: Mapping[str, PanelInfo]
    standards: Mapping[str, StandardInfo]
    ranges_by_test: Mapping[str, tuple[RangeInfo, ...]]
    criticals_by_test: Mapping[str, tuple[CriticalInfo, ...]]
    limits_by_standard: Mapping[str, Mapping[str, LimitInfo]]
    answers_by_set: Mapping[str, tuple[CodedAnswer, ...]]
    programmes: Mapping[str, ProgrammeInfo] = field(default_factory=lambda: MappingProxyType({}))
    items_by_programme: Mapping[str, tuple[ItemInfo, ...]] = field(default_factory=lambda: MappingProxyType({}))
    handling_by_test: Mapping[str, tuple[HandlingInfo, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def test(self, code: str) -> TestInfo:
        """Raises ``UnknownCode``."""
        try:
            return self.tests[code]
        except KeyError:
            raise UnknownCode(code) from None

    def panel(self, code: str) -> PanelInfo:
        """Raises ``UnknownCode``."""
        try:
            return self.panels[code]
        except KeyError:
            raise UnknownCode(code) from None

    def standard(self, code: str) -> StandardInfo:
        """Raises ``UnknownCode``."""
        try:
            return self.standards[code]
        except KeyError:
            raise UnknownCode(code) from None

    def programme(self, code: str) -> ProgrammeInfo:
        """Raises ``UnknownCode``."""
        try:
            return self.programmes[code]
        except KeyError:
            raise UnknownCode(code) from None

    def items(self, programme: str) -> tuple[ItemInfo, ...]:
        """What the programme asks for, in its order. Raises ``UnknownCode``."""
        self.programme(programme)
        return self.items_by_programme.get(programme, ())

    def handling(self, test: str, matrix: str = "", preservation: str = "") -> HandlingInfo | None:
        """How a sample of this matrix is kept for the test: the row of the matrix before the one of all matrices, one that
        judges before an example, else in their order. With ``preservation`` only a row that says exactly that."""
        rows = [
            row
            for row in self.handling_by_test.get(test, ())
            if row.matrix in ("", matrix) and (not preservation or row.preservation == preservation)
        ]
        return min(rows, key=lambda row: (row.matrix == "", not row.judges, row.position), default=None)

    def __contains__(self, code: object) -> bool:
        return code in self.tests or code in self.panels

    def expand(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Test codes of the given tests and panels, each once, in the order asked. Raises ``UnknownCode``."""
        found: dict[str, None] = {}
        for code in codes:
            if code in self.tests:
                found[code] = None
            else:
                found.update(dict.fromkeys(self.panel(code).members))
        return tuple(found)

    def ranges(self, test: str) -> tuple[RangeInfo, ...]:
        return self.ranges_by_test.get(test, ())

    def criticals(self, test: str) -> tuple[CriticalInfo, ...]:
        return self.criticals_by_test.get(test, ())

    def answers(self, test: str) -> tuple[CodedAnswer, ...]:
        """Allowed answers of a coded or titre test, in order; empty for other kinds."""
        return self.answers_by_set.get(self.test(test).answers, ())

    def limits(self, standard: str) -> Mapping[str, LimitInfo]:
        """Limits of a standard by test code, in the order of the regulation. Raises ``UnknownCode``."""
        self.standard(standard)
        return self.limits_by_standard.get(standard, MappingProxyType({}))

    def limits_of_test(self, test: str) -> tuple[LimitInfo, ...]:
        return tuple(rows[test] for rows in self.limits_by_standard.values() if test in rows)

    def by_loinc(self, loinc: str) -> TestInfo | None:
        return self._loinc.get(loinc)

    @cached_property
    def _loinc(self) -> Mapping[str, TestInfo]:
        return {test.loinc: test for test in self.tests.values() if test.loinc}

    @cached_property
    def _haystack(self) -> tuple[tuple[str, str, str], ...]:
        rows: list[tuple[str, str, str]] = [
            (t.code.casefold(), " ".join((t.code, t.name, t.name_en, t.loinc)).casefold(), t.code)
            for t in self.tests.values()
        ]
        rows += [
            (p.code.casefold(), " ".join((p.code, p.name, p.name_en, p.loinc)).casefold(), p.code)
            for p in self.panels.values()
        ]
        return tuple(rows)

    def search(self, text: str, *, subject: str | None = None, limit: int = 20) -> tuple[TestInfo | PanelInfo, ...]:
        """Tests and panels that contain every word of ``text``; an exact code first, then codes and names
        that begin with it, then the rest. An empty text finds nothing."""
        words = text.casefold().split()
        if not words:
            return ()
        needle = " ".join(words)
        hits: list[tuple[int, int, TestInfo | PanelInfo]] = []
        for place, (code, hay, key) in enumerate(self._haystack):
            if not all(word in hay for word in words):
                continue
            found: TestInfo | PanelInfo = self.tests[key] if key in self.tests else self.panels[key]
            if subject is not None and found.subject != subject:
                continue
            if code == needle:
                rank = 0
            elif code.startswith(needle) or found.name.casefold().startswith(needle):
                rank = 1
            else:
                rank = 2
            hits.append((rank, place, found))
        hits.sort(key=lambda hit: hit[:2])
        return tuple(hit[2] for hit in hits[:limit])
