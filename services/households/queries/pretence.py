"""What the rules against pretence look at, each by an index, and the findings they made."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from services.households.models import PretenceFinding, Visit, VisitPhoto
from services.households.rules.positions import Position
from services.households.rules.pretence import Answer, BackAgain, Closed, Seen, Stop
from services.households.rules.visits import PretenceNotFound
from shared.areas import Scope
from shared.contracts.pretence import PretenceKind
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.pages import newest_first
from shared.db.within import within
from shared.errors import existing

MOST_PLACES = 50
"""Earlier positions that a middle is made of."""
MOST_PHOTOS_COMPARED = 3000
"""More than a village's photos of a year (docs/field.md, Load: 150,000 in a county of 260 villages)."""

_LISTS = """
SELECT c.area_code, (t.created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, v.verdict,
    v.given_at - t.created_at AS after, v.visit_id IS NOT NULL OR v.contact_sealed IS NOT NULL AS evidence
FROM task t JOIN risk_case c ON c.id = t.case_id LEFT JOIN verdict v ON v.task_id = t.id
WHERE t.created_at >= $1 AND t.created_at < $2 AND t.state <> 'cancelled' AND t.level = 'village'
    AND c.area_alert_id IS NULL
"""


_RETURNS = """
WITH confirmed AS (
    SELECT household_id, area_code, id AS case_id, risk_family, verdict, opened_at, closed_at, NULL::uuid AS listed
    FROM risk_case WHERE verdict = 'risk_confirmed' AND closed_at >= $1
    UNION ALL
    SELECT m.household_id, m.area_code, c.id, c.risk_family, 'risk_confirmed', c.opened_at, e.added_at, m.household_id
    FROM case_evidence e JOIN monitoring_case m ON m.id = e.case_id JOIN risk_case c ON c.id = e.risk_case_id
    WHERE e.area_family IS NOT NULL AND e.added_at >= $1
)
SELECT l.*, e.case_id AS earlier_case_id, e.verdict AS earlier_verdict, e.opened_at AS earlier_opened_at,
    e.closed_at AS earlier_closed_at, e.listed AS earlier_listed
FROM confirmed l CROSS JOIN LATERAL (
    SELECT c.id AS case_id, c.risk_family, c.verdict, c.opened_at, c.closed_at, NULL::uuid AS listed
    FROM risk_case c WHERE c.household_id = l.household_id
    UNION ALL
    SELECT c.id, c.risk_family, CASE WHEN h.at_risk IS NULL THEN c.verdict ELSE 'no_risk' END,
        c.opened_at, c.closed_at, h.household_id
    FROM task_household h JOIN task t ON t.id = h.task_id JOIN risk_case c ON c.id = t.case_id
    WHERE h.household_id = l.household_id AND h.at_risk IS NOT TRUE AND c.verdict IS NOT NULL
) e
WHERE e.risk_family = l.risk_family AND e.case_id <> l.case_id AND e.verdict IS NOT NULL
    AND e.closed_at <= l.opened_at
ORDER BY l.case_id, e.case_id
"""
"""On an area's list nobody but those said to be at risk is; of whom nothing was said the verdict on all of it counts."""
_CLOSED = [field.name for field in fields(Closed)]

_BACK_AGAIN = """
SELECT c.household_id, c.area_code, m.case_id, m.id AS move_id, max(e.happened_on) AS eliminated_on, m.happened_on
FROM case_move m JOIN monitoring_case c ON c.id = m.case_id
JOIN case_move e ON e.case_id = m.case_id AND e.to_state = 'eliminated' AND e.from_state IS DISTINCT FROM e.to_state
    AND e.id < m.id
WHERE m.to_state = 'monitored' AND m.from_state IS DISTINCT FROM m.to_state AND m.at >= $1
GROUP BY c.id, m.id
"""


@dataclass(frozen=True, slots=True)
class Return:
    """A check that is over, and a later one of the same household and risk that was confirmed."""

    household_id: UUID
    area_code: str
    earlier: Closed
    later: Closed


