"""The versions of one kind of policy, for whoever decides on many things at once."""

from dataclasses import dataclass, field
from datetime import date
from typing import Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel

from shared.db.engine import ReadSession
from shared.projections import policies
from shared.projections.policies import Policies
from shared.versions import pick

B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class InForce(Generic[B]):
    """All versions, the body of each read once."""

    policies: Policies
    body: type[B]
    today: date
    _read: dict[UUID, B] = field(default_factory=dict)

    @classmethod
    async def load(cls, session: ReadSession, kind: str, body: type[B], today: date) -> Self:
        """As this service knows them now. `today` is the day in China."""
        return cls(await policies.load(session, kind), body, today)

    def find(self, area_code: str) -> tuple[B, UUID] | tuple[None, None]:
        """What counts in an area today, and the version that says so; nothing where nothing is in force."""
        policy = pick(self.policies.versions, area_code, self.today)
        if policy is None:
            return None, None
        if policy.id not in self._read:
            self._read[policy.id] = self.body.model_validate(policy.body)
        return self._read[policy.id], policy.id
