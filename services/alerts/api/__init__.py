"""The HTTP routes of the alerts service."""

from services.alerts.api import alerts, batches, feeds, verdicts, webhooks

ROUTERS = (alerts.hot, alerts.router, batches.router, feeds.router, verdicts.router, webhooks.router)
"""Side by side: each router within a router costs every request under it."""
