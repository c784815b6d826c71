"""Posts: what their states allow, and how openings are taken and given back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, Protocol

from services.jobs.rules.law import is_hard
from services.jobs.rules.places import COUNTY_DIGITS
from services.jobs.rules.post_refusals import (
    BureauKeepsNoPosts,
    CountyUnclear,
    MinorsThere,
    OpeningsBelow,
    PostClosed,
    PostFilled,
    PostMoveIllegal,
    PostNobodyToFree,
    PostNotYours,
    UntilPast,
)
from shared.areas import Scope, code_of
from shared.contracts.jobs_posts_policies import PostRules
from shared.security.principals import Principal, Role

PAST = "past"
"""Closed because its last day was over: whoever was put forward before may still be taken on."""
BLACKLISTED = "blacklisted"

Move = Literal["confirm", "close", "reopen"]
MOVES: Mapping[Move, frozenset[str]] = {
    "confirm": frozenset({"proposed"}),
    "close": frozenset({"proposed", "open", "filled"}),
    "reopen": frozenset({"closed"}),
}
"""By move: the states it may be made from."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an employer offers and asks for; see the columns of `Post`."""

    trade: str
    title: str
    place: str
    openings: int
    pay_low: Decimal
    pay_high: Decimal
    lodging: bool = False
    shift: str = "day"
    hazardous: bool = False
    physical_demand: str | None = None
    age_low: int | None = None
    age_high: int | None = None
    age_reason: str | None = None
    sex: str | None = None
    sex_reason: str | None = None
    certificates: tuple[str, ...] = ()
    health_limits: tuple[str, ...] = ()
    until_on: date | None = None


class Openings(Protocol):
    """A post, as far as its openings go."""

    state: str
    closed_reason: str | None
    openings: int
    filled: int
    reserved: int
    until_on: date | None


def county_of(scope: Scope) -> str:
    """The county whose register somebody writes in, 12 digits. Raises `CountyUnclear` for several, or none."""
    counties = {prefix[:COUNTY_DIGITS] for prefix in scope.prefixes}
    if len(counties) != 1 or len(next(iter(counties))) < COUNTY_DIGITS:
        raise CountyUnclear
    return code_of(counties.pop())


def opens_posts(who: Principal) -> bool:
    """Whether what they enter is open at once. A township proposes, the county or the bureau confirms."""
    return who.role in (Role.BUREAU, Role.COUNTY)


def is_labour_bureau(who: Principal, rules: PostRules) -> bool:
    """Whether a bureau's feeds are among those of `post-rules`."""
    return "*" in who.feeds or any(feed.startswith(tuple(rules.bureau_feeds)) for feed in who.feeds)


def require_labour_bureau(who: Principal, rules: PostRules) -> None:
    """Raise unless a bureau is one that has to do with work; the others are let in by their permit."""
    if who.role is Role.BUREAU and not is_labour_bureau(who, rules):
        raise BureauKeepsNoPosts


def require_may_change(who: Principal, post_state: str, recorded_by: object) -> None:
    """Raise where a township changes what is not its own proposal."""
    if not opens_posts(who) and (post_state != "proposed" or recorded_by != who.id):
        raise PostNotYours


def require_move(move: Move, state: str) -> None:
    """Raise unless the post's state allows it."""
    if state not in MOVES[move]:
        raise PostMoveIllegal(state=state)


def require_still_offered(until_on: date | None, today: date) -> None:
    """Raise when the last day is over."""
    if until_on is not None and until_on < today:
        raise UntilPast(field="until_on")


def require_room(post: Openings, openings: int, *, promised: int) -> None:
    """Raise when fewer openings are offered than have somebody. `promised`: to people who have not arrived yet."""
    taken = post.filled + post.reserved + promised
    if openings < taken:
        raise OpeningsBelow(field="openings", taken=taken)


def require_no_minors(terms: Terms, rules: PostRules, there: int) -> None:
    """Raise when the work is at night or forbidden under 18, and `there` people under 18 do it."""
    hard = is_hard(terms.trade, terms.physical_demand, rules, hazardous=terms.hazardous)
    if there and (hard or terms.shift != "day"):
        raise MinorsThere(field="shift", count=there)


def take_opening(post: Openings, *, kept: bool) -> None:
    """One more person is placed. `kept`: an opening was reserved for them. Raises `PostClosed`, `PostFilled`."""
    if post.state not in ("open", "filled") and not (post.state == "closed" and post.closed_reason == PAST):
        raise PostClosed
    if kept and post.reserved:
        post.reserved -= 1
    elif post.filled + post.reserved >= post.openings:
        raise PostFilled
    post.filled += 1
    settle(post)


def give_back(post: Openings) -> None:
    """Somebody who was placed is gone. Raises `PostNobodyToFree`."""
    if post.filled == 0:
        raise PostNobodyToFree
    post.filled -= 1
    settle(post)


def reserve(post: Openings, *, promised: int) -> None:
    """Keep an opening for somebody in training; `promised`: to others. Raises `PostClosed`, `PostFilled`."""
    if post.state not in ("open", "filled"):
        raise PostClosed
    if post.filled + post.reserved + promised >= post.openings:
        raise PostFilled
    post.reserved += 1
    settle(post)


def release(post: Openings) -> None:
    """An opening is kept no more."""
    post.reserved = max(0, post.reserved - 1)
    settle(post)


def settle(post: Openings) -> None:
    """An open post without a free opening is filled, a filled one with one is open; what is closed stays closed."""
    if post.state in ("open", "filled"):
        post.state = "filled" if post.filled + post.reserved >= post.openings else "open"
