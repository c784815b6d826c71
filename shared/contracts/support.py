"""Events of the support service (帮扶资金): what was paid to people and households. Heard by the income calculation."""

from datetime import date
from typing import ClassVar, Self

from pydantic import Field, model_validator

from shared.contracts.envelope import Event
from shared.contracts.jobs import Yuan


class TransferPaid(Event):
    """One payment. A later revision of the same payment takes its place."""

    type: ClassVar[str] = "support.transfer-paid"
    topic: ClassVar[str] = "support.transfer"
    title_zh: ClassVar[str] = "补助资金已兑付"

    payment_id: str = Field(min_length=1, max_length=80, description="The payer's own id; no personal data")
    revision: int = Field(ge=1, description="Of two events on one payment the higher one counts, in whichever order")
    person_key: str | None = Field(description="Keyed hash of the receiver's ID number; null: the household got it")
    household_key: str | None = Field(description="Keyed hash of the national code (户编号), where there is no person")
    item: str = Field(
        pattern=r"^(transfers|claims)\.[a-z_]+$", description="Code of `income_item`, e.g. `transfers.farmland`"
    )
    amount: Yuan = Field(description="Yuan that arrived")
    paid_on: date = Field(description="Day on which it arrived")
    withdrawn: bool = Field(description="true: it was not paid, or came back")

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if (self.person_key is None) == (self.household_key is None):
            raise ValueError("give person_key or household_key")
        return self

    @property
    def key(self) -> str:
        """One receiver's payments stay in order, within a lane."""
        return self.person_key or self.household_key or ""


EVENTS = (TransferPaid,)
