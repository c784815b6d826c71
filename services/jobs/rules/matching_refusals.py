"""Why something cannot be done with a matching run or a proposal."""

from typing import ClassVar

from shared.errors import Conflict, NotFound


class RunNotFound(NotFound):
    """No such run within the asker's areas."""

    code: ClassVar[str] = "matching-run-not-found"


class RunGoesAlready(Conflict):
    """A run for that area, or one within it, waits or goes on: two would propose the same posts. Or the same run is
    being repeated: two repetitions would show the same."""

    code: ClassVar[str] = "matching-run-goes"


class RunOver(Conflict):
    """It is done, failed or cancelled: there is nothing to cancel."""

    code: ClassVar[str] = "matching-run-over"


class RunNotDone(Conflict):
    """Only a run that is done, and whose input is still kept, can be repeated."""

    code: ClassVar[str] = "matching-run-not-done"


class ProposalNotFound(NotFound):
    """No such proposal within the asker's areas."""

    code: ClassVar[str] = "matching-proposal-not-found"


class ProposalDecided(Conflict):
    """It was accepted, declined, or has lapsed; or there is no post to accept."""

    code: ClassVar[str] = "matching-proposal-decided"
