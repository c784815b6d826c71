"""The policy `grade-rules` in force for each household that is graded."""

import logging
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from uuid import UUID

import orjson
from pydantic import ValidationError

from services.households.rules.grading import Rules
from shared.contracts.grade_policies import GradeRules
from shared.db.engine import ReadSession
from shared.expressions import ExpressionInvalid
from shared.projections import policies
from shared.projections.policies import Policy
from shared.versions import pick

log = logging.getLogger(__name__)

KIND = "grade-rules"


@dataclass(frozen=True, slots=True)
class GradeRuleSets:
    """All versions that this service can read; a version it cannot is as if it had not been published."""

    versions: tuple[Policy, ...]
    today: date
    _compiled: dict[UUID, Rules] = field(default_factory=dict)

    @classmethod
    async def load(cls, session: ReadSession, today: date) -> "GradeRuleSets":
        """As this service knows them now. `today` is the day in China."""
        found = (await policies.load(session, KIND)).versions
        compiled = {one.id: rules for one in found if (rules := _read(one)) is not None}
        return cls(tuple(one for one in found if one.id in compiled), today, compiled)

    def find(self, area_code: str) -> Rules | None:
        """What counts in an area today; None where nothing is in force."""
        policy = pick(self.versions, area_code, self.today)
        return self._compiled[policy.id] if policy is not None else None

    def get(self, policy_id: UUID | None) -> Rules | None:
        """One version, in force or not."""
        return self._compiled.get(policy_id) if policy_id is not None else None

    def with_draft(self, draft: GradeRules, area_prefix: str, draft_id: UUID) -> "GradeRuleSets":
        """As it would be if the draft were published for the area today: the newest of its area."""
        newest = max((one.version for one in self.versions), default=0) + 1
        policy = Policy(draft_id, area_prefix, self.today, None, newest, {})
        compiled = {**self._compiled, draft_id: Rules.of(draft_id, newest, draft)}
        return GradeRuleSets((*self.versions, policy), self.today, compiled)


def _read(policy: Policy) -> Rules | None:
    return _compile(policy.id, policy.version, orjson.dumps(policy.body))


@lru_cache(maxsize=200)
def _compile(policy_id: UUID, version: int, body: bytes) -> Rules | None:
    """Compiled once a process: what is published does not change. The directory has checked it; it may be newer."""
    try:
        return Rules.of(policy_id, version, GradeRules.model_validate_json(body))
    except (ValidationError, ExpressionInvalid) as error:
        log.error("policy cannot be read", extra={"policy": str(policy_id), "error": type(error).__name__})
        return None
