"""Lines of income, the statement they add up to, and the forms it fills. Amounts are yuan, as decimal texts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.households.rules.income_entries import MOST_MONTHS, Span, Told
from services.households.rules.income_lines import FEN
from services.households.rules.months import parse_month
from services.households.schemas.fields import IncomeEnding, IncomeItem, IncomeOrigin, Yuan
from shared.http.fields import Answer, AnyArea, AreaView, CodeView, Draft, MonthText, Paragraph, PastDay
from shared.http.problems import RowProblem


class IncomeEntryDraft(Draft):
    """One line. When: a day, or a first month with a last one if it is more than one; money for many months is spread.

    `member_id`: whose it is; leave it out for what is the household's as a whole. `visit_id`: the visit it was told at.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"item": "wages.outside", "amount": "43000.00", "first_month": "2026-01", "last_month": "2026-10"}
            ]
        }
    )

    item: IncomeItem
    amount: Yuan
    paid_on: Annotated[PastDay | None, Field(description="Received or spent on · 收支日期")] = None
    first_month: MonthText | None = None
    last_month: MonthText | None = None
    member_id: UUID | None = None
    visit_id: UUID | None = None
    place_area: Annotated[AnyArea | None, Field(description="Where it was earned · 务工地")] = None
    origin: IncomeOrigin | None = None
    note: Annotated[Paragraph | None, Field(description="Stored sealed · 备注，加密保存")] = None

    @model_validator(mode="after")
    def _one_when(self) -> Self:
        months = self.first_month is not None
        if (self.paid_on is not None) == months or (self.last_month is not None and not months):
            raise PydanticCustomError("income-when", "give a day or months")
        span = self.span()
        if not 0 <= span.last - span.first < MOST_MONTHS:
            raise PydanticCustomError("income-months", "months in no order")
        return self

    def span(self) -> Span:
        """When it was."""
        if self.paid_on is not None:
            return Span.on(self.paid_on)
        assert self.first_month is not None
        return Span(parse_month(self.first_month), parse_month(self.last_month or self.first_month))

    def told(self) -> Told:
        """As the use case takes it."""
        return Told(
            item=self.item,
            amount=self.amount.quantize(FEN),
            span=self.span(),
            member_id=self.member_id,
            visit_id=self.visit_id,
            origin=self.origin,
            place_area=self.place_area,
            note=self.note,
        )


class IncomeWithdrawal(Draft):
    """Why a line counts no more."""

    reason: IncomeEnding


class IncomePerson(Answer):
    """Whose a line is; the name is masked to supervisors."""

    id: UUID
    name: str


class IncomeEnded(Answer):
    """How a line came to count no more."""

    ended_as: str = Field(alias="as", description="`corrected` or `withdrawn` · 更正、撤销", examples=["withdrawn"])
    reason: CodeView | None
    at: datetime


class IncomeEntryView(Answer):
    """One line as it was told, from whom, and of when."""

    id: UUID
    household_id: UUID
    person: IncomePerson | None = Field(description="null: the household as a whole · 空为全户")
    group: CodeView
    item: CodeView
    amount: Decimal
    first_month: str = Field(examples=["2026-01"])
    last_month: str = Field(examples=["2026-10"])
    paid_on: date | None
    source: CodeView
    origin: CodeView | None
    place_area: str | None
    visit_id: UUID | None
    note: str | None
    corrects_id: UUID | None
    recorded_by: UUID
    recorded_at: datetime
    ended: IncomeEnded | None
    version: int


class SupersededBy(Answer):
    """The line that counts instead, and in which months."""

    id: UUID
    months: list[str]


class StatementLine(IncomeEntryView):
    """One line of the statement: how much of it counts, and why not more."""

    counted: Decimal
    months_counted: int
    why_not: list[CodeView]
    superseded_by: list[SupersededBy]


class GroupSum(Answer):
    """What the counted lines of one group add up to."""

    code: str
    text: str
    amount: Decimal


class IncomeWarning(Answer):
    """Something to look at. It changes no number."""

    code: str
    text: str
    line_id: UUID | None


class IncomeStatementView(Answer):
    """The calculation of one household (收入测算表), and the policies it was made by."""

    household_id: UUID
    on: date
    period_first: str = Field(examples=["2025-11"])
    period_last: str = Field(examples=["2026-10"])
    people: int = Field(description="Whom it is divided by · 共同生活人口")
    lines: list[StatementLine]
    sums: list[GroupSum]
    net_income: Decimal
    net_per_head: Decimal | None
    claims: Decimal
    rigid: Decimal = Field(description="Eligible self-paid spending · 合规自付支出")
    reference: Decimal
    reference_per_head: Decimal | None = Field(
        description="Net income + claims − self-paid, per head · 收入参考范围（人均）"
    )
    line: int | None = Field(description="Income line in force, yuan per head and year · 监测收入线")
    net_above_line: Decimal | None = Field(description="Below zero: so much is missing · 负数为低于收入线")
    reference_above_line: Decimal | None = Field(description="Likewise, of the reference income · 同上")
    warnings: list[IncomeWarning]
    line_policy_id: UUID | None
    rules_policy_id: UUID


class FormAmount(Answer):
    """One amount of a form, in the form's own order."""

    code: str
    text: str
    amount: Decimal | None


class CivilRow(Answer):
    """One row of civil affairs' table: for the year, and for a month and head."""

    code: str
    text: str
    year: Decimal
    month_per_head: Decimal | None


class IncomeFormsView(Answer):
    """The same statement as the forms want it."""

    household_id: UUID
    on: date
    people: int
    national: list[FormAmount] = Field(description="The 11 amounts of 收支 · 全国监测系统收支 11 项")
    civil: list[CivilRow] = Field(description="民政低收入家庭收入核定表")


class IncomeSummaryView(Answer):
    """The kept sums of one household."""

    household_id: UUID
    national_code: str | None = Field(examples=["5399211002000001"])
    head_name: str | None = Field(description="Masked for supervisors · 户主", examples=["张三"])
    area: AreaView
    period_first: str
    period_last: str
    people: int
    net_income: Decimal
    net_per_head: Decimal | None
    reference_per_head: Decimal | None
    line: int | None
    computed_at: datetime


class IncomeImportReport(Answer):
    """What a file did, or with `dry_run` would do."""

    dry_run: bool
    added: int
    changed: int
    unchanged: int
    failed: int = Field(description="Rows with mistakes · 有误的行数")
    errors: list[RowProblem] = Field(description="The first 1,000 mistakes · 前 1000 处错误")
    error_count: int
