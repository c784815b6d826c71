"""Whose alerts an asker sees, and which may be taken back."""

from dataclasses import dataclass
from typing import Literal

from shared.areas import Scope
from shared.errors import Conflict, NotFound
from shared.security.principals import Principal, Role

Severity = Literal["low", "medium", "high"]
State = Literal["reported", "checking", "answered", "withdrawn"]
"""已报送, 核查中, 已反馈, 已撤回. The last two are final."""


class AlertNotFound(NotFound):
    """No such alert among the asker's feeds."""

    code = "alert-not-found"


class FeedNotFound(NotFound):
    """No such feed among the asker's."""

    code = "feed-not-found"


class SourceRefReused(Conflict):
    """The source_ref belongs to an alert with other content: a correction needs a number of its own."""

    code = "source-ref-reused"


class AlertAlreadyWithdrawn(Conflict):
    """It was taken back before."""

    code = "alert-already-withdrawn"


class AlertAlreadyAnswered(Conflict):
    """Somebody has been there: the verdict stands, whatever the bureau thinks of its alert now."""

    code = "alert-already-answered"


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose alerts an asker sees: of which feeds (None: of all), in which areas."""

    feeds: frozenset[str] | None
    scope: Scope


def sight(who: Principal) -> Sight:
    """A bureau sees its own feeds; the county, its supervisors and administrators see all; cadres see no feed whole."""
    if who.role in (Role.VILLAGE, Role.TOWNSHIP):
        return Sight(frozenset(), who.scope)
    everything = who.role is not Role.BUREAU or "*" in who.feeds
    return Sight(None if everything else who.feeds, who.scope)


def require_withdrawable(state: State) -> None:
    """Raise unless the bureau may still take the alert back."""
    if state == "withdrawn":
        raise AlertAlreadyWithdrawn
    if state == "answered":
        raise AlertAlreadyAnswered
