"""Who may do what here."""

from typing import Annotated

from fastapi import Depends

from shared.security.permits import Permit
from shared.security.principals import Principal, Role

_READERS = (Role.BUREAU, Role.COUNTY, Role.SUPERVISOR, Role.ADMIN)

_REPORTERS = (Role.BUREAU, Role.VILLAGE, Role.TOWNSHIP, Role.COUNTY)  # the last three where the feed names them

ReportAlerts = Annotated[Principal, Depends(Permit("alert:report", *_REPORTERS, api_key=True))]
ReadAlerts = Annotated[Principal, Depends(Permit("alert:read", *_READERS, api_key=True))]
WithdrawAlerts = Annotated[Principal, Depends(Permit("alert:withdraw", Role.BUREAU, api_key=True))]
ReportBatches = Annotated[Principal, Depends(Permit("batch:report", *_REPORTERS, api_key=True))]
ReadBatches = Annotated[Principal, Depends(Permit("batch:read", *_READERS, Role.VILLAGE, Role.TOWNSHIP, api_key=True))]
ReportFiles = Annotated[Principal, Depends(Permit("file:report", Role.BUREAU, api_key=True))]
ReadFiles = Annotated[Principal, Depends(Permit("file:read", *_READERS, api_key=True))]
ReadFileResults = Annotated[Principal, Depends(Permit("file:result", Role.BUREAU, api_key=True))]
CancelFiles = Annotated[Principal, Depends(Permit("file:cancel", Role.BUREAU, api_key=True))]
ReadFeeds = Annotated[Principal, Depends(Permit("feed:read", *_READERS, Role.VILLAGE, Role.TOWNSHIP, api_key=True))]
ReadFeedVersions = Annotated[Principal, Depends(Permit("feed:history", *_READERS, api_key=True))]
WriteFeeds = Annotated[Principal, Depends(Permit("feed:write", Role.COUNTY, Role.ADMIN))]
ReadRules = Annotated[Principal, Depends(Permit("rule:read", *_READERS, api_key=True))]
WriteRules = Annotated[Principal, Depends(Permit("rule:write", Role.COUNTY, Role.ADMIN))]
TryRules = Annotated[Principal, Depends(Permit("rule:try", Role.COUNTY, Role.ADMIN))]
ReadWebhooks = Annotated[Principal, Depends(Permit("webhook:read", Role.BUREAU, Role.COUNTY, Role.ADMIN))]
# Not by API key: a stolen key shall not lead the verdicts away.
WriteWebhooks = Annotated[Principal, Depends(Permit("webhook:write", Role.BUREAU, Role.ADMIN))]
ReportZero = Annotated[Principal, Depends(Permit("zero-report:make", Role.BUREAU, api_key=True))]
ReadZeroReports = Annotated[Principal, Depends(Permit("zero-report:read", *_READERS, api_key=True))]
WithdrawZeroReports = Annotated[Principal, Depends(Permit("zero-report:withdraw", Role.BUREAU, api_key=True))]
ReadCalendar = Annotated[Principal, Depends(Permit("calendar:read", *_READERS, api_key=True))]
ReadContradictions = Annotated[Principal, Depends(Permit("contradiction:read", *_READERS, api_key=True))]
ReadAccounting = Annotated[Principal, Depends(Permit("accounting:read", *_READERS, api_key=True))]


def reads_texts(who: Principal) -> bool:
    """Whether free texts, which may name people, are shown: not to those who look on, nor to who runs the system."""
    return who.role not in (Role.SUPERVISOR, Role.ADMIN)


def reads_register(who: Principal) -> bool:
    """Whether what the register says of a person is shown: to who may read all of it. A bureau has sent its rows only."""
    return who.role in (Role.COUNTY, Role.SUPERVISOR)
