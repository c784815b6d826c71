"""What may be published as a policy (政策参数), and when it may end."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Protocol

from pydantic import ValidationError

from services.directory.rules.accounts import AreaNotGrantable, scope_within
from shared.areas import Scope
from shared.contracts.gate_policies import PUBLISHING
from shared.contracts.policies import BODIES
from shared.errors import Conflict, Invalid, InvalidInput, NotFound
from shared.faults import faults_of
from shared.security.principals import Principal
from shared.versions import Versioned, pick


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """A version to be published. `area_prefix` "" is everywhere; `note` says why, or where it is written."""

    kind: str
    area_prefix: str
    valid_from: date
    valid_to: date | None
    body: Mapping[str, Any]
    note: str | None


class Published(Versioned, Protocol):
    """A version that is there already."""

    @property
    def body(self) -> Mapping[str, Any]: ...


class PolicyKindUnknown(Invalid):
    """No code reads policies of that kind."""

    code: ClassVar[str] = "policy-kind-unknown"


class PolicyNotInForce(NotFound):
    """No version of that kind is in force for the area and day."""

    code: ClassVar[str] = "policy-not-in-force"


class DatesReversed(Invalid):
    """The last day lies before the first."""

    code: ClassVar[str] = "dates-reversed"


class LineLowered(Invalid):
    """An income line below that of the area above, or below what was in force on a day that has passed."""

    code: ClassVar[str] = "income-line-lowered"


class LastDayPassed(Invalid):
    """A policy cannot be ended in the past: decisions were taken by it."""

    code: ClassVar[str] = "last-day-passed"


class PolicyEndsSooner(Conflict):
    """The policy ends before that day already; publish a new version to prolong it."""

    code: ClassVar[str] = "policy-ends-sooner"


def check_body(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body as its kind's contract writes it. Raises `PolicyKindUnknown` or `InvalidInput`."""
    contract = BODIES.get(kind)
    if contract is None:
        raise PolicyKindUnknown(field="kind", kinds=", ".join(sorted(BODIES)))
    try:
        checked = contract.model_validate(body, context=PUBLISHING)
    except ValidationError as error:
        raise InvalidInput([fault.under("body") for fault in faults_of(error.errors())]) from None
    return checked.model_dump(mode="json", exclude_none=True)


def require_publisher(who: Principal, area_prefix: str) -> None:
    """Raise unless the whole area of the policy lies within the publisher's scope."""
    if not scope_within(Scope(frozenset({area_prefix})), who.scope):
        raise AreaNotGrantable(field="area")


def check_span(valid_from: date, valid_to: date | None) -> None:
    """Raise `DatesReversed`."""
    if valid_to is not None and valid_to < valid_from:
        raise DatesReversed(field="valid_to")


def check_line(draft: PolicyDraft, per_head: int, versions: Collection[Published], today: date) -> None:
    """Raise `LineLowered`: nobody is lifted over a line by a lower one of their own, nor by one for days that passed."""
    days = {draft.valid_from, today, *(one.valid_from for one in versions)}
    above = [one for one in versions if len(one.area_prefix) < len(draft.area_prefix)]
    for day in days:
        if day < draft.valid_from or (draft.valid_to is not None and day > draft.valid_to):
            continue
        there = (pick(above, draft.area_prefix, day), pick(versions, draft.area_prefix, day) if day < today else None)
        if any(one is not None and per_head < one.body["per_head"] for one in there):
            raise LineLowered(field="body.per_head")


def check_last_day(valid_to: date | None, last_day: date, today: date) -> None:
    """Raise unless the policy can end on `last_day`."""
    if last_day < today:
        raise LastDayPassed(field="last_day")
    if valid_to is not None and last_day > valid_to:
        raise PolicyEndsSooner(field="last_day")
