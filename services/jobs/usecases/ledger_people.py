"""Who should be in the ledger and is not: labour (劳动力) without a row, by the definition that indicators stand on."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from services.jobs.queries import ledger_lists as queries
from services.jobs.queries.indicators import list_villages
from services.jobs.queries.labour_frame import frame_of_people, frame_without_rows
from services.jobs.queries.ledger_lists import ListedRow, RowFilter
from services.jobs.rules.indicators import IndicatorRules, labour
from services.jobs.rules.months import last_day, month_of
from services.jobs.usecases.indicator_counts import frame_day, parts
from services.jobs.usecases.indicator_rules import IndicatorRuleSets
from shared.areas import Scope
from shared.db.engine import ReadSession

LOOKED_AT = 1_000
"""People without a row who are looked at together, at most."""


async def list_people(
    session: ReadSession,
    scope: Scope,
    month: date,
    wanted: RowFilter,
    after: tuple[str, UUID] | None,
    limit: int,
    today: date,
) -> Sequence[ListedRow]:
    """Those who live here, by area and id: whoever has a row, and labour without one. Raises `IndicatorsMissing`."""
    rules = await IndicatorRuleSets.load(session)
    day = today if month == month_of(today) else last_day(month)
    found: list[ListedRow] = []
    size = limit
    while len(found) < limit:
        page = await queries.list_rows(session, scope, month, wanted, after, size)
        absent = [one for one in page if one.row is None]
        labouring = await _labour_among(session, rules, absent, day, today)
        found += [one for one in page if one.row is not None or one.person.id in labouring]
        if len(page) < size:
            break
        after, size = (page[-1].person.area_code, page[-1].person.id), LOOKED_AT
    return found[:limit]


async def count_absent(session: ReadSession, scope: Scope, day: date, today: date) -> int | None:
    """Labour without a row on a day. None where no definitions are in force: nobody has said who is labour."""
    rules = await IndicatorRuleSets.load(session)
    absent = 0
    for prefix in sorted(scope.prefixes):
        villages = await list_villages(session, prefix, month_of(day))
        if any(rules.find(village, day) is None for village in villages):
            return None
        for version, part in parts(rules, villages, day):
            people = await frame_without_rows(session, part, frame_day(version, day, today), version.labour_fields)
            absent += (await asyncio.to_thread(labour, version, people)).height
    return absent


async def _labour_among(
    session: ReadSession, rules: IndicatorRuleSets, rows: Sequence[ListedRow], day: date, today: date
) -> Collection[UUID]:
    by_rules: dict[UUID, tuple[IndicatorRules, list[UUID]]] = {}
    for one in rows:
        version = rules.require(one.person.area_code, day)
        by_rules.setdefault(version.policy_id, (version, []))[1].append(one.person.id)
    found: set[UUID] = set()
    for version, people in by_rules.values():
        frame = await frame_of_people(session, people, frame_day(version, day, today), version.labour_fields)
        found |= {UUID(one) for one in labour(version, frame)["person_id"]}
    return found
