"""Fields that several requests share. A mistake carries a code of the message catalogue, never the input."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shared.areas import AreaCode, InvalidAreaCode, Scope, normalise, prefix
from shared.contracts.policies import BODIES


def _area(text: str) -> AreaCode:
    try:
        return normalise(text)
    except InvalidAreaCode as error:
        # The code is one of three of ours; the message is looked up by it.
        raise PydanticCustomError(error.code, "area code") from None


def _scope(texts: list[str]) -> list[str]:
    try:
        Scope.parse(texts)
    except InvalidAreaCode as error:
        raise PydanticCustomError(error.code, "area code") from None
    return texts


def _area_prefix(text: str) -> str:
    return prefix(_area(text)) if text else ""


def _kind(text: str) -> str:
    if text not in BODIES:
        raise PydanticCustomError("policy-kind-unknown", "policy kind")
    return text


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


AreaText = Annotated[
    str,
    AfterValidator(_area),
    Field(description="12 digits, or 2, 4, 6, 9 of them · 区划代码", examples=["539921101000"]),
]
AreaTexts = Annotated[
    list[str],
    AfterValidator(_scope),
    Field(
        min_length=1,
        max_length=200,
        description='Codes or prefixes of codes; ["*"] is everywhere · 管辖范围',
        examples=[["539921101"]],
    ),
]
AreaPrefixText = Annotated[
    str,
    AfterValidator(_area_prefix),
    Field(description="Code or prefix of a code; empty is everywhere · 适用地区", examples=["539921"]),
]
PolicyKind = Annotated[str, AfterValidator(_kind), Field(description="Kind · 参数种类", examples=["task-deadline"])]
FeedText = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$", max_length=80)]
Feeds = Annotated[
    list[FeedText],
    Field(max_length=100, description="Codes of feeds · 预警类别", examples=[["education.absence"]]),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
OrganisationCode = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,63}$"),
    Field(description="Code of the organisation · 单位代码", examples=["education"]),
]
Lowered = BeforeValidator(_lower)
