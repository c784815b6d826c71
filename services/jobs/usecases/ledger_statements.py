"""What a row of the ledger says, in the form in which it is compared and, sealed, kept."""

from decimal import Decimal
from typing import Any

from services.jobs.rules.comparing import Statement
from services.jobs.usecases.ledger_lines import EMPLOYER
from shared.security.vault import Vault

ROW = "reconciliation-row"
"""Purpose of what both sides said of a person."""


def ledger_statement(row: Any, vault: Vault) -> Statement:
    """What a row of the ledger says; of who is not out nothing more than that."""
    if row["status"] != "out":
        return Statement(works=False)
    sealed = row["employer_name_sealed"]
    wage = row["wage"]
    return Statement(
        works=True,
        work_area=row["work_area"],
        employer=vault.open(sealed, EMPLOYER).decode() if sealed else None,
        industry=row["industry"],
        trade=row["trade"],
        wage=None if wage is None else Decimal(wage),
        channel=row["channel"],
        point_to_point=row["point_to_point"],
        started_on=row["started_on"],
        ended_on=row["ended_on"],
    )
