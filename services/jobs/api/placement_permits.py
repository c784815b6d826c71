"""Who may do what with placements, trips and subsidies. Trips are planned above the villages; villages fill seats."""

from typing import Annotated

from fastapi import Depends

from shared.security.permits import Permit
from shared.security.principals import FIELD, Principal, Role

ABOVE = (Role.TOWNSHIP, Role.COUNTY)

ReadPlacement = Annotated[Principal, Depends(Permit("placement:read", *FIELD, Role.SUPERVISOR))]
WritePlacement = Annotated[Principal, Depends(Permit("placement:write", *FIELD))]
AcceptProposals = Annotated[Principal, Depends(Permit("placement:accept-proposals", *ABOVE))]
AnswerCall = Annotated[Principal, Depends(Permit("placement:answer-call", *FIELD))]
ReadTrip = Annotated[Principal, Depends(Permit("trip:read", *FIELD, Role.SUPERVISOR))]
PlanTrip = Annotated[Principal, Depends(Permit("trip:plan", *ABOVE))]
FillTrip = Annotated[Principal, Depends(Permit("trip:fill", *FIELD))]
TakeCoachList = Annotated[Principal, Depends(Permit("trip:coach-list", *FIELD))]
ReadMoveUp = Annotated[Principal, Depends(Permit("move-up:read", *FIELD, Role.SUPERVISOR))]
OpenMoveUp = Annotated[Principal, Depends(Permit("move-up:open", *FIELD))]
ReadSubsidy = Annotated[Principal, Depends(Permit("subsidy:read", *FIELD, Role.SUPERVISOR))]
ExportSubsidy = Annotated[Principal, Depends(Permit("subsidy:export", *FIELD))]
ClaimSubsidy = Annotated[Principal, Depends(Permit("subsidy:claim", *FIELD))]
DecideSubsidy = Annotated[Principal, Depends(Permit("subsidy:decide", *ABOVE))]
