"""Alerts out of a file are stored and told as those of a batch are."""

from services.alerts.rules.files import Outcome
from services.alerts.usecases.file_alerts import Prepared
from services.alerts.usecases.intake import store_alerts
from shared.db.engine import WriteSession
from shared.security.vault import Vault

_BECAME = {
    "new": Outcome.STORED,
    "reopened": Outcome.REOPENED,
    "repeated": Outcome.REPEATED,
    "merged": Outcome.MERGED,
    "worsened": Outcome.WORSENED,
    "snoozed": Outcome.SNOOZED,
}


async def store(session: WriteSession, ready: Prepared, vault: Vault) -> list[tuple[Outcome | None, bool]]:
    """What became of each, None: its source_ref belongs to somebody else; and whether the register knows whose it is."""
    stored = await store_alerts(session, ready.alerts, vault)
    return [(_BECAME[one.outcome] if one.outcome else None, one.registered) for one in stored]
