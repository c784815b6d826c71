"""The move-up queue (转岗): who out at work should have a better post, and a need for one opened in one call."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.jobs.queries import move_up as queue
from services.jobs.queries import needs
from services.jobs.queries.at_work import find_at_work
from services.jobs.queries.move_up import AtWorkRow, Ruling
from services.jobs.queries.needs import NeedRow
from services.jobs.queries.people import lock_person
from services.jobs.rules.move_up import AtWork, Reason, urgency_of
from services.jobs.rules.needs import Wishes
from services.jobs.rules.placement_refusals import NotInMoveUp
from services.jobs.usecases.needs import open_need
from shared.areas import Scope
from shared.clock import local_date
from shared.contracts.jobs_placement_policies import MoveUp
from shared.db.engine import Database, ReadSession, WriteSession
from shared.db.rounds import until_none_alone
from shared.projections import policies
from shared.security import audit
from shared.security.principals import Principal

KIND = "move-up"
KEEPING = "move-up-queue"
"""The turn of whoever keeps it."""
EACH = timedelta(hours=20)
"""Medians are reckoned once a day."""
PART = 24
"""Villages reckoned in one transaction: some 70,000 people."""


class QueueRow(NamedTuple):
    """Somebody in the queue, and why."""

    work: AtWorkRow
    reasons: Sequence[Reason]


async def list_queue(
    session: ReadSession, scope: Scope, now: datetime, after: tuple[int, UUID] | None, limit: int
) -> Sequence[QueueRow]:
    """The most urgent first, by the policy of the area that is asked about; raises `PolicyMissing`."""
    today = local_date(now)
    policy, policy_id = await policies.in_force(session, KIND, scope.first_area(), today, MoveUp)
    ruling = Ruling(policy_id, policy, today)
    rows = await queue.list_queue(session, scope, ruling, after, limit)
    return [QueueRow(row, urgency_of(_at_work(row), ruling.policy).reasons) for row in rows]


async def open_move_up(
    session: WriteSession, who: Principal, person_id: UUID, trades: tuple[str, ...], now: datetime
) -> NeedRow:
    """A need for another post, that pays no less than today's; one that is open already is marked as such a need.

    Raises `PersonNotFound`, `NotInMoveUp` where the ledger has nobody at work.
    """
    person = await lock_person(session, who.scope, person_id)
    today = local_date(now)
    work = await find_at_work(session, person.id, today)
    if work is None:
        raise NotInMoveUp(field="person_id")
    floor: Decimal | None = work.wage
    need = next(iter(await needs.list_open_of(session, person.id)), None)
    if need is not None:
        need.wants_change = True
        need.wage_floor = max(need.wage_floor or Decimal(0), floor or Decimal(0)) or None
        need.wanted_trades = list(dict.fromkeys([*need.wanted_trades, *trades]))
        need.version += 1
        await audit.record(session, who, "need:change", need.id, area_code=need.area_code)
        await session.flush()
        return NeedRow(need, person)
    wishes = Wishes(wants_change=True, wanted_trades=trades, wage_floor=floor, services=("referral",))
    ref = f"move-up:{person.id}:{now.isoformat()}"
    return await open_need(session, who, person.id, wishes, now, source="move_up", source_ref=ref)


async def reckon_medians(session: WriteSession, now: datetime) -> None:
    """Once a day: what each trade earns."""
    last = await queue.last_reckoned(session)
    if last is None or now - last > EACH:
        await queue.reckon_medians(session, local_date(now), now)


async def keep_queue(database: Database, clock: Callable[[], datetime]) -> int:
    """Reckon anew the villages that are not current; how many."""
    return await until_none_alone(
        database, KEEPING, queue.forget_changed, lambda session: _keep_next(session, local_date(clock()))
    )


async def _keep_next(session: WriteSession, today: date) -> int:
    """Up to `PART` villages of one version of the policy; where none is in force, there is no queue."""
    in_force = await policies.load_in_force(session, KIND, today, MoveUp)
    current = await queue.find_current(session, today)
    wanted = {area: in_force.find(area)[1] for area in await queue.list_all_villages(session, today)}
    due = [(area, one) for area, one in wanted.items() if one is not None and current.get(area) != one]
    if not due:
        return 0
    first, policy_id = due[0]
    part = [area for area, one in due if one == policy_id][:PART]
    await queue.keep_places(session, Ruling(policy_id, in_force.get(first)[0], today), part)
    return len(part)


def _at_work(row: AtWorkRow) -> AtWork:
    return AtWork(row.work_kind, row.wage, bool(row.wants_change), row.median, row.median_people)
