"""Targets (目标, 四个不低于 among them): reached or not, and by how many people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.jobs.rules.indicator_months import asked_day
from services.jobs.rules.indicators import Count, Indicator, IndicatorUnknown
from services.jobs.rules.targets import Measured, applies, measured
from services.jobs.usecases.indicator_board import Board, count_board, count_last_year
from services.jobs.usecases.indicator_rules import IndicatorRuleSets, get_targets
from shared.contracts.jobs_indicator_policies import TargetBody
from shared.db.engine import ReadSession


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One target of an area, as it stands. `before` None: no ledger was kept in that month last year."""

    target: TargetBody
    indicator: Indicator
    now: Count
    before: Count | None
    measured: Measured


@dataclass(frozen=True, slots=True)
class Targets:
    """All that count for an area on a day. `waiting`: so many villages have changed and are not counted anew yet."""

    day: date
    waiting: int
    policy_id: UUID
    lines: Sequence[TargetLine]


async def list_targets(session: ReadSession, area_prefix: str, asked: date | None, today: date) -> Targets:
    """Those in whose months the day lies. A target of an indicator that is not in force is left out."""
    day = asked_day(asked, today)
    rules = await IndicatorRuleSets.load(session)
    version = rules.require(area_prefix, day)
    body, policy_id = await get_targets(session, area_prefix, day)
    wanted = [
        (one, version.indicators[one.indicator])
        for one in body.targets
        if one.first <= f"{day:%Y-%m}" <= one.last and one.indicator in version.indicators
    ]
    wanted = [(one, indicator) for one, indicator in wanted if applies(one, indicator, area_prefix)]
    codes = {indicator.code for _, indicator in wanted}
    now = await count_board(session, rules, area_prefix, asked, today, codes)
    before = await count_last_year(session, rules, area_prefix, day, today, codes)
    return Targets(now.day, now.waiting, policy_id, [_line(one, indicator, now, before) for one, indicator in wanted])


def _line(target: TargetBody, one: Indicator, board: Board, board_before: Board | None) -> TargetLine:
    now = board.total.get(one.code, Count())
    before = board_before.total.get(one.code, Count()) if board_before is not None else None
    return TargetLine(target, one, now, before, measured(one, target.floor, now, before))


def require_indicator(rules: IndicatorRuleSets, area_prefix: str, day: date, code: str) -> Indicator:
    """Raises `IndicatorsMissing`, `IndicatorUnknown`; a priority list is none."""
    found = rules.require(area_prefix, day).indicators.get(code)
    if found is None:
        raise IndicatorUnknown(indicator=code)
    return found
