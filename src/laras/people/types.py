"""What leaves the module: plain values about people."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

Sex = Literal["L", "P", "U"]
"""L laki-laki, P perempuan, U unknown."""

NoNikReason = Literal["", "absent", "foreign", "newborn", "unidentified"]

DuplicateReason = Literal[
    "same_nik",
    "same_passport",
    "same_name_and_birth_date",
    "sounds_alike_and_birth_date",
    "nik_one_digit_off",
    "name_and_near_birth_date",
    "sounds_alike_and_phone",
    "same_mother_and_birth_date",
    "different_nik",
    "different_sex",
]


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a person from another. Text fields are empty when not known; `sex` is L, P or U."""

    full_name: str
    sex: str = "U"
    birth_date: date | None = None
    birth_date_estimated: bool = False
    nik: str = ""
    passport_number: str = ""
    mother_nik: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class PatientInput:
    """A registration as it was typed, before any check."""

    full_name: str
    sex: str
    birth_date: date | None = None
    birth_date_estimated: bool = False
    nik: str = ""
    no_nik_reason: str = ""
    passport_number: str = ""
    mother_nik: str = ""
    mother_name: str = ""
    description: str = ""
    mrn: str = ""
    phone: str = ""
    address: str = ""
    privacy_note: str = ""


@dataclass(frozen=True, slots=True)
class InputProblem:
    """A field and one word of what is wrong with it; `services.messages` holds the sentence.

    A `doubt` may be true all the same and passes once a person says that it was checked against the document.
    """

    field: str
    code: str
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two people look like one: 0 to 100 with the reasons for and against."""

    score: int
    reasons: tuple[DuplicateReason, ...]

    @property
    def likely(self) -> bool:
        return self.score >= 80

    @property
    def possible(self) -> bool:
        return self.score >= 50


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A patient on file who may be the person asked for."""

    patient_id: UUID
    likeness: Likeness
