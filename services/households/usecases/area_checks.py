"""A warning about whole areas becomes one check for each village, with the list of the households there.

Hundreds of tasks would say the same thing hundreds of times: the village looks once, and answers for all. Whatever else
comes in on its risk meanwhile joins that check.
"""

from collections.abc import Sequence, Set
from datetime import datetime
from uuid import UUID

from services.households import events
from services.households.queries import area_checks as find
from services.households.queries.alert_history import find_live_alerts
from services.households.queries.checks import find_known_evidence, find_open_cases, lock_subjects
from services.households.rules import area_checks as rules
from services.households.rules.checks import Subject
from services.households.rules.desks import desk_of
from services.households.usecases.checks import Clocks, take
from services.households.usecases.opening import WORSENED, Opening, evidence_id
from shared.areas import AreaCode
from shared.contracts.alerts import AreaAlertRaised, AreaAlertWorsened
from shared.db.engine import ReadSession, WriteSession
from shared.inbox import Received
from shared.outbox import emit


async def open_area_checks(
    session: WriteSession, received: Sequence[Received[AreaAlertRaised | AreaAlertWorsened]], now: datetime
) -> None:
    """Open a check in each village concerned, or join the one that is open there for this risk; its list grows by whom
    the alert names. All alerts whose list has grown are told of it.

    What made an alert worse joins the open check at any time, and its deadline may come nearer. An alert that is
    evidence already is passed over: who was registered since is not added.
    """
    concerned = [await _concerned(session, one.event) for one in received]
    keys = {rules.subject_key(code) for codes in concerned for code in codes}
    await lock_subjects(session, keys | {str(one.event.alert_id) for one in received})
    seen = await find_known_evidence(session, [evidence_id(one.event) for one in received])
    cases = await find_open_cases(session, keys)
    clocks, opening, fresh = await Clocks.load(session, now), Opening(now), []
    for one, codes in zip(received, concerned, strict=True):
        alert = one.event
        if evidence_id(alert) in seen:
            continue
        seen.add(evidence_id(alert))
        asked = []
        for code in codes:
            subject = Subject(rules.subject_key(code), None, desk_of(code))
            own = cases.get((subject.key, alert.risk_family)) if isinstance(alert, WORSENED) else None
            asked.append(take(one, subject, own, cases, clocks, opening))
        fresh.append((one, asked, codes))
    await opening.write(session)
    grown: set[UUID] = set()  # cases whose list is longer now
    for one, asked, codes in fresh:
        longer = await find.add_households(session, [case.task_id for case in asked], codes, one.event.natural_villages)
        grown |= {case.case_id for case in asked if case.task_id in longer}
    await _tell(session, [one for one, *_ in fresh], grown, now)


async def _tell(
    session: WriteSession, fresh: Sequence[Received[AreaAlertRaised]], grown: Set[UUID], now: datetime
) -> None:
    """Which checks these alerts have, and which those have now that stand in a check whose list has grown by them."""
    traceparents = {one.event.alert_id: one.traceparent for one in fresh}
    for alert_ids in (await find_live_alerts(session, grown)).values():
        traceparents = dict.fromkeys(alert_ids) | traceparents
    opened = await find.find_opened(session, traceparents)
    told = [events.area_checks_opened(id_, opened[id_].risk_family, opened[id_].checks, now) for id_ in traceparents]
    await emit(session, *told, traceparents=list(traceparents.values()))


async def _concerned(session: ReadSession, alert: AreaAlertRaised) -> list[AreaCode]:
    named = [AreaCode(code) for code in alert.area_codes]
    return rules.concerned(named, await find.find_inhabited(session, named, alert.natural_villages))
