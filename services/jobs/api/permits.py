"""Who may do what. Supervisors look on, masked; bureaus see no people; administrators run things."""

from typing import Annotated

from fastapi import Depends

from shared.security.permits import Permit
from shared.security.principals import FIELD, Principal, Role

ReadCode = Annotated[Principal, Depends(Permit("code:read", *FIELD, Role.BUREAU, Role.SUPERVISOR, Role.ADMIN))]
ReadPerson = Annotated[Principal, Depends(Permit("person:read", *FIELD, Role.SUPERVISOR))]
SearchPerson = Annotated[Principal, Depends(Permit("person:search", *FIELD, Role.SUPERVISOR))]
RevealPerson = Annotated[Principal, Depends(Permit("person:reveal", *FIELD))]
ReadNeed = Annotated[Principal, Depends(Permit("need:read", *FIELD, Role.SUPERVISOR))]
WriteNeed = Annotated[Principal, Depends(Permit("need:write", *FIELD))]
ReadTask = Annotated[Principal, Depends(Permit("labour-task:read", *FIELD, Role.SUPERVISOR))]
CloseTask = Annotated[Principal, Depends(Permit("labour-task:close", *FIELD))]
ReadMatching = Annotated[Principal, Depends(Permit("matching-run:read", Role.TOWNSHIP, Role.COUNTY, Role.SUPERVISOR))]
AskMatching = Annotated[Principal, Depends(Permit("matching-run:ask", Role.TOWNSHIP, Role.COUNTY))]
ReadProposal = Annotated[Principal, Depends(Permit("matching-proposal:read", *FIELD, Role.SUPERVISOR))]
DecideProposal = Annotated[Principal, Depends(Permit("matching-proposal:decide", *FIELD))]

# Employers and posts are no people's data: bureaus see them, and those that have to do with work keep them.
_POSTS = (Role.BUREAU, *FIELD)
ReadEmployer = Annotated[Principal, Depends(Permit("employer:read", *_POSTS, Role.SUPERVISOR))]
WriteEmployer = Annotated[Principal, Depends(Permit("employer:write", Role.BUREAU, Role.TOWNSHIP, Role.COUNTY))]
BlacklistEmployer = Annotated[Principal, Depends(Permit("employer:blacklist", Role.BUREAU, Role.COUNTY))]
ReadPost = Annotated[Principal, Depends(Permit("post:read", *_POSTS, Role.SUPERVISOR))]
WritePost = Annotated[Principal, Depends(Permit("post:write", Role.BUREAU, Role.TOWNSHIP, Role.COUNTY))]
ConfirmPost = Annotated[Principal, Depends(Permit("post:confirm", Role.BUREAU, Role.COUNTY))]
ImportPost = Annotated[Principal, Depends(Permit("post:import", Role.BUREAU, Role.COUNTY))]
ReadCourse = Annotated[Principal, Depends(Permit("course:read", *_POSTS, Role.SUPERVISOR))]
WriteCourse = Annotated[Principal, Depends(Permit("course:write", Role.BUREAU, Role.COUNTY))]
ReadEnrolment = Annotated[Principal, Depends(Permit("enrolment:read", *FIELD, Role.SUPERVISOR))]
WriteEnrolment = Annotated[Principal, Depends(Permit("enrolment:write", *FIELD))]
RecordAttendance = Annotated[Principal, Depends(Permit("attendance:record", Role.TOWNSHIP, Role.COUNTY))]
CompleteEnrolment = Annotated[Principal, Depends(Permit("enrolment:complete", Role.TOWNSHIP, Role.COUNTY))]
AddCertificate = Annotated[Principal, Depends(Permit("certificate:add", *FIELD))]
ReadBrand = Annotated[Principal, Depends(Permit("brand:read", *FIELD, Role.SUPERVISOR))]

ReadIndicator = Annotated[Principal, Depends(Permit("indicator:read", *FIELD, Role.SUPERVISOR))]
ReadIndicatorNames = Annotated[Principal, Depends(Permit("indicator:read-names", *FIELD, Role.SUPERVISOR))]
ReadPriorityList = Annotated[Principal, Depends(Permit("priority-list:read", *FIELD, Role.SUPERVISOR))]
ExportPriorityList = Annotated[Principal, Depends(Permit("priority-list:export", *FIELD, Role.SUPERVISOR))]

ReadLedger = Annotated[Principal, Depends(Permit("ledger:read", *FIELD, Role.SUPERVISOR))]
WriteLedger = Annotated[Principal, Depends(Permit("ledger:write", *FIELD))]
ImportLedger = Annotated[Principal, Depends(Permit("ledger:import", Role.TOWNSHIP, Role.COUNTY))]

# Whose export it is may send it, and watch what becomes of its own file, in numbers alone.
SendExport = Annotated[Principal, Depends(Permit("reconciliation:send", Role.BUREAU, Role.TOWNSHIP, Role.COUNTY))]
WatchExport = Annotated[Principal, Depends(Permit("reconciliation:watch", Role.BUREAU, *FIELD, Role.SUPERVISOR))]
ReadReconciliation = Annotated[Principal, Depends(Permit("reconciliation:read", *FIELD, Role.SUPERVISOR))]
AskVillages = Annotated[Principal, Depends(Permit("reconciliation:ask", Role.TOWNSHIP, Role.COUNTY))]
# Not the village: whoever keeps the ledger neither draws, nor sees whom of theirs is called, nor answers for them.
DrawSample = Annotated[Principal, Depends(Permit("ledger-sample:draw", Role.COUNTY))]
ReadSample = Annotated[Principal, Depends(Permit("ledger-sample:read", Role.TOWNSHIP, Role.COUNTY, Role.SUPERVISOR))]
AnswerSample = Annotated[Principal, Depends(Permit("ledger-sample:answer", Role.TOWNSHIP, Role.COUNTY))]

# Trips are planned above the villages; villages fill seats.
_ABOVE = (Role.TOWNSHIP, Role.COUNTY)
ReadPlacement = Annotated[Principal, Depends(Permit("placement:read", *FIELD, Role.SUPERVISOR))]
WritePlacement = Annotated[Principal, Depends(Permit("placement:write", *FIELD))]
AcceptProposals = Annotated[Principal, Depends(Permit("placement:accept-proposals", *_ABOVE))]
AnswerCall = Annotated[Principal, Depends(Permit("placement:answer-call", *FIELD))]
ReadTrip = Annotated[Principal, Depends(Permit("trip:read", *FIELD, Role.SUPERVISOR))]
PlanTrip = Annotated[Principal, Depends(Permit("trip:plan", *_ABOVE))]
FillTrip = Annotated[Principal, Depends(Permit("trip:fill", *FIELD))]
TakeCoachList = Annotated[Principal, Depends(Permit("trip:coach-list", *FIELD))]
ReadMoveUp = Annotated[Principal, Depends(Permit("move-up:read", *FIELD, Role.SUPERVISOR))]
OpenMoveUp = Annotated[Principal, Depends(Permit("move-up:open", *FIELD))]
ReadSubsidy = Annotated[Principal, Depends(Permit("subsidy:read", *FIELD, Role.SUPERVISOR))]
ExportSubsidy = Annotated[Principal, Depends(Permit("subsidy:export", *FIELD))]
ClaimSubsidy = Annotated[Principal, Depends(Permit("subsidy:claim", *FIELD))]
DecideSubsidy = Annotated[Principal, Depends(Permit("subsidy:decide", *_ABOVE))]
