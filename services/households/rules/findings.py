"""What may be done with a finding of the audit rules."""

from datetime import datetime
from typing import ClassVar

from shared.errors import Conflict, NotFound


class FindingNotFound(NotFound):
    """No such finding within the asker's areas."""

    code: ClassVar[str] = "finding-not-found"


class FindingMended(Conflict):
    """It was mended: there is nothing left to explain."""

    code: ClassVar[str] = "finding-mended"


def require_open(mended_at: datetime | None) -> None:
    """Raise `FindingMended`."""
    if mended_at is not None:
        raise FindingMended
