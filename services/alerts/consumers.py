"""What this service hears, and the one use case each event calls."""

from collections.abc import Mapping, Sequence

from services.alerts.queries.reference import ReferenceData
from services.alerts.usecases import (
    accounting,
    answers,
    area_alerts,
    jobs_findings,
    known_members,
    rematching,
    webhooks,
)
from shared.clock import utc_now
from shared.contracts.directory import AccountChanged, ApiKeyChanged, AreasChanged, PolicyPublished
from shared.contracts.envelope import EventType
from shared.contracts.households import (
    AccountGiven,
    AreaChecksOpened,
    EvidenceAdded,
    MembersChanged,
    TaskClosed,
    TaskOpened,
    VerdictGiven,
)
from shared.contracts.jobs import JoblessAgain, MinorWorking
from shared.db.engine import WriteSession
from shared.inbox import Handler, Received
from shared.projections import api_keys
from shared.projections.accounts import put_accounts
from shared.projections.areas import on_areas_changed
from shared.projections.policies import on_policy_published
from shared.security.vault import Vault


async def on_account_changed(session: WriteSession, received: Sequence[Received[AccountChanged]]) -> None:
    """Accounts were opened, changed or closed: a webhook may be nobody's now."""
    await put_accounts(session, [one.event for one in received], "feeds")
    await webhooks.close_nobodys(session, utc_now())


async def on_api_key_changed(session: WriteSession, received: Sequence[Received[ApiKeyChanged]]) -> None:
    """Keys were issued, rotated or revoked: likewise."""
    await api_keys.on_api_key_changed(session, received)
    await webhooks.close_nobodys(session, utc_now())


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


async def on_members_changed(session: WriteSession, received: Sequence[Received[MembersChanged]]) -> None:
    """People came into the register, moved or left."""
    events = [one.event for one in received]
    await rematching.hear_of_members(session, events)  # first: rows that wait are locked before subjects
    await known_members.take_members(session, events)


async def on_account_given(session: WriteSession, received: Sequence[Received[AccountGiven]]) -> None:
    """What households knows of alerts we take for open."""
    await accounting.take_accounts(session, [one.event for one in received], utc_now())


async def on_task_closed(session: WriteSession, received: Sequence[Received[TaskClosed]]) -> None:
    """A task was done, of which its verdict tells, or dropped."""
    await area_alerts.cancel_area_checks(session, [one.event for one in received])


def make_handlers(vault: Vault, reference: ReferenceData) -> Mapping[EventType, Handler]:
    """Event class → function. `vault` opens what travels sealed, `reference` knows the feeds."""

    async def on_jobs_finding(session: WriteSession, received: Sequence[Received[JoblessAgain | MinorWorking]]) -> None:
        """The jobs service found somebody without work again, or a child at work."""
        await jobs_findings.raise_findings(session, vault, reference, [one.event for one in received], utc_now())

    return {
        AreasChanged: on_areas_changed,
        AccountChanged: on_account_changed,
        ApiKeyChanged: on_api_key_changed,
        PolicyPublished: on_policy_published,
        TaskOpened: on_check_begun,
        EvidenceAdded: on_check_begun,
        VerdictGiven: on_verdict_given,
        AreaChecksOpened: on_area_checks_opened,
        TaskClosed: on_task_closed,
        MembersChanged: on_members_changed,
        AccountGiven: on_account_given,
        JoblessAgain: on_jobs_finding,
        MinorWorking: on_jobs_finding,
    }
