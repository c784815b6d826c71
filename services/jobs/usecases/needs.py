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
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.housekeeping import INBOX_KEPT
from shared.http.versions import expect_version
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal

BATCH = 500
REFERRAL = "referral"
WITHDRAWALS_KEPT = 3 * INBOX_KEPT
"""An event that comes later than the inbox knows it is a dead letter that somebody has put right; what is told again after
a loss says how the measure stands by then."""


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
    ref = source_ref or str(new_id())
    need_id = await insert_need(session, person, wishes, source, ref, now)
    if need_id is None:
        [known] = await find.list_by_source(session, source, [ref])
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
    close_need(row.need, NeedState.WITHDRAWN, now)
    await audit.record(session, who, "need:withdraw", need_id, area_code=row.need.area_code)
    await session.flush()
    return row


async def meet_needs(session: WriteSession, person_id: UUID, now: datetime) -> Sequence[WorkNeed]:
    """The person arrived at work: all open needs are met. Those needs, for whoever tells of them."""
    met = await find.list_open_of(session, person_id)
    for need in met:
        close_need(need, NeedState.MET, now)
    await session.flush()
    return met


async def withdraw_past(session: WriteSession, now: datetime) -> int:
    """Withdraw needs whose last day is over, one batch; how many. Withdrawals kept long enough are forgotten."""
    await find.forget_withdrawn(session, now - WITHDRAWALS_KEPT)
    past = await find.lock_past(session, local_date(now), BATCH)
    for need in past:
        close_need(need, NeedState.WITHDRAWN, now)
    await session.flush()
    return len(past)


async def insert_need(
    session: WriteSession, person: Person, wishes: Wishes, source: str, source_ref: str, opened_at: datetime
) -> UUID | None:
    """A need of somebody who may work; None: one from the same thing is there, whatever became of it."""
    values = {
        "id": new_id(),
        "person_id": person.id,
        "area_code": person.area_code,
        "source": source,
        "source_ref": source_ref,
        **_columns(wishes),
        "state": NeedState.OPEN.value,
        "version": 1,
        "opened_at": opened_at,
    }
    query = insert(WorkNeed).values(values).on_conflict_do_nothing(index_elements=["source", "source_ref"])
    return await session.scalar(query.returning(WorkNeed.id))


def close_need(need: WorkNeed, state: NeedState, now: datetime) -> None:
    """It is met or withdrawn."""
    need.state = state
    need.closed_at = now
    need.version += 1


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


def _columns(wishes: Wishes) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(wishes).items()}
