"""Which events this service listens to, and what it does on each."""

from collections.abc import Mapping, Sequence

from services.households.rules.income_reports import of_transfer, of_wage
from services.households.usecases.accounting import give_accounts
from services.households.usecases.area_checks import open_area_checks
from services.households.usecases.checks import open_checks
from services.households.usecases.income_events import take_reports
from services.households.usecases.withdrawals import expire_alerts, withdraw_alerts, withdraw_evidence
from services.households.usecases.work import Arrival, take_arrival
from shared.clock import utc_now
from shared.contracts.alerts import (
    AccountAsked,
    AlertExpired,
    AlertRaised,
    AlertWithdrawn,
    AlertWorsened,
    AreaAlertRaised,
    AreaAlertWorsened,
    EvidenceWithdrawn,
)
from shared.contracts.directory import AccountChanged, AreasChanged, PolicyPublished
from shared.contracts.envelope import EventType
from shared.contracts.jobs import PlacementStarted, TrainingCompleted, WageReported
from shared.contracts.support import TransferPaid
from shared.db.engine import WriteSession
from shared.inbox import Handler, Received
from shared.projections.accounts import on_account_changed
from shared.projections.areas import on_areas_changed
from shared.projections.policies import on_policy_published


async def on_alert_raised(session: WriteSession, received: Sequence[Received[AlertRaised | AlertWorsened]]) -> None:
    """A bureau saw something, or something worse: somebody has to look."""
    await open_checks(session, received, utc_now())


async def on_area_alert_raised(
    session: WriteSession, received: Sequence[Received[AreaAlertRaised | AreaAlertWorsened]]
) -> None:
    """A bureau saw something that concerns whole villages, or something worse: each of them has to look."""
    await open_area_checks(session, received, utc_now())


async def on_alert_withdrawn(session: WriteSession, received: Sequence[Received[AlertWithdrawn]]) -> None:
    """It was an error: nobody needs to look any more."""
    await withdraw_alerts(session, received, utc_now())


async def on_evidence_withdrawn(session: WriteSession, received: Sequence[Received[EvidenceWithdrawn]]) -> None:
    """A part of an alert was an error."""
    await withdraw_evidence(session, received, utc_now())


async def on_alert_expired(session: WriteSession, received: Sequence[Received[AlertExpired]]) -> None:
    """Nobody looked for so long that there is nothing left to see."""
    await expire_alerts(session, received, utc_now())


async def on_account_asked(session: WriteSession, received: Sequence[Received[AccountAsked]]) -> None:
    """The books are to be compared."""
    await give_accounts(session, [one.event for one in received], utc_now())


async def on_wage_reported(session: WriteSession, received: Sequence[Received[WageReported]]) -> None:
    """The labour ledger knows what somebody earned in a month."""
    await take_reports(session, [of_wage(one.event) for one in received], utc_now())


async def on_placement_started(session: WriteSession, received: Sequence[Received[PlacementStarted]]) -> None:
    """Somebody arrived at work."""
    for one in received:
        event = one.event
        arrival = Arrival(event.placement_id, event.person_key, event.need_ref, event.started_on, training=False)
        await take_arrival(session, arrival, utc_now())


async def on_training_completed(session: WriteSession, received: Sequence[Received[TrainingCompleted]]) -> None:
    """Somebody learned a trade."""
    for one in received:
        event = one.event
        arrival = Arrival(event.enrolment_id, event.person_key, event.need_ref, event.completed_on, training=True)
        await take_arrival(session, arrival, utc_now())


async def on_transfer_paid(session: WriteSession, received: Sequence[Received[TransferPaid]]) -> None:
    """Money arrived at a person or a household."""
    await take_reports(session, [of_transfer(one.event) for one in received], utc_now())


HANDLERS: Mapping[EventType, Handler] = {
    AlertRaised: on_alert_raised,
    AreaAlertRaised: on_area_alert_raised,
    AreaAlertWorsened: on_area_alert_raised,
    AlertWorsened: on_alert_raised,
    AlertWithdrawn: on_alert_withdrawn,
    EvidenceWithdrawn: on_evidence_withdrawn,
    AlertExpired: on_alert_expired,
    AccountAsked: on_account_asked,
    AreasChanged: on_areas_changed,
    PolicyPublished: on_policy_published,
    AccountChanged: on_account_changed,
    WageReported: on_wage_reported,
    PlacementStarted: on_placement_started,
    TrainingCompleted: on_training_completed,
    TransferPaid: on_transfer_paid,
}
