"""Who may do what. Supervisors look on, masked; bureaus see none of it; administrators load data and run things."""

from typing import Annotated

from fastapi import Depends

from shared.security.permits import Permit
from shared.security.principals import FIELD, Principal, Role

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
ReadVisit = Annotated[Principal, Depends(Permit("visit:read", *FIELD, Role.SUPERVISOR))]
ConfirmVisit = Annotated[Principal, Depends(Permit("visit:confirm", *FIELD))]
AddPhoto = Annotated[Principal, Depends(Permit("photo:add", *FIELD))]
ViewPhoto = Annotated[Principal, Depends(Permit("photo:view", *FIELD))]
ReadPretence = Annotated[Principal, Depends(Permit("pretence:read", *FIELD, Role.SUPERVISOR))]
AnswerPretence = Annotated[Principal, Depends(Permit("pretence:answer", *FIELD))]
GiveVerdict = Annotated[Principal, Depends(Permit("verdict:give", *FIELD))]
RemarkHousehold = Annotated[Principal, Depends(Permit("task:remark", *FIELD))]
ReadMonitoring = Annotated[Principal, Depends(Permit("monitoring:read", *FIELD, Role.SUPERVISOR))]
OpenMonitoring = Annotated[Principal, Depends(Permit("monitoring:open", *FIELD))]
MoveMonitoring = Annotated[Principal, Depends(Permit("monitoring:move", *FIELD))]
WriteMonitoring = Annotated[Principal, Depends(Permit("monitoring:write", *FIELD))]
TimeMonitoring = Annotated[Principal, Depends(Permit("monitoring:clock", Role.TOWNSHIP, Role.COUNTY))]
"""Pauses and the fast lane: no village stops its own clock."""
ReadCase = Annotated[Principal, Depends(Permit("case:read", *FIELD, Role.SUPERVISOR))]

ReadGrade = Annotated[Principal, Depends(Permit("grade:read", *FIELD, Role.SUPERVISOR))]
OverrideGrade = Annotated[Principal, Depends(Permit("grade:override", Role.TOWNSHIP, Role.COUNTY))]
TryGrades = Annotated[Principal, Depends(Permit("grade:try", Role.COUNTY, Role.ADMIN))]
ReadIncome = Annotated[Principal, Depends(Permit("income:read", *FIELD, Role.SUPERVISOR))]
WriteIncome = Annotated[Principal, Depends(Permit("income:write", *FIELD))]
ExportIncome = Annotated[Principal, Depends(Permit("income:export", *FIELD))]
ImportIncome = Annotated[Principal, Depends(Permit("income:import", Role.TOWNSHIP, Role.COUNTY, Role.ADMIN))]
ReadMeasure = Annotated[Principal, Depends(Permit("measure:read", *FIELD, Role.SUPERVISOR))]
WriteMeasure = Annotated[Principal, Depends(Permit("measure:write", *FIELD))]
PrintPlan = Annotated[Principal, Depends(Permit("plan:print", *FIELD))]
RecordEliminationCheck = Annotated[Principal, Depends(Permit("elimination-check:record", Role.VILLAGE, Role.TOWNSHIP))]
ReadNotice = Annotated[Principal, Depends(Permit("notice:read", *FIELD, Role.SUPERVISOR))]
PrintNotice = Annotated[Principal, Depends(Permit("notice:print", *FIELD))]
WriteNotice = Annotated[Principal, Depends(Permit("notice:write", Role.VILLAGE, Role.TOWNSHIP))]
RecordObjection = Annotated[Principal, Depends(Permit("objection:record", *FIELD))]
AnswerObjection = Annotated[Principal, Depends(Permit("objection:answer", Role.TOWNSHIP, Role.COUNTY))]
"""Not the village that published: nobody judges an objection to his own list."""
RecordAuthorisation = Annotated[Principal, Depends(Permit("authorisation:record", *FIELD))]
AskBureaus = Annotated[Principal, Depends(Permit("comparison:ask", Role.TOWNSHIP, Role.COUNTY))]
# People alone, no API keys: a stolen key shall not look up names and ID numbers.
ReadTickets = Annotated[Principal, Depends(Permit("comparison:read", Role.BUREAU, *FIELD, Role.SUPERVISOR))]
AnswerTicket = Annotated[Principal, Depends(Permit("comparison:answer", Role.BUREAU))]
ReadFinding = Annotated[Principal, Depends(Permit("finding:read", *FIELD, Role.SUPERVISOR))]
ExplainFinding = Annotated[Principal, Depends(Permit("finding:explain", Role.TOWNSHIP, Role.COUNTY))]
ReadQualityRule = Annotated[Principal, Depends(Permit("quality-rule:read", *FIELD, Role.SUPERVISOR, Role.ADMIN))]

ReadSchoolChild = Annotated[Principal, Depends(Permit("school-child:read", *FIELD, Role.SUPERVISOR))]
ReadDropout = Annotated[Principal, Depends(Permit("dropout:read", *FIELD, Role.SUPERVISOR))]
OpenDropout = Annotated[Principal, Depends(Permit("dropout:open", *FIELD))]
MoveDropout = Annotated[Principal, Depends(Permit("dropout:move", *FIELD))]
EnterDropout = Annotated[Principal, Depends(Permit("dropout:enter", *FIELD))]
TakeLegalStep = Annotated[Principal, Depends(Permit("dropout:legal-step", Role.TOWNSHIP, Role.COUNTY))]
"""The policy `schooling` says for each step which of the two."""
AnswerStayCheck = Annotated[Principal, Depends(Permit("dropout:answer-check", *FIELD))]
