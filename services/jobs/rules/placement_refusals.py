"""Why something cannot be done with a placement, its calls, a trip, or a subsidy."""

from collections.abc import Sequence
from typing import ClassVar

from shared.errors import Conflict, Fault, Invalid, NotFound


class PlacementNotFound(NotFound):
    """No such placement within the asker's areas."""

    code: ClassVar[str] = "placement-not-found"


class PlacementMoveIllegal(Conflict):
    """The table of states does not hold that move, or something else makes it."""

    code: ClassVar[str] = "placement-move-illegal"


class PlacementDayOutOfOrder(Invalid):
    """The day lies before the last move or in the future."""

    code: ClassVar[str] = "placement-day-out-of-order"


class PlacementLives(Conflict):
    """The person has been proposed for that post already."""

    code: ClassVar[str] = "placement-lives"


class PersonBound(Conflict):
    """The person has promised to take another post."""

    code: ClassVar[str] = "placement-person-bound"


class PersonInactive(Conflict):
    """The person lives in no household of the county any more."""

    code: ClassVar[str] = "placement-person-inactive"


class PostNotOpen(Conflict):
    """The post is closed or past its last day."""

    code: ClassVar[str] = "placement-post-not-open"


class PostTaken(Conflict):
    """Every opening of the post is filled or promised."""

    code: ClassVar[str] = "placement-post-taken"


class EmployerBlacklisted(Conflict):
    """Nobody is sent to that employer."""

    code: ClassVar[str] = "placement-employer-blacklisted"


class NeedOfAnother(Invalid):
    """The need for work is another person's, or is not open."""

    code: ClassVar[str] = "placement-need-of-another"


class ProposalOfAnother(Invalid):
    """The proposal is not of that run, or not within the asker's areas."""

    code: ClassVar[str] = "placement-proposal-of-another"


class ProposalsTooMany(Invalid):
    """The run has more proposals than may be acted on at once: choose among them."""

    code: ClassVar[str] = "placement-proposals-too-many"


class PostBarred(Conflict):
    """The law or the person's health bars that post: every reason is told at once."""

    code: ClassVar[str] = "placement-barred"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(field="post_id", count=len(reasons))
        self.reasons = tuple(reasons)

    @property
    def faults(self) -> Sequence[Fault]:
        """Each reason, by its code of the list `exclusion`, which has the text."""
        return [Fault("post_id", reason) for reason in self.reasons]


class UnderSixteen(Conflict):
    """Nobody under 16 is placed, whatever the post; somebody is told of it."""

    code: ClassVar[str] = "placement-under-sixteen"


class LearnsNothing(Invalid):
    """What shall be learnt of the refusal does not follow from the post."""

    code: ClassVar[str] = "placement-learns-nothing"


class StayCheckNotFound(NotFound):
    """No such call of that placement."""

    code: ClassVar[str] = "stay-check-not-found"


class StayCheckAnswered(Conflict):
    """The call was answered, or has lost its sense."""

    code: ClassVar[str] = "stay-check-answered"


class StayCheckDay(Invalid):
    """The day lies before the arrival or in the future."""

    code: ClassVar[str] = "stay-check-day"


class TripNotFound(NotFound):
    """No such trip that concerns the asker's areas."""

    code: ClassVar[str] = "trip-not-found"


class TripOver(Conflict):
    """The trip was cancelled or is past."""

    code: ClassVar[str] = "trip-over"


class TripFull(Conflict):
    """Not so many seats are left."""

    code: ClassVar[str] = "trip-full"


class TripNotYours(Conflict):
    """Only the area that organises a trip changes or cancels it."""

    code: ClassVar[str] = "trip-not-yours"


class TripTooEarly(Conflict):
    """The day of departure has not come."""

    code: ClassVar[str] = "trip-too-early"


class PassengerAboard(Conflict):
    """The placement has a seat on another trip."""

    code: ClassVar[str] = "trip-passenger-aboard"


class PassengerUnknown(NotFound):
    """That placement has no seat on the trip."""

    code: ClassVar[str] = "trip-passenger-unknown"


class NotReadyToTravel(Conflict):
    """Only who has accepted a post and has not arrived yet travels."""

    code: ClassVar[str] = "trip-not-ready"


class NotInMoveUp(Conflict):
    """The person is not out at work this month, so there is nothing to move up from."""

    code: ClassVar[str] = "move-up-not-out"


class SubsidyNotDue(Conflict):
    """By the policy the person does not qualify for that subsidy."""

    code: ClassVar[str] = "subsidy-not-due"


class SubsidyClaimed(Conflict):
    """A subsidy of that kind was claimed for the year already."""

    code: ClassVar[str] = "subsidy-claimed"


class SubsidyTooHigh(Invalid):
    """More than the policy gives."""

    code: ClassVar[str] = "subsidy-too-high"


class WageProofMissing(Invalid):
    """The policy wants a proof of the wage."""

    code: ClassVar[str] = "subsidy-wage-proof-missing"


class ClaimNotFound(NotFound):
    """No such claim within the asker's areas."""

    code: ClassVar[str] = "subsidy-claim-not-found"


class ClaimDecided(Conflict):
    """The claim was paid or refused already."""

    code: ClassVar[str] = "subsidy-claim-decided"


class ClaimDay(Invalid):
    """The day lies before the claim or in the future."""

    code: ClassVar[str] = "subsidy-claim-day"


class SubsidyListLong(Invalid):
    """More lines than one workbook shall hold."""

    code: ClassVar[str] = "subsidy-list-long"
