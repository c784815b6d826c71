"""What is learnt of a refusal, pure: the place, the pay, the shift or the lodging that somebody does not want.

It goes into the open need for work, so that nobody proposes the same once more.
"""

from dataclasses import dataclass
from decimal import Decimal

from services.jobs.rules.placement_refusals import LearnsNothing


@dataclass(frozen=True, slots=True)
class Lesson:
    """What shall be learnt. `place`: prefix of the post's area code: province 2, prefecture 4, county 6 digits."""

    place: str | None = None
    wage_floor: Decimal | None = None
    no_nights: bool = False
    lodging_needed: bool = False

    def __bool__(self) -> bool:
        return self.place is not None or self.wage_floor is not None or self.no_nights or self.lodging_needed


@dataclass(frozen=True, slots=True)
class Offered:
    """What was refused. Pay in yuan a month."""

    work_area: str
    pay_high: Decimal | None
    night: bool
    lodging: bool


def require_follows(lesson: Lesson, offered: Offered) -> None:
    """Raise `LearnsNothing` where the post does not have what somebody is said to have refused it for."""
    if lesson.place is not None and not (len(lesson.place) in (2, 4, 6) and offered.work_area.startswith(lesson.place)):
        raise LearnsNothing(field="learn.place")
    if lesson.wage_floor is not None and offered.pay_high is not None and lesson.wage_floor <= offered.pay_high:
        raise LearnsNothing(field="learn.wage_floor")
    if lesson.no_nights and not offered.night:
        raise LearnsNothing(field="learn.no_nights")
    if lesson.lodging_needed and offered.lodging:
        raise LearnsNothing(field="learn.lodging_needed")


def with_place(refused: list[str], place: str) -> list[str]:
    """The refused prefixes with one more; what lies within another is not kept twice."""
    if any(place.startswith(one) for one in refused):
        return refused
    return sorted([one for one in refused if not one.startswith(place)] + [place])
