"""Whose alerts an asker sees, and which may be taken back."""

from dataclasses import dataclass
from typing import Literal

from shared.areas import Scope
from shared.errors import Conflict, NotFound
from shared.security.principals import Principal, Role

Severity = Literal["low", "medium", "high"]
State = Literal["reported", "checking", "answered", "withdrawn", "expired", "dropped"]
"""已报送, 核查中, 已反馈, 已撤回, 已过期, 核查已撤销. The last four are final, but that a verdict may come late to an
expired or a dropped one, and that a dropped one is checked once more where a newer task is opened for it."""
Ending = Literal["answered", "expired", "dropped"]
"""Those of which bureaus are told: they withdraw themselves."""


class AlertNotFound(NotFound):
    """No such alert among the asker's feeds."""

    code = "alert-not-found"


class FeedNotFound(NotFound):
    """No such feed among the asker's."""

    code = "feed-not-found"


class SourceRefReused(Conflict):
    """The source_ref belongs to an alert about somebody else, and so is no correction of it."""

    code = "source-ref-reused"


class AlertAlreadyWithdrawn(Conflict):
    """It was taken back before."""

    code = "alert-already-withdrawn"


class AlertHasExpired(Conflict):
    """Nobody answered it for so long that it is over."""

    code = "alert-has-expired"


class EvidenceNotFound(NotFound):
    """The alert has no such row of the asker's feeds."""

    code = "evidence-not-found"


class AlertAlreadyAnswered(Conflict):
    """Somebody has been there: the verdict stands, whatever the bureau thinks of its alert now."""

    code = "alert-already-answered"


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose alerts an asker sees: of which feeds (None: of all), in which areas."""

    feeds: frozenset[str] | None
    scope: Scope

    def sees(self, feed: str, area_code: str) -> bool:
        """Whether a report of that feed and area is the asker's to see."""
        return (self.feeds is None or feed in self.feeds) and self.scope.covers(area_code)


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
    if state == "expired":
        raise AlertHasExpired
