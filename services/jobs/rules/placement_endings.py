"""Why a placement ended, pure: what a code means for work, openings and others. Codes: `placement_ending`."""

from typing import Final

MOVED_ON: Final = "better_post"
"""The person arrived at another post that was found here."""
AT_WORK: frozenset[str] = frozenset({MOVED_ON, "other_employer", "own_business"})
"""Works all the same, elsewhere."""
NEVER_CAME: Final = "never_came"
UNDERAGE: Final = "underage"
NOT_JOBLESS: frozenset[str] = AT_WORK | {NEVER_CAME, UNDERAGE, "retired", "school", "died"}
"""Nobody who lost their work and looks for another one."""


def is_jobless(reason: str | None) -> bool:
    """Whether somebody who ended for that reason is without work again."""
    return reason is not None and reason not in NOT_JOBLESS
