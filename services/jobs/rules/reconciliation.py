"""Comparing the ledger with another export (台账比对): states, outcomes, refusals, and what settles a difference. Pure."""

from collections.abc import Collection, Mapping
from typing import ClassVar, Literal, get_args

from services.jobs.rules.comparing import Statement, differences
from services.jobs.rules.places import ABROAD
from shared.contracts.jobs_reconcile_policies import ExportRule, Tolerances
from shared.errors import Conflict, Gone, Invalid, NotFound, TooLarge

RunState = Literal["queued", "reading", "comparing", "done", "failed"]
Outcome = Literal["same", "differs", "only_here", "only_there"]
Settled = Literal["correction", "later"]
"""By a correction of the ledger's row, or overtaken by a later comparison."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

MOST_ROWS = 2_000_000
"""More than a county has labour, twice."""


class ReconciliationNotFound(NotFound):
    """No such comparison within the asker's areas."""

    code: ClassVar[str] = "reconciliation-not-found"


class ReconciliationNotDone(Conflict):
    """It is compared still, or came to nothing."""

    code: ClassVar[str] = "reconciliation-not-done"


class ReconciliationGone(Gone):
    """It was kept long enough, and deleted."""

    code: ClassVar[str] = "reconciliation-gone"


class ExportSourceInvalid(Invalid):
    """No export that the ledger is compared with."""

    code: ClassVar[str] = "export-source-invalid"


class AreaOutside(Invalid):
    """An area outside what the sender may see, or none where the sender has several."""

    code: ClassVar[str] = "reconciliation-area"


class TooManyRows(TooLarge):
    """More rows than a county has people who work."""

    code: ClassVar[str] = "export-too-long"


def is_expected(rule: ExportRule, status: str, people_class: str) -> bool:
    """Whether a row of the ledger should be in the export too."""
    return status in rule.expected.statuses and people_class in rule.expected.classes


def is_settled(
    outcome: Outcome,
    ours: Statement | None,
    status: str | None,
    theirs: Statement,
    rule: ExportRule,
    within: Tolerances,
) -> bool:
    """Whether a difference is none any more, by what the ledger says now. `theirs`: what the export said then."""
    if outcome == "only_here":
        return status is None or status not in rule.expected.statuses
    return ours is not None and not differences(ours, theirs, rule.fields, within)


def place_code(
    text: str, own_county: str, provinces: Mapping[str, str], abroad: Collection[str], here: Collection[str]
) -> str | None:
    """The code for a place of work as an export has it: digits, words for abroad or the own county, or a name that
    begins with a province's. None where it cannot be told."""
    bare = "".join(text.split())
    if bare.isascii() and bare.isdecimal():
        return bare if len(bare) in (2, 4, 6, 9, 12) and bare[0] != "0" else None
    if bare in abroad:
        return ABROAD
    if bare in here:
        return own_county[:6]
    return next((code for code, name in provinces.items() if bare.startswith(name)), None)
