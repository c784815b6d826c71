"""How a run's tests are dealt out to its workers, as a pytest plugin.

The tests of a folder in `TOGETHER` go to one worker, one after the other, and first of all: they share systems whose
start takes long. Every other test goes wherever there is room. (The mark `xdist_group` would say the same, but pytest-xdist
3.8 hangs it onto an attribute that pytest 9.2 does not read any more, and deals those tests out like all others.)
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/e2e/",)


class Scheduling(LoadScopeScheduling):
    """Deals out units of one test or of one folder, the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)  # a run without workers has nothing to deal out
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    return Scheduling(config, log)  # type: ignore[arg-type]
