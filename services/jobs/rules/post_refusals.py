"""What is refused about employers, posts and training, by code; the texts are in `messages.toml`."""

from typing import ClassVar

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class EmployerNotFound(NotFound):
    """No such employer in the asker's county."""

    code: ClassVar[str] = "employer-not-found"


class EmployerKnown(Conflict):
    """One with that unified social credit code, or of that name where one of the two has none, is registered."""

    code: ClassVar[str] = "employer-known"


class EmployerIsBlacklisted(Conflict):
    """It is on the blacklist: no post of it opens."""

    code: ClassVar[str] = "employer-is-blacklisted"


class EmployerNotBlacklisted(Conflict):
    """It is not on the blacklist."""

    code: ClassVar[str] = "employer-not-blacklisted"


class BureauKeepsNoPosts(Forbidden):
    """The bureau has nothing to do with work: `bureau_feeds` of the policy `post-rules`."""

    code: ClassVar[str] = "bureau-keeps-no-posts"


class CountyUnclear(Conflict):
    """The account's areas do not say whose register it is."""

    code: ClassVar[str] = "county-unclear"


class PostNotFound(NotFound):
    """No such post in the asker's county."""

    code: ClassVar[str] = "post-not-found"


class PostRefKnown(Conflict):
    """The employer has a post with that number."""

    code: ClassVar[str] = "post-ref-known"


class PostMoveIllegal(Conflict):
    """Not from the state the post is in."""

    code: ClassVar[str] = "post-move-illegal"


class PostNotYours(Conflict):
    """A township changes its own proposals, and nothing that the county has opened."""

    code: ClassVar[str] = "post-not-yours"


class PostClosed(Conflict):
    """It takes nobody any more."""

    code: ClassVar[str] = "post-closed"


class PostFilled(Conflict):
    """Every opening has somebody, or is kept for somebody in training."""

    code: ClassVar[str] = "post-filled"


class PostNobodyToFree(Conflict):
    """No opening of the post has anybody."""

    code: ClassVar[str] = "post-nobody-to-free"


class OpeningsBelow(Invalid):
    """More people than that are placed there, or kept an opening for."""

    code: ClassVar[str] = "post-openings-below"


class MinorsThere(Conflict):
    """People of 16 and 17 work at the post: it cannot become night work, or work forbidden to them, under their feet."""

    code: ClassVar[str] = "post-minors-there"


class UntilPast(Invalid):
    """The last day is over."""

    code: ClassVar[str] = "post-until-past"


class CourseNotFound(NotFound):
    """No such course in the asker's county."""

    code: ClassVar[str] = "course-not-found"


class CourseOver(Conflict):
    """Ended or cancelled."""

    code: ClassVar[str] = "course-over"


class CourseRunning(Conflict):
    """It has not ended by its days."""

    code: ClassVar[str] = "course-running"


class CoursePostElsewhere(Invalid):
    """The post of the order is not of the employer named."""

    code: ClassVar[str] = "course-post-elsewhere"


class SeatsBelow(Invalid):
    """More people than that are enrolled."""

    code: ClassVar[str] = "course-seats-below"


class EnrolmentNotFound(NotFound):
    """No such enrolment within the asker's areas."""

    code: ClassVar[str] = "enrolment-not-found"


class EnrolledAlready(Conflict):
    """The person is in that course, or on its waiting list."""

    code: ClassVar[str] = "enrolled-already"


class EnrolmentOver(Conflict):
    """Dropped, or told how it ended."""

    code: ClassVar[str] = "enrolment-over"


class NotSeated(Conflict):
    """On the waiting list: there is no attendance and no certificate."""

    code: ClassVar[str] = "enrolment-waiting"


class NoSchoolLeaver(Invalid):
    """A vocational school takes those who left school and neither study on nor work (两后生)."""

    code: ClassVar[str] = "no-school-leaver"


class AttendedTooSeldom(Conflict):
    """Below the share of days that the policy `training-rules` asks for."""

    code: ClassVar[str] = "attended-too-seldom"


class AttendanceDay(Invalid):
    """Not a day of the course, or one that has not come."""

    code: ClassVar[str] = "attendance-day"


class CertificateKnown(Conflict):
    """That certificate of the person is registered."""

    code: ClassVar[str] = "certificate-known"
