"""Who may say where a person lives whom two households claim."""

from typing import ClassVar, Literal, Protocol
from uuid import UUID

from shared.areas import Scope
from shared.errors import Conflict, Forbidden, NotFound

Decision = Literal["stays", "moves", "released", "withdrawn"]
"""The person stays where registered; moves to the household that claims them; has left where registered; the claim was
an error of those who made it."""


class DuplicateNotFound(NotFound):
    """No such double entry on either side of which the asker works."""

    code: ClassVar[str] = "duplicate-not-found"


class DuplicateSettled(Conflict):
    """It is settled already."""

    code: ClassVar[str] = "duplicate-settled"


class DuplicateOtherSide(Forbidden):
    """That decision is not for this side alone."""

    code: ClassVar[str] = "duplicate-other-side"


class DuplicateNoHousehold(Conflict):
    """The household that claims the person is not registered: it is entered first, or the person released."""

    code: ClassVar[str] = "duplicate-no-household"


class Sides(Protocol):
    """Where a double entry lies."""

    @property
    def area_code(self) -> str: ...
    @property
    def claimed_area_code(self) -> str: ...
    @property
    def settled_by(self) -> UUID | None: ...


def require_may_settle(entry: Sides, decision: Decision, scope: Scope) -> None:
    """Raise unless whoever has `scope` may decide so. One side gives up by itself; between two decides who sees both."""
    if entry.settled_by is not None:
        raise DuplicateSettled
    held, claimed = scope.covers(entry.area_code), scope.covers(entry.claimed_area_code)
    allowed = {"stays": held and claimed, "moves": held and claimed, "released": held, "withdrawn": claimed}
    if not allowed[decision]:
        raise DuplicateOtherSide(field="decision")
