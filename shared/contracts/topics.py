"""The topics, who owns them, and how long they keep what passes through.

`state` topics tell the newest state of a thing and are compacted, so that a service added later can read the whole
of it. `log` topics tell what happened and keep it for the retention time set in the deployment. Areas come in
chunks, which compaction would tear, so they are a log; a new service asks for `services.cli announce`.

A topic with a bulk twin is two topics of Kafka. Its events are in order per key within each of them, not between them.
"""

from dataclasses import dataclass
from typing import Literal

from shared.lanes import Lane, on_lane


@dataclass(frozen=True, slots=True)
class Topic:
    """`name` is `<owner>.<noun>`, and of its bulk twin, if it has one, `<owner>.<noun>-bulk`."""

    name: str
    kind: Literal["state", "log"]
    title_en: str
    title_zh: str
    bulk_twin: bool = False  # its receivers take events of one key in whichever order the lanes bring them

    def __post_init__(self) -> None:
        if self.bulk_twin and self.kind == "state":
            raise ValueError(f"{self.name}: the newest state cannot stand in two topics")

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes its events can take; without a twin all are live, whatever the occasion."""
        return (Lane.LIVE, Lane.BULK) if self.bulk_twin else (Lane.LIVE,)

    @property
    def owner(self) -> str:
        """The one service that writes it."""
        return self.name.split(".", 1)[0]


_ALL = (
    Topic("directory.area", "log", "Areas of the county", "行政区划"),
    Topic("directory.account", "state", "Accounts, their role and area, without names", "账号"),
    Topic("directory.api-key", "state", "API keys of department systems, hashed", "部门接口密钥"),
    Topic("directory.policy", "state", "Versioned policies", "政策参数"),
    Topic("alerts.alert", "log", "Early warnings of the bureaus", "部门预警", bulk_twin=True),
    Topic("alerts.account", "log", "Questions whether the books balance", "预警对账请求"),
    Topic("households.task", "log", "Tasks and what becomes of them", "核查任务", bulk_twin=True),
    Topic("households.register", "log", "Who lives in which household", "农户档案变动", bulk_twin=True),
    Topic("households.case", "log", "National cases: opened, moved, late", "监测个案", bulk_twin=True),
    Topic("households.verdict", "log", "Verdicts on alerts", "核查结论"),
    Topic("households.pretence", "log", "What looks like pretence", "形式主义线索"),
    Topic("alerts.calendar", "log", "Reports that are due, and contradictions", "报送日历"),
    Topic("alerts.phone-code", "log", "Codes for the text message gateway, sealed", "申报验证码"),
    Topic("households.account", "log", "What is known of alerts asked about", "预警对账答复"),
    Topic("households.grade", "log", "Local grades that changed", "农户分级变动", bulk_twin=True),
    Topic("households.schooling", "log", "Children who had dropped out of school", "控辍保学"),
    Topic("households.labour", "log", "Who can work", "劳动力信息变动", bulk_twin=True),
    Topic("households.work", "log", "Needs for work", "就业需求", bulk_twin=True),
    Topic("jobs.placement", "log", "Placements: arrived, ended", "就业安置"),
    Topic("jobs.training", "log", "Training that was completed", "技能培训"),
    Topic("jobs.found", "log", "People without work again, and children at work", "就业发现"),
    Topic("jobs.wage", "log", "Wages by person and month", "务工工资", bulk_twin=True),
    Topic("support.transfer", "log", "Transfers that were paid", "补助兑付", bulk_twin=True),
)

TOPICS: dict[str, Topic] = {topic.name: topic for topic in _ALL}
"""By the name that contracts use."""

ON_THE_BUS: dict[str, Topic] = {on_lane(topic.name, lane): topic for topic in _ALL for lane in topic.lanes}
"""By each name that stands on the bus, the bulk twins' too."""


def lanes_of(owner: str) -> list[Lane]:
    """The lanes in which a service's events leave it."""
    return sorted({Lane.LIVE, *(lane for topic in _ALL if topic.owner == owner for lane in topic.lanes)})
