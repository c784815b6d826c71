"""Visits and the verdict they lead to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.dialects.postgresql import insert

from services.households import events
from services.households.models import Verdict, Visit
from services.households.queries.cases import find_live_alerts, list_visits
from services.households.queries.tasks import TaskRow, get_task, lock_task
from services.households.rules import tasks
from services.households.usecases.tasks import note
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.outbox import emit
from shared.security.principals import Principal
from shared.security.vault import Vault

VISIT, REASON = "visit", "verdict-reason"
"""Purposes under which the texts are sealed."""


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
    return visit, inserted is not None


async def give_verdict(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    task_id: UUID,
    *,
    verdict: str,
    reason: str,
    visit_id: UUID | None,
    now: datetime,
) -> TaskRow:
    """Say what the check found: the task is done, late or not, the case is closed, and the bureaus are told."""
    row = await lock_task(session, who.scope, task_id)
    task, case = row.task, row.case
    tasks.require_active(task.state)
    visit = await _find_visit(session, who, row, visit_id)
    given = Verdict(
        id=new_id(),
        case_id=case.id,
        task_id=task.id,
        visit_id=visit.id if visit else None,
        verdict=verdict,
        reason_sealed=vault.seal(reason.encode(), REASON),
        given_by=who.id,
        given_at=now,
    )
    session.add(given)
    task.state, task.closed_at, task.assignee_id = "done", now, task.assignee_id or who.id
    task.version += 1
    case.state, case.closed_at, case.verdict = "closed", now, verdict
    note(session, task, "done", who.id, now, {"verdict": verdict})
    alert_ids = await find_live_alerts(session, who.scope, case.id)
    await emit(
        session,
        events.task_closed(task.id, case.id, case.subject_key, "done", due_at=task.due_at, now=now),
        events.verdict_given(given, case, alert_ids, visit.visited_at if visit else None),
    )
    return row


async def _find_visit(session: WriteSession, who: Principal, row: TaskRow, visit_id: UUID | None) -> Visit | None:
    """The visit the verdict rests on: the one named, else the case's last one, if any."""
    visits = await list_visits(session, who.scope, row.case.id)
    if visit_id is None:
        return visits[-1] if visits else None
    for visit in visits:
        if visit.id == visit_id:
            return visit
    raise tasks.VisitUnknown(field="visit_id")
