"""Alerts about whole areas: where they belong, and how the answers of many villages become the answer to one alert."""

import base64
from collections.abc import Collection, Sequence
from uuid import UUID

import orjson

from services.alerts.queries import area_checks as queries
from services.alerts.rules.areas import overall, place
from services.alerts.rules.screening import Reference
from services.alerts.schemas.alerts import AlertDraft
from services.alerts.schemas.area_alerts import AreaDraft
from shared.areas import AreaCode
from shared.contracts.households import AreaChecksOpened, TaskClosed, VerdictGiven
from shared.db.engine import WriteSession
from shared.errors import InvalidInput
from shared.security.principals import Principal


def placed(who: Principal, draft: AlertDraft, reference: Reference) -> AlertDraft:
    """The draft with each of its areas once, in order, and the area it is filed under. Raises `InvalidInput`."""
    if draft.area is None:
        return draft
    found = place([AreaCode(code) for code in draft.area.codes], draft.area_code, who.scope, reference.areas)
    if isinstance(found, list):
        raise InvalidInput(found)
    named = AreaDraft(codes=list(found.codes), natural_villages=sorted(set(draft.area.natural_villages)))
    return draft.model_copy(update={"area": named, "area_code": found.area_code})


def as_json(area: AreaDraft | None) -> str | None:
    """As the alert keeps it; no person stands in it."""
    return orjson.dumps(area.model_dump(), option=orjson.OPT_SORT_KEYS).decode() if area else None


async def begin_area_checks(session: WriteSession, opened: Sequence[AreaChecksOpened]) -> None:
    """These are all the areas that are asked. An answer may have come before; of two tasks of an area the later counts."""
    ours = await queries.lock_area_alerts(session, [event.alert_id for event in opened])
    rows = {
        (event.alert_id, check.area_code): (
            *(event.alert_id, check.area_code, check.task_id),
            *(check.due_at, check.households),
        )
        for event, check in sorted(
            ((event, check) for event in opened for check in event.checks), key=lambda one: one[1].task_id
        )
        if event.alert_id in ours
    }
    if rows:
        await queries.open_checks(session, list(rows.values()))
        await settle(session, ours)


async def give_area_verdicts(session: WriteSession, given: Sequence[VerdictGiven]) -> None:
    """Put each verdict on its area; of two on one area the later counts. The alert is answered when all its areas are."""
    ours = await queries.lock_area_alerts(session, {alert_id for event in given for alert_id in event.alert_ids})
    rows = {
        (alert_id, event.area_code): (
            *(alert_id, event.area_code, event.task_id, event.verdict, event.basis),
            *(base64.b64decode(event.reason_sealed), event.visited_on, event.given_at),
            *(event.checked, event.at_risk),
        )
        for event in sorted(given, key=lambda event: (event.task_id, event.given_at))
        for alert_id in event.alert_ids
        if alert_id in ours
    }
    if rows:
        await queries.answer_checks(session, list(rows.values()))
        await settle(session, ours)


async def cancel_area_checks(session: WriteSession, closed: Sequence[TaskClosed]) -> None:
    """The tasks of these areas were dropped: the alert waits for the others alone. Where all are, it ends as dropped,
    and one whose time is over stays expired: that nobody is asked any more is no answer.
    """
    dropped = {
        (alert_id, event.area_code): event
        for event in sorted(closed, key=lambda event: event.task_id)
        if event.state == "cancelled" and event.area_code is not None
        for alert_id in event.alert_ids
    }
    if not dropped:
        return
    ours = await queries.lock_area_alerts(session, {alert_id for alert_id, _ in dropped}, but=["expired"])
    rows = [(*key, event.task_id, event.closed_at) for key, event in dropped.items() if key[0] in ours]
    if rows:
        await queries.cancel_checks(session, rows)
        await settle(session, ours)


async def settle(session: WriteSession, alert_ids: Collection[UUID]) -> None:
    """Answer those of these locked alerts whose areas have all answered, and end those whose areas never will."""
    answered = await queries.find_answered(session, alert_ids)
    rows = [(row["alert_id"], overall(row["verdicts"]), row["visited_on"], row["answered_at"]) for row in answered]
    if rows:
        await queries.settle(session, rows)
    await queries.drop(session, alert_ids)
