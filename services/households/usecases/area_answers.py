"""What a village says of single households on the list of an area's check: seen to, affected, or at risk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.households.models import TaskHousehold
from services.households.queries import area_checks as find
from services.households.queries.area_checks import Listed
from services.households.queries.monitoring import find_case_of
from services.households.queries.tasks import TaskRow, lock_task
from services.households.rules.area_checks import TaskHouseholdNotFound, require_kept
from services.households.rules.register import require_lives
from services.households.rules.tasks import require_active
from services.households.usecases.consequences import follow_up
from services.households.usecases.monitoring import take_confirmed
from shared.db.engine import WriteSession
from shared.errors import DomainError
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

NOTE = "area-note"
"""Purpose under which a remark on a household is sealed."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one household; `at_risk` None: nobody says. The note may name people: it is stored sealed."""

    household_id: UUID
    affected: bool
    at_risk: bool | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one saying; `monitoring_case_id`: of the national case that the household at risk has from it."""

    household_id: UUID
    outcome: Literal["recorded", "repeated", "refused"]
    monitoring_case_id: UUID | None = None
    refusal: DomainError | None = None


async def answer_household(
    session: WriteSession, vault: Vault, who: Principal, task_id: UUID, said: Said, now: datetime
) -> Listed:
    """Say it of one; raises what `answer_households` would refuse it for."""
    listed, [outcome] = await _answer(session, vault, who, task_id, [said], now)
    if outcome.refusal is not None:
        raise outcome.refusal
    return listed[said.household_id]


async def answer_households(
    session: WriteSession, vault: Vault, who: Principal, task_id: UUID, said: Sequence[Said], now: datetime
) -> list[Outcome]:
    """Say it of many, each once: what is right of one is kept, whatever is wrong with another. The last word counts.

    Who is at risk gets a national case at once, or the one there is gets the area's check behind it: help does not
    wait for the rest of the list. That is not unsaid here, but decided at the case. Raises `TaskNotFound`,
    `TaskAlreadyClosed`.
    """
    _, outcomes = await _answer(session, vault, who, task_id, said, now)
    return outcomes


async def _answer(
    session: WriteSession, vault: Vault, who: Principal, task_id: UUID, said: Sequence[Said], now: datetime
) -> tuple[dict[UUID, Listed], list[Outcome]]:
    row = await lock_task(session, who.scope, task_id)
    require_active(row.task.state)
    listed = await find.lock_listed(session, who.scope, task_id, {one.household_id for one in said})
    known = {one.household.id for one in listed.values() if one.entry.at_risk}
    outcomes = [await _take(session, vault, who, row, listed.get(one.household_id), one, now) for one in said]
    if fresh := {one.household_id for one in outcomes if one.monitoring_case_id} - known:
        await session.flush()
        await follow_up(session, vault, who, fresh, now, income=False)
    return listed, outcomes


async def _take(
    session: WriteSession, vault: Vault, who: Principal, row: TaskRow, listed: Listed | None, said: Said, now: datetime
) -> Outcome:
    try:
        if listed is None:
            raise TaskHouseholdNotFound(field="household_id")
        entry, household = listed.entry, listed.household
        require_kept(entry.at_risk, said.at_risk)
        if household.merged_into is not None or (said.at_risk and not entry.at_risk):
            require_lives(household.dissolved_on)
    except DomainError as refusal:
        return Outcome(said.household_id, "refused", refusal=refusal)
    if entry.at_risk:  # a case that was closed since is not opened anew by saying the same again
        case_id = await find_case_of(session, row.case.id, household.id)
    else:
        case_id = (await take_confirmed(session, vault, who, household, row.case, now)).id if said.at_risk else None
    if _is_repetition(vault, entry, said):
        return Outcome(said.household_id, "repeated", case_id)
    await _write(session, vault, who, entry, said, now)
    return Outcome(said.household_id, "recorded", case_id)


def _is_repetition(vault: Vault, entry: TaskHousehold, said: Said) -> bool:
    note = vault.open(entry.note_sealed, NOTE).decode() if entry.note_sealed else None
    return (entry.affected, entry.at_risk, note) == (said.affected, said.at_risk, said.note)


async def _write(
    session: WriteSession, vault: Vault, who: Principal, entry: TaskHousehold, said: Said, now: datetime
) -> None:
    entry.affected, entry.at_risk = said.affected, said.at_risk
    entry.remarked_by, entry.remarked_at = who.id, now
    entry.note_sealed = vault.seal(said.note.encode(), NOTE) if said.note else None
    told = {"household": entry.household_id, "affected": said.affected, "at_risk": said.at_risk}
    await audit.record(session, who, "task:remark", entry.task_id, area_code=entry.area_code, **told)
