"""The HTTP routes of the alerts service."""

from services.alerts.api import accounting, alerts, batches, calendar, feeds, self_reports, zero_reports

ROUTERS = (
    alerts.hot,
    alerts.router,
    batches.router,
    feeds.router,
    accounting.router,
    calendar.router,
    zero_reports.router,
    self_reports.router,
)
"""Side by side: each router within a router costs every request under it."""
