"""What a household and a person of the register are, and what must hold among them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Protocol
from uuid import UUID

from shared.areas import AreaCode
from shared.clock import age_on
from shared.errors import Conflict, Invalid, NotFound
from shared.idnumber import IdNumber


class HouseholdNotFound(NotFound):
    """No such household within the asker's areas."""

    code: ClassVar[str] = "household-not-found"


class HouseholdDissolved(Conflict):
    """The household is no more; nothing of it changes."""

    code: ClassVar[str] = "household-dissolved"


class HouseholdsSame(Invalid):
    """A household cannot be merged with itself, and nobody moves to where they live."""

    code: ClassVar[str] = "households-same"


class TwoHeads(Invalid):
    """The household would have two heads: somebody's relation has to be told anew."""

    code: ClassVar[str] = "household-two-heads"


class HeadMissing(Invalid):
    """A household that is made by a split needs one head."""

    code: ClassVar[str] = "household-head-missing"


class NobodyStays(Invalid):
    """A split leaves somebody in the household; otherwise it is no split."""

    code: ClassVar[str] = "household-nobody-stays"


class NotOfHousehold(Invalid):
    """That person does not live in that household."""

    code: ClassVar[str] = "member-not-of-household"


class MemberPresent(Conflict):
    """The person never left."""

    code: ClassVar[str] = "member-present"


class MemberNotFound(NotFound):
    """No such person within the asker's areas."""

    code: ClassVar[str] = "member-not-found"


class HouseholdExists(Conflict):
    """A household has that national code already."""

    code: ClassVar[str] = "household-exists"


class PersonElsewhere(Conflict):
    """The person is in another household. Which one is not told: it may be out of the asker's sight."""

    code: ClassVar[str] = "person-in-another-household"


class PersonHere(Conflict):
    """The person lives in that very household."""

    code: ClassVar[str] = "person-in-this-household"


class MemberLeft(Conflict):
    """The person has left the household already."""

    code: ClassVar[str] = "member-left"


class NotNewborn(Invalid):
    """Whoever is a year old, or older, is no new-born child (新生儿) any more."""

    code: ClassVar[str] = "joined-not-newborn"


class AreaUnknown(Invalid):
    """There is no area with that code."""

    code: ClassVar[str] = "area-unknown"


class NothingToReveal(NotFound):
    """The field is empty."""

    code: ClassVar[str] = "nothing-to-reveal"


class Claimed(Protocol):
    """Who was entered."""

    @property
    def name(self) -> str: ...
    @property
    def id_number(self) -> IdNumber: ...
    @property
    def relation(self) -> str: ...


class MemberFacts(Claimed, Protocol):
    """One person as somebody enters them, checked and with codes for words."""

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
    @property
    def further(self) -> Mapping[str, Any]: ...  # what is known of MEMBER_FIELDS


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
    def further(self) -> Mapping[str, Any]: ...  # what is known of HOUSEHOLD_FIELDS
    @property
    def members(self) -> Sequence[MemberFacts]: ...


HEADS = ("02", "01")
"""Relations (GB/T 4761) that stand for the head: 户主, or 本人 in lists that are written from the head's side."""

EMPTIED = {"deceased": "deceased", "moved_away": "moved_away", "married_out": "moved_away"}
"""Reasons for which the last one may leave, and why the household is no more then (`dissolved_reason`). After a mistake
it stays, to be mended."""


class Living(Protocol):
    """Somebody of a household, or who was."""

    @property
    def household_id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def relation(self) -> str: ...
    @property
    def left_on(self) -> date | None: ...


def heads_of(people: Sequence[Living]) -> dict[UUID, str]:
    """The name of each household's head; where both relations are used, 户主 is meant. A household that everybody has
    left is known by whoever was its head last."""
    lived_in = {one.household_id for one in people if one.left_on is None}
    heads = [
        one for one in people if one.relation in HEADS and (one.left_on is None or one.household_id not in lived_in)
    ]
    return {
        one.household_id: one.name for one in sorted(heads, key=lambda one: (one.left_on or date.max, one.relation))
    }


def require_lives(dissolved_on: date | None) -> None:
    """Raise `HouseholdDissolved` when the household is no more."""
    if dissolved_on is not None:
        raise HouseholdDissolved


def require_newborn(joined: str | None, birth_on: date, on: date) -> None:
    """Raise `NotNewborn` when somebody is said to come by birth whose first birthday has been."""
    if joined == "birth" and not is_newborn(birth_on, on):
        raise NotNewborn(field="joined_reason")


def is_newborn(birth_on: date, on: date) -> bool:
    """Whether somebody's first birthday is still to come."""
    return age_on(birth_on, on) < 1


def require_one_head(relations: Iterable[str], *, needed: bool = False) -> None:
    """Raise `TwoHeads`, or with `needed` `HeadMissing`, where these are to live together."""
    heads = sum(relation in HEADS for relation in relations)
    if heads > 1:
        raise TwoHeads(field="members")
    if needed and not heads:
        raise HeadMissing(field="members")


COMPULSORY = ("primary", "junior")
"""School stages of compulsory education (义务教育)."""


def is_pupil(school_stage: str | None) -> bool:
    """Whether the stage is one that nobody may drop out of."""
    return school_stage in COMPULSORY
