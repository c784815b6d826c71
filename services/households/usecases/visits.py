"""Visits (入户走访)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.dialects.postgresql import insert

from services.households.models import Visit
from services.households.queries.tasks import get_task
from services.households.rules import tasks
from services.households.usecases.grading import regrade
from shared.db.engine import WriteSession
from shared.security.principals import Principal
from shared.security.vault import Vault

VISIT = "visit"
"""Purpose under which the texts are sealed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the phone was: WGS 84 degrees, and how many metres they may be off."""

    latitude: float
    longitude: float
    accuracy_m: float | None


@dataclass(frozen=True, slots=True)
class VisitNote:
    """One visit as the visitor tells it. The texts name people: they are stored sealed."""

    id: UUID
    visited_at: datetime
    place: Place | None
    place_text: str | None
    with_whom: str | None
    findings: str | None

    def texts(self) -> dict[str, str | None]:
        """What is sealed."""
        return {"place": self.place_text, "with_whom": self.with_whom, "findings": self.findings}

    def content_key(self, vault: Vault, task_id: UUID) -> str:
        """Equal for a repetition, different for another visit; tells nothing of the content."""
        place = self.place and [self.place.latitude, self.place.longitude, self.place.accuracy_m]
        content = [task_id, self.visited_at.timestamp(), place, self.texts()]
        return vault.index(orjson.dumps(content).decode(), "visit-content")


async def record_visit(
    session: WriteSession, vault: Vault, who: Principal, task_id: UUID, told: VisitNote, now: datetime
) -> tuple[Visit, bool]:
    """Keep the visit; the bool says whether it is new. A task that is closed takes visits too: phones are late."""
    row = await get_task(session, who.scope, task_id)
    tasks.require_past(told.visited_at, now)
    values = {
        "id": told.id,
        "task_id": task_id,
        "case_id": row.case.id,
        "household_id": row.task.household_id,
        "area_code": row.case.area_code,
        "visited_at": told.visited_at,
        "latitude": told.place and told.place.latitude,
        "longitude": told.place and told.place.longitude,
        "accuracy_m": told.place and told.place.accuracy_m,
        "sealed": vault.seal_json(told.texts(), VISIT),
        "content_key": told.content_key(vault, task_id),
        "visited_by": who.id,
        "recorded_at": now,
    }
    # The insert decides, not a look beforehand: a phone may send twice at the same moment.
    inserted = await session.scalar(insert(Visit).values(values).on_conflict_do_nothing().returning(Visit.id))
    visit = await session.get(Visit, told.id)
    if visit is None or visit.content_key != values["content_key"]:
        raise tasks.VisitIdReused(field="id")
    await regrade(session, [visit.household_id] if visit.household_id else [], now, by=who.id)
    return visit, inserted is not None
