"""What becomes of an alert elsewhere comes back to it. Events may arrive in any order: a state only moves on."""

import base64
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.alerts.queries import answers
from shared.contracts.households import EvidenceAdded, TaskOpened, VerdictGiven
from shared.db.engine import WriteSession


async def begin_checks(session: WriteSession, opened: Sequence[TaskOpened | EvidenceAdded]) -> None:
    """A task stands behind each of these alerts: the one made last. What is answered, withdrawn or expired stays so."""
    newest: dict[UUID, tuple[UUID, UUID, UUID, datetime]] = {}
    for e in sorted(opened, key=lambda e: e.task_id):
        before = newest.get(e.alert_id)
        due_at = min(e.due_at, before[3]) if before is not None and before[2] == e.task_id else e.due_at
        newest[e.alert_id] = (e.alert_id, e.case_id, e.task_id, due_at)
    await answers.begin_checks(session, list(newest.values()))


async def give_verdicts(session: WriteSession, given: Sequence[VerdictGiven]) -> None:
    """Put each verdict on all alerts of its case; of two verdicts the later one counts, in whichever order they come."""
    rows = {
        alert_id: (
            alert_id,
            e.case_id,
            e.task_id,
            e.verdict,
            base64.b64decode(e.reason_sealed),
            e.visited_on,
            e.given_at,
            e.basis,
        )
        for e in sorted(given, key=lambda e: e.given_at)
        for alert_id in e.alert_ids
    }
    if rows:
        await answers.give_verdicts(session, list(rows.values()))
