"""The gates of a move, until the package `gates` is here: `usecases/gates.py` has `unmet` of the same shape then."""

from datetime import date

from services.households.models import MonitoringCase
from services.households.rules.monitoring.refusals import Unmet
from shared.contracts.monitoring import State
from shared.db.engine import ReadSession


async def unmet(session: ReadSession, case: MonitoringCase, to_state: State, on: date) -> list[Unmet]:
    """Every condition of a move that is not met on that day: measures, notices, tickets, income, assurances."""
    del session, case, to_state, on
    return []
