"""The HTTP routes of the alerts service."""

from services.alerts.api import accounting, alerts, batches, feeds

ROUTERS = (alerts.hot, alerts.router, batches.router, feeds.router, accounting.router)
"""Side by side: each router within a router costs every request under it."""
