"""How well a post suits a person: seven parts, each a share of its weight in whole points, together 0 to 1,000.

As in `law.py` each part reads one key of the seeker and one of the opening. Shares are whole thousandths and points are
whole, so that the batch and the single list cannot differ by a rounding, on any machine.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from services.jobs.rules.matching_terms import PLACE_DIGITS, Opening, Seeker, Stayed, Terms

PartName = Literal["trade", "skill", "pay", "place", "stability", "lodging", "training"]
PARTS_NAMED: tuple[PartName, ...] = get_args(PartName)

FULL = 1000
NO_WISH = 500  # nothing is said about trades: no post is better or worse for it
SAME_GROUP, SAME_MAJOR = 600, 300
GROUP_DIGITS, MAJOR_DIGITS = 3, 1  # 中类, 大类 of GB/T 6565
OWN_TRADE = 700  # who works at a trade knows much of it, without a paper
BARE_SKILL = {"skilled": 300, "ordinary": 200, "weak": 100}
WITH_COURSE = 500  # 培训+转岗: what is to be learned is taught
WAGE_STEP = 50  # yuan; today's wage counts in steps, so that people can be taken together


@dataclass(frozen=True, slots=True)
class Part:
    """`share` says of a seeker's and an opening's key how much of the part is fulfilled, in thousandths."""

    name: PartName
    seeker: Callable[[Seeker], Hashable]
    opening: Callable[[Opening], Hashable]
    share: Callable[[Any, Any, Terms], int]


def score_of(seeker: Seeker, opening: Opening, terms: Terms) -> dict[PartName, int]:
    """The points of each part; their sum is the score."""
    return {
        part.name: points(part.name, part.share(part.seeker(seeker), part.opening(opening), terms), terms)
        for part in PARTS
    }


def points(name: PartName, share: int, terms: Terms) -> int:
    """A share of a part in points of the policy."""
    weight: int = getattr(terms.weights.parts, name)
    return weight * share // FULL


def priority(seeker: Seeker, terms: Terms) -> int:
    """What placing this person is worth besides the score: the points of a placement and of their groups (优先群体)."""
    return terms.weights.placed + sum(terms.weights.groups.get(group, 0) for group in seeker.groups)  # type: ignore[call-overload]


def closeness(one: str, other: str) -> int:
    """How near two trades are by their codes of GB/T 6565, in thousandths."""
    if one == other:
        return FULL
    if one[:GROUP_DIGITS] == other[:GROUP_DIGITS]:
        return SAME_GROUP
    return SAME_MAJOR if one[:MAJOR_DIGITS] == other[:MAJOR_DIGITS] else 0


def _wish(wanted: tuple[str, ...], trade: str, _: Terms) -> int:
    return max((closeness(one, trade) for one in wanted), default=NO_WISH)


def _skill(knows: tuple[frozenset[str], str | None, str], trade: str, _: Terms) -> int:
    papers, own, labour_skill = knows
    by_paper = max((closeness(one, trade) for one in papers), default=0)
    by_work = closeness(own, trade) * OWN_TRADE // FULL if own else 0
    return max(by_paper, by_work, BARE_SKILL.get(labour_skill, 0))


def _gain(step: int | None, pay: int, terms: Terms) -> int:
    """The rise over today's wage, against the rise for which the policy gives full points."""
    base = step * WAGE_STEP if step else terms.weights.usual_pay
    full = max(round(base * terms.weights.full_gain), 1)
    return min(max((pay - base) * FULL // full, 0), FULL)


def _company(village: str, place: tuple[str, str], terms: Terms) -> int:
    """People of the same village at this employer, or in this county."""
    employer, area = place
    there = max(terms.villagers.get((village, employer), 0), terms.villagers.get((village, area), 0))
    return min(there, terms.weights.villagers_full) * FULL // terms.weights.villagers_full


def _stability(_: None, employer: str, terms: Terms) -> int:
    """Who stayed 90 days of the employer's last placements, smoothed by the policy's prior."""
    seen, prior = terms.stays.get(employer, Stayed(0, 0)), terms.weights.stay
    return round(FULL * (seen.stayed + prior.share * prior.placed) / (seen.placed + prior.placed))


def _lodging(needed: bool, offered: bool, _: Terms) -> int:
    return FULL if offered or not needed else 0


def _training(knows: tuple[frozenset[str], str | None], post: tuple[str, bool], _: Terms) -> int:
    """How little is left to learn; a course that takes people in makes up for half."""
    papers, own = knows
    trade, course = post
    known = max((closeness(one, trade) for one in (*papers, *((own,) if own else ()))), default=0)
    return max(known, WITH_COURSE if course else 0)


PARTS: tuple[Part, ...] = (
    Part("trade", lambda s: s.wanted_trades, lambda o: o.trade, _wish),
    Part("skill", lambda s: (s.trades, s.own_trade, s.labour_skill), lambda o: o.trade, _skill),
    Part("pay", lambda s: None if s.wage is None else s.wage // WAGE_STEP, lambda o: o.pay_low, _gain),
    Part("place", lambda s: s.area_code, lambda o: (o.employer_id, o.place[:PLACE_DIGITS]), _company),
    Part("stability", lambda _: None, lambda o: o.employer_id, _stability),
    Part("lodging", lambda s: s.lodging_needed, lambda o: o.lodging, _lodging),
    Part("training", lambda s: (s.trades, s.own_trade), lambda o: (o.trade, o.course), _training),
)
