"""The local grade (红黄绿分级) as it is shown, set by hand, counted and tried."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.households.rules.grade_movement import Kind
from shared.contracts.grade_policies import Grade, GradeRules
from shared.http.fields import Answer, AnyArea, AreaView, Draft, Paragraph


class GradeReason(Answer):
    """One condition that holds."""

    code: str = Field(description="Of the condition · 条件代码", examples=["self-paid"])
    title: str = Field(examples=["自付支出过重"])
    text: str = Field(examples=["合规自付支出 42300 元，超过家庭纯收入 71000 元的 50%"])
    values: dict[str, Any] = Field(
        description="The facts it looked at; hidden from supervisors · 依据的指标",
        examples=[{"self_paid": 42300, "net_income": 71000}],
    )


class OverrideDraft(Draft):
    """A grade by hand (人工调整)."""

    grade: Grade = Field(examples=["red"])
    reason: Annotated[Paragraph, Field(description="Kept sealed · 调整理由", examples=["户主突发脑溢血，正在抢救"])]
    until: date = Field(description="Its last day · 截止日期（含当日）", examples=["2026-12-31"])


class OverrideView(Answer):
    """A grade that somebody has set."""

    id: UUID
    grade: Grade
    grade_text: str = Field(examples=["红色重点帮扶"])
    reason: str | None = Field(description="Hidden from supervisors · 理由")
    until: date
    set_by: UUID
    set_at: datetime
    ended_at: datetime | None


class GradeView(Answer):
    """A household's local grade. It is no stage of the national case (监测对象识别、风险消除)."""

    household_id: UUID
    grade: Grade | None = Field(description="What counts today; null: not graded yet · 当前等级")
    grade_text: str | None = Field(examples=["红色重点帮扶"])
    since: datetime | None
    text: str | None = Field(
        description="What the rules say, in a sentence · 系统分级理由", examples=["红色重点帮扶：房屋鉴定为D级"]
    )
    by_hand: OverrideView | None = Field(description="Set by somebody, for a time · 人工调整")
    calculated: Grade | None = Field(description="What the rules say · 系统分级")
    calculated_text: str | None
    calculated_since: datetime | None
    reasons: list[GradeReason]
    policy_id: UUID | None = Field(description="Version of `grade-rules` · 所依据的分级规则")
    policy_version: int | None
    version: int = Field(description="Of what is set by hand; also the ETag · 人工调整版本", examples=[1])


class GradeChangeView(Answer):
    """One line of a household's history."""

    id: UUID
    at: datetime
    kind: Kind = Field(description="Why · 变动原因")
    kind_text: str = Field(examples=["事实变化新增"])
    before: Grade | None = Field(description="null: it was not graded · 原等级")
    after: Grade | None = Field(description="null: it is no more · 现等级")
    from_area: str | None
    to_area: str | None
    text: str = Field(examples=["绿色 → 红色重点帮扶（事实变化新增）"])
    reasons: list[GradeReason]
    by_hand: OverrideView | None
    policy_id: UUID | None
    by: UUID = Field(description="Account; the nil UUID for the system · 操作人")


class GradeCounts(Answer):
    """Households by grade."""

    red: int
    yellow: int
    green: int
    by_hand: int = Field(description="Of these, set by somebody · 其中人工调整")


class VillageGrades(GradeCounts):
    """One village."""

    area: AreaView


class GradeBoard(Answer):
    """How the households of an area stand."""

    total: GradeCounts
    villages: list[VillageGrades]


class BalanceView(Answer):
    """One grade over a span: opening + ins - outs = closing."""

    grade: Grade
    opening: int = Field(description="When it began · 期初")
    ins: dict[Kind, int] = Field(description="By cause · 转入", examples=[{"new": 12, "re_entered": 3, "rule": 40}])
    outs: dict[Kind, int] = Field(description="By cause · 转出", examples=[{"cleared": 9, "correction": 1}])
    closing: int = Field(description="When it ended, or now · 期末")


class MonthMovement(Answer):
    """One month."""

    month: str = Field(examples=["2026-03"])
    grades: list[BalanceView]
    balanced: bool = Field(description="What is kept of its end says the same · 与留存数一致")


class GradeMovement(Answer):
    """Month by month, and all of them together."""

    months: list[MonthMovement]
    total: list[BalanceView]
    kinds: dict[Kind, str] = Field(description="The causes in words · 原因说明")


class MovedHousehold(Answer):
    """One household behind the counts."""

    household_id: UUID
    head_name: str | None = Field(description="null: it lives elsewhere now · 户主")
    change: GradeChangeView


class TrialBody(Draft):
    """Rules as they would be published, and for which area."""

    rules: GradeRules
    area: AnyArea


class TrialRequest(TrialBody):
    """A trial with its counts by township or by village."""

    by: Literal["township", "village"] = "township"


class TrialMove(Answer):
    """So many would move."""

    before: Grade | None = Field(description="By the rules in force; null: none are · 现行规则")
    after: Grade | None = Field(description="By the draft · 试算规则")
    households: int


class TrialArea(Answer):
    """One township or village."""

    area: AreaView
    moves: list[TrialMove]


class GradeTrialView(Answer):
    """What would change if the rules were published. Grades by hand stay as they are and are not looked at."""

    households: int = Field(description="Looked at · 参与试算户数")
    moved: int = Field(description="Would have another grade · 等级将变动户数")
    moves: list[TrialMove]
    areas: list[TrialArea]


class TrialHousehold(Answer):
    """A household that would move."""

    household_id: UUID
    head_name: str | None
    area: AreaView
    before: Grade | None
    after: Grade | None
    text: str | None = Field(description="By the draft · 试算理由")
    reasons: list[GradeReason]
