"""What this service hears, and the one use case each event calls."""

from collections.abc import Mapping, Sequence

from services.alerts.usecases import accounting, answers, known_members
from shared.clock import utc_now
from shared.contracts.directory import ApiKeyChanged, AreasChanged, PolicyPublished
from shared.contracts.envelope import EventType
from shared.contracts.households import AccountGiven, EvidenceAdded, MembersChanged, TaskOpened, VerdictGiven
from shared.db.engine import WriteSession
from shared.inbox import Handler, Received
from shared.projections.api_keys import on_api_key_changed
from shared.projections.areas import on_areas_changed
from shared.projections.policies import on_policy_published


async def on_check_begun(session: WriteSession, received: Sequence[Received[TaskOpened | EvidenceAdded]]) -> None:
    """A task was opened for an alert, or its alert joined one."""
    await answers.begin_checks(session, [one.event for one in received])


async def on_verdict_given(session: WriteSession, received: Sequence[Received[VerdictGiven]]) -> None:
    """A village answered."""
    await answers.give_verdicts(session, [one.event for one in received])


async def on_members_changed(session: WriteSession, received: Sequence[Received[MembersChanged]]) -> None:
    """People came into the register, moved or left."""
    await known_members.take_members(session, [one.event for one in received])


async def on_account_given(session: WriteSession, received: Sequence[Received[AccountGiven]]) -> None:
    """What households knows of alerts we take for open."""
    await accounting.take_accounts(session, [one.event for one in received], utc_now())


HANDLERS: Mapping[EventType, Handler] = {
    AreasChanged: on_areas_changed,
    ApiKeyChanged: on_api_key_changed,
    PolicyPublished: on_policy_published,
    TaskOpened: on_check_begun,
    EvidenceAdded: on_check_begun,
    VerdictGiven: on_verdict_given,
    MembersChanged: on_members_changed,
    AccountGiven: on_account_given,
}
