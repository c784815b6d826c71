"""Objections (异议) to a household on a notice: received → upheld or rejected, each with a reason."""

from datetime import date
from typing import ClassVar

from shared.contracts.monitoring import State
from shared.errors import Conflict, Invalid, NotFound

BACK_TO: dict[State, State] = {
    "notice": "visit_check",
    "township_review": "visit_check",
    "county_decision": "visit_check",
    "elimination_notice": "elimination_check",
    "elimination_township": "elimination_check",
    "elimination_county": "elimination_check",
}
"""From publication until the county has decided an objection may come, and sends the case back there when it is upheld."""


class ObjectionNotFound(NotFound):
    """No such objection within the asker's areas."""

    code: ClassVar[str] = "objection-not-found"


class ObjectionTooLate(Conflict):
    """The case was decided, or sent back: there is nothing to object to. A new risk or fact is a matter of its own."""

    code: ClassVar[str] = "objection-too-late"


class ObjectionAnswered(Conflict):
    """The objection has its answer."""

    code: ClassVar[str] = "objection-answered"


class NotOnNotice(Invalid):
    """The household is not on that notice."""

    code: ClassVar[str] = "case-not-on-notice"


class ObjectionDay(Invalid):
    """Before the notice hung, or still to come."""

    code: ClassVar[str] = "objection-day"


def require_objectable(state: State) -> None:
    """Raise `ObjectionTooLate` unless the case is published and not decided."""
    if state not in BACK_TO:
        raise ObjectionTooLate


def require_day(received_on: date, started_on: date, today: date) -> None:
    """Raise unless it came since the notice hung."""
    if not started_on <= received_on <= today:
        raise ObjectionDay(field="received_on")
