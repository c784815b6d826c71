"""The rules that are in force for the ledger, area by area."""

from dataclasses import dataclass, field
from datetime import date
from typing import Self

from services.jobs.rules.ledger import Checks
from services.jobs.rules.places import UNDIVIDED
from shared.contracts.jobs_ledger_policies import LedgerRules
from shared.db.engine import ReadSession
from shared.projections import policies
from shared.projections.policies import Policies, PolicyMissing
from shared.versions import pick

LEDGER_RULES = "ledger-rules"


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All versions, each read once. Where none is in force nothing is written: no row is judged without its rule."""

    published: Policies
    today: date
    _read: dict[str, Checks | None] = field(default_factory=dict)

    @classmethod
    async def load(cls, session: ReadSession, today: date) -> Self:
        """As this service knows them; `today` is the day in China."""
        return cls(await policies.load(session, LEDGER_RULES), today)

    def find(self, area_code: str) -> Checks | None:
        """What counts in an area today."""
        if area_code not in self._read:
            policy = pick(self.published.versions, area_code, self.today)
            self._read[area_code] = (
                Checks(policy.id, LedgerRules.model_validate(policy.body), UNDIVIDED) if policy is not None else None
            )
        return self._read[area_code]

    def require(self, area_code: str) -> Checks:
        """The same; raises `PolicyMissing`."""
        found = self.find(area_code)
        if found is None:
            raise PolicyMissing(kind=LEDGER_RULES)
        return found
