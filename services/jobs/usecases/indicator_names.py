"""The names behind a figure (下钻): looked up among the rows, village by village, never kept beside the counters."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import polars as pl

from services.jobs.queries import indicators as kept
from services.jobs.queries.labour_frame import frame_of_villages
from services.jobs.rules.indicator_months import asked_day, is_kept
from services.jobs.rules.indicators import Indicator, IndicatorRules, IndicatorUnknown, Part, names, prepared
from services.jobs.rules.months import month_of, move
from services.jobs.usecases.indicator_counts import frame_day, parts
from services.jobs.usecases.indicator_rules import IndicatorRuleSets
from shared.areas import AreaCode, code_of
from shared.db.engine import ReadSession, WriteSession
from shared.errors import Invalid
from shared.security import audit
from shared.security.principals import Principal

VILLAGES = 16
"""Read at a time, at most. It begins with one, for a page is often full after the first, and doubles from there."""
SHOWN = (
    "age",
    "status",
    "place",
    "trade",
    "wage",
    "able",
    "willing",
    "reason",
    "possible_on",
    "days_home",
    "wants_change",
)
"""Fields that stand beside each name."""


class PartUnknown(Invalid):
    """Out of nobody in particular nobody is missing; without `could` nobody is said to be able to fill the gap."""

    code: ClassVar[str] = "indicator-part"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose names: of a part of an indicator or list, in an area, on a day."""

    code: str
    part: Part
    area_prefix: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Named:
    """One person, with the fields of `SHOWN`."""

    person_id: UUID
    household_id: UUID
    area_code: AreaCode
    fields: dict[str, Any]


async def list_names(
    session: ReadSession,
    rules: IndicatorRuleSets,
    asked: Asked,
    today: date,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[Named]:
    """Up to `limit` people in the order of village and id. Raises `IndicatorUnknown`, `PartUnknown`."""
    day = asked_day(asked.day, today)
    require_part(rules.require(asked.area_prefix, day).get(asked.code), asked.part)
    villages = await _villages(session, rules, asked, day, today)
    if after is not None:
        villages = [one for one in villages if one >= after[0]]
    found: list[Named] = []
    start, size = 0, 1
    while start < len(villages) and len(found) < limit:
        for version, part in parts(rules, villages[start : start + size], day):
            if asked.code in version.all and len(found) < limit:
                fields = version.raw_fields_of(asked.code).union(SHOWN)
                people = await frame_of_villages(session, part, frame_day(version, day, today), fields)
                found += await asyncio.to_thread(_named, version, asked, people, after, limit - len(found))
        start, size = start + size, min(2 * size, VILLAGES)
    return found


async def record_reading(
    session: WriteSession, who: Principal, permit: str, asked: Asked, read: int, export_id: UUID | None = None
) -> None:
    """Put on record who read, or took with them, how many names of what."""
    area = code_of(asked.area_prefix) if asked.area_prefix else None
    more = {"as_of": asked.day.isoformat()} if asked.day is not None else {}
    if export_id is not None:
        more["export"] = str(export_id)
    await audit.record(session, who, permit, asked.code, area_code=area, part=asked.part, people=read, **more)


def require_list(rules: IndicatorRuleSets, asked: Asked, today: date) -> Indicator:
    """The list that is asked for today; raises `IndicatorsMissing`, `IndicatorUnknown`."""
    found = rules.require(asked.area_prefix, today).lists.get(asked.code)
    if found is None:
        raise IndicatorUnknown(indicator=asked.code)
    return found


def require_part(one: Indicator, part: Part) -> None:
    """Raise `PartUnknown` unless the indicator has it."""
    if (part == "missing" and one.of is None) or (part == "could" and one.could is None):
        raise PartUnknown(field="part")


async def _villages(
    session: ReadSession, rules: IndicatorRuleSets, asked: Asked, day: date, today: date
) -> Sequence[str]:
    """Where somebody is to be found: by the counters, and wherever these are not those of the day."""
    month = month_of(day)
    everywhere = await kept.list_villages(session, asked.area_prefix, month)
    if not is_kept(day, today):
        return everywhere
    read = [month, *(move(month, -back) for back in rules.require(asked.area_prefix, day).body.look_backs)]
    states = await kept.list_states(session, month)
    changed = set(await kept.list_waiting(session, asked.area_prefix, read))
    holding = set(await kept.list_holding(session, asked.area_prefix, month, asked.code, asked.part))
    fresh = {area for (area, of), (_, as_of, _) in states.items() if of == month and as_of == day}
    return [one for one in everywhere if one in holding or one in changed or one not in fresh]


def _named(
    rules: IndicatorRules, asked: Asked, people: pl.DataFrame, after: tuple[str, UUID] | None, room: int
) -> list[Named]:
    found = names(rules, rules.get(asked.code), asked.part, prepared(rules, people))
    if after is not None:
        area, last = pl.col("area_code"), pl.col("person_id")
        found = found.filter((area > after[0]) | ((area == after[0]) & (last > str(after[1]))))
    return [
        Named(
            UUID(row["person_id"]),
            UUID(row["household_id"]),
            AreaCode(row["area_code"]),
            {name: row[name] for name in SHOWN},
        )
        for row in found.head(room).iter_rows(named=True)
    ]
