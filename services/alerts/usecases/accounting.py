"""The books are compared with the service that has the tasks: asked, answered, kept, and what was lost told again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.alerts.models import AccountCheck
from services.alerts.queries import accounting
from services.alerts.rules.accounting import FindingKind
from services.alerts.usecases.replay import retell
from shared.contracts.alerts import AccountAsked
from shared.contracts.households import AccountGiven
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.outbox import emit

ON_THEIR_WAY = timedelta(hours=1)
"""Alerts that may still be on their way are not asked about."""


async def ask_account(session: WriteSession, now: datetime, after: UUID | None) -> UUID | None:
    """Ask households about one page of the open alerts; after which to go on, if at all."""
    page = list(await accounting.list_open(session, now - ON_THEIR_WAY, after))
    if page:
        check = AccountCheck(id=new_id(), asked_at=now, alert_ids=page)
        session.add(check)
        await emit(session, AccountAsked(check_id=check.id, alert_ids=page, asked_at=now))
    return page[-1] if len(page) == accounting.ASKED else None


async def take_accounts(session: WriteSession, given: Sequence[AccountGiven], now: datetime) -> None:
    """Keep what households sees otherwise, tell what it never got once more, and end what it has dropped: no verdict will
    come. A second answer changes nothing.
    """
    for one in given:
        check = await accounting.lock_check(session, one.check_id)
        if check is not None:
            await _take_account(session, check, one, now)


async def _take_account(session: WriteSession, check: AccountCheck, given: AccountGiven, now: datetime) -> None:
    told: dict[UUID, FindingKind] = {
        **dict.fromkeys(given.missing, "missing"),
        **dict.fromkeys(given.answered, "answered"),
    }
    still_open = await accounting.lock_open(session, {*told, *given.dropped} & set(check.alert_ids))
    await accounting.drop(session, still_open.keys() - told.keys(), now)
    found = {alert_id: told[alert_id] for alert_id in still_open if alert_id in told}
    await accounting.keep_findings(session, check.alert_ids, found, now)
    await retell(session, [alert for alert_id, alert in still_open.items() if found.get(alert_id) == "missing"])
    check.given_at = now
