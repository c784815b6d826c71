"""The board (指标看板): what an area and each area below it come to, on a day. No figure of it was ever typed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from services.jobs.queries import indicators as kept
from services.jobs.rules.indicator_months import asked_day, day_of, is_kept
from services.jobs.rules.indicators import Count, IndicatorRules
from services.jobs.rules.months import month_of, move
from services.jobs.usecases.indicator_counts import Tally, count_villages
from services.jobs.usecases.indicator_rules import IndicatorRuleSets
from shared import areas
from shared.areas import AreaCode
from shared.db.engine import ReadSession
from shared.errors import Invalid
from shared.security.principals import Principal

FEW = 3
"""Villages that are counted for the answer, should they wait to be counted anew; of more the last count is shown."""
_BELOW = {0: 2, 2: 4, 4: 6, 6: 9, 9: 12, 12: 12}
"""Digits of an area's code → of those of the areas below it."""


class AreaNeeded(Invalid):
    """Whoever sees several areas says which."""

    code: ClassVar[str] = "area-needed"


@dataclass(frozen=True, slots=True)
class Board:
    """Counts by code, of the area and of those below it by the first digits of their codes.

    `waiting`: so many villages have changed since they were counted, and the change is not in it. `counted_at`: when
    the oldest of the counters was counted; None where all was counted for this answer. `rows`: people in the ledger.
    """

    area_prefix: str
    day: date
    total: Mapping[str, Count]
    below: Mapping[str, Mapping[str, Count]]
    people: int
    rows: int
    waiting: int
    counted_at: datetime | None


def asked_area(who: Principal, area: AreaCode | None) -> str:
    """The first digits of the area that is asked for, else of the asker's own. Raises unless the asker may see it."""
    if area is not None:
        who.require_area(area)
        return areas.prefix(area)
    if len(who.scope.prefixes) != 1:
        raise AreaNeeded(field="area")
    return next(iter(who.scope.prefixes))


async def count_board(
    session: ReadSession,
    rules: IndicatorRuleSets,
    area_prefix: str,
    asked: date | None,
    today: date,
    codes: Collection[str],
) -> Board:
    """The board of an area on a day, today's when none is asked for.

    Today and the last day of a month are answered from counters; any other day from the rows, village by village.
    After midnight the board is of the day before, until all is counted for the new one.
    """
    day = asked_day(asked, today)
    if not is_kept(day, today) or not (await kept.find_kept(session, area_prefix, month_of(day))).villages:
        villages = await kept.list_villages(session, area_prefix, month_of(day))
        tally = await count_villages(session, rules, villages, day, today)
        return _board(area_prefix, day, _summed(tally, _digits(area_prefix), codes), tally, None, 0)
    return await _kept_board(session, rules, area_prefix, day, today, codes)


async def count_last_year(
    session: ReadSession, rules: IndicatorRuleSets, area_prefix: str, day: date, today: date, codes: Collection[str]
) -> Board | None:
    """The board of the same month last year as it ended; None when nobody had a row in it."""
    month = move(month_of(day), -12)
    if rules.find(area_prefix, day_of(month, today)) is None:
        return None
    found = await _kept_board(session, rules, area_prefix, day_of(month, today), today, codes)
    return found if found.rows else None


async def _kept_board(
    session: ReadSession, rules: IndicatorRuleSets, area_prefix: str, day: date, today: date, codes: Collection[str]
) -> Board:
    month, digits = month_of(day), _digits(area_prefix)
    waiting = await kept.list_waiting(session, area_prefix, _read_by(rules, area_prefix, day))
    state = await kept.find_kept(session, area_prefix, month)
    anew = waiting if len(waiting) <= FEW else []
    sums = await kept.sum_counts(session, area_prefix, month, digits, anew, codes)
    tally = await count_villages(session, rules, anew, day, today) if anew else Tally()
    for key, counted in _summed(tally, digits, codes).items():
        sums[key] = sums.get(key, Count()) + counted
    left = len(waiting) - len(anew)
    return _board(area_prefix, min(state.as_of or day, day), sums, tally, state, left)


def _read_by(rules: IndicatorRuleSets, area_prefix: str, day: date) -> list[date]:
    """The months whose rows a count reads: its own, and those it looks back on."""
    version: IndicatorRules = rules.require(area_prefix, day)
    return [month_of(day), *(move(month_of(day), -back) for back in version.body.look_backs)]


def _digits(area_prefix: str) -> int:
    return _BELOW[len(area_prefix)]


def _summed(tally: Tally, digits: int, codes: Collection[str]) -> dict[tuple[str, str], Count]:
    sums: dict[tuple[str, str], Count] = {}
    for (village, code), counted in tally.counts.items():
        if code in codes:
            key = (village[:digits], code)
            sums[key] = sums.get(key, Count()) + counted
    return sums


def _board(
    area_prefix: str,
    day: date,
    sums: Mapping[tuple[str, str], Count],
    tally: Tally,
    state: kept.Kept | None,
    waiting: int,
) -> Board:
    total: dict[str, Count] = {}
    below: dict[str, dict[str, Count]] = {}
    for (area, code), counted in sorted(sums.items()):
        total[code] = total.get(code, Count()) + counted
        below.setdefault(area, {})[code] = counted
    people, rows = sum(one.people for one in tally.states), sum(one.rows for one in tally.states)
    if state is not None:
        people, rows = state.people, state.rows
    return Board(area_prefix, day, total, below, people, rows, waiting, state.counted_at if state is not None else None)
