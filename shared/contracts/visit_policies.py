"""Bodies of the policies about visits (入户走访) and about what looks like pretence in them."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.alerts import Severity
from shared.contracts.households import Verdict


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Days = Annotated[int, Field(ge=1, le=3650)]
Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1, le=1000)]
Kilometres = Annotated[float, Field(gt=0, le=1000)]


class TwoPeopleRule(_Body):
    """Whether two people must have been there, for a feed, a severity, a verdict, a household's grade, or some of them.

    What is left out matches all; what is given must be there: a visit without a verdict yet matches no rule for one.
    """

    feed: str | None = None
    severity: Severity | None = None
    verdict: Verdict | None = None
    grade: Annotated[str, Field(pattern="^(green|yellow|red)$")] | None = None
    two_people: bool

    @model_validator(mode="after")
    def _risk_is_always_told(self) -> Self:
        if self.two_people and self.verdict == "risk_confirmed":
            raise ValueError("a confirmed risk may always be told")
        return self


class VisitRules(_Body):
    """`visit-rules` (走访规则): when a second account must confirm a visit before a verdict may rest on it.

    The first rule that fits counts, `two_people` where none does. A confirmed risk is told by one person, at once.
    """

    two_people: bool = False
    rules: list[TwoPeopleRule] = []

    def needs_two(self, *, feed: str | None, severity: str | None, verdict: str | None, grade: str | None) -> bool:
        """Whether two people are needed for an alert of that feed and severity, that verdict, that household."""
        if verdict == "risk_confirmed":
            return False
        for rule in self.rules:
            pairs = ((rule.feed, feed), (rule.severity, severity), (rule.verdict, verdict), (rule.grade, grade))
            if all(wanted in (None, given) for wanted, given in pairs):
                return rule.two_people
        return self.two_people


class EchoLimits(_Body):
    """A list that came to a village in one day, answered within `hours`: so large a `share` alike, without evidence."""

    least_answers: Count
    hours: Annotated[float, Field(gt=0, le=720)]
    share: Share


class CopiedTextLimits(_Body):
    """Findings of one visitor in different households. Shorter texts than `least_characters` are alike by nature."""

    least_characters: Count
    similarity: Share  # Jaccard, of runs of three characters
    days: Days
    compare_last: Count


class SamePhotoLimits(_Body):
    """One photo for two households: the same bytes, or at most `distance` of 64 bits of the difference hash apart."""

    days: Days
    distance: Annotated[int, Field(ge=0, le=16)]


class PhotoOriginLimits(_Body):
    """A photo whose camera says that it was taken more than that many hours or kilometres from its visit."""

    hours: Annotated[float, Field(gt=0, le=8760)]
    kilometres: Kilometres


class PaceLimits(_Body):
    """Two visits of one person, at least `least_kilometres` apart, that one would have had to drive faster than."""

    kilometres_an_hour: Annotated[float, Field(gt=0, le=500)]
    least_kilometres: Kilometres


class PlaceLimits(_Body):
    """How far a visit may be from the middle of the earlier ones: of the household, or while it has few, of its village."""

    household_kilometres: Kilometres
    least_of_household: Count
    village_kilometres: Kilometres
    least_of_village: Count


class ReopenedLimits(_Body):
    """A case closed with one of these verdicts whose household has the same risk, confirmed, within so many days."""

    days: Days
    verdicts: Annotated[list[Verdict], Field(min_length=1)]


class PretenceDetectors(_Body):
    """`pretence-detectors` (形式主义线索识别): the limits of each rule. A rule that is left out does not look.

    `default_accuracy_m` is taken for a place whose accuracy the phone does not give, in metres.
    """

    echo: EchoLimits | None = None
    copied_text: CopiedTextLimits | None = None
    same_photo: SamePhotoLimits | None = None
    photo_origin: PhotoOriginLimits | None = None
    pace: PaceLimits | None = None
    place: PlaceLimits | None = None
    reopened: ReopenedLimits | None = None
    default_accuracy_m: Annotated[float, Field(ge=0, le=100_000)] = 100
