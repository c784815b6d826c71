"""Bars by sex and age: lawful only on a ground of the policy `post-rules`; anything else is refused, naming the law.

Employment Promotion Law (就业促进法) Art. 3 and 27: nobody is refused work for sex, but for the work that is forbidden to
women; Special Rules on Labour Protection of Female Workers (女职工劳动保护特别规定, State Council 619) annex 1: mines
below ground, class IV work, loads above 20 and 25 kg. Interim Regulations on the Human Resources Market (人力资源市场
暂行条例) Art. 24: no discriminating content in what is advertised. Labour Law (劳动法) Art. 15: nobody under 16.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.jobs.rules.ages import WORKING_AGE
from shared.contracts.jobs_posts_policies import AgeBar, PostRules, SexBar
from shared.errors import Fault, InvalidInput

G = TypeVar("G", SexBar, AgeBar)
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Bars:
    """What a post asks of sex (GB/T 2261.1) and age (whole years, both ends within), and the work it is for."""

    trade: str
    title: str = ""
    physical_demand: str | None = None
    hazardous: bool = False
    sex: str | None = None
    sex_reason: str | None = None
    age_low: int | None = None
    age_high: int | None = None
    age_reason: str | None = None


def require_lawful(bars: Bars, rules: PostRules) -> None:
    """Raise `InvalidInput` with every bar that has no ground in law."""
    if faults := bar_faults(bars, rules):
        raise InvalidInput(faults)


def bar_faults(bars: Bars, rules: PostRules) -> Sequence[Fault]:
    """Every bar that has no ground in law; none: the post may be advertised so."""
    return [*_title_faults(bars, rules), *_sex_faults(bars, rules), *_age_faults(bars, rules)]


def _title_faults(bars: Bars, rules: PostRules) -> Iterator[Fault]:
    """Where a bar is only read by people, no law is asked: in a title it does not stand at all."""
    title = _DIGIT.sub("#", unicodedata.normalize("NFKC", bars.title))
    for words in rules.title_bars:
        if words in title:
            yield Fault("title", "title-bars", {"words": words.replace("#", "")})
            return


def _sex_faults(bars: Bars, rules: PostRules) -> Iterator[Fault]:
    if bars.sex is None:
        if bars.sex_reason is not None:
            yield Fault("sex_reason", "bar-reason-alone")
        return
    if bars.sex_reason is None:
        yield Fault("sex", "sex-bar-unlawful", {"reasons": _named(rules.sex_bars)})
        return
    ground = _ground(rules.sex_bars, bars.sex_reason)
    if ground is None:
        yield Fault("sex_reason", "sex-bar-unlawful", {"reasons": _named(rules.sex_bars)})
    elif bars.sex not in ground.sexes or not _stands(ground, bars):
        yield Fault("sex_reason", "sex-bar-unfounded", {"law": ground.law})


def _age_faults(bars: Bars, rules: PostRules) -> Iterator[Fault]:
    low, high = bars.age_low, bars.age_high
    if low is not None and low < WORKING_AGE:
        yield Fault("age_low", "age-below-working")
    if low is not None and high is not None and low > high:
        yield Fault("age_high", "age-order")
    barred = (low is not None and low > rules.full_age) or high is not None
    if not barred:
        if bars.age_reason is not None and low is None:
            yield Fault("age_reason", "bar-reason-alone")
        return
    ground = _ground(rules.age_bars, bars.age_reason)
    if ground is None:
        field = "age_high" if bars.age_reason is None and high is not None else "age_reason"
        yield Fault(field, "age-bar-unlawful", {"reasons": _named(rules.age_bars), "full_age": rules.full_age})
    elif not _stands(ground, bars):
        yield Fault("age_reason", "age-bar-unfounded", {"law": ground.law})
    else:
        yield from _bounds(low, high, ground, rules.full_age)


def _bounds(low: int | None, high: int | None, ground: AgeBar, full_age: int) -> Iterator[Fault]:
    if low is not None and low > (ground.low_most or full_age):
        yield Fault("age_low", "age-low-unfounded", {"law": ground.law, "age": ground.low_most or full_age})
    if high is not None and (ground.high_least is None or high < ground.high_least):
        if ground.high_least is None:
            yield Fault("age_high", "age-bar-unfounded", {"law": ground.law})
        else:
            yield Fault("age_high", "age-high-unfounded", {"law": ground.law, "age": ground.high_least})


def _stands(ground: SexBar | AgeBar, bars: Bars) -> bool:
    return ground.stands_on(bars.trade, bars.physical_demand, bars.hazardous)


def _ground(grounds: Iterable[G], reason: str | None) -> G | None:
    return next((one for one in grounds if one.reason == reason), None)


def _named(grounds: Iterable[SexBar | AgeBar]) -> str:
    """The reasons a county may give, each with its law."""
    return "; ".join(f"{one.reason}: {one.law}" for one in grounds)
