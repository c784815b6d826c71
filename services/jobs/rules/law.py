"""Who may not be put forward for a post: the law first, then health, papers, and what people said themselves.

Each filter reads one `seeker` key and one `opening` key, so that the batch (`pairs.py`) asks it once for distinct keys.
Under 16 never; 16 and 17 no mines, no hazardous or class IV work, none at night: Labour Law (劳动法) Art. 15, 64, 65;
Law on the Protection of Minors Art. 61. No bar by sex or age without a legal reason: Employment Promotion Law
(就业促进法) Art. 3, 27.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from services.jobs.rules.ages import WORKING_AGE
from services.jobs.rules.matching_terms import Opening, Seeker, Terms
from services.jobs.rules.post_bars import Bars, bar_faults
from shared.contracts.jobs_posts_policies import Demand, PostRules

ExclusionCode = Literal[
    "under_sixteen",
    "minor_hazardous",
    "minor_night",
    "sex_by_law",
    "age_by_law",
    "health_limit",
    "disability_limit",
    "certificate_missing",
    "wage_floor",
    "no_better_pay",
    "place_refused",
    "care_distance",
    "night_refused",
]
"""In the order in which they are asked and told."""

Changeable = Literal["certificate_missing", "wage_floor", "place_refused", "care_distance", "night_refused"]
"""What people or training can change; law, body and better pay elsewhere they cannot, or should not."""

CHANGEABLE: tuple[Changeable, ...] = get_args(Changeable)

CLASS_IV: Demand = "very_heavy"
"""第四级体力劳动强度 (GBZ/T 189.10)."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`bars` says of a seeker's and an opening's key whether the two may not meet."""

    code: ExclusionCode
    seeker: Callable[[Seeker], Hashable]
    opening: Callable[[Opening, Terms], Hashable]
    bars: Callable[[Any, Any, Terms], bool]


@dataclass(frozen=True, slots=True)
class UnlawfulBar:
    """A bar that matching ignores, because the post names no legal reason for it."""

    post_id: str
    kind: Literal["sex", "age"]
    reason: str | None


def excluded_by(seeker: Seeker, opening: Opening, terms: Terms) -> list[ExclusionCode]:
    """Every reason why this person may not be put forward for this post; empty: they may."""
    return [one.code for one in FILTERS if one.bars(one.seeker(seeker), one.opening(opening, terms), terms)]


def barred_to_minors(opening: Opening, terms: Terms) -> bool:
    """Whether 16 and 17 may not do this work, at whatever hour."""
    return is_hard(opening.trade, opening.demand, terms.post_rules, hazardous=opening.hazardous)


def is_hard(trade: str, demand: str | None, rules: PostRules, *, hazardous: bool) -> bool:
    """Work forbidden to 16 and 17: mines (trades of `post-rules`), hazardous, class IV (劳动法 §64)."""
    return hazardous or demand == CLASS_IV or trade.startswith(tuple(rules.minor_trades))


def unlawful_bars(openings: Iterable[Opening], terms: Terms) -> list[UnlawfulBar]:
    """The bars by sex and age that count for nothing, to be reported to whoever keeps the posts."""
    found: list[UnlawfulBar] = []
    for post in openings:
        if post.sex is not None and _lawful_sex(post, terms) is None:
            found.append(UnlawfulBar(post.post_id, "sex", post.sex_reason))
        if _lawful_ages(post, terms) != (post.age_low, post.age_high):
            found.append(UnlawfulBar(post.post_id, "age", post.age_reason))
    return found


def _faulty(post: Opening, terms: Terms, what: str) -> bool:
    """Whether the bar by sex or age has no ground in law, by the rule for advertising posts."""
    bars = Bars(
        trade=post.trade,
        physical_demand=post.demand,
        hazardous=post.hazardous,
        sex=post.sex,
        sex_reason=post.sex_reason,
        age_low=post.age_low,
        age_high=post.age_high,
        age_reason=post.age_reason,
    )
    return any(fault.field.startswith(what) for fault in bar_faults(bars, terms.post_rules))


