"""What a placement says in the ledger: out at work since the arrival, what is earned, and the day it ended.

The ledger tells wages by its own rows, once for a person and month; so nothing here tells them a second time.
A row that the ledger refuses, for it lacks what only the village knows, becomes a task; nobody's arrival waits for that.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from services.jobs.models import Placement, Post
from services.jobs.queries.at_work import find_industry
from services.jobs.queries.ledger import entry_of, lock_rows
from services.jobs.queries.posts import PostRow
from services.jobs.queries.trips import travelled
from services.jobs.rules.ledger import Entry, MonthClosed, counts_on
from services.jobs.rules.months import month_of, months_between
from services.jobs.rules.places import as_in_ledger
from services.jobs.rules.tasks import TaskDraft, TaskKind
from services.jobs.usecases.ledger import confirm_rows, record_rows
from services.jobs.usecases.ledger_lines import EMPLOYER
from services.jobs.usecases.placement_clocks import Clocks
from services.jobs.usecases.recording import Draft, Outcome
from services.jobs.usecases.tasks import open_tasks
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.security.principals import Principal
from shared.security.vault import Vault

ORGANISED = "government"
"""Channel of a post that was found here (就业渠道: 政府组织)."""
HEAVY = ("heavy", "very_heavy")


async def write_arrival(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    placement: Placement,
    post: PostRow,
    industry: str | None,
    clocks: Clocks,
    now: datetime,
) -> None:
    """Out at work, in the month of the arrival and each after it. Without `industry` (GB/T 4754), that of others who work
    for the employer."""
    assert placement.arrived_on is not None
    today = month_of(local_date(now))
    coach = await travelled(session, placement.id)
    industry = industry or await find_industry(session, placement.employer_id, today)
    drafts = []
    for month in months_between(month_of(placement.arrived_on), today):
        before = await _entry(session, vault, placement, month)
        drafts.append(Draft(placement.person_id, month, _at_work(before, placement, post, industry, coach=coach)))
    await _record(session, vault, who, placement, drafts, clocks, now)


async def write_stay(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    placement: Placement,
    wage: Decimal | None,
    clocks: Clocks,
    now: datetime,
) -> None:
    """A call found somebody at work: this month's row is confirmed, with the wage if it was told."""
    month = month_of(local_date(now))
    before = await _entry(session, vault, placement, month)
    if before is None or before.employer_id != placement.employer_id or not counts_on(before, local_date(now)):
        return  # the village has said something else since, and knows better
    if wage is None:
        await confirm_rows(session, vault, who, month, [placement.person_id], now)
        return
    await _record(
        session, vault, who, placement, [Draft(placement.person_id, month, replace(before, wage=wage))], clocks, now
    )


async def write_leaving(
    session: WriteSession, vault: Vault, who: Principal, placement: Placement, clocks: Clocks, now: datetime
) -> None:
    """The work ended that day. What follows is for the village to say: the months after it become a task."""
    assert placement.ended_on is not None
    drafts = []
    for month in months_between(month_of(placement.ended_on), month_of(local_date(now))):
        before = await _entry(session, vault, placement, month)
        if before is None or before.employer_id != placement.employer_id or before.status != "out":
            continue
        ends_here = month == month_of(placement.ended_on)
        entry = (
            replace(before, ended_on=placement.ended_on) if ends_here else Entry("not_out", ended_on=placement.ended_on)
        )
        drafts.append(Draft(placement.person_id, month, entry))
    await _record(session, vault, who, placement, drafts, clocks, now)


async def ask_for_row(session: WriteSession, placement: Placement, clocks: Clocks, now: datetime) -> None:
    """A task for the village: put the person's row right."""
    due_on = local_date(now) + timedelta(days=clocks.body.stay.answer_days)
    task = TaskDraft(
        TaskKind.COMPLETE_ROW, placement.area_code, placement.id, due_on, placement.person_id, clocks.policy_id
    )
    await open_tasks(session, [task], now)


async def _record(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    placement: Placement,
    drafts: Sequence[Draft],
    clocks: Clocks,
    now: datetime,
) -> None:
    outcomes = list[Outcome]()
    for one in drafts:
        try:
            outcomes += await record_rows(session, vault, who, [one], now, source="placement")
        except MonthClosed:
            continue  # so long ago that nobody may write it any more; the months since may be
    if any(one.outcome == "refused" for one in outcomes):
        await ask_for_row(session, placement, clocks, now)


async def _entry(session: WriteSession, vault: Vault, placement: Placement, month: date) -> Entry | None:
    row = (await lock_rows(session, month, [placement.person_id])).get(placement.person_id)
    if row is None:
        return None
    sealed = row["employer_name_sealed"]
    return entry_of(row, vault.open(sealed, EMPLOYER).decode() if sealed else None)


def _at_work(before: Entry | None, placement: Placement, row: PostRow, industry: str | None, *, coach: bool) -> Entry:
    """What is known of the post. What the ledger knew of the same employer before is kept."""
    same = before if before is not None and before.employer_id == placement.employer_id else None
    return Entry(
        "out",
        work_area=as_in_ledger(placement.work_area),
        employer_id=placement.employer_id,
        employer=row.employer.name,
        industry=industry or (same.industry if same else None),
        trade=placement.trade,
        work_kind=_kind(row.post),
        wage=placement.wage,
        channel=ORGANISED,
        point_to_point=coach,
        started_on=placement.arrived_on,
        stability="stable",
        compared=same.compared if same else None,
        wants_change=False,
        services=same.services if same else (),
    )


def _kind(post: Post) -> str:
    """技能型 asks for a certificate, 体能型 for strength; other regular posts are counted as skilled work."""
    return "strength" if post.physical_demand in HEAVY and not post.certificates else "skilled"
