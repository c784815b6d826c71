"""Questions to bureaus (信息比对): who may be asked after, of what, and why a question cannot be put or answered."""

from collections.abc import Collection
from datetime import date
from typing import ClassVar

from services.households.rules.months import add_months
from shared.errors import Conflict, Invalid, NotFound


class TicketNotFound(NotFound):
    """No such question within the asker's areas, or another bureau's."""

    code: ClassVar[str] = "comparison-not-found"


class TicketClosed(Conflict):
    """It was answered or withdrawn: nobody needs to know any more whom it was about."""

    code: ClassVar[str] = "comparison-closed"


class NotAuthorised(Conflict):
    """The household has not signed that its assets may be looked up."""

    code: ClassVar[str] = "authorisation-missing"


class PersonNotAsked(Invalid):
    """The person does not live in the household, or is too young to be asked after."""

    code: ClassVar[str] = "comparison-person"


class NobodyToAsk(Conflict):
    """Nobody in the household is old enough."""

    code: ClassVar[str] = "comparison-nobody"


class KindNotAsked(Invalid):
    """The policy `asset-comparison` asks nobody of that."""

    code: ClassVar[str] = "comparison-kind"


class CaseNotCompared(Conflict):
    """The household is not being identified: there is no reason to ask."""

    code: ClassVar[str] = "case-not-compared"


class SignerElsewhere(Invalid):
    """The signer is no member of the household."""

    code: ClassVar[str] = "authorisation-signer"


def is_old_enough(birth_on: date, min_age: int, on: date) -> bool:
    """Whether a person may be asked after: children have no assets that anybody needs to know of (PIPL Art. 28)."""
    return birth_on <= add_months(on, -12 * min_age)


def require_kinds(wanted: Collection[str], offered: Collection[str]) -> None:
    """Raise unless somebody answers each kind."""
    if not set(wanted) <= set(offered):
        raise KindNotAsked(field="kinds")
