"""Bodies of the policies by which the labour ledger (务工台账) is checked: against other exports, and by telephone."""

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


ExportSource = Literal["human_resources", "national"]
"""人社系统导出, 全国防返贫监测信息系统导出."""
ComparedField = Literal[
    "status",
    "work_area",
    "employer",
    "industry",
    "trade",
    "wage",
    "channel",
    "point_to_point",
    "started_on",
    "ended_on",
]
AskedField = Literal["status", "work_area", "employer", "wage"]
Status = Literal["out", "planned", "not_out"]
PeopleClass = Literal["ordinary", "lifted_out", "monitored"]
OpenOutcome = Literal["differs", "only_here", "only_there"]

COMPARED_FIELDS: tuple[ComparedField, ...] = get_args(ComparedField)
Share = Annotated[float, Field(ge=0, le=1)]
Heading = Annotated[str, Field(min_length=1, max_length=60)]


class Tolerances(_Body):
    """How far two statements may lie apart and still be the same.

    A wage within `wage_share` of the ledger's, or within `wage_yuan` of it, whichever allows more (元/月). Days within
    `days`. Names of employers by the share of characters in common, once what all firms are called is taken off
    (`employer_endings`). Places by their first `place_digits` digits: 2 province, 4 prefecture, 6 county.
    """

    wage_share: Share
    wage_yuan: Annotated[float, Field(ge=0, le=100_000)]
    days: Annotated[int, Field(ge=0, le=366)]
    employer_similarity: Annotated[float, Field(gt=0, le=1)]
    employer_endings: list[Annotated[str, Field(min_length=1, max_length=20)]] = []
    place_digits: Literal[2, 4, 6] = 6


class Expected(_Body):
    """Whom an export should hold: rows of the ledger of these statuses, people of these classes (户类型)."""

    statuses: Annotated[list[Status], Field(min_length=1)]
    classes: Annotated[list[PeopleClass], Field(min_length=1)]


class ExportRule(_Body):
    """What is particular to one export. `headings`: further headings that it uses for a column, by the column's field."""

    fields: Annotated[list[ComparedField], Field(min_length=1)]
    expected: Expected
    headings: dict[str, list[Heading]] = {}


class CorrectionRule(_Body):
    """Tasks of a comparison: which outcomes open one, until when, and how many of a village are open at a time."""

    outcomes: list[OpenOutcome]
    due_days: Annotated[int, Field(ge=1, le=366)]
    most_open_per_village: Annotated[int, Field(ge=1, le=10_000)]


class LedgerComparison(_Body):
    """`ledger-comparison` (台账比对): what is compared with each export, how strictly, and what comes of it."""

    sources: dict[ExportSource, ExportRule]
    tolerances: Tolerances
    corrections: CorrectionRule
    kept_days: Annotated[int, Field(ge=1, le=3650)]


class LedgerSample(_Body):
    """`ledger-sample` (台账电话抽查): who may be drawn, how many, what is asked, and who answers.

    Nobody says which people: a draw takes a number or a precision, and a seed that no person chose. `draws` is how
    many draws a month and area may have, so that nobody draws until the people suit. The village under check is never
    among `answered_by`. `calls`: so many unanswered calls make "not reached" final.
    """

    statuses: Annotated[list[Status], Field(min_length=1)]
    ask: Annotated[list[AskedField], Field(min_length=1)]
    confidence: Annotated[float, Field(ge=0.5, le=0.999)]
    expected_error: Annotated[float, Field(gt=0, lt=1)]
    expected_reach: Annotated[float, Field(gt=0, le=1)]
    least_per_township: Annotated[int, Field(ge=0, le=1000)]
    most: Annotated[int, Field(ge=1, le=100_000)]
    draws: Annotated[int, Field(ge=1, le=100)]
    calls: Annotated[int, Field(ge=1, le=20)]
    due_days: Annotated[int, Field(ge=1, le=366)]
    answered_by: Annotated[list[Literal["township", "county"]], Field(min_length=1)]
    tolerances: Tolerances

    @model_validator(mode="after")
    def _asked_once(self) -> Self:
        if len(set(self.ask)) < len(self.ask):
            raise ValueError("a field is asked twice")
        return self


BODIES: dict[str, type[BaseModel]] = {"ledger-comparison": LedgerComparison, "ledger-sample": LedgerSample}
