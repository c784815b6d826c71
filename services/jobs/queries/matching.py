"""Runs of matching and their proposals."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, func, or_, select, text, update
from sqlalchemy.orm import undefer

from services.jobs.models import MatchingProposal, MatchingRun, Person, ProposalState, RunState
from services.jobs.rules.matching_refusals import ProposalNotFound, RunNotFound
from shared.areas import AreaCode, Scope, code_of, prefix
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.filters import equal
from shared.db.pages import in_order, newest_first
from shared.db.within import within
from shared.errors import existing

CHANNEL = "matching_run"
GOING = (RunState.QUEUED, RunState.RUNNING)
PART = 5_000
"""So many proposals are written by one statement."""

_INSERT = """
INSERT INTO matching_proposal (id, run_id, person_id, area_code, need_id, post_id, state, score, parts, priority, groups,
    possible, why, change, facts, policy_id, version)
SELECT t.id, $1, t.person_id, p.area_code, t.need_id, t.post_id, t.state, t.score, t.parts::jsonb, t.priority,
    string_to_array(t.groups, ','), t.possible, t.why, t.change, t.facts::jsonb, $2, 1
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::smallint[], $9::text[], $10::int[],
    $11::text[], $12::int[], $13::text[], $14::text[], $15::text[])
    AS t (id, person_id, need_id, post_id, state, score, parts, priority, groups, possible, why, change, facts)
JOIN person p ON p.id = t.person_id
"""


class ProposalRow(NamedTuple):
    """A proposal with the person."""

    proposal: MatchingProposal
    person: Person


class NewProposal(NamedTuple):
    """A proposal as a run makes it; the columns of `matching_proposal`, JSON and lists as texts."""

    id: UUID
    person_id: UUID
    need_id: UUID
    post_id: UUID | None
    state: str
    score: int | None
    parts: str | None
    priority: int
    groups: str
    possible: int
    why: str | None
    change: str | None
    facts: str | None


@dataclass(frozen=True, slots=True)
class ProposalFilter:
    """What a list shall hold; None does not filter."""

    states: Collection[ProposalState] = ()
    run_id: UUID | None = None
    person_id: UUID | None = None
    post_id: UUID | None = None
    change: str | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        proposal = MatchingProposal
        yield from equal(
            (proposal.run_id, self.run_id),
            (proposal.person_id, self.person_id),
            (proposal.post_id, self.post_id),
            (proposal.change, self.change),
        )
        if self.states:
            yield proposal.state.in_(self.states)


async def lock_asking(session: WriteSession) -> None:
    """Of two who ask for a run at once the second sees the first one's."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('shouwang-matching-ask'))"))


async def list_runs(session: ReadSession, scope: Scope, before: UUID | None, limit: int) -> Sequence[MatchingRun]:
    """Newest first."""
    query = select(MatchingRun).where(within(MatchingRun.area_code, scope))
    return list(await session.scalars(newest_first(query, MatchingRun.id, before=before, limit=limit)))


async def get_run(session: ReadSession, scope: Scope, run_id: UUID) -> MatchingRun:
    """One run; raises `RunNotFound`."""
    query = select(MatchingRun).where(within(MatchingRun.area_code, scope), MatchingRun.id == run_id)
    return existing((await session.scalars(query)).one_or_none(), RunNotFound)


