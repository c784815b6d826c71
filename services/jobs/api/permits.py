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
