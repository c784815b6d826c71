"""The services. Each owns its data; they know each other only by the events in `shared.contracts`."""

from shared import memory

memory.collect_rarely()  # from here on: it would else walk half-done imports for a quarter of the time of a start

SERVICES = ("directory", "alerts", "households", "jobs")
"""In the order in which they are migrated and started."""

ROW_SECURITY = frozenset({"households", "jobs"})
"""Those with row-level security on household data."""
