"""The policy `triage` in force for each task that is looked at."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from shared.contracts.policies import Triage
from shared.db.engine import ReadSession
from shared.projections import policies
from shared.projections.policies import Policies
from shared.versions import pick


@dataclass(frozen=True, slots=True)
class TriagePolicies:
    """All versions, each read once."""

    policies: Policies
    today: date
    _read: dict[UUID, Triage] = field(default_factory=dict)

    @classmethod
    async def load(cls, session: ReadSession, today: date) -> "TriagePolicies":
        """As this service knows them now. `today` is the day in China."""
        return cls(await policies.load(session, "triage"), today)

    def find(self, area_code: str) -> tuple[Triage | None, UUID | None]:
        """What counts in an area today, and the version that says so; None where nothing is in force."""
        policy = pick(self.policies.versions, area_code, self.today)
        if policy is None:
            return None, None
        if policy.id not in self._read:
            self._read[policy.id] = Triage.model_validate(policy.body)
        return self._read[policy.id], policy.id
