"""Who may do what. Supervisors look on, masked; bureaus see none of it; administrators load data and run things."""

from typing import Annotated

from fastapi import Depends

from shared.security.permits import Permit
from shared.security.principals import Principal, Role

FIELD = (Role.VILLAGE, Role.TOWNSHIP, Role.COUNTY)
"""Those who work with households."""

ReadHousehold = Annotated[Principal, Depends(Permit("household:read", *FIELD, Role.SUPERVISOR))]
SearchHousehold = Annotated[Principal, Depends(Permit("household:search", *FIELD, Role.SUPERVISOR, Role.ADMIN))]
WriteHousehold = Annotated[Principal, Depends(Permit("household:write", *FIELD))]
WriteMember = Annotated[Principal, Depends(Permit("member:write", *FIELD))]
RevealMember = Annotated[Principal, Depends(Permit("member:reveal", *FIELD))]
ImportHousehold = Annotated[Principal, Depends(Permit("household:import", Role.COUNTY, Role.ADMIN))]
ExportRegister = Annotated[Principal, Depends(Permit("register-export:read", *FIELD, Role.SUPERVISOR))]
ReadHistory = Annotated[Principal, Depends(Permit("household:read-history", *FIELD, Role.SUPERVISOR))]
RegroupHousehold = Annotated[Principal, Depends(Permit("household:regroup", *FIELD))]
ReadDuplicate = Annotated[Principal, Depends(Permit("household:read-duplicate", *FIELD, Role.SUPERVISOR))]
SettleDuplicate = Annotated[Principal, Depends(Permit("household:settle-duplicate", *FIELD))]
ReadCode = Annotated[Principal, Depends(Permit("code:read", *FIELD, Role.SUPERVISOR, Role.ADMIN))]

ReadTask = Annotated[Principal, Depends(Permit("task:read", *FIELD, Role.SUPERVISOR))]
AcceptTask = Annotated[Principal, Depends(Permit("task:accept", *FIELD))]
AssignTask = Annotated[Principal, Depends(Permit("task:assign", Role.TOWNSHIP, Role.COUNTY))]
CancelTask = Annotated[Principal, Depends(Permit("task:cancel", Role.TOWNSHIP, Role.COUNTY))]
RecordVisit = Annotated[Principal, Depends(Permit("visit:record", *FIELD))]
GiveVerdict = Annotated[Principal, Depends(Permit("verdict:give", *FIELD))]
RemarkHousehold = Annotated[Principal, Depends(Permit("task:remark", *FIELD))]
ReadMonitoring = Annotated[Principal, Depends(Permit("monitoring:read", *FIELD, Role.SUPERVISOR))]
OpenMonitoring = Annotated[Principal, Depends(Permit("monitoring:open", *FIELD))]
MoveMonitoring = Annotated[Principal, Depends(Permit("monitoring:move", *FIELD))]
WriteMonitoring = Annotated[Principal, Depends(Permit("monitoring:write", *FIELD))]
TimeMonitoring = Annotated[Principal, Depends(Permit("monitoring:clock", Role.TOWNSHIP, Role.COUNTY))]
"""Pauses and the fast lane: no village stops its own clock."""
ReadCase = Annotated[Principal, Depends(Permit("case:read", *FIELD, Role.SUPERVISOR))]

ReadIncome = Annotated[Principal, Depends(Permit("income:read", *FIELD, Role.SUPERVISOR))]
WriteIncome = Annotated[Principal, Depends(Permit("income:write", *FIELD))]
ExportIncome = Annotated[Principal, Depends(Permit("income:export", *FIELD))]
ImportIncome = Annotated[Principal, Depends(Permit("income:import", Role.TOWNSHIP, Role.COUNTY, Role.ADMIN))]


def sees_people(who: Principal) -> bool:
    """Whether names and free texts are shown; the others recognise a person by surname and the masked number."""
    return who.role in FIELD
