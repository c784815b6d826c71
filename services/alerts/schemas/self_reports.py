"""A household's own request (自主申报) as it is sent, and what comes back: a receipt, and nothing about anybody."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from services.alerts.codes import RISK_FAMILIES
from services.alerts.schemas.fields import AreaCode, Line
from shared.http.fields import Answer, Draft, PersonName
from shared.messages import listed

_FAMILIES = listed(sorted(RISK_FAMILIES))


def _known_family(value: str) -> str:
    if value not in RISK_FAMILIES:
        raise PydanticCustomError("choice-invalid", "no risk family", {"expected": _FAMILIES})
    return value


Phone = Annotated[
    str, Field(max_length=40, repr=False, description="Mobile phone · 手机号码", examples=["15400000017"])
]
PhoneCode = Annotated[
    SecretStr,
    Field(min_length=6, max_length=6, description="The six digits that were sent · 验证码", examples=["000000"]),
]
Kind = Annotated[
    str,
    AfterValidator(_known_family),
    Field(max_length=60, description="Kind of trouble: a risk family · 困难类型", examples=["medical"]),
]


class PhoneCodeRequest(Draft):
    """A phone that wants a code."""

    phone: Phone


class PhoneCodeSent(Answer):
    """The same for every phone."""

    expires_in: int = Field(description="Seconds for which the code is good · 有效秒数", examples=[600])


class SelfReportDraft(Draft):
    """A household's own request. With `phone` and `code` by itself; without a code by a signed-in cadre on its behalf."""

    phone: Annotated[
        str | None, Field(max_length=40, repr=False, description="Mobile phone · 手机号码", examples=["15400000017"])
    ] = None
    code: PhoneCode | None = None
    id_number: Annotated[str, Field(max_length=40, repr=False, description="ID number · 证件号码")]
    name: Annotated[PersonName, Field(max_length=100, repr=False, description="Name · 姓名")]
    area_code: AreaCode
    kind: Kind
    text: Annotated[Line, Field(min_length=1, max_length=300, repr=False, description="What happened · 情况说明")]
    urgent: Annotated[bool, Field(description="Help is needed at once · 是否紧急")] = False


class Receipt(Answer):
    """That a request was received."""

    receipt: UUID = Field(description="Receipt number · 受理编号")
    received_at: datetime


class StatusRequest(Draft):
    """A phone asks what became of its requests."""

    phone: Phone
    code: PhoneCode


class SelfReportStatus(Receipt):
    """How far a request has come. What was found is told by people, not here."""

    kind: str = Field(examples=["medical"])
    state: Literal["received", "answered"] = Field(description="received 已受理, answered 已办结")


class SelfReportList(Answer):
    """The requests made with the phone, newest first; fifty at most."""

    items: list[SelfReportStatus]
