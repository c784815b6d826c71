"""Many verdicts from a list (分诊), and what became of each."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.households.schemas.refusals import Refusal
from services.households.schemas.tasks import VerdictDraft
from shared.http.fields import Answer, Draft

MOST_VERDICTS = 200
"""Verdicts in one request: a page of the list."""


class ListedVerdict(VerdictDraft):
    """A verdict on one task of the list."""

    task_id: UUID


class VerdictList(Draft):
    """Verdicts on a page of the list, one a task."""

    verdicts: Annotated[list[ListedVerdict], Field(min_length=1, max_length=MOST_VERDICTS)]


class VerdictOutcome(Answer):
    """What became of one verdict."""

    task_id: UUID
    outcome: Literal["given", "repeated", "refused"] = Field(description="已作出, 重复, 未受理")
    refusal: Refusal | None


class VerdictReport(Answer):
    """What became of each, in the order in which they came."""

    given: int
    repeated: int
    refused: int
    results: list[VerdictOutcome]
