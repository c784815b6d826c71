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


Became = tuple[Outcome | None, bool, bytes]
"""What became of a row, None: its source_ref belongs to somebody else; whether the register knows whose it is; its alert."""


async def store(session: WriteSession, ready: Prepared, vault: Vault) -> list[Became]:
    """What became of each."""
    stored = await store_alerts(session, ready.alerts, vault)
    return [(_BECAME[one.outcome] if one.outcome else None, one.registered, one.alert) for one in stored]
