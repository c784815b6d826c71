"""What matching looks at: a person who looks for work, an opening, the terms of a run. No names, no ID numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.jobs.rules.distances import Distances
from shared.contracts.jobs_match_policies import MatchingWeights
from shared.contracts.jobs_posts_policies import PostRules

PLACE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Seeker:
    """A person of one open need (就业需求). `age` in full years on the day of the run, wages in yuan a month.

    `trades`: what they have a certificate for; `own_trade`: today's or the last one by the ledger; `wage`: today's,
    None for who earns nothing. `groups`: their groups of the policy `matching-weights`.
    """

    person_id: str
    need_id: str
    area_code: str
    age: int
    sex: str
    health: frozenset[str] = frozenset()
    disability_class: int | None = None
    disability_level: int | None = None
    trades: frozenset[str] = frozenset()
    own_trade: str | None = None
    labour_skill: str = "ordinary"
    wage: int | None = None
    wanted_trades: tuple[str, ...] = ()
    wage_floor: int | None = None
    refused_areas: tuple[str, ...] = ()
    care_within_km: int | None = None
    lodging_needed: bool = False
    night_ok: bool = True
    groups: frozenset[str] = frozenset()
    household_class: str = "ordinary"


@dataclass(frozen=True, slots=True)
class Opening:
    """An open post (岗位) with `free` openings left. `place`: 6 or 12 digits. Pay in yuan a month, `pay_low` is sure.

    `certificates`: trades a certificate is asked for. `course`: a course in its trade takes people in.
    """

    post_id: str
    employer_id: str
    trade: str
    place: str
    free: int
    pay_low: int
    pay_high: int
    lodging: bool = False
    night: bool = False
    hazardous: bool = False
    age_low: int | None = None
    age_high: int | None = None
    age_reason: str | None = None
    sex: str | None = None
    sex_reason: str | None = None
    certificates: frozenset[str] = frozenset()
    health_limits: frozenset[str] = frozenset()
    demand: str | None = None
    course: bool = False


@dataclass(frozen=True, slots=True)
class Stayed:
    """Of an employer's last placements: how many there were 90 days ago, how many of them stayed."""

    placed: int
    stayed: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The policies of a run and what is known besides. `villagers`: people of a village at an employer or a place
    (6 digits), by (village, employer id or place). `post_rules`: which bars by sex and age are lawful; any other bar is
    ignored and reported."""

    weights: MatchingWeights
    distances: Distances
    villagers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    stays: Mapping[str, Stayed] = field(default_factory=dict)
    post_rules: PostRules = PostRules()  # noqa: RUF009 frozen
