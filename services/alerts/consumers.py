"""What this service hears, and the one use case each event calls."""

from collections.abc import Mapping, Sequence

from services.alerts.usecases import answers, area_alerts
from shared.contracts.directory import ApiKeyChanged, AreasChanged
from shared.contracts.envelope import EventType
from shared.contracts.households import AreaChecksOpened, EvidenceAdded, TaskOpened, VerdictGiven
from shared.db.engine import WriteSession
from shared.inbox import Handler, Received
from shared.projections.api_keys import on_api_key_changed
from shared.projections.areas import on_areas_changed


async def on_check_begun(session: WriteSession, received: Sequence[Received[TaskOpened | EvidenceAdded]]) -> None:
    """A task was opened for an alert, or its alert joined one."""
    await answers.begin_checks(session, [one.event for one in received])


async def on_verdict_given(session: WriteSession, received: Sequence[Received[VerdictGiven]]) -> None:
    """A village answered: for one household, or for all of an area."""
    given = [one.event for one in received]
    await answers.give_verdicts(session, [event for event in given if event.area_code is None])
    await area_alerts.give_area_verdicts(session, [event for event in given if event.area_code is not None])


async def on_area_checks_opened(session: WriteSession, received: Sequence[Received[AreaChecksOpened]]) -> None:
    """Every area that an alert concerns has its task."""
    await area_alerts.begin_area_checks(session, [one.event for one in received])


HANDLERS: Mapping[EventType, Handler] = {
    AreasChanged: on_areas_changed,
    ApiKeyChanged: on_api_key_changed,
    TaskOpened: on_check_begun,
    EvidenceAdded: on_check_begun,
    VerdictGiven: on_verdict_given,
    AreaChecksOpened: on_area_checks_opened,
}