async def find_neighbours(session: ReadSession, scope: Scope, visit: Visit) -> list[Stop]:
    """The same person's visits with a position next before and next after a visit."""
    found = []
    at = Visit.visited_at
    for side, order in ((at <= visit.visited_at, at.desc()), (at >= visit.visited_at, at.asc())):
        query = (
            select(Visit)
            .where(Visit.visited_by == visit.visited_by, Visit.id != visit.id, side, Visit.latitude.is_not(None))
            .where(_of_another(visit), within(Visit.area_code, scope))
            .order_by(order)
            .limit(1)
        )
        found += [Stop(one.id, one.visited_at, position_of(one)) for one in await session.scalars(query)]
    return list(dict.fromkeys(found))


async def find_positions_of_household(session: ReadSession, scope: Scope, visit: Visit) -> list[Position]:
    """Where the household was visited before."""
    if visit.household_id is None:
        return []
    return await _positions(session, scope, visit, Visit.household_id == visit.household_id)


async def find_positions_of_village(session: ReadSession, scope: Scope, visit: Visit) -> list[Position]:
    """Where households of the village were visited before."""
    return await _positions(session, scope, visit, Visit.area_code == visit.area_code)


async def find_texts(
    session: ReadSession, scope: Scope, visit: Visit, since: datetime, limit: int
) -> Sequence[tuple[UUID, bytes]]:
    """Sealed texts of visits to others: the same person's last ones, and those with the same words, hers or of whomever
    in the village."""
    others = (
        select(Visit.id, Visit.sealed)
        .where(Visit.text_key.is_not(None), Visit.id != visit.id)
        .where(Visit.visited_at >= since, _of_another(visit), within(Visit.area_code, scope))
        .order_by(Visit.visited_at.desc())
    )
    mine, same = Visit.visited_by == visit.visited_by, Visit.text_key == visit.text_key
    found: dict[UUID, bytes] = {}
    for condition in (mine & same, (Visit.area_code == visit.area_code) & same, mine):
        for seen, sealed in await session.execute(others.where(condition).limit(limit)):
            found[seen] = sealed
    return list(found.items())


async def find_photos(
    session: ReadSession, scope: Scope, photo: VisitPhoto, visit: Visit, since: datetime
) -> list[Seen]:
    """Photos of other households that may be the same one: equal bytes, or of the same village or sender."""
    others = (
        select(VisitPhoto.id, VisitPhoto.digest, VisitPhoto.likeness)
        .join(Visit, Visit.id == VisitPhoto.visit_id)
        .where(VisitPhoto.id != photo.id, VisitPhoto.uploaded_at >= since)
        .where(_of_another(visit), within(VisitPhoto.area_code, scope))
        .order_by(VisitPhoto.uploaded_at.desc())
        .limit(MOST_PHOTOS_COMPARED)
    )
    conditions: tuple[ColumnElement[bool], ...] = (
        VisitPhoto.digest == photo.digest,
        VisitPhoto.area_code == photo.area_code,
        VisitPhoto.uploaded_by == photo.uploaded_by,
    )
    found = [Seen(*row) for one in conditions for row in await session.execute(others.where(one))]
    return list(dict.fromkeys(found))


async def list_repeated_photos(session: ReadSession, since: datetime) -> Sequence[tuple[VisitPhoto, Visit, Seen]]:
    """Photos that came since then whose bytes came for another household before, in whichever village."""
    before, of_before = aliased(VisitPhoto), aliased(Visit)
    query = (
        select(VisitPhoto, Visit, before.id, before.digest, before.likeness)
        .join(Visit, Visit.id == VisitPhoto.visit_id)
        .join(before, before.digest == VisitPhoto.digest)
        .join(of_before, of_before.id == before.visit_id)
        .where(VisitPhoto.uploaded_at >= since, before.uploaded_at < VisitPhoto.uploaded_at)
        .where(_subject(of_before) != _subject(Visit))
        .order_by(VisitPhoto.id)
    )
    return [
        (photo, visit, Seen(id_, digest, likeness))
        for photo, visit, id_, digest, likeness in await session.execute(query)
    ]


