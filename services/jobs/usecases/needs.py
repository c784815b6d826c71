"""Needs for work (就业需求): opened by a case, the ledger or by hand, met by a placement, withdrawn."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from services.jobs.models import NeedState, Person, WorkNeed
from services.jobs.queries import needs as find
from services.jobs.queries import people
from services.jobs.queries.needs import NeedRow
from services.jobs.rules.ages import is_minor
from services.jobs.rules.needs import Wishes
from services.jobs.rules.refusals import NeedClosed, PersonGone, PersonTooYoung
from shared.areas import Scope
from shared.clock import local_date
from shared.contracts.labour import WorkNeeded
from shared.db.engine import WriteSession
from shared.http.versions import expect_version
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal

BATCH = 500
REFERRAL = "referral"


async def open_need(
    session: WriteSession,
    who: Principal,
    person_id: UUID,
    wishes: Wishes,
    now: datetime,
    *,
    source: str = "hand",
    source_ref: str | None = None,
) -> NeedRow:
    """Somebody wants work. The same `source` and `source_ref` again returns the need that is there.

    Raises `PersonNotFound`, `PersonGone`, `PersonTooYoung`.
    """
    person = await people.lock_person(session, who.scope, person_id)
    _require_may_work(person, local_date(now))
    need_id = new_id()
    values = _values(person, wishes, source, source_ref or str(need_id), now, need_id)
    if not await _insert(session, values):
        [known] = await find.list_by_source(session, source, [str(values["source_ref"])])
        return NeedRow(known, person)
    await audit.record(session, who, "need:open", need_id, area_code=person.area_code, source=source)
    return await find.get_need(session, who.scope, need_id)


async def change_need(
    session: WriteSession, who: Principal, need_id: UUID, if_match: str | None, wishes: Wishes
) -> NeedRow:
    """Other wishes. Raises `NeedNotFound`, `NeedClosed`, `Stale`."""
    row = await _lock_open(session, who, need_id, if_match)
    for name, value in _columns(wishes).items():
        setattr(row.need, name, value)
    row.need.version += 1
    await audit.record(session, who, "need:change", need_id, area_code=row.need.area_code)
    await session.flush()
    return row


async def withdraw_need(
    session: WriteSession, who: Principal, need_id: UUID, if_match: str | None, now: datetime
) -> NeedRow:
    """It is wanted no more. Raises `NeedNotFound`, `NeedClosed`, `Stale`."""
    row = await _lock_open(session, who, need_id, if_match)
    _close(row.need, NeedState.WITHDRAWN, now)
    await audit.record(session, who, "need:withdraw", need_id, area_code=row.need.area_code)
    await session.flush()
    return row


async def meet_needs(session: WriteSession, person_id: UUID, now: datetime) -> Sequence[WorkNeed]:
    """The person arrived at work: all open needs are met. Those needs, for whoever tells of them."""
    met = await find.list_open_of(session, person_id)
    for need in met:
        _close(need, NeedState.MET, now)
    await session.flush()
    return met


async def withdraw_past(session: WriteSession, now: datetime) -> int:
    """Withdraw needs whose last day is over, one batch; how many."""
    past = await find.lock_past(session, local_date(now), BATCH)
    for need in past:
        _close(need, NeedState.WITHDRAWN, now)
    await session.flush()
    return len(past)


async def take_work_needed(session: WriteSession, asked: Sequence[WorkNeeded], now: datetime) -> None:
    """Open or withdraw what households ask for. Whoever is unknown here gets none: the event is told again with them."""
    for event in asked:
        if event.withdrawn:
            await _withdraw_asked(session, event, now)
        else:
            await _open_asked(session, event, now)


async def _open_asked(session: WriteSession, event: WorkNeeded, now: datetime) -> None:
    for person in await _asked_people(session, event, local_date(now)):
        wishes = Wishes(services=tuple(event.services) or (REFERRAL,))
        values = _values(person, wishes, "case", event.source_ref, event.asked_at, new_id())
        await _insert(session, values)


async def _withdraw_asked(session: WriteSession, event: WorkNeeded, now: datetime) -> None:
    for need in await find.list_by_source(session, "case", [event.source_ref]):
        if need.state == NeedState.OPEN:
            _close(need, NeedState.WITHDRAWN, now)
    await session.flush()


async def _asked_people(session: WriteSession, event: WorkNeeded, today: date) -> Sequence[Person]:
    """The one who is named, or whoever of the household comes first for work; none when nobody may work."""
    if event.person_key is not None:
        one = await people.find_person_by_key(session, Scope.everywhere(), event.person_key)
        found = [one] if one is not None else []
    else:
        found = list(await people.list_of_household(session, Scope.everywhere(), event.household_id))
    able = [one for one in found if one.active and not is_minor(one.birth_on, today)]
    return sorted(able, key=_unfit)[:1]


async def _insert(session: WriteSession, values: dict[str, Any]) -> bool:
    """False: a need from the same thing is there."""
    query = insert(WorkNeed).values(values).on_conflict_do_nothing(index_elements=["source", "source_ref"])
    return await session.scalar(query.returning(WorkNeed.id)) is not None


def _unfit(person: Person) -> tuple[bool, bool, bool]:
    """Sorts those who can work first: able, not at school, no elder."""
    return (person.labour_skill in ("lost", "none"), person.pupil, person.labour_skill == "weak")


async def _lock_open(session: WriteSession, who: Principal, need_id: UUID, if_match: str | None) -> NeedRow:
    row = await find.lock_need(session, who.scope, need_id)
    expect_version(if_match, row.need.version)
    if row.need.state != NeedState.OPEN:
        raise NeedClosed
    return row


def _require_may_work(person: Person, today: date) -> None:
    if not person.active:
        raise PersonGone
    if is_minor(person.birth_on, today):
        raise PersonTooYoung(field="person_id")


def _close(need: WorkNeed, state: NeedState, now: datetime) -> None:
    need.state = state
    need.closed_at = now
    need.version += 1


def _values(
    person: Person, wishes: Wishes, source: str, source_ref: str, opened_at: datetime, need_id: UUID
) -> dict[str, Any]:
    return {
        "id": need_id,
        "person_id": person.id,
        "area_code": person.area_code,
        "source": source,
        "source_ref": source_ref,
        **_columns(wishes),
        "state": NeedState.OPEN.value,
        "version": 1,
        "opened_at": opened_at,
    }


def _columns(wishes: Wishes) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(wishes).items()}
