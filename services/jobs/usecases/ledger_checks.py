"""The rules that are in force for the ledger, area by area."""

from dataclasses import dataclass, field
from datetime import date
from typing import Self

from services.jobs.rules.ledger import Checks
from services.jobs.rules.places import UNDIVIDED
from shared.contracts.jobs_ledger_policies import LedgerRules
from shared.db.engine import ReadSession
from shared.projections import policies
from shared.projections.policies import Policies
from shared.versions import pick

LEDGER_RULES = "ledger-rules"
_UNPUBLISHED = LedgerRules()


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All versions, each read once. Where none is in force the defaults of the policy count."""

    published: Policies
    today: date
    _read: dict[str, Checks] = field(default_factory=dict)

    @classmethod
    async def load(cls, session: ReadSession, today: date) -> Self:
        """As this service knows them; `today` is the day in China."""
        return cls(await policies.load(session, LEDGER_RULES), today)

    def checks(self, area_code: str) -> Checks:
        """What counts in an area today."""
        if area_code not in self._read:
            policy = pick(self.published.versions, area_code, self.today)
            rules = LedgerRules.model_validate(policy.body) if policy is not None else _UNPUBLISHED
            self._read[area_code] = Checks(rules, UNDIVIDED)
        return self._read[area_code]
