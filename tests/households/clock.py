"""A clock that tests set. The service asks `shared.clock.utc_now` alone what time it is, and here that is what we say."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from shared import clock as real
from tests import signing


class Clock:
    """The present moment, until it is set anew."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def advance(self, days: float = 0, hours: float = 0) -> None:
        """Time passes."""
        self.now += timedelta(days=days, hours=hours)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Monday, 5 January 2026, nine in the morning in China; tokens are signed by the time that it really is."""
    made = Clock(datetime(2026, 1, 5, 1, tzinfo=UTC))
    shown = SimpleNamespace(now=lambda _: made.now, combine=datetime.combine, min=real.datetime.min)
    monkeypatch.setattr(real, "datetime", shown)
    monkeypatch.setattr(signing, "utc_now", lambda: datetime.now(UTC))
    return made
