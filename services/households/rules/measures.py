"""Measures (帮扶措施): planned → delivered, failed or withdrawn; and when one may be entered at all."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from services.households.rules.monitoring.states import ASKED, IDENTIFIED
from shared.contracts.monitoring import State
from shared.errors import Conflict, DateInFuture, Invalid, NotFound


class MeasureNotFound(NotFound):
    """No such measure within the asker's areas."""

    code: ClassVar[str] = "measure-not-found"


class CaseTakesNoHelp(Conflict):
    """The household is not identified, nor in the fast lane, or its case is over."""

    code: ClassVar[str] = "case-takes-no-help"


class RiskNotOfCase(Invalid):
    """The case does not name that risk."""

    code: ClassVar[str] = "risk-not-of-case"


class SubKindElsewhere(Invalid):
    """The sub-kind belongs to another kind."""

    code: ClassVar[str] = "sub-kind-elsewhere"


class MeasureNotPlanned(Conflict):
    """The measure was delivered, failed or withdrawn already."""

    code: ClassVar[str] = "measure-not-planned"


class MeasureWithdrawn(Conflict):
    """The measure was withdrawn already."""

    code: ClassVar[str] = "measure-withdrawn"


class MeasureDaysReversed(Invalid):
    """It would be due, or was delivered, before it was planned."""

    code: ClassVar[str] = "measure-days-reversed"


class MeasureBeforeCase(Invalid):
    """What was there before the case is no measure against its risk."""

    code: ClassVar[str] = "measure-before-case"


def require_helpable(state: State, *, fast_lane: bool) -> None:
    """Raise unless the household may be helped now: it is identified, or help goes before the papers (绿色通道)."""
    if state not in IDENTIFIED and not (fast_lane and state in ASKED):
        raise CaseTakesNoHelp


def require_fitting_codes(risk: str, risks: Sequence[str], kind: str, sub_kind: str | None) -> None:
    """Raise for a risk the case does not have, or a sub-kind (`kind.name`) of another kind."""
    if risk not in risks:
        raise RiskNotOfCase(field="risk")
    if sub_kind is not None and sub_kind.split(".")[0] != kind:
        raise SubKindElsewhere(field="sub_kind")


def require_plan_days(opened_on: date, planned_on: date, due_on: date, today: date) -> None:
    """Raise unless it was planned since the case was opened, and not tomorrow, and is due after that."""
    if planned_on > today:
        raise DateInFuture(field="planned_on")
    if planned_on < opened_on:
        raise MeasureBeforeCase(field="planned_on", opened=opened_on.isoformat())
    if due_on < planned_on:
        raise MeasureDaysReversed(field="due_on")


def require_delivery_day(planned_on: date, delivered_on: date, today: date) -> None:
    """Raise for a day to come, or before the plan."""
    if delivered_on > today:
        raise DateInFuture(field="delivered_on")
    if delivered_on < planned_on:
        raise MeasureDaysReversed(field="delivered_on")


def require_planned(state: str) -> None:
    """Raise unless nothing became of it yet."""
    if state != "planned":
        raise MeasureNotPlanned


def require_standing(state: str) -> None:
    """Raise when it was withdrawn already."""
    if state == "withdrawn":
        raise MeasureWithdrawn
