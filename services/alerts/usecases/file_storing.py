"""Alerts out of a file are stored and told, as those of a batch are."""

from services.alerts import events
from services.alerts.queries import intake
from services.alerts.rules.files import Outcome
from services.alerts.usecases.file_alerts import Prepared
from shared.db.engine import WriteSession
from shared.security.vault import Vault
from shared.telemetry import current_traceparent


async def store(session: WriteSession, ready: Prepared, risk_family: str, vault: Vault) -> list[Outcome | None]:
    """What became of each; None: its source_ref belongs to other content."""
    fresh = await intake.insert_alerts(session, ready.alerts)
    trace = current_traceparent()
    told = [events.raised_row(alert, risk_family, trace) for alert in ready.alerts if alert.id in fresh]
    if told:
        await intake.copy_outbox(session, told)
    if len(fresh) == len(ready.alerts):
        return [Outcome.STORED] * len(fresh)
    known = [alert for alert in ready.alerts if alert.id not in fresh]
    firsts = dict(zip((a.id for a in known), await intake.list_first_hashes(session, known), strict=True))
    return [
        Outcome.STORED if a.id in fresh else Outcome.REPEATED if firsts[a.id] == a.row_hash else None
        for a in ready.alerts
    ]
