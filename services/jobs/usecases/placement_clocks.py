"""The policy `placement-clocks` in force."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.jobs.models import Placement
from services.jobs.rules.placement_states import due_on
from shared.contracts.jobs_placement_policies import PlacementClocks
from shared.db.engine import ReadSession
from shared.projections import policies

KIND = "placement-clocks"


@dataclass(frozen=True, slots=True)
class Clocks:
    """What counts for an area on a day, and the version that says so."""

    body: PlacementClocks
    policy_id: UUID

    def start(self, placement: Placement) -> None:
        """Set the clock of the state that a placement has come to."""
        placement.due_on = due_on(placement.state, placement.state_since, self.body)
        placement.policy_id = self.policy_id


async def get_clocks(session: ReadSession, area_code: str, on: date) -> Clocks:
    """Raises `PolicyMissing`: a decision without its rule is not taken."""
    return Clocks(*await policies.in_force(session, KIND, area_code, on, PlacementClocks))
