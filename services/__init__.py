"""The services. Each owns its data; they know each other only by the events in `shared.contracts`."""

SERVICES = ("directory", "alerts", "households")
"""In the order in which they are migrated and started."""
