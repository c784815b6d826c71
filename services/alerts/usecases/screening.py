"""A single report held against the rules of its feed: a few microseconds, for it stands on the road of every alert."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any

from services.alerts.rules import Feed
from services.alerts.rules.screening_rules import Facts, Judged, Rule, judge_row
from shared.versions import pick


def row_of(occurred_on: date, area_code: str, evidence: Mapping[str, Any]) -> dict[str, Any]:
    """A report as rules look at it. The evidence satisfies its feed's schema."""
    return {"occurred_on": occurred_on, "area_code": area_code, **evidence}


def judge(feed: Feed, rules: Sequence[Rule], row: Mapping[str, Any], facts: Facts | None, today: date) -> Judged:
    """What becomes of a row by the version in force in its area on `today`, the day of the report in China.

    Severity None: it does not trigger; nothing of it is kept. Without a rule in force every row triggers.
    With facts None the answer may be `open`: look them up (of a stranger to the register: `STRANGER`) and judge again.
    """
    rule = pick(rules, row["area_code"], today) if rules else None
    if rule is None:
        return Judged(feed.default_severity, None)
    return judge_row(rule, {"reported_on": today, **row}, facts)


async def decide(
    feed: Feed, rules: Sequence[Rule], row: Mapping[str, Any], today: date, look_up: Callable[[], Awaitable[Facts]]
) -> Judged:
    """`judge`, with what the register knows where it matters, and without asking where it does not."""
    judged = judge(feed, rules, row, None, today)
    return judge(feed, rules, row, await look_up(), today) if judged.open else judged
