"""What an organisation (单位) is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypedDict

from services.directory.rules.accounts import Bureau, FeedsForBureausOnly
from shared.areas import AreaCode
from shared.errors import Conflict


class OrganisationKind(StrEnum):
    """Kinds of organisations."""

    BUREAU = "bureau"  # 部门
    TOWNSHIP = "township"  # 乡镇
    VILLAGE = "village"  # 村
    COUNTY_CENTRE = "county_centre"  # 县中心


class OrganisationCodeTaken(Conflict):
    """Another organisation, perhaps a closed one, has that code."""

    code: ClassVar[str] = "organisation-code-taken"


class FeedsInUse(Conflict):
    """An account or a working API key still has a feed that is to be taken from its bureau."""

    code: ClassVar[str] = "feeds-in-use"


@dataclass(frozen=True, slots=True)
class OrganisationDraft:
    """An organisation to be added."""

    code: str
    name: str
    kind: OrganisationKind
    area_code: AreaCode
    feeds: frozenset[str]


class OrganisationChanges(TypedDict, total=False):
    """What of an organisation is to change; what is absent stays."""

    name: str
    feeds: frozenset[str]
    active: bool


def bureau(kind: str, feeds: list[str], *, active: bool) -> Bureau:
    """The organisation as the rules on accounts and keys see it; a closed one is no bureau any more."""
    return Bureau(kind == OrganisationKind.BUREAU and active, frozenset(feeds))


def check_kind(kind: str, feeds: frozenset[str]) -> None:
    """Raise unless only bureaus have feeds."""
    if feeds and kind != OrganisationKind.BUREAU:
        raise FeedsForBureausOnly(field="feeds")
