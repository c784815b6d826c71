"""The HTTP routes of the alerts service."""

from services.alerts.api import (
    accounting,
    alerts,
    batches,
    calendar,
    feeds,
    files,
    rule_trials,
    rules,
    self_reports,
    shipped_feeds,
    verdicts,
    webhooks,
    zero_reports,
)

ROUTERS = (
    *(alerts.hot, alerts.router, batches.router, files.router, feeds.router, rules.router, rule_trials.router),
    shipped_feeds.router,
    *(verdicts.router, webhooks.router, calendar.router, zero_reports.router, self_reports.router, accounting.router),
)
"""Side by side: each router within a router costs every request under it."""