async def list_answers(session: ReadSession, first: datetime, end: datetime) -> dict[tuple[str, str], list[Answer]]:
    """What became of the tasks that came to villages from `first` until before `end`, by village and day (Beijing)."""
    found: dict[tuple[str, str], list[Answer]] = {}
    for row in await (await raw(session)).fetch(_LISTS, first, end):
        key = row["area_code"], row["day"].isoformat()
        found.setdefault(key, []).append(Answer(row["verdict"], row["after"], bool(row["evidence"])))
    return found


async def list_returns(session: ReadSession, since: datetime) -> list[Return]:
    """Risks confirmed since then, each with every check of that household and risk that was over before it came."""
    return [
        Return(
            row["household_id"],
            row["area_code"],
            Closed(*(row[f"earlier_{name}"] for name in _CLOSED)),
            Closed(*(row[name] for name in _CLOSED)),
        )
        for row in await (await raw(session)).fetch(_RETURNS, since)
    ]


async def list_back_again(session: ReadSession, since: datetime) -> list[tuple[UUID, str, BackAgain]]:
    """National cases monitored again since then, with household and area: by a new round or a withdrawn elimination."""
    rows = await (await raw(session)).fetch(_BACK_AGAIN, since)
    return [
        (
            row["household_id"],
            row["area_code"],
            BackAgain(row["case_id"], row["move_id"], row["eliminated_on"], row["happened_on"]),
        )
        for row in rows
    ]


async def list_findings(
    session: ReadSession,
    scope: Scope,
    kind: PretenceKind | None,
    answered: bool | None,
    before: UUID | None,
    limit: int,
) -> Sequence[PretenceFinding]:
    """Findings, newest first."""
    query = select(PretenceFinding).where(within(PretenceFinding.area_code, scope))
    if kind is not None:
        query = query.where(PretenceFinding.kind == kind)
    if answered is not None:
        query = query.where(PretenceFinding.answer.is_not(None) if answered else PretenceFinding.answer.is_(None))
    return (await session.scalars(newest_first(query, PretenceFinding.id, before=before, limit=limit))).all()


async def lock_finding(session: WriteSession, scope: Scope, finding_id: UUID) -> PretenceFinding:
    """One finding that nobody else changes until commit; raises `PretenceNotFound`."""
    query = select(PretenceFinding).where(PretenceFinding.id == finding_id, within(PretenceFinding.area_code, scope))
    return existing(await session.scalar(query.with_for_update()), PretenceNotFound)


def position_of(visit: Visit) -> Position:
    """Where a visit that has a position was made."""
    assert visit.latitude is not None
    assert visit.longitude is not None
    return Position(visit.latitude, visit.longitude, visit.accuracy_m)


async def _positions(
    session: ReadSession, scope: Scope, visit: Visit, condition: ColumnElement[bool]
) -> list[Position]:
    query = (
        select(Visit)
        .where(condition, Visit.id != visit.id, Visit.visited_at <= visit.visited_at, _with_position())
        .where(within(Visit.area_code, scope))
        .order_by(Visit.visited_at.desc())
        .limit(MOST_PLACES)
    )
    return [position_of(one) for one in await session.scalars(query)]


def _with_position() -> ColumnElement[bool]:
    """Visits that say where they were made, by which one learns where a household lives; "no change" teaches nothing."""
    return (Visit.kind == "visit") & Visit.latitude.is_not(None) & Visit.longitude.is_not(None)


def _subject(visit: type[Visit]) -> ColumnElement[UUID]:
    """The household; of a person the register does not know, the case."""
    return func.coalesce(visit.household_id, visit.case_id)


def _of_another(visit: Visit) -> ColumnElement[bool]:
    own = visit.household_id or visit.case_id
    return or_(_subject(Visit) != own, _subject(Visit).is_(None))
