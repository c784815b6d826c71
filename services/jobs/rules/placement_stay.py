"""Calls after an arrival, pure: when each is due, what its answer means for the placement, and when to call again."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from services.jobs.rules.placement_refusals import StayCheckDay
from shared.contracts.jobs_placement_policies import StayCalls

Outcome = Literal["same_post", "better_post", "other_employer", "home_without_work", "not_reached"]
"""在原岗, 转到更好岗位（同一企业）, 换了用人单位, 回家待业, 未联系上."""
Ending = Literal["other_employer", "home_without_work"]

MARKS: tuple[int, ...] = (30, 90, 180)
"""Days after the arrival (issue 5); `stay_30`, `stay_90`, `stay_180` of a placement hold the answers."""


@dataclass(frozen=True, slots=True)
class Call:
    """The next call: for which mark, from which day on, and which of how many tries it is."""

    mark: int
    on: date
    attempt: int = 1


def first_call(arrived_on: date, today: date) -> Call | None:
    """The call to make for somebody who arrived on that day and was told of only now.

    Of marks that have passed only the last is asked for: nobody remembers who was where half a year ago.
    """
    return _call_after(0, arrived_on, today)


def next_call(call: Call, outcome: Outcome, arrived_on: date, today: date, calls: StayCalls) -> Call | None:
    """What follows a call that was answered; None when the placement has ended or every mark is passed."""
    if outcome in get_args(Ending):
        return None
    if outcome == "not_reached":
        again = Call(call.mark, today + timedelta(days=calls.again_days), call.attempt + 1)
        later = _call_after(call.mark, arrived_on, today)
        if call.attempt < calls.tries and (later is None or again.on < later.on):
            return again
        return later
    return _call_after(call.mark, arrived_on, today)


def ends(outcome: Outcome) -> Ending | None:
    """The reason for which the placement is over, if it is."""
    if outcome == "other_employer" or outcome == "home_without_work":
        return outcome
    return None


def require_day(on: date, arrived_on: date, today: date) -> None:
    """Raise `StayCheckDay` unless that day lies between arrival and today."""
    if not arrived_on <= on <= today:
        raise StayCheckDay(field="on", first=arrived_on.isoformat(), last=today.isoformat())


def share(still_there: int, answered: int) -> float | None:
    """Part of those reached who were still there; None where nobody was reached."""
    return still_there / answered if answered else None


def _call_after(mark: int, arrived_on: date, today: date) -> Call | None:
    left = [Call(one, arrived_on + timedelta(days=one)) for one in MARKS if one > mark]
    passed = [call for call in left if call.on <= today]
    if passed:
        return passed[-1]
    return left[0] if left else None
