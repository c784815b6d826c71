"""Needs that a case asks for by event (`households.work-needed`): opened, withdrawn, or kept until somebody is known."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from services.jobs.models import NeedState, NeedWaiting, Person
from services.jobs.queries import needs as find
from services.jobs.queries import people
from services.jobs.rules.ages import is_minor
from services.jobs.rules.needs import Wishes
from services.jobs.usecases.needs import close_need, insert_need
from shared.areas import Scope
from shared.clock import local_date
from shared.contracts.labour import WorkNeeded
from shared.db.engine import WriteSession

SOURCE = "case"
_ALL = Scope.everywhere()


async def take_work_needed(session: WriteSession, asked: Sequence[WorkNeeded], now: datetime) -> None:
    """Open or withdraw what households ask for. The same again changes nothing, and neither does what is older than
    the latest that was told: told again in bulk, it may come after a withdrawal.
    """
    for event in asked:
        await _keep(session, event)
        if event.withdrawn:
            await _withdraw(session, event, now)
    await open_waiting(session, {event.household_id for event in asked}, now)


async def open_waiting(session: WriteSession, household_ids: Collection[UUID], now: datetime) -> int:
    """Open what was asked for these households and waits for somebody who may work; how many."""
    opened = 0
    for waiting in await find.lock_waiting(session, household_ids):
        person = await _worker(session, waiting, local_date(now))
        if person is None:
            continue
        wishes = Wishes(services=tuple(waiting.services))
        opened += await insert_need(session, person, wishes, SOURCE, waiting.source_ref, waiting.asked_at) is not None
        await session.delete(waiting)
    await session.flush()
    return opened


async def _keep(session: WriteSession, event: WorkNeeded) -> None:
    values = {
        "source_ref": event.source_ref,
        "household_id": event.household_id,
        "area_code": event.area_code,
        "person_key": event.person_key,
        "services": event.services,
        "withdrawn": event.withdrawn,
        "asked_at": event.asked_at,
    }
    said = insert(NeedWaiting).values(values)
    newer = said.excluded.asked_at > NeedWaiting.asked_at
    if event.withdrawn:  # in one moment the withdrawal is the later
        newer = said.excluded.asked_at >= NeedWaiting.asked_at
    latest = {name: said.excluded[name] for name in values}
    await session.execute(said.on_conflict_do_update(index_elements=["source_ref"], set_=latest, where=newer))


async def _withdraw(session: WriteSession, event: WorkNeeded, now: datetime) -> None:
    """Close the need if it was opened: then it remembers that itself."""
    for need in await find.list_by_source(session, SOURCE, [event.source_ref]):
        if need.state == NeedState.OPEN and event.asked_at >= need.opened_at:
            close_need(need, NeedState.WITHDRAWN, now)
        await find.forget_waiting(session, event.source_ref)
    await session.flush()


async def _worker(session: WriteSession, waiting: NeedWaiting, today: date) -> Person | None:
    """The one who is named, else whoever of the household comes first for work; None when nobody may work."""
    if waiting.person_key is not None:
        one = await people.find_person_by_key(session, _ALL, waiting.person_key)
        found: Sequence[Person] = [one] if one is not None else []
    else:
        found = await people.list_of_household(session, _ALL, waiting.household_id)
    able = [one for one in found if one.active and not is_minor(one.birth_on, today)]
    return min(able, key=_unfit, default=None)


def _unfit(person: Person) -> tuple[bool, bool, bool, int]:
    """Sorts those who can work first: able, not at school, at full strength, the younger before the elder."""
    skill = person.labour_skill
    return (skill in ("lost", "none"), person.pupil, skill == "weak", -person.birth_on.toordinal())
