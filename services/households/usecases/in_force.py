"""The versions of one kind of policy, for whoever decides on many things at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from shared.db.engine import ReadSession
from shared.projections import policies
from shared.projections.policies import Policies
from shared.versions import pick

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class InForce(Generic[B]):
    """All versions, the body of each read once."""

    policies: Policies
    read: Callable[[Any], B]
    today: date
    _read: dict[UUID, B] = field(default_factory=dict)

    @classmethod
    async def load(cls, session: ReadSession, kind: str, read: Callable[[Any], B], today: date) -> Self:
        """As this service knows them now. `read` makes of a body what decides; `today` is the day in China."""
        return cls(await policies.load(session, kind), read, today)

    def __bool__(self) -> bool:
        """Whether there are any, in force or not."""
        return bool(self.policies.versions)

    def find(self, area_code: str) -> tuple[B, UUID] | tuple[None, None]:
        """What counts in an area today, and the version that says so; nothing where nothing is in force."""
        policy = pick(self.policies.versions, area_code, self.today)
        if policy is None:
            return None, None
        if policy.id not in self._read:
            self._read[policy.id] = self.read(policy.body)
        return self._read[policy.id], policy.id
