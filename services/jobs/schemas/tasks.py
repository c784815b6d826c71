"""Labour tasks: as shown and as closed."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.jobs.rules.tasks import TaskKind, TaskState
from services.jobs.schemas.people import PersonBrief
from shared.http.fields import Answer, AreaView, Draft, Paragraph


class TaskView(Answer):
    """One task of the desk."""

    id: UUID
    kind: TaskKind
    kind_text: str = Field(examples=["稳岗回访"])
    area: AreaView
    person: PersonBrief | None = Field(description="Whom it is about · 人员")
    subject_id: UUID = Field(description="The row it is about: of the ledger, a placement, a need · 关联记录")
    due_on: date = Field(description="Until the end of that day · 截止日期")
    overdue: bool = Field(description="是否超期")
    state: TaskState
    outcomes: list[str] = Field(description="What it may be closed with · 可选结果")
    outcome: str | None = Field(description="结果", examples=["corrected"])
    note: str | None = Field(description="备注")
    opened_at: datetime
    closed_at: datetime | None


class TaskEnd(Draft):
    """What came of a task."""

    outcome: Annotated[
        str,
        Field(pattern="^[a-z_]{1,30}$", description="One of the task's `outcomes` · 结果", examples=["corrected"]),
    ]
    note: Annotated[Paragraph | None, Field(description="Kept sealed · 备注")] = None
