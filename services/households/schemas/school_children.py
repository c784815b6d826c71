"""The three ledgers and the board of school dropouts (控辍保学台账与看板)."""

from datetime import date
from uuid import UUID

from pydantic import Field

from services.households.schemas.dropouts import PupilView
from shared.http.fields import Answer, AreaView


class SchoolChild(Answer):
    """One child of a ledger."""

    pupil: PupilView
    stage: str | None = Field(description="Code of the school stage · 学段", examples=["junior"])
    stage_text: str | None = Field(examples=["初中"])
    school: str | None = Field(description="As told last; null: nobody told · 学校")
    grade: str | None
    alert_on: date | None = Field(description="Day of the last schooling alert that stands · 最近预警日期")
    feed: str | None = Field(examples=["education.absence"])
    feed_text: str | None = Field(examples=["连续缺课"])
    risk_case_id: UUID | None = Field(description="The check of that alert · 核查个案")
    dropout_case_id: UUID | None = Field(description="Its last case · 辍学个案")
    dropout_state: str | None = Field(examples=["persuading"])
    dropout_state_text: str | None = Field(examples=["劝返中"])


class AreaCount(Answer):
    """Of one township."""

    area: AreaView
    count: int


class NamedCount(Answer):
    """Of one school or term; null: not known."""

    name: str | None
    count: int


class LedgerCountsView(Answer):
    """How many children a ledger holds. Each of the three lists adds up to the total."""

    ledger: str = Field(examples=["suspected"])
    ledger_text: str = Field(examples=["疑似辍学台账"])
    total: int
    townships: list[AreaCount]
    schools: list[NamedCount]
    terms: list[NamedCount]


class BoardCounts(Answer):
    """`total` is the sum of the states: each case counts once."""

    total: int = Field(description="Cases found · 发现数")
    found: int = Field(description="Nobody has been there yet · 待劝返")
    persuading: int = Field(description="劝返中")
    returned: int = Field(description="Back, checks running · 已返校（稳定核查中）")
    again_absent: int = Field(description="再次失学")
    home_taught: int = Field(description="送教上门")
    stable: int = Field(description="Back, all checks held · 稳定就学")
    exempt: int = Field(description="不再属控辍对象")
    relapsed: int = Field(description="In no school after a return; among the states · 其中返校后再失学")
    legal_steps: dict[str, int] = Field(
        description="In no school, by the last step that stands · 依法控辍各步人数",
        examples=[{"publicity": 3, "order": 1, "penalty": 0, "court": 0}],
    )


class BoardLineView(BoardCounts):
    """Of one township, school or term. `drill` is the list of the names behind it."""

    name: str | None = Field(description="Null: not known · 名称", examples=["青石镇"])
    drill: str = Field(
        description="Address of the list · 明细", examples=["/households/v1/dropout-cases?area=539921100"]
    )


class BoardView(Answer):
    """The board."""

    all: BoardCounts
    townships: list[BoardLineView]
    schools: list[BoardLineView]
    terms: list[BoardLineView]
