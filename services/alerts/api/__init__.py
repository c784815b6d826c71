"""The HTTP routes of the alerts service."""

from services.alerts.api import alerts, batches, feeds, files

ROUTERS = (alerts.hot, alerts.router, batches.router, feeds.router, files.router)
"""Side by side: each router within a router costs every request under it."""
