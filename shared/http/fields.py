"""Field types: texts, numbers and codes as people really enter them, read into one form."""

import re
import unicodedata
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from shared import areas, idnumber
from shared.areas import AreaCode
from shared.clock import FIRST_YEAR, LAST_YEAR, local_date, utc_now
from shared.idnumber import IdNumber, InvalidIdNumber

_PHONE = re.compile(r"1\d{10}|0\d{9,11}")
_PHONE_NOISE = str.maketrans("", "", " -\u3000()（）")


class Draft(BaseModel):
    """Base of what is sent."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True, validate_by_name=True
    )

    def __repr_args__(self) -> list[tuple[str, str]]:
        return []  # it holds what is not for logs


class Answer(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)

    def __repr_args__(self) -> list[tuple[str, str]]:
        return []


class AreaView(Answer):
    """An area and the names above it."""

    code: AreaCode = Field(examples=["539921100200"])
    names: list[str] = Field(description="From the county down · 由县到村", examples=[["云岫县", "青石镇", "金沟村"]])


class CodeView(Answer):
    """A code, and what a person reads for it."""

    code: str
    text: str


class CodeListView(Answer):
    """One code list."""

    name: str = Field(examples=["relation"])
    standard: str = Field(examples=["GB/T 4761"])
    codes: list[CodeView]


def _id_number(entered: object) -> IdNumber:
    if not isinstance(entered, str):
        raise PydanticCustomError("field-invalid", "not a text")
    try:
        return idnumber.normalise(entered, local_date(utc_now()))
    except InvalidIdNumber as fault:
        raise PydanticCustomError(fault.code.value, "not an ID number") from None


def _phone(entered: str) -> str:
    phone = unicodedata.normalize("NFKC", entered).translate(_PHONE_NOISE).removeprefix("+86")
    if not _PHONE.fullmatch(phone):
        raise PydanticCustomError("phone-invalid", "not a phone number")
    return phone


def _area(entered: str) -> AreaCode:
    try:
        return areas.normalise(entered)
    except areas.InvalidAreaCode as fault:
        raise PydanticCustomError(fault.code, "not an area code") from None


def _village(code: AreaCode) -> AreaCode:
    if areas.level(code) is not areas.Level.VILLAGE:
        raise PydanticCustomError("area-not-village", "not a village")
    return code


def _of_this_age(day: date) -> date:
    if day.year < FIRST_YEAR:
        raise PydanticCustomError("date-too-early", "lies before anybody's time")
    return day


def _in_reach(day: date) -> date:
    if day.year > LAST_YEAR:
        raise PydanticCustomError("date-too-late", "lies after anybody's time")
    return day


def _of_clocks(moment: datetime) -> datetime:
    if moment.year < 2000:
        raise PydanticCustomError("date-too-early", "said by a machine without a clock")
    _in_reach(moment)
    return moment


def _past(day: date) -> date:
    if day > local_date(utc_now()):
        raise PydanticCustomError("date-in-future", "lies in the future")
    return day


def _without_default(schema: JsonDict) -> None:
    schema.pop("default", None)


DERIVED = Field(json_schema_extra=_without_default)
"""For a field that is worked out when it is left out: its stand-in is nobody's business."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["9f86d081" * 8])]
"""A digest in hex; say of what."""
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\p{Cc}]+$")]
"""One line of text."""
Paragraph = Annotated[str, Field(min_length=1, max_length=4000)]
"""Free text; it is stored sealed."""
PersonName = Annotated[
    str, Field(min_length=1, pattern=r"^[^\p{Cc}\p{Cf}_]+$", json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f-\x9f]+$"})
]
"""What a name of a person is made of: no sign that nobody sees (two people would look alike), nor the underscores by
which workbooks write such signs (`_x200B_`). Private characters are taken: older systems have rare ones of names there.
Shown with a pattern that tools know.
"""
Name = Annotated[PersonName, Field(max_length=60, description="Name · 姓名")]
IdNumberField = Annotated[
    IdNumber,
    PlainValidator(_id_number),
    WithJsonSchema({"type": "string", "examples": ["539921201503120017"]}),
    Field(description="GB 11643; 15-digit form, full-width digits and disability cards too · 证件号码"),
]
Phone = Annotated[
    str,
    AfterValidator(_phone),
    Field(max_length=30, description="Mobile or landline · 电话", examples=["15400000017"]),
]
AnyArea = Annotated[
    AreaCode,
    Field(max_length=20),
    AfterValidator(_area),
    Field(description="Area code of 6, 9 or 12 digits · 行政区划代码", examples=["539921100000"]),
]
VillageCode = Annotated[
    AreaCode,
    Field(max_length=20),
    AfterValidator(_area),
    AfterValidator(_village),
    Field(description="12-digit code of the village · 村级行政区划代码", examples=["539921100200"]),
]
Day = Annotated[date, AfterValidator(_of_this_age)]
PastDay = Annotated[Day, AfterValidator(_past)]
DayInReach = Annotated[Day, AfterValidator(_in_reach)]
"""A day from which others are reckoned: at the end of the calendar there is none after it."""
Moment = Annotated[AwareDatetime, AfterValidator(_of_clocks)]
"""A moment with its offset. At the ends of the calendar it could not be stored."""
MonthText = Annotated[
    str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="Month · 月份", examples=["2026-10"])
]
