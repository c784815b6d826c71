"""What others must know of tasks, and who needs work, is told once more, so that a lost Kafka volume can be healed."""

from datetime import datetime
from uuid import UUID

from services.households import events
from services.households.queries import alert_history as find
from services.households.queries.alert_history import Step
from services.households.queries.area_checks import find_opened
from services.households.queries.work import lock_asking
from services.households.usecases.work import ask_for_check, ask_for_measure
from shared.contracts.envelope import Event
from shared.db.engine import WriteSession
from shared.lanes import Lane
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import SYSTEM, Principal

PAGE = 1000
"""Lines of history in one transaction."""


async def replay_checks(
    session: WriteSession, since: datetime, after: UUID | None, who: Principal = SYSTEM
) -> tuple[int, UUID | None]:
    """Tell one page of openings, joined alerts and verdicts since then; how many, and after which to go on, if at all.

    The events have new ids, for the old ones are in the receivers' inboxes. A verdict on a task counts by when it was
    given, so telling it again changes nothing.
    """
    page = await find.list_steps(session, since, after, PAGE)
    live = await find.find_live_alerts(session, {step.case.id for step in page if step.verdict})
    opened = {alert_id: step.line.at for step in page if (alert_id := step.area_alert) is not None}
    checks = await find_opened(session, opened.keys())
    await emit(
        session,
        *(events.area_checks_opened(id_, one.risk_family, one.checks, opened[id_]) for id_, one in checks.items()),
        *(_told(step, live.get(step.case.id, [])) for step in page if step.area_alert is None),
        lane=Lane.BULK,
    )
    for step in page:
        if step.verdict is not None and step.verdict.verdict == "risk_confirmed":
            await ask_for_check(session, step.case, step.verdict.given_at)
    if page:
        await audit.record(session, who, "check:replay", "households", since=since, steps=len(page))
    return len(page), page[-1].line.id if len(page) == PAGE else None


async def replay_needs(
    session: WriteSession, since: datetime, after: UUID | None, who: Principal = SYSTEM
) -> tuple[int, UUID | None]:
    """Tell one page of the measures that ask for work and were planned or changed since then, as they stand now: that
    it is needed, or no more. A need that the jobs service knows is passed over there. What was delivered asks for nothing.
    """
    page = await lock_asking(session, since, after, PAGE)
    for measure, case in page:
        await ask_for_measure(session, case, measure, measure.updated_at, withdrawn=measure.state != "planned")
    if page:
        await audit.record(session, who, "need:replay", "households", since=since, measures=len(page))
    return len(page), page[-1].measure.id if len(page) == PAGE else None


def _told(step: Step, live_alerts: list[UUID]) -> Event:
    if step.verdict is not None:
        return events.verdict_given(step.verdict, step.case, live_alerts, step.visited_at)
    if step.line.what == "opened":
        return events.task_opened(step.line, step.task, step.case)
    return events.evidence_added(step.line, step.task, step.case)
