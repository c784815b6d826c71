"""What the service refuses, by code; the texts are in `messages.toml`."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class PersonNotFound(NotFound):
    """Nobody of the labour force within the asker's areas."""

    code = "person-not-found"


class BirthNotShown(Forbidden):
    """Who sees people masked may not search by day of birth: with it the hidden digits of an ID number are known."""

    code = "birth-not-shown"


class PersonGone(Conflict):
    """Moved away or died; nothing is opened for them any more."""

    code = "person-gone"


class NeedNotFound(NotFound):
    """No such need within the asker's areas."""

    code = "need-not-found"


class NeedClosed(Conflict):
    """Met or withdrawn already."""

    code = "need-closed"


class PersonTooYoung(Invalid):
    """Under 16: no work may be sought for them (劳动法 §15)."""

    code = "person-too-young"


class TaskNotFound(NotFound):
    """No such task within the asker's areas."""

    code = "labour-task-not-found"


class TaskClosed(Conflict):
    """Done or cancelled already."""

    code = "labour-task-closed"


class TaskHasItsOwnRoute(Conflict):
    """The row behind the task must be changed too, by the route of its owner."""

    code = "labour-task-own-route"


class OutcomeUnknown(Invalid):
    """No outcome of that kind of task."""

    code = "labour-task-outcome"
