"""The HTTP routes of the alerts service."""

from services.alerts.api import accounting, alerts, batches, feeds, files, rule_trials, rules, verdicts, webhooks

ROUTERS = (
    *(alerts.hot, alerts.router, batches.router, feeds.router, verdicts.router, webhooks.router),
    *(files.router, rules.router, rule_trials.router, accounting.router),
)
"""Side by side: each router within a router costs every request under it."""