async def lock_run(session: WriteSession, scope: Scope, run_id: UUID, *, with_input: bool = False) -> MatchingRun:
    """The same, held until the commit; raises `RunNotFound`."""
    query = select(MatchingRun).where(within(MatchingRun.area_code, scope), MatchingRun.id == run_id)
    query = query.with_for_update(key_share=True)
    if with_input:
        query = query.options(undefer(MatchingRun.input_sealed))
    found = (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()
    return existing(found, RunNotFound)


async def find_going(session: ReadSession, area: AreaCode) -> UUID | None:
    """A run that waits or goes on for this area, one it lies in, or one within it."""
    lies_in = [code_of(area[:digits]) for digits in (6, 9, 12)]
    touches = or_(MatchingRun.area_code.startswith(prefix(area)), MatchingRun.area_code.in_(lies_in))
    query = select(MatchingRun.id).where(MatchingRun.state.in_(GOING), MatchingRun.repeats.is_(None), touches)
    found: UUID | None = await session.scalar(query.limit(1))
    return found


async def find_repetition(session: ReadSession, run_id: UUID) -> UUID | None:
    """A repetition of that run that waits or goes on."""
    query = select(MatchingRun.id).where(MatchingRun.repeats == run_id, MatchingRun.state.in_(GOING))
    found: UUID | None = await session.scalar(query.limit(1))
    return found


async def list_going(session: ReadSession) -> Sequence[UUID]:
    """Runs with something to do, oldest first."""
    return list(
        await session.scalars(select(MatchingRun.id).where(MatchingRun.state.in_(GOING)).order_by(MatchingRun.id))
    )


async def note_progress(session: WriteSession, run_id: UUID, percent: int) -> bool:
    """Keep how far it is; False when the run is no more to go on."""
    change = update(MatchingRun).where(MatchingRun.id == run_id, MatchingRun.state == RunState.RUNNING)
    result = await session.execute(change.values(progress=percent).returning(MatchingRun.id))
    return result.scalar() is not None


async def insert_proposals(session: WriteSession, run: MatchingRun, rows: Sequence[NewProposal]) -> None:
    """Write a run's proposals; who has vanished from the register meanwhile is left out."""
    connection = await raw(session)
    for at in range(0, len(rows), PART):
        await connection.execute(
            _INSERT, run.id, run.weights_policy_id, *map(list, zip(*rows[at : at + PART], strict=True))
        )


async def lapse_earlier(session: WriteSession, run: MatchingRun) -> int:
    """Undecided proposals of earlier runs in the area count no more; returns how many. Locked by person, as by whoever
    refers people."""
    earlier = (
        select(MatchingProposal.id)
        .where(
            MatchingProposal.state.in_((ProposalState.PROPOSED, ProposalState.LEFT)),
            MatchingProposal.run_id != run.id,
            within(MatchingProposal.area_code, Scope.of(AreaCode(run.area_code))),
        )
        .order_by(MatchingProposal.person_id, MatchingProposal.id)
        .with_for_update()
        .cte("earlier")
    )
    change = update(MatchingProposal).where(MatchingProposal.id == earlier.c.id)
    values = {"state": ProposalState.LAPSED.value, "version": MatchingProposal.version + 1}
    result = await session.execute(change.values(values).execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]


async def forget_inputs(session: WriteSession, before: datetime) -> int:
    """Delete the inputs of runs that were asked for before that; their digests stay."""
    change = update(MatchingRun).where(MatchingRun.asked_at < before, MatchingRun.input_sealed.is_not(None))
    result = await session.execute(change.values(input_sealed=None).execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]


async def list_proposals(
    session: ReadSession, scope: Scope, wanted: ProposalFilter, after: UUID | None, limit: int
) -> Sequence[ProposalRow]:
    """Proposals in the order of a run: the best first."""
    query = in_order(_rows(scope).where(*wanted.conditions()), MatchingProposal.id, after=after, limit=limit)
    return [ProposalRow(*row) for row in await session.execute(query)]


async def get_proposal(session: ReadSession, scope: Scope, proposal_id: UUID) -> ProposalRow:
    """One proposal; raises `ProposalNotFound`."""
    row = (await session.execute(_rows(scope).where(MatchingProposal.id == proposal_id))).one_or_none()
    return ProposalRow(*existing(row, ProposalNotFound, "proposal_id"))


async def lock_proposal(session: WriteSession, scope: Scope, proposal_id: UUID) -> ProposalRow:
    """The same, held until the commit; raises `ProposalNotFound`."""
    query = _rows(scope).where(MatchingProposal.id == proposal_id).with_for_update(of=MatchingProposal, key_share=True)
    row = (await session.execute(query, execution_options={"populate_existing": True})).one_or_none()
    return ProposalRow(*existing(row, ProposalNotFound, "proposal_id"))


async def lock_proposals(
    session: WriteSession, scope: Scope, run_id: UUID, chosen: Collection[UUID] | None, limit: int
) -> dict[UUID, MatchingProposal]:
    """Those of a run that are chosen, or all undecided ones, held until the commit. People first and in one order, as
    everywhere; the proposals after them."""
    proposal = MatchingProposal
    mine = [proposal.run_id == run_id, within(proposal.area_code, scope)]
    mine.append(proposal.id.in_(chosen) if chosen is not None else proposal.state == ProposalState.PROPOSED)
    people = select(proposal.person_id).where(*mine)
    await session.execute(
        select(Person.id).where(Person.id.in_(people)).order_by(Person.id).with_for_update(key_share=True)
    )
    query = select(proposal).where(*mine).order_by(proposal.person_id).limit(limit)
    query = query.with_for_update(key_share=True)
    return {one.id: one for one in await session.scalars(query)}


async def find_digests(session: ReadSession, run_ids: Collection[UUID]) -> dict[UUID, str | None]:
    """What names the results of runs."""
    query = select(MatchingRun.id, MatchingRun.result_digest).where(MatchingRun.id.in_(run_ids))
    return {row.id: row.result_digest for row in await session.execute(query)} if run_ids else {}


async def count_states(session: ReadSession, scope: Scope, run_id: UUID) -> dict[str, int]:
    """How many proposals of a run are in which state, within the asker's areas."""
    query = select(MatchingProposal.state, func.count().label("people")).where(
        MatchingProposal.run_id == run_id, within(MatchingProposal.area_code, scope)
    )
    return {row.state: row.people for row in await session.execute(query.group_by(MatchingProposal.state))}


def as_json(value: Any) -> str | None:
    """For a column of JSON, by `insert_proposals`."""
    return None if value is None else orjson.dumps(value).decode()


def _rows(scope: Scope) -> Select[MatchingProposal, Person]:
    query = select(MatchingProposal, Person).join(Person, Person.id == MatchingProposal.person_id)
    return query.where(within(MatchingProposal.area_code, scope))
