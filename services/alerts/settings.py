"""Settings of the alerts service."""

from shared.settings import ServiceSettings


class AlertsSettings(ServiceSettings):
    """Nothing beyond what all services have: feeds, severities and deadlines are data."""
