"""What a household and a person of the register are, and what must hold among them."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar, Protocol

from shared.areas import AreaCode
from shared.errors import Conflict, Invalid, NotFound
from shared.idnumber import IdNumber


class HouseholdNotFound(NotFound):
    """No such household within the asker's areas."""

    code: ClassVar[str] = "household-not-found"


class MemberNotFound(NotFound):
    """No such person within the asker's areas."""

    code: ClassVar[str] = "member-not-found"


class HouseholdExists(Conflict):
    """A household has that national code already."""

    code: ClassVar[str] = "household-exists"


class PersonElsewhere(Conflict):
    """The person is in another household. Which one is not told: it may be out of the asker's sight."""

    code: ClassVar[str] = "person-in-another-household"


class MemberLeft(Conflict):
    """The person has left the household already."""

    code: ClassVar[str] = "member-left"


class AreaUnknown(Invalid):
    """There is no area with that code."""

    code: ClassVar[str] = "area-unknown"


class NothingToReveal(NotFound):
    """The field is empty."""

    code: ClassVar[str] = "nothing-to-reveal"


class MemberFacts(Protocol):
    """One person as somebody enters them, checked and with codes for words."""

    @property
    def name(self) -> str: ...
    @property
    def id_number(self) -> IdNumber: ...
    @property
    def relation(self) -> str: ...
    @property
    def sex(self) -> str: ...
    @property
    def birth_on(self) -> date: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def pupil(self) -> bool: ...
    @property
    def school_stage(self) -> str | None: ...
    @property
    def labour_skill(self) -> str | None: ...
    @property
    def health(self) -> Sequence[str]: ...


class HouseholdFacts(Protocol):
    """One household as somebody enters it."""

    @property
    def national_code(self) -> str | None: ...
    @property
    def area_code(self) -> AreaCode: ...
    @property
    def address(self) -> str | None: ...
    @property
    def natural_village(self) -> str | None: ...
    @property
    def household_class(self) -> str: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def members(self) -> Sequence[MemberFacts]: ...


COMPULSORY = ("primary", "junior")
"""School stages of compulsory education (义务教育)."""


def is_pupil(school_stage: str | None) -> bool:
    """Whether the stage is one that nobody may drop out of."""
    return school_stage in COMPULSORY
