"""Events of the labour ledger (务工台账): what somebody earned in a month. Heard by the income calculation."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.envelope import Event

Yuan = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Work = Literal["work", "public_post", "other"]
"""Paid work (务工), a public-welfare post (公益性岗位), anything else that is wage (其他工资性收入)."""


class WageReported(Event):
    """What one person earned at one place in one month. A later revision of the same report takes its place."""

    type: ClassVar[str] = "jobs.wage-reported"
    topic: ClassVar[str] = "jobs.wage"
    title_zh: ClassVar[str] = "务工工资已登记"

    report_id: str = Field(
        min_length=1, max_length=80, description="The ledger's own id of person, month and employer; no personal data"
    )
    revision: int = Field(ge=1, description="Of two events on one report the higher one counts, in whichever order")
    person_key: str = Field(description="Keyed hash of the ID number")
    month: str = Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="The month that was worked")
    wage: Yuan = Field(description="Yuan for the month, as it was earned; 0: worked for nothing, or not at all")
    kind: Work = Field(description="`work`, `public_post` or `other`")
    employer_area: str | None = Field(
        description="Where the work is: 6 or 12 digits, `abroad` (境外); null: nobody knows, taken as outside the province"
    )
    withdrawn: bool = Field(description="true: the report was an error; it counts no more")
    reported_at: datetime = Field(description="When the ledger took it in")

    @property
    def key(self) -> str:
        """One person's wages stay in order, within a lane."""
        return self.person_key


EVENTS = (WageReported,)
