"""Why something cannot be done with the case of a child who dropped out."""

from typing import ClassVar

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class DropoutCaseNotFound(NotFound):
    """No such case within the asker's areas."""

    code: ClassVar[str] = "dropout-case-not-found"


class StayCheckNotFound(NotFound):
    """No such check of that case."""

    code: ClassVar[str] = "stay-check-not-found"


class DropoutActive(Conflict):
    """The child has a case that is not over: nobody is counted twice."""

    code: ClassVar[str] = "dropout-active"


class OwesNoSchool(Conflict):
    """By age or stage the child owes no school."""

    code: ClassVar[str] = "owes-no-school"


class DropoutMoveIllegal(Conflict):
    """The table of states does not hold that move, or nobody makes it by hand."""

    code: ClassVar[str] = "dropout-move-illegal"


class DropoutMoveNotYours(Forbidden):
    """Another level makes that move."""

    code: ClassVar[str] = "dropout-move-not-yours"


class DropoutDayOutOfOrder(Invalid):
    """The day lies before the last move or in the future."""

    code: ClassVar[str] = "dropout-day-out-of-order"


class SchoolMissing(Invalid):
    """A return names the school."""

    code: ClassVar[str] = "dropout-school-missing"


class ExemptionMissing(Invalid):
    """An exemption names its reason."""

    code: ClassVar[str] = "dropout-exemption-missing"


class HomeTeachingNotDue(Conflict):
    """Teaching at home is for grave disability, of the levels that the policy names."""

    code: ClassVar[str] = "home-teaching-not-due"


class HomeTeachingPaperMissing(Invalid):
    """For that level of disability an assessment is needed."""

    code: ClassVar[str] = "home-teaching-paper-missing"


class NotTaughtAtHome(Conflict):
    """The child is not taught at home."""

    code: ClassVar[str] = "not-taught-at-home"


class DropoutOver(Conflict):
    """The case is over, or its state takes no such entry."""

    code: ClassVar[str] = "dropout-takes-no-entry"


class ChildIsBack(Conflict):
    """Legal steps are for a child who is in no school."""

    code: ClassVar[str] = "legal-step-child-back"


class StepOutOfOrder(Conflict):
    """Each legal step needs the former one."""

    code: ClassVar[str] = "legal-step-out-of-order"


class StepTaken(Conflict):
    """The step was taken already."""

    code: ClassVar[str] = "legal-step-taken"


class StepTooEarly(Conflict):
    """Too few days have passed since the former step was served."""

    code: ClassVar[str] = "legal-step-too-early"


class StepNotYours(Forbidden):
    """Another level issues that document."""

    code: ClassVar[str] = "legal-step-not-yours"


class StepDays(Invalid):
    """Found, issued, served: in this order, and not in the future."""

    code: ClassVar[str] = "legal-step-days"


class StayCheckAnswered(Conflict):
    """The check was answered, or dropped."""

    code: ClassVar[str] = "stay-check-answered"


class StayCheckTooEarly(Conflict):
    """Seen at school before the day of the check tells nothing of that day."""

    code: ClassVar[str] = "stay-check-too-early"


class StayCheckDay(Invalid):
    """Seen after the return, and not in the future."""

    code: ClassVar[str] = "stay-check-day"


class TermUnknown(Invalid):
    """The calendar has no such term."""

    code: ClassVar[str] = "term-unknown"
