"""The services. Each owns its data; they know each other only by the events in `shared.contracts`."""

SERVICES = ("directory", "alerts", "households", "jobs")
"""In the order in which they are migrated and started."""

ROW_SECURITY = frozenset({"households", "jobs"})
"""Those with row-level security on household data."""
