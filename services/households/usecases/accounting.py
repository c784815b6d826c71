"""What became of alerts that the other side takes for open: the books are compared, and what was lost is told again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.households import events
from services.households.queries import alert_history as find
from shared.contracts.alerts import AccountAsked
from shared.contracts.households import AccountGiven
from shared.db.engine import WriteSession
from shared.outbox import emit


async def give_accounts(session: WriteSession, asked: Sequence[AccountAsked], now: datetime) -> None:
    """Answer each question. A verdict on an alert that is taken for open is told once more."""
    for one in asked:
        await _give_account(session, one, now)


async def _give_account(session: WriteSession, asked: AccountAsked, now: datetime) -> None:
    standing: dict[UUID, set[str]] = {}
    judged: dict[UUID, list[UUID]] = {}
    for alert_id, case_id, state, verdict in await find.find_cases_of_alerts(session, asked.alert_ids):
        standing.setdefault(alert_id, set()).add("answered" if verdict is not None else state)
        if verdict is not None:
            judged.setdefault(alert_id, []).append(case_id)
    over = {alert_id: ends for alert_id, ends in standing.items() if "open" not in ends}
    answered = [alert_id for alert_id, ends in over.items() if "answered" in ends]
    given = AccountGiven(
        check_id=asked.check_id,
        missing=[alert_id for alert_id in asked.alert_ids if alert_id not in standing],
        answered=answered,
        dropped=[alert_id for alert_id in over if alert_id not in judged],
        given_at=now,
    )
    await _tell_again(session, {case_id for alert_id in answered for case_id in judged[alert_id]})
    await emit(session, given)


async def _tell_again(session: WriteSession, case_ids: set[UUID]) -> None:
    live = await find.find_live_alerts(session, case_ids)
    verdicts = await find.find_verdicts(session, case_ids)
    told = [
        events.verdict_given(verdict, case, live.get(case.id, []), visited_at) for verdict, case, visited_at in verdicts
    ]
    await emit(session, *told)
