"""What became of the reports that a version of a rule let through."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    union_all,
)

from services.alerts.models import Alert, AlertEvidence, Rule
from services.alerts.queries.alerts import Report, in_sight
from services.alerts.queries.area_verdicts import GRAVITY, SAID
from services.alerts.queries.rules import first_id
from services.alerts.rules.alerts import Sight
from shared.contracts.households import Verdict
from shared.db.engine import ReadSession

_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Quality:
    """How the reports of a rule fared. Medians are days; None where there is nothing to take one of."""

    alerts: int
    evidences: int  # let through into an alert that was there
    verdicts: dict[Verdict, int]  # of alerts
    days_to_push: float | None  # from the day it happened to the day of the report, in China
    days_to_verdict: float | None  # from the report to the verdict


async def get_quality(session: ReadSession, sight: Sight, rule: Rule) -> Quality:
    """Of the reports in sight that this version let through, whether they became alerts or further evidence of one.

    For the days to push each report counts. A verdict counts once for an alert, however many reports of the version
    stand in it, its days from the first of them: the same bill twelve times is one thing found out. It counts for every
    version that let a report into the alert, and says nothing of what came after it or was taken back. Further evidence
    about areas is judged by those that it names.
    """
    stands = and_(Alert.withdrawn_at.is_(None), Alert.first_withdrawn_at.is_(None))
    reports = union_all(
        _let_through(Alert, Alert.id, stands, sight, rule),
        _let_through(AlertEvidence, AlertEvidence.alert_id, AlertEvidence.withdrawn_at.is_(None), sight, rule),
    ).cte("report")
    report = reports.c
    pushed = cast(func.timezone("Asia/Shanghai", report.reported_at), Date) - report.occurred_on
    counted = select(func.count().filter(~report.further), func.count().filter(report.further), _median(pushed))
    alerts, evidences, to_push = (await session.execute(counted.select_from(reports))).one()

    waited = extract("epoch", Alert.answered_at - func.min(report.reported_at)) / _A_DAY
    said = case((or_(report.area.is_(None), ~report.further), Alert.verdict), else_=SAID)
    judged = (
        select(GRAVITY[func.min(func.array_position(GRAVITY, said))].label("verdict"), waited.label("days"))
        .join(reports, report.alert_id == Alert.id)
        .where(said.is_not(None), report.stands, report.reported_at <= Alert.answered_at)
        .group_by(Alert.id)
        .cte("judged")
    )
    by_verdict = select(judged.c.verdict, func.count()).group_by(judged.c.verdict)
    verdicts: dict[Any, int] = {row[0]: row[1] for row in await session.execute(by_verdict)}
    to_verdict = await session.scalar(select(_median(judged.c.days)))
    return Quality(alerts, evidences, verdicts, _number(to_push), _number(to_verdict))


def _let_through(
    kind: Report, alert_id: Any, stands: ColumnElement[bool], sight: Sight, rule: Rule
) -> "Select[Any, Any, Any, Any, Any]":
    """The reports of one table. Its index of feeds finds them; one of rules would cost every report that comes in."""
    further = literal(kind is AlertEvidence).label("further")
    about = (alert_id.label("alert_id"), kind.area)
    columns = (*about, kind.occurred_on, kind.reported_at, further, stands.label("stands"))
    mine = (kind.feed == rule.feed, kind.id >= first_id(rule.created_at), kind.rule_id == rule.id)
    return select(*columns).where(*mine, *in_sight(kind, sight))


def _median(days: Any) -> ColumnElement[Any]:
    return func.percentile_cont(0.5).within_group(days)


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), 2)