def _lawful_sex(post: Opening, terms: Terms) -> str | None:
    return post.sex if post.sex is not None and not _faulty(post, terms, "sex") else None


def _lawful_ages(post: Opening, terms: Terms) -> tuple[int | None, int | None]:
    """An age of majority needs no reason; any other bar does."""
    low, high = post.age_low, post.age_high
    if (high is None and (low is None or low <= terms.post_rules.full_age)) or not _faulty(post, terms, "age"):
        return low, high
    return (min(low, terms.post_rules.full_age) if low is not None else None), None


def _outside(age: int, ages: tuple[int | None, int | None], _: Terms) -> bool:
    low, high = ages
    return (low is not None and age < low) or (high is not None and age > high)


def _minor(age: int, barred: bool, terms: Terms) -> bool:
    return barred and age < terms.post_rules.full_age


def _unfit(disability: tuple[int | None, int | None], demand: str | None, terms: Terms) -> bool:
    """Of the policy's rules on this demand one names the level of disability, and its class, or all classes."""
    kind, level = disability
    return level is not None and any(
        rule.demand == demand
        and level in rule.disability_levels
        and (not rule.disability_classes or kind in rule.disability_classes)
        for rule in terms.weights.fitness
    )


def _health_barred(post: Opening, terms: Terms) -> frozenset[str]:
    """What the post itself bars, and what the policy bars from work of its demand."""
    by_rule = (set(rule.health) for rule in terms.weights.fitness if rule.demand == post.demand)
    return post.health_limits.union(*by_rule)


def _too_far(home: tuple[str, int | None], place: str, terms: Terms) -> bool:
    """Whoever cares for somebody stays within reach. Where nobody knows how far it is, it is too far."""
    village, within = home
    if within is None:
        return False
    return terms.distances.at_most(village, place) > within


def _below_today(wage: int | None, pay: int, terms: Terms) -> bool:
    return wage is not None and pay < wage * terms.weights.least_pay_ratio


FILTERS: tuple[Filter, ...] = (
    Filter("under_sixteen", lambda s: s.age < WORKING_AGE, lambda _o, _t: None, lambda young, _none, _t: young),
    Filter("minor_hazardous", lambda s: s.age, barred_to_minors, _minor),
    Filter("minor_night", lambda s: s.age, lambda o, _t: o.night, _minor),
    Filter("sex_by_law", lambda s: s.sex, _lawful_sex, lambda sex, asked, _t: asked is not None and sex != asked),
    Filter("age_by_law", lambda s: s.age, _lawful_ages, _outside),
    Filter("health_limit", lambda s: s.health, _health_barred, lambda has, barred, _t: not has.isdisjoint(barred)),
    Filter("disability_limit", lambda s: (s.disability_class, s.disability_level), lambda o, _t: o.demand, _unfit),
    Filter(
        "certificate_missing", lambda s: s.trades, lambda o, _t: o.certificates, lambda has, asked, _t: not asked <= has
    ),
    Filter(
        "wage_floor",
        lambda s: s.wage_floor,
        lambda o, _t: o.pay_low,
        lambda floor, pay, _t: floor is not None and pay < floor,
    ),
    Filter("no_better_pay", lambda s: s.wage, lambda o, _t: o.pay_low, _below_today),
    Filter(
        "place_refused",
        lambda s: s.refused_areas,
        lambda o, _t: o.place,
        lambda refused, place, _t: place.startswith(refused),
    ),
    Filter("care_distance", lambda s: (s.area_code, s.care_within_km), lambda o, _t: o.place, _too_far),
    Filter(
        "night_refused", lambda s: s.night_ok, lambda o, _t: o.night, lambda night_ok, night, _t: night and not night_ok
    ),
)
