"""The garbage collector in a long-lived process."""

import gc


def collect_rarely() -> None:
    """Have the collector walk what there is seldom: nearly all of it is imported and stays."""
    gc.set_threshold(50_000, 20, 50)


def settle() -> None:
    """Take what is there now for permanent; call it when all is imported and wired, before the first request.

    The collector otherwise walks all imported modules again and again: in a batch of 1,000 rows that doubles the time.
    """
    gc.collect()
    gc.freeze()
    collect_rarely()
