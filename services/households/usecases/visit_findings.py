"""What a visit found field by field, beside what the register holds; and, when the visitor asks so, put into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.households.models import Member
from services.households.queries import register as find
from services.households.rules.visits import FindingOfStranger, FindingWithoutHousehold
from services.households.usecases import register, sealing
from shared.db.engine import ReadSession, WriteSession
from shared.security.principals import Principal
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class FieldFound:
    """One field as it was found: of the household, or of one of its people. `value` is what the register would hold."""

    member_id: UUID | None
    field: str
    value: Any

    def plain(self) -> list[Any]:
        """For the comparison of two tellings."""
        return [self.member_id, self.field, _plain(self.value)]


@dataclass(frozen=True, slots=True)
class Compared:
    """A field as it was found, and as it is registered."""

    found: FieldFound
    registered: Any

    @property
    def differs(self) -> bool:
        """Whether there is something to change."""
        return bool(_plain(self.found.value) != _plain(self.registered))

    def record(self, *, applied: bool) -> dict[str, Any]:
        """As it is sealed with the visit."""
        return {
            "member_id": str(self.found.member_id) if self.found.member_id else None,
            "field": self.found.field,
            "value": _plain(self.found.value),
            "registered": _plain(self.registered),
            "applied": applied and self.differs,
        }


async def compare(
    session: ReadSession, vault: Vault, who: Principal, household_id: UUID | None, found: Sequence[FieldFound]
) -> list[Compared]:
    """What was found beside what is registered. Raises `FindingWithoutHousehold`, `FindingOfStranger`."""
    if not found:
        return []
    if household_id is None:
        raise FindingWithoutHousehold(field="fields")
    household = await find.get_household(session, who.scope, household_id)
    members = {one.id: one for one in await find.list_members(session, who.scope, [household_id])}
    compared = []
    for number, one in enumerate(found):
        subject = household if one.member_id is None else members.get(one.member_id)
        if subject is None or (isinstance(subject, Member) and subject.left_on is not None):
            raise FindingOfStranger(field=f"fields.{number}.member_id")
        registered = sealing.registered(vault, subject, [one.field])
        compared.append(Compared(one, registered[one.field]))
    return compared


async def apply(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    household_id: UUID,
    compared: Sequence[Compared],
    now: datetime,
) -> None:
    """Put what differs into the register, as its own routes do: with their checks, audit and events."""
    changes: dict[UUID | None, dict[str, Any]] = {}
    for one in compared:
        if one.differs:
            changes.setdefault(one.found.member_id, {})[one.found.field] = one.found.value
    for member_id, changed in changes.items():
        if member_id is None:
            household = await find.lock_household(session, who.scope, household_id)
            await register.change_household(session, vault, who, household, changed, now)
        else:
            household, member = await find.lock_at_home(session, who.scope, member_id)
            await register.change_member(session, vault, who, household, member, changed, now)


def _plain(value: Any) -> Any:
    """As JSON holds it: a day as text, a decimal as a number."""
    return orjson.loads(orjson.dumps(value, default=_other))


def _other(value: Any) -> Any:
    return float(value) if hasattr(value, "as_tuple") else str(value)
