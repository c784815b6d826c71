"""Who may do what here."""

from typing import Annotated

from fastapi import Depends

from shared.security.permits import Permit
from shared.security.principals import Principal, Role

_READERS = (Role.BUREAU, Role.COUNTY, Role.SUPERVISOR, Role.ADMIN)

ReportAlerts = Annotated[Principal, Depends(Permit("alert:report", Role.BUREAU, api_key=True))]
ReadAlerts = Annotated[Principal, Depends(Permit("alert:read", *_READERS, api_key=True))]
WithdrawAlerts = Annotated[Principal, Depends(Permit("alert:withdraw", Role.BUREAU, api_key=True))]
ReportBatches = Annotated[Principal, Depends(Permit("batch:report", Role.BUREAU, api_key=True))]
ReadBatches = Annotated[Principal, Depends(Permit("batch:read", *_READERS, api_key=True))]
ReadWebhooks = Annotated[Principal, Depends(Permit("webhook:read", Role.BUREAU, Role.COUNTY, Role.ADMIN))]
# Not by API key: a stolen key shall not lead the verdicts away.
WriteWebhooks = Annotated[Principal, Depends(Permit("webhook:write", Role.BUREAU, Role.ADMIN))]
ReadFeeds = Annotated[Principal, Depends(Permit("feed:read", *_READERS, api_key=True))]
