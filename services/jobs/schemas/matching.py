"""Matching: runs, proposals, and the posts for one person, as asked for and as shown."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.jobs.codes import LISTS
from services.jobs.models import ProposalState, RunState
from services.jobs.schemas.people import PersonBrief
from shared.http.fields import Answer, AnyArea, AreaView, CodeView, Draft


class RunDraft(Draft):
    """Whose people shall be matched."""

    area_code: Annotated[AnyArea | None, Field(description="Left out: all of the asker's areas · 匹配范围")] = None


class Declining(Draft):
    """Why a proposal is not taken."""

    reason: Annotated[
        str, LISTS["matching_decline"].field(), Field(description="Reason · 不采纳原因", examples=["too_far"])
    ]


class ExposureLine(Answer):
    """How one group fared in a run (公平性报告). Ethnic groups are not known to this service."""

    kind: str = Field(
        description="everybody, sex, age, household_class, relocated, disability, township", examples=["sex"]
    )
    group: str = Field(description="Code of the kind · 群体", examples=["2"])
    people: int = Field(description="人数")
    with_candidate: int = Field(description="With at least one possible post · 有可匹配岗位人数")
    placed: int = Field(description="Put forward for a post · 建议安置人数")
    mean_score: float | None = Field(description="Of those put forward, 0 to 1,000 · 平均得分")
    below: bool = Field(description="Put forward clearly less often than everybody · 明显偏低")


class UnlawfulBarView(Answer):
    """A bar by sex or age that counted for nothing, because no law is its ground."""

    post_id: UUID
    kind: str = Field(description="sex or age", examples=["sex"])
    reason: str | None = Field(description="As the post says · 理由")


class RunView(Answer):
    """One run of matching."""

    id: UUID
    area: AreaView
    state: RunState = Field(description="状态")
    state_text: str = Field(examples=["已完成"])
    progress: int = Field(ge=0, le=100, description="Percent · 进度")
    repeats: UUID | None = Field(description="The run whose input was matched once more · 复算的原任务")
    same_result: bool | None = Field(description="Of a repetition that is done: the same result · 结果一致")
    day: date | None = Field(description="On which ages and openings were looked at · 基准日")
    input_digest: str | None = Field(description="SHA-256 of the input · 输入摘要")
    result_digest: str | None = Field(description="SHA-256 of who is proposed for what · 结果摘要")
    policies: dict[str, UUID] = Field(description="Versions behind it · 政策版本")
    people: int | None = Field(description="With an open need · 求职人数")
    posts: int | None = Field(description="岗位数")
    openings: int | None = Field(description="空缺数")
    placed: int | None = Field(description="Put forward · 建议安置人数")
    proposals: dict[str, int] = Field(description="By state, within one's areas · 各状态建议数")
    exposure: list[ExposureLine] = Field(description="公平性报告")
    unlawful: list[UnlawfulBarView] = Field(description="Bars that counted for nothing · 无法律依据的限制")
    failure: str | None = Field(description="Why it failed · 失败原因")
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class PartView(Answer):
    """One part of a score."""

    code: str = Field(examples=["pay"])
    text: str = Field(examples=["比现在多挣"])
    points: int = Field(description="得分", examples=[120])
    most: int = Field(description="By the policy `matching-weights` · 满分", examples=[200])


class RunChangeView(Answer):
    """The one change that would open a post, and what exactly it is."""

    code: str = Field(examples=["certificate_missing"])
    text: str = Field(examples=["缺少岗位要求的证书"])
    facts: dict[str, Any] = Field(description="By code · 具体差距", examples=[{"certificates": ["61802"], "course": 1}])


class PostBrief(Answer):
    """A post, as matching shows it."""

    id: UUID
    title: str = Field(examples=["电焊工"])
    trade: CodeView
    employer: str = Field(examples=["某五金厂"])
    place: str = Field(description="6 or 12 digits, or abroad · 工作地", examples=["440306"])
    pay_low: int = Field(description="Yuan a month, sure · 最低月薪")
    pay_high: int


class ProposalView(Answer):
    """What a run proposes for one person, or why there is no post for them."""

    id: UUID
    run_id: UUID
    person: PersonBrief
    area: AreaView
    need_id: UUID
    state: ProposalState = Field(description="状态")
    state_text: str = Field(examples=["待决定"])
    post: PostBrief | None = Field(description="Proposed; of somebody left: the nearest · 岗位")
    score: int | None = Field(description="0 to 1,000 · 得分")
    parts: list[PartView] = Field(description="得分构成")
    priority: int = Field(description="Points of a placement and of the groups · 优先分")
    groups: list[CodeView] = Field(description="优先群体")
    possible: int = Field(description="Posts that no filter excluded · 可匹配岗位数")
    why: CodeView | None = Field(description="Why there is no post · 未匹配原因")
    change: RunChangeView | None
    reason: CodeView | None = Field(description="Why it was declined · 不采纳原因")
    decided_at: datetime | None
    version: int


class MatchView(Answer):
    """One post for one person."""

    post: PostBrief
    free: int = Field(description="Openings left · 剩余空缺")
    score: int = Field(description="0 to 1,000 · 得分")
    parts: list[PartView] = Field(description="得分构成")
    excluded: list[CodeView] = Field(description="Why it may not be · 不予匹配原因")
    change: RunChangeView | None = Field(description="The one change that would open it · 一项改变即可")


class ExcludedCount(Answer):
    """How many posts one filter excludes."""

    code: str = Field(examples=["wage_floor"])
    text: str
    posts: int


class MatchesView(Answer):
    """The posts for one person, best first, and what keeps them from the others."""

    best: list[MatchView]
    near: list[MatchView] = Field(description="One change would open them · 差一项条件的岗位")
    possible: int = Field(description="Posts that no filter excludes · 可匹配岗位数")
    looked_at: int = Field(description="Open posts · 在招岗位数")
    excluded: list[ExcludedCount] = Field(description="By filter; a post may be counted for several · 排除原因")
