"""What a case was decided on (识别时、消除时情况): the household as the gate saw it, on the day of the decision.

The register and the sums of income go on. A decision is judged by what was before it then, never by what became of it.
"""

from dataclasses import dataclass
from typing import Literal, Self
from uuid import UUID

from services.households.rules.gate_facts import GateFacts, HelpMeasure
from services.households.rules.income_year import Income
from services.households.rules.monitoring.states import CLOSED, IDENTIFIED
from shared.contracts.monitoring import State

DECISIONS: tuple[State, ...] = ("monitored", "eliminated")
"""The moves whose facts are kept: the county identifies the household, and calls its risk gone."""


def decided(state: State) -> tuple[State, ...]:
    """The decisions that a case in that state rests on."""
    return DECISIONS if state in CLOSED else DECISIONS[:1] if state in IDENTIFIED else ()


_SAME = (
    *("monitoring_class", "main_risk", "risks", "people", "able", "weak", "no_labour_covered", "schooling", "medical"),
    *("housing", "water", "dwelling_level", "only_home", "uninsured", "out_of_school", "measures", "household_class"),
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One household on the day of one decision; None: nobody knew. It names nobody, so nothing of it is sealed.

    `income`: the twelve months' sums beside the line in force that day, of the version `line_policy_id`. What is added
    here later has a default, so that what was kept before can still be read; anything else is another `form`.
    """

    monitoring_class: str | None
    main_risk: str | None
    risks: tuple[str, ...]
    people: int
    able: int  # of them who can work
    weak: int  # who can work a little
    no_labour_covered: bool | None
    schooling: bool | None
    medical: bool | None
    housing: bool | None
    water: bool | None
    dwelling_level: str | None
    only_home: bool | None
    uninsured: int
    out_of_school: int
    income: Income | None
    line_policy_id: UUID | None
    measures: tuple[HelpMeasure, ...]  # of the round, as they stood
    household_class: str | None = None  # 户类型; None also: kept before it was looked at
    form: Literal[1] = 1

    @classmethod
    def of(cls, facts: GateFacts, line_policy_id: UUID | None) -> Self:
        """What is kept of the facts that opened a gate."""
        same = {name: getattr(facts, name) for name in _SAME}
        return cls(**same, income=facts.year, line_policy_id=line_policy_id)

    @property
    def assurances(self) -> tuple[bool | None, ...]:
        """Schooling, medical, housing, water (三保障和饮水)."""
        return (self.schooling, self.medical, self.housing, self.water)
