"""The HTTP routes of the alerts service."""

from services.alerts.api import alerts, batches, feeds, files, verdicts, webhooks

ROUTERS = (
    *(alerts.hot, alerts.router, batches.router, feeds.router, verdicts.router, webhooks.router),
    files.router,
)
"""Side by side: each router within a router costs every request under it."""
