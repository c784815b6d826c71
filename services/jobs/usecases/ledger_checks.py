"""The rules that are in force for the ledger, area by area."""

from datetime import date
from typing import TypeAlias

from services.jobs.rules.ledger import Checks
from services.jobs.rules.places import UNDIVIDED
from shared.contracts.jobs_ledger_policies import LedgerRules
from shared.db.engine import ReadSession
from shared.projections.policies import InForce, Policy, load_compiled

LEDGER_RULES = "ledger-rules"

Rulebook: TypeAlias = InForce[Checks]
"""Where none is in force nothing is written: no row is judged without its rule."""


async def load_rulebook(session: ReadSession, today: date) -> Rulebook:
    """As this service knows them; `today` is the day in China."""
    return await load_compiled(session, LEDGER_RULES, today, _checks)


def _checks(policy: Policy) -> Checks:
    return Checks(policy.id, LedgerRules.model_validate(policy.body), UNDIVIDED)
