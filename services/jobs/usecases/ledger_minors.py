"""Minors at work in the ledger already: a day of birth was corrected, or a case of school closed. It is told once a year.

The row stays as somebody said it. What stands in its way may be the row or the day of birth, and `not_out` would have to
say why somebody is at home, which nobody has said, and would take back what was earned. So the village gets the task to
put it right; until then nobody can confirm or write the row as `out`, for the ledger refuses that.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from services.jobs.queries.ledger import entry_of, note_changes
from services.jobs.queries.minors import MINOR, Found, lock_minors
from services.jobs.queries.people import list_by_ids
from services.jobs.rules.months import month_of
from services.jobs.rules.tasks import TaskDraft, TaskKind
from services.jobs.usecases.ledger_lines import line
from services.jobs.usecases.placement_clocks import get_clocks
from services.jobs.usecases.tasks import open_tasks
from services.jobs.usecases.wages import minor_working
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import SYSTEM

BATCH = 200


async def tell_minors(session: WriteSession, now: datetime, people: Collection[UUID] | None = None) -> int:
    """Tell of the present month's rows of people under 16, one batch, or of these people's alone; how many.

    Raises `PolicyMissing`: until when the village has time is for the policy to say. The session sees everywhere.
    """
    found = await lock_minors(session, month_of(local_date(now)), BATCH, people)
    known = await list_by_ids(session, Scope.everywhere(), [one.row["person_id"] for one in found])
    for one in found:
        row, person = one.row, known[one.row["person_id"]]
        told = minor_working(person, entry_of(row, row["employer_key"]), row["month"], now)
        await emit(session, told)
        await audit.record(session, SYSTEM, "ledger:minor", person.id, area_code=row["area_code"])
    await note_changes(session, [{**line(one.row, MINOR, now), "by": SYSTEM.id} for one in found])
    await open_tasks(session, [await _task(session, one, now) for one in found if not one.asked], now)
    return len(found)


async def _task(session: WriteSession, found: Found, now: datetime) -> TaskDraft:
    person_id, area_code, today = found.row["person_id"], found.row["area_code"], local_date(now)
    clocks = await get_clocks(session, area_code, today)
    due_on = today + timedelta(days=clocks.body.stay.answer_days)
    return TaskDraft(TaskKind.COMPLETE_ROW, area_code, person_id, due_on, person_id, clocks.policy_id)
