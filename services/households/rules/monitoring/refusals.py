"""Why something cannot be done with a national case, and what of its gates is not met."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from shared.errors import Conflict, Fault, Forbidden, Invalid, NotFound


class MonitoringCaseNotFound(NotFound):
    """No such case within the asker's areas."""

    code: ClassVar[str] = "monitoring-case-not-found"


class CaseActive(Conflict):
    """The household has a case that is not over."""

    code: ClassVar[str] = "case-active"


class MoveIllegal(Conflict):
    """The table of states does not hold that move."""

    code: ClassVar[str] = "case-move-illegal"


class MoveNotYours(Forbidden):
    """Another level makes that move."""

    code: ClassVar[str] = "case-move-not-yours"


class DayOutOfOrder(Invalid):
    """The day lies before the last move or in the future."""

    code: ClassVar[str] = "case-day-out-of-order"


class FastLaneClosed(Conflict):
    """The case is in the fast lane, or decided already."""

    code: ClassVar[str] = "case-fast-lane-closed"


class CaseOver(Conflict):
    """The case is over."""

    code: ClassVar[str] = "case-over"


class ClassPublished(Conflict):
    """A notice says another class: it is taken back first, or the case sent back."""

    code: ClassVar[str] = "case-class-published"


class PauseNotAllowed(Conflict):
    """The policy allows no pause, or none so long, for that reason."""

    code: ClassVar[str] = "case-pause-not-allowed"


class PauseRuns(Conflict):
    """The clocks stand still already."""

    code: ClassVar[str] = "case-pause-runs"


class NoPause(Conflict):
    """The clocks are running."""

    code: ClassVar[str] = "case-no-pause"


class TwoCases(Conflict):
    """Both of the households that shall be one have a case that is not over."""

    code: ClassVar[str] = "case-two-active"


@dataclass(frozen=True, slots=True)
class Unmet:
    """One condition that is not met: the code of its text, and what is filled in."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class GateNotMet(Conflict):
    """The move is legal, and its conditions are not met: all of them are told at once."""

    code: ClassVar[str] = "gate-not-met"

    def __init__(self, unmet: Collection[Unmet]) -> None:
        super().__init__(field="to", count=len(unmet))
        self._unmet = tuple(unmet)

    @property
    def faults(self) -> Sequence[Fault]:
        """Each condition."""
        return [Fault("to", one.code, one.params) for one in self._unmet]
