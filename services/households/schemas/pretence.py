"""What looks like pretence (形式主义线索), as shown and as answered."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.households.codes import LISTS
from shared.contracts.pretence import PretenceKind
from shared.http.fields import Answer, AreaView, Draft, Paragraph


class PretenceAnswer(Draft):
    """What was behind it, in the village's view."""

    answer: Annotated[
        str, LISTS["pretence_answer"].field(), Field(description="Code · 说明类别", examples=["truly_alike"])
    ]
    text: Annotated[Paragraph | None, Field(description="In words, kept sealed · 说明")] = None


class PretenceView(Answer):
    """One finding: a question, with the reason in words and the numbers behind it."""

    id: UUID
    kind: PretenceKind
    kind_text: str = Field(examples=["走访间隔与距离不符"])
    reason: str = Field(examples=["与同一走访人的另一次走访至少相距 42 公里，间隔仅 5 分钟"])
    area: AreaView
    household_id: UUID | None
    visit_id: UUID | None
    case_id: UUID | None
    values: dict[str, Any] = Field(description="What was found · 实际值", examples=[{"kilometres": 42.0}])
    limits: dict[str, Any] = Field(
        description="What the policy allows · 政策阈值", examples=[{"kilometres_an_hour": 90}]
    )
    policy_id: UUID
    found_at: datetime
    answer: str | None = Field(examples=["truly_alike"])
    answer_code_text: str | None = Field(examples=["情况确实相同"])
    answer_text: str | None = Field(description="Hidden from supervisors · 说明")
    answered_by: UUID | None
    answered_at: datetime | None
