"""What holds for visits: whom they are of, when two people must have been there, what they may carry."""

from collections.abc import Collection
from typing import ClassVar
from uuid import UUID

from services.households.rules.triage import Alerted
from shared.contracts.visit_policies import VisitRules
from shared.errors import Conflict, Gone, Invalid, NotFound, TooLarge


class VisitNotFound(NotFound):
    """No such visit within the asker's areas."""

    code: ClassVar[str] = "visit-not-found"


class OwnVisit(Conflict):
    """Whoever made the visit cannot be its second visitor."""

    code: ClassVar[str] = "visit-own"


class VisitConfirmed(Conflict):
    """Somebody else is the second visitor already."""

    code: ClassVar[str] = "visit-confirmed-already"


class SecondVisitorMissing(Conflict):
    """By the policy `visit-rules` this verdict must rest on a visit that a second account has confirmed."""

    code: ClassVar[str] = "second-visitor-required"


class VisitNotCounted(Invalid):
    """ "No change", or a visit that needs a second person and has none yet, shows nothing to a gate."""

    code: ClassVar[str] = "visit-not-counted"


class FindingWithoutHousehold(Invalid):
    """Findings by field are of a household that the register knows."""

    code: ClassVar[str] = "visit-field-without-household"


class FindingOfStranger(Invalid):
    """The person does not live in the visited household."""

    code: ClassVar[str] = "visit-field-of-stranger"


class PhotoNotFound(NotFound):
    """No such photo within the asker's areas."""

    code: ClassVar[str] = "photo-not-found"


class PhotoGone(Gone):
    """The photo was kept long enough, and deleted."""

    code: ClassVar[str] = "photo-gone"


class PhotoTooLarge(TooLarge):
    """More bytes than the setting allows."""

    code: ClassVar[str] = "photo-too-large"


class PhotoUnreadable(Invalid):
    """No JPEG, PNG or WebP, a broken one, or one of too many pixels."""

    code: ClassVar[str] = "photo-unreadable"


class PhotoIdReused(Conflict):
    """Another photo was sent under this id."""

    code: ClassVar[str] = "photo-id-reused"


class TooManyPhotos(Conflict):
    """The visit has as many photos as anybody looks at."""

    code: ClassVar[str] = "photos-too-many"


class PretenceNotFound(NotFound):
    """No such finding within the asker's areas."""

    code: ClassVar[str] = "pretence-not-found"


class PretenceAnswered(Conflict):
    """The finding has an answer already."""

    code: ClassVar[str] = "pretence-answered"


MOST_PHOTOS = 20
"""Photos of one visit. Three are usual (docs/field.md, Load), none is demanded."""


def needs_two(
    policy: VisitRules | None, alerts: Collection[Alerted], *, verdict: str | None, grade: str | None
) -> bool:
    """Whether a second person must have been there, for any of the alerts; a routine visit has none of them."""
    if policy is None:
        return False
    pairs: list[tuple[str | None, str | None]] = [(one.feed, one.severity) for one in alerts] or [(None, None)]
    return any(policy.needs_two(feed=f, severity=s, verdict=verdict, grade=grade) for f, s in pairs)


def require_other(visited_by: UUID, second_by: UUID | None, who: UUID) -> bool:
    """Whether `who` is to become the second visitor; False when they are already. Raises `OwnVisit`, `VisitConfirmed`."""
    if visited_by == who:
        raise OwnVisit
    if second_by not in (None, who):
        raise VisitConfirmed
    return second_by is None
