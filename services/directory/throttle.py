"""Limits kept in memory: failures by client address, and one sign-in at a time for a username."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from weakref import WeakValueDictionary

from services.directory.rules.sign_in import SignInThrottled

_REMEMBERED = 4096


class Throttle:
    """Counts failures by client address in spans of time. The least recent of 4,096 addresses is forgotten first.

    Only failures count: a whole township may sit behind one address.
    """

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()  # address: end of its span, failures

    def require_room(self, address: str) -> None:
        """Raise `SignInThrottled` when the address has failed too often."""
        end, count = self._counts.get(address, (0.0, 0))
        if count >= self._limit and (left := end - self._clock()) > 0:
            raise SignInThrottled(retry_after=math.ceil(left))

    def count(self, address: str) -> None:
        """One failure more."""
        now = self._clock()
        end, count = self._counts.pop(address, (0.0, 0))
        self._counts[address] = (end, count + 1) if end > now else (now + self._seconds, 1)
        if len(self._counts) > _REMEMBERED:
            self._counts.popitem(last=False)


class Turns:
    """A lock for each name, while somebody holds it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, name: str) -> asyncio.Lock:
        """The lock for `name`."""
        return self._locks.setdefault(name, asyncio.Lock())
